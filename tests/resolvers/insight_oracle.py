"""What the insights have to tell, counted anew from every referral and every answer by the rule of what counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from orm.models import Referral, ReferralCounty, Response
from orm.sql import fetch, to_date
from resolvers.audience_facts import load_providers
from resolvers.insight_check import check_counts
from rules.audience import ReferralFacts, audience
from rules.calendar import local_date
from rules.counted import AnswerFacts, CountedFacts, cells_of, days_to_home
from rules.referrals import ACCEPTANCES, ReferralStatus

Key = tuple[str, str, str, date]


@dataclass(frozen=True)
class Told:
    """A referral with what hangs on it."""

    referral: Referral
    counties: frozenset[str]
    answers: tuple[Response, ...]

    def is_among(self, counties: Collection[str] | None, asked: Collection[str] | None) -> bool:
        """Say whether it is of these counties or statewide, and of those that were asked for."""
        mine = counties is None or self.referral.statewide or bool(self.counties & set(counties))
        return mine and (asked is None or bool(self.counties & set(asked)))

    @property
    def facts(self) -> CountedFacts:
        """Give what a number can depend on."""
        one = self.referral
        answers = tuple(AnswerFacts(a.kind, a.decline_reason, a.answered_at) for a in self.answers)
        return CountedFacts(
            one.status,
            one.statewide,
            self.counties,
            one.first_published_at,
            one.closed_at,
            one.close_outcome,
            answers,
        )

    @property
    def days(self) -> int | None:
        """Count the Chicago days to a home; None where none was found."""
        return days_to_home(self.facts)


async def everything() -> list[Told]:
    """Read every referral."""
    counties: dict[UUID, set[str]] = defaultdict(set)
    for row in await ReferralCounty.all():
        counties[row.referral_id].add(row.county_id)
    answers: dict[UUID, list[Response]] = defaultdict(list)
    for answer in await Response.all():
        answers[answer.referral_id].append(answer)
    return [Told(one, frozenset(counties[one.id]), tuple(answers[one.id])) for one in await Referral.all()]


def month_of(instant: datetime | None) -> date:
    """Give the first day of the month in Chicago."""
    assert instant
    return local_date(instant).replace(day=1)


async def counted_anew() -> tuple[dict[Key, int], dict[tuple[str, date], list[int]]]:
    """Count by the rule what the tables have to keep, and the days of homes by place and month."""
    counts: Counter[Key] = Counter()
    days: dict[tuple[str, date], list[int]] = defaultdict(list)
    for told in await everything():
        for cell in cells_of(told.facts):
            counts[cell.place, cell.what, cell.reason, cell.month] += 1
            if cell.days is not None:
                days[cell.place, cell.month].append(cell.days)
    return dict(counts), {key: sorted(taken) for key, taken in days.items()}


async def kept() -> tuple[dict[Key, int], dict[tuple[str, date], list[int]]]:
    """Read what the tables keep."""
    counts: Counter[Key] = Counter()
    days: dict[tuple[str, date], Counter[int]] = defaultdict(Counter)
    for row in await fetch("SELECT place, what, reason, month, n, days FROM insight_count"):
        month = to_date(row["month"])
        counts[row["place"], row["what"], row["reason"], month] += int(row["n"])
        if row["days"] is not None:
            found = Counter(int(day) for day in row["days"].split(","))
            assert found.total() == abs(int(row["n"]))
            (days[row["place"], month].update if row["n"] > 0 else days[row["place"], month].subtract)(found)
    return (
        {key: count for key, count in counts.items() if count},
        {key: sorted(taken.elements()) for key, taken in days.items() if any(taken.values())},
    )


async def check_all_is_kept() -> None:
    """Hold what is kept to a fresh count: the numbers, the days, and the acceptances of each referral."""
    assert await kept() == await counted_anew()
    assert (await check_counts()).right
    for told in await everything():
        assert told.referral.acceptances == sum(answer.kind in ACCEPTANCES for answer in told.answers)


async def reached_today(on: date) -> dict[str | None, int]:
    """Count by the audience rule the providers that a referral of the day reaches, by county, and in all."""
    statewide = ReferralFacts(UUID(int=0), ReferralStatus.OPEN, True, frozenset(), frozenset())
    reached: Counter[str | None] = Counter()
    for provider in (await load_providers(on)).facts:
        if audience(statewide, provider, on).eligible:
            reached.update([None, *frozenset[str]().union(*(one.counties for one in provider.contacts if one.active))])
    return dict(reached)
