"""The log as it is asked for: what a person did or saw, who saw a referral, what I did (002:223, 002:239-241).

Reading the log is an entry itself, which names whose log was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from orm.models import AuditEntry, Outcome, Provider, Referral, User
from orm.sql import fetch
from resolvers.delivery_sheets import unfold_sheets
from resolvers.desk import EVERYONE, Reading, access
from resolvers.judging import judge_entries
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import Page, from_cursor, page_size, to_cursor
from resolvers.traces import entries_about
from resolvers.trail_reads import require_days
from rules.accounts import normalize_user_id
from rules.calendar import local_instant
from rules.errors import NotFound
from rules.judgement import Judgement, Purpose, purpose_of
from rules.roles import Role

LOG_READERS = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR})
"""Who reads what a person did, and who saw a person's referral."""

_REPORT, _LOG = "ACCESS_REPORT", "ACCESS_LOG"
_DAY = timedelta(days=1)
_LONG_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class AccessEntryView:
    """One entry of the log; without a judgement where the reader reads the own entries."""

    number: int
    at: datetime
    user_id: str
    name: str | None
    provider: str | None
    act: str
    outcome: Outcome
    code: str
    purpose: Purpose
    subjects: Mapping[str, list[str]]
    shown: list[str]
    request_id: str
    policy_version: str
    judgement: Judgement | None


@dataclass(frozen=True, slots=True)
class Period:
    """Days of Chicago, both included, as instants."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """Give the first instant."""
        return local_instant(self.first, time(0))

    @property
    def until(self) -> datetime:
        """Give the first instant that is not in it any more."""
        return local_instant(self.last + _DAY, time(0))


def period_of(reading: Reading, first: date | None, last: date | None) -> Period:
    """Give the days that were asked for; by default the 30 days of a review that end today (002:239-241).

    Raises:
        Invalid: ``TRAIL_PERIOD``; the last day comes before the first.
    """
    end = last or reading.today
    require_days(end, end)
    begin = first or end - reading.policy.sar_window + _DAY
    require_days(begin, end)
    return Period(begin, end)


@access("trail.report", by=LOG_READERS, cites="002:223; 002:239-241")
async def report_access(
    reading: Reading,
    user_id: str,
    first_day: date | None = None,
    last_day: date | None = None,
    *,
    first: int = 50,
    after: str | None = None,
) -> Page[AccessEntryView]:
    """Report what a person did or saw, the newest first, each entry judged; 30 days unless said otherwise.

    Raises:
        NotFound: there is no such account.
        Invalid: a period, cursor or page size that cannot be, or a user ID that is none.
    """
    size = page_size(first)
    user = await person_of_report(reading, user_id)
    period = period_of(reading, first_day, last_day)
    numbers = await numbers_of(user.id, period, after=_number(after, _REPORT), most=size + 1)
    return await _page(reading, numbers, size, _REPORT, after, judged=True, period=period)


@access("trail.of_referral", by=LOG_READERS, cites="002:47-51; 45 CFR 164.528")
async def log_of_referral(
    reading: Reading, number: int, *, first: int = 50, after: str | None = None
) -> Page[AccessEntryView]:
    """List who saw or changed a referral or its person over the years that are accounted for, the newest first.

    Raises:
        NotFound: there is no such referral.
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    referral = await Referral.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if referral is None:
        raise NotFound("There is no such referral.", code="REFERRAL_NOT_FOUND", field="number")
    reading.about("referral", referral.id)
    keys = {referral.id, referral.consumer_id}
    numbers = await entries_about(keys, after=_number(after, _LOG), most=size + 1)
    kept = Period(reading.today - reading.policy.trail_keep_years * _LONG_YEAR, reading.today)
    return await _page(reading, numbers, size, _LOG, after, judged=True, period=kept)


@access("account.access_log", by=EVERYONE, cites="002:221-223")
async def log_of_mine(
    reading: Reading,
    first_day: date | None = None,
    last_day: date | None = None,
    *,
    first: int = 50,
    after: str | None = None,
) -> Page[AccessEntryView]:
    """List what the caller did or saw, the newest first; 30 days unless said otherwise.

    Raises:
        Invalid: a period, cursor or page size that cannot be.
    """
    size = page_size(first)
    period = period_of(reading, first_day, last_day)
    person = reading.actor.person()
    numbers = await numbers_of(person, period, after=_number(after, _REPORT), most=size + 1)
    return await _page(reading, numbers, size, _REPORT, after, judged=False, period=period)


async def person_of_report(reading: Reading, user_id: str) -> User:
    """Find whose log is asked for, and write down that it is that person's.

    Raises:
        NotFound: there is no such account.
        Invalid: ``USER_ID_MALFORMED``.
    """
    _, canonical = normalize_user_id(user_id)
    user = await User.filter(user_id=canonical).first()
    if user is None:
        raise NotFound("There is no such account.", code="ACCOUNT_NOT_FOUND", field="userId")
    reading.about("user", user.id)
    return user


async def numbers_of(person: UUID, period: Period, *, after: int | None, most: int) -> list[int]:
    """Number the entries of a person in a period, the newest first, after the entry with this number."""
    await unfold_sheets()
    beyond, more = "", dict[str, Any]()
    if after is not None:
        beyond = "AND (at, id) < ((SELECT c.at FROM audit_entry c WHERE c.id = :after), :after) "
        more = {"after": after}
    rows = await fetch(
        "SELECT id FROM audit_entry WHERE actor_id = :person AND at >= :since AND at < :until "
        f"{beyond}ORDER BY at DESC, id DESC LIMIT :most",
        person=person,
        since=period.since,
        until=period.until,
        most=most,
        **more,
    )
    return [int(row["id"]) for row in rows]


async def entry_views(reading: Reading, entries: Sequence[AuditEntry], *, judged: bool) -> list[AccessEntryView]:
    """Show entries in their order, judged or not, with the names of the people and their providers."""
    judgements: list[Judgement | None] = [None] * len(entries)
    if judged:
        judgements = [one.judgement for one in await judge_entries(reading, entries)]
    people = {one.id: one for one in await User.filter(id__in=list({one.actor_id for one in entries if one.actor_id}))}
    homes = {one.provider_id for one in people.values() if one.provider_id}
    providers = {one.id: one.name for one in await Provider.filter(id__in=list(homes))}
    views = []
    for entry, judgement in zip(entries, judgements, strict=True):
        person = people.get(entry.actor_id) if entry.actor_id else None
        views.append(
            AccessEntryView(
                number=entry.id,
                at=entry.at,
                user_id=entry.actor,
                name=person.name if person else None,
                provider=providers.get(person.provider_id) if person and person.provider_id else None,
                act=entry.act,
                outcome=entry.outcome,
                code=entry.code,
                purpose=purpose_of(entry.act, entry.facts.get("purpose"), is_house=entry.actor_id is None),
                subjects=entry.subjects,
                shown=entry.shown,
                request_id=entry.request_id,
                policy_version=entry.policy_version,
                judgement=judgement,
            )
        )
    return views


async def _page(
    reading: Reading,
    numbers: Sequence[int],
    size: int,
    order: str,
    after: str | None,
    *,
    judged: bool,
    period: Period,
) -> Page[AccessEntryView]:
    """Make a page of numbered entries; what lies outside the period, or was dropped for its age, ends the list."""
    found = {one.id: one for one in await AuditEntry.filter(id__in=list(numbers[:size]))}
    entries = [found[number] for number in numbers[:size] if number in found]
    inside = [entry for entry in entries if period.since <= entry.at < period.until]
    reading.note(first_day=period.first.isoformat(), last_day=period.last.isoformat(), entries=len(inside))
    return Page(
        nodes=await entry_views(reading, inside, judged=judged),
        cursors=[to_cursor(order, entry.id) for entry in inside],
        has_next_page=len(numbers) > size and len(inside) == size,
        has_previous_page=after is not None,
    )


def _number(after: str | None, order: str) -> int | None:
    return None if after is None else from_cursor(after, order)
