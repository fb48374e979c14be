"""The relay: it takes promised letters from the outbox and hands them to a mail server, over a few kept connections.

The outbox table is the truth. A letter is claimed, handed over and marked; when this process dies in between, the claim
runs out and the letter is sent again under the same Message-ID. Logs name letters by id, never by address or text.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any, Final, NamedTuple, Protocol

import structlog

from resolvers.callers import Desk
from resolvers.outbox import LEASE, ClaimedLetter, claim_letters, give_back, mark_failed, next_due
from resolvers.ports import LETTERS
from rules.notices import DeliveryState
from workers.letters import LetterFacts, UnwritableAddressError, compose
from workers.sent_letters import SentLetters

CONNECTIONS: Final = 8
"""To the mail server, of one worker."""
UNMARKED: Final = 2
"""Letters of one connection that may be on their way into the ledger while the next one is sent."""
LOOK_AGAIN = timedelta(seconds=5)
"""The longest rest: a letter whose ring was lost waits no longer than this."""
_RECOVER = timedelta(seconds=1)
_SHORTEST_REST = timedelta(milliseconds=50)
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


class _Held(NamedTuple):
    """A claimed letter that waits for a sender, and the end of its lease."""

    letter: ClaimedLetter
    lease_ends: datetime


class _Ledger:
    """What became of the letters of one sender: the last few entries are written while the next letter is sent."""

    def __init__(self, write: Callable[[ClaimedLetter, _Failure | None], Coroutine[Any, Any, None]]) -> None:
        self._write = write
        self._entries: deque[asyncio.Task[None]] = deque()

    @property
    def is_open(self) -> bool:
        """Say whether an entry may not be written yet."""
        return bool(self._entries)

    async def enter(self, letter: ClaimedLetter, failure: _Failure | None) -> None:
        """Begin to write what became of a letter; return when no more than a few entries are being written.

        Raises:
            Exception: whatever kept an earlier entry from being written.
        """
        self._entries.append(asyncio.create_task(self._write(letter, failure), name="relay-ledger"))
        if len(self._entries) > UNMARKED:
            await _written(self._entries.popleft())

    async def closed(self) -> None:
        """Wait for the last entries, to their end even when cancelled.

        Raises:
            Exception: whatever kept one from being written.
        """
        entries = [*self._entries]
        self._entries.clear()
        ends = await asyncio.gather(*map(_written, entries), return_exceptions=True)
        for fault in ends:
            if fault is not None:
                raise fault


async def _written(entry: asyncio.Task[None]) -> None:
    """Wait for an entry, to its end even when cancelled."""
    try:
        await asyncio.shield(entry)
    except asyncio.CancelledError:
        await entry
        raise


class Relay:
    """Send the outbox until told to stop. Any number of relays, in any number of processes, send each letter once.

    One task claims ahead of the senders, each sender hands over a letter at a time, and letters that were taken on at
    about the same time are marked together. A sender hands over its next letter while the last two are being marked,
    and no other before they are: a worker that is killed leaves at most three letters a connection that go again.
    """

    def __init__(
        self,
        desk: Desk,
        post: Postman,
        base_url: str,
        sender: str,
        *,
        batch: int = 200,
        connections: int = CONNECTIONS,
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
        self._held: deque[_Held] = deque()
        self._arrived = asyncio.Event()
        self._more_wanted = asyncio.Event()
        self._more_waits = False
        """Whether the last claim was a full one."""
        self._idle = 0
        """How many senders have nothing to do."""
        self._is_at_rest = False
        """Whether nothing is claimed until a sender asks."""
        self._sent = SentLetters(desk)

    async def run(self, stop: asyncio.Event) -> None:
        """Send until ``stop``; then let the letters in the air land, and give the others back to the outbox."""
        tasks = [asyncio.create_task(self._claim_until(stop), name="relay-claims")]
        tasks += [
            asyncio.create_task(self._send_until(stop), name=f"relay-{number}") for number in range(self._connections)
        ]
        try:
            await stop.wait()
            await asyncio.wait(tasks, timeout=self._stop_within.total_seconds())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._give_back(list(self._held))
            await self._post.close()

    async def _claim_until(self, stop: asyncio.Event) -> None:
        """Claim as much as the senders need, and no more: what is held here, no other worker can send."""
        with self._desk.doorbell.listen(LETTERS) as bell:
            while not stop.is_set():
                self._more_wanted.clear()
                if not self._needs_more:
                    self._is_at_rest = True
                    await _first_of(self._more_wanted.wait(), stop.wait())
                    self._is_at_rest = False
                    continue
                try:
                    self._more_waits = await self._claim() == self._batch
                    if self._more_waits:
                        continue
                    rest = await self._until_next_due()
                except Exception as fault:  # noqa: BLE001 - the database may be away; the relay outlives it
                    _log.warning("relay.stumbled", error=type(fault).__name__)
                    rest = _RECOVER
                await _first_of(bell.wait(rest.total_seconds()), self._more_wanted.wait(), stop.wait())

    async def _claim(self) -> int:
        lease_ends = self._desk.clock() + LEASE
        claimed = await claim_letters(self._desk, self._batch)
        self._held.extend(_Held(letter, lease_ends) for letter in claimed)
        if claimed:
            self._arrived.set()
        return len(claimed)

    @property
    def _needs_more(self) -> bool:
        return bool(self._idle and not self._held) or (self._more_waits and len(self._held) <= self._enough)

    @property
    def _enough(self) -> int:
        return self._batch // 2

    async def _send_until(self, stop: asyncio.Event) -> None:
        """Send letter after letter; the ledger of the last ones is written while the next one is on its way."""
        ledger = _Ledger(self._write_down)
        try:
            await self._send_by(ledger, stop)
        finally:
            await ledger.closed()

    async def _send_by(self, ledger: _Ledger, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                letter = await self._take()
                if letter is not None:
                    failure = await self._hand_over(letter)
                    await ledger.enter(letter, failure)
                    continue
                if ledger.is_open:
                    await ledger.closed()
                    continue  # letters may have arrived meanwhile
            except Exception as fault:  # noqa: BLE001 - the database may be away; the relay outlives it
                _log.warning("relay.stumbled", error=type(fault).__name__)
                await _first_of(asyncio.sleep(_RECOVER.total_seconds()), stop.wait())
                continue
            self._arrived.clear()
            self._idle += 1
            if self._is_at_rest:
                self._more_wanted.set()
            await _first_of(self._arrived.wait(), stop.wait())
            self._idle -= 1

    async def _take(self) -> ClaimedLetter | None:
        """Take the next claimed letter, if there is one whose lease leaves time to send it."""
        while self._held:
            held = self._held.popleft()
            latest = self._desk.clock() + self._letter_timeout
            if latest < held.lease_ends:
                if len(self._held) == self._enough:
                    self._more_wanted.set()
                return held.letter
            # Behind a slow server the lease could run out with the letter in the air: another relay would send it.
            late = [held, *(it for it in self._held if it.lease_ends <= latest)]
            self._held = deque(it for it in self._held if it.lease_ends > latest)
            await self._give_back(late)
            self._more_wanted.set()
        return None

    async def _until_next_due(self) -> timedelta:
        due = await next_due()
        if due is None:
            return LOOK_AGAIN
        return min(LOOK_AGAIN, max(_SHORTEST_REST, due - self._desk.clock()))

    async def _write_down(self, letter: ClaimedLetter, failure: _Failure | None) -> None:
        if failure is None:
            await self._sent.mark(letter)
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

    async def _give_back(self, held: list[_Held]) -> None:
        if not held:
            return
        try:
            await give_back(self._desk, [it.letter for it in held])
        except Exception as fault:  # noqa: BLE001 - their lease runs out by itself
            _log.warning("letters.not_given_back", letters=len(held), error=type(fault).__name__)


async def _first_of(*waits: Awaitable[Any]) -> None:
    """Wait for whichever comes first, and leave nothing waiting behind."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
