"""The private link with which a person's own calendar shows the obligations: made, shown once, ended (RSK-01)."""

from __future__ import annotations

from admin_ui.actions import Action, Ask, Field, Loaded, Shown
from admin_ui.doors import Visit
from admin_ui.forms import Fields
from resolvers.calendar_feeds import ENDS_OTHERS, make_feed, own_feed, revoke_feed
from rules.calendar import in_chicago

_HERE = "/calendar-link"
_REPLACE = Field("replace", "End the link that I have, and make a new one", Ask.BOX)


async def _begin(visit: Visit) -> Loaded:
    since = await own_feed(visit.caller)
    return Loaded(
        fields=(_REPLACE,) if since else (),
        about=(
            f"You have a link since {in_chicago(since)}. It is not shown again; if it is lost, make a new one."
            if since
            else "Your calendar program can show the obligations that you see here, with their due dates, and nothing "
            "of any person. Whoever has the link sees them, too: treat it like a password."
        ),
        more={"since": since},
    )


async def _make(visit: Visit, given: Fields) -> Shown:
    path = await make_feed(visit.caller, replace=bool(given.raw("replace")))
    link = f"{str(visit.request.base_url).rstrip('/')}{path}"
    return Shown(visit.show("calendar/link_made.html", link=link), _HERE)


MAKE_LINK = Action(
    path=_HERE,
    title="Obligations in your own calendar",
    button="Make a private link",
    back="/obligations",
    load=_begin,
    do=_make,
    of=make_feed,
    template="calendar/link.html",
    fields=(_REPLACE,),
)


async def _whose(visit: Visit) -> Loaded:
    return Loaded(fields=END_LINK.fields if visit.caller.actor.has_any(ENDS_OTHERS) else ())


async def _end(visit: Visit, given: Fields) -> str:
    await revoke_feed(visit.caller, given.raw("userId"))
    return _HERE


END_LINK = Action(
    path="/calendar-link/end",
    title="End a private link",
    button="End it",
    back=_HERE,
    load=_whose,
    do=_end,
    of=revoke_feed,
    confirm="The calendar program that reads this link gets nothing more.",
    done="The link has ended.",
    fields=(Field("userId", "User ID", limit=60, hint="Leave it empty for your own; enter whose link was lost."),),
)
