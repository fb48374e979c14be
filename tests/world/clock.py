"""Time and secrets as the tests need them."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now

    def forward(self, **step: float) -> None:
        """Let time pass."""
        self.now += timedelta(**step)


class NoWait:
    """Patience that takes no time: what would have been waited for is written down."""

    def __init__(self) -> None:
        self.passed = 0.0
        self.left_at: list[float] = []

    def now(self) -> float:
        """Tell the seconds that have passed, as told."""
        return self.passed

    async def until(self, instant: float) -> None:
        """Note the instant."""
        self.left_at.append(instant)


class Tokens:
    """Real tokens."""

    def token(self) -> str:
        """Give a new one."""
        return secrets.token_urlsafe(32)
