"""The review before submitting: what is missing, which roles would deny it, what goes together only with a reason.

It asks what :func:`resolvers.access_requests.submit_access_request` asks, and changes nothing (000:189-191, POL-09).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from orm.models import AccessRequest, AccessRequestRole, RoleGrant, User
from resolvers.access_request_facts import check_contract, chosen, hash_of, organization_kind, terms_in_force, weigh
from resolvers.access_request_sight import no_such_request, request_in_sight
from resolvers.desk import EVERYONE, Reading, access
from resolvers.request_steps import find_addressee
from resolvers.role_catalogue import RoleView, roles_by_code
from rules.approvals import RequestState
from rules.eligibility import HEALTH_INVENTORIES, Ineligibility, ReviewWarning, review_warnings
from rules.errors import Conflict
from rules.segregation import PairVerdict, has_reason


@dataclass(frozen=True, slots=True)
class RoleProblemView:
    """A role that would deny the whole request, and why."""

    role: RoleView
    because: Ineligibility


@dataclass(frozen=True, slots=True)
class MetPairView:
    """Two roles of this request, or one of it and one held, that do not go together."""

    first: RoleView
    second: RoleView
    verdict: PairVerdict
    reason_given: bool


@dataclass(frozen=True, slots=True)
class ReviewView:
    """What the review shows; ``missing`` are sentences, and ``ready`` says that nothing would refuse or deny it."""

    ready: bool
    missing: list[str]
    problems: list[RoleProblemView]
    pairs: list[MetPairView]
    warnings: list[ReviewWarning]
    content_hash: str
    terms_version: str


@access("access_request.validate", by=EVERYONE, cites="000:189-191; 002:244-245")
async def validate_access_request(reading: Reading, number: int) -> ReviewView:
    """Check a draft of the caller's before it is sent; nothing is changed and nobody is told.

    Raises:
        NotFound: there is no such request of the caller's.
        Conflict: it is no draft any more.
    """
    request = await request_in_sight(reading.actor, number, reading.today)
    if request.requester_id != reading.actor.id:
        raise no_such_request()
    if request.state is not RequestState.DRAFT:
        raise Conflict("This request was submitted, or taken back.", code="ALREADY_SUBMITTED")
    reading.about("access_request", request.id)
    lines = await AccessRequestRole.filter(request_id=request.id).order_by("role_id")
    review = await review_of(request, lines, reading.today)
    reading.note(number=number, ready=review.ready, problems=[str(one.because) for one in review.problems])
    return review


async def review_of(request: AccessRequest, lines: Sequence[AccessRequestRole], on: date) -> ReviewView:
    """Review a draft."""
    requester = await User.get(id=request.requester_id)
    weighing = await weigh(request, lines, on)
    named = {code for pair in weighing.pairs for code in pair.codes}
    roles = await roles_by_code({*weighing.asked, *named})
    pairs = [
        MetPairView(roles[one.first], roles[one.second], one.verdict, has_reason(one, weighing.reasons))
        for one in weighing.pairs
    ]
    missing = await _missing(request, requester, lines, on)
    problems = [RoleProblemView(roles[code], because) for code, because in sorted(weighing.denied_because.items())]
    return ReviewView(
        ready=not (missing or problems or weighing.unexplained),
        missing=missing,
        problems=problems,
        pairs=pairs,
        warnings=await _warnings(request, weighing.asked),
        content_hash=hash_of(request, requester.user_id, lines),
        terms_version=(await terms_in_force(on)).version,
    )


async def _missing(request: AccessRequest, requester: User, lines: Sequence[AccessRequestRole], on: date) -> list[str]:
    missing: list[str] = []
    if not lines:
        missing.append("Choose at least one role.")
    if (requester.email or "").casefold() != request.email.casefold():
        missing.append("Your e-mail address on file has changed. Begin a new request.")
    try:
        await check_contract(request.provider_id, on)
    except Conflict as no_contract:
        missing.append(no_contract.message)
    return missing


async def _warnings(request: AccessRequest, asked: frozenset[str]) -> list[ReviewWarning]:
    kind = await organization_kind(request.provider_id, request.facility_id)
    warnings = review_warnings(
        kind,
        chosen(request)[1],
        has_health_inventories=HEALTH_INVENTORIES in asked or await _has_health_inventories(request.provider_id),
        has_lso=await find_addressee(request) is not None,
    )
    return list(warnings)


async def _has_health_inventories(provider_id: UUID | None) -> bool:
    return await RoleGrant.exists(user__provider_id=provider_id, role=HEALTH_INVENTORIES, ended_at=None)
