"""What an insight asks and tells (001:265-271)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from resolvers.referral_shapes import CountyView
from rules.insights import Count
from rules.referrals import DeclineReason


@dataclass(frozen=True, slots=True)
class InsightQuestion:
    """What is asked: days of Chicago, both included.

    ``county`` (a FIPS code) and ``office`` (the code of a regional office) narrow what is told by county; where
    counts are exact, everything.
    """

    begins: date | None = None
    ends: date | None = None
    county: str | None = None
    office: str | None = None
    older_than_days: int | None = None
    exported: bool = False


@dataclass(slots=True)
class DeclinesView:
    """How often a reason was given in a month.

    By county, ``county`` is None for statewide referrals; among the totals it is None always.
    """

    county: CountyView | None
    month: date
    reason: DeclineReason
    count: int | None
    suppressed: bool


@dataclass(frozen=True, slots=True)
class CountyDeclinesView:
    """How often a reason was given in the whole period; ``county`` is None for statewide referrals."""

    county: CountyView | None
    reason: DeclineReason
    count: Count


@dataclass(slots=True)
class DemandView:
    """Demand against answers in a county; ``county`` is None for statewide referrals."""

    county: CountyView | None
    open_referrals: Count
    published_in_period: Count
    accepts: Count
    tentative: Count
    declines: Count
    providers_serving: int
    placements: Count
    median_days: int | None


@dataclass(slots=True)
class MonthOfPlacementsView:
    """The placements of one month."""

    month: date
    count: int | None
    suppressed: bool
    median: int | None


@dataclass(slots=True)
class DaysToPlacementView:
    """How many days it took from the first publishing to a home."""

    count: int | None
    suppressed: bool
    median: int | None
    p90: int | None
    by_month: list[MonthOfPlacementsView]


@dataclass(slots=True)
class WithoutAcceptanceView:
    """Open referrals that nobody has accepted for so many days; the oldest numbers first."""

    older_than_days: int
    count: int | None
    suppressed: bool
    numbers: list[int]


@dataclass(slots=True)
class AgeBandView:
    """How many referrals are open since so many days, both included; ``most`` is None for the last band."""

    least: int
    most: int | None
    overdue: bool
    count: int | None
    suppressed: bool


@dataclass(frozen=True, slots=True)
class OfficeOfCounties:
    """A regional office that serves counties."""

    code: str
    name: str


@dataclass(slots=True)
class PlacesView:
    """What one may ask about: the counties in scope, and the regional offices that serve them."""

    counties: list[CountyView]
    offices: list[OfficeOfCounties]


@dataclass(slots=True)
class InsightsView:
    """What was asked for; the rest is empty."""

    begins: date
    ends: date
    suppressed: bool
    decline_reasons: list[DeclinesView] = field(default_factory=list)
    decline_totals: list[DeclinesView] = field(default_factory=list)
    declines_by_county: list[CountyDeclinesView] = field(default_factory=list)
    demand_by_county: list[DemandView] = field(default_factory=list)
    days_to_placement: DaysToPlacementView | None = None
    without_acceptance: WithoutAcceptanceView | None = None
    ages_of_open: list[AgeBandView] = field(default_factory=list)
    places: PlacesView | None = None
