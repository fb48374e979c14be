"""Move an access request: state, holder, due time, a line of its timeline, a ring for whoever follows it (TRK-01)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from orm.models import AccessRequest, AccessRequestStep, LsoDesignation, User
from resolvers.cso_lock import hold_csos
from resolvers.desk import Work
from resolvers.officers import Organization, lso_and_deputies, officers_of, readers
from resolvers.promises import Reader, about
from rules.approvals import MOVES, Addressee, RequestState, StandsInAs, addressee, still_stands
from rules.errors import Conflict
from rules.notices import NotificationKind


def organization_of(request: AccessRequest) -> Organization:
    """Give the organization whose LSO is asked."""
    return Organization(request.provider_id, request.facility_id)


async def move(
    work: Work,
    request: AccessRequest,
    state: RequestState,
    *,
    to: Addressee | None = None,
    why: str = "",
    due_at: datetime | None = None,
) -> None:
    """Move a request that is held under its lock, and write the step down; ``why`` is a code, never a text.

    Raises:
        Conflict: the request does not move that way.
    """
    if state not in MOVES[request.state]:
        raise Conflict("The request is not in a state that allows this.", code="REQUEST_STATE")
    request.state = state
    request.state_since = work.now
    request.version += 1
    request.addressee_id = to.user_id if to else None
    request.addressed_as = to.capacity if to else None
    request.due_at = due_at
    if state.is_final:
        request.decided_at = work.now
    await request.save()
    await write_step(work, request, holder_id=request.addressee_id, why=why)


async def write_step(work: Work, request: AccessRequest, *, holder_id: UUID | None = None, why: str = "") -> None:
    """Write where the request is now as the next line of its timeline."""
    line = await AccessRequestStep.filter(request_id=request.id).count() + 1
    await AccessRequestStep.create(
        request_id=request.id,
        line=line,
        state=request.state,
        at=work.now,
        by_id=work.actor.id,
        holder_id=holder_id,
        why=why,
        due_at=request.due_at,
    )
    work.touches("access_request", [request.id])
    work.ring(request.id)


async def find_addressee(request: AccessRequest) -> Addressee | None:
    """Say who is asked first for a request at this moment; nobody while the organization has no LSO."""
    return addressee(request.requester_id, await officers_of(organization_of(request)))


async def address(work: Work, request: AccessRequest, *, why: str) -> Addressee | None:
    """Send a request to whoever is asked first at this moment, and tell; hold it where there is nobody (000:106)."""
    to = await find_addressee(request)
    if to is None:
        await move(work, request, RequestState.AWAITING_LSO, why=why)
        requester = await User.get(id=request.requester_id)
        work.promise(about([Reader.user(requester)], NotificationKind.ACCESS_REQUEST_HELD, request.number))
        return None
    await move(work, request, RequestState.WITH_LSO, to=to, why=why)
    told = {one.id: one for one in await User.filter(id=to.user_id)}
    if to.capacity is StandsInAs.LSO:
        told |= {one.id: one for one in await lso_and_deputies(organization_of(request), work.today)}
    told.pop(request.requester_id, None)
    work.promise(about(readers(told.values()), NotificationKind.ACCESS_REQUEST_TO_DECIDE, request.number))
    return to


async def readdress(work: Work, person: UUID) -> None:
    """Address anew what waits for a person who holds the office no more; for whatever ends an office or an account."""
    waiting = (
        await AccessRequest.filter(addressee_id=person, state=RequestState.WITH_LSO)
        .order_by("number")
        .select_for_update(no_key=True)
    )
    for request in waiting:
        officers = await officers_of(organization_of(request))
        if request.addressed_as is None or not still_stands(person, request.addressed_as, officers):
            await address(work, request, why="READDRESSED")


async def release_offices(work: Work) -> None:
    """Let go on what people of the offices, and LSOs, asked for while nobody could be asked (POL-21)."""
    await hold_csos()
    officers = await LsoDesignation.filter(ended_at=None, user_id__not_isnull=True).values_list("user_id", flat=True)
    of_offices = Q(provider_id__isnull=True, facility_id__isnull=True)
    waiting = (
        await AccessRequest.filter(of_offices | Q(requester_id__in=list(officers)), state=RequestState.AWAITING_LSO)
        .order_by("number")
        .select_for_update(no_key=True)
    )
    for request in waiting:
        if await find_addressee(request) is not None:
            await address(work, request, why="CSO_NAMED")
