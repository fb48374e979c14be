"""Find a Chromium for the tests, or bring one: ``python -m tests.browser.chromium``; `make browser` runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The shell without windows first: it does the same work in less than half of the processor's time."""
_MACS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_NONE = (
    "No Chromium was found, and none could be brought. Install one (Debian: apt install chromium), or name it: "
    "HOMEWARD_CHROMIUM=/path/to/chromium make test"
)


def find() -> str | None:
    """Give the path of a Chromium: the one that is named, else one of the system, else Playwright's own."""
    named = os.environ.get("HOMEWARD_CHROMIUM")
    if named:
        return shutil.which(named)
    for name in NAMES:
        if found := shutil.which(name):
            return found
    return str(_MACS) if _MACS.exists() else _playwrights_own()


def main() -> None:
    """Find one or bring one, and say so in one sentence.

    Raises:
        SystemExit: there is none to be had; it says what to do.
    """
    if os.environ.get("HOMEWARD_CHROMIUM") and find() is None:
        sys.exit(f"HOMEWARD_CHROMIUM={os.environ['HOMEWARD_CHROMIUM']} is not a program on this machine.")
    if find():
        print(f"Browser tests use {find()}.")
        return
    for bring in (_from_debian, _from_playwright):
        if bring() and (found := find()):
            print(f"Browser tests use {found}.")
            return
    sys.exit(_NONE)


def _from_debian() -> bool:
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    print("No Chromium here: installing Debian's with apt-get (once).", flush=True)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends"]
    return _runs(["apt-get", "update", "-qq"]) and any(_runs([*install, name]) for name in NAMES[:2])


def _from_playwright() -> bool:
    print("No Chromium here: fetching Playwright's (once, some 150 MB).", flush=True)
    return _runs([sys.executable, "-m", "playwright", "install", "chromium"])


def _runs(command: Sequence[str]) -> bool:
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        return subprocess.run(command, env=quiet, check=False, timeout=900, stdout=subprocess.DEVNULL).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _playwrights_own() -> str | None:
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where the system has none
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


if __name__ == "__main__":
    main()
