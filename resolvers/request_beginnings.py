"""What a person finds when an access request is begun: what is on file, and each role with what is against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orm.models import CatalogueRole, Facility, Provider, RegionalOffice, User
from resolvers.access_request_facts import held_codes, organization_kind, role_facts
from resolvers.desk import EVERYONE, Reading, access
from resolvers.role_catalogue import RoleView, show_role
from rules.eligibility import Ineligibility, check_may_ask_under, ineligible, may_ask_under
from rules.organizations import Division, Under


@dataclass(frozen=True, slots=True)
class BeginningView:
    """What is on file of whoever asks, and what there is to choose from; ``local_office`` is a code."""

    email: str
    employer: str
    under: tuple[Under, ...]
    local_office: str | None
    offices: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class RoleChoiceView:
    """A role of the catalogue, and why the caller cannot ask for it, if not."""

    role: RoleView
    against: Ineligibility | None


@access("access_request.beginning", by=EVERYONE, cites="000:160-169")
async def view_beginning(reading: Reading) -> BeginningView:
    """Show the e-mail address and the employer on file, and the organizations under which the caller may ask."""
    user = await User.get(id=reading.actor.person())
    provider = await Provider.filter(id=user.provider_id).first() if user.provider_id else None
    facility = await Facility.filter(code=user.facility_id).first() if user.facility_id else None
    kind = await organization_kind(user.provider_id, user.facility_id)
    local = provider.regional_office_id if provider else user.regional_office_id
    known = RegionalOffice.all() if local is None else RegionalOffice.filter(code=local)
    reading.about("user", user.id)
    return BeginningView(
        email=user.email or "",
        employer=provider.name if provider else facility.name if facility else "Department of Mental Health",
        under=tuple(one for one in Under if may_ask_under(kind, one)),
        local_office=local,
        offices=[(one.code, one.name) for one in await known.order_by("name")],
    )


@access("role.choices", by=EVERYONE, cites="000:167-178; 000:209-220")
async def list_role_choices(reading: Reading, division: Division, under: Under) -> list[RoleChoiceView]:
    """List the whole catalogue by name with what is against each role for the caller: one such role denies a request.

    Raises:
        Invalid: ``OWN_ORGANIZATION_NOT_POSSIBLE``.
    """
    user = await User.get(id=reading.actor.person())
    kind = await organization_kind(user.provider_id, user.facility_id)
    check_may_ask_under(kind, under)
    held = await held_codes(user.id)
    choices = [
        RoleChoiceView(show_role(role), ineligible(role_facts(role), kind, division, under, reading.today, held))
        for role in await CatalogueRole.all().order_by("name")
    ]
    reading.note(division=str(division), under=str(under), roles=sum(one.against is None for one in choices))
    return choices
