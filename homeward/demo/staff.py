"""Everybody who has a user ID in the demonstration world: at providers, in the counties, at the department's desks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import count, cycle
from random import Random

from homeward.demo import cast
from homeward.demo.people import PeopleMaker, domain_of
from homeward.demo.places import AREAS, FACILITIES, Area, facility_of
from homeward.demo.providers import ProviderPlan
from homeward.demo.size import DemoSize
from orm.models import ProviderKind
from rules.roles import Role

DEPARTMENT = "Department of Mental Health, Central Office"
_STATE_DOMAIN = "department.example.net"


_AWAY = frozenset(
    {cast.LOCKED, cast.FIRST_SIGN_IN, cast.SUSPENDED, cast.LEFT, cast.UNUSED, cast.RESIGNED, cast.REVIEWER}
)


@dataclass(frozen=True, slots=True)
class AccountPlan:
    """A user ID with its owner; counties are names, ``provider`` is a provider's name."""

    user_id: str
    roles: frozenset[Role]
    title: str
    organization: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    provider: str | None = None
    office: str | None = None
    facility: str | None = None
    counties: frozenset[str] = field(default_factory=frozenset)

    @property
    def answers(self) -> bool:
        """Say whether the owner answers referrals in the story."""
        return Role.CONSUMER_REFERRAL_DB in self.roles and self.user_id not in _AWAY


_DESKS = (
    (cast.CENTRAL_STAFF, Role.CENTRAL_STAFF, "Referral specialist", 2),
    (cast.ADMINISTRATOR, Role.ADMINISTRATOR, "System administrator", 1),
    (cast.CHIEF_SECURITY_OFFICER, Role.CSO, "Chief Security Officer", 0),
    (cast.PRIVACY_OFFICER, Role.PRIVACY_OFFICER, "Privacy Officer", 0),
    (cast.AUDITOR, Role.AUDITOR, "Auditor", 1),
    (cast.OA, Role.OA, "Office of Administration, user IDs", 1),
    (cast.ITSD_PROVISIONING, Role.ITSD_PROVISIONING, "ITSD Provisioning", 2),
    (cast.ITSD_ACCOUNTS, Role.ITSD_ACCOUNT_MGMT, "ITSD account management", 2),
    (cast.SUPPORT_DESK, Role.SUPPORT_DESK, "Customer Support Center", 3),
)
"""Each desk with its best known member and how many more sit there in a big house."""

_MEMORABLE_PLACEMENT = {"CMO": cast.COORDINATOR}
_MEMORABLE_TRANSITION = {"CMO": cast.TRANSITION_COORDINATOR}
_MEMORABLE_STAFF = {
    cast.MARIGOLD: (cast.MARIGOLD_STAFF, cast.MARIGOLD_SECOND),
    cast.LANTERN: (cast.LANTERN_STAFF,),
}


def plan_accounts(rng: Random, people: PeopleMaker, size: DemoSize, providers: list[ProviderPlan]) -> list[AccountPlan]:
    """Plan every account, with names, in an order that does not matter to anybody."""
    plans = [
        *_coordinators(size),
        *_desks(size),
        *_liaisons(size),
        *_in_trouble(),
        *(account for provider in providers for account in _at_provider(provider)),
    ]
    homes = cycle(provider for provider in providers if provider.kind is ProviderKind.RESIDENTIAL)
    while len(plans) < size.users:
        plans.append(_staff(next(homes), ""))
    taken = {plan.user_id for plan in plans}
    return [_named(plan, people, rng, taken) for plan in plans]


def _coordinators(size: DemoSize) -> Iterable[AccountPlan]:
    for area in AREAS:
        for kind, title, load, memorable in (
            (Role.PLACEMENT_COORDINATOR, "Placement coordinator", size.counties_per_placement_coordinator,
             _MEMORABLE_PLACEMENT),
            (Role.TRANSITION_COORDINATOR, "Transition coordinator", size.counties_per_transition_coordinator,
             _MEMORABLE_TRANSITION),
        ):  # fmt: skip
            for begin in range(0, len(area.counties), load):
                user_id = memorable.get(area.code, "") if begin == 0 else ""
                counties = frozenset(area.counties[begin : begin + load])
                yield replace(_at_office(area, user_id, kind, title), counties=counties)


def _desks(size: DemoSize) -> Iterable[AccountPlan]:
    for user_id, role, title, more in _DESKS:
        seats = 1 + min(more, size.desk_people - 1) if size.desk_people > 1 else 1
        for seat in range(seats):
            yield AccountPlan("" if seat else user_id, frozenset({role}), title, DEPARTMENT)


def _liaisons(size: DemoSize) -> Iterable[AccountPlan]:
    yield _at_office(
        next(area for area in AREAS if area.code == "CMO"), cast.FACILITY_LSO, Role.LSO, "Local Security Officer"
    )
    yield _at_office(
        next(area for area in AREAS if area.code == "CMO"), cast.HR_CONTACT, Role.HR_CONTACT, "Human Resources contact"
    )
    areas = AREAS if size.desk_people > 1 else AREAS[:1]
    for area in areas:
        user_id = cast.PROVIDER_RELATIONS if area.code == "CMO" else ""
        yield _at_office(area, user_id, Role.PROVIDER_RELATIONS, "Provider Relations liaison")


def _in_trouble() -> Iterable[AccountPlan]:
    yield AccountPlan(cast.EXPIRED, frozenset({Role.CENTRAL_STAFF}), "Referral specialist", DEPARTMENT)
    yield _at_office(AREAS[0], cast.DISABLED, Role.PROVIDER_RELATIONS, "Provider Relations liaison")
    answering = frozenset({Role.CONSUMER_REFERRAL_DB})
    yield AccountPlan(cast.LOCKED, answering, "House manager", cast.LANTERN, provider=cast.LANTERN)
    for user_id in (cast.FIRST_SIGN_IN, cast.SUSPENDED, cast.LEFT, cast.UNUSED, cast.RESIGNED, cast.REVIEWER):
        yield AccountPlan(user_id, answering, "House manager", cast.MARIGOLD, provider=cast.MARIGOLD)


def _at_office(area: Area, user_id: str, role: Role, title: str) -> AccountPlan:
    facility = facility_of(area.code)
    name = next(place.name for place in FACILITIES if place.code == facility)
    return AccountPlan(user_id, frozenset({role}), title, f"{area.name} ({name})", office=area.code, facility=facility)


def _at_provider(provider: ProviderPlan) -> Iterable[AccountPlan]:
    is_home = provider.kind is ProviderKind.RESIDENTIAL
    known = provider.name == cast.MARIGOLD
    lso = {Role.LSO} if is_home else {Role.LSO, Role.EXECUTIVE_DIRECTOR}
    if is_home:
        yield AccountPlan(
            cast.MARIGOLD_DIRECTOR if known else "",
            frozenset({Role.EXECUTIVE_DIRECTOR}),
            "Executive director",
            provider.name,
            provider=provider.name,
        )
    if provider.name != cast.LANTERN:  # its officer has left, and nobody was named
        yield AccountPlan(
            cast.MARIGOLD_LSO if known else "",
            frozenset(lso),
            "Local Security Officer",
            provider.name,
            provider=provider.name,
        )
    if provider.kind is not ProviderKind.OTHER:
        for user_id in _MEMORABLE_STAFF.get(provider.name, ("",)):
            keeps_profile = frozenset({Role.PROVIDER_PROFILE_UPDATE})
            yield replace(_staff(provider, user_id), roles=_staff(provider, user_id).roles | keeps_profile)


def _staff(provider: ProviderPlan, user_id: str) -> AccountPlan:
    role = frozenset({Role.CONSUMER_REFERRAL_DB})
    return AccountPlan(user_id, role, "Intake coordinator", provider.name, provider=provider.name)


def _named(plan: AccountPlan, people: PeopleMaker, rng: Random, taken: set[str]) -> AccountPlan:
    first, last = people.staff_name()
    domain = domain_of(plan.provider) if plan.provider else _STATE_DOMAIN
    user_id = plan.user_id or _new_user_id(first, last, taken)
    taken.add(user_id)
    return replace(
        plan,
        user_id=user_id,
        first_name=first,
        last_name=last,
        email=people.email(first, last, domain),
        phone=people.phone(),
        title=plan.title if rng.random() < 0.8 or plan.user_id else f"Senior {plan.title[0].lower()}{plan.title[1:]}",
    )


def _new_user_id(first: str, last: str, taken: set[str]) -> str:
    stem = f"M{first[0]}{last[:6]}".upper()
    return next(user_id for number in count(1) if (user_id := f"{stem}{number if number > 1 else ''}") not in taken)
