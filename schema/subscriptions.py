"""What can be followed live."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from typing import cast

import strawberry

from resolvers.line_views import NotificationView
from resolvers.mailboxes import follow_mailbox
from resolvers.rounds import follow_in_rounds
from rules.notices import COMPLIANCE, NotificationKind
from schema.context import Info, caller_of
from schema.described import described_type
from schema.fast_events import event_outlet
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
        async with aclosing(_follow(info, after)) as lines:
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
        async with aclosing(_follow(info, after, COMPLIANCE)) as lines:
            async for line in lines:
                yield cast("Notification", line)


def _follow(
    info: Info, after: str | None, kinds: Collection[NotificationKind] | None = None
) -> AsyncGenerator[NotificationView, None]:
    """Follow the mailbox; what many are told at once leaves by the way out, and is not given here."""
    outlet = event_outlet(info.context.way_out, info._raw_info)  # noqa: SLF001 - there is no public way
    if outlet is None:
        return follow_mailbox(caller_of(info), after, wanted=wanted(info), kinds=kinds)
    return follow_in_rounds(caller_of(info), after, outlet=outlet, wanted=wanted(info), kinds=kinds)
