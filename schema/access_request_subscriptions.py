"""Access requests, live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import strawberry

from resolvers.access_request_events import follow_access_request
from schema.access_request_types import AccessRequestEvent
from schema.context import Info, caller_of
from schema.described import described_type
from schema.selection import wanted


@described_type
class AccessRequestSubscriptions:
    """Access requests, live."""

    @strawberry.subscription
    async def access_request_events(
        self, info: Info, number: int, after: int | None = None
    ) -> AsyncGenerator[AccessRequestEvent, None]:
        """Every step of an access request as it is taken (000:229-232).

        With a line, first every step after it: whoever was cut off misses nothing and gets nothing twice.

        Args:
            number: The number of the request.
            after: The line of the last step seen, 0 for all; without one only new steps come.
        """
        async with aclosing(follow_access_request(caller_of(info), number, after, wanted=wanted(info))) as events:
            async for event in events:
                yield cast("AccessRequestEvent", event)
