"""What a person may be told of insights: of which months and counties, how exactly, and how that is said in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from orm.models import County, RegionalOffice
from resolvers.callers import Actor
from resolvers.desk import Reading
from resolvers.insight_views import InsightQuestion, OfficeOfCounties, PlacesView
from resolvers.referral_shapes import CountyView
from resolvers.scope import Sight
from rules.errors import Invalid
from rules.insights import Months, whole_months, whole_quarters
from rules.roles import Role

_AMONG = "EXISTS (SELECT 1 FROM referral_county rc WHERE rc.referral_id = r.id AND rc.county_id IN (:{}))"


@dataclass(frozen=True, slots=True)
class InsightScope:
    """What this person may be told: the months, of which counties, and how exactly.

    ``counties`` is None for all of them; ``chosen`` are those that were asked for, None without such a wish.
    """

    months: Months
    counties: frozenset[str] | None
    chosen: frozenset[str] | None
    exact: bool
    places: Mapping[str, CountyView]

    def has(self, county: str | None) -> bool:
        """Say whether what is told of a county, or of statewide referrals, concerns this person."""
        return county is None or self.counties is None or county in self.counties

    def tells(self, county: str | None) -> bool:
        """Say whether a county, or statewide referrals, was asked for."""
        return self.has(county) and (self.chosen is None or county in self.chosen)

    @property
    def asked_for(self) -> Sight:
        """Give the SQL condition on ``referral r`` for what was asked for.

        Suppressed numbers are never narrowed by it: those of one county could be subtracted from those of all.
        """
        if not self.exact or self.chosen is None:
            return Sight("1 = 1", {})
        return Sight(_AMONG.format("asked_for"), {"asked_for": sorted(self.chosen)})

    @property
    def narrowed(self) -> Sight:
        """Give the SQL condition on ``referral r`` for what was asked for in the counties of this person."""
        asked = self.asked_for
        if self.counties is None:
            return asked
        mine = f"(r.statewide OR {_AMONG.format('in_scope')})"
        return Sight(f"{mine} AND {asked.where}", {**asked.parameters, "in_scope": sorted(self.counties)})

    @property
    def bounds(self) -> dict[str, datetime]:
        """Name the instants at which the months begin, and the one at which the last of them ends."""
        bounds = {f"b{place}": bound for place, bound in enumerate(self.months.bounds[:-1])}
        return {**bounds, "last": self.months.bounds[-1]}

    def month_of(self, column: str) -> str:
        """Say in SQL to which month of the period an instant belongs, by its place."""
        last = len(self.months.firsts) - 1
        earlier = " ".join(f"WHEN {column} < :b{place + 1} THEN {place}" for place in range(last))
        return f"CASE {earlier} ELSE {last} END" if earlier else str(last)


async def scope_of(reading: Reading, question: InsightQuestion) -> InsightScope:
    """Say what a person may be told of what was asked.

    Raises:
        Invalid: the period cannot be told, or a county or an office does not exist.
    """
    actor = reading.actor
    exact = _sees_people(actor) and not question.exported
    whole = whole_months if exact else whole_quarters
    everywhere = actor.sees_all_referrals or Role.PROVIDER_RELATIONS in actor.roles
    rows = await County.all().order_by("name")
    return InsightScope(
        months=whole(question.begins, question.ends, reading.today),
        counties=None if everywhere else actor.coordinator_counties,
        chosen=_chosen(rows, question),
        exact=exact,
        places={county.fips: CountyView(county.fips, county.name) for county in rows},
    )


async def places_of(scope: InsightScope) -> PlacesView:
    """List what may be asked about."""
    rows = [county for county in await County.all().order_by("name") if scope.has(county.fips)]
    serving = {county.regional_office_id for county in rows}
    offices = await RegionalOffice.all().order_by("name")
    return PlacesView(
        counties=[scope.places[county.fips] for county in rows],
        offices=[OfficeOfCounties(one.code, one.name) for one in offices if one.code in serving],
    )


def _chosen(rows: list[County], question: InsightQuestion) -> frozenset[str] | None:
    if question.county is None and question.office is None:
        return None
    if question.county is not None and question.county not in {county.fips for county in rows}:
        raise Invalid("There is no such county.", code="UNKNOWN_COUNTY", field="county")
    if question.office is not None and question.office not in {county.regional_office_id for county in rows}:
        raise Invalid("No county belongs to such a regional office.", code="UNKNOWN_OFFICE", field="office")
    return frozenset(
        county.fips
        for county in rows
        if question.county in {None, county.fips} and question.office in {None, county.regional_office_id}
    )


def _sees_people(actor: Actor) -> bool:
    """Say whether the person may see the referrals behind every number: not as liaison of a regional office."""
    return actor.sees_all_referrals or Role.PROVIDER_RELATIONS not in actor.roles
