"""Open the obligations that are due to be opened: by the calendar, so long after the last one, or by what happened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from orm.models import DatedObligation, Facility, Plan, Regulation, RiskSystem
from orm.sql import fetch, to_date, to_instant
from resolvers.desk import Work
from resolvers.numbers import next_number
from rules.calendar import local_date
from rules.obligations import (
    OBLIGATIONS,
    PLAN_OBLIGATIONS,
    EachYear,
    EveryMonths,
    Obligation,
    ObligationState,
    PlanKind,
    Rolling,
    SubjectKind,
    due_after,
    first_window,
    windows_due,
)
from rules.policy import Policy

_NAMESPACE = UUID("0b6de6a4-3b0e-4b2b-8a57-5f1a7c2d9e31")

PLAN_TITLES = {PlanKind.BUSINESS_CONTINUITY: "Business continuity plan", PlanKind.DISASTER_RECOVERY: "Recovery plan"}


@dataclass(frozen=True, slots=True)
class Missing:
    """An obligation that is not opened yet; its key is the same for whoever finds it missing."""

    key: UUID
    code: str
    subject: str
    title: str
    opens_on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class _History:
    """What was opened so far, by code and subject."""

    newest: dict[str, date]
    open: frozenset[tuple[str, str]]
    last_done: dict[tuple[str, str], date]
    counts: dict[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a rolling obligation is about: its code, its name, from when the time counts, and a nearer end if any."""

    code: str
    name: str
    since: date
    ends_on: date | None = None


async def missing_obligations(on: date, policy: Policy) -> list[Missing]:
    """List what is to be opened on a day, the earliest due first; what was missed while no worker was up, too."""
    history = await _history()
    missing: list[Missing] = []
    for obligation in OBLIGATIONS.values():
        if isinstance(obligation.cadence, EachYear | EveryMonths):
            missing += _windows(obligation, obligation.cadence, history, on, policy)
        elif isinstance(obligation.cadence, Rolling):
            for subject in await _subjects(obligation, on, policy):
                missing += _rolled(obligation, obligation.cadence, subject, history, on, policy)
    return sorted(missing, key=lambda one: (one.due_on, one.code, one.subject))


async def open_obligation(work: Work, missing: Missing, *, moved_by: str = "") -> DatedObligation:
    """Open an obligation in this transaction, under the next number."""
    row = await DatedObligation.create(
        id=missing.key,
        number=await next_number("obligation"),
        code=missing.code,
        subject=missing.subject,
        title=missing.title,
        opens_on=missing.opens_on,
        due_on=missing.due_on,
        opened_at=work.now,
        moved_by=moved_by,
    )
    work.touches("obligation", [row.id])
    work.note(opened=row.number, code=row.code, due_on=row.due_on.isoformat())
    return row


async def open_on_trigger(work: Work, code: str, subject: str, name: str, *, moved_by: str) -> DatedObligation:
    """Open an obligation because of what happened, or bring an open one forward: whichever is due first counts."""
    due_on = work.today + work.policy.risk_trigger
    row = (
        await DatedObligation.filter(code=code, subject=subject, state=ObligationState.OPEN)
        .select_for_update(no_key=True)
        .first()
    )
    if row is None:
        times = await DatedObligation.filter(code=code, subject=subject).count()
        missing = _missing(OBLIGATIONS[code], subject, name, work.today, due_on, ordinal=times)
        return await open_obligation(work, missing, moved_by=moved_by)
    if due_on < row.due_on:
        row.due_on = due_on
        row.moved_by = moved_by
        await row.save(update_fields=["due_on", "moved_by"])
    work.touches("obligation", [row.id])
    work.note(obligation=row.number, due_on=row.due_on.isoformat())
    return row


async def open_one(code: str, subject: str) -> DatedObligation | None:
    """Find the open obligation of a code about a subject."""
    return await DatedObligation.filter(code=code, subject=subject, state=ObligationState.OPEN).first()


async def approved_plan(kind: PlanKind) -> Plan | None:
    """Find the version of a plan that was approved last."""
    return await Plan.filter(kind=kind, approved_at__not_isnull=True).order_by("-approved_at").first()


def _windows(
    obligation: Obligation, cadence: EachYear | EveryMonths, history: _History, on: date, policy: Policy
) -> Iterable[Missing]:
    newest = history.newest.get(obligation.code)
    if newest is None:
        window = first_window(cadence, on, policy)
        windows = [window] if window is not None else []
    else:
        windows = list(windows_due(cadence, newest, on, policy))
    for window in windows:
        key = uuid5(_NAMESPACE, f"{obligation.code}::{window.opens_on}")
        yield Missing(key, obligation.code, "", obligation.title, window.opens_on, window.due_on)


def _rolled(
    obligation: Obligation, cadence: Rolling, subject: _Subject, history: _History, on: date, policy: Policy
) -> Iterable[Missing]:
    place = (obligation.code, subject.code)
    if place in history.open:
        return
    last = max(subject.since, history.last_done.get(place, subject.since))
    due_on = due_after(cadence, last, policy)
    if subject.ends_on is not None:
        due_on = min(due_on, subject.ends_on)
    yield _missing(obligation, subject.code, subject.name, on, due_on, ordinal=history.counts.get(place, 0))


def _missing(obligation: Obligation, subject: str, name: str, on: date, due_on: date, *, ordinal: int) -> Missing:
    key = uuid5(_NAMESPACE, f"{obligation.code}:{subject}:{ordinal}")
    return Missing(key, obligation.code, subject, f"{obligation.title}: {name}", on, due_on)


async def _subjects(obligation: Obligation, on: date, policy: Policy) -> list[_Subject]:
    """List what a rolling obligation is about; what was never done counts from when it is first seen."""
    if obligation.subject is SubjectKind.SYSTEM:
        return await _systems()
    if obligation.subject is SubjectKind.REGULATION:
        regulations = await Regulation.filter(active=True).order_by("code")
        return [_Subject(one.code, one.code, one.last_reviewed_on or one.effective_on) for one in regulations]
    if obligation.subject is SubjectKind.FACILITY:
        return [_Subject(one.code, one.code, on) for one in await Facility.filter(active=True).order_by("code")]
    kind = next(kind for kind, code in PLAN_OBLIGATIONS.items() if code == obligation.code)
    plan = await approved_plan(kind)
    if plan is None or plan.approved_at is None:
        return [_Subject(kind, PLAN_TITLES[kind], on, on + policy.risk_trigger)]
    return [_Subject(kind, PLAN_TITLES[kind], local_date(plan.approved_at), plan.expires_on)]


async def _systems() -> list[_Subject]:
    """List the systems in use; a new one whose first assessment is still open has no other yet (002:79-80)."""
    new = DatedObligation.filter(code="RSK-NEW")
    waiting = {row.subject for row in await new.filter(state=ObligationState.OPEN)}
    assessed = {
        row.subject: local_date(row.done_at) for row in await new.filter(done_at__not_isnull=True) if row.done_at
    }
    systems = await RiskSystem.filter(retired_at=None).order_by("code")
    return [
        _Subject(one.code, one.name, assessed.get(one.code) or one.last_assessed_on or local_date(one.registered_at))
        for one in systems
        if one.code not in waiting
    ]


async def _history() -> _History:
    rows = await fetch(
        "SELECT code, subject, MAX(opens_on) AS newest, MAX(done_at) AS done, COUNT(*) AS times, "
        "SUM(CASE WHEN state = 'OPEN' THEN 1 ELSE 0 END) AS open FROM dated_obligation GROUP BY code, subject"
    )
    return _History(
        newest={row["code"]: to_date(row["newest"]) for row in rows if row["subject"] == ""},
        open=frozenset((row["code"], row["subject"]) for row in rows if int(row["open"])),
        last_done={(row["code"], row["subject"]): local_date(to_instant(row["done"])) for row in rows if row["done"]},
        counts={(row["code"], row["subject"]): int(row["times"]) for row in rows},
    )
