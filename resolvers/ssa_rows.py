"""The two sheets of a report to SSA as rows: for the spreadsheet, and for what is kept (002:349-362, POL-28)."""

from __future__ import annotations

from typing import Final

from orm.models import Provider, SsaCheck, SsaCorrection, SsaPerson, SsaProvider, SsaReport
from resolvers.spreadsheets import Cell
from rules.calendar import local_date

PROVIDER_HEADINGS: Final = (
    "Contract", "Provider", "Begins", "Ends", "Status", "Accounts in use", "Checked", "Accounts disabled", "Note",
    "Correction",
)  # fmt: skip
PERSON_HEADINGS: Final = ("User ID", "Name", "Provider", "Roles")


async def provider_rows(report: SsaReport) -> list[tuple[Cell, ...]]:
    """Give the provider sheet, by name, with what was checked and put right."""
    lines = await SsaProvider.filter(report_id=report.id).order_by("name")
    checks = {one.provider_id: one for one in await SsaCheck.filter(report_id=report.id)}
    corrections: dict[object, str] = {}
    for one in await SsaCorrection.filter(report_id=report.id).order_by("id"):
        corrections[one.provider_id] = one.text  # the newest counts
    rows: list[tuple[Cell, ...]] = []
    for line in lines:
        check = checks.get(line.provider_id)
        rows.append(
            (
                line.contract_number,
                line.name,
                line.begins_on,
                line.ends_on,
                str(line.standing),
                line.accounts,
                local_date(check.checked_at) if check else None,
                check.disabled if check else None,
                check.note if check else "",
                corrections.get(line.provider_id, ""),
            )
        )
    return rows


async def person_rows(report: SsaReport) -> list[tuple[Cell, ...]]:
    """Give the sheet of the persons, by user ID. It does not leave the house by default."""
    people = await SsaPerson.filter(report_id=report.id).order_by("login")
    names = {one.id: one.name for one in await Provider.filter(ssa_persons__report_id=report.id).distinct()}
    return [
        (one.login, one.name, names[one.provider_id] if one.provider_id else "", ", ".join(one.roles)) for one in people
    ]
