"""The catalogue of roles, one role and its holders, and which do not go together (000:174-189, 002:244-245)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from starlette.responses import Response

from admin_ui.account_pages import organization_of
from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind
from admin_ui.forms import Fields, address
from admin_ui.registers import Register, look_of
from admin_ui.tables import Column, table_of
from resolvers.account_views import AccountFilter, AccountView, list_accounts
from resolvers.callers import Caller
from resolvers.paging import PAGE_LIMIT, Page
from resolvers.role_catalogue import (
    WHY_LIMIT,
    PairView,
    RoleView,
    list_incompatible_roles,
    list_roles,
    set_incompatible_roles,
    withdraw_role,
)
from rules.errors import NotFound
from rules.roles import Role
from rules.segregation import PairVerdict

_OWNERS = frozenset({Role.CSO})
"""Whose the matrix is (002:244-245)."""
_TOGETHER = "TOGETHER"


async def _rows(caller: Caller, asked: Asked, _: int, __: str | None) -> Page[RoleView]:
    roles = await list_roles(caller, withdrawn=asked.flag("withdrawn"))
    return Page(
        roles, [one.code for one in roles], has_next_page=False, has_previous_page=False, total_count=len(roles)
    )


ROLES = Register(
    path="/roles",
    title="Roles",
    about="The catalogue: what each role is for, and who can hold it.",
    one="role",
    rows=_rows,
    filters=(Filter("withdrawn", "With those that were withdrawn", Kind.FLAG),),
    columns=(
        Column("Role", lambda one: one.name, wraps=True),
        Column("What it is for", lambda one: one.description),
        Column("For", lambda one: one.available_to, "access/cells.html:available_to"),
        Column("Division", lambda one: one.division or "Every one", tight=True),
        Column("Asked for under", lambda one: one.under, tight=True),
        Column("Withdrawn", lambda one: one.withdrawn_on, tight=True),
        Column("Code", lambda one: one.code, "access/cells.html:code"),
    ),
    link=lambda one: f"/roles/{one.code}",
    empty="The catalogue is empty.",
    exports=True,
    template="access/role_list.html",
)
_HOLDERS: tuple[Column[AccountView], ...] = (
    Column("User ID", lambda one: one.user_id, tight=True),
    Column("Name", lambda one: one.name),
    Column("State", lambda one: one.state, "access/cells.html:account_state", tight=True),
    Column("Organization", organization_of),
    Column("Last sign-on", lambda one: one.last_sign_in_at, tight=True),
)


async def role_page(visit: Visit) -> Response:
    """Show one role: for whom, on which terms, what it does not go together with, and who holds it."""
    role = await _role(visit)
    holders, pairs = await asyncio.gather(
        list_accounts(visit.caller, where=AccountFilter(role=role.code), first=PAGE_LIMIT, count=True),
        list_incompatible_roles(visit.caller),
    )
    return visit.show(
        "access/role.html",
        role=role,
        pairs=[one for one in pairs if role.code in (one.first.code, one.second.code)],
        owner=visit.caller.actor.has_any(_OWNERS),
        total=holders.total_count,
        holders=table_of(
            _HOLDERS,
            holders.nodes,
            look_of(visit),
            caption="Who holds the role, of the people you look after",
            link=lambda one: f"/accounts/{one.user_id}",
        ),
    )


async def _role(visit: Visit) -> RoleView:
    code = visit.request.path_params["code"]
    for role in await list_roles(visit.caller, withdrawn=True):
        if role.code == code:
            return role
    raise NotFound("The catalogue has no such role.", code="UNKNOWN_ROLE")


async def matrix_page(visit: Visit) -> Response:
    """Show the roles that do not go together, as a matrix and as a list with the reasons."""
    pairs = await list_incompatible_roles(visit.caller)
    columns = (*_PAIRS, *((_EDIT,) if visit.caller.actor.has_any(_OWNERS) else ()))
    return visit.show(
        "access/matrix.html",
        roles=_named(pairs),
        verdicts=_verdicts(pairs),
        owner=visit.caller.actor.has_any(_OWNERS),
        pairs=table_of(columns, pairs, look_of(visit), caption="Roles that do not go together, and why"),
    )


_PAIRS: tuple[Column[PairView], ...] = (
    Column("Role", lambda one: one.first.name),
    Column("And", lambda one: one.second.name),
    Column("Together", lambda one: one.verdict, "access/cells.html:verdict", tight=True),
    Column("Why", lambda one: one.why),
    Column("Since", lambda one: one.set_at, tight=True),
)
_EDIT: Column[PairView] = Column("Change", lambda one: one.first.code, "access/cells.html:edit_pair")


def _named(pairs: Sequence[PairView]) -> list[RoleView]:
    found = {role.code: role for one in pairs for role in (one.first, one.second)}
    return sorted(found.values(), key=lambda role: role.name)


def _verdicts(pairs: Sequence[PairView]) -> Mapping[tuple[str, str], PairVerdict]:
    both = {(one.first.code, one.second.code): one.verdict for one in pairs}
    return both | {(second, first): verdict for (first, second), verdict in both.items()}


async def _to_set(visit: Visit) -> Loaded:
    roles = [(one.code, one.name) for one in await list_roles(visit.caller, withdrawn=True)]
    first, second, *rest = SET_PAIR.fields
    return Loaded(
        fields=(
            Field(first.name, first.label, first.ask, required=True, choices=roles),
            Field(second.name, second.label, second.ask, required=True, choices=roles),
            *rest,
        ),
        back="/roles/incompatible",
    )


async def _set(visit: Visit, given: Fields) -> str:
    verdict = None if given.raw("verdict") == _TOGETHER else given.choice("verdict", PairVerdict)
    await set_incompatible_roles(visit.caller, given.raw("first"), given.raw("second"), verdict, given.raw("why"))
    return "/roles/incompatible"


SET_PAIR = Action(
    path="/roles/incompatible/set",
    title="Roles that do not go together",
    about="It is asked at the next submission and decision. Whoever holds both keeps them until a review.",
    button="Save",
    load=_to_set,
    do=_set,
    of=set_incompatible_roles,
    done="The matrix was changed.",
    fields=(
        Field("first", "Role", Ask.CHOICE, required=True),
        Field("second", "And", Ask.CHOICE, required=True),
        Field(
            "verdict",
            "Together",
            Ask.RADIO,
            required=True,
            choices=(
                (PairVerdict.FORBIDDEN, "Never"),
                (PairVerdict.ALLOWED_WITH_REASON, "Only with a reason"),
                (_TOGETHER, "They go together again"),
            ),
        ),
        Field("why", "Why", Ask.AREA, required=True, limit=WHY_LIMIT),
    ),
)


async def _to_withdraw(visit: Visit) -> Loaded:
    role = await _role(visit)
    on = role.withdrawn_on.isoformat() if role.withdrawn_on else ""
    return Loaded({"on": on}, title=f"Withdraw the role {role.name}", back=f"/roles/{role.code}")


async def _withdraw(visit: Visit, given: Fields) -> str:
    role = await withdraw_role(visit.caller, visit.request.path_params["code"], given.day("on"))
    return address(f"/roles/{role.code}", {})


WITHDRAW_ROLE = Action(
    path="/roles/{code}/withdraw",
    title="Withdraw the role",
    about="Nobody can ask for it from that day on. Whoever holds it keeps it until a review.",
    button="Save",
    load=_to_withdraw,
    do=_withdraw,
    of=withdraw_role,
    done="The catalogue was changed.",
    fields=(Field("on", "From this day on", Ask.DAY, hint="Empty: it is in the catalogue again."),),
)
ROLE_ACTIONS = (SET_PAIR, WITHDRAW_ROLE)
