"""Take a person's access report out of the house as a sheet, once that it is has been written down (002:223)."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from orm.models import AuditEntry
from orm.sql import fetch
from resolvers.access_logs import (
    LOG_READERS,
    AccessEntryView,
    Period,
    entry_views,
    numbers_of,
    period_of,
    person_of_report,
)
from resolvers.delivery_sheets import unfold_sheets
from resolvers.desk import Reading, access
from resolvers.spreadsheets import harmless
from rules.calendar import CHICAGO

_BATCH: Final = 500

HEADINGS: Final = (
    "Entry", "At (Chicago)", "User ID", "Name", "Provider", "Act", "Outcome", "Code", "Purpose", "Records",
    "Fields shown", "Explained", "Reason", "Sources", "Request", "Policy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportExport:
    """A report that may be taken out; its rows are given by :func:`report_sheet`."""

    person: UUID
    user_id: str
    period: Period
    up_to: int
    """The highest entry; the one that tells of this export comes after it."""
    entries: int
    record: Reading


@access("trail.export_report", by=LOG_READERS, cites="002:223; 002:239-241")
async def begin_report_export(
    reading: Reading, user_id: str, first_day: date | None = None, last_day: date | None = None
) -> ReportExport:
    """Ask for the access report of a person as a sheet; 30 days unless said otherwise.

    Raises:
        NotFound: there is no such account.
        Invalid: a period that cannot be, or a user ID that is none.
    """
    user = await person_of_report(reading, user_id)
    period = period_of(reading, first_day, last_day)
    await unfold_sheets()
    found = await fetch(
        "SELECT COUNT(*) AS entries, COALESCE(MAX(id), 0) AS up_to FROM audit_entry "
        "WHERE actor_id = :person AND at >= :since AND at < :until",
        person=user.id,
        since=period.since,
        until=period.until,
    )
    entries, up_to = int(found[0]["entries"]), int(found[0]["up_to"])
    reading.note(first_day=period.first.isoformat(), last_day=period.last.isoformat(), entries=entries, up_to=up_to)
    return ReportExport(user.id, user.user_id, period, up_to, entries, reading)


async def report_sheet(export: ReportExport) -> AsyncIterator[bytes]:
    """Give the sheet of an export that was asked for, as CSV in UTF-8, the newest entry first; memory stays flat."""
    yield b"\xef\xbb\xbf" + _lines([HEADINGS])  # the mark by which spreadsheets know UTF-8
    after: int | None = None
    while numbers := await numbers_of(export.person, export.period, after=after, most=_BATCH):
        after = numbers[-1]
        found = {one.id: one for one in await AuditEntry.filter(id__in=numbers, id__lte=export.up_to)}
        entries = [found[number] for number in numbers if number in found]
        yield _lines(_row(view) for view in await entry_views(export.record, entries, judged=True))


def _row(view: AccessEntryView) -> list[str]:
    judgement = view.judgement
    return [
        str(view.number),
        view.at.astimezone(CHICAGO).strftime("%Y-%m-%d %H:%M:%S"),
        view.user_id,
        view.name or "",
        view.provider or "",
        view.act,
        str(view.outcome),
        view.code,
        str(view.purpose),
        " ".join(f"{kind}:{key}" for kind, keys in view.subjects.items() for key in keys),
        " ".join(view.shown),
        "" if judgement is None else "yes" if judgement.explained else "no",
        "" if judgement is None else judgement.sentence,
        "" if judgement is None else judgement.cites,
        view.request_id,
        view.policy_version,
    ]


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    sheet = io.StringIO()
    csv.writer(sheet).writerows([harmless(cell) for cell in row] for row in rows)
    return sheet.getvalue().encode()
