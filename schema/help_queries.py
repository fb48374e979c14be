"""Asking for help."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.help import view_help
from schema.context import Info, caller_of
from schema.described import described_type
from schema.help_types import Help


@described_type
class HelpQueries:
    """Whom to call and when."""

    @strawberry.field
    async def help(self, info: Info, county: str | None = None) -> Help:
        """Whom to ask at the nearest regional office, and which number answers now (001:286-294, 000:15-20).

        Args:
            county: The county whose office is the nearest, by FIPS code; the own provider's office without it.
        """
        return cast("Help", await view_help(caller_of(info), county))
