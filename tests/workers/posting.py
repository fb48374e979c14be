"""Watch a relay at work: a postbox to send to, a postman who tells when, and a relay that is started and stopped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from homeward.demo_postbox import DemoPostbox
from homeward.smtp import MailServer, SmtpPostman
from resolvers.callers import Desk
from rules.roles import Role
from tests.world.world import ProviderHome, World
from workers.relay import Postman, Relay

BASE_URL = "https://homeward.example.org"
SENDER = "Homeward <letters@exchange.example>"
PATIENCE = 20.0  # seconds: when a test has hung, never how long one waits


class WatchedPost:
    """Pass letters on to the real postman, and count those that he is done with, well or ill."""

    def __init__(self, inner: Postman) -> None:
        self._inner = inner
        self._changed = asyncio.Condition()
        self.done = 0

    async def send(self, message: bytes, sender: str, recipient: str) -> None:
        """Pass a letter on."""
        try:
            await self._inner.send(message, sender, recipient)
        finally:
            self.done += 1
            async with self._changed:
                self._changed.notify_all()

    async def close(self) -> None:
        """Pass it on."""
        await self._inner.close()

    async def is_done_with(self, count: int) -> None:
        """Wait until so many letters were handed over or failed."""
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(lambda: self.done >= count)


def postman_to(postbox: DemoPostbox) -> SmtpPostman:
    """Make the real postman, on a connection without encryption to this machine."""
    host, port = postbox.address
    return SmtpPostman(MailServer.parse(f"smtp://{host}:{port}"))


def relay_of(
    desk: Desk,
    post: Postman,
    *,
    batch: int = 50,
    connections: int = 2,
    letter_timeout: timedelta = timedelta(seconds=20),
    stop_within: timedelta = timedelta(seconds=5),
) -> Relay:
    """Make a relay with the settings of the tests."""
    return Relay(
        desk,
        post,
        BASE_URL,
        SENDER,
        batch=batch,
        connections=connections,
        letter_timeout=letter_timeout,
        stop_within=stop_within,
    )


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[asyncio.Event]:
    """Run relays; whatever is in the air has landed and is marked when the block is left."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for relay in relays:
            tasks.create_task(relay.run(stop))
        try:
            yield stop
        finally:
            stop.set()


async def send_due(desk: Desk, postbox: DemoPostbox, handled: int, **settings: timedelta) -> None:
    """Run a relay until it has handled so many letters."""
    post = WatchedPost(postman_to(postbox))
    async with running(relay_of(desk, post, **settings)):
        await post.is_done_with(handled)


async def promise_letters(world: World, count: int) -> ProviderHome:
    """Promise so many letters, one to each contact of one provider, and none to anybody else."""
    coordinator = await world.user(Role.PLACEMENT_COORDINATOR, counties=["Boone"], email=None)
    home = await world.provider("Boone")
    for _ in range(count - 1):
        await world.contact(home.id, "Boone")
    await world.published(coordinator, "Boone")
    return home
