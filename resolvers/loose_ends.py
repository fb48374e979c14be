"""What a person leaves unfinished when the account ends: offices, requests and forms, ended in the same transaction."""

from __future__ import annotations

from orm.models import AccessForm, AccessRequest, LsoDeputy, LsoDesignation, RoleGrant, Ticket, User
from resolvers.audience_lock import change_audience
from resolvers.cso_lock import hold_csos
from resolvers.desk import Work
from resolvers.officers import Organization, lock_organization
from resolvers.request_steps import move, readdress
from resolvers.vacancies import end_designation
from rules.access_forms import FormState
from rules.approvals import RequestState
from rules.roles import Role
from rules.tickets import TicketKind, TicketState


async def tie_up(work: Work, user: User) -> None:
    """End what an account in use is needed for; the account is held under its lock and not in use any more.

    The person's own open requests and forms are withdrawn. A designation as LSO ends, so that the organization counts
    as vacant (000:105-106), a deputy stands in no more, and what waited for the person is addressed anew.
    """
    await stop_addressing(user)
    withdrawn = await _withdraw_requests(work, user)
    withdrawn_forms = await withdraw_forms(work, user)
    await refuse_resets(work, user)
    designations = await LsoDesignation.filter(user_id=user.id, ended_at=None).select_for_update(no_key=True)
    for designation in sorted(designations, key=lambda one: str(one.id)):
        await end_designation(work, designation, "ACCOUNT_ENDED")
    await LsoDeputy.filter(user_id=user.id, ended_at=None).update(ended_at=work.now)
    await readdress(work, user.id)
    work.note(requests_withdrawn=withdrawn, forms_withdrawn=withdrawn_forms, designations_ended=len(designations))


async def stop_addressing(user: User) -> None:
    """Wait until nothing is being addressed to an officer or a CSO, and let nothing be until the end.

    Without it a request that is submitted at the same moment would go to somebody who has just gone.
    """
    designated = await LsoDesignation.exists(user_id=user.id, ended_at=None)
    if designated or await RoleGrant.exists(user_id=user.id, role=Role.EXECUTIVE_DIRECTOR):
        await change_audience()  # before a provider's row, as wherever both are held
        await lock_organization(Organization.of(user))
    if await RoleGrant.exists(user_id=user.id, role=Role.CSO):
        await hold_csos()


async def _withdraw_requests(work: Work, user: User) -> list[int]:
    open_ones = (
        await AccessRequest.filter(requester_id=user.id, state__in=[one for one in RequestState if not one.is_final])
        .order_by("number")
        .select_for_update(no_key=True)
    )
    for request in open_ones:
        await move(work, request, RequestState.WITHDRAWN, why="ACCOUNT_ENDED")
    return [request.number for request in open_ones]


async def refuse_resets(work: Work, user: User) -> None:
    """Close the open password reset of an account that has no password to reset any more: nobody need call back."""
    open_ones = await Ticket.filter(
        user_id=user.id, kind=TicketKind.PASSWORD_RESET, state=TicketState.OPEN
    ).select_for_update(no_key=True)
    for ticket in open_ones:
        ticket.state, ticket.note = TicketState.REFUSED, "The account is not in use any more."
        ticket.answered_at, ticket.answered_by_id = work.now, work.actor.id
        await ticket.save(update_fields=["state", "note", "answered_at", "answered_by_id"])
    work.touches("ticket", [ticket.id for ticket in open_ones])


async def withdraw_forms(work: Work, user: User) -> list[int]:
    """Withdraw the open forms that are about the person; give their numbers."""
    open_ones = (
        await AccessForm.filter(user_id=user.id, state__in=[one for one in FormState if not one.is_final])
        .order_by("number")
        .select_for_update(no_key=True)
    )
    for form in open_ones:
        form.state, form.state_since = FormState.WITHDRAWN, work.now
        await form.save(update_fields=["state", "state_since"])
    work.touches("access_form", [form.id for form in open_ones])
    return [form.number for form in open_ones]
