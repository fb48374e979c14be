"""Which access requests exist for whom. Out of sight and not there are the same answer.

A draft is the requester's alone. Once submitted, whoever is asked sees it, the LSO of the organization and the deputies
of the day, whoever decided on it, ITSD Provisioning once an LSO has approved it, and a liaison who was told that it
waits; CSO, auditors and administrators read.
"""

from __future__ import annotations

from datetime import date

from tortoise.expressions import Q, Subquery

from orm.models import AccessDecision, AccessRequest, AccessRequestStep, LsoDesignation, Notification
from resolvers.callers import Actor
from resolvers.numbers import LAST_NUMBER
from resolvers.officers import Organization, deputyships_of
from rules.approvals import RequestState, Stage, StandsInAs
from rules.errors import NotFound
from rules.notices import NotificationKind
from rules.roles import Role

ROLES_NOT_AVAILABLE = "ROLES_NOT_AVAILABLE"
"""Why a request was denied by the rules, at its submission or at a decision."""

READ_ALL = frozenset({Role.CSO, Role.AUDITOR, Role.ADMINISTRATOR})
"""Who reads every request that was submitted."""


async def sight_of(actor: Actor, on: date) -> Q:
    """Say as a condition which requests exist for a person on a day."""
    me = actor.person()
    own = Q(requester_id=me)
    if actor.has_any(READ_ALL):
        return own | Q(submitted_at__not_isnull=True)
    decided = AccessDecision.filter(decider_id=me).values("request_id")
    ended = AccessRequestStep.filter(by_id=me, why=ROLES_NOT_AVAILABLE).values("request_id")
    others = Q(addressee_id=me) | Q(id__in=Subquery(decided)) | Q(id__in=Subquery(ended))
    for organization in await _organizations(actor, on):
        others |= organization
    if actor.has_any({Role.ITSD_PROVISIONING}):
        approved = AccessDecision.filter(stage=Stage.LSO, approved=True).values("request_id")
        others |= Q(id__in=Subquery(approved))
    if actor.has_any({Role.PROVIDER_RELATIONS}):
        told = Notification.filter(mailbox_id=actor.mailbox_id, kind=NotificationKind.REQUEST_WAITS)
        others |= Q(number__in=Subquery(told.values("subject_number")))
    return own | (Q(submitted_at__not_isnull=True) & others)


async def to_decide(actor: Actor, on: date) -> Q:
    """Say as a condition which requests wait for a person's own answer as LSO, or in the place of one (000:31-32)."""
    me = actor.person()
    mine = Q(addressee_id=me)
    for one in await deputyships_of(me, on):
        mine |= Q(addressee_id=one.lso_id, addressed_as=StandsInAs.LSO) & _of(one.organization)
    return Q(state=RequestState.WITH_LSO) & mine & ~Q(requester_id=me)


async def request_in_sight(actor: Actor, number: int, on: date) -> AccessRequest:
    """Load a request that exists for the person.

    Raises:
        NotFound: there is no such request for this person.
    """
    found = None
    if 0 < number <= LAST_NUMBER:
        found = await AccessRequest.filter(await sight_of(actor, on), number=number).first()
    if found is None:
        raise no_such_request()
    return found


def no_such_request() -> NotFound:
    """Say that there is no such request, or none for this person."""
    return NotFound("There is no such access request.", code="ACCESS_REQUEST_NOT_FOUND")


async def _organizations(actor: Actor, on: date) -> list[Q]:
    designations = await LsoDesignation.filter(user_id=actor.person(), ended_at=None)
    own = [Organization(one.provider_id, one.facility_id) for one in designations]
    return [_of(one) for one in (*own, *(one.organization for one in await deputyships_of(actor.person(), on)))]


def _of(organization: Organization) -> Q:
    return Q(provider_id=organization.provider_id) & Q(facility_id=organization.facility_id)
