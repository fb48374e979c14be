"""Break-glass: opened with a reason, read under a banner, ended, and reviewed by somebody else."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.forms import Fields
from admin_ui.registers import Register, show_register
from admin_ui.tables import Column
from resolvers.break_glass import REASON_LIMIT, break_glass, end_break_glass, review_break_glass
from resolvers.break_glass_views import BreakGlassView, list_break_glasses, view_break_glass, view_under_break_glass
from resolvers.callers import Caller
from resolvers.paging import Page
from rules.break_glass import HOLDERS, BreakGlassFinding
from rules.errors import Invalid

_SHOWN = frozenset(
    {
        "attachments",
        "consumer",
        "consumer.guardians",
        "exclusions",
        "facility",
        "pendingPlacement",
        "preferredCounties",
        "primaryCoordinator",
        "responses",
        "timeline",
    }
)
_REVIEWED = {"waits": False, "done": True}


def state_of(one: BreakGlassView) -> str:
    """Say in words where a break-glass stands."""
    if one.is_open:
        return "Open now"
    return {
        BreakGlassFinding.JUSTIFIED: "Justified",
        BreakGlassFinding.NOT_JUSTIFIED: "Not justified",
        None: "Waits for review",
    }[one.finding]


def _which(asked: Asked) -> bool | None:
    return _REVIEWED.get(asked.fields.raw("review"))


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[BreakGlassView]:
    return await list_break_glasses(caller, reviewed=_which(asked), first=first, after=after, count=True)


BREAK_GLASSES = Register(
    path="/break-glass",
    title="Break-glass",
    about="Referrals that were opened, for an hour, to somebody whose office sees none.",
    one="opening",
    rows=_rows,
    filters=(Filter("review", "Review", Kind.CHOICE, choices=(("waits", "Waits for somebody"), ("done", "Done"))),),
    columns=(
        Column("Number", lambda one: one.number, tight=True),
        Column("State", state_of, "glass/cells.html:state", tight=True),
        Column("Referral", lambda one: one.referral_number, tight=True),
        Column("Opened by", lambda one: f"{one.opened_by_name} ({one.opened_by})"),
        Column("Opened", lambda one: one.opened_at, tight=True),
        Column("Reason", lambda one: one.reason),
        Column("Reviewed by", lambda one: one.reviewed_by, tight=True),
    ),
    link=lambda one: f"/break-glass/{one.number}",
    empty="Nothing was opened by break-glass. That is as it should be.",
    exports=True,
    template="glass/list.html",
)


async def break_glasses_page(visit: Visit) -> Response:
    """List what was opened; who may break the glass begins here."""
    return await show_register(visit, BREAK_GLASSES, {"acts": visit.caller.actor.has_any(HOLDERS)})


async def break_glass_page(visit: Visit) -> Response:
    """Show who opened what and why, and what is left to do."""
    one = await view_break_glass(visit.caller, visit.request.path_params["number"])
    return visit.show("glass/one.html", one=one, left=_left(visit, one), acts=visit.caller.actor.has_any(HOLDERS))


async def under_glass_page(visit: Visit) -> Response:
    """Show the referral to whoever has opened it, for as long as it is open."""
    one = await view_break_glass(visit.caller, visit.request.path_params["number"])
    referral = await view_under_break_glass(visit.caller, one.referral_number, wanted=_SHOWN)
    return visit.show("glass/referral.html", one=one, referral=referral, left=_left(visit, one))


def _left(visit: Visit, one: BreakGlassView) -> int:
    """Give the minutes that are left, the begun one included."""
    return max(0, -((visit.caller.desk.clock() - one.expires_at) // timedelta(minutes=1)))


async def _begin(visit: Visit) -> Loaded:
    return Loaded({"referralNumber": visit.fields.raw("referral")[:10]})


async def _open(visit: Visit, given: Fields) -> str:
    number = given.number("referralNumber", "A referral number")
    return f"/break-glass/{await break_glass(visit.caller, number or 0, given.raw('reason'))}"


OPEN_GLASS = Action(
    path="/break-glass/open",
    title="Open a referral by break-glass",
    button="Break the glass",
    load=_begin,
    do=_open,
    of=break_glass,
    done="The referral is open to you. Everybody who holds the office was told.",
    about=(
        "For an emergency only. The referral opens to you alone, to be read and not to be changed. Every look is "
        "written down, and somebody else reviews it."
    ),
    confirm="Everybody who holds the office is told at once, with your user ID. Nobody can take that back.",
    back="/break-glass",
    fields=(
        Field("referralNumber", "Referral number", Ask.NUMBER, required=True),
        Field(
            "reason",
            "Reason",
            Ask.AREA,
            required=True,
            limit=REASON_LIMIT,
            hint="Why you need to read this referral now. Whoever reviews it reads this.",
        ),
    ),
)


async def _to_end(visit: Visit) -> Loaded:
    one = await view_break_glass(visit.caller, visit.request.path_params["number"])
    return Loaded(
        title=f"End break-glass {one.number}",
        about=f"Referral {one.referral_number} closes to {one.opened_by_name} at once.",
        back=f"/break-glass/{one.number}",
    )


async def _end(visit: Visit, _: Fields) -> str:
    return f"/break-glass/{await end_break_glass(visit.caller, visit.request.path_params['number'])}"


END_GLASS = Action(
    path="/break-glass/{number:int}/end",
    title="End break-glass",
    button="End it now",
    load=_to_end,
    do=_end,
    of=end_break_glass,
    done="It was ended. The referral is closed again.",
)


async def _to_review(visit: Visit) -> Loaded:
    one = await view_break_glass(visit.caller, visit.request.path_params["number"])
    return Loaded(
        title=f"Review break-glass {one.number}",
        about=f"{one.opened_by_name} opened referral {one.referral_number}: {one.reason}",
        back=f"/break-glass/{one.number}",
    )


async def _review(visit: Visit, given: Fields) -> str:
    finding = given.choice("finding", BreakGlassFinding)
    if finding is None:
        raise Invalid("Choose what you found.", code="FIELD_REQUIRED", field="finding")
    number = visit.request.path_params["number"]
    return f"/break-glass/{await review_break_glass(visit.caller, number, finding, given.raw('note'))}"


REVIEW_GLASS = Action(
    path="/break-glass/{number:int}/review",
    title="Review break-glass",
    button="Close the review",
    load=_to_review,
    do=_review,
    of=review_break_glass,
    done="The review is closed; the others were told.",
    confirm="A review is closed once. If it is open still, it ends.",
    fields=(
        Field("finding", "Finding", Ask.RADIO, choices=coded(BreakGlassFinding), required=True),
        Field("note", "Note", Ask.AREA, limit=REASON_LIMIT, hint="Needed where it was not justified: what follows?"),
    ),
)
