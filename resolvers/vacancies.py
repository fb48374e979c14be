"""An organization without a Local Security Officer: what waits is held, and goes on with the next one (000:105-106)."""

from __future__ import annotations

from collections.abc import Iterable

from orm.models import AccessForm, AccessRequest, FormSignature, LsoDeputy, LsoDesignation, RoleGrant, User
from resolvers.desk import Work
from resolvers.officers import (
    Organization,
    holders_of,
    liaisons_for,
    lso_and_deputies,
    lso_of,
    officers_of,
    readers,
)
from resolvers.promises import Reader, about
from resolvers.request_steps import address, find_addressee, move
from rules.access_forms import FormSigner, FormState, needed_signatures
from rules.accounts import AccountState
from rules.approvals import Officers, RequestState, still_stands
from rules.notices import NotificationKind
from rules.roles import Role


async def end_designation(work: Work, designation: LsoDesignation, why: str, *, replaced: bool = False) -> None:
    """End a designation: the role goes, deputies stand in no more, what waits is held, the offices are told.

    ``why`` is a code. The caller holds the designation under its lock. Where somebody who can answer takes over in the
    same transaction (``replaced``) nobody is told of a vacancy, and what was held goes on with :func:`release`.
    """
    designation.ended_at = work.now
    designation.ended_by_id = work.actor.id
    designation.ended_why = why
    await designation.save(update_fields=["ended_at", "ended_by_id", "ended_why"])
    work.touches("lso_designation", [designation.id])
    await LsoDeputy.filter(designation_id=designation.id, ended_at=None).update(ended_at=work.now)
    if designation.user_id is not None and not await LsoDesignation.exists(user_id=designation.user_id, ended_at=None):
        await RoleGrant.filter(user_id=designation.user_id, role=Role.LSO, ended_at=None).update(
            ended_at=work.now, ended_by_id=work.actor.id
        )
    organization = Organization(designation.provider_id, designation.facility_id)
    await hold(work, organization, tell=not replaced)
    if not replaced:
        liaisons = await liaisons_for(organization)
        await tell_of_designation(work, organization, NotificationKind.LSO_VACANT, designation, also=liaisons)


async def tell_of_designation(
    work: Work,
    organization: Organization,
    kind: NotificationKind,
    former: LsoDesignation | None,
    *,
    also: Iterable[User] = (),
    but: User | None = None,
) -> None:
    """Tell whoever would notice a false letter: the former officer, the provider's directors, the CSOs, and ``also``.

    The new officer (``but``) hears it in other words.
    """
    people = [*await holders_of(Role.CSO), *also]
    if organization.provider_id is not None:
        people += await holders_of(Role.EXECUTIVE_DIRECTOR, provider_id=organization.provider_id)
    if former is not None and former.user_id is not None:
        people += await User.filter(id=former.user_id, state=AccountState.ACTIVE)
    once = {person.id: person for person in people if but is None or person.id != but.id}
    work.promise(about(readers(once.values()), kind, None))


async def hold(work: Work, organization: Organization, *, tell: bool = True) -> None:
    """Take back from the LSO what waits there, and hold it until somebody can answer (LSO-12).

    What somebody else is addressed for by rule, such as the LSO's own request, stays where it is; so do forms that the
    LSO has signed already, and those for the LSO, which need another's signature.
    """
    officers = await officers_of(organization)
    for request in await _requests(organization, RequestState.WITH_LSO):
        if not _is_still_asked(request, officers):
            await move(work, request, RequestState.AWAITING_LSO, why="LSO_VACANT")
            if tell:
                requester = await User.get(id=request.requester_id)
                work.promise(about([Reader.user(requester)], NotificationKind.ACCESS_REQUEST_HELD, request.number))
    for form in await _forms(organization, FormState.AWAITING_SIGNATURES):
        signed = await FormSignature.exists(form_id=form.id, capacity=FormSigner.LSO)
        if FormSigner.LSO in needed_signatures(form.kind, for_lso=form.for_lso) and not signed:
            await _set_state(work, form, FormState.AWAITING_LSO)


async def release(work: Work, organization: Organization) -> None:
    """Let go on what was held for an LSO, now that there is one: addressed, and told (LSO-12)."""
    for request in await _requests(organization, RequestState.AWAITING_LSO):
        if await find_addressee(request) is not None:
            await address(work, request, why="LSO_DESIGNATED")
    if await lso_of(organization) is None:
        return
    officers = await lso_and_deputies(organization, work.today)
    for form in await _forms(organization, FormState.AWAITING_LSO):
        await _set_state(work, form, FormState.AWAITING_SIGNATURES)
        work.promise(about(readers(officers), NotificationKind.FORM_TO_SIGN, form.number))


def _is_still_asked(request: AccessRequest, officers: Officers) -> bool:
    if request.addressee_id is None or request.addressed_as is None:
        return False
    return still_stands(request.addressee_id, request.addressed_as, officers)


async def _set_state(work: Work, form: AccessForm, state: FormState) -> None:
    form.state, form.state_since = state, work.now
    await form.save(update_fields=["state", "state_since"])
    work.touches("access_form", [form.id])
    work.ring(form.id)


async def _requests(organization: Organization, state: RequestState) -> list[AccessRequest]:
    if organization.is_office:
        return []
    return (
        await AccessRequest.filter(
            provider_id=organization.provider_id, facility_id=organization.facility_id, state=state
        )
        .order_by("number")
        .select_for_update(no_key=True)
    )


async def _forms(organization: Organization, state: FormState) -> list[AccessForm]:
    if organization.is_office:
        return []
    return (
        await AccessForm.filter(provider_id=organization.provider_id, facility_id=organization.facility_id, state=state)
        .order_by("number")
        .select_for_update(no_key=True)
    )
