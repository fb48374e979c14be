"""Decide on an access request by signing: the LSO first, then ITSD Provisioning, nobody twice (000:31-36, 000:198-206).

The signer's hand is proven before the transaction. Inside it the accounts of requester and decider are locked first and
then the request, in the order in which a revocation locks them; everything that was true when the request was submitted
is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

from orm.models import AccessDecision, AccessRequest, AccessRequestRole, RoleGrant, User
from resolvers.access_request_facts import Weighing, check_contract, hash_of, lines_of, weigh
from resolvers.access_request_outcomes import close_as_denied, deny_for_roles
from resolvers.access_request_sight import no_such_request, request_in_sight
from resolvers.callers import Caller
from resolvers.desk import EVERYONE, Work, operation
from resolvers.incident_opening import open_incident
from resolvers.numbers import LAST_NUMBER
from resolvers.officers import Organization, deputies_of, designation_of, holders_of, is_last_cso, officers_of, readers
from resolvers.promises import Reader, about
from resolvers.request_steps import address, move, organization_of, release_offices
from resolvers.signing import Hand, hand_of, sign
from rules.accounts import AccountState
from rules.approvals import (
    Deputy,
    RequestState,
    Stage,
    StandsInAs,
    answers_for_lso,
    check_as_shown,
    check_not_own,
    check_open_at,
    check_second_person,
    still_stands,
)
from rules.errors import Conflict, Denied, Invalid
from rules.incidents import IncidentKind
from rules.notices import NotificationKind
from rules.roles import Role
from rules.signatures import Meaning
from rules.text import REASON_LIMIT, clean_text

_MEANINGS = {
    (Stage.LSO, True): Meaning.APPROVE_AS_LSO,
    (Stage.LSO, False): Meaning.DENY_AS_LSO,
    (Stage.PROVISIONING, True): Meaning.PROVISION,
    (Stage.PROVISIONING, False): Meaning.DENY_PROVISIONING,
}
_DENIED_BY = {Stage.LSO: "DENIED_BY_LSO", Stage.PROVISIONING: "DENIED_BY_PROVISIONING"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a decider says, and the hash of what they saw when they said it; a denial says why."""

    approve: bool
    shown_hash: str
    reason: str = ""


@dataclass(slots=True)
class _Case:
    """A request that is being decided, everything under lock."""

    request: AccessRequest
    requester: User
    decider: User
    lines: list[AccessRequestRole]
    stage: Stage
    for_id: UUID | None = None


async def decide_access_request(
    caller: Caller, number: int, stage: Stage, answer: Answer, *, user_id: str, password: str
) -> int:
    """Prove the caller's hand, then decide at a stage.

    Raises:
        Invalid: the password is wrong (and counted), or the user ID is another person's.
        Refusal: what :func:`decide_as_lso` and :func:`provision_access_request` raise.
    """
    hand = await hand_of(caller, user_id, password)
    decide = decide_as_lso if stage is Stage.LSO else provision_access_request
    return await decide(caller, number, answer, hand)


@operation("access_request.decide_as_lso", by=EVERYONE, cites="000:31-36; 000:198-201")
async def decide_as_lso(work: Work, number: int, answer: Answer, hand: Hand) -> int:
    """Approve or deny as the addressed LSO, or as who stands in by rule; any other signer is suspended (POL-08).

    A role that can no longer be granted denies the whole request whatever the answer: its state says so.

    Raises:
        NotFound: there is no such request for this person.
        Denied: ``NOT_ADDRESSED_TO_YOU``, ``SELF_APPROVAL``; an incident was opened and the account suspended.
        Conflict: it was decided meanwhile, is not what was shown, or requester or contract are in use no more.
        Invalid: a denial, or a pair of roles that needs one, without a reason.
    """
    case = await _case(work, number, Stage.LSO)
    if case.request.state is not RequestState.WITH_LSO:
        await request_in_sight(work.actor, number, work.today)
        check_open_at(case.request.state, Stage.LSO)
    addressed, capacity = case.request.addressee_id, case.request.addressed_as
    if addressed is None or capacity is None:
        raise AssertionError("a request with the LSO is addressed to somebody")
    # First whether anybody is still asked for it: a signer is no stranger because an address is out of date.
    if not still_stands(addressed, capacity, await officers_of(organization_of(case.request))):
        await address(work, case.request, why="READDRESSED")
        work.refuse_and_keep(
            Conflict("This request went to somebody else meanwhile: the office changed hands.", code="READDRESSED")
        )
    deputies = await _deputies(organization_of(case.request), addressed, capacity)
    own = case.decider.id == case.requester.id
    if own or not answers_for_lso(case.decider.id, addressed, deputies, work.today):
        await _foreign_answer(work, case, answer, own=own and case.decider.id in {one.user_id for one in deputies})
    case.for_id = addressed if case.decider.id != addressed else None
    if not answer.approve:
        await _deny(work, case, answer, hand)
        return number
    weighing = await _weighed_again(work, case, answer)
    if weighing.denied_because:
        await deny_for_roles(work, case.request, case.lines, weighing)
        return number
    await _decided(work, case, answer, hand)
    due_at = work.now + work.policy.provisioning_sla
    await move(work, case.request, RequestState.AWAITING_PROVISIONING, why="APPROVED_BY_LSO", due_at=due_at)
    provisioning = [one for one in await holders_of(Role.ITSD_PROVISIONING) if one.id != case.requester.id]
    work.promise(about(readers(provisioning), NotificationKind.ACCESS_REQUEST_TO_PROVISION, number))
    work.note(state=str(case.request.state))
    return number


@operation("access_request.provision", by={Role.ITSD_PROVISIONING}, cites="000:200-206")
async def provision_access_request(work: Work, number: int, answer: Answer, hand: Hand) -> int:
    """Give the final approval, which grants all roles at once, or deny the request as a whole.

    Raises:
        NotFound: there is no such request, or no LSO has approved it.
        Denied: ``SELF_APPROVAL``, ``SAME_DECIDER``, or the caller holds the office no more.
        Conflict: as for :func:`decide_as_lso`.
        Invalid: as for :func:`decide_as_lso`.
    """
    case = await _case(work, number, Stage.PROVISIONING)
    if not await RoleGrant.exists(user_id=case.decider.id, role=Role.ITSD_PROVISIONING, ended_at=None):
        raise Denied("Your roles do not allow this.")
    await request_in_sight(work.actor, number, work.today)
    check_open_at(case.request.state, Stage.PROVISIONING)
    check_not_own(case.decider.id, case.requester.id)
    first = await AccessDecision.get(request_id=case.request.id, stage=Stage.LSO)
    check_second_person(case.decider.id, first.decider_id)
    if not answer.approve:
        await _deny(work, case, answer, hand)
        return number
    weighing = await _weighed_again(work, case, answer, first.reason)
    if weighing.denied_because:
        await deny_for_roles(work, case.request, case.lines, weighing)
        return number
    await _decided(work, case, answer, hand)
    await _grant(work, case)
    await move(work, case.request, RequestState.GRANTED, why="GRANTED")
    work.promise(about([Reader.user(case.requester)], NotificationKind.ACCESS_REQUEST_GRANTED, number))
    work.note(state=str(case.request.state))
    if Role.CSO in weighing.asked:
        await release_offices(work)
    return number


async def _case(work: Work, number: int, stage: Stage) -> _Case:
    """Lock requester and decider, then the request; nobody decides whose account was ended a moment ago."""
    found = await AccessRequest.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if found is None or found.submitted_at is None:
        raise no_such_request()
    me = work.actor.person()
    people = (
        await User.filter(id__in=list({me, found.requester_id})).order_by("id").select_for_update(no_key=True)
    )  # fmt: skip
    by_key = {person.id: person for person in people}
    request = await AccessRequest.filter(id=found.id).select_for_update(no_key=True).get()
    work.about("access_request", request.id)
    work.note(number=number, stage=str(stage))
    if by_key[me].state is not AccountState.ACTIVE:
        raise Denied("Your account is not in use any more.", code="ACCOUNT_NOT_IN_USE")
    return _Case(request, by_key[request.requester_id], by_key[me], await lines_of(request), stage)


async def _deputies(organization: Organization, addressed: UUID, capacity: StandsInAs) -> tuple[Deputy, ...]:
    """List who may stand in for the addressee; nobody does for a director or a CSO."""
    designation = await designation_of(organization)
    if capacity is not StandsInAs.LSO or designation is None or designation.user_id != addressed:
        return ()
    return await deputies_of(designation)


async def _foreign_answer(work: Work, case: _Case, answer: Answer, *, own: bool) -> None:
    """Refuse an answer that was not the signer's to give: an incident, the signer suspended, nothing else (POL-08).

    The organization goes on working, and so does the requester, unless it was the requester who signed. The last CSO
    is not suspended: nobody could look into it then.
    """
    suspend = not await is_last_cso(case.decider)
    await open_incident(
        work,
        IncidentKind.ANSWERED_FOR_LSO,
        case.decider,
        request=case.request,
        suspend=suspend,
        facts={"number": case.request.number, "stage": str(case.stage), "approve": answer.approve},
    )
    if own:
        work.refuse_and_keep(Denied("Nobody decides on their own request.", code="SELF_APPROVAL"))
    work.refuse_and_keep(
        Denied(
            "Only the Local Security Officer to whom this request is addressed may answer it. "
            + ("Your account is suspended until that is looked into." if suspend else "That will be looked into."),
            code="NOT_ADDRESSED_TO_YOU",
        )
    )


async def _weighed_again(work: Work, case: _Case, answer: Answer, first_reason: str = "") -> Weighing:
    """Ask again at a decision what was asked at submission: account, contract, catalogue, pairs (ARA-23)."""
    _check_as_shown(case, answer)
    if case.requester.state is not AccountState.ACTIVE:
        raise Conflict("The requester's account is not in use at the moment.", code="REQUESTER_NOT_IN_USE")
    await check_contract(case.request.provider_id, work.today)
    weighing = await weigh(case.request, case.lines, work.today)
    if weighing.pairs:
        work.note(pairs=[[pair.first, pair.second, str(pair.verdict)] for pair in weighing.pairs])
    if not weighing.denied_because and weighing.unexplained and not (_reason(answer) or first_reason):
        raise Invalid(
            "Two of these roles go together only with a reason, and the request gives none: say why.",
            code="REASON_REQUIRED",
            field="reason",
        )
    return weighing


async def _deny(work: Work, case: _Case, answer: Answer, hand: Hand) -> None:
    if not _reason(answer):
        raise Invalid("Say why it is denied; the requester reads it.", code="REASON_REQUIRED", field="reason")
    _check_as_shown(case, answer)
    await _decided(work, case, answer, hand)
    why = _DENIED_BY[case.stage]
    await close_as_denied(work, case.request, why=why, reasons={line.role_id: why for line in case.lines})


async def _decided(work: Work, case: _Case, answer: Answer, hand: Hand) -> None:
    """Keep the signature and the decision that it signs."""
    meaning = _MEANINGS[case.stage, answer.approve]
    content = case.request.content_hash
    signature = await sign(work, hand, meaning, "access_request", case.request.id, content)
    await AccessDecision.create(
        id=uuid4(),
        request_id=case.request.id,
        stage=case.stage,
        approved=answer.approve,
        decider_id=case.decider.id,
        for_id=case.for_id,
        capacity=case.request.addressed_as,
        reason=_reason(answer),
        at=work.now,
        signature_id=signature.id,
    )


async def _grant(work: Work, case: _Case) -> None:
    """Grant all roles of the request, each with where it comes from (TRK-03)."""
    for line in case.lines:
        await RoleGrant.create(
            id=uuid4(),
            user_id=case.requester.id,
            role=line.role_id,
            granted_at=work.now,
            granted_by_id=case.decider.id,
            why=f"access request {case.request.number}",
            request_id=case.request.id,
        )
    work.touches("user", [case.requester.id])
    work.note(granted=sorted(line.role_id for line in case.lines))


def _check_as_shown(case: _Case, answer: Answer) -> None:
    check_as_shown(answer.shown_hash, case.request.content_hash)
    check_as_shown(case.request.content_hash, hash_of(case.request, case.requester.user_id, case.lines))


def _reason(answer: Answer) -> str:
    return clean_text(answer.reason, field="reason", limit=REASON_LIMIT, multiline=True)
