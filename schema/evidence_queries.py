"""The kept reports of the procedures (RSK-24; 002:262, 002:314)."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.evidence import list_evidence, view_evidence
from rules.reports import Procedure
from schema.context import Info, caller_of
from schema.described import described_type
from schema.evidence_types import Evidence, EvidenceReport
from schema.nodes import Connection, connection_of
from schema.selection import is_wanted


@described_type
class EvidenceQueries:
    """The kept reports of the procedures (RSK-24; 002:262, 002:314)."""

    @strawberry.field
    async def evidence(
        self, info: Info, procedure: Procedure | None = None, first: int = 50, after: str | None = None
    ) -> Connection[Evidence]:
        """The kept reports that the caller may read, the newest first.

        Args:
            procedure: Only those of a procedure.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_evidence(
                caller_of(info), procedure=procedure, first=first, after=after, count=is_wanted(info, "totalCount")
            )
        )

    @strawberry.field
    async def evidence_report(self, info: Info, number: int) -> EvidenceReport:
        """One kept report with its content; an error with the code EVIDENCE_NOT_FOUND when there is none.

        Args:
            number: The number of the report.
        """
        return cast("EvidenceReport", await view_evidence(caller_of(info), number))
