"""What is shown of a Local Security Officer: the designation with its letter, and the deputies (000:51-106)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from orm.models import Facility, LsoDeputy, LsoDesignation, Provider, Signature, User
from resolvers.desk import EVERYONE, Reading, access
from resolvers.form_scope import organization_of_actor
from resolvers.officers import Organization, designation_of
from resolvers.referral_shapes import ProviderRef
from rules.access_forms import Channel
from rules.accounts import AccountState
from rules.calendar import in_chicago
from rules.errors import NotFound
from rules.lso import DesignationLetter, LsoScope, letter_text
from rules.organizations import check_facility_named
from rules.roles import Role

DESIGNATION_READERS = frozenset(
    {
        Role.PROVIDER_RELATIONS,
        Role.CSO,
        Role.ADMINISTRATOR,
        Role.AUDITOR,
        Role.ITSD_ACCOUNT_MGMT,
        Role.ITSD_PROVISIONING,
        Role.OA,
    }
)
"""Who sees the designation of any organization; people of an organization see their own."""


@dataclass(slots=True)
class LsoDeputyView:
    """A person who stands in."""

    id: UUID
    user_id: str
    name: str
    begins_on: date
    ends_on: date
    stands_in_today: bool


@dataclass(slots=True)
class LsoDesignationView:
    """A designation in force."""

    id: UUID
    scope: LsoScope
    provider: ProviderRef | None
    facility_code: str | None
    user_id: str | None
    name: str
    email: str
    begins_at: datetime
    channel: Channel
    signed_by: str
    letter: str
    content_hash: str
    unreachable_at: datetime | None
    deputies: list[LsoDeputyView]


@access("lso.view", by=EVERYONE, cites="000:51-84; 000:105-106")
async def view_lso_designation(reading: Reading, organization: Organization) -> LsoDesignationView | None:
    """Show who is the LSO of a provider or facility, by which letter; None while nobody is (000:106).

    Raises:
        NotFound: ``ORGANIZATION_NOT_FOUND``; the organization does not exist for this person.
    """
    provider, _ = await organization_in_sight(reading, organization)
    designation = await designation_of(organization)
    if designation is None:
        reading.note(vacant=True)
        return None
    reading.about("lso_designation", designation.id)
    person = await User.filter(id=designation.user_id).first() if designation.user_id else None
    letter = _letter(designation)
    return LsoDesignationView(
        id=designation.id,
        scope=LsoScope.PROVIDER if provider else LsoScope.FACILITY,
        provider=ProviderRef(provider.id, provider.name) if provider else None,
        facility_code=designation.facility_id,
        user_id=person.user_id if person else None,
        name=person.name if person else letter.lso_name,
        email=(person.email or "") if person else letter.lso_email,
        begins_at=designation.begins_at,
        channel=designation.channel,
        signed_by=await _signed_by(designation),
        letter=letter_text(letter, await _signed_by(designation)),
        content_hash=designation.content_hash,
        unreachable_at=designation.unreachable_at,
        deputies=await _deputies(designation, reading.today),
    )


async def organization_in_sight(
    reading: Reading, organization: Organization
) -> tuple[Provider | None, Facility | None]:
    """Find an organization whose officer the caller may see: the own one, or any for the offices.

    Raises:
        NotFound: ``ORGANIZATION_NOT_FOUND``.
    """
    check_facility_named(organization.facility_id)
    own = not organization.is_office and organization == organization_of_actor(reading.actor)
    if not own and not reading.actor.has_any(DESIGNATION_READERS):
        raise _no_such_organization()
    provider = await Provider.filter(id=organization.provider_id).first() if organization.provider_id else None
    facility = await Facility.filter(code=organization.facility_id).first() if organization.facility_id else None
    if provider is None and facility is None:
        raise _no_such_organization()
    return provider, facility


def _letter(designation: LsoDesignation) -> DesignationLetter:
    """Read the letter as it was kept; one from before letters were kept is empty."""
    kept = designation.letter
    dated = date.fromisoformat(kept["dated"]) if "dated" in kept else designation.begins_at.date()
    names = [name for name in DesignationLetter.__slots__ if name != "dated"]
    return DesignationLetter(dated=dated, **{name: str(kept.get(name, "")) for name in names})


async def _signed_by(designation: LsoDesignation) -> str:
    if designation.signature_id is None:
        return f"{designation.signed_on_paper_by} (signed on paper)"
    signature = await Signature.get(id=designation.signature_id)
    return f"{signature.signer_name} (signed as {signature.signer} at {in_chicago(signature.at)})"


async def _deputies(designation: LsoDesignation, today: date) -> list[LsoDeputyView]:
    rows = (
        await LsoDeputy.filter(designation_id=designation.id, ended_at=None, ends_on__gte=today)
        .order_by("begins_on", "id")
        .select_related("user")
    )
    return [
        LsoDeputyView(
            row.id,
            row.user.user_id,
            row.user.name,
            row.begins_on,
            row.ends_on,
            row.begins_on <= today <= row.ends_on and row.user.state is AccountState.ACTIVE,
        )
        for row in rows
    ]


def _no_such_organization() -> NotFound:
    return NotFound("There is no such organization.", code="ORGANIZATION_NOT_FOUND", field="providerId")
