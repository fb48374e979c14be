"""How a request ends, told to whoever has to know: denied as a whole, with the reason of each role (000:204-206)."""

from __future__ import annotations

from collections.abc import Sequence

from orm.models import AccessRequest, AccessRequestRole, CatalogueRole, User
from resolvers.access_request_facts import Weighing
from resolvers.access_request_sight import ROLES_NOT_AVAILABLE
from resolvers.desk import Work
from resolvers.officers import lso_and_deputies, readers
from resolvers.promises import about
from resolvers.request_steps import find_addressee, move, organization_of
from rules.approvals import RequestState
from rules.notices import NotificationKind


async def deny_for_roles(
    work: Work, request: AccessRequest, lines: Sequence[AccessRequestRole], weighing: Weighing
) -> None:
    """Deny a request as a whole because of roles that cannot be granted, and say of each of them why (ARA-16)."""
    reasons = weighing.denied_because
    for line in lines:
        if line.role_id in reasons:
            line.denied_because = reasons[line.role_id]
            await line.save(update_fields=["denied_because"])
    work.note(denied_because={code: str(reason) for code, reason in reasons.items()})
    await close_as_denied(
        work, request, why=ROLES_NOT_AVAILABLE, reasons={code: str(reason) for code, reason in reasons.items()}
    )


async def close_as_denied(work: Work, request: AccessRequest, *, why: str, reasons: dict[str, str]) -> None:
    """Close a request as denied; requester and LSO are told, with a code for each role (ARA-17)."""
    told = await _concerned(work, request)
    await move(work, request, RequestState.DENIED, why=why)
    names = {role.code: role.name for role in await CatalogueRole.filter(code__in=list(reasons))}
    role_reasons = [[names[code], reasons[code]] for code in sorted(reasons)]
    work.promise(
        about(readers(told), NotificationKind.ACCESS_REQUEST_DENIED, request.number, role_reasons=role_reasons)
    )
    work.note(state=str(request.state))


async def _concerned(work: Work, request: AccessRequest) -> list[User]:
    """List who hears of a denial: the requester, the LSO and the deputies of the day, whoever was asked instead."""
    keys = {request.requester_id}
    if request.addressee_id is not None:
        keys.add(request.addressee_id)
    elif (to := await find_addressee(request)) is not None:
        keys.add(to.user_id)
    officers = {officer.id for officer in await lso_and_deputies(organization_of(request), work.today)}
    return await User.filter(id__in=list(keys | officers)).order_by("user_id")
