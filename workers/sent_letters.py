"""Mark the letters that the mail server took: those of the same moment together, and each of them surely.

While one batch is on its way to the disk the next one gathers, so nobody waits for company: a letter that was sent
alone is marked alone, at once.
"""

from __future__ import annotations

import asyncio

import structlog

from resolvers.callers import Desk
from resolvers.outbox import ClaimedLetter, mark_sent

_PAUSES = (0.2, 1.0, 3.0, 10.0)  # seconds

_log = structlog.get_logger("homeward.relay")


_Waiting = tuple[ClaimedLetter, "asyncio.Future[None]"]


class SentLetters:
    """The marks of one relay that are being made."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting: list[_Waiting] = []
        self._in_hand: list[_Waiting] = []
        self._clerk: asyncio.Task[None] | None = None

    async def mark(self, letter: ClaimedLetter) -> None:
        """Return when it is written down that the letter was taken on; when cancelled meanwhile, only then too.

        Raises:
            Exception: the database could not be written to for a quarter of a minute; the letter will be sent twice.
        """
        marked = asyncio.get_running_loop().create_future()
        self._waiting.append((letter, marked))
        if self._clerk is None or self._clerk.done():
            self._clerk = asyncio.create_task(self._mark_all(), name="relay-marks")
            self._clerk.add_done_callback(self._send_away)
        try:
            await asyncio.shield(marked)
        except asyncio.CancelledError:
            await marked
            raise

    async def _mark_all(self) -> None:
        while self._waiting:
            self._in_hand, self._waiting = self._waiting, []
            try:
                await self._mark_batch([letter for letter, _ in self._in_hand])
            except Exception as fault:  # noqa: BLE001 - whoever waits raises it
                for _, marked in self._in_hand:
                    if not marked.done():
                        marked.set_exception(fault)
            else:
                for _, marked in self._in_hand:
                    if not marked.done():  # whoever is cancelled twice waits no longer
                        marked.set_result(None)

    def _send_away(self, clerk: asyncio.Task[None]) -> None:
        """Leave nobody waiting for a clerk who was cancelled, which only the end of the loop does."""
        if clerk.cancelled():
            for _, marked in (*self._in_hand, *self._waiting):
                marked.cancel()

    async def _mark_batch(self, letters: list[ClaimedLetter]) -> None:
        """Mark them even if the database stumbles, for else they would be sent twice."""
        for pause in _PAUSES:
            try:
                await mark_sent(self._desk, *letters)
            except Exception as fault:  # noqa: BLE001 - whatever it is, trying again is all that helps
                names = [str(letter.id) for letter in letters]
                _log.warning("letters.not_marked", letters=names, error=type(fault).__name__)
                await asyncio.sleep(pause)
            else:
                return
        await mark_sent(self._desk, *letters)
