"""Sign in, sign out, change the password."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from admin_ui.demo_guide import NO_ROLE, WHAT_TO_TRY, DemoGroup
from admin_ui.doors import Endpoint, Visit, answered, go_to, request_id_of, status_of
from admin_ui.forms import Fields, address, local_path, read_form
from admin_ui.office import AdminOffice, DemoAccount
from admin_ui.page_session import (
    check_same_origin,
    cookie_name,
    device_token,
    drop_cookie,
    keep_cookie,
    keep_device,
    page_caller,
    visitor_cookie_name,
)
from admin_ui.rendering import role_name
from admin_ui.visitor_forms import check_visitor, show_to_visitor
from resolvers.accounts import change_password
from resolvers.register import current_policy
from resolvers.sessions import SignedIn, sign_in, sign_out
from rules.errors import Denied, Invalid, Refusal, TooMany, Unauthenticated
from rules.passwords import PasswordFault, history_depth

_NOT_READY = "Not ready, on purpose"
_SHOWN_PER_ROLE = 6


def sign_in_door(office: AdminOffice) -> Endpoint:
    """Make the sign-in page: the one page that takes a form from somebody who is not yet known."""

    async def enter(request: Request) -> Response:
        if request.method == "POST":
            return await _take_sign_in(office, request)
        onward = local_path(request.query_params.get("next", ""))
        if await page_caller(office, request, request_id_of(request)) is not None:
            return go_to(onward)
        return _sign_in_form(office, request, onward=onward)

    return answered(office, enter)


async def _take_sign_in(office: AdminOffice, request: Request) -> Response:
    check_same_origin(office, request)
    fields = await read_form(request)
    user_id, password = fields.raw("userId"), fields.raw("password")
    onward = local_path(fields.raw("next"))
    account = _demo_account(office, fields.raw("demo"))
    if account is not None:
        user_id, password = account.user_id, account.password
    try:
        check_visitor(office, request, fields)
        signed_in = await sign_in(
            office.desk,
            user_id,
            password,
            device=request.headers.get("user-agent", ""),
            request_id=request_id_of(request),
            device_token=device_token(office, request),
        )
    except (Unauthenticated, TooMany, Denied) as refusal:
        return _sign_in_form(office, request, onward=onward, user_id=user_id[:100], refusal=refusal)
    response = go_to(_first_page(signed_in, onward))
    if signed_in.device_token is not None:
        keep_device(office, response, signed_in.device_token)
    keep_cookie(office, response, cookie_name(secure=office.secure_cookies), signed_in.token)
    drop_cookie(office, response, visitor_cookie_name(secure=office.secure_cookies))
    return response


def _first_page(signed_in: SignedIn, onward: str) -> str:
    if signed_in.must_change_password:
        return address("/password", {"next": onward})
    if signed_in.statement_version is not None:
        return address("/statement", {"next": onward})
    return onward


def _sign_in_form(
    office: AdminOffice, request: Request, *, onward: str, user_id: str = "", refusal: Refusal | None = None
) -> Response:
    offered = office.demo_accounts() if office.demo_accounts else ()
    shown = {
        "refusal": refusal,
        "onward": onward,
        "user_id": user_id,
        "accounts": _grouped(offered),
        "password": offered[0].password if len({one.password for one in offered}) == 1 else "",
    }
    status = status_of(refusal)[0] if refusal else 200
    response = show_to_visitor(office, request, "sign_on/sign_in.html", shown, status=status)
    if response.status_code == 401:
        response.headers["www-authenticate"] = "Cookie"
    return response


def _demo_account(office: AdminOffice, user_id: str) -> DemoAccount | None:
    if office.demo_accounts is None or not user_id:
        return None
    return next((account for account in office.demo_accounts() if account.user_id == user_id), None)


def _grouped(accounts: Sequence[DemoAccount]) -> list[DemoGroup]:
    """Group by the first role, in the order of the file; those who are not ready come last."""
    groups: dict[str, list[DemoAccount]] = defaultdict(list)
    for account in accounts:
        groups["" if not account.signs_in else account.roles[0] if account.roles else NO_ROLE].append(account)
    return [_group(role, groups[role]) for role in sorted(groups, key=lambda role: role == "")]


def _group(role: str, accounts: list[DemoAccount]) -> DemoGroup:
    if role == "":
        return DemoGroup(_NOT_READY, "Each is refused, or led elsewhere first: see why.", accounts[:_SHOWN_PER_ROLE])
    first, *others = accounts
    name = "No role" if role == NO_ROLE else role_name(role)
    others = others[: _SHOWN_PER_ROLE - 1]
    return DemoGroup(name, WHAT_TO_TRY.get(role, ""), [first], others, len(accounts) - 1 - len(others))


async def leave(visit: Visit) -> Response:
    """Sign out: the session ends in the house, and the cookie goes."""
    await sign_out(visit.caller)
    response = go_to("/sign-in?done=signed-out")
    drop_cookie(visit.office, response, cookie_name(secure=visit.office.secure_cookies))
    return response


async def password_page(visit: Visit) -> Response:
    """Show the form for a new password, or take it; a wrong entry says what is wrong and keeps nothing typed."""
    onward = local_path(visit.fields.raw("next"))
    refusal: Invalid | None = None
    if visit.request.method == "POST":
        try:
            await _change(visit, visit.fields)
        except Invalid as invalid:
            refusal = invalid
        else:
            return go_to("/?done=password" if onward == "/" else onward)
    policy = await current_policy(visit.caller.desk.clock())
    wishes = (
        PasswordFault.TOO_SHORT.sentence(policy),
        PasswordFault.TOO_FEW_GROUPS.sentence(policy),
        *([PasswordFault.PASSWORD_COMMON.sentence(policy)] if policy.password_screen_common else []),
        f"Choose one that is not among your last {history_depth(policy)}.",
        f"It is good for {policy.password_max_age.days} days.",
    )
    return visit.show("sign_on/password.html", refusal=refusal, onward=onward, wishes=wishes)


async def _change(visit: Visit, fields: Fields) -> None:
    if fields.raw("newPassword") != fields.raw("again"):
        raise Invalid("The two new passwords are not the same.", code="PASSWORDS_DIFFER", field="again")
    await change_password(visit.caller, fields.raw("currentPassword"), fields.raw("newPassword"))
