"""Asking for the log, and for what was opened by break-glass (002:221-241)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, cast

import strawberry

from resolvers.access_logs import log_of_mine, log_of_referral, report_access
from resolvers.break_glass_views import list_break_glasses, view_break_glass, view_under_break_glass
from schema.access_log_types import AccessLogEntry, BreakGlass
from schema.context import Info, caller_of
from schema.described import described_type
from schema.nodes import Connection, connection_of
from schema.referral_types import Referral
from schema.selection import is_wanted, wanted

_From = Annotated[date | None, strawberry.argument(name="from")]
_To = Annotated[date | None, strawberry.argument(name="to")]


@described_type
class AccessLogQueries:
    """The log, and what was opened by break-glass."""

    @strawberry.field
    async def access_report(
        self,
        info: Info,
        user_id: str,
        begins: _From = None,
        ends: _To = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[AccessLogEntry]:
        """Everything that a person did or saw, the newest first, each entry judged; for CSO, Privacy Officer, Auditor.

        Args:
            user_id: The person's user ID, with or without its domain.
            begins: The first day; the last 30 days are covered without it (002:239-241).
            ends: The last day; today without it.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        page = await report_access(caller_of(info), user_id, begins, ends, first=first, after=after)
        return connection_of(page)

    @strawberry.field
    async def referral_access_log(
        self, info: Info, number: int, first: int = 50, after: str | None = None
    ) -> Connection[AccessLogEntry]:
        """Who saw or changed a referral, the newest first: the accounting of disclosures over six years.

        Args:
            number: The number of the referral.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(await log_of_referral(caller_of(info), number, first=first, after=after))

    @strawberry.field
    async def my_access_log(
        self, info: Info, begins: _From = None, ends: _To = None, first: int = 50, after: str | None = None
    ) -> Connection[AccessLogEntry]:
        """Everything that the caller did or saw, the newest first.

        Args:
            begins: The first day; the last 30 days are covered without it.
            ends: The last day; today without it.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(await log_of_mine(caller_of(info), begins, ends, first=first, after=after))

    @strawberry.field
    async def break_glass(self, info: Info, number: int) -> BreakGlass:
        """One break-glass; an error with the code BREAK_GLASS_NOT_FOUND when there is none.

        Args:
            number: The number of the break-glass.
        """
        return cast("BreakGlass", await view_break_glass(caller_of(info), number))

    @strawberry.field
    async def break_glasses(
        self, info: Info, reviewed: bool | None = None, first: int = 50, after: str | None = None
    ) -> Connection[BreakGlass]:
        """What was opened by break-glass, the newest first.

        Args:
            reviewed: Only those whose review is closed, or only those that wait for one.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_break_glasses(
                caller_of(info), reviewed=reviewed, first=first, after=after, count=is_wanted(info, "totalCount")
            )
        )

    @strawberry.field
    async def referral_under_break_glass(self, info: Info, number: int) -> Referral:
        """The referral that the caller has opened by break-glass; an error with the code BREAK_GLASS_NOT_FOUND else.

        Args:
            number: The number of the referral.
        """
        return cast("Referral", await view_under_break_glass(caller_of(info), number, wanted=wanted(info)))
