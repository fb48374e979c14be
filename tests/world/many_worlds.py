"""Worlds that come one after the other in one database, each forgotten before the next."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from orm.database import close_database, open_database


class Forgotten(Exception):  # noqa: N818 - not an error: raised in a transaction it rolls the world back
    """The end of a world."""


@contextmanager
def opened(url: str) -> Iterator[asyncio.Runner]:
    """Open the database in a loop of its own, in which each world runs."""
    with asyncio.Runner() as runner:
        runner.run(open_database(url))
        try:
            yield runner
        finally:
            runner.run(close_database())
