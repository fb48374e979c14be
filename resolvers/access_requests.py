"""Submit an access request, once, and take it back: to the LSO, held while there is none, or denied (000:161-206)."""

from __future__ import annotations

from orm.models import AccessRequest, LsoDesignation
from resolvers.access_request_facts import check_contract, hash_of, lines_of, terms_in_force, weigh
from resolvers.access_request_outcomes import deny_for_roles
from resolvers.access_request_own import address_on_file, check_draft, myself, own_request
from resolvers.cso_lock import hold_csos
from resolvers.desk import EVERYONE, Work, operation
from resolvers.officers import lock_organization
from resolvers.promises import Reader, about
from resolvers.request_steps import address, move, organization_of
from rules.approvals import RequestState, check_as_shown
from rules.errors import Conflict, Invalid
from rules.notices import NotificationKind
from rules.segregation import check_pairs
from rules.text import clean_text

KEY_LIMIT = 80


@operation("access_request.submit", by=EVERYONE, cites="000:161-163; 000:191-206")
async def submit_access_request(
    work: Work, number: int, key: str, agreed_terms: str, shown_hash: str | None = None
) -> int:
    """Submit a draft once: to the LSO, held while there is none, or denied as a whole for a role that cannot be held.

    The same ``key`` again answers the same request, whatever has become of it. ``shown_hash`` is that of the review, so
    that nothing else than what was reviewed is sent.

    Raises:
        NotFound: there is no such request of the caller's.
        Conflict: it was submitted under another key, the key was used for something else, it is not what was shown, or
            the employer has no contract in force.
        Invalid: the terms are not those in force, there is no role, the address is on file no more, or roles do not go
            together (without a reason).
    """
    key = clean_text(key, field="idempotencyKey", limit=KEY_LIMIT, required=True)
    user = await myself(work)
    former = await AccessRequest.filter(requester_id=user.id, submission_key=key).first()
    if former is not None:
        work.about("access_request", former.id)
        if (former.number, former.terms_version) != (number, agreed_terms) or shown_hash not in {
            None,
            former.content_hash,
        }:
            raise Conflict("This key was used for another submission.", code="IDEMPOTENCY_MISMATCH")
        work.note(number=number, replayed=True)
        return number
    request = await own_request(work, number)
    check_draft(request)
    await _lock_officers(request)
    address_on_file(request.email, user)
    await check_contract(request.provider_id, work.today)
    terms = await terms_in_force(work.today)
    if agreed_terms != terms.version:
        raise Invalid(
            "Read and agree to the terms that are in force.", code="TERMS_OUTDATED", field="agreedTermsVersion"
        )
    lines = await lines_of(request)
    if not lines:
        raise Invalid("Choose at least one role.", code="ROLES_REQUIRED", field="roles")
    current = hash_of(request, user.user_id, lines)
    check_as_shown(shown_hash if shown_hash is not None else current, current)
    weighing = await weigh(request, lines, work.today)
    check_pairs(weighing.pairs, weighing.reasons)
    request.terms_version, request.submission_key, request.content_hash = terms.version, key, current
    request.submitted_at = work.now
    work.note(terms=terms.version, content=current, roles=sorted(weighing.asked))
    if weighing.problems:
        await deny_for_roles(work, request, lines, weighing)
        return number
    to = await address(work, request, why="SUBMITTED")
    if to is not None:
        work.promise(about([Reader.user(user)], NotificationKind.ACCESS_REQUEST_SUBMITTED, number))
    work.note(state=str(request.state))
    return number


@operation("access_request.withdraw", by=EVERYONE, cites="000:229-232")
async def withdraw_access_request(work: Work, number: int) -> int:
    """Take a request back before it is decided.

    Raises:
        NotFound: there is no such request of the caller's.
        Conflict: it was decided, or taken back before.
    """
    await myself(work)
    request = await own_request(work, number)
    if request.state.is_final:
        raise Conflict("This request is closed.", code="ALREADY_DECIDED")
    await move(work, request, RequestState.WITHDRAWN, why="WITHDRAWN_BY_REQUESTER")
    return number


async def _lock_officers(request: AccessRequest) -> None:
    """Hold organization and designation: its LSO neither comes nor goes while a request is being addressed.

    For people of the offices and for an LSO's own request the CSO may be asked: none comes or goes either.
    """
    organization = organization_of(request)
    await lock_organization(organization)
    designations = await LsoDesignation.filter(
        provider_id=organization.provider_id, facility_id=organization.facility_id, ended_at=None
    ).select_for_update(no_key=True)
    if organization.is_office or any(one.user_id == request.requester_id for one in designations):
        await hold_csos()
