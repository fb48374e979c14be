"""Hash passwords with argon2id in a bounded pool, off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from rules.errors import TooMany

R = TypeVar("R")


class Argon2Pool:
    """A :class:`resolvers.ports.PasswordHasher` on a few threads; past its queue it says so instead of piling up."""

    def __init__(self, hasher: PasswordHasher, *, threads: int = 2, waiting: int = 64) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._places = threads + waiting
        self._taken = 0
        self._nobody = hasher.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """Hash a password (about 40 ms of one thread with the default cost)."""
        return await self._run(self._hasher.hash, password)

    async def verify(self, password_hash: str, password: str) -> bool:
        """Say whether the password fits the hash."""
        return await self._run(self._fits, password_hash, password)

    async def verify_nobody(self, password: str) -> None:
        """Spend the time of one verification."""
        await self._run(self._fits, self._nobody, password)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _fits(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., R], *args: str) -> R:
        if self._taken >= self._places:
            raise TooMany("Too many people are signing in at this moment. Please try again in a minute.")
        self._taken += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
        finally:
            self._taken -= 1


def production_hasher() -> PasswordHasher:
    """Give the cost that OWASP names for argon2id: 19 MiB, two passes, one lane."""
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
