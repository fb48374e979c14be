"""What can be asked of access forms."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.access_form_queue import list_access_forms
from resolvers.access_form_views import view_access_form
from schema.access_form_inputs import AccessFormFilterInput
from schema.access_form_types import AccessForm
from schema.context import Info, caller_of
from schema.described import described_type
from schema.nodes import Connection, connection_of
from schema.selection import is_wanted, wanted


@described_type
class AccessFormQueries:
    """Access forms (000:57-131)."""

    @strawberry.field
    async def access_form(self, info: Info, number: int) -> AccessForm | None:
        """One access form; an error with the code FORM_NOT_FOUND when there is none for the caller.

        Args:
            number: The number of the form.
        """
        return cast("AccessForm", await view_access_form(caller_of(info), number, wanted=wanted(info)))

    @strawberry.field
    async def access_forms(
        self, info: Info, filter: AccessFormFilterInput | None = None, first: int = 50, after: str | None = None
    ) -> Connection[AccessForm]:
        """The queue of forms, the oldest first: of the own office, organization, or hand.

        Args:
            filter: Any combination of filters.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_access_forms(
                caller_of(info),
                where=filter.as_filter() if filter else None,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
                wanted=wanted(info, "nodes", "edges.node"),
            )
        )
