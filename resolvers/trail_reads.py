"""Read the permanent record: who did or saw what, when, on which records, and how it ended (002:221-223)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import AuditEntry, Outcome, Referral, SealedEntry, User
from orm.sql import fetch
from resolvers.delivery_sheets import unfold_sheets
from resolvers.desk import USE_CASES, Reading, access
from resolvers.paging import Page, from_cursor, page_size, to_cursor
from rules.calendar import FIRST_DAY, LAST_DAY
from rules.errors import Invalid, NotFound
from rules.roles import Role

__all__ = [
    "ENTRY_READERS",
    "TRAIL_READERS",
    "Outcome",
    "SealedEntryView",
    "TrailEntryView",
    "TrailFilter",
    "list_trail",
    "named_acts",
    "view_entry",
]

TRAIL_READERS = frozenset({Role.ADMINISTRATOR, Role.AUDITOR, Role.CSO})
"""Who reads the trail and the ledger of the timed duties."""

ENTRY_READERS = TRAIL_READERS | {Role.PRIVACY_OFFICER}
"""Who looks at one entry and proves it: also the Privacy Officer, who finds it in the log of a person."""

LAST_ENTRY = 2**63 - 1

_TRAIL = "TRAIL"


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Narrow the trail; all given conditions have to hold. ``actor`` is a user ID or a part of the house."""

    act: str | None = None
    outcome: Outcome | None = None
    actor: str | None = None
    request_id: str | None = None
    about: UUID | None = None
    referral_number: int | None = None


@dataclass(frozen=True, slots=True)
class TrailEntryView:
    """One entry of the permanent record."""

    number: int
    at: datetime
    actor: str
    act: str
    outcome: Outcome
    code: str
    subjects: Mapping[str, list[str]]
    shown: list[str]
    facts: Mapping[str, Any]
    request_id: str
    policy_version: str


@dataclass(frozen=True, slots=True)
class SealedEntryView:
    """One entry with its leaf, and the seal that holds it; none in the seconds before it is sealed."""

    entry: TrailEntryView
    leaf: str
    seal: int | None
    sealed_at: datetime | None


def require_number(number: int) -> None:
    """Go on only with a number that an entry can have.

    Raises:
        NotFound: no entry can have it; a column could not even hold it.
    """
    if not 0 < number <= LAST_ENTRY:
        raise no_such_entry()


def no_such_entry() -> NotFound:
    """Say that there is no entry of a number."""
    return NotFound("There is no entry of this number.", code="ENTRY_NOT_FOUND", field="number")


def require_days(first: date, last: date) -> None:
    """Go on only with days of which the house may have a log.

    Raises:
        Invalid: ``TRAIL_PERIOD``.
    """
    if last < first:
        raise Invalid("The last day comes before the first.", code="TRAIL_PERIOD", field="to")
    if not FIRST_DAY <= first <= last <= LAST_DAY:
        raise Invalid("The house has no log of such a day.", code="TRAIL_PERIOD", field="from")


@access("trail.list", by=TRAIL_READERS, cites="002:221-223")
async def list_trail(
    reading: Reading, *, where: TrailFilter | None = None, first: int = 50, after: str | None = None
) -> Page[TrailEntryView]:
    """List entries of the permanent record, the newest first, a page at a time; that it was read is one more."""
    size = page_size(first)
    await unfold_sheets()
    conditions, parameters = await _trail_conditions(where or TrailFilter())
    if after is not None:
        conditions.append("id < :after")
        parameters["after"] = from_cursor(after, _TRAIL)
    found = await fetch(
        f"SELECT id FROM audit_entry WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT :limit",
        **parameters,
        limit=size + 1,
    )
    numbers = [int(row["id"]) for row in found[:size]]
    entries = await AuditEntry.filter(id__in=numbers).order_by("-id")
    reading.note(entries=len(numbers))
    return Page(
        nodes=[_entry(entry) for entry in entries],
        cursors=[to_cursor(_TRAIL, number) for number in numbers],
        has_next_page=len(found) > size,
        has_previous_page=after is not None,
    )


@access("trail.view", by=ENTRY_READERS, cites="002:221-223")
async def view_entry(reading: Reading, number: int) -> SealedEntryView:
    """Show one entry of the permanent record, and the seal over it.

    Raises:
        NotFound: there is no such entry, or its content was dropped for its age.
    """
    require_number(number)
    reading.note(entry=number)
    entry = await AuditEntry.filter(id=number).first()
    if entry is None:
        raise no_such_entry()
    under = await SealedEntry.filter(entry_id=number).select_related("seal").first()
    return SealedEntryView(
        _entry(entry), entry.leaf, under.seal_id if under else None, under.seal.at if under else None
    )


async def _trail_conditions(where: TrailFilter) -> tuple[list[str], dict[str, Any]]:
    conditions, parameters = ["1 = 1"], dict[str, Any]()
    for column, value in (("act", where.act), ("outcome", where.outcome), ("request_id", where.request_id)):
        if value is not None:
            conditions.append(f"{column} = :{column}")
            parameters[column] = value
    if where.actor is not None:
        user = await User.get_or_none(user_id=where.actor.rpartition("\\")[2].upper())
        conditions.append("actor = :actor" if user is None else "actor_id = :actor")
        parameters["actor"] = where.actor if user is None else user.id
    if where.about is not None:
        conditions.append("about_id = :about")
        parameters["about"] = where.about
    if where.referral_number is not None:
        referral = await Referral.get_or_none(number=where.referral_number)
        if referral is None:
            return ["1 = 0"], {}
        # A list that showed the referral names it among its subjects only.
        conditions.append("(about_id = :referral OR CAST(subjects AS TEXT) LIKE :among)")
        parameters |= {"referral": referral.id, "among": f"%{referral.id}%"}
    return conditions, parameters


def _entry(entry: AuditEntry) -> TrailEntryView:
    return TrailEntryView(
        number=entry.id,
        at=entry.at,
        actor=entry.actor,
        act=entry.act,
        outcome=entry.outcome,
        code=entry.code,
        subjects=entry.subjects,
        shown=entry.shown,
        facts=entry.facts,
        request_id=entry.request_id,
        policy_version=entry.policy_version,
    )


def named_acts() -> list[str]:
    """Name every act that the trail can hold, in order."""
    return sorted(USE_CASES)
