"""The policy register (POL-35)."""

from __future__ import annotations

from datetime import date
from typing import cast

import strawberry

from resolvers.policies import view_register
from schema.context import Info, caller_of
from schema.described import described_type
from schema.policy_types import PolicyRegister


@described_type
class PolicyQueries:
    """The policy register (POL-35)."""

    @strawberry.field
    async def policies(self, info: Info, as_of: date | None = None) -> PolicyRegister:
        """Every number of the documents with its source, value, history and bounds; for the offices.

        Args:
            as_of: The register of this day; of today, unless said otherwise.
        """
        return cast("PolicyRegister", await view_register(caller_of(info), as_of=as_of))
