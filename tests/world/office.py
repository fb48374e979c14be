"""An access office to test in: a provider with its officers, and the department's offices that serve it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from orm.models import LsoDeputy, LsoDesignation, Notification, Provider, ProviderKind, RegionalOffice, RoleGrant, User
from resolvers.callers import Caller
from resolvers.officers import Organization
from resolvers.signing import Hand, hand_of
from rules.access_forms import Channel
from rules.notices import NotificationKind
from rules.roles import Role
from tests.world.world import PASSWORD, World

NEXT_WEEK = (date(2026, 3, 9), date(2026, 3, 13))
"""The days on which the deputy of an office stands in: the week after the one in which the clock begins."""

LETTER = {
    "dated": "2026-03-02",
    "subject": "LSO and Provider Staff w/ Access to CIMOR",
    "lso_name": "First Last",
    "lso_email": "first.last@example.org",
}


@dataclass
class Office:
    """A TCM provider under contract with its people, and everybody of the department who answers them.

    The LSO is designated; the deputy stands in during :data:`NEXT_WEEK` only. Everybody's password is ``PASSWORD``.
    """

    world: World
    provider_id: UUID
    provider_name: str
    regional_office: str
    designation: LsoDesignation
    employee: Caller
    supervisor: Caller
    lso: Caller
    deputy: Caller
    director: Caller
    liaison: Caller
    oa: Caller
    cso: Caller
    provisioning: Caller
    account_mgmt: Caller

    @classmethod
    async def of(cls, world: World, kind: ProviderKind = ProviderKind.TARGETED_CASE_MANAGEMENT) -> Office:
        """Set up an office with a provider and people of its own."""
        code = f"RO{uuid4().hex[:5].upper()}"
        await RegionalOffice.create(
            code=code, name=f"Office {code}", kind="OFFICE", city="Sampleton", address="1 Office Square"
        )
        home = await world.provider(kind=kind)
        await Provider.filter(id=home.id).update(
            regional_office_id=code,
            address="2 Invented Street",
            city="Sampleton",
            zip_code="00000",
            phone="555-0110",
            fax="555-0111",
        )
        employee = await world.user(provider_id=home.id)
        supervisor = await world.user(provider_id=home.id)
        lso = await world.user(Role.LSO, provider_id=home.id)
        deputy = await world.user(provider_id=home.id)
        designation = await designated(world, Organization(provider_id=home.id), lso)
        await deputized(world, designation, deputy, *NEXT_WEEK)
        director = await world.user(Role.EXECUTIVE_DIRECTOR, provider_id=home.id)
        # Letters and papers bear this name.
        await User.filter(id=director.actor.person()).update(first_name="A", last_name="Director")
        return cls(
            world,
            home.id,
            home.name,
            code,
            designation,
            employee,
            supervisor,
            lso,
            deputy,
            director=director,
            liaison=await at_office(world, code, Role.PROVIDER_RELATIONS),
            oa=await world.user(Role.OA),
            cso=await world.user(Role.CSO),
            provisioning=await world.user(Role.ITSD_PROVISIONING),
            account_mgmt=await world.user(Role.ITSD_ACCOUNT_MGMT),
        )

    @property
    def organization(self) -> Organization:
        """Give the provider as an organization."""
        return Organization(provider_id=self.provider_id)

    async def hire(self, *roles: Role) -> Caller:
        """Make one more person of the provider."""
        return await self.world.user(*roles, provider_id=self.provider_id)

    async def lose_lso(self) -> None:
        """Leave the provider without an LSO, as rows: nobody is told and nothing is held."""
        await LsoDesignation.filter(provider_id=self.provider_id, ended_at=None).update(ended_at=self.world.clock())
        await RoleGrant.filter(user_id=self.lso.actor.id, role=Role.LSO, ended_at=None).update(
            ended_at=self.world.clock()
        )
        self.lso = await self.world.call_as(self.lso.actor.person())


async def designated(world: World, organization: Organization, person: Caller | None) -> LsoDesignation:
    """Designate a person as LSO, as a row; nobody is told, and the role is granted where it is not held."""
    if person is not None and Role.LSO not in person.actor.roles:
        await RoleGrant.create(user_id=person.actor.person(), role=Role.LSO, granted_at=world.clock(), why="test")
    return await LsoDesignation.create(
        id=uuid4(),
        provider_id=organization.provider_id,
        facility_id=organization.facility_id,
        user_id=person.actor.id if person else None,
        letter=LETTER,
        channel=Channel.MAIL,
        content_hash="0" * 64,
        signed_on_paper_by="A Director",
        recorded_by_id=uuid4(),
        begins_at=world.clock(),
    )


async def deputized(
    world: World, designation: LsoDesignation, person: Caller, begins_on: date, ends_on: date
) -> LsoDeputy:
    """Appoint a deputy of an LSO, as a row."""
    return await LsoDeputy.create(
        id=uuid4(),
        designation_id=designation.id,
        user_id=person.actor.person(),
        begins_on=begins_on,
        ends_on=ends_on,
        appointed_by_id=person.actor.person(),
        appointed_at=world.clock(),
    )


async def at_office(world: World, regional_office: str, *roles: Role) -> Caller:
    """Make a person of a regional office."""
    person = await world.user(*roles)
    await User.filter(id=person.actor.person()).update(regional_office_id=regional_office)
    return await world.call_as(person.actor.person())


async def at_facility(world: World, facility: str, *roles: Role) -> Caller:
    """Make a person of a facility, made on first use."""
    await world.facility(facility)
    person = await world.user(*roles)
    await User.filter(id=person.actor.person()).update(facility_id=facility)
    return await world.call_as(person.actor.person())


async def hand(who: Caller) -> Hand:
    """Let a person enter the own user ID and password, as before a signature."""
    return await hand_of(who, who.actor.label, PASSWORD)


async def told(who: Caller) -> list[tuple[NotificationKind, int | None]]:
    """Read what a person was told: kinds and the numbers of what they are about."""
    rows = await Notification.filter(mailbox_id=who.actor.mailbox_id).order_by("line")
    return [(row.kind, row.subject_number or row.referral_number) for row in rows]
