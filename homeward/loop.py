"""The event loop of a process: uvloop where there is one, which takes half of the work of a socket off Python."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from importlib.util import find_spec
from typing import Any, TypeVar

T = TypeVar("T")


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a process's main coroutine to its end."""
    if find_spec("uvloop") is None:  # there is none for Windows
        return asyncio.run(main)
    import uvloop  # noqa: PLC0415 - where there is one

    return uvloop.run(main)
