"""Who I am to the house, and whom a form may name: providers, coordinators, counties, facilities."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orm.models import County, Facility, Provider, RegionalOffice, Session, User
from orm.readings import fetch_often
from orm.sql import to_instant
from resolvers.audience_facts import load_coordinators
from resolvers.desk import EVERYONE, Reading, access
from resolvers.line_views import line_cursor
from resolvers.referral_shapes import CountyView, FacilityView, PersonView, ProviderRef
from resolvers.scope import EDITORS, READERS
from resolvers.statements import version_to_accept
from resolvers.viewer_duties import deadlines_of, next_step_of
from rules.deadlines import Deadline
from rules.errors import NotFound
from rules.next_step import NextStep
from rules.passwords import expires_at
from rules.roles import Role


@dataclass(slots=True)
class ViewerView:
    """The person who is signed on; what was not asked for is empty."""

    id: UUID
    user_id: str
    name: str
    email: str | None
    roles: list[Role]
    provider: ProviderRef | None
    must_change_password: bool
    must_accept_statement: bool
    password_expires_at: datetime
    session_ends_at: datetime | None
    mailbox_cursor: str
    deadlines: list[Deadline]
    next_step: NextStep | None


@access("account.viewer", by=EVERYONE, cites="000:235-240", at_the_door=True)
async def view_viewer(reading: Reading, *, wanted: Collection[str] | None = None) -> ViewerView:
    """Show the caller's own account, roles, the dates that matter to it and what to do next.

    ``wanted`` names the fields that are asked for; without it all are read.
    """
    user = await User.get(id=reading.actor.person())
    [beside] = await fetch_often(_BESIDE_THE_ACCOUNT, id=user.id, session=reading.caller.session_id)
    password_changed_at = to_instant(beside["changed_at"])
    session_began = to_instant(beside["session_began"]) if beside["session_began"] else None
    reading.about("user", user.id)
    actor = reading.actor  # as of the beginning of the request; what was done in it counts already
    must_change_password = actor.must_change_password and bool(beside["must_change"])
    must_accept_statement = actor.must_accept_statement and await _owes_statement(reading)
    due: list[Deadline] = []
    if wanted is None or "deadlines" in wanted:
        due = await deadlines_of(
            user,
            reading.now,
            reading.policy,
            password_changed_at=password_changed_at,
            session_began=session_began,
        )
    step = None
    if wanted is None or "nextStep" in wanted:
        step = await next_step_of(
            reading,
            user,
            must_change_password=must_change_password,
            must_accept_statement=must_accept_statement,
        )
    return ViewerView(
        id=user.id,
        user_id=user.user_id,
        name=user.name,
        email=user.email,
        roles=sorted(reading.actor.roles),
        provider=ProviderRef(user.provider_id, beside["provider"]) if user.provider_id else None,
        must_change_password=must_change_password,
        must_accept_statement=must_accept_statement,
        password_expires_at=expires_at(password_changed_at, reading.policy),
        session_ends_at=session_began + reading.policy.session_absolute if session_began else None,
        mailbox_cursor=line_cursor(beside["last_line"]),
        deadlines=due,
        next_step=step,
    )


_BESIDE_THE_ACCOUNT = """
SELECT k.changed_at, k.must_change, m.last_line, p.name AS provider, s.created_at AS session_began
FROM user_account u JOIN credential k ON k.user_id = u.id JOIN mailbox m ON m.id = u.mailbox_id
LEFT JOIN provider p ON p.id = u.provider_id LEFT JOIN session s ON s.id = :session
WHERE u.id = :id
"""


async def _owes_statement(reading: Reading) -> bool:
    session = await Session.filter(id=reading.caller.session_id).first() if reading.caller.session_id else None
    if session is None:
        return True
    return await version_to_accept(session.user_id, session.id, reading.now, reading.policy) is not None


@access("reference.counties", by=EVERYONE, cites="001:125-129")
async def list_counties(reading: Reading) -> list[CountyView]:
    """List the 115 counties by name."""
    reading.note(kind="county")
    return [CountyView(county.fips, county.name) for county in await County.all().order_by("name")]


@dataclass(slots=True)
class OfficeRef:
    """A regional office by name."""

    code: str
    name: str
    city: str


@access("reference.regional_offices", by=EVERYONE, cites="000:66-72")
async def list_regional_offices(reading: Reading) -> list[OfficeRef]:
    """List the regional offices by name."""
    reading.note(kind="regional_office")
    return [OfficeRef(one.code, one.name, one.city) for one in await RegionalOffice.all().order_by("name")]


@access("reference.facilities", by=READERS, cites="001:203")
async def list_facilities(reading: Reading) -> list[FacilityView]:
    """List the state facilities that may originate referrals, by code."""
    reading.note(kind="facility")
    return [FacilityView(one.code, one.name) for one in await Facility.filter(active=True).order_by("code")]


@access("reference.coordinators", by=EDITORS, cites="001:170-174; 001:244")
async def list_coordinators(reading: Reading, county: str | None = None) -> list[PersonView]:
    """List the coordinators whom a referral may name, all or those of one county."""
    loaded = await load_coordinators()
    chosen = [one.user_id for one in loaded.facts if county is None or county in one.counties]
    reading.touches("user", chosen)
    return [loaded.people[key] for key in chosen]


@access("provider.view", by=READERS, cites="000:66-72")
async def view_provider(reading: Reading, key: UUID) -> ProviderRef:
    """Show a provider by name; a provider's own staff see only their own.

    Raises:
        NotFound: there is no such provider for this person.
    """
    own_only = not (reading.actor.sees_all_referrals or reading.actor.is_coordinator)
    provider = await Provider.filter(id=key).first()
    if provider is None or (own_only and provider.id != reading.actor.provider_id):
        raise NotFound("There is no such provider.", code="PROVIDER_NOT_FOUND")
    reading.about("provider", provider.id)
    return ProviderRef(provider.id, provider.name)
