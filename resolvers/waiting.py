"""Requests and forms that stay at one stage for too long: whoever has to act is told, once for each stage (SWP-05)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from orm.models import AccessForm, AccessRequest, StageNotice, User
from orm.sql import fetch, to_uuid
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.officers import Organization, holders_of, liaisons_for, liaisons_of, lso_and_deputies, readers
from resolvers.promises import about
from resolvers.register import current_policy
from resolvers.request_steps import organization_of
from rules.access_forms import FormState
from rules.accounts import AccountState
from rules.approvals import RequestState
from rules.deadlines import waits_too_long
from rules.notices import NotificationKind
from rules.roles import Role

_REQUESTS = (RequestState.AWAITING_LSO, RequestState.WITH_LSO)
"""The final approval has its own 48 hours (000:203)."""

_FORMS = tuple(state for state in FormState if not state.is_final)


async def waiting_requests(now: datetime) -> list[UUID]:
    """List the requests that have waited too long at their stage, as far as nobody was told of that stage."""
    return await _waiting("access_request", _REQUESTS, now)


async def waiting_forms(now: datetime) -> list[UUID]:
    """List the forms that have waited too long at their stage, as far as nobody was told of that stage."""
    return await _waiting("access_form", _FORMS, now)


@operation("access_request.tell_waiting", by=THE_HOUSE, cites="000:198-201; 000:229-232")
async def tell_waiting_request(work: Work, request_id: UUID) -> bool:
    """Tell the LSO, or where there is none the regional office, of a request that waits; answer whether it does."""
    work.about("access_request", request_id)
    request = await AccessRequest.filter(id=request_id).select_for_update(no_key=True).first()
    if request is None or request.state not in _REQUESTS or not await _begin(work, request.id, request.state_since):
        work.note(due=False)
        return False
    organization = organization_of(request)
    people = await lso_and_deputies(organization, work.today)
    if request.addressee_id is not None:
        people += await User.filter(id=request.addressee_id, state=AccountState.ACTIVE)
    if request.state is RequestState.AWAITING_LSO or not people:
        people += await liaisons_for(organization)
    others = [person for person in people if person.id != request.requester_id]
    _tell(work, others, NotificationKind.REQUEST_WAITS, request.number)
    return True


@operation("access_form.tell_waiting", by=THE_HOUSE, cites="000:95-96; 000:122-128")
async def tell_waiting_form(work: Work, form_id: UUID) -> bool:
    """Tell whoever has to act of a form that waits; answer whether it does."""
    work.about("access_form", form_id)
    form = await AccessForm.filter(id=form_id).select_for_update(no_key=True).first()
    if form is None or form.state not in _FORMS or not await _begin(work, form.id, form.state_since):
        work.note(due=False)
        return False
    _tell(work, await _hands_of(work, form), NotificationKind.FORM_WAITS, form.number)
    return True


async def _hands_of(work: Work, form: AccessForm) -> list[User]:
    """List in whose hands a form is at its stage."""
    if form.state is FormState.WITH_OA:
        return await holders_of(Role.OA)
    if form.state is FormState.AWAITING_SIGNATURES:
        organization = Organization(form.provider_id, form.facility_id)
        submitter = await User.filter(id=form.submitted_by_id, state=AccountState.ACTIVE)
        return [*submitter, *await lso_and_deputies(organization, work.today)]
    return await liaisons_of(form.regional_office_id)


async def _waiting(table: str, states: Collection[str], now: datetime) -> list[UUID]:
    policy = await current_policy(now)
    rows = await fetch(
        f"SELECT w.id FROM {table} w WHERE w.state IN (:states) AND w.state_since <= :before AND NOT EXISTS "
        "(SELECT 1 FROM stage_notice n WHERE n.subject_id = w.id AND n.since = w.state_since) ORDER BY w.number",
        states=[str(state) for state in states],
        before=now - policy.request_waiting,
    )
    return [to_uuid(row["id"]) for row in rows]


async def _begin(work: Work, subject: UUID, since: datetime) -> bool:
    """Say whether a stage has lasted too long and nobody was told of it; the notice is written down."""
    if not waits_too_long(since, work.now, work.policy):
        return False
    if await StageNotice.exists(subject_id=subject, since=since):
        return False
    await StageNotice.create(subject_id=subject, since=since, told_at=work.now)
    return True


def _tell(work: Work, people: Iterable[User], kind: NotificationKind, number: int) -> None:
    told = {person.id: person for person in people}
    work.promise(about(readers(told.values()), kind, number))
    work.note(due=True, number=number, told=len(told))
