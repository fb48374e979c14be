"""A world to test in: providers, coordinators and referrals, made through the use cases where there is one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from itertools import count
from uuid import UUID, uuid4

from orm.models import (
    AuditEntry,
    Contact,
    ContactCounty,
    Contract,
    County,
    Facility,
    Letter,
    Mailbox,
    NoReferralStatus,
    Notification,
    Provider,
    ProviderKind,
    Referral,
    User,
)
from resolvers.accounts import NewAccount, create_account
from resolvers.callers import Caller, Desk, house
from resolvers.letter_bundles import untie_bundles
from resolvers.referral_entry import NewConsumer, NewReferral, create_referral
from resolvers.referrals import publish_referral
from resolvers.sessions import actor_of
from rules.notices import NotificationKind
from rules.referrals import Gender
from rules.roles import Role
from tests.world.clock import Clock

PASSWORD = "Correct-Horse-7"

STATEMENT = "2026-1"
"""The version of the confidentiality statement that every installation begins with."""


@dataclass(frozen=True)
class ProviderHome:
    """A provider with one contact, who is also its member of staff on the exchange."""

    id: UUID
    name: str
    contact_id: UUID
    mailbox_id: UUID
    staff: Caller


class World:
    """Make people and records with as few words as a test needs."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self.desk = desk
        self.clock = clock
        self.house = house(desk, "test")
        self._numbers = count(1)
        self._password_hash: str | None = None

    async def county(self, name: str) -> str:
        """Give the FIPS code of a county."""
        return (await County.get(name=name)).fips

    async def user(
        self,
        *roles: Role,
        user_id: str | None = None,
        provider_id: UUID | None = None,
        counties: Collection[str] = (),
        must_change: bool = False,
        email: str | None = "",
    ) -> Caller:
        """Make a person with these roles and let them call."""
        number = next(self._numbers)
        user_id = user_id or f"USER{number:04}"
        if self._password_hash is None:
            self._password_hash = await self.desk.passwords.hash(PASSWORD)
        key = await create_account(
            self.house,
            NewAccount(
                user_id=user_id,
                first_name=f"First{number}",
                last_name=f"Last{number}",
                roles=frozenset(roles),
                email=f"person{number}@example.org" if email == "" else email,
                phone="555-0100",
                provider_id=provider_id,
                coordinator_counties=frozenset([await self.county(name) for name in counties]),
            ),
            self._password_hash,
            must_change=must_change,
        )
        return await self.call_as(key)

    async def call_as(self, user_key: UUID) -> Caller:
        """Let a person call, with the roles of this moment."""
        user = await User.get(id=user_key)
        roles = frozenset(grant.role for grant in await user.role_grants.filter(ended_at=None))  # type: ignore[attr-defined]
        return Caller(self.desk, await actor_of(user, roles))

    async def coordinator(self, *counties: str, role: Role = Role.PLACEMENT_COORDINATOR) -> Caller:
        """Make a coordinator of these counties."""
        return await self.user(role, counties=counties)

    async def provider(
        self,
        *counties: str,
        kind: ProviderKind = ProviderKind.RESIDENTIAL,
        contract_ends: date | None = None,
        name: str | None = None,
    ) -> ProviderHome:
        """Make a provider under contract with one active contact for these counties, who has a user ID."""
        number = next(self._numbers)
        provider = await Provider.create(
            id=uuid4(), name=name or f"Provider {number:03}", kind=kind, created_at=self.clock()
        )
        await Contract.create(
            provider_id=provider.id, number=f"C{number:04}", begins_on=date(2020, 1, 1), ends_on=contract_ends
        )
        staff = await self.user(Role.CONSUMER_REFERRAL_DB, provider_id=provider.id)
        contact = await self.contact(provider.id, *counties, user_id=staff.actor.id)
        return ProviderHome(provider.id, provider.name, contact.id, contact.mailbox_id, staff)

    async def contact(
        self,
        provider_id: UUID,
        *counties: str,
        user_id: UUID | None = None,
        email: str | None = "",
        active: bool = True,
    ) -> Contact:
        """Add a contact for these counties; with a user ID both share the mailbox."""
        number = next(self._numbers)
        user = await User.get(id=user_id) if user_id else None
        mailbox_id = user.mailbox_id if user else (await Mailbox.create()).id
        contact = await Contact.create(
            id=uuid4(),
            provider_id=provider_id,
            user_id=user_id,
            mailbox_id=mailbox_id,
            first_name=f"Contact{number}",
            last_name="Example",
            email=f"contact{number}@example.org" if email == "" else email,
            active=active,
            created_at=self.clock(),
        )
        for county in counties:
            await ContactCounty.create(contact_id=contact.id, county_id=await self.county(county), since=self.clock())
        return contact

    async def facility(self, code: str = "101") -> Facility:
        """Give a state facility, made on first use."""
        facility, _ = await Facility.get_or_create(code=code, defaults={"name": f"Facility {code}"})
        return facility

    async def new_referral(
        self,
        *counties: str,
        primary: Caller | None = None,
        birth_date: date = date(1990, 5, 17),
        last_name: str | None = None,
    ) -> NewReferral:
        """Describe a referral for these counties; without counties it is statewide."""
        number = next(self._numbers)
        await self.facility()
        return NewReferral(
            facility_code="101",
            statewide=not counties,
            preferred_counties=frozenset([await self.county(name) for name in counties]),
            primary_coordinator_id=primary.actor.id if primary else None,
            consumer=NewConsumer(
                dmh_id=f"D{number:06}",
                first_name=f"Person{number}",
                last_name=last_name or f"Family{number}",
                birth_date=birth_date,
                gender=Gender.FEMALE,
                address="12 Invented Street",
                city="Sampleton",
                zip_code="00000",
            ),
        )

    async def draft(self, coordinator: Caller, *counties: str) -> int:
        """Create a referral that is not published; the coordinator is its primary one."""
        return await create_referral(coordinator, await self.new_referral(*counties, primary=coordinator))

    async def published(self, coordinator: Caller, *counties: str) -> int:
        """Create and publish a referral; without counties it is statewide."""
        number = await self.draft(coordinator, *counties)
        await publish_referral(coordinator, number)
        return number

    async def suspend(self, provider_id: UUID) -> None:
        """Put a provider in No Referral Status."""
        await NoReferralStatus.create(provider_id=provider_id, reason="full", begins_at=self.clock())

    async def lines(self, mailbox_id: UUID | None) -> list[tuple[NotificationKind, int | None]]:
        """Read a mailbox: kinds and referral numbers, in the order of the lines."""
        rows = await Notification.filter(mailbox_id=mailbox_id).order_by("line")
        return [(row.kind, row.referral_number) for row in rows]

    async def letters(self, **where: object) -> list[Letter]:
        """Read the outbox."""
        await untie_bundles()
        return await Letter.filter(**where).order_by("created_at", "id")

    async def entries(self, act: str) -> list[AuditEntry]:
        """Read the trail of one act."""
        return await AuditEntry.filter(act=act).order_by("id")

    async def referral(self, number: int) -> Referral:
        """Read a referral's row."""
        return await Referral.get(number=number)
