"""Access requests: one's own, what waits for one's decision, and the page on which one is followed and decided.

Looking decides nothing: an answer is a form with user ID and password (000:198-201).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from starlette.responses import Response

from admin_ui.doors import Visit, go_to
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.forms import address, page_after
from admin_ui.registers import Register, look_of
from admin_ui.tables import Column, Table, table_of
from resolvers.access_request_decisions import Answer, decide_access_request
from resolvers.access_request_views import (
    AccessRequestView,
    Inbox,
    list_access_requests,
    list_my_requests,
    view_access_request,
)
from resolvers.callers import Caller
from resolvers.paging import PAGE_LIMIT, Page
from resolvers.role_catalogue import HeldRoleView, list_current_roles
from rules.approvals import DECIDED_IN, RequestState, Stage
from rules.calendar import in_chicago
from rules.errors import Invalid, NotFound
from rules.roles import Role

REQUEST_COLUMNS: Sequence[Column[AccessRequestView]] = (
    Column("Request", lambda request: request.number, tight=True),
    Column("State", lambda request: request.state, "access/cells.html:state", tight=True),
    Column("Due", lambda request: request.due_at, "access/cells.html:due_at", tight=True),
    Column("Person", lambda request: request.requester.name),
    Column("Organization", lambda request: request.employer),
    Column("Roles", lambda request: [one.role.name for one in request.roles]),
    Column("With", lambda request: request.held_by, "access/cells.html:holder"),
    Column("Since", lambda request: request.state_since, tight=True),
)
_QUEUED = tuple(one for one in REQUEST_COLUMNS if one.heading not in {"State", "With"})
OWN_COLUMNS = tuple(one for one in REQUEST_COLUMNS if one.heading not in {"Person", "Organization"})
ROLE_COLUMNS: Sequence[Column[HeldRoleView]] = (
    Column("Role", lambda held: held.role.name),
    Column("What it is for", lambda held: held.role.description),
    Column("Since", lambda held: held.granted_at, tight=True),
    Column("Granted by", lambda held: held.granted_by),
    Column("Request", lambda held: held.request_number, "access/cells.html:granted_with", tight=True),
)
_HELD = "The roles that you hold, since when, and by which request"
_PAGE = 50
_LARGEST_NUMBER = 2**31 - 1
_DONE = 4


async def access_requests_page(visit: Visit) -> Response:
    """List what waits for the person, and the person's own requests."""
    mine = await list_my_requests(visit.caller, first=_PAGE, after=visit.fields.raw("after") or None)
    to_decide = (await list_access_requests(visit.caller, Inbox.TO_DECIDE, first=PAGE_LIMIT)).nodes

    def table(
        columns: Sequence[Column[AccessRequestView]], requests: Sequence[AccessRequestView], caption: str
    ) -> Table:
        link, late = _link, partial(_late, visit.caller.desk.clock())
        return table_of(columns, requests, look_of(visit), caption=caption, link=link, late=late)

    return visit.show(
        "access/requests.html",
        to_decide=table(REQUEST_COLUMNS, to_decide, "Access requests that wait for your decision"),
        provisions=visit.caller.actor.has_any({Role.ITSD_PROVISIONING}),
        mine=table(OWN_COLUMNS, mine.nodes, "Your own access requests, the latest first"),
        onward=page_after("/access-requests", {}, mine),
        held=await _held(visit),
    )


async def my_roles_page(visit: Visit) -> Response:
    """List the roles that the person holds (TRK-03)."""
    return visit.show("access/my_roles.html", held=await _held(visit))


async def _held(visit: Visit) -> Table:
    held = await list_current_roles(visit.caller)
    link = lambda one: f"/roles/{one.role.code}"  # noqa: E731 - a link, as in a register
    return table_of(ROLE_COLUMNS, held, look_of(visit), caption=_HELD, link=link)


async def _queue(caller: Caller, _: Asked, first: int, after: str | None) -> Page[AccessRequestView]:
    return await list_access_requests(caller, Inbox.PROVISIONING, first=first, after=after, count=True)


def _state(asked: Asked) -> RequestState | None:
    return asked.fields.choice("state", RequestState)


async def _in_sight(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[AccessRequestView]:
    return await list_access_requests(caller, state=_state(asked), first=first, after=after, count=True)


def _link(request: AccessRequestView) -> str:
    return f"/access-requests/{request.number}"


def _late(now: datetime, request: AccessRequestView) -> bool:
    return request.due_at is not None and request.due_at < now


PROVISIONING = Register(
    path="/provisioning",
    title="Final approval",
    about="Access requests that a Local Security Officer has approved. Each is due within 48 hours, the oldest first.",
    one="request",
    rows=_queue,
    columns=_QUEUED,
    link=_link,
    empty="Nothing waits for ITSD Provisioning.",
    exports=True,
)
ALL_REQUESTS = Register(
    path="/access-requests/all",
    title="All access requests",
    about="Every access request that you may see, the oldest first.",
    one="request",
    rows=_in_sight,
    read=_state,
    filters=(Filter("state", "State", Kind.CHOICE, choices=coded(RequestState)),),
    columns=REQUEST_COLUMNS,
    link=_link,
    empty="No access request fits.",
    exports=True,
)


async def access_request_page(visit: Visit) -> Response:
    """Show one request with the way it went; and where it is the person's to decide, take the signed answer."""
    number = visit.request.path_params["number"]
    if number > _LARGEST_NUMBER:
        raise NotFound("There is no such access request.")
    refusal: Invalid | None = None
    if visit.request.method == "POST":
        try:
            await _decide(visit, number)
        except Invalid as invalid:
            refusal = invalid
        else:
            return go_to(address(f"/access-requests/{number}", {"done": "decided"}))
    request = await view_access_request(visit.caller, number)
    steps, at = way_of(request)
    return visit.show(
        "access/request.html",
        refusal=refusal,
        request=request,
        steps=steps,
        at=at,
        own=request.requester.id == visit.caller.actor.id,
        stage=await _stage_to_decide(visit, request),
        reason=visit.fields.raw("reason"),
        now=visit.caller.desk.clock(),
    )


def way_of(request: AccessRequestView) -> tuple[list[tuple[str, str]], int]:
    """Give the way of a request as steps with a note, and the place of the present one."""
    with_whom = request.holder.name if request.holder else request.held_by
    due = f"due {in_chicago(request.due_at)}" if request.due_at else ""
    now = ", ".join(part for part in (with_whom, due) if part)
    submitted = ("Submitted", in_chicago(request.submitted_at) if request.submitted_at else "")
    decided = {
        one.stage: ("Approved, " if one.approved else "Denied, ") + in_chicago(one.at) for one in request.decisions
    }
    lso, provisioning = "Local Security Officer", "ITSD Provisioning"
    state = request.state
    if state in (RequestState.DENIED, RequestState.WITHDRAWN):
        passed = [
            (name, decided[stage])
            for stage, name in ((Stage.LSO, lso), (Stage.PROVISIONING, provisioning))
            if stage in decided
        ]
        ended = "Denied" if state is RequestState.DENIED else "Taken back"
        way = [*([submitted] if request.submitted_at else []), *passed, (ended, in_chicago(request.state_since))]
        return way, len(way) - 1
    at = {
        RequestState.DRAFT: 0,
        RequestState.AWAITING_LSO: 1,
        RequestState.WITH_LSO: 1,
        RequestState.AWAITING_PROVISIONING: 2,
    }.get(state, _DONE)
    return [
        ("Draft", "Choose roles, review, submit") if at == 0 else submitted,
        (lso, decided.get(Stage.LSO, now if at == 1 else "")),
        (provisioning, decided.get(Stage.PROVISIONING, now if at == 2 else "")),
        ("Granted", in_chicago(request.state_since) if at == _DONE else ""),
    ], at


async def _decide(visit: Visit, number: int) -> None:
    stage = visit.fields.choice("stage", Stage)
    decision = visit.fields.raw("decision")
    if stage is None or decision not in {"approve", "deny"}:
        raise Invalid("Choose whether to approve or to deny.", code="DECISION_REQUIRED", field="decision")
    answer = Answer(decision == "approve", visit.fields.raw("contentHash"), visit.fields.raw("reason"))
    await decide_access_request(
        visit.caller,
        number,
        stage,
        answer,
        user_id=visit.fields.raw("userId"),
        password=visit.fields.raw("password"),
    )


async def _stage_to_decide(visit: Visit, request: AccessRequestView) -> Stage | None:
    """Say at which stage the request waits for this very person; an answer that is not theirs is not even offered."""
    if request.state is DECIDED_IN[Stage.LSO]:
        waiting = await list_access_requests(visit.caller, Inbox.TO_DECIDE, first=PAGE_LIMIT)
        return Stage.LSO if request.number in {one.number for one in waiting.nodes} else None
    own = request.requester.id == visit.caller.actor.id
    gave_first = any(one.decider.id == visit.caller.actor.id for one in request.decisions)
    if request.state is DECIDED_IN[Stage.PROVISIONING] and not own and not gave_first:
        return Stage.PROVISIONING if visit.caller.actor.has_any({Role.ITSD_PROVISIONING}) else None
    return None
