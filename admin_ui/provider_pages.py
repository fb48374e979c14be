"""Providers: their list for the office, the profile of one (001:66-129), and which counties are served (001:121)."""

from __future__ import annotations

from uuid import UUID

from starlette.responses import Response

from admin_ui.counties import county_choices
from admin_ui.county_map import Band, bands_of
from admin_ui.doors import Visit, go_to
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.contacts import activate_contact, verify_contact
from resolvers.coverage import CountyCoverage, list_coverage
from resolvers.engagement import view_engagement
from resolvers.paging import Page
from resolvers.profile_scope import PROFILE_KEEPERS, PROVIDER_OFFICE, keeps, sees_only_own
from resolvers.provider_search import ProviderFilter
from resolvers.provider_shapes import ProviderKind, ProviderProfileView
from resolvers.provider_views import EVERYTHING, list_provider_profiles, view_provider_profile
from resolvers.providers import activate_provider, remove_site

_PROFILE_BANDS = (
    Band("no contact covers it", 0),
    Band("covered, no home there", 1),
    Band("covered, with a home", 2),
    Band("a home, but nobody covers it", 3),
)
"""The last is what has to be mended: a home whose county brings no referral."""


def _where(asked: Asked) -> ProviderFilter:
    return ProviderFilter(
        name=asked.text("name"),
        kind=asked.fields.choice("kind", ProviderKind),
        active=False if asked.flag("inactive") else None,
        county=asked.text("county"),
        no_referral_status=True if asked.flag("suspended") else None,
        unreachable=True if asked.flag("unreachable") else None,
        without_county=True if asked.flag("withoutCounty") else None,
    )


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[ProviderProfileView]:
    wanted = {"contacts", "inNoReferralStatus", "reachable"}
    return await list_provider_profiles(
        caller, where=_where(asked), first=first, after=after, count=True, wanted=wanted
    )


def _served(one: ProviderProfileView) -> set[str]:
    return {county.name for contact in one.contacts if contact.active for county in contact.counties}


PROVIDERS = Register(
    path="/providers",
    title="Providers",
    about="Who offers homes, and whether referrals reach them.",
    one="provider",
    rows=_rows,
    read=_where,
    filters=(
        Filter("name", "Name"),
        Filter("kind", "Kind", Kind.CHOICE, coded(ProviderKind)),
        Filter("county", "County covered", Kind.CHOICE, county_choices),
        Filter("unreachable", "No letter reaches it", Kind.FLAG),
        Filter("withoutCounty", "No county covered", Kind.FLAG),
        Filter("suspended", "No Referral Status", Kind.FLAG),
        Filter("inactive", "Not active", Kind.FLAG),
    ),
    columns=(
        Column("Provider", lambda one: one.name),
        Column("State", lambda one: one.active, "providers/cells.html:state"),
        Column("Kind", lambda one: one.kind),
        Column("City", lambda one: one.city),
        Column("Regional office", lambda one: one.regional_office.name if one.regional_office else None),
        Column("Active contacts", lambda one: sum(contact.active for contact in one.contacts), figure=True),
        Column("Counties covered", lambda one: len(_served(one)), figure=True),
    ),
    link=lambda one: f"/providers/{one.id}",
    empty="No provider fits.",
    exports=True,
    saves=True,
    template="providers/list.html",
)


async def own_provider_page(visit: Visit) -> Response:
    """Show the profile of the person's own provider; who has none goes to the list."""
    own = visit.caller.actor.provider_id
    return go_to("/providers") if own is None else await _profile(visit, own)


async def provider_page(visit: Visit) -> Response:
    """Show the profile of a provider."""
    return await _profile(visit, visit.request.path_params["provider_id"])


async def _profile(visit: Visit, key: UUID) -> Response:
    actor = visit.caller.actor
    profile = await view_provider_profile(visit.caller, key, wanted=EVERYTHING)
    covered = {county.fips for contact in profile.contacts if contact.active for county in contact.counties}
    homes = {site.county.fips for site in profile.sites}
    values = {fips: (2 if fips in homes else 1) if fips in covered else 3 for fips in covered | homes}
    return visit.show(
        "providers/profile.html",
        provider=profile,
        engagement=await view_engagement(visit.caller, key),
        at=f"/providers/{key}",
        keeps=actor.has_any(PROFILE_KEEPERS) and keeps(actor, key),
        in_office=actor.has_any(PROVIDER_OFFICE),
        only_own=sees_only_own(actor),
        values=values,
        legend=[band for band in _PROFILE_BANDS if band.least != 3 or 3 in values.values()],
        covered=len(covered),
    )


async def coverage_page(visit: Visit) -> Response:
    """Show on a map and as a table how many providers a letter reaches in each county, and where none."""
    counties = await list_coverage(visit.caller)
    lacking = [one for one in counties if one.lacking]
    values = {one.fips: one.providers for one in counties}
    return visit.show(
        "providers/coverage.html",
        counties=sorted(counties, key=_by_need),
        lacking=lacking,
        values=values,
        legend=bands_of(values.values(), zero="no provider"),
        marked={one.fips for one in lacking},
    )


def _by_need(one: CountyCoverage) -> tuple[bool, int, int, str]:
    # Those that are kept back stand together by name: an order of theirs would tell which is larger.
    seeking = one.open_referrals.count
    return not one.lacking, one.providers, -1 if seeking is None else -seeking, one.name


async def verify_page(visit: Visit) -> Response:
    """Write down that a contact's data are right."""
    await verify_contact(visit.caller, visit.request.path_params["contact_id"])
    return _back(visit, "contact-verified")


async def activate_contact_page(visit: Visit) -> Response:
    """Let a contact hear of referrals again."""
    await activate_contact(visit.caller, visit.request.path_params["contact_id"])
    return _back(visit, "contact-activated")


async def activate_page(visit: Visit) -> Response:
    """Let a provider take part."""
    await activate_provider(visit.caller, visit.request.path_params["provider_id"])
    return _back(visit, "provider-activated")


async def remove_site_page(visit: Visit) -> Response:
    """Remove a home that is no more."""
    owner = await remove_site(visit.caller, visit.request.path_params["site_id"])
    return go_to(f"/providers/{owner}?done=site-removed")


def _back(visit: Visit, done: str) -> Response:
    return go_to(f"/providers/{visit.request.path_params['provider_id']}?done={done}")
