"""A new access request, step by step: who and where, which roles and why, review and submit (000:139-196)."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit, go_to
from admin_ui.filters import Choices
from admin_ui.forms import Fields
from resolvers.access_request_drafts import (
    REASON_LIMIT,
    NewAccessRequest,
    WantedRole,
    create_access_request,
    resubmit_access_request,
    set_requested_roles,
)
from resolvers.access_request_review import validate_access_request
from resolvers.access_request_views import AccessRequestView, view_access_request, view_terms
from resolvers.access_requests import submit_access_request, withdraw_access_request
from resolvers.request_beginnings import RoleChoiceView, list_role_choices, view_beginning
from rules.approvals import RequestState
from rules.errors import Conflict, Invalid
from rules.organizations import Division, Under

DIVISIONS: Choices = (
    (Division.MRDD, "Developmental Disabilities (MRDD)"),
    (Division.CPS, "Comprehensive Psychiatric Services (CPS)"),
    (Division.ADA, "Alcohol and Drug Abuse (ADA)"),
)
_UNDER = {
    Under.REGIONAL_OFFICE: "The local regional office",
    Under.OWN: "Our own organization: we bill TCM logging through CIMOR with our own EOC",
}


async def _begin(visit: Visit) -> Loaded:
    on_file, terms = await asyncio.gather(view_beginning(visit.caller), view_terms(visit.caller))
    under = Field(
        "under", "Organization under which you ask", Ask.RADIO, choices=[(u, _UNDER[u]) for u in on_file.under]
    )
    office = Field(
        "regionalOffice",
        "Local regional office",
        Ask.CHOICE if on_file.offices and on_file.local_office is None else Ask.HIDDEN,
        choices=on_file.offices,
    )
    email, agreed, division = BEGIN.fields[:3]
    return Loaded(
        {
            "email": on_file.email,
            "division": Division.MRDD,
            "under": on_file.under[0],
            "regionalOffice": on_file.local_office or "",
        },
        fields=(email, agreed, division, *([under] if len(on_file.under) > 1 else []), office),
        back="/access-requests",
        more={"on_file": on_file, "terms": terms},
    )


async def _create(visit: Visit, given: Fields) -> str:
    new = NewAccessRequest(
        email=given.raw("email"),
        division=given.choice("division", Division) or Division.MRDD,
        under=given.choice("under", Under) or Under.REGIONAL_OFFICE,
        regional_office=given.raw("regionalOffice") or None,
    )
    return f"/access-requests/{await create_access_request(visit.caller, new)}/roles"


BEGIN = Action(
    path="/access-requests/new",
    title="New access request",
    button="Go on to the roles",
    load=_begin,
    do=_create,
    of=create_access_request,
    template="access/begin.html",
    fields=(
        Field(
            "email",
            "Your e-mail address",
            required=True,
            limit=254,
            autocomplete="email",
            hint="It has to be the one on file: answers to this request go there.",
        ),
        Field("agreed", "I have read the terms and agree to them", Ask.BOX, required=True),
        Field("division", "Division", Ask.RADIO, choices=DIVISIONS, required=True),
    ),
)


async def roles_page(visit: Visit) -> Response:
    """Show every role that can be asked for, with a place for the reason; take the whole choice."""
    number = visit.request.path_params["number"]
    refusal: Invalid | None = None
    if visit.request.method == "POST":
        wanted = [WantedRole(code, visit.fields.raw(f"reason-{code}")) for code in visit.fields.all("role")]
        try:
            await set_requested_roles(visit.caller, number, wanted)
        except Invalid as invalid:
            refusal = invalid
        else:
            return go_to(f"/access-requests/{number}/review")
    request = await view_access_request(visit.caller, number)
    _check_own_draft(visit, request)
    choices = await list_role_choices(
        visit.caller, request.division or Division.MRDD, request.under or Under.REGIONAL_OFFICE
    )
    chosen = {one.role.code: one.reason for one in request.roles}
    if refusal is not None:
        chosen = {code: visit.fields.raw(f"reason-{code}") for code in visit.fields.all("role")}
    return visit.show(
        "access/roles.html",
        refusal=refusal,
        request=request,
        chosen=chosen,
        offered=[one for one in choices if one.against is None or one.role.code in chosen],
        against=_by_reason([one for one in choices if one.against is not None and one.role.code not in chosen]),
        limit=REASON_LIMIT,
    )


def _by_reason(choices: list[RoleChoiceView]) -> list[tuple[str, list[str]]]:
    """Say once why, and of which roles."""
    found: dict[str, list[str]] = {}
    for one in choices:
        if one.against is not None:
            found.setdefault(one.against.sentence, []).append(one.role.name)
    return list(found.items())


def _check_own_draft(visit: Visit, request: AccessRequestView) -> None:
    if request.state is not RequestState.DRAFT or request.requester.id != visit.caller.actor.id:
        raise Conflict("This request was submitted, or taken back.", code="ALREADY_SUBMITTED")


async def _review(visit: Visit) -> Loaded:
    number = visit.request.path_params["number"]
    review = await validate_access_request(visit.caller, number)
    request, terms = await asyncio.gather(view_access_request(visit.caller, number), view_terms(visit.caller))
    return Loaded(
        {"contentHash": review.content_hash, "termsVersion": terms.version},
        title=f"Review access request {number}",
        back=f"/access-requests/{number}/roles",
        more={"review": review, "request": request, "terms": terms},
    )


async def _submit(visit: Visit, given: Fields) -> str:
    number = await submit_access_request(
        visit.caller,
        visit.request.path_params["number"],
        given.raw("once"),
        given.raw("termsVersion"),
        given.raw("contentHash"),
    )
    return f"/access-requests/{number}"


REVIEW = Action(
    path="/access-requests/{number:int}/review",
    title="Review the access request",
    button="Submit the request",
    load=_review,
    do=_submit,
    of=submit_access_request,
    done="Your request was submitted. Below is where it stands.",
    template="access/review.html",
    fields=(Field("contentHash", "", Ask.HIDDEN), Field("termsVersion", "", Ask.HIDDEN)),
)


async def _back_to_request(visit: Visit) -> Loaded:
    number = visit.request.path_params["number"]
    return Loaded(back=f"/access-requests/{number}", title=f"Access request {number}")


async def _withdraw(visit: Visit, _: Fields) -> str:
    return f"/access-requests/{await withdraw_access_request(visit.caller, visit.request.path_params['number'])}"


WITHDRAW = Action(
    path="/access-requests/{number:int}/withdraw",
    title="Take the access request back",
    about="You take this request back. Nobody decides on it any more, and you can begin a new one at any time.",
    button="Take it back",
    load=_back_to_request,
    do=_withdraw,
    of=withdraw_access_request,
    done="The request was taken back.",
)


async def _resubmit(visit: Visit, _: Fields) -> str:
    return f"/access-requests/{await resubmit_access_request(visit.caller, visit.request.path_params['number'])}/roles"


RESUBMIT = Action(
    path="/access-requests/{number:int}/resubmit",
    title="Correct the access request",
    about=(
        "A new draft is made from the denied request, without the roles that you cannot hold. It needs all approvals "
        "again; the denied one stays as it is."
    ),
    button="Make a corrected draft",
    load=_back_to_request,
    do=_resubmit,
    of=resubmit_access_request,
    done="This is the corrected draft. Check the roles, then review and submit it.",
)
