"""Hold the numbers that the tables keep for the insights to what the rule counts anew, and set them right.

They are right from each commit on, by triggers. Rows that came in without them (a copy that was restored with triggers
off, a repair by hand) are not counted; whoever did that finds out here, and has all of it counted once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from uuid import UUID

from tortoise.transactions import in_transaction

from orm.readings import parts
from orm.sql import dialect, execute, fetch, to_date, to_instant, to_uuid
from resolvers.referral_rows import optional_instant
from rules.counted import AnswerFacts, Cell, CountedFacts, cells_of
from rules.referrals import ACCEPTANCES, CloseOutcome, DeclineReason, ReferralStatus, ResponseKind


@dataclass(frozen=True, slots=True)
class WrongNumber:
    """A number that is kept, and what it would have to be."""

    cell: Cell
    kept: int
    counted: int


@dataclass(frozen=True, slots=True)
class CountsVerdict:
    """How many numbers are kept, those that are wrong, and the referrals whose acceptances are."""

    numbers: int
    wrong: tuple[WrongNumber, ...]
    wrong_acceptances: int

    @property
    def right(self) -> bool:
        """Say whether every number is that of a fresh count."""
        return not self.wrong and not self.wrong_acceptances


async def check_counts() -> CountsVerdict:
    """Count every referral and every answer anew, as of one moment, and compare.

    All of it is read. On SQLite nobody writes meanwhile.
    """
    async with in_transaction():
        if dialect() == "postgres":
            await execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        referrals, kept = await _referrals(), await _kept()
    counted: Counter[Cell] = Counter()
    for facts, _ in referrals:
        counted.update(cells_of(facts))
    wrong = sorted(
        (
            WrongNumber(cell, kept[cell], counted[cell])
            for cell in kept.keys() | counted.keys()
            if kept[cell] != counted[cell]
        ),
        key=lambda one: (one.cell.place, one.cell.what, one.cell.reason, one.cell.month, one.cell.days or 0),
    )
    off = sum(accepted != sum(a.kind in ACCEPTANCES for a in facts.answers) for facts, accepted in referrals)
    return CountsVerdict(len(counted), tuple(wrong), off)


async def count_anew() -> None:
    """Replace every kept number by a fresh count; whoever changes a referral meanwhile waits until it is done."""
    recount = import_module("orm.migrations.0017_insight_numbers").recount
    async with in_transaction():
        if dialect() == "postgres":
            await execute("LOCK TABLE referral, referral_county, response, insight_count IN SHARE ROW EXCLUSIVE MODE")
        for statement in recount(dialect()):
            await execute(statement)


async def _referrals() -> list[tuple[CountedFacts, int]]:
    """Read every referral with its answers, and how many acceptances stand with it."""
    counties: dict[UUID, set[str]] = defaultdict(set)
    for row in await fetch("SELECT referral_id, county_id FROM referral_county"):
        counties[to_uuid(row["referral_id"])].add(row["county_id"])
    answers: dict[UUID, list[AnswerFacts]] = defaultdict(list)
    for row in await fetch("SELECT referral_id, kind, decline_reason, answered_at FROM response"):
        reason = DeclineReason(row["decline_reason"]) if row["decline_reason"] else None
        answer = AnswerFacts(ResponseKind(row["kind"]), reason, to_instant(row["answered_at"]))
        answers[to_uuid(row["referral_id"])].append(answer)
    rows = await fetch(
        "SELECT id, status, statewide, first_published_at, closed_at, close_outcome, acceptances FROM referral"
    )
    return [
        (
            CountedFacts(
                status=ReferralStatus(row["status"]),
                statewide=bool(row["statewide"]),
                counties=frozenset(counties[key]),
                first_published_at=optional_instant(row["first_published_at"]),
                closed_at=optional_instant(row["closed_at"]),
                close_outcome=CloseOutcome(row["close_outcome"]) if row["close_outcome"] else None,
                answers=tuple(answers[key]),
            ),
            int(row["acceptances"]),
        )
        for row, key in ((row, to_uuid(row["id"])) for row in rows)
    ]


async def _kept() -> Counter[Cell]:
    kept: Counter[Cell] = Counter()
    for row in await fetch("SELECT place, what, reason, month, n, days FROM insight_count"):
        for days, times in _taken(row["days"], int(row["n"])):
            kept[Cell(row["place"], row["what"], row["reason"], to_date(row["month"]), days)] += times
    return kept


def _taken(days: str | None, n: int) -> Iterator[tuple[int | None, int]]:
    """Give the days of homes that a row adds, or takes out, each with how often; of anything else only how often."""
    if days is None:
        yield None, n
        return
    for day in parts(days):
        yield int(day), 1 if n > 0 else -1
