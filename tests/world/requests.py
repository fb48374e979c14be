"""Access requests to test with, made through the use cases; and ways to look at everything that one could change."""

from __future__ import annotations

from uuid import uuid4

from orm.models import AccessRequest, RoleGrant, User
from orm.sql import fetch
from resolvers.access_request_decisions import Answer, decide_access_request
from resolvers.access_request_drafts import NewAccessRequest, WantedRole, create_access_request, set_requested_roles
from resolvers.access_requests import submit_access_request
from resolvers.callers import Caller
from rules.approvals import RequestState, Stage
from rules.organizations import Division, Under
from tests.world.world import PASSWORD

TERMS = "2026-1"
REGIONAL_OFFICE_USER = "DD_PRIVATE_TCM_REGIONAL_OFFICE_USER"

_TABLES = {
    "access_request": "state, version, addressee_id, content_hash, submission_key",
    "access_request_role": "request_id, role_id, reason, denied_because",
    "access_request_step": "request_id, line",
    "access_decision": "request_id, stage, approved",
    "signature": "signer_id, about_id",
    "role_grant": "user_id, role, ended_at",
    "incident": "number, state, suspended",
    "user_account": "user_id, state, epoch",
    "session": "user_id, ended_at",
    "credential": "user_id, failures, locked_at",
    "notification": "mailbox_id, line",
    "outbox": "id, state",
    "catalogue_role": "code, withdrawn_on",
    "incompatible_pair": "one_role, other_role, verdict, ended_at",
}


async def draft(
    who: Caller, *codes: str, division: Division = Division.MRDD, under: Under = Under.REGIONAL_OFFICE, reason: str = ""
) -> int:
    """Begin a request for these roles."""
    user = await User.get(id=who.actor.person())
    number = await create_access_request(who, NewAccessRequest(user.email or "", division, under))
    if codes:
        await set_requested_roles(who, number, [WantedRole(code, reason) for code in codes])
    return number


async def submitted(
    who: Caller, *codes: str, division: Division = Division.MRDD, under: Under = Under.REGIONAL_OFFICE, reason: str = ""
) -> int:
    """Submit a request for these roles."""
    number = await draft(who, *codes, division=division, under=under, reason=reason)
    return await submit_access_request(who, number, uuid4().hex, TERMS)


async def decide(
    who: Caller, number: int, stage: Stage = Stage.LSO, *, approve: bool = True, reason: str = "", shown: str = ""
) -> int:
    """Sign a decision over the request as it is, or as it was ``shown``."""
    shown = shown or (await request_of(number)).content_hash
    answer = Answer(approve, shown, reason)
    return await decide_access_request(who, number, stage, answer, user_id=who.actor.label, password=PASSWORD)


async def provision(who: Caller, number: int, *, approve: bool = True, reason: str = "", shown: str = "") -> int:
    """Sign the final decision."""
    return await decide(who, number, Stage.PROVISIONING, approve=approve, reason=reason, shown=shown)


async def request_of(number: int) -> AccessRequest:
    """Read a request's row."""
    return await AccessRequest.get(number=number)


async def state_of(number: int) -> RequestState:
    """Say where a request stands."""
    return (await request_of(number)).state


async def grants_of(who: Caller) -> list[str]:
    """Name the roles that a person holds now."""
    codes = (
        await RoleGrant.filter(user_id=who.actor.person(), ended_at=None)
        .order_by("role")
        .values_list("role", flat=True)
    )
    return [str(code) for code in codes]  # fmt: skip


async def untouched(*but: str) -> dict[str, list[str]]:
    """Read everything that a use case of access requests could change, but these tables."""
    return {
        table: sorted(str(tuple(row.values())) for row in await fetch(f"SELECT {columns} FROM {table}"))
        for table, columns in _TABLES.items()
        if table not in but
    }
