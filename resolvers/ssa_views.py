"""Reports to SSA as those see them who check, approve and read them, and as spreadsheets (002:349-362)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import SsaCheck, SsaDelivery, SsaPerson, SsaReport
from orm.sql import fetch, to_date, to_instant, to_uuid
from resolvers.desk import EVERYONE, Reading, access
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import Page, from_cursor, key_from_cursor, page_of, page_size, to_cursor
from resolvers.report_recipients import is_programmer
from resolvers.spreadsheets import MEDIA_TYPES, Sheet, SpreadsheetForm, to_csv, to_xlsx
from resolvers.ssa_rows import PERSON_HEADINGS, PROVIDER_HEADINGS, person_rows, provider_rows
from rules.errors import Conflict, Denied, NotFound
from rules.reports import sha256
from rules.roles import Role
from rules.ssa import ContractStanding, DeliveryStep, SsaState

SEES_PERSONS = frozenset({Role.CSO, Role.ITSD_ACCOUNT_MGMT, Role.PRIVACY_OFFICER, Role.AUDITOR})
"""Who sees both sheets; report programmers see the one of the providers (002:350-351, POL-28)."""

_REPORTS = "SSA_REPORT"
_LINES = "SSA_LINE"
_PERSONS = "SSA_PERSON"


@dataclass(slots=True)
class DeliveryView:
    """A recorded step of the delivery."""

    step: DeliveryStep
    done_on: date
    document: str
    note: str
    recipients: list[str]
    recorded_at: datetime


@dataclass(slots=True)
class SsaReportView:
    """A report to SSA, and how far it has come."""

    id: UUID
    number: int
    period_from: date
    state: SsaState
    run_at: datetime
    providers: int
    persons: int
    checked: int
    snapshot_hash: str
    changes_evidence: int | None
    approved_at: datetime | None
    evidence_number: int | None
    deliveries: list[DeliveryView]


@dataclass(slots=True)
class SsaLineView:
    """A provider in a report, with its check and the newest correction."""

    id: UUID
    provider_id: UUID
    name: str
    contract_number: str
    begins_on: date | None
    ends_on: date | None
    standing: ContractStanding
    accounts: int
    checked_at: datetime | None
    checked_by: str | None
    disabled: int | None
    note: str
    correction: str


@dataclass(slots=True)
class SsaPersonView:
    """A person with access in a report."""

    id: UUID
    user_id: str
    name: str
    provider: str | None
    roles: list[str]


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A list as a file."""

    name: str
    media_type: str
    body: bytes
    sha256: str


@access("ssa.reports", by=EVERYONE, cites="002:349-353")
async def list_ssa_reports(
    reading: Reading, *, first: int = 50, after: str | None = None, count: bool = False
) -> Page[SsaReportView]:
    """List the reports, the newest first; none for whoever has nothing to do with them.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    reports = SsaReport.all() if await _may_read(reading) else SsaReport.filter(number=0)
    total = await reports.count() if count else None
    if after is not None:
        reports = reports.filter(number__lt=from_cursor(after, _REPORTS, most=LAST_NUMBER))
    rows = await reports.order_by("-number").limit(size + 1)
    views = [await _report(row) for row in rows[:size]]
    reading.shows("ssa_report", (view.id for view in views), ["ssaReports"])
    return page_of(
        views, lambda view: to_cursor(_REPORTS, view.number), more=len(rows) > size, after=after, total=total
    )


@access("ssa.view", by=EVERYONE, cites="002:349-367")
async def view_ssa_report(reading: Reading, number: int) -> SsaReportView:
    """Show a report by its number.

    Raises:
        NotFound: there is no such report for this person.
    """
    return await _report(await _in_sight(reading, number))


@access("ssa.lines", by=EVERYONE, cites="002:349-357")
async def list_ssa_lines(
    reading: Reading,
    number: int,
    *,
    unchecked: bool = False,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[SsaLineView]:
    """List the providers of a report, by name.

    Raises:
        NotFound: there is no such report for this person.
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    report = await _in_sight(reading, number)
    where = ["l.report_id = :report", *(["c.id IS NULL"] if unchecked else [])]
    parameters: dict[str, Any] = {"report": report.id}
    tables = (
        "ssa_provider l LEFT JOIN ssa_check c ON c.report_id = l.report_id AND c.provider_id = l.provider_id "
        "LEFT JOIN user_account u ON u.id = c.checked_by_id"
    )
    total: int | None = None
    if count:
        counted = await fetch(f"SELECT COUNT(*) AS n FROM {tables} WHERE {' AND '.join(where)}", **parameters)
        total = int(counted[0]["n"])
    if after is not None:
        where.append("l.name > (SELECT k.name FROM ssa_provider k WHERE k.id = :after)")
        parameters["after"] = key_from_cursor(after, _LINES)
    rows = await fetch(
        "SELECT l.id, l.provider_id, l.name, l.contract_number, l.begins_on, l.ends_on, l.standing, l.accounts, "
        "c.checked_at, u.user_id AS checked_by, c.disabled, c.note, (SELECT k.text FROM ssa_correction k "
        "WHERE k.report_id = l.report_id AND k.provider_id = l.provider_id ORDER BY k.id DESC LIMIT 1) "
        f"AS correction FROM {tables} WHERE {' AND '.join(where)} ORDER BY l.name LIMIT :limit",
        **parameters,
        limit=size + 1,
    )
    views = [_line(row) for row in rows[:size]]
    reading.shows("provider", (view.provider_id for view in views), ["ssaLines"])
    return page_of(views, lambda view: to_cursor(_LINES, str(view.id)), more=len(rows) > size, after=after, total=total)


@access("ssa.persons", by=SEES_PERSONS, cites="002:329-332; POL-28")
async def list_ssa_persons(
    reading: Reading, number: int, *, first: int = 50, after: str | None = None, count: bool = False
) -> Page[SsaPersonView]:
    """List the persons with access of a report, by user ID.

    Raises:
        NotFound: there is no such report.
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    report = await _in_sight(reading, number)
    people = SsaPerson.filter(report_id=report.id)
    total = await people.count() if count else None
    if after is not None:
        place = await SsaPerson.filter(id=key_from_cursor(after, _PERSONS)).first()
        people = people.filter(login__gt=place.login if place is not None else "")
    rows = await people.order_by("login").limit(size + 1).select_related("provider")
    views = [
        SsaPersonView(row.id, row.login, row.name, row.provider.name if row.provider is not None else None, row.roles)
        for row in rows[:size]
    ]
    reading.shows("user", (row.user_id for row in rows[:size]), ["ssaPersons"])
    return page_of(
        views, lambda view: to_cursor(_PERSONS, str(view.id)), more=len(rows) > size, after=after, total=total
    )


@access("ssa.export", by=EVERYONE, cites="002:350-353; 002:360-362; POL-28")
async def export_ssa_report(
    reading: Reading, number: int, form: SpreadsheetForm, *, persons: bool = False
) -> ExportedFile:
    """Take a report out as a spreadsheet: the providers, and the persons only where they are asked for.

    A workbook has both sheets then; a CSV file holds one list, so it has the persons alone.

    Raises:
        NotFound: there is no such report for this person.
        Denied: a report programmer asks for the persons.
        Conflict: ``SSA_SNAPSHOT_INCOMPLETE``; it is still being taken.
    """
    report = await _in_sight(reading, number)
    if persons and not reading.actor.has_any(SEES_PERSONS):
        raise Denied("The sheet of the persons is not for this office.")
    if report.state is SsaState.BEING_TAKEN or report.whole_at is None:
        raise Conflict("The snapshot is still being taken.", code="SSA_SNAPSHOT_INCOMPLETE")
    sheets = [Sheet("Providers", PROVIDER_HEADINGS, await provider_rows(report))]
    if persons:
        sheets.append(Sheet("Persons", PERSON_HEADINGS, await person_rows(report)))
    body = to_csv(sheets[-1]) if form is SpreadsheetForm.CSV else to_xlsx(sheets, report.whole_at)
    reading.shows("ssa_report", [report.id], ["providers", *(["persons"] if persons else [])])
    name = f"homeward-ssa-{report.number}{'-persons' if persons else ''}.{form.lower()}"
    file = ExportedFile(name, MEDIA_TYPES[form], body, sha256(body))
    reading.note(file=file.name, sha256=file.sha256, rows=sum(len(sheet.rows) for sheet in sheets))
    return file


async def _may_read(reading: Reading) -> bool:
    return reading.actor.has_any(SEES_PERSONS) or await is_programmer(reading.actor.id)


async def _in_sight(reading: Reading, number: int) -> SsaReport:
    report = None
    if 0 < number <= LAST_NUMBER and await _may_read(reading):
        report = await SsaReport.filter(number=number).first()
    if report is None:
        raise NotFound("There is no such report.", code="SSA_REPORT_NOT_FOUND", field="number")
    reading.about("ssa_report", report.id)
    return report


async def _report(report: SsaReport) -> SsaReportView:
    steps = {one.step: one for one in await SsaDelivery.filter(report_id=report.id)}
    return SsaReportView(
        id=report.id,
        number=report.number,
        period_from=report.period_from,
        state=report.state,
        run_at=report.run_at,
        providers=report.providers,
        persons=report.persons,
        checked=await SsaCheck.filter(report_id=report.id).count(),
        snapshot_hash=report.snapshot_hash,
        changes_evidence=report.changes_evidence,
        approved_at=report.approved_at,
        evidence_number=report.evidence_number,
        deliveries=[_delivery(steps[step]) for step in DeliveryStep if step in steps],
    )


def _delivery(row: SsaDelivery) -> DeliveryView:
    named = [f"{one['name']} <{one['email']}>" if one["email"] else str(one["name"]) for one in row.recipients]
    return DeliveryView(row.step, row.done_on, row.document, row.note, named, row.recorded_at)


def _line(row: dict[str, Any]) -> SsaLineView:
    return SsaLineView(
        id=to_uuid(row["id"]),
        provider_id=to_uuid(row["provider_id"]),
        name=row["name"],
        contract_number=row["contract_number"],
        begins_on=to_date(row["begins_on"]) if row["begins_on"] else None,
        ends_on=to_date(row["ends_on"]) if row["ends_on"] else None,
        standing=ContractStanding(row["standing"]),
        accounts=int(row["accounts"]),
        checked_at=to_instant(row["checked_at"]) if row["checked_at"] else None,
        checked_by=row["checked_by"],
        disabled=row["disabled"],
        note=row["note"] or "",
        correction=row["correction"] or "",
    )
