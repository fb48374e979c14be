"""Complete an obligation of the risk-management programme: with a note or a kept report, which becomes its evidence."""

from __future__ import annotations

from dataclasses import dataclass

from orm.models import DatedObligation, Evidence
from resolvers.callers import Caller
from resolvers.desk import Reading, Work, access, operation
from resolvers.evidence import keep_report
from resolvers.numbers import LAST_NUMBER
from resolvers.obligation_opening import approved_plan
from resolvers.report_prints import PrintedReport, print_report
from rules.errors import Conflict, Denied, Invalid, NotFound
from rules.obligations import OBLIGATIONS, PLAN_OBLIGATIONS, Obligation, ObligationState, SubjectKind
from rules.reports import Paragraph, Report, Source, Table, readable
from rules.roles import Role
from rules.text import clean_text

OBLIGATION_OWNERS = frozenset(role for one in OBLIGATIONS.values() for role in one.owners)
"""Who answers for one obligation or another."""

NOTE_LIMIT = 4000


@dataclass(frozen=True, slots=True)
class Completion:
    """How an obligation was done: in words, with a kept report, or both."""

    number: int
    note: str = ""
    evidence_number: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """The report of a completion, and what the obligation looked like when it was drawn up."""

    report: Report
    made_of: tuple[object, ...]


async def complete_obligation(caller: Caller, done: Completion) -> int:
    """Complete an obligation: draw up its report, print it, and keep it with the obligation; give the obligation."""
    draft = await draft_completion(caller, done)
    printed = await print_report(draft.report, caller.desk.clock(), caller.actor.label)
    return await keep_completion(caller, done.number, draft, printed)


@access("obligation.draft", by=OBLIGATION_OWNERS, cites="002:54-133")
async def draft_completion(reading: Reading, done: Completion) -> Draft:
    """Draw up the report of a completion.

    Raises:
        NotFound: ``OBLIGATION_NOT_FOUND``, ``EVIDENCE_NOT_FOUND``.
        Denied: ``NOT_THE_OWNER``.
        Conflict: ``OBLIGATION_DONE``, ``PLAN_NOT_APPROVED``.
        Invalid: ``EVIDENCE_NEEDED``: neither a note nor a report, or no report where a procedure keeps one.
    """
    row = await DatedObligation.filter(number=done.number).first() if 0 < done.number <= LAST_NUMBER else None
    if row is None:
        raise no_such_obligation()
    reading.about("obligation", row.id)
    obligation = _owned(reading, row)
    note = clean_text(done.note, field="note", limit=NOTE_LIMIT, multiline=True)
    evidence = await _evidence(reading, done.evidence_number)
    if not note and evidence is None:
        raise Invalid("Say what was done, or name its report.", code="EVIDENCE_NEEDED", field="note")
    if obligation.kept_elsewhere and (evidence is None or evidence.procedure is not obligation.procedure):
        raise Invalid("Name the report of this procedure.", code="EVIDENCE_NEEDED", field="evidenceNumber")
    await _check_plan(obligation, reading)
    reading.note(number=row.number)
    return Draft(_report(reading, obligation, row, note, evidence), _made_of(row))


@operation("obligation.complete", by=OBLIGATION_OWNERS, cites="002:54-133")
async def keep_completion(work: Work, number: int, draft: Draft, printed: PrintedReport) -> int:
    """Keep the report of a completion, and with it the obligation as done; of two at once one wins.

    Raises:
        NotFound: there is no such obligation.
        Denied: ``NOT_THE_OWNER``.
        Conflict: ``OBLIGATION_DONE``, ``OBLIGATION_CHANGED``.
    """
    row = await DatedObligation.filter(number=number).select_for_update(no_key=True).first()
    if row is None:
        raise no_such_obligation()
    work.about("obligation", row.id)
    _owned(work, row)
    if _made_of(row) != draft.made_of or printed.report != draft.report:
        raise Conflict("The obligation has changed meanwhile. Look again, then repeat.", code="OBLIGATION_CHANGED")
    evidence = await keep_report(work, printed, about_kind="obligation", about_id=row.id)
    row.state = ObligationState.DONE
    row.done_at = work.now
    row.done_by_id = work.actor.person()
    row.evidence_id = evidence.id
    await row.save(update_fields=["state", "done_at", "done_by_id", "evidence_id"])
    work.note(number=number, code=row.code, late=work.today > row.due_on)
    return number


def no_such_obligation() -> NotFound:
    """Say no to a number that does not exist."""
    return NotFound("There is no such obligation.", code="OBLIGATION_NOT_FOUND", field="number")


def may_complete(roles: frozenset[Role], obligation: Obligation) -> bool:
    """Say whether somebody with these roles answers for an obligation; the CSO answers for all (002:54-57)."""
    return bool(roles & {*obligation.owners, Role.CSO})


def _owned(record: Reading | Work, row: DatedObligation) -> Obligation:
    obligation = OBLIGATIONS[row.code]
    if not may_complete(record.actor.roles, obligation):
        raise Denied("Others answer for this obligation.", code="NOT_THE_OWNER")
    if row.state is ObligationState.DONE:
        raise Conflict("This obligation is done; its evidence is kept.", code="OBLIGATION_DONE")
    return obligation


def _made_of(row: DatedObligation) -> tuple[object, ...]:
    return (row.id, row.title, row.due_on, row.state)


async def _evidence(reading: Reading, number: int | None) -> Evidence | None:
    if number is None:
        return None
    kept = await Evidence.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if kept is None or kept.procedure not in readable(reading.actor.roles):
        raise NotFound("There is no such report.", code="EVIDENCE_NOT_FOUND", field="evidenceNumber")
    reading.touches("evidence", [kept.id])
    return kept


async def _check_plan(obligation: Obligation, reading: Reading) -> None:
    """Attest a plan only while an approved version holds (002:93-99)."""
    if obligation.subject is not SubjectKind.PLAN:
        return
    kind = next(kind for kind, code in PLAN_OBLIGATIONS.items() if code == obligation.code)
    plan = await approved_plan(kind)
    if plan is None or plan.expires_on is None or plan.expires_on < reading.today:
        raise Conflict("No approved version of this plan holds today.", code="PLAN_NOT_APPROVED")
    reading.touches("plan", [plan.id])


def _report(
    reading: Reading, obligation: Obligation, row: DatedObligation, note: str, evidence: Evidence | None
) -> Report:
    facts = (
        ("Obligation", f"{row.number} ({obligation.code})"),
        ("Performed by", obligation.performed_by),
        ("Output", obligation.output),
        ("Opened", row.opens_on.isoformat()),
        ("Due", row.due_on.isoformat()),
        ("Done", reading.today.isoformat()),
        ("Because of", row.moved_by or "the calendar"),
    )
    sources: tuple[Source, ...] = ()
    if evidence is not None:
        sources = (Source(f"report {evidence.number}: {evidence.title}", 1, evidence.content_hash),)
    return Report(
        procedure=obligation.procedure,
        title=row.title,
        period_from=row.opens_on,
        period_to=max(row.opens_on, reading.today),
        cites=obligation.cites,
        blocks=(
            Table("What was done", ("What", "Value"), facts),
            Paragraph(note or "The report below is its evidence."),
        ),
        sources=sources,
    )
