"""Programs for node that the project does not depend on, brought by npm into a directory of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

_INSTALL_SECONDS = 600

Say = Callable[[str], object]


def install(source: Path, directory: Path, say: Say) -> bool:
    """Copy the programs of ``source`` and install what its package.json asks for, or say why they are left out."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        say("The peers from npm are left out: there is no node or no npm here.")
        return False
    shutil.copytree(source, directory, dirs_exist_ok=True)
    if _is_installed(directory):
        return True
    try:
        done = subprocess.run(
            [npm, "install", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=_INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        say("The peers from npm are left out: npm did not answer in time.")
        return False
    if done.returncode != 0:
        say(f"The peers from npm are left out: npm could not install them. {done.stderr.strip()[-300:]}")
        return False
    return True


def node(directory: Path) -> str:
    """Give the node that came with the programs: PostGraphile 5 answers nothing but errors on versions below 22."""
    return str(directory / "node_modules" / ".bin" / "node")


def _is_installed(directory: Path) -> bool:
    """Tell whether everything is there in the version that is asked for."""
    wanted: dict[str, str] = json.loads((directory / "package.json").read_bytes())["dependencies"]
    return all(_version(directory / "node_modules" / name) == version for name, version in wanted.items())


def _version(package: Path) -> str | None:
    described = package / "package.json"
    return json.loads(described.read_bytes())["version"] if described.exists() else None
