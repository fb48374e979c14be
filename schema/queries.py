"""What can be asked of the person, the referrals and the mailbox."""

from __future__ import annotations

from typing import Any, cast

import strawberry

from resolvers.mailboxes import read_mailbox, view_line
from resolvers.people import list_coordinators, list_counties, list_facilities, view_provider, view_viewer
from resolvers.previews import preview_publish
from resolvers.referral_search import ReferralOrder
from resolvers.referral_views import list_referrals, view_referral
from rules.errors import NotFound
from schema.context import Info, caller_of
from schema.described import described_type
from schema.ids import from_global
from schema.inputs import ReferralFilterInput
from schema.nodes import Connection, Node, connection_of
from schema.people_types import Notification, Viewer
from schema.preview_types import PublishPreview
from schema.referral_types import County, Facility, Person, Referral
from schema.selection import is_wanted, wanted


@described_type
class CoreQueries:
    """The person, the referrals and the mailbox."""

    @strawberry.field
    async def viewer(self, info: Info) -> Viewer:
        """The person who is signed on."""
        return cast("Viewer", await view_viewer(caller_of(info), wanted=wanted(info)))

    @strawberry.field
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        """A record by its global id; null when it does not exist for the caller.

        Args:
            id: A global id, as the field `id` of a record gives it.
        """
        type_name, key = from_global(id, field="id")
        try:
            if type_name == "Referral":
                return cast("Node | None", await view_referral(caller_of(info), key=key, wanted=wanted(info)))
            if type_name == "Provider":
                return cast("Node | None", await view_provider(caller_of(info), key))
            if type_name == "Notification":
                return cast("Node | None", await view_line(caller_of(info), key, wanted=wanted(info)))
        except NotFound:
            return None
        return None

    @strawberry.field
    async def referrals(
        self,
        info: Info,
        filter: ReferralFilterInput | None = None,
        order_by: ReferralOrder = ReferralOrder.AGE_DESC,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[Referral]:
        """The referrals that exist for the caller; the open ones, oldest first, unless said otherwise (001:183-227).

        Args:
            filter: Any combination of filters.
            order_by: The column to sort by.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        asked: dict[str, Any] = {
            "where": filter.as_filter() if filter else None,
            "order": order_by,
            "first": first,
            "after": after,
            "count": is_wanted(info, "totalCount"),
            "wanted": wanted(info, "nodes", "edges.node"),
        }
        info.context.asked = asked
        return connection_of(await list_referrals(caller_of(info), **asked))

    @strawberry.field
    async def referral(self, info: Info, number: int) -> Referral | None:
        """One referral (001:236-254); an error with the code REFERRAL_NOT_FOUND when there is none for the caller.

        Args:
            number: The referral number.
        """
        return cast("Referral | None", await view_referral(caller_of(info), number=number, wanted=wanted(info)))

    @strawberry.field
    async def preview_publish(self, info: Info, number: int) -> PublishPreview:
        """Who would get a referral if it were published now, and by which rule; nobody is told.

        Args:
            number: The referral number.
        """
        return cast("PublishPreview", await preview_publish(caller_of(info), number))

    @strawberry.field
    async def notifications(
        self, info: Info, first: int = 50, after: str | None = None, newest_first: bool = True
    ) -> Connection[Notification]:
        """The caller's mailbox, the newest line first unless said otherwise.

        Args:
            first: How many lines, at most 100.
            after: The cursor after which to go on.
            newest_first: False for the oldest line first.
        """
        return connection_of(
            await read_mailbox(
                caller_of(info),
                first=first,
                after=after,
                newest_first=newest_first,
                wanted=wanted(info, "nodes", "edges.node"),
            )
        )

    @strawberry.field
    async def counties(self, info: Info) -> list[County]:
        """The 115 counties by name."""
        return cast("list[County]", await list_counties(caller_of(info)))

    @strawberry.field
    async def facilities(self, info: Info) -> list[Facility]:
        """The state facilities that may originate referrals, by code."""
        return cast("list[Facility]", await list_facilities(caller_of(info)))

    @strawberry.field
    async def coordinators(self, info: Info, county: str | None = None) -> list[Person]:
        """The coordinators whom a referral may name as primary.

        Args:
            county: Only those of this county, by FIPS code.
        """
        return cast("list[Person]", await list_coordinators(caller_of(info), county))
