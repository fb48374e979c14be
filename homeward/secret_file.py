"""Write a file that holds a secret, so that it is there whole or not at all, and only its owner reads it."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def make_secret(path: Path, content: bytes) -> bool:
    """Write the file unless there is one, whatever it holds; answer whether it was. Safe to do at once twice."""
    if path.exists():
        return False
    beside = _written_beside(path, content)
    try:
        os.link(beside, path)  # refused when somebody was faster, unlike a rename
    except FileExistsError:
        return False
    finally:
        beside.unlink()
    return True


def replace_secret(path: Path, content: bytes) -> None:
    """Write the file, in the place of one that was there."""
    _written_beside(path, content).replace(path)


def _written_beside(path: Path, content: bytes) -> Path:
    """Write to the disk under a name of its own; the caller puts it in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        with suppress(FileNotFoundError):
            beside.unlink()
        raise
    return beside
