"""What the use cases need from the outside, as small as it can be said."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

LETTERS = UUID(int=1)
"""The place at the doorbell where the relay of the outbox waits."""


class KeyRange(NamedTuple):
    """Where new lines are found together, whosever they are: their keys follow one another from the first to the last.

    A hint, as all that the doorbell says: others may lie between them, and whoever reads looks whose they are.
    """

    first: UUID
    last: UUID
    lines: int
    """How many they are."""


class Porter(Protocol):
    """Looks after those who attend at the doorbell. Whatever it is told, it returns at once, and never raises."""

    def call_all(self, ones: Sequence[Any], /) -> object:
        """Hear whom the doorbell rang for."""

    def call_by_keys(self, keys: Sequence[KeyRange], attending: Mapping[str, Sequence[Any]], /) -> object:
        """Hear where the lines are that it rang for, and who attends at which mailbox, now and later on."""


class Clock(Protocol):
    """Tell the time: an aware instant in UTC."""

    def __call__(self) -> datetime:
        """Answer the instant of now."""


class Waiter(Protocol):
    """Wait at one mailbox."""

    async def wait(self, seconds: float) -> None:
        """Return when the doorbell has rung since the last wait, or after so many seconds."""


class Doorbell(Protocol):
    """Wake whoever waits. A lost ring costs seconds, never a line; ringing never raises."""

    def listen(self, mailbox: UUID) -> AbstractContextManager[Waiter]:
        """Listen at a mailbox; listen first, then read the table, or a line falls between."""

    def attend(self, mailbox: UUID, one: object, porter: Porter) -> AbstractContextManager[None]:
        """Have a porter told of one who waits, at each ring at a mailbox; attend first, then read the table.

        The same one attends at a mailbox once at a time.
        """

    async def ring(self, mailboxes: Collection[UUID], *, letters: bool, keys: Sequence[KeyRange] = ()) -> None:
        """Say that these mailboxes have new lines, and whether letters were promised.

        Where the lines are many it is also said by which keys all of them are found, in their order.
        """

    async def end_sessions(self, sessions: Collection[UUID]) -> None:
        """Say that these sessions have ended, so that their live connections close."""


class PasswordHasher(Protocol):
    """Hash and verify passwords off the event loop, in a bounded pool."""

    async def hash(self, password: str) -> str:
        """Hash a password.

        Raises:
            TooMany: the pool's queue is full.
        """

    async def verify(self, password_hash: str, password: str) -> bool:
        """Say whether the password fits the hash."""

    async def verify_nobody(self, password: str) -> None:
        """Spend the time of one verification, so that an unknown user ID cannot be told from a known one."""


class Patience(Protocol):
    """Let an answer wait, so that the time it takes tells nothing."""

    def now(self) -> float:
        """Tell the seconds of a clock that never goes back; only differences mean anything."""

    async def until(self, instant: float) -> None:
        """Return at this instant of that clock, or at once if it has passed."""


class SecretSource(Protocol):
    """Give unguessable secrets."""

    def token(self) -> str:
        """Give a new 256-bit token, safe in headers and cookies."""
