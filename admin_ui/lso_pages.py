"""Local Security Officers: the own one, that of any organization for the offices, and how each can be reached."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

from starlette.responses import Response

from admin_ui.doors import Visit, go_to
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.registers import Register, look_of
from admin_ui.rendering import day_of
from admin_ui.tables import Column, table_of
from resolvers.callers import Caller
from resolvers.issuing import LIAISONS
from resolvers.lso import DESIGNATE
from resolvers.lso_deputies import APPOINT
from resolvers.lso_health import HEALTH_READERS, LsoHealthView, list_lso_health
from resolvers.lso_office import view_lso_office
from resolvers.lso_views import LsoDeputyView, view_lso_designation
from resolvers.officers import Organization
from resolvers.paging import Page
from rules.lso import LsoScope


@dataclass(frozen=True, slots=True)
class Place:
    """The organization that an address names, and the address."""

    organization: Organization
    path: str
    asked: str
    """The same organization as fields of an address."""

    @classmethod
    def of(cls, visit: Visit) -> Place:
        """Read it from the address."""
        named = visit.request.path_params
        if "provider" in named:
            provider: UUID = named["provider"]
            return cls(Organization(provider_id=provider), f"/lso/provider/{provider}", f"providerId={provider}")
        code = str(named["facility"])
        return cls(Organization(facility_id=code), f"/lso/facility/{code}", f"facilityCode={code}")


def path_of(organization: Organization) -> str:
    """Give the address of an organization's officer."""
    if organization.provider_id is not None:
        return f"/lso/provider/{organization.provider_id}"
    return f"/lso/facility/{organization.facility_id}"


DEPUTY_COLUMNS: tuple[Column[LsoDeputyView], ...] = (
    Column("Deputy", lambda one: one.name),
    Column("User ID", lambda one: one.user_id, tight=True),
    Column("First day", lambda one: one.begins_on, tight=True),
    Column("Last day", lambda one: one.ends_on, tight=True),
    Column("Stands in today", lambda one: one.stands_in_today),
)
_ENDING: tuple[Column[LsoDeputyView], ...] = (Column("End", lambda one: one.id, "access/cells.html:end_deputy"),)


async def own_lso_page(visit: Visit) -> Response:
    """Lead to the officer of the own organization; people of the offices look at all of them, if they may."""
    actor = visit.caller.actor
    if actor.provider_id is not None:
        return go_to(path_of(Organization(provider_id=actor.provider_id)))
    if actor.facility_id is not None:
        return go_to(path_of(Organization(facility_id=actor.facility_id)))
    return go_to("/lso/health") if actor.has_any(HEALTH_READERS) else visit.show("access/lso_none.html")


async def vacant_page(visit: Visit) -> Response:
    """Lead from the news of a vacancy to the organization: the offices to the list of them, others to their own."""
    if not visit.caller.actor.has_any(HEALTH_READERS):
        return await own_lso_page(visit)
    of_providers = await list_lso_health(visit.caller, vacant=True, first=1)
    scope = LsoScope.PROVIDER if of_providers.nodes else LsoScope.FACILITY
    return go_to(f"/lso/health?scope={scope}&vacant=yes")


async def lso_page(visit: Visit) -> Response:
    """Show who is the officer of one organization, by which letter, and who stands in."""
    place = Place.of(visit)
    office, designation = await asyncio.gather(
        view_lso_office(visit.caller, place.organization), view_lso_designation(visit.caller, place.organization)
    )
    appoints = visit.caller.actor.has_any(APPOINT)
    columns = (*DEPUTY_COLUMNS, *(_ENDING if appoints else ()))
    deputies = designation.deputies if designation else []
    return visit.show(
        "access/lso.html",
        office=office,
        designation=designation,
        deputies=table_of(columns, deputies, look_of(visit), caption="Who stands in for the officer"),
        doors=_doors(visit, place, held=designation is not None, appoints=appoints),
    )


def _doors(visit: Visit, place: Place, *, held: bool, appoints: bool) -> list[tuple[str, str]]:
    actor = visit.caller.actor
    designates, is_liaison = actor.has_any(DESIGNATE), actor.has_any(LIAISONS)
    offered = [
        (f"{place.path}/designate", "Designate another officer" if held else "Designate an officer", designates),
        (f"{place.path}/deputy", "Let somebody stand in", held and appoints),
        (f"{place.path}/end", "End the designation", held and designates),
        (f"/forms/new?{place.asked}", "Record a paper form for somebody new", is_liaison),
        (f"/forms/enable?{place.asked}", "Record a paper form to enable somebody", is_liaison),
    ]
    return [(href, label) for href, label, may in offered if may]


def _asked(asked: Asked) -> tuple[LsoScope, bool | None]:
    scope = asked.fields.choice("scope", LsoScope) or LsoScope.PROVIDER
    return scope, {"yes": True, "no": False}.get(asked.fields.raw("vacant"))


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[LsoHealthView]:
    scope, vacant = _asked(asked)
    return await list_lso_health(caller, scope, vacant=vacant, first=first, after=after, count=True)


def _link(one: LsoHealthView) -> str:
    return path_of(Organization(provider_id=one.provider.id if one.provider else None, facility_id=one.facility_code))


LSO_HEALTH = Register(
    path="/lso/health",
    title="Local Security Officers",
    about="How well each can be reached: a stale address stops every request of the organization.",
    one="organization",
    rows=_rows,
    read=_asked,
    filters=(
        Filter("scope", "Of; providers, unless chosen", Kind.CHOICE, choices=coded(LsoScope)),
        Filter("vacant", "Nobody is designated", Kind.CHOICE, choices=(("yes", "Yes"), ("no", "No"))),
    ),
    columns=(
        Column("Organization", lambda one: one.organization, wraps=True),
        Column("Officer", lambda one: [one.name, one.user_id], "access/cells.html:officer"),
        Column("Trouble", lambda one: one.problems, "access/cells.html:problems"),
        Column("Last sign-on", lambda one: one.last_sign_in_at, tight=True),
        Column("E-mail", lambda one: one.email, "access/cells.html:address"),
        Column("Confirmed", lambda one: day_of(one.email_confirmed_at), tight=True),
        Column("Designated", lambda one: day_of(one.designated_at), tight=True),
    ),
    link=_link,
    late=lambda one: bool(one.problems),
    empty="No organization fits.",
    exports=True,
)
