"""The daily tick of the risk-management calendar: open what is due, remind, escalate, take evidence (SWP-12).

Each is done once: an obligation's key is the same for whoever opens it, and the day of the last word is kept with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time
from uuid import UUID

from orm.models import DatedObligation, Evidence
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.obligation_opening import missing_obligations, open_obligation
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from resolvers.sweeps import Subject, Sweep
from rules.calendar import Daily, in_words, local_date, local_instant
from rules.notices import NotificationKind
from rules.obligation_steps import ObligationFacts, ObligationStep, judge_obligation
from rules.obligations import OBLIGATIONS, ObligationState
from rules.policy import Policy
from rules.roles import Role


async def plan_risk_calendar(now: datetime, policy: Policy) -> list[Subject]:
    """List what is to be opened, and the open obligations of which somebody is to hear or that were done elsewhere."""
    on = local_date(now)
    subjects = [
        Subject(
            one.key,
            f"{one.code} {one.subject}".strip(),
            True,
            f"Opens, due on {in_words(one.due_on)}.",
            {"step": "OPEN"},
        )
        for one in await missing_obligations(on, policy)
    ]
    taken: defaultdict[str, set[UUID]] = defaultdict(set)
    for row in await DatedObligation.filter(state=ObligationState.OPEN).order_by("due_on", "number"):
        label = f"{row.number} {row.code} {row.subject}".strip()
        kept = await _kept_elsewhere(row, but=taken[row.code])
        if kept is not None:
            taken[row.code].add(kept.id)
            why = f"Its report {kept.number} is kept."
            subjects.append(Subject(row.id, label, True, why, {"step": "DONE"}))
            continue
        verdict = judge_obligation(_facts(row), on, policy)
        if verdict.step is not ObligationStep.NOTHING:
            subjects.append(Subject(row.id, label, True, verdict.why, {"step": str(verdict.step)}))
    return subjects


@operation("obligation.tick", by=THE_HOUSE, cites="002:54-133")
async def tick_obligation(work: Work, key: UUID) -> bool:
    """Open an obligation, or do what is due for an open one; answer whether anything was."""
    work.about("obligation", key)
    row = await DatedObligation.filter(id=key).select_for_update(no_key=True).first()
    opened = False
    if row is None:
        found = [one for one in await missing_obligations(work.today, work.policy) if one.key == key]
        if not found:
            work.note(due=False)
            return False
        row = await open_obligation(work, found[0])
        opened = True
    if row.state is not ObligationState.OPEN:
        return False
    kept = await _kept_elsewhere(row)
    if kept is not None:
        row.state = ObligationState.DONE
        row.done_at = work.now
        row.done_by_id = kept.made_by_id
        row.evidence_id = kept.id
        await row.save(update_fields=["state", "done_at", "done_by_id", "evidence_id"])
        work.touches("evidence", [kept.id])
        work.note(number=row.number, done=True)
        return True
    step = judge_obligation(_facts(row), work.today, work.policy).step
    work.note(number=row.number, step=str(step))
    if step is ObligationStep.NOTHING:
        return opened
    if step is ObligationStep.REMIND:
        row.reminded_on = work.today
        await row.save(update_fields=["reminded_on"])
        await _tell(work, row, NotificationKind.OBLIGATION_DUE, OBLIGATIONS[row.code].owners)
        return True
    row.escalated_on = work.today
    await row.save(update_fields=["escalated_on"])
    further = Role.CSO if step is ObligationStep.ESCALATE else Role.ADMINISTRATOR
    await _tell(work, row, NotificationKind.OBLIGATION_OVERDUE, {*OBLIGATIONS[row.code].owners, further})
    return True


RISK_CALENDAR = Sweep(
    name="risk_calendar_tick",
    title="Obligations of the risk-management programme",
    cites="002:54-133",
    # After the other duties of the morning: a report that one of them keeps today is this one's evidence.
    cadence=Daily(time(7, 0)),
    plan=plan_risk_calendar,
    treat=tick_obligation,
)


def _facts(row: DatedObligation) -> ObligationFacts:
    return ObligationFacts(row.due_on, row.reminded_on, row.escalated_on)


async def _kept_elsewhere(row: DatedObligation, but: Iterable[UUID] = ()) -> Evidence | None:
    """Find the report with which another procedure of the house has done it since it was opened.

    One report does one date of an obligation: an audit that was late is not next time's, too.
    """
    obligation = OBLIGATIONS[row.code]
    if not obligation.kept_elsewhere:
        return None
    since = local_instant(row.opens_on, time(0))
    of_other_dates = DatedObligation.filter(code=row.code, evidence_id__not_isnull=True).exclude(id=row.id)
    taken = {*but, *(key for key in await of_other_dates.values_list("evidence_id", flat=True) if key)}
    kept = Evidence.filter(procedure=obligation.procedure, made_at__gte=since).exclude(id__in=taken)
    return await kept.order_by("number").only("id", "number", "made_by_id").first()


async def _tell(work: Work, row: DatedObligation, kind: NotificationKind, roles: Iterable[Role]) -> None:
    people = {person.id: person for role in sorted(roles) for person in await holders_of(role)}
    work.promise(about(readers(people.values()), kind, row.number))
