"""What can be asked of access requests."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.access_request_review import validate_access_request
from resolvers.access_request_views import (
    Inbox,
    list_access_requests,
    list_my_requests,
    view_access_request,
    view_terms,
)
from rules.approvals import RequestState
from schema.access_request_types import AccessRequest, AccessRequestReview, AccessRequestTerms
from schema.context import Info, caller_of
from schema.described import described_type
from schema.nodes import Connection, connection_of
from schema.selection import is_wanted, wanted


@described_type
class AccessRequestQueries:
    """Access requests: from the draft to the grant (000:134-240)."""

    @strawberry.field
    async def access_request(self, info: Info, number: int) -> AccessRequest | None:
        """One access request; an error with the code ACCESS_REQUEST_NOT_FOUND when there is none for the caller.

        Args:
            number: The number of the request.
        """
        return cast("AccessRequest", await view_access_request(caller_of(info), number, wanted=wanted(info)))

    @strawberry.field
    async def my_requests(
        self, info: Info, state: RequestState | None = None, first: int = 50, after: str | None = None
    ) -> Connection[AccessRequest]:
        """The caller's own requests, the latest first (000:231-232).

        Args:
            state: Only those in this state.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_my_requests(
                caller_of(info),
                state=state,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
                wanted=wanted(info, "nodes", "edges.node"),
            )
        )

    @strawberry.field
    async def access_requests(
        self,
        info: Info,
        inbox: Inbox = Inbox.EVERYTHING,
        state: RequestState | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[AccessRequest]:
        """The requests that wait for the caller, or all that exist for the caller; the oldest first (000:198-203).

        Args:
            inbox: Which of them.
            state: Only those in this state.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_access_requests(
                caller_of(info),
                inbox,
                state=state,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
                wanted=wanted(info, "nodes", "edges.node"),
            )
        )

    @strawberry.field
    async def validate_access_request(self, info: Info, number: int) -> AccessRequestReview:
        """Check a draft before it is sent: what is missing, what would deny it, what goes together with a reason only.

        Args:
            number: The number of the draft.
        """
        return cast("AccessRequestReview", await validate_access_request(caller_of(info), number))

    @strawberry.field
    async def access_request_terms(self, info: Info) -> AccessRequestTerms:
        """The terms in force (000:161-163)."""
        return cast("AccessRequestTerms", await view_terms(caller_of(info)))
