"""What a person may be told of insights: of which months and counties, how exactly, and how that is said in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orm.readings import Row, fetch_often
from resolvers.desk import Reading
from resolvers.insight_counts import Together
from resolvers.insight_views import InsightQuestion, OfficeOfCounties, PlacesView
from resolvers.referral_shapes import CountyView
from resolvers.scope import Sight
from rules.counted import EVERY, STATEWIDE
from rules.errors import Invalid
from rules.insights import Months, may_be_exact, whole_months, whole_quarters
from rules.roles import Role

_AMONG = "EXISTS (SELECT 1 FROM referral_county rc WHERE rc.referral_id = r.id AND rc.county_id IN (:{}))"


@dataclass(frozen=True, slots=True)
class InsightScope:
    """What this person may be told: the months, of which counties, and how exactly.

    ``counties`` is None for all of them; ``chosen`` are those that were asked for, None without such a wish.
    ``places`` are all counties in the order of their names, ``offices`` the codes of those that serve them.
    """

    months: Months
    counties: frozenset[str] | None
    chosen: frozenset[str] | None
    exact: bool
    places: Mapping[str, CountyView]
    offices: Mapping[str, str | None]

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
    def together(self) -> Together:
        """Say which kept numbers are those of :attr:`narrowed`."""
        mine, asked = self.counties, self.chosen if self.exact else None
        if asked is not None:
            mine = asked if mine is None else mine
            return Together(asked & mine, mine, asked)
        return Together([EVERY]) if mine is None else Together([STATEWIDE, *mine], mine, mine)


async def scope_of(reading: Reading, question: InsightQuestion) -> InsightScope:
    """Say what a person may be told of what was asked.

    Raises:
        Invalid: the period cannot be told, or a county or an office does not exist.
    """
    actor = reading.actor
    everywhere = actor.sees_all_referrals or Role.PROVIDER_RELATIONS in actor.roles
    counties = None if everywhere else actor.coordinator_counties
    exact = may_be_exact(counties, actor.counties_opened) and not question.exported
    whole = whole_months if exact else whole_quarters
    rows = await fetch_often("SELECT fips, name, regional_office_id FROM county ORDER BY name")
    return InsightScope(
        months=whole(question.begins, question.ends, reading.today),
        counties=counties,
        chosen=_chosen(rows, question),
        exact=exact,
        places={row["fips"]: CountyView(row["fips"], row["name"]) for row in rows},
        offices={row["fips"]: row["regional_office_id"] for row in rows},
    )


async def places_of(scope: InsightScope) -> PlacesView:
    """List what may be asked about."""
    counties = [county for county in scope.places.values() if scope.has(county.fips)]
    serving = {scope.offices[county.fips] for county in counties}
    rows = await fetch_often("SELECT code, name FROM regional_office ORDER BY name")
    return PlacesView(counties, [OfficeOfCounties(row["code"], row["name"]) for row in rows if row["code"] in serving])


def _chosen(rows: Sequence[Row], question: InsightQuestion) -> frozenset[str] | None:
    county, office = question.county, question.office
    if county is None and office is None:
        return None
    if county is not None and county not in {row["fips"] for row in rows}:
        raise Invalid("There is no such county.", code="UNKNOWN_COUNTY", field="county")
    if office is not None and office not in {row["regional_office_id"] for row in rows}:
        raise Invalid("No county belongs to such a regional office.", code="UNKNOWN_OFFICE", field="office")
    return frozenset(
        row["fips"] for row in rows if county in {None, row["fips"]} and office in {None, row["regional_office_id"]}
    )
