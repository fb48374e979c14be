"""What the answers tell about the state, in numbers (001:265-271)."""

from __future__ import annotations

from datetime import date

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from rules.referrals import DeclineReason
from schema.described import described_type
from schema.referral_types import County


@described_type
class ShownCount:
    """A count of people: 1 to 10 of them are kept back where the answer may leave the house."""

    count: int | None
    """How many; null when it is kept back."""

    suppressed: bool
    """Whether the count is kept back, for itself or so that another does not follow from it."""


@described_type
class DeclineTrend:
    """How often a reason for declining was given (001:265-267)."""

    county: County | None
    """A preferred county; null for statewide referrals, and in totals. A referral counts in each of its counties."""

    month: date
    """The first day of the month, in Chicago, in which the answers as they stand now were given."""

    reason: DeclineReason
    """The reason."""

    count: int | None
    """How many answers; null when it is kept back."""

    suppressed: bool
    """Whether the count is kept back."""


@described_type
class CountyDemand:
    """Demand against answers in a county: where homes are missing (001:269)."""

    county: County | None
    """The county; null for statewide referrals. A referral counts in each of its preferred counties."""

    open_referrals: ShownCount
    """Referrals that are open now."""

    published_in_period: ShownCount
    """Referrals that were published for the first time in the period."""

    accepts: ShownCount
    """Answers of the period that accept."""

    tentative: ShownCount
    """Answers of the period that accept with a provision."""

    declines: ShownCount
    """Answers of the period that decline."""

    providers_serving: int
    """Providers that a referral for this county would reach today."""

    placements: ShownCount
    """Referrals that were closed with a home in the period; kept back in every suppressed answer."""

    median_days: int | None
    """Half of these took no longer than so many days; null without placements, or when they are few and kept back."""


@described_type
class MonthOfPlacements:
    """The placements of one month."""

    month: date
    """The first day of the month, in Chicago."""

    count: int | None
    """How many referrals were closed with a home; null when it is kept back."""

    suppressed: bool
    """Whether the count is kept back."""

    median: int | None
    """Days from the first publishing to the closing, in the middle of the month's placements."""


@described_type
class DaysToPlacement:
    """How many days it took from the first publishing to a home, placed by the exchange or elsewhere."""

    count: int | None
    """How many referrals were closed with a home in the period; null when it is kept back."""

    suppressed: bool
    """Whether the count is kept back."""

    median: int | None
    """Half of them took no longer than so many days; null without placements, or when the count is kept back."""

    p90: int | None
    """Nine in ten took no longer than so many days; null without placements, or when the count is kept back."""

    by_month: list[MonthOfPlacements]
    """The same month by month."""


@described_type
class WithoutAcceptance:
    """Open referrals that no provider has accepted, with a provision or without."""

    older_than_days: int
    """They were first published more than so many days ago."""

    count: int | None
    """How many; null when it is kept back."""

    suppressed: bool
    """Whether the count is kept back."""

    numbers: list[int]
    """The referral numbers, the oldest first, 100 at most; none where the answer may leave the house."""


@described_type
class AgeBand:
    """How many referrals have been open for so many days, in Chicago since the first publishing (001:225-227)."""

    least: int
    """From so many days."""

    most: int | None
    """Up to so many days; null for the last band."""

    overdue: bool
    """Whether referrals of this age are red."""

    count: int | None
    """How many are open now; null when it is kept back."""

    suppressed: bool
    """Whether the count is kept back, for itself or so that another does not follow from it."""


@described_type
class Insights:
    """Trends of the caller's counties and of statewide referrals, or of the whole state for its central offices."""

    begins: date = strawberry.field(name="from")
    """The first day of the period: it is widened to whole months, or to whole quarters that have ended."""

    ends: date = strawberry.field(name="to")
    """The last day of the period."""

    suppressed: bool
    """Whether small counts are kept back: for an export, and for whoever may not see the referrals themselves."""

    decline_reasons: list[DeclineTrend]
    """Why providers decline, by county and month (001:265-267)."""

    decline_totals: list[DeclineTrend]
    """Why providers decline, by month: each answer once, however many counties its referral prefers. Where counts are
    kept back, the sum of those that are shown by county."""

    demand_by_county: list[CountyDemand]
    """Demand against answers: statewide referrals first, then every county in scope by name (001:269)."""

    days_to_placement: DaysToPlacement
    """How long it takes to find a home."""

    without_acceptance: WithoutAcceptance
    """Who waits, and nobody accepts."""

    ages_of_open: list[AgeBand]
    """How old the open referrals are, the youngest first."""
