"""Audits of provider accounts (002:141-203)."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.provider_audit_views import list_audit_lines, list_provider_audits, view_provider_audit
from rules.provider_audit import AuditOutcome
from schema.audit_types import ProviderAudit, ProviderAuditLine
from schema.context import Info, caller_of
from schema.described import described_type
from schema.nodes import Connection, connection_of
from schema.selection import is_wanted


@described_type
class AuditQueries:
    """Audits of provider accounts (002:141-203)."""

    @strawberry.field
    async def provider_audits(self, info: Info, first: int = 50, after: str | None = None) -> Connection[ProviderAudit]:
        """The audits of provider accounts, the newest first; officers get those that list people of their own.

        Args:
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_provider_audits(caller_of(info), first=first, after=after, count=is_wanted(info, "totalCount"))
        )

    @strawberry.field
    async def provider_audit(self, info: Info, number: int) -> ProviderAudit:
        """One audit; an error with the code AUDIT_NOT_FOUND when there is none for the caller.

        Args:
            number: The number of the audit.
        """
        return cast("ProviderAudit", await view_provider_audit(caller_of(info), number))

    @strawberry.field
    async def provider_audit_lines(
        self,
        info: Info,
        number: int,
        outcome: AuditOutcome | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[ProviderAuditLine]:
        """The accounts on the list of an audit that the caller sees, by user ID (002:169-171).

        Args:
            number: The number of the audit.
            outcome: Only those of which this became.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_audit_lines(
                caller_of(info),
                number,
                outcome=outcome,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
            )
        )
