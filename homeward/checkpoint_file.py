"""The checkpoints of the trail in a file of their own, one seal a line, so that none can be made anew unseen (AUD-03).

Copy the file, or let a log collector follow it, to where nobody of the house can change it: only there it protects from
whoever has both the database and the key.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import orjson

from resolvers.seal_facts import SealFacts


class CheckpointFile:
    """The :class:`resolvers.seal_ports.CheckpointBook` of this house: lines are added, none is ever changed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def keep(self, seal: SealFacts) -> None:
        """Add a line, and wait until the disk has it."""
        await asyncio.to_thread(self._add, orjson.dumps(seal.told) + b"\n")

    def _add(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            # One at a time: a size that is read while another's line arrives would make a whole line look torn.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            end = os.fstat(descriptor).st_size
            torn = end > 0 and os.pread(descriptor, 1, end - 1) != b"\n"  # the disk was full, or the power failed
            line = b"\n" + line if torn else line
            if os.write(descriptor, line) < len(line):  # one write: two workers do not mix their lines
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self._path))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class CheckpointsRead:
    """The checkpoints of a file, one after the other; afterwards ``torn`` names the lines that tell no seal."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.torn: list[int] = []

    def __iter__(self) -> Iterator[SealFacts]:
        self.torn = []
        with self._path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    seal = SealFacts.read(orjson.loads(line))
                except ValueError:
                    self.torn.append(number)
                else:
                    yield seal
