"""When an answer leaves the door: in steps of time, so that how long it took tells nothing (ACC-16, POL-13).

What is looked up differs between a user ID that exists and one that does not, and between accounts that stand
differently. Whatever the work took, the answer waits for the end of a step that all of them reach in time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from resolvers.ports import Patience
from rules.errors import TooMany

STEP = 0.15
"""Seconds, well above the slowest way through the door: one hash of about 40 ms and a few statements."""

WISHES_AT_ONCE = 8
"""Wishes for a reset that one process takes at the same moment; their work is small and each holds a step's time."""

STRANGERS_AT_ONCE = 48
"""Passwords entered on devices that nobody knows which one process looks at or keeps waiting at the same moment.

The hashing has more places: those are left for known devices and for whoever is inside already.
"""


class RealPatience:
    """The :class:`resolvers.ports.Patience` of a process: the clock of its event loop."""

    def now(self) -> float:
        """Tell the time of the loop, which never goes back."""
        return asyncio.get_running_loop().time()

    async def until(self, instant: float) -> None:
        """Sleep until then."""
        await asyncio.sleep(instant - self.now())


def leaves_at(arrived: float, now: float) -> float:
    """Say when an answer leaves: a step after it was asked for; work that took longer waits for the next full step."""
    return arrived + STEP * max(1, ceil((now - arrived) / STEP))


async def leave_in_step(patience: Patience, arrived: float) -> None:
    """Wait until the answer to what arrived at that instant may leave."""
    await patience.until(leaves_at(arrived, patience.now()))


class Places:
    """How many may be inside at the same moment; nobody queues."""

    def __init__(self, most: int = WISHES_AT_ONCE) -> None:
        self._free = most

    @contextmanager
    def one(self) -> Iterator[None]:
        """Take a place until the end of the block.

        Raises:
            TooMany: all are taken; whoever asks hears so, whatever for.
        """
        if self._free <= 0:
            raise TooMany("Too many people ask for this at the moment. Please try again in a minute.")
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1
