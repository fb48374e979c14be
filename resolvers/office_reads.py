"""What the office reads about the house's own work: counts, the outbox, deliveries, the ledger of timed duties.

Nothing here shows a consumer: letters, lines and runs carry referral numbers and ids only (NOT-23).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID

from orm.eras import Kept
from orm.models import Contact, Letter, Notification, Referral, SweepRun, SweepState, User
from orm.readings import fetch_often
from orm.sql import fetch, to_instant, to_json, to_uuid
from resolvers.desk import EVERYONE, Reading, access
from resolvers.letter_bundles import untie_bundles
from resolvers.letter_counts import letter_counts
from resolvers.paging import Page, key_from_cursor, page_of, page_size, to_cursor
from resolvers.scope import EDITORS, READERS, Sight, sight_of
from resolvers.sweeps import SIMULATORS, kept_name
from resolvers.trail_reads import TRAIL_READERS
from rules.calendar import local_instant
from rules.errors import Invalid, NotFound
from rules.notices import DeliveryState, NotificationKind, title
from rules.roles import Role

__all__ = [
    "Deliveries",
    "DeliveryLine",
    "LetterView",
    "OutboxPage",
    "Overview",
    "SweepRunView",
    "SweepState",
    "letter_shown",
    "list_outbox",
    "list_sweep_runs",
    "referral_deliveries",
    "view_overview",
]

POSTMASTERS = frozenset({Role.ADMINISTRATOR, Role.SUPPORT_DESK})
"""Who sees the outbox: those who may give a parked letter a new start."""

_OUTBOX, _SWEEPS = "OUTBOX", "SWEEPS"
_LINES_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Overview:
    """The counts of a person's home page; what a role does not see is None."""

    open_referrals: int | None
    overdue_referrals: int | None
    drafts: int | None
    unanswered: int | None
    letters: Mapping[DeliveryState, int] | None
    sweeps_waiting: int | None
    sweeps_with_failures: int | None


@dataclass(frozen=True, slots=True)
class LetterView:
    """A promised letter, its recipient as of now, and where it stands."""

    id: UUID
    kind: NotificationKind
    title: str
    referral_number: int | None
    recipient: str
    organization: str
    address: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_try: datetime | None
    sent_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True)
class OutboxPage:
    """A page of the outbox and how many letters stand where."""

    letters: Page[LetterView]
    counts: Mapping[DeliveryState, int]


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """One reader's mailbox line about a referral; ``state`` is None where no letter was promised: no address."""

    at: datetime
    kind: NotificationKind
    reader: str
    organization: str
    line: int
    state: DeliveryState | None
    attempts: int
    sent_at: datetime | None
    last_error: str


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The newest lines about a referral, and how all of its letters stand."""

    lines: list[DeliveryLine]
    total: int
    letters: Mapping[DeliveryState, int]


@dataclass(frozen=True, slots=True)
class SweepRunView:
    """One due date of a timed duty; ``failures`` counts subjects by the code of what went wrong."""

    name: str
    due_on: date
    state: SweepState
    attempts: int
    started_at: datetime | None
    finished_at: datetime | None
    subjects: int
    hit: int
    failures: Mapping[str, int]
    policy_version: str
    next_try_at: datetime | None = None

    @property
    def mark(self) -> str:
        """How far the run is, as one word: another one means that it has moved on."""
        return f"{self.state}-{self.attempts}-{self.hit}-{self.subjects}-{sum(self.failures.values())}"

    @property
    def moves(self) -> bool:
        """Say whether the run will move on by itself."""
        return self.state in (SweepState.PENDING, SweepState.RUNNING)


@access("office.overview", by=EVERYONE, cites="001:183-187; 001:225-227")
async def view_overview(reading: Reading) -> Overview:
    """Count what waits for the caller: referrals in sight, letters and timed duties, as far as the roles go."""
    actor = reading.actor
    referrals: Mapping[str, int] = await _count_referrals(reading) if actor.has_any(READERS) else {}
    waiting = failed = None
    if actor.has_any(TRAIL_READERS):
        [runs] = await fetch_often(_RUNS, done=SweepState.DONE)
        waiting, failed = int(runs["waiting"] or 0), int(runs["failed"] or 0)
    return Overview(
        open_referrals=referrals.get("open"),
        overdue_referrals=referrals.get("overdue"),
        drafts=referrals.get("drafts") if actor.has_any(EDITORS) else None,
        unanswered=referrals.get("unanswered") if actor.is_provider_staff else None,
        letters=await letter_counts() if actor.has_any(POSTMASTERS) else None,
        sweeps_waiting=waiting,
        sweeps_with_failures=failed,
    )


_RUNS = (
    "SELECT SUM(CASE WHEN state <> :done THEN 1 ELSE 0 END) AS waiting, "
    "SUM(CASE WHEN CAST(failures AS TEXT) <> '{}' THEN 1 ELSE 0 END) AS failed FROM sweep_run"
)


async def _count_referrals(reading: Reading) -> Mapping[str, int]:
    sight = await sight_of(reading.actor, reading.today, reading.era)
    edits, own = reading.actor.has_any(EDITORS), reading.actor.provider_id if reading.actor.is_provider_staff else None
    red_before = local_instant(reading.today - reading.policy.referral_red, time(0))
    key = (sight.key, edits, own, red_before)
    return await _COUNTED.get(reading.era, key, lambda: _counts_in(sight, red_before, edits=edits, own=own))


_COUNTED: Final[Kept[Hashable, Mapping[str, int]]] = Kept(500)


_ANSWERED = "SELECT o.referral_id FROM response o WHERE o.provider_id = :own"


async def _counts_in(sight: Sight, red_before: datetime, *, edits: bool, own: UUID | None) -> Mapping[str, int]:
    """Count open and overdue referrals in sight; for editors drafts, for a provider what it has not answered."""
    # One statement for both: of a provider's counting, finding out what it sees takes almost all of the time.
    unanswered = "" if own is None else f", SUM(CASE WHEN r.id NOT IN ({_ANSWERED}) THEN 1 ELSE 0 END) AS unanswered"
    wanted = [
        fetch_often(
            "SELECT COUNT(*) AS open, SUM(CASE WHEN r.first_published_at < :red_before THEN 1 ELSE 0 END) AS overdue"
            f"{unanswered} FROM referral r WHERE r.status = 'OPEN' AND ({sight.to_count})",
            **sight.parameters,
            **({} if own is None else {"own": own}),
            red_before=red_before,
        )
    ]
    if edits:
        drafts = f"SELECT COUNT(*) AS drafts FROM referral r WHERE r.status = 'DRAFT' AND ({sight.to_count})"
        wanted.append(fetch_often(drafts, **sight.parameters))
    counted = await asyncio.gather(*wanted)
    return {name: int(count or 0) for (row,) in counted for name, count in dict(row).items()}


@access("outbox.list", by=POSTMASTERS, cites="001:70; 001:139")
async def list_outbox(
    reading: Reading,
    *,
    state: DeliveryState | None = None,
    referral_number: int | None = None,
    first: int = 50,
    after: str | None = None,
) -> OutboxPage:
    """List promised letters, the newest first, a page at a time."""
    size = page_size(first)
    await untie_bundles()
    conditions, parameters = ["1 = 1"], dict[str, Any]()
    if state is not None:
        conditions.append(f"l.state = '{state.value}'")  # in the text, as the partial indexes have it
    if referral_number is not None:
        conditions.append("r.number = :number")
        parameters["number"] = referral_number
    if after is not None:
        last = await Letter.get_or_none(id=key_from_cursor(after, _OUTBOX))
        if last is None:
            raise Invalid("This cursor was not made for this list.", code="CURSOR_MALFORMED", field="after")
        conditions.append("(l.created_at < :last_at OR (l.created_at = :last_at AND l.id < :last_id))")
        parameters |= {"last_at": last.created_at, "last_id": last.id}
    rows = await _letter_rows(conditions, parameters, size + 1)
    letters = [_letter(row) for row in rows[:size]]
    reading.shows("letter", (letter.id for letter in letters))
    page = page_of(letters, lambda letter: to_cursor(_OUTBOX, letter.id.hex), more=len(rows) > size, after=after)
    return OutboxPage(page, await letter_counts())


async def letter_shown(letter_id: UUID) -> LetterView | None:
    """Give one promised letter as the outbox lists it."""
    await untie_bundles()
    rows = await _letter_rows(["l.id = :id"], {"id": letter_id}, 1)
    return _letter(rows[0]) if rows else None


async def _letter_rows(conditions: Sequence[str], parameters: Mapping[str, Any], most: int) -> list[dict[str, Any]]:
    return await fetch(
        "SELECT l.id, l.kind, l.facts, l.state, l.attempts, l.created_at, l.due_at, l.sent_at, l.sent_to, "
        "l.last_error, "
        "r.number, c.first_name AS contact_first, c.last_name AS contact_last, c.email AS contact_email, "
        "u.first_name AS user_first, u.last_name AS user_last, u.email AS user_email, p.name AS provider "
        "FROM outbox l LEFT JOIN referral r ON r.id = l.referral_id "
        "LEFT JOIN contact c ON c.id = l.contact_id LEFT JOIN user_account u ON u.id = l.user_id "
        "LEFT JOIN provider p ON p.id = COALESCE(c.provider_id, u.provider_id) "
        f"WHERE {' AND '.join(conditions)} ORDER BY l.created_at DESC, l.id DESC LIMIT :limit",
        **parameters,
        limit=most,
    )


def _letter(row: dict[str, Any]) -> LetterView:
    kind, state = NotificationKind(row["kind"]), DeliveryState(row["state"])
    whose = "contact" if row["contact_first"] is not None else "user"
    return LetterView(
        id=to_uuid(row["id"]),
        kind=kind,
        title=title(kind, _number_of(row)),
        referral_number=row["number"],
        recipient=f"{row[f'{whose}_first'] or ''} {row[f'{whose}_last'] or ''}".strip(),
        organization=row["provider"] or "",
        address=row["sent_to"] or row[f"{whose}_email"] or "",
        state=state,
        attempts=row["attempts"],
        created_at=to_instant(row["created_at"]),
        next_try=to_instant(row["due_at"]) if state is DeliveryState.QUEUED else None,
        sent_at=to_instant(row["sent_at"]) if row["sent_at"] else None,
        last_error=row["last_error"],
    )


def _number_of(row: dict[str, Any]) -> int | None:
    """Give the number that a letter speaks of: of its referral, else of what it is about in the access office."""
    number: int | None = row["number"] or to_json(row["facts"]).get("number")
    return number


@access("outbox.of_referral", by={Role.ADMINISTRATOR}, cites="001:139; 001:70")
async def referral_deliveries(reading: Reading, number: int) -> Deliveries:
    """Show who was told of a referral and where each letter stands; the newest 100 lines, all letters counted.

    Raises:
        NotFound: there is no such referral.
    """
    referral = await Referral.get_or_none(number=number)
    if referral is None:
        raise NotFound("There is no such referral.", code="REFERRAL_NOT_FOUND")
    reading.about("referral", referral.id)
    about = Notification.filter(referral_id=referral.id)
    lines = await about.order_by("-at", "mailbox_id", "-line").limit(_LINES_SHOWN)
    await untie_bundles()
    letters = await Letter.in_bulk([line.letter_id for line in lines])
    readers = await _readers({line.mailbox_id for line in lines})
    states = Counter(letter["state"] for letter in await Letter.filter(referral_id=referral.id).values("state"))
    reading.shows("notification", (line.id for line in lines))
    return Deliveries(
        lines=[_delivery(line, letters.get(line.letter_id), readers) for line in lines],
        total=await about.count(),
        letters={state: states[state] for state in DeliveryState if states[state]},
    )


def _delivery(line: Notification, letter: Letter | None, readers: Mapping[UUID, tuple[str, str]]) -> DeliveryLine:
    reader, organization = readers.get(line.mailbox_id, ("", ""))
    return DeliveryLine(
        at=line.at,
        kind=line.kind,
        reader=reader,
        organization=organization,
        line=line.line,
        state=letter.state if letter else None,
        attempts=letter.attempts if letter else 0,
        sent_at=letter.sent_at if letter else None,
        last_error=letter.last_error if letter else "",
    )


async def _readers(mailboxes: set[UUID]) -> dict[UUID, tuple[str, str]]:
    """Name the readers of these mailboxes, with the provider they work for; a contact with a user ID once."""
    users = await User.filter(mailbox_id__in=mailboxes).select_related("provider")
    contacts = await Contact.filter(mailbox_id__in=mailboxes).select_related("provider")
    named = {contact.mailbox_id: (contact.name, contact.provider.name) for contact in contacts}
    return named | {
        user.mailbox_id: (user.name, user.provider.name if user.provider else "Department") for user in users
    }


@access("sweep.list", by=TRAIL_READERS | SIMULATORS, cites="002:145-197")
async def list_sweep_runs(
    reading: Reading,
    *,
    name: str | None = None,
    state: SweepState | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[SweepRunView]:
    """List the ledger of the timed duties, the latest due date first, a page at a time."""
    size = page_size(first)
    conditions, parameters = ["1 = 1"], dict[str, Any]()
    for column, value in (("name", kept_name(name) if name else None), ("state", state)):
        if value is not None:
            conditions.append(f"{column} = :{column}")
            parameters[column] = value
    total: int | None = None
    if count:
        counted = await fetch(f"SELECT COUNT(*) AS n FROM sweep_run WHERE {' AND '.join(conditions)}", **parameters)
        total = int(counted[0]["n"])
    if after is not None:
        last = await SweepRun.get_or_none(id=key_from_cursor(after, _SWEEPS))
        if last is None:
            raise Invalid("This cursor was not made for this list.", code="CURSOR_MALFORMED", field="after")
        conditions.append("(due_on < :last_on OR (due_on = :last_on AND name > :last_name))")
        parameters |= {"last_on": last.due_on, "last_name": last.name}
    found = await fetch(
        f"SELECT id FROM sweep_run WHERE {' AND '.join(conditions)} ORDER BY due_on DESC, name ASC LIMIT :limit",
        **parameters,
        limit=size + 1,
    )
    keys = [to_uuid(row["id"]) for row in found[:size]]
    runs = await SweepRun.filter(id__in=keys).order_by("-due_on", "name")
    reading.note(runs=len(runs))
    return Page(
        nodes=[show_run(run) for run in runs],
        cursors=[to_cursor(_SWEEPS, run.id.hex) for run in runs],
        has_next_page=len(found) > size,
        has_previous_page=after is not None,
        total_count=total,
    )


def show_run(run: SweepRun) -> SweepRunView:
    """Show a run, its failures counted by what went wrong."""
    return SweepRunView(
        name=run.name,
        due_on=run.due_on,
        state=run.state,
        attempts=run.attempts,
        started_at=run.started_at,
        finished_at=run.finished_at,
        subjects=run.subjects,
        hit=run.hit,
        failures=Counter(str(code) for code in run.failures.values()),
        next_try_at=run.leased_until if run.state is SweepState.PENDING else None,
        policy_version=run.policy_version,
    )
