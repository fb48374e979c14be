"""The draft of an access request: division, organization, roles; and a corrected one after a denial (000:134-206)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from orm.models import AccessRequest, AccessRequestRole, CatalogueRole, Provider, RegionalOffice, User
from resolvers.access_request_facts import check_contract, lines_of, organization_kind, weigh
from resolvers.access_request_own import address_on_file, check_draft, myself, own_request
from resolvers.desk import EVERYONE, Work, operation
from resolvers.numbers import next_number
from resolvers.request_steps import write_step
from rules.approvals import RequestState
from rules.eligibility import Ineligibility, check_may_ask_under
from rules.errors import Conflict, Invalid
from rules.organizations import Division, OrganizationKind, Under
from rules.text import clean_text

CODE_LIMIT = 40
REASON_LIMIT = 300

_STANDING = frozenset(
    {
        Ineligibility.BY_DESIGNATION_ONLY,
        Ineligibility.WITHDRAWN,
        Ineligibility.NOT_AVAILABLE_TO_PROVIDERS,
        Ineligibility.NOT_FOR_THIS_ORGANIZATION,
        Ineligibility.OTHER_DIVISION,
        Ineligibility.OWN_ORGANIZATION_NEEDED,
        Ineligibility.REGIONAL_OFFICE_NEEDED,
        Ineligibility.NOT_YET_ACTIVE,
        Ineligibility.ALREADY_HELD,
    }
)
"""What a corrected draft leaves out by itself; which of two incompatible roles goes is the requester's choice."""


@dataclass(frozen=True, slots=True)
class NewAccessRequest:
    """What a requester chooses before the roles: address, division, organization, employer (000:160-169)."""

    email: str
    division: Division
    under: Under = Under.REGIONAL_OFFICE
    regional_office: str | None = None
    employer: UUID | None = None


@dataclass(frozen=True, slots=True)
class WantedRole:
    """A role that is asked for, and why."""

    code: str
    reason: str = ""


@operation("access_request.create", by=EVERYONE, cites="000:139-169")
async def create_access_request(work: Work, new: NewAccessRequest) -> int:
    """Begin a request as a draft, which is the requester's alone; answer its number.

    Raises:
        Invalid: ``EMAIL_NOT_ON_FILE``, ``EMPLOYER_NOT_YOURS``, ``OWN_ORGANIZATION_NOT_POSSIBLE``, or the regional
            office is missing, unknown, or not the local one.
        Conflict: the employer has no contract in force.
    """
    user = await myself(work)
    if new.employer is not None and new.employer != user.provider_id:
        raise Invalid("Choose the organization that you work for.", code="EMPLOYER_NOT_YOURS", field="employerId")
    email = address_on_file(new.email, user)
    await check_contract(user.provider_id, work.today)
    kind = await organization_kind(user.provider_id, user.facility_id)
    check_may_ask_under(kind, new.under)
    request = AccessRequest(
        id=uuid4(),
        number=await next_number("access_request"),
        requester_id=user.id,
        email=email,
        division=new.division,
        under=new.under,
        regional_office_id=await _local_office(new, user, kind),
        provider_id=user.provider_id,
        facility_id=None if user.provider_id else user.facility_id,
        created_at=work.now,
        state_since=work.now,
    )
    await request.save(force_create=True)
    await _drafted(work, request)
    return request.number


@operation("access_request.set_roles", by=EVERYONE, cites="000:174-191")
async def set_requested_roles(work: Work, number: int, wanted: Sequence[WantedRole]) -> int:
    """Write the whole set of roles of a draft anew; what stands against one is told by the review (POL-09).

    Raises:
        NotFound: there is no such request of the caller's.
        Conflict: it is no draft any more.
        Invalid: an unknown role, one named twice, or a reason that is too long.
    """
    await myself(work)
    request = await own_request(work, number)
    check_draft(request)
    codes = [clean_text(one.code, field="roles", limit=CODE_LIMIT).upper() for one in wanted]
    reasons = [clean_text(one.reason, field="roles", limit=REASON_LIMIT) for one in wanted]
    if len(set(codes)) < len(codes):
        raise Invalid("A role is named twice.", code="ROLE_TWICE", field="roles")
    if await CatalogueRole.filter(code__in=codes).count() < len(codes):
        raise Invalid("The catalogue has no such role.", code="UNKNOWN_ROLE", field="roles")
    await AccessRequestRole.filter(request_id=request.id).delete()
    await AccessRequestRole.bulk_create(
        AccessRequestRole(id=uuid4(), request_id=request.id, role_id=code, reason=reason)
        for code, reason in zip(codes, reasons, strict=True)
    )
    request.version += 1
    await request.save(update_fields=["version"])
    work.note(roles=sorted(codes))
    return number


@operation("access_request.resubmit", by=EVERYONE, cites="000:178-179; 000:206")
async def resubmit_access_request(work: Work, number: int) -> int:
    """Make a corrected draft from a denied request, without any approval; the denied one stays closed.

    Roles that this person can still not hold are left out. Answers the number of the draft.

    Raises:
        NotFound: there is no such request of the caller's.
        Conflict: it was not denied, was corrected before, or the employer changed.
        Invalid: the caller has no address on file.
    """
    user = await myself(work)
    denied = await own_request(work, number)
    if denied.state is not RequestState.DENIED:
        raise Conflict("Only a denied request is submitted again.", code="NOT_DENIED")
    if await AccessRequest.exists(follows_id=denied.id, state__not=RequestState.WITHDRAWN):
        raise Conflict("There is a corrected request already.", code="ALREADY_RESUBMITTED")
    if denied.provider_id != user.provider_id or (user.provider_id is None and denied.facility_id != user.facility_id):
        raise Conflict("You work for another organization now. Begin a new request.", code="EMPLOYER_CHANGED")
    await check_contract(user.provider_id, work.today)
    draft = AccessRequest(
        id=uuid4(),
        number=await next_number("access_request"),
        requester_id=user.id,
        email=address_on_file(user.email or "", user),
        division=denied.division,
        under=denied.under,
        regional_office_id=denied.regional_office_id,
        provider_id=denied.provider_id,
        facility_id=denied.facility_id,
        follows_id=denied.id,
        created_at=work.now,
        state_since=work.now,
    )
    await draft.save(force_create=True)
    lines = await lines_of(denied)
    problems = (await weigh(draft, lines, work.today)).problems
    kept = [line for line in lines if problems.get(line.role_id) not in _STANDING]
    await AccessRequestRole.bulk_create(
        AccessRequestRole(id=uuid4(), request_id=draft.id, role_id=line.role_id, reason=line.reason) for line in kept
    )
    await _drafted(work, draft)
    work.note(follows=number, left_out=len(lines) - len(kept))
    return draft.number


async def _local_office(new: NewAccessRequest, user: User, kind: OrganizationKind) -> str | None:
    """Find the regional office under which roles are asked for: the local one (000:167-168)."""
    if new.under is Under.OWN:
        return None
    provider = await Provider.get(id=user.provider_id) if user.provider_id else None
    local = provider.regional_office_id if provider else user.regional_office_id
    named = clean_text(new.regional_office or "", field="regionalOffice", limit=8) or local
    if named is None:
        if kind.is_provider:
            raise Invalid("Choose your local regional office.", code="REGIONAL_OFFICE_REQUIRED", field="regionalOffice")
        return None
    if not await RegionalOffice.exists(code=named):
        raise Invalid("There is no such regional office.", code="UNKNOWN_REGIONAL_OFFICE", field="regionalOffice")
    if kind.is_provider and local is not None and named != local:
        raise Invalid(
            "Choose the regional office of your organization.", code="REGIONAL_OFFICE_NOT_YOURS", field="regionalOffice"
        )
    return named


async def _drafted(work: Work, request: AccessRequest) -> None:
    work.about("access_request", request.id)
    work.note(number=request.number, division=str(request.division), under=str(request.under))
    await write_step(work, request, holder_id=request.requester_id, why="CREATED")
