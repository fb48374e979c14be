"""Who holds an office today: the people to be asked and told, only those whose accounts are in use (002:21-46)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from orm.gathering import Question
from orm.models import Facility, LsoDeputy, LsoDesignation, Provider, RoleGrant, User
from orm.readings import fetch_often
from orm.sql import optional_uuid, to_date, to_uuid
from resolvers.cso_lock import hold_csos
from resolvers.promises import Reader
from rules.accounts import AccountState
from rules.approvals import Deputy, Officers, answers_for_lso
from rules.form_signing import same_name
from rules.roles import Role


@dataclass(frozen=True, slots=True)
class Organization:
    """The provider or the facility that a person works for; neither for the department's offices."""

    provider_id: UUID | None = None
    facility_id: str | None = None

    @classmethod
    def of(cls, person: User) -> Organization:
        """Give a person's organization."""
        return cls(person.provider_id, None if person.provider_id else person.facility_id)

    @property
    def is_office(self) -> bool:
        """Say whether it is an office of the department, whose people are approved by the CSO."""
        return self.provider_id is None and self.facility_id is None


@dataclass(frozen=True, slots=True)
class Deputyship:
    """For whom somebody stands in, and where; None for an officer without a user ID."""

    lso_id: UUID | None
    organization: Organization


async def deputyships_of(person: UUID | None, on: date) -> Sequence[Deputyship]:
    """List for which Local Security Officers a person stands in on a day; rooms that ask together are told together."""
    found = await _DEPUTYSHIPS.ask(person) if person is not None else None
    return [deputyship for begins, ends, deputyship in found or () if begins <= on <= ends]


async def _deputyships(people: Sequence[UUID]) -> dict[UUID, list[tuple[date, date, Deputyship]]]:
    found: dict[UUID, list[tuple[date, date, Deputyship]]] = defaultdict(list)
    for row in await fetch_often(
        "SELECT d.user_id AS person, d.begins_on, d.ends_on, l.user_id, l.provider_id, l.facility_id "
        "FROM lso_deputy d JOIN lso_designation l ON l.id = d.designation_id "
        "WHERE d.user_id IN (:people) AND d.ended_at IS NULL AND l.ended_at IS NULL",
        people=people,
    ):
        organization = Organization(optional_uuid(row["provider_id"]), row["facility_id"])
        deputyship = Deputyship(optional_uuid(row["user_id"]), organization)
        found[to_uuid(row["person"])].append((to_date(row["begins_on"]), to_date(row["ends_on"]), deputyship))
    return found


_DEPUTYSHIPS: Final = Question(_deputyships)


async def lock_organization(organization: Organization) -> None:
    """Let one transaction at a time name officers of an organization, or rely on who they are; offices have no row."""
    if organization.provider_id is not None:
        await Provider.filter(id=organization.provider_id).select_for_update(no_key=True).first()
    elif organization.facility_id is not None:
        await Facility.filter(code=organization.facility_id).select_for_update(no_key=True).first()


async def holders_of(role: Role, **where: object) -> list[User]:
    """List the people who hold a role and whose accounts are in use, by user ID; narrowed by columns of the account."""
    keys = await RoleGrant.filter(role=role, ended_at=None).values_list("user_id", flat=True)
    return await User.filter(id__in=list(keys), state=AccountState.ACTIVE, **where).order_by("user_id")


async def is_last_cso(user: User) -> bool:
    """Say whether a person is the only CSO whose account is in use; the answer stays true until the commit.

    The person is held under the account's lock.
    """
    if not await RoleGrant.exists(user_id=user.id, role=Role.CSO, ended_at=None):
        return False
    await hold_csos()
    return {one.id for one in await holders_of(Role.CSO)} == {user.id}


async def liaisons_of(regional_office_id: str | None) -> list[User]:
    """List the Provider Relations liaisons of a regional office; all of them where the office has none (POL-30)."""
    if regional_office_id is not None:
        own = await holders_of(Role.PROVIDER_RELATIONS, regional_office_id=regional_office_id)
        if own:
            return own
    return await holders_of(Role.PROVIDER_RELATIONS)


async def liaisons_for(organization: Organization) -> list[User]:
    """List the liaisons who look after an organization."""
    provider = await Provider.filter(id=organization.provider_id).first() if organization.provider_id else None
    return await liaisons_of(provider.regional_office_id if provider else None)


async def designation_of(organization: Organization) -> LsoDesignation | None:
    """Find the designation in force of an organization."""
    if organization.is_office:
        return None
    found = LsoDesignation.filter(
        provider_id=organization.provider_id, facility_id=organization.facility_id, ended_at=None
    )
    return await found.first()


async def lso_of(organization: Organization) -> User | None:
    """Find the Local Security Officer: designated, with a user ID in use, and not out of reach (LSO-12, POL-02)."""
    designation = await designation_of(organization)
    if designation is None or designation.user_id is None or designation.unreachable_at is not None:
        return None
    return await User.filter(id=designation.user_id, state=AccountState.ACTIVE).first()


async def deputies_of(designation: LsoDesignation) -> tuple[Deputy, ...]:
    """List the dated deputies of an LSO whose accounts are in use."""
    rows = await LsoDeputy.filter(
        designation_id=designation.id, ended_at=None, user__state=AccountState.ACTIVE
    ).order_by("begins_on", "id")
    return tuple(Deputy(row.user_id, row.begins_on, row.ends_on) for row in rows)


async def officers_of(organization: Organization) -> Officers:
    """Say who could be asked for the first approval of a request at an organization (POL-21)."""
    lso = await lso_of(organization)
    directors: Collection[User] = ()
    if organization.provider_id is not None:
        directors = await holders_of(Role.EXECUTIVE_DIRECTOR, provider_id=organization.provider_id)
    return Officers(
        has_lso=not organization.is_office,
        lso=lso.id if lso else None,
        executive_directors=tuple(director.id for director in directors),
        csos=tuple(cso.id for cso in await holders_of(Role.CSO)),
    )


async def lso_and_deputies(organization: Organization, on: date) -> list[User]:
    """List whom news for an LSO reaches: the officer, and whoever stands in today."""
    designation = await designation_of(organization)
    if designation is None:
        return []
    keys = {deputy.user_id for deputy in await deputies_of(designation) if deputy.stands_in(on)}
    if designation.user_id is not None:
        keys.add(designation.user_id)
    return await User.filter(id__in=list(keys), state=AccountState.ACTIVE).order_by("user_id")


async def acts_as_lso(person: UUID, organization: Organization, on: date) -> bool:
    """Say whether a person signs as LSO of an organization on a day; for the offices of the department a CSO does."""
    if organization.is_office:
        return any(cso.id == person for cso in await holders_of(Role.CSO))
    designation = await designation_of(organization)
    if designation is None:
        return False
    return answers_for_lso(person, designation.user_id, await deputies_of(designation), on)


async def directors_of(organization: Organization, *, but: UUID | None = None) -> list[User]:
    """List who signs as executive director: those with an account, else the CSOs; ``but`` is never among them.

    A facility's LSO is designated by the CSO, and nobody signs for themselves (POL-15, POL-21).
    """
    if organization.provider_id is not None:
        directors = await holders_of(Role.EXECUTIVE_DIRECTOR, provider_id=organization.provider_id)
        if others := [director for director in directors if director.id != but]:
            return others
    return [cso for cso in await holders_of(Role.CSO) if cso.id != but]


async def is_director_name(name: str, organization: Organization, *, but: UUID | None = None) -> bool:
    """Say whether a name on a paper can be that of whoever signs as executive director; ``but`` never is.

    Where no director of a provider has an account, the house knows no names and the regional office answers for it.
    """
    provider_id = organization.provider_id
    if provider_id is not None and not await holders_of(Role.EXECUTIVE_DIRECTOR, provider_id=provider_id):
        return True
    return any(same_name(name, director.name) for director in await directors_of(organization, but=but))


def readers(people: Iterable[User]) -> list[Reader]:
    """Address people as readers of news."""
    return [Reader.user(person) for person in people]
