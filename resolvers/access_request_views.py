"""Read access requests: one with its review and timeline, the caller's own, what waits for a decision (000:189-232)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tortoise.expressions import Q

from orm.models import AccessRequest
from resolvers.access_request_facts import terms_in_force
from resolvers.access_request_review import ReviewView, review_of
from resolvers.access_request_rows import Rows, load_rows
from resolvers.access_request_sight import request_in_sight, sight_of, to_decide
from resolvers.desk import EVERYONE, Reading, access
from resolvers.paging import Page, from_cursor, page_size, to_cursor
from resolvers.referral_shapes import PersonView
from resolvers.role_catalogue import RoleView
from rules.approvals import HOLDERS, NEXT_STEPS, RequestState, Stage, StandsInAs
from rules.eligibility import Ineligibility
from rules.organizations import Division, Under
from rules.roles import Role
from rules.statements import Statement

_ORDER = "REQUEST"


class Inbox(StrEnum):
    """Say which requests are asked for."""

    EVERYTHING = "EVERYTHING"
    """Every request that exists for the caller."""
    TO_DECIDE = "TO_DECIDE"
    """What waits for the caller's own answer as LSO, or in the place of one (000:198-201)."""
    PROVISIONING = "PROVISIONING"
    """What waits for the final approval (000:200-201)."""


@dataclass(frozen=True, slots=True)
class RequestedRoleView:
    """A role on a request."""

    role: RoleView
    reason: str
    denied_because: Ineligibility | None


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A signed decision."""

    stage: Stage
    approved: bool
    decider: PersonView
    on_behalf_of: PersonView | None
    capacity: StandsInAs | None
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StepView:
    """A step of the way of a request: where it was, who had it, from when to when, and until when it was due."""

    line: int
    state: RequestState
    since: datetime
    until: datetime | None
    held_by: str
    holder: PersonView | None
    by: PersonView | None
    why: str
    due_at: datetime | None


@dataclass(slots=True)
class AccessRequestView:
    """An access request as it may be seen."""

    id: UUID
    number: int
    state: RequestState
    requester: PersonView
    email: str
    division: Division | None
    under: Under | None
    regional_office: str | None
    employer: str
    terms_version: str
    created_at: datetime
    submitted_at: datetime | None
    state_since: datetime
    decided_at: datetime | None
    due_at: datetime | None
    held_by: str
    holder: PersonView | None
    addressed_as: StandsInAs | None
    next_step: str
    content_hash: str
    follows: int | None
    roles: list[RequestedRoleView] = field(default_factory=list)
    decisions: list[DecisionView] = field(default_factory=list)
    timeline: list[StepView] = field(default_factory=list)
    review: ReviewView | None = None


@access("access_request.view", by=EVERYONE, cites="000:189-191; 000:229")
async def view_access_request(
    reading: Reading, number: int, *, wanted: Collection[str] = frozenset()
) -> AccessRequestView:
    """Show one request that exists for the caller.

    Raises:
        NotFound: there is no such request for this person.
    """
    request = await request_in_sight(reading.actor, number, reading.today)
    reading.about("access_request", request.id)
    reading.note(number=number)
    return (await show_requests(reading, [request], wanted))[0]


@access("access_request.mine", by=EVERYONE, cites="000:231-232")
async def list_my_requests(
    reading: Reading,
    *,
    state: RequestState | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
    wanted: Collection[str] = frozenset(),
) -> Page[AccessRequestView]:
    """List the caller's own requests, the latest first (TRK-02)."""
    where = Q(requester_id=reading.actor.person())
    return await _page(reading, where, state, first, after, wanted, count=count, newest_first=True)


@access("access_request.list", by=EVERYONE, cites="000:198-203")
async def list_access_requests(
    reading: Reading,
    inbox: Inbox = Inbox.EVERYTHING,
    *,
    state: RequestState | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
    wanted: Collection[str] = frozenset(),
) -> Page[AccessRequestView]:
    """List the requests that wait for the caller, or all that exist for the caller; the oldest first."""
    if inbox is Inbox.TO_DECIDE:
        where = await to_decide(reading.actor, reading.today)
    else:
        where = await sight_of(reading.actor, reading.today)
    if inbox is Inbox.PROVISIONING:
        may = reading.actor.has_any({Role.ITSD_PROVISIONING})
        where &= Q(state=RequestState.AWAITING_PROVISIONING) if may else Q(number=0)
    reading.note(inbox=str(inbox))
    return await _page(reading, where, state, first, after, wanted, count=count, newest_first=False)


@access("access_request.terms", by=EVERYONE, cites="000:161-163")
async def view_terms(reading: Reading) -> Statement:
    """Show the terms that are agreed to with a request.

    Raises:
        NotFound: no version is in force.
    """
    terms = await terms_in_force(reading.today)
    reading.note(version=terms.version)
    return terms


async def show_requests(
    reading: Reading, requests: list[AccessRequest], wanted: Collection[str]
) -> list[AccessRequestView]:
    """Show requests that were found in the caller's sight."""
    rows = await load_rows(requests) if requests else None
    views = [_view(request, rows) for request in requests] if rows else []
    if rows and "review" in wanted:
        for request, view in zip(requests, views, strict=True):
            if request.state is RequestState.DRAFT:
                view.review = await review_of(request, rows.lines[request.id], reading.today)
    reading.shows("access_request", (request.id for request in requests), wanted)
    return views


async def _page(
    reading: Reading,
    where: Q,
    state: RequestState | None,
    first: int,
    after: str | None,
    wanted: Collection[str],
    *,
    count: bool,
    newest_first: bool,
) -> Page[AccessRequestView]:
    size = page_size(first)
    found = AccessRequest.filter(where)
    if state is not None:
        found = found.filter(state=state)
    total = await found.count() if count else None
    if after is not None:
        number = from_cursor(after, _ORDER, most=2**31 - 1)
        found = found.filter(number__lt=number) if newest_first else found.filter(number__gt=number)
    rows = [] if total == 0 else await found.order_by("-number" if newest_first else "number").limit(size + 1)
    return Page(
        nodes=await show_requests(reading, rows[:size], wanted),
        cursors=[to_cursor(_ORDER, row.number) for row in rows[:size]],
        has_next_page=len(rows) > size,
        has_previous_page=after is not None,
        total_count=total,
    )


def _view(request: AccessRequest, rows: Rows) -> AccessRequestView:
    requester = rows.people[request.requester_id]
    return AccessRequestView(
        id=request.id,
        number=request.number,
        state=request.state,
        requester=requester,
        email=request.email,
        division=request.division,
        under=request.under,
        regional_office=rows.offices.get(request.regional_office_id or ""),
        employer=rows.employers[request.id],
        terms_version=request.terms_version,
        created_at=request.created_at,
        submitted_at=request.submitted_at,
        state_since=request.state_since,
        decided_at=request.decided_at,
        due_at=request.due_at,
        held_by=_held_by(request.state, request.addressed_as),
        holder=rows.person(request.requester_id if request.state is RequestState.DRAFT else request.addressee_id),
        addressed_as=request.addressed_as,
        next_step=NEXT_STEPS[request.state],
        content_hash=request.content_hash or rows.draft_hash(request),
        follows=rows.followed.get(request.follows_id) if request.follows_id else None,
        roles=[
            RequestedRoleView(
                rows.roles[line.role_id],
                line.reason,
                Ineligibility(line.denied_because) if line.denied_because else None,
            )
            for line in rows.lines[request.id]
        ],
        decisions=[
            DecisionView(
                one.stage,
                one.approved,
                rows.people[one.decider_id],
                rows.person(one.for_id),
                one.capacity,
                one.reason,
                one.at,
            )
            for one in rows.decisions[request.id]
        ],
        timeline=timeline(request.id, rows),
    )


def timeline(request_id: UUID, rows: Rows) -> list[StepView]:
    """Show the way of a request, the first step first (TRK-01)."""
    steps = rows.steps[request_id]
    ends: list[datetime | None] = [step.at for step in steps[1:]]
    return [
        StepView(
            line=step.line,
            state=step.state,
            since=step.at,
            until=end,
            held_by=_held_by(step.state, None),
            holder=rows.person(step.holder_id),
            by=rows.person(step.by_id),
            why=step.why,
            due_at=step.due_at,
        )
        for step, end in zip(steps, [*ends, None], strict=True)
    ]


def _held_by(state: RequestState, capacity: StandsInAs | None) -> str:
    """Name the office that has a request; empty once it moves no more."""
    if state is RequestState.WITH_LSO and capacity is StandsInAs.EXECUTIVE_DIRECTOR:
        return "Executive Director"
    if state is RequestState.WITH_LSO and capacity is StandsInAs.CSO:
        return "Chief Security Officer"
    return HOLDERS.get(state, "")
