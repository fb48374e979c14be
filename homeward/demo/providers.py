"""The providers of the demonstration world: homes, contacts, contracts and times without referrals.

All times are days before the end of the history; a negative one lies in the future.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from homeward.demo.cast import LANTERN, MARIGOLD
from homeward.demo.people import TOWNS
from homeward.demo.places import AREAS
from orm.models import ProviderKind
from rules.referrals import SiteKind


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A home in a county."""

    kind: SiteKind
    county: str
    town: str
    beds: int


@dataclass(frozen=True, slots=True)
class ContactPlan:
    """A contact with the counties it covers, by name; ``staff`` is the place of its account among the provider's."""

    counties: tuple[str, ...]
    staff: int | None = None
    has_address: bool = True
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Suspension:
    """A time in No Referral Status, lifted again or not."""

    begins: int
    reason: str
    lifted: int | None = None


@dataclass(frozen=True, slots=True)
class ContractPlan:
    """A contract period."""

    begins: int
    ends: int | None = None


_CURRENT = (ContractPlan(1400),)


@dataclass(frozen=True, slots=True)
class ProviderPlan:
    """A provider with everything that is known of it."""

    name: str
    kind: ProviderKind
    area: str
    sites: tuple[SitePlan, ...] = ()
    contacts: tuple[ContactPlan, ...] = ()
    contracts: tuple[ContractPlan, ...] = field(default=_CURRENT)
    suspensions: tuple[Suspension, ...] = ()
    left: int | None = None
    """Since when it is not active in the exchange any more."""

    @property
    def counties(self) -> frozenset[str]:
        """Give the counties that its contacts cover, by name."""
        return frozenset(county for contact in self.contacts for county in contact.counties)

    @property
    def is_steady(self) -> bool:
        """Say whether nothing keeps it from referrals at any time of the history."""
        under_contract = any(period.ends is None or period.ends < 0 for period in self.contracts)
        all_stay = all(contact.left is None for contact in self.contacts)
        return bool(self.sites) and under_contract and all_stay and self.left is None and not self.suspensions


_HOMES = ("Bluestem Porch", "Copper Kettle", "Quiet Orchard", "Willowmere", "Sunlit Path", "Juniper Hollow",
          "Plum Thicket", "Silver Thimble", "Honeylocust", "Wren & Willow", "Paper Kite", "Winding Creek",
          "Candleberry", "Milkweed Meadow", "Stepping Stone Hill", "Persimmon Row", "Two Rivers Hearth", "Gentle Oak",
          "Buttonwood", "Starling Gate", "Apple Basket", "Redbud Corner", "Whistling Kettle", "Long Table",
          "Morning Glory Lane", "Pawpaw Grove", "Front Porch Swing", "Cardinal Crossing")  # fmt: skip
_HOMES_ARE = ("Homes", "Living", "Supported Living", "Residential Services", "Community Homes")
_CASE_MANAGEMENT = ("Compass Rose", "Guidepost", "Open Notebook", "Steady Hand", "Waymark", "Clear Harbor")
_OTHERS = ("Tin Whistle Day Services", "Blue Ladder Therapy", "Good Errand Transportation", "Second Bell Employment")
_REASONS = (
    "Two homes are short of night staff.",
    "Every bed is taken until the new home opens.",
    "A plan of correction is under way.",
    "The provider asked for a pause while its director changes.",
)

_LAST_DAYS = 145
"""The history is about this long; what began before it is older."""


def plan_providers(rng: Random, count: int) -> list[ProviderPlan]:
    """Plan so many providers, the well-known ones first, then those with something the matter, then the others."""
    plans = [*_known(), *_ordinary_homes(rng), *_without_homes()]
    return plans[:count]


def _known() -> list[ProviderPlan]:
    home = ProviderKind.RESIDENTIAL
    return [
        ProviderPlan(
            MARIGOLD, home, "CMO",
            sites=(_site("Boone", 0, 4), _site("Boone", 1, 3), _site("Callaway", 2, 6), _site("Cole", 3, 3)),
            contacts=(ContactPlan(("Boone", "Callaway", "Cole"), staff=0), ContactPlan(("Boone",), staff=1)),
        ),
        ProviderPlan(
            LANTERN, home, "CMO",
            sites=(_site("Boone", 4, 3), _site("Howard", 5, 2), _site("Cooper", 6, 4)),
            contacts=(ContactPlan(("Boone", "Howard", "Cooper"), staff=0),),
        ),
        ProviderPlan(
            "Tumbling Leaf Homes", home, "CMO",
            sites=(_site("Boone", 7, 3), _site("Audrain", 8, 3)),
            contacts=(ContactPlan(("Boone", "Audrain"), staff=0),),
            contracts=(ContractPlan(1200, 70),),
        ),
        ProviderPlan(
            "Hollow Reed Residential Services", home, "CMO",
            sites=(_site("Boone", 9, 2), _site("Moniteau", 10, 4)),
            contacts=(ContactPlan(("Boone", "Moniteau"), staff=0, left=55), ContactPlan(("Boone",), left=90)),
        ),
        ProviderPlan(
            "Amber Window Living", home, "CMO",
            sites=(_site("Boone", 11, 3), _site("Callaway", 0, 3), _site("Osage", 1, 2)),
            contacts=(ContactPlan(("Boone", "Callaway"), staff=0), ContactPlan(("Osage", "Callaway"))),
            suspensions=(Suspension(120, _REASONS[0], lifted=96), Suspension(16, _REASONS[1])),
        ),
        ProviderPlan(
            "Garden Wall Supported Living", home, "KCR",
            sites=(_site("Jackson", 2, 3), _site("Boone", 3, 2)),
            contacts=(ContactPlan(("Jackson", "Boone"), staff=0),),
            left=40,
        ),
    ]  # fmt: skip


def _ordinary_homes(rng: Random) -> list[ProviderPlan]:
    """Spread homes over all areas; a few have something the matter."""
    plans = []
    for place, stem in enumerate(_HOMES[:24]):
        area = AREAS[(place + 1) % len(AREAS)]
        wide = area.counties + AREAS[(place + 2) % len(AREAS)].counties if place % 7 == 0 or area.code == "STL" else ()
        counties = _neighbours(rng, wide or area.counties)
        sites = tuple(
            _site(county, rng.randrange(len(TOWNS)), rng.randint(2, 6))
            for county in counties
            for _ in range(rng.choice((1, 1, 2)))
        )
        plan = ProviderPlan(
            f"{stem} {_HOMES_ARE[place % len(_HOMES_ARE)]}",
            ProviderKind.RESIDENTIAL,
            area.code,
            sites=sites,
            contacts=_contacts(rng, counties),
            contracts=(ContractPlan(rng.randint(_LAST_DAYS + 60, 2200)),),
        )
        plans.append(_with_something_the_matter(place, plan))
    return plans


def _with_something_the_matter(place: int, plan: ProviderPlan) -> ProviderPlan:
    match place:
        case 1 | 14:
            return replace(plan, suspensions=(Suspension(28 - place, _REASONS[place % 4]),))
        case 3 | 8 | 19:
            return replace(plan, suspensions=(Suspension(110 - place, _REASONS[place % 4], lifted=70 + place),))
        case 6:
            first, second = Suspension(130, _REASONS[2], lifted=112), Suspension(45, _REASONS[0], lifted=21)
            return replace(plan, suspensions=(first, second))
        case 5:
            return replace(plan, contracts=(ContractPlan(900, 24),))
        case 10:
            return replace(plan, contracts=(ContractPlan(1000, -20),))
        case 11:
            return replace(plan, contracts=(ContractPlan(1100, 366), ContractPlan(365)))
        case 12:
            silent = replace(plan.contacts[0], has_address=False)
            return replace(plan, contacts=(silent, *plan.contacts[1:]))
    return plan


def _without_homes() -> list[ProviderPlan]:
    plans = []
    for place, stem in enumerate(_CASE_MANAGEMENT):
        area = AREAS[place * 2]
        plans.append(
            ProviderPlan(
                f"{stem} Case Management",
                ProviderKind.TARGETED_CASE_MANAGEMENT,
                area.code,
                contacts=(ContactPlan(area.counties[:2], staff=0),),
            )
        )
    for place, name in enumerate(_OTHERS):
        area = AREAS[place * 3 + 1]
        contracts = (ContractPlan(700, 35),) if place == 3 else _CURRENT
        plans.append(ProviderPlan(name, ProviderKind.OTHER, area.code, contracts=contracts))
    return plans


def _contacts(rng: Random, counties: tuple[str, ...]) -> tuple[ContactPlan, ...]:
    """Set the contacts up in one of the manual's two ways: each covers all counties, or each its own (001:114-118)."""
    count = min(rng.choice((1, 1, 2, 2, 3)), len(counties))
    if count == 1 or rng.random() < 0.4:
        return tuple(ContactPlan(counties, staff=0 if place == 0 else None) for place in range(count))
    return tuple(ContactPlan(counties[place::count], staff=0 if place == 0 else None) for place in range(count))


def _neighbours(rng: Random, counties: tuple[str, ...]) -> tuple[str, ...]:
    """Take two to six counties that are listed side by side."""
    count = min(rng.randint(2, 6), len(counties))
    begin = rng.randrange(len(counties) - count + 1)
    return counties[begin : begin + count]


def _site(county: str, town: int, beds: int) -> SitePlan:
    kind = SiteKind.GROUP_HOME if beds > 3 else SiteKind.ISL
    return SitePlan(kind, county, TOWNS[town % len(TOWNS)], beds)
