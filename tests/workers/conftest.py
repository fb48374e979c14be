"""A postbox on this machine for the letters of the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from homeward.demo_postbox import DemoPostbox
from tests.servers import smtp_sink


@pytest.fixture
async def postbox() -> AsyncIterator[DemoPostbox]:
    """A mail server that takes letters, or fails as told."""
    async with smtp_sink() as sink:
        yield sink
