"""Accounts that one looks after, found by user ID or name; one of them with its use (000:22-29, 000:258-263)."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.registers import Register, look_of
from admin_ui.rendering import day_of
from admin_ui.tables import Column, table_of
from resolvers.account_use import (
    AccountStep,
    AccountUseView,
    DeviceView,
    PaperView,
    RoleHistoryView,
    SessionView,
    view_account_use,
)
from resolvers.account_views import AccountFilter, AccountView, list_accounts, view_account
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.trail_reads import TRAIL_READERS
from rules.accounts import AccountState
from rules.deadlines import Deadline


def organization_of(account: AccountView) -> str:
    """Name the organization of an account."""
    if account.provider is not None:
        return account.provider.name
    if account.facility is not None:
        return account.facility.name
    return account.regional_office or "Department of Mental Health"


def _where(asked: Asked) -> AccountFilter:
    return AccountFilter(
        state=asked.fields.choice("state", AccountState),
        search=asked.fields.text("person") or None,
        role=asked.text("role"),
    )


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[AccountView]:
    return await list_accounts(caller, where=_where(asked), first=first, after=after, count=True)


ACCOUNTS = Register(
    path="/accounts",
    title="Users",
    about="The accounts that you look after, by user ID.",
    one="user",
    rows=_rows,
    read=_where,
    filters=(
        Filter("person", "User ID or name", personal=True, hint="The beginning of a user ID, or a part of a name."),
        Filter("state", "State", Kind.CHOICE, choices=coded(AccountState)),
        Filter("role", "Role, by its code", limit=40),
    ),
    columns=(
        Column("User ID", lambda one: one.user_id, tight=True),
        Column("Name", lambda one: one.name),
        Column("State", lambda one: one.state, "access/cells.html:account_state", tight=True),
        Column("Organization", organization_of),
        Column("Roles", lambda one: one.roles, "access/cells.html:role_names"),
        Column("Last sign-on", lambda one: one.last_sign_in_at, tight=True),
        Column("Created", lambda one: day_of(one.created_at), tight=True),
    ),
    link=lambda one: f"/accounts/{one.user_id}",
    empty="No user fits. Somebody new gets a user ID by an access form.",
    exports=True,
)

DEADLINE_COLUMNS: tuple[Column[Deadline], ...] = (
    Column("What", lambda one: one.kind),
    Column("When", lambda one: one.due_at or one.due_on, tight=True),
    Column("Rule", lambda one: one.sentence),
    Column("Source", lambda one: one.cites, "access/cells.html:source", tight=True),
)
_ROLES: tuple[Column[RoleHistoryView], ...] = (
    Column("Role", lambda one: one.name),
    Column("Since", lambda one: one.granted_at, tight=True),
    Column("Granted by", lambda one: one.granted_by),
    Column("Request", lambda one: one.request_number, "access/cells.html:granted_with", tight=True),
    Column("Ended", lambda one: one.ended_at, tight=True),
    Column("Ended by", lambda one: one.ended_by),
)
_SESSIONS: tuple[Column[SessionView], ...] = (
    Column("Device", lambda one: one.device or "Unknown"),
    Column("In use", lambda one: one.live),
    Column("Begun", lambda one: one.begun_at, tight=True),
    Column("Last seen", lambda one: one.last_seen_at, tight=True),
    Column("Ended", lambda one: one.ended_at, tight=True),
    Column("Why", lambda one: one.ended_why),
)
_DEVICES: tuple[Column[DeviceView], ...] = (
    Column("First sign-on", lambda one: one.first_seen_at, tight=True),
    Column("Last sign-on", lambda one: one.last_seen_at, tight=True),
    Column("Wrong passwords since", lambda one: one.failures, figure=True),
)
_PAPERS: tuple[Column[PaperView], ...] = (
    Column("What", lambda one: f"{one.kind} {one.number}"),
    Column("State", lambda one: one.state, "access/cells.html:paper_state", tight=True),
    Column("Since", lambda one: one.at),
)
_PATHS = {"Access request": "access-requests", "Access form": "forms", "Incident": "incidents", "Ticket": "tickets"}


async def account_page(visit: Visit) -> Response:
    """Show one account: who, in which state and since when, roles and their requests, sessions, devices, papers."""
    user_id = visit.request.path_params["user_id"]
    account, use = await asyncio.gather(view_account(visit.caller, user_id), view_account_use(visit.caller, user_id))
    look = look_of(visit)
    paper = lambda one: f"/{_PATHS[one.kind]}/{one.number}"  # noqa: E731 - a link, as in a register
    return visit.show(
        "access/account.html",
        account=account,
        organization=organization_of(account),
        doors=_doors(account, use),
        traced=visit.caller.actor.has_any(TRAIL_READERS),
        roles=table_of(_ROLES, use.roles, look, caption="Each role with its request"),
        sessions=table_of(_SESSIONS, use.sessions, look, caption="The latest sessions"),
        devices=table_of(_DEVICES, use.devices, look, caption="Devices on which the person has signed on before"),
        deadlines=table_of(DEADLINE_COLUMNS, use.deadlines, look, caption="What ends for this account, and when"),
        papers=table_of(_PAPERS, use.papers, look, caption="Papers about this account, the latest first", link=paper),
    )


def _doors(account: AccountView, use: AccountUseView) -> list[tuple[str, str]]:
    at = f"/accounts/{account.user_id}"
    offered = [
        (AccountStep.REVOKE, f"{at}/revoke", "Revoke access"),
        (AccountStep.SUSPEND, f"{at}/suspend", "Suspend"),
        (AccountStep.REINSTATE, f"{at}/reinstate", "Reinstate"),
    ]
    return [(href, label) for step, href, label in offered if step in use.steps]
