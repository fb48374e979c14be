"""Judge entries of the trail, a page at a time: explained or unexplained, and by which rule (002:239-241).

:func:`judge_entries` is what reports and reviews call. It writes nothing: the use case that shows the entries says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orm.models import AuditEntry, Outcome
from resolvers.desk import EVERYONE, USE_CASES, Reading, Work
from resolvers.judging_facts import Ties, load_ties
from rules.judgement import EntryFacts, Judgement, is_refused_access, judge
from rules.roles import Role


@dataclass(frozen=True, slots=True)
class Judged:
    """An entry of the trail with its judgement."""

    entry: AuditEntry
    judgement: Judgement


async def judge_entries(record: Reading | Work, entries: Sequence[AuditEntry]) -> list[Judged]:
    """Judge these entries, of one person or of many, in their order; one statement a kind of fact, however many.

    Judged is by what was true when the entry was written, as far as the house keeps it: roles, referrals, exclusions
    and receptions by their times; the counties of a coordinator and the organization of a person as they stand now.
    """
    ties = await load_ties(entries, record.today)
    pattern = record.policy.trail_refusals_pattern
    return [Judged(entry, judge(_facts_of(entry, ties), refusals_pattern=pattern)) for entry in entries]


def _facts_of(entry: AuditEntry, ties: Ties) -> EntryFacts:
    if entry.actor_id is None:
        return EntryFacts(entry.act, is_house=True)
    use_case = USE_CASES.get(entry.act)
    refused = entry.outcome is Outcome.REFUSED
    return EntryFacts(
        entry.act,
        is_house=False,
        refused=refused,
        failed=entry.outcome is Outcome.FAILED,
        by_everyone=use_case is not None and use_case.by >= EVERYONE,
        may=None if use_case is None else use_case.by - {Role.SYSTEM},
        roles=ties.roles_at(entry.actor_id, entry.at),
        referrals=ties.sights(entry),
        people=ties.people(entry),
        break_glass=ties.break_glass(entry),
        refusals=ties.refusals(entry) if refused and is_refused_access(entry.code) else 0,
    )
