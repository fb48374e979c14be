"""What the stories stand on: a real broker and a real SMTP sink."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from homeward.demo_postbox import DemoPostbox
from tests.servers import broker_server, smtp_sink
from tests.world.clock import Clock


@pytest.fixture(scope="session")
def broker() -> Iterator[str]:
    """A broker for this run of the tests."""
    with broker_server() as url:
        yield url


@pytest.fixture
async def postbox() -> AsyncIterator[DemoPostbox]:
    """A mail server that keeps what it gets."""
    async with smtp_sink() as sink:
        yield sink


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at the real now: the running processes have the machine's clock."""
    clock = Clock()
    clock.now = datetime.now(UTC)
    return clock
