"""The quarterly audit of mainframe user IDs: what is unused for 24 months is to be deleted (002:108-110).

It stands on the lists that were imported in the quarter. Without one nothing can be said, and that is said: in the
report, and to the Chief Security Officer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID, uuid4, uuid5

from orm.models import MainframeDeletion, MainframeReview, OutsideSystem, User, UserList, UserListRow
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Reading, Work, access, operation
from resolvers.evidence import keep_report
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from resolvers.report_prints import PrintedReport, print_report
from resolvers.sweeps import Subject, Sweep
from resolvers.ticket_opening import open_ticket
from rules.accounts import normalize_user_id
from rules.calendar import local_date, local_instant, quarter_of
from rules.errors import NotFound
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.reports import Paragraph, Procedure, Report, Table, source
from rules.roles import Role
from rules.tickets import TicketKind
from rules.user_lists import MAINFRAME_REVIEWED, must_delete

_REVIEWS: Final = UUID("a3f2b6d4-52c1-4f5e-9d0b-7a1f3c9e4b03")
_DAY: Final = timedelta(days=1)
_NAMED: Final = 20


@dataclass(slots=True)
class MainframeDeletionView:
    """A mainframe ID that is to be deleted, or was."""

    id: UUID
    system: str
    user_id: str
    last_used_on: date
    asked_at: datetime
    ticket_number: int | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Listed:
    """What the lists of a quarter say of a system: how many there are, and the newest row of each ID."""

    lists: list[UserList]
    rows: list[UserListRow]


async def plan_mainframe_review(now: datetime, policy: Policy) -> list[Subject]:
    """List the mainframe systems whose audit of the quarter is not done, and how many IDs are to be deleted."""
    on = local_date(now)
    quarter, _ = quarter_of(on)
    subjects = []
    for system in await OutsideSystem.filter(mainframe=True, active=True).order_by("code"):
        if await MainframeReview.exists(system_id=system.code, quarter_from=quarter):
            continue
        listed = await _listed(system.code, on)
        due = [row.user_id for row in listed.rows if must_delete(row.last_used_on, on, policy)]
        why = f"{len(due)} of {len(listed.rows)} listed IDs are unused for too long."
        if not listed.lists:
            why = "No list was imported in this quarter: the Chief Security Officer is told."
        facts = {"lists": len(listed.lists), "delete": due[:_NAMED]}
        subjects.append(Subject(_key(system.code, quarter), system.name, hit=True, why=why, facts=facts))
    return subjects


async def treat_mainframe_review(caller: Caller, subject: UUID) -> bool:
    """Ask for the deletion of each ID that is due, one by one, then keep the report of the system."""
    on = local_date(caller.desk.clock())
    quarter, _ = quarter_of(on)
    for system in await OutsideSystem.filter(mainframe=True, active=True):
        if subject != _key(system.code, quarter):
            continue
        listed = await _listed(system.code, on)
        for row in listed.rows:
            await ask_mainframe_deletion(caller, row.id)
        report = await _report(system, listed, on)
        printed = await print_report(report, caller.desk.clock(), caller.actor.label)
        return await complete_mainframe_review(caller, system.code, len(listed.lists), len(listed.rows), printed)
    return False


@operation("mainframe_review.ask", by=THE_HOUSE, cites="002:108-110")
async def ask_mainframe_deletion(work: Work, row_id: int) -> bool:
    """Ask for the deletion of a listed ID that is unused for too long; answer whether that was new.

    For an account of the house a ticket is opened; an ID without one stands on the list of deletions alone.
    """
    row = await UserListRow.get(id=row_id).select_related("list__system")
    quarter, _ = quarter_of(work.today)
    system = row.list.system
    work.touches("user_list", [row.list_id])
    asked = await MainframeDeletion.exists(system_id=system.code, user_id=row.user_id, quarter_from=quarter)
    if asked or row.last_used_on is None or not must_delete(row.last_used_on, work.today, work.policy):
        work.note(asked=False)
        return False
    user = await User.filter(id=row.account_id).first() if row.account_id else None
    ticket = await open_ticket(work, TicketKind.AGENCY_NOTICE, user, system=system) if user is not None else None
    await MainframeDeletion.create(
        id=uuid4(),
        system_id=system.code,
        quarter_from=quarter,
        user_id=row.user_id,
        last_used_on=row.last_used_on,
        ticket_number=ticket,
        asked_at=work.now,
    )
    work.note(asked=True, system=system.code, ticket=ticket)
    return True


@operation("mainframe_review.complete", by=THE_HOUSE, cites="002:108-110")
async def complete_mainframe_review(work: Work, system: str, lists: int, listed: int, printed: PrintedReport) -> bool:
    """Keep the report of a system's audit; the CSO is told of it, or that no list was there."""
    quarter, _ = quarter_of(work.today)
    work.touches("outside_system", [system])
    await OutsideSystem.filter(code=system).select_for_update(no_key=True).first()
    if await MainframeReview.exists(system_id=system, quarter_from=quarter):
        work.note(completed=False)
        return False
    kept = await keep_report(work, printed, about_kind="mainframe_review")
    await MainframeReview.create(
        id=uuid4(),
        system_id=system,
        quarter_from=quarter,
        lists=lists,
        listed=listed,
        done_at=work.now,
        evidence_number=kept.number,
    )
    csos = readers(await holders_of(Role.CSO))
    work.promise(about(csos, NotificationKind.REPORT_KEPT, kept.number))
    if not lists:
        work.promise(about(csos, NotificationKind.MAINFRAME_LIST_MISSING, None))
    work.note(completed=True, system=system, lists=lists)
    return True


@access("mainframe_review.deletions", by={Role.ITSD_ACCOUNT_MGMT, Role.CSO, Role.AUDITOR}, cites="002:108-110")
async def list_mainframe_deletions(reading: Reading) -> list[MainframeDeletionView]:
    """List the mainframe IDs that are still to be deleted, the longest unused first; at most a thousand."""
    rows = await MainframeDeletion.filter(done_at=None).order_by("last_used_on", "user_id").limit(1000)
    reading.shows("mainframe_deletion", (row.id for row in rows), ["mainframeDeletions"])
    return [_view(row) for row in rows]


@operation("mainframe_review.record_deletion", by={Role.ITSD_ACCOUNT_MGMT}, cites="002:108-110")
async def record_mainframe_deletion(work: Work, system: str, user_id: str) -> MainframeDeletionView:
    """Record that a mainframe ID was deleted, or found deleted.

    Raises:
        NotFound: there is no such ID to be deleted.
        Invalid: ``USER_ID_MALFORMED``.
    """
    _, login = normalize_user_id(user_id)
    row = (
        await MainframeDeletion.filter(system_id=system, user_id=login, done_at=None)
        .order_by("quarter_from")
        .select_for_update(no_key=True)
        .first()
    )
    if row is None:
        raise NotFound("There is no such ID to be deleted.", code="DELETION_NOT_FOUND", field="userId")
    work.about("mainframe_deletion", row.id)
    row.done_at, row.done_by_id = work.now, work.actor.person()
    await row.save(update_fields=["done_at", "done_by_id"])
    # An ID that stayed open over a quarter was asked for again: it is deleted once.
    again = MainframeDeletion.filter(system_id=system, user_id=login, done_at=None)
    await again.update(done_at=work.now, done_by_id=work.actor.person())
    return _view(row)


MAINFRAME_REVIEW = Sweep(
    name="mainframe_review",
    title="Audit of mainframe user IDs",
    cites="002:108-110",
    cadence=MAINFRAME_REVIEWED,
    plan=plan_mainframe_review,
    treat=treat_mainframe_review,
)


async def _listed(system: str, on: date) -> _Listed:
    first, last = quarter_of(on)
    lists = await UserList.filter(
        system_id=system,
        imported_at__gte=local_instant(first, time(0)),
        imported_at__lt=local_instant(last + _DAY, time(0)),
    ).order_by("number")
    newest: dict[str, UserListRow] = {}
    for one in lists:
        newest |= {row.user_id: row for row in await UserListRow.filter(list_id=one.id)}
    return _Listed(lists, [newest[user_id] for user_id in sorted(newest)])


async def _report(system: OutsideSystem, listed: _Listed, on: date) -> Report:
    first, last = quarter_of(on)
    asked = await MainframeDeletion.filter(system_id=system.code, quarter_from=first).order_by("user_id")
    rows = tuple((one.user_id, str(one.last_used_on), str(one.ticket_number or "no account")) for one in asked)
    unknown = sum(row.last_used_on is None for row in listed.rows)
    said = (
        f"{len(listed.rows)} IDs were listed, {unknown} of them without a date of the last use; "
        f"the deletion of {len(rows)} was asked for."
        if listed.lists
        else "No list of the users of this system was imported in the quarter: nothing could be audited."
    )
    return Report(
        Procedure.MAINFRAME_REVIEW,
        f"Audit of mainframe user IDs, {system.name}, quarter from {first}",
        first,
        last,
        "002:108-110",
        (Paragraph(said), Table("IDs to be deleted", ("User ID", "Last used", "Ticket"), rows)),
        tuple([source(f"list {one.number}, SHA-256 {one.sha256}", await _cells(one.id)) for one in listed.lists]),
    )


async def _cells(list_id: UUID) -> list[tuple[object, ...]]:
    rows = await UserListRow.filter(list_id=list_id).order_by("line")
    return [(row.user_id, row.name, row.last_used_on) for row in rows]


def _view(row: MainframeDeletion) -> MainframeDeletionView:
    return MainframeDeletionView(
        id=row.id,
        system=row.system_id,
        user_id=row.user_id,
        last_used_on=row.last_used_on,
        asked_at=row.asked_at,
        ticket_number=row.ticket_number,
        done_at=row.done_at,
    )


def _key(system: str, quarter: date) -> UUID:
    return uuid5(_REVIEWS, f"{system} {quarter}")
