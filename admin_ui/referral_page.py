"""The view of one referral (001:236-254), and beside it what was published, and what the house did about it."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.doors import Visit
from resolvers.callers import Actor
from resolvers.office_reads import referral_deliveries
from resolvers.referral_views import view_referral
from resolvers.scope import EDITORS
from resolvers.trail_reads import TrailFilter, list_trail
from rules.referrals import ACCEPTANCES, ReferralStatus

_ENTRIES = 50
_MEMBERS_SHOWN = 100
_FOR_ALL = frozenset(
    {
        "attachments",
        "consumer",
        "consumer.guardians",
        "facility",
        "ownResponse",
        "ownResponse.versions",
        "pendingPlacement",
        "preferredCounties",
        "primaryCoordinator",
        "timeline",
    }
)
_FOR_STAFF = frozenset({"exclusions", "publications", "responses", "responses.versions"})


async def referral_page(visit: Visit) -> Response:
    """Show one referral as this person sees it, with what the person may do next."""
    actor = visit.caller.actor
    wanted = _FOR_ALL | _FOR_STAFF if _is_staff(actor) else _FOR_ALL
    referral = await view_referral(visit.caller, number=visit.request.path_params["number"], wanted=wanted)
    is_editor = actor.has_any(EDITORS)
    return visit.show(
        "referrals/view.html",
        referral=referral,
        is_staff=_is_staff(actor),
        is_open=referral.status is ReferralStatus.OPEN,
        changes=is_editor and referral.status in {ReferralStatus.DRAFT, ReferralStatus.OPEN},
        accepted=any(one.kind in ACCEPTANCES for one in referral.responses),
        unreached=bool(visit.request.query_params.get("unreached")),
    )


async def publications_page(visit: Visit) -> Response:
    """Show each publication with its audience as it was decided then, and by which rule."""
    number = visit.request.path_params["number"]
    wanted = {"publications", "publications.audience"}
    referral = await view_referral(visit.caller, number=number, wanted=wanted)
    name = visit.fields.text("name")
    return visit.show(
        "referrals/publications.html",
        referral=referral,
        name=name,
        wanted=name.casefold(),
        most=_MEMBERS_SHOWN,
    )


async def house_page(visit: Visit) -> Response:
    """Show who was told of a referral, letter by letter, and its part of the trail."""
    number = visit.request.path_params["number"]
    referral = await view_referral(visit.caller, number=number)
    deliveries = await referral_deliveries(visit.caller, number)
    entries = await list_trail(visit.caller, where=TrailFilter(about=referral.id), first=_ENTRIES)
    return visit.show("referrals/house.html", referral=referral, deliveries=deliveries, entries=entries)


def _is_staff(actor: Actor) -> bool:
    return actor.sees_all_referrals or actor.is_coordinator
