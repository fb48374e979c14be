"""What can be followed live."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import strawberry

from resolvers.mailboxes import follow_mailbox
from rules.notices import COMPLIANCE
from schema.context import Info, caller_of
from schema.described import described_type
from schema.people_types import Notification
from schema.selection import wanted


@described_type
class MailboxSubscriptions:
    """The mailbox, live."""

    @strawberry.subscription
    async def notifications(self, info: Info, after: str | None = None) -> AsyncGenerator[Notification, None]:
        """The caller's mailbox, line by line as it is written (001:139, 001:174).

        With a cursor, first everything after it: whoever was cut off misses nothing and gets nothing twice.

        Args:
            after: The cursor of the last line seen; without one only new lines come.
        """
        async with aclosing(follow_mailbox(caller_of(info), after, wanted=wanted(info))) as lines:
            async for line in lines:
                yield cast("Notification", line)

    @strawberry.subscription
    async def compliance_alerts(self, info: Info, after: str | None = None) -> AsyncGenerator[Notification, None]:
        """The lines of the caller's mailbox that tell of a promise of the documents that was missed, or is in danger.

        An approved request or a password reset that is overdue, an organization without a Local Security Officer or
        with one out of reach, a duty without a holder, an incident (000:18-19, 000:26, 000:105-106, 000:203).

        Args:
            after: The cursor of the last line seen, of this or of `notifications`; without one only new lines come.
        """
        lines_of = follow_mailbox(caller_of(info), after, wanted=wanted(info), kinds=COMPLIANCE)
        async with aclosing(lines_of) as lines:
            async for line in lines:
                yield cast("Notification", line)
