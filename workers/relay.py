"""The relay: it takes promised letters from the outbox and hands them to a mail server, over a few kept connections.

The outbox table is the truth. A letter is claimed, handed over and marked; when this process dies in between, the claim
runs out and the letter is sent again under the same Message-ID. Logs name letters by id, never by address or text.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parseaddr
from typing import Any, Protocol

import structlog

from resolvers.callers import Desk
from resolvers.outbox import LEASE, ClaimedLetter, claim_letters, give_back, mark_failed, mark_sent, next_due
from resolvers.ports import LETTERS
from rules.notices import DeliveryState
from workers.letters import LetterFacts, UnwritableAddressError, compose

LOOK_AGAIN = timedelta(seconds=5)
"""The longest rest: a letter whose ring was lost waits no longer than this."""
_RECOVER = timedelta(seconds=1)
_SHORTEST_REST = timedelta(milliseconds=50)
_MARKING_PAUSES = (0.2, 1.0, 3.0, 10.0)  # seconds
_IMPOSSIBLE_ADDRESS = "5.1.3"  # as a mail server would call it (RFC 3463)

_log = structlog.get_logger("homeward.relay")


class RefusedError(Exception):
    """The mail server said no to a letter: for good (5xx), or for now (4xx)."""

    def __init__(self, code: int, *, for_good: bool, status: str = "") -> None:
        super().__init__(f"{code} {status}".strip())
        self.for_good = for_good
        self.status = status


class UnreachableError(Exception):
    """The mail server could not be asked, or did not say yes or no; the sentence names no letter and no person."""


class Postman(Protocol):
    """Hands one letter for one recipient to a mail server."""

    async def send(self, message: bytes, sender: str, recipient: str) -> None:
        """Return once the server has taken the letter on. Safe to cancel, and to call several times at once.

        Raises:
            RefusedError: the server refused it.
            UnreachableError: there is no server, or its answer is not known.
        """

    async def close(self) -> None:
        """Say goodbye to the server."""


@dataclass(frozen=True, slots=True)
class _Failure:
    why: str
    for_good: bool = False
    status: str = ""
    """The enhanced status (RFC 3463), where there is one."""


class Relay:
    """Send the outbox until told to stop. Any number of relays, in any number of processes, send each letter once."""

    def __init__(
        self,
        desk: Desk,
        post: Postman,
        base_url: str,
        sender: str,
        *,
        batch: int = 50,
        connections: int = 2,
        letter_timeout: timedelta = timedelta(seconds=20),
        stop_within: timedelta = timedelta(seconds=2.5),
    ) -> None:
        if letter_timeout >= LEASE / 2:
            raise ValueError("a letter's time-out must leave room in the lease of its claim")
        self._desk = desk
        self._post = post
        self._base_url = base_url
        self._sender = sender
        self._envelope_sender = parseaddr(sender)[1]
        self._batch = batch
        self._connections = connections
        self._letter_timeout = letter_timeout
        self._stop_within = stop_within
        self._taking = asyncio.Lock()
        self._claimed: deque[ClaimedLetter] = deque()
        self._lease_ends = desk.clock()

    async def run(self, stop: asyncio.Event) -> None:
        """Send until ``stop``; then let the letters in the air land, and give the others back to the outbox."""
        senders = [
            asyncio.create_task(self._send_until(stop), name=f"relay-{number}") for number in range(self._connections)
        ]
        try:
            await stop.wait()
            await asyncio.wait(senders, timeout=self._stop_within.total_seconds())
        finally:
            for sender in senders:
                sender.cancel()
            await asyncio.gather(*senders, return_exceptions=True)
            await self._give_back_the_rest()
            await self._post.close()

    async def _send_until(self, stop: asyncio.Event) -> None:
        with self._desk.doorbell.listen(LETTERS) as bell:
            while not stop.is_set():
                try:
                    letter = await self._take()
                    if letter is not None:
                        await self._deliver(letter)
                        continue
                    rest = await self._until_next_due()
                except Exception as fault:  # noqa: BLE001 - the database may be away; the relay outlives it
                    _log.warning("relay.stumbled", error=type(fault).__name__)
                    rest = _RECOVER
                await _first_of(bell.wait(rest.total_seconds()), stop.wait())

    async def _take(self) -> ClaimedLetter | None:
        """Take the next claimed letter, claiming more where there are none."""
        async with self._taking:
            while True:
                if not self._claimed:
                    self._lease_ends = self._desk.clock() + LEASE
                    self._claimed.extend(await claim_letters(self._desk, self._batch))
                    if not self._claimed:
                        return None
                if self._desk.clock() + self._letter_timeout < self._lease_ends:
                    return self._claimed.popleft()
                # Behind a slow server the lease could run out with the letter in the air: another relay would send it.
                await self._give_back_the_rest()

    async def _until_next_due(self) -> timedelta:
        due = await next_due()
        if due is None:
            return LOOK_AGAIN
        return min(LOOK_AGAIN, max(_SHORTEST_REST, due - self._desk.clock()))

    async def _deliver(self, letter: ClaimedLetter) -> None:
        failure = await self._hand_over(letter)
        if failure is None:
            await _surely(lambda: self._mark_sent(letter))
            state = DeliveryState.SENT
        else:
            state = await mark_failed(self._desk, letter, failure.why, for_good=failure.for_good, status=failure.status)
        _log.info("letter.handled", letter=str(letter.id), kind=letter.kind, state=state, tries=letter.attempts)

    async def _hand_over(self, letter: ClaimedLetter) -> _Failure | None:
        """Write the letter and send it; answer what went wrong, in words without an address."""
        try:
            message = compose(
                LetterFacts.of(letter, self._base_url),
                letter_id=letter.id,
                sender=self._sender,
                recipient=letter.address,
                at=self._desk.clock(),
            )
            async with asyncio.timeout(self._letter_timeout.total_seconds()):
                await self._post.send(message, self._envelope_sender, letter.address)
        except UnwritableAddressError:
            return _Failure("The address on file cannot be written to.", for_good=True, status=_IMPOSSIBLE_ADDRESS)
        except RefusedError as refused:
            return _Failure(f"The mail server refused it: {refused}.", for_good=refused.for_good, status=refused.status)
        except UnreachableError as unreachable:
            return _Failure(str(unreachable))
        except TimeoutError:
            return _Failure(f"The mail server did not answer within {self._letter_timeout.total_seconds():g} seconds.")
        except Exception as fault:  # noqa: BLE001 - one letter that cannot be written must not hold up the others
            _log.error("letter.fault", letter=str(letter.id), kind=letter.kind, error=type(fault).__name__)
            return _Failure(f"A fault of the house: {type(fault).__name__}.")
        return None

    async def _mark_sent(self, letter: ClaimedLetter) -> None:
        """Mark it even if the database stumbles, for else it would be sent twice."""
        for pause in _MARKING_PAUSES:
            try:
                await mark_sent(self._desk, letter)
            except Exception as fault:  # noqa: BLE001 - whatever it is, trying again is all that helps
                _log.warning("letter.not_marked", letter=str(letter.id), error=type(fault).__name__)
                await asyncio.sleep(pause)
            else:
                return
        await mark_sent(self._desk, letter)

    async def _give_back_the_rest(self) -> None:
        rest = list(self._claimed)
        self._claimed.clear()
        if not rest:
            return
        try:
            await give_back(self._desk, rest)
        except Exception as fault:  # noqa: BLE001 - their lease runs out by itself
            _log.warning("letters.not_given_back", letters=len(rest), error=type(fault).__name__)


async def _first_of(*waits: Awaitable[Any]) -> None:
    """Wait for whichever comes first, and leave nothing waiting behind."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _surely(act: Callable[[], Awaitable[None]]) -> None:
    """Carry the act to its end even when cancelled meanwhile; then be cancelled."""
    task = asyncio.ensure_future(act())
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await task
        raise
