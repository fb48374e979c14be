"""Reports of providers to the Social Security Administration (002:322-367)."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.report_recipients import list_report_recipients
from resolvers.spreadsheets import SpreadsheetForm
from resolvers.ssa_views import (
    export_ssa_report,
    list_ssa_lines,
    list_ssa_persons,
    list_ssa_reports,
    view_ssa_report,
)
from schema.context import Info, caller_of
from schema.described import described_type
from schema.nodes import Connection, connection_of
from schema.selection import is_wanted
from schema.ssa_types import ReportRecipient, SpreadsheetFile, SsaReport, SsaReportLine, SsaReportPerson


@described_type
class SsaQueries:
    """Reports of providers to the Social Security Administration (002:322-367)."""

    @strawberry.field
    async def ssa_reports(self, info: Info, first: int = 50, after: str | None = None) -> Connection[SsaReport]:
        """The reports, the newest first; none for whoever has nothing to do with them.

        Args:
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_ssa_reports(caller_of(info), first=first, after=after, count=is_wanted(info, "totalCount"))
        )

    @strawberry.field
    async def ssa_report(self, info: Info, number: int) -> SsaReport:
        """One report; an error with the code SSA_REPORT_NOT_FOUND when there is none for the caller.

        Args:
            number: The number of the report.
        """
        return cast("SsaReport", await view_ssa_report(caller_of(info), number))

    @strawberry.field
    async def ssa_report_lines(
        self, info: Info, number: int, unchecked: bool = False, first: int = 50, after: str | None = None
    ) -> Connection[SsaReportLine]:
        """The providers of a report, by name (002:349-357).

        Args:
            number: The number of the report.
            unchecked: Only lines that nobody has checked.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_ssa_lines(
                caller_of(info),
                number,
                unchecked=unchecked,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
            )
        )

    @strawberry.field
    async def ssa_report_persons(
        self, info: Info, number: int, first: int = 50, after: str | None = None
    ) -> Connection[SsaReportPerson]:
        """The persons with access of a report, by user ID; they do not leave the house by default (POL-28).

        Args:
            number: The number of the report.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_ssa_persons(
                caller_of(info), number, first=first, after=after, count=is_wanted(info, "totalCount")
            )
        )

    @strawberry.field
    async def report_recipients(self, info: Info) -> list[ReportRecipient]:
        """Who gets the report, or is told of it, as it is set now."""
        return cast("list[ReportRecipient]", await list_report_recipients(caller_of(info)))

    @strawberry.field
    async def ssa_report_file(
        self, info: Info, number: int, form: SpreadsheetForm, persons: bool = False
    ) -> SpreadsheetFile:
        """A report as a spreadsheet; each export is written down (002:353, POL-28).

        Args:
            number: The number of the report.
            form: CSV or a workbook.
            persons: Whether the persons are in it: as a second sheet, or alone in a CSV file.
        """
        file = await export_ssa_report(caller_of(info), number, form, persons=persons)
        return cast("SpreadsheetFile", file)
