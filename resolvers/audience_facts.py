"""Load the facts that the audience rule asks for, in as many statements as there are tables, never one per row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from orm.models import (
    Contact,
    ContactCounty,
    Contract,
    CoordinatorCounty,
    NoReferralStatus,
    Provider,
    ProviderKind,
    Referral,
    ReferralCounty,
    ReferralExclusion,
    RoleGrant,
    User,
)
from resolvers.promises import Reader
from rules.accounts import AccountState
from rules.audience import (
    ContactFacts,
    CoordinatorFacts,
    CoordinatorKind,
    ProviderFacts,
    ReferralFacts,
    contract_in_force,
)
from rules.roles import Role


@dataclass(frozen=True, slots=True)
class Providers:
    """Providers as the rule sees them, with their names and how their contacts are told."""

    facts: tuple[ProviderFacts, ...]
    names: Mapping[UUID, str]
    readers: Mapping[UUID, Reader]


async def load_providers(on: date, only: Collection[UUID] | None = None, *, with_counties: bool = True) -> Providers:
    """Load all providers, or only these, as they stand on a day.

    Their counties are the most of it: a question about statewide referrals needs none of them.
    """
    chosen = {} if only is None else {"id__in": list(only)}
    owned = {} if only is None else {"provider_id__in": list(only)}
    providers = await Provider.filter(**chosen).order_by("name")
    periods: dict[UUID, list[tuple[date, date | None]]] = defaultdict(list)
    for contract in await Contract.filter(**owned):
        periods[contract.provider_id].append((contract.begins_on, contract.ends_on))
    suspended = set(await NoReferralStatus.filter(lifted_at=None, **owned).values_list("provider_id", flat=True))
    contacts = await Contact.filter(**owned).order_by("created_at", "id")
    counties: dict[UUID, set[str]] = defaultdict(set)
    county_rows = (
        ContactCounty.all() if only is None else ContactCounty.filter(contact__provider_id__in=list(only))
    ).values_list("contact_id", "county_id")
    for contact_id, county_id in await county_rows if with_counties else ():
        counties[contact_id].add(county_id)
    of_provider: dict[UUID, list[Contact]] = defaultdict(list)
    for contact in contacts:
        of_provider[contact.provider_id].append(contact)
    return Providers(
        facts=tuple(
            _provider_facts(
                provider, periods[provider.id], provider.id in suspended, of_provider[provider.id], counties, on
            )
            for provider in providers
        ),
        names={provider.id: provider.name for provider in providers},
        readers={contact.id: Reader.contact(contact) for contact in contacts},
    )


def _provider_facts(
    provider: Provider,
    periods: list[tuple[date, date | None]],
    suspended: bool,
    contacts: list[Contact],
    counties: Mapping[UUID, set[str]],
    on: date,
) -> ProviderFacts:
    begins, ends = next(
        ((begins, ends) for begins, ends in periods if contract_in_force(begins, ends, on)),
        periods[-1] if periods else (None, None),
    )
    return ProviderFacts(
        provider_id=provider.id,
        residential=provider.kind is ProviderKind.RESIDENTIAL,
        active=provider.active,
        contract_begins=begins,
        contract_ends=ends,
        no_referral_status=suspended,
        contacts=tuple(
            ContactFacts(
                contact.id,
                contact.active,
                bool(contact.email) and contact.email_bounced_at is None,
                frozenset(counties.get(contact.id, ())),
            )
            for contact in contacts
        ),
    )


async def referral_facts(referral: Referral) -> ReferralFacts:
    """Load what decides whom a referral reaches."""
    counties = await ReferralCounty.filter(referral_id=referral.id).values_list("county_id", flat=True)
    excluded = await ReferralExclusion.filter(referral_id=referral.id, included_at=None).values_list(
        "provider_id", flat=True
    )
    return ReferralFacts(
        referral_id=referral.id,
        status=referral.status,
        statewide=referral.statewide,
        preferred_counties=frozenset(str(county) for county in counties),
        excluded_providers=frozenset(UUID(str(provider)) for provider in excluded),
    )


@dataclass(frozen=True, slots=True)
class Coordinators:
    """Active coordinators as the rule sees them, and how they are told."""

    facts: tuple[CoordinatorFacts, ...]
    names: Mapping[UUID, str]
    readers: Mapping[UUID, Reader]


COORDINATOR_KINDS = {
    Role.PLACEMENT_COORDINATOR: CoordinatorKind.PLACEMENT,
    Role.TRANSITION_COORDINATOR: CoordinatorKind.TRANSITION,
}
"""The office that each of the two roles works in."""


async def load_coordinators() -> Coordinators:
    """Load everyone who holds a coordinator's role now, with the counties of that same role."""
    kinds: dict[UUID, set[CoordinatorKind]] = defaultdict(set)
    for user_id, role in await RoleGrant.filter(ended_at=None, role__in=list(COORDINATOR_KINDS)).values_list(
        "user_id", "role"
    ):
        kinds[user_id].add(COORDINATOR_KINDS[Role(role)])
    counties: dict[UUID, set[str]] = defaultdict(set)
    for user_id, county_id, kind in await CoordinatorCounty.all().values_list("user_id", "county_id", "kind"):
        if CoordinatorKind(kind) in kinds.get(user_id, ()):
            counties[user_id].add(county_id)
    users = await User.filter(id__in=list(kinds), state=AccountState.ACTIVE).order_by("user_id")
    return Coordinators(
        facts=tuple(
            CoordinatorFacts(user.id, frozenset(kinds[user.id]), frozenset(counties[user.id])) for user in users
        ),
        names={user.id: user.name for user in users},
        readers={user.id: Reader.user(user) for user in users},
    )
