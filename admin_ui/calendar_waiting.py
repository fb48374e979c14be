"""What waits in the calendar: obligations, the collection of April, and what the house lacks."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import time, timedelta

from admin_ui.waiting import Provider, Tone, Waiting
from resolvers.callers import Caller
from resolvers.house_state import WARNED, HouseWarning, view_house
from resolvers.lso_collection import view_collection
from resolvers.obligation_views import OBLIGATION_READERS, list_obligations
from rules.calendar import local_date, local_instant
from rules.errors import NotFound
from rules.lso_collection import closes_on, open_year
from rules.obligations import ObligationState
from rules.roles import Role

_SOON = timedelta(days=30)
_DAY = timedelta(days=1)

_LACKS: Mapping[HouseWarning, tuple[str, str]] = {
    HouseWarning.NO_CSO: ("No Chief Security Officer is assigned", "/accounts"),
    HouseWarning.NO_PRIVACY_OFFICER: ("No Privacy Officer is assigned", "/accounts"),
    HouseWarning.POLICY_CONTRADICTS: (
        "Two numbers of the policy register contradict each other",
        "/policies/conflicts",
    ),
    HouseWarning.SWEEP_PARKED: ("A timed duty was given up after its last try", "/sweeps/runs?state=PARKED"),
}


async def obligations_waiting(caller: Caller) -> list[Waiting]:
    """Obligations that are late, and those that are due next."""
    if not caller.actor.has_any(OBLIGATION_READERS):
        return []
    late, coming = await asyncio.gather(
        list_obligations(caller, state=ObligationState.OPEN, overdue=True, first=1, count=True),
        list_obligations(caller, state=ObligationState.OPEN, overdue=False, first=1, count=True),
    )
    due = local_instant(coming.nodes[0].due_on + _DAY, time(0)) if coming.nodes else None
    presses = due is not None and due <= caller.desk.clock() + _SOON
    return [
        Waiting(
            "overdue obligations",
            late.total_count or 0,
            "/obligations?overdue=yes",
            Tone.LATE,
            one="overdue obligation",
        ),
        Waiting(
            "open obligations",
            coming.total_count or 0,
            "/obligations",
            Tone.DUE if presses else Tone.CALM,
            due if presses else None,
            one="open obligation",
        ),
    ]


async def collection_waiting(caller: Caller) -> list[Waiting]:
    """The answer of one's own facility, in April."""
    year = open_year(local_date(caller.desk.clock()))
    if year is None or caller.actor.facility_id is None or not caller.actor.has_any({Role.LSO}):
        return []
    try:
        facilities = (await view_collection(caller, year)).facilities
    except NotFound:
        return []
    due = local_instant(closes_on(year), time(0))
    return [
        Waiting("The collection of April asks for your answer", 1, "/lso-collection", Tone.DUE, due, sentence=True)
        for one in facilities
        if one.answered_at is None
    ]


async def house_waiting(caller: Caller) -> list[Waiting]:
    """What the house lacks to work as the documents ask."""
    if not caller.actor.has_any(WARNED):
        return []
    warnings = (await view_house(caller)).warnings or []
    return [Waiting(_LACKS[one][0], 1, _LACKS[one][1], Tone.LATE, sentence=True) for one in warnings]


CALENDAR_WAITING: tuple[Provider, ...] = (obligations_waiting, collection_waiting, house_waiting)
