"""How an account is used: its roles and the requests that gave them, sessions, known devices, deadlines, papers.

For whoever looks after the account (:mod:`resolvers.account_views`); the device of a session is what the browser said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from orm.models import AccessForm, AccessRequest, Credential, KnownDevice, RoleGrant, Session, Ticket, User
from resolvers.access_request_sight import sight_of
from resolvers.account_reach import account_in_reach
from resolvers.account_views import account_reach
from resolvers.desk import EVERYONE, Reading, access
from resolvers.form_scope import sees_form
from resolvers.incident_views import incidents_about
from resolvers.incidents import suspender_reach
from resolvers.revocation import revoker_reach
from resolvers.role_catalogue import roles_by_code
from resolvers.viewer_duties import deadlines_of
from rules.accounts import AccountState, session_is_live
from rules.deadlines import Deadline
from rules.roles import Role
from rules.tickets import kinds_of

_LATEST = 20


@dataclass(frozen=True, slots=True)
class RoleHistoryView:
    """A role that is or was held; ``request_number`` says by which request it came."""

    code: str
    name: str
    granted_at: datetime
    granted_by: str
    request_number: int | None
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session of an account, and whether it is in use."""

    device: str
    begun_at: datetime
    last_seen_at: datetime
    ended_at: datetime | None
    ended_why: str
    live: bool


@dataclass(frozen=True, slots=True)
class DeviceView:
    """A device on which the person has signed on before, with the wrong passwords entered there since."""

    first_seen_at: datetime
    last_seen_at: datetime
    failures: int


@dataclass(frozen=True, slots=True)
class PaperView:
    """A record about the account: what it is, its number, how it stands, since when."""

    kind: str
    number: int
    state: str
    at: datetime


class AccountStep(StrEnum):
    """Name what can be done with an account."""

    REVOKE = "REVOKE"
    SUSPEND = "SUSPEND"
    REINSTATE = "REINSTATE"


@dataclass(frozen=True, slots=True)
class AccountUseView:
    """How an account is used, the latest first; ``steps`` are what the viewer may do with it."""

    roles: Sequence[RoleHistoryView]
    sessions: Sequence[SessionView]
    devices: Sequence[DeviceView]
    deadlines: Sequence[Deadline]
    papers: Sequence[PaperView]
    steps: frozenset[AccountStep]


@access("account.use", by=EVERYONE, cites="000:22-24; 000:38-39; 000:235-240; 002:145-149")
async def view_account_use(reading: Reading, user_id: str) -> AccountUseView:
    """Show how an account in the caller's reach is used: roles, sessions, devices, deadlines, papers.

    Raises:
        NotFound: there is no such account for this person.
        Invalid: ``USER_ID_MALFORMED``.
    """
    user = await account_in_reach(await account_reach(reading), user_id)
    reading.about("user", user.id)
    reading.shows("user", [user.id], ["roles", "sessions", "devices", "deadlines", "papers"])
    sessions = await Session.filter(user_id=user.id).order_by("-last_seen_at", "id").limit(_LATEST)
    devices = await KnownDevice.filter(user_id=user.id, ended_at=None).order_by("-last_seen_at", "id")
    credential = await Credential.filter(user_id=user.id).first()
    return AccountUseView(
        roles=await _roles(user),
        sessions=[
            SessionView(
                one.device,
                one.created_at,
                one.last_seen_at,
                one.ended_at,
                one.ended_why,
                one.ended_at is None
                and one.epoch == user.epoch
                and session_is_live(one.created_at, one.last_seen_at, reading.now, reading.policy),
            )
            for one in sessions
        ],
        devices=[DeviceView(one.first_seen_at, one.last_seen_at, one.failures) for one in devices],
        deadlines=await deadlines_of(
            user,
            reading.now,
            reading.policy,
            password_changed_at=credential.changed_at if credential else None,
            session_began=None,
        ),
        papers=await _papers(reading, user),
        steps=await _steps(reading, user),
    )


async def _steps(reading: Reading, user: User) -> frozenset[AccountStep]:
    """Say what the viewer may do: nothing with the own account, and only what fits its state."""
    if user.id == reading.actor.id:
        return frozenset()
    in_use, suspended = user.state is AccountState.ACTIVE, user.state is AccountState.SUSPENDED
    revokes = (await revoker_reach(reading.actor, reading.today)).covers(user)
    suspends = (await suspender_reach(reading.actor, reading.today)).covers(user)
    found = {
        AccountStep.REVOKE: revokes and (in_use or suspended),
        AccountStep.SUSPEND: suspends and in_use,
        AccountStep.REINSTATE: suspended and reading.actor.has_any({Role.CSO}),
    }
    return frozenset(step for step, may in found.items() if may)


async def _roles(user: User) -> list[RoleHistoryView]:
    grants = await RoleGrant.filter(user_id=user.id).order_by("-granted_at", "role")
    roles = await roles_by_code(grant.role for grant in grants)
    numbers = {one.id: one.number for one in await AccessRequest.filter(id__in=_keys(one.request_id for one in grants))}
    people = _keys(key for one in grants for key in (one.granted_by_id, one.ended_by_id))
    names = {one.id: one.name for one in await User.filter(id__in=people)}
    return [
        RoleHistoryView(
            code=str(one.role),
            name=roles[one.role].name,
            granted_at=one.granted_at,
            granted_by=names.get(one.granted_by_id, "") if one.granted_by_id else "",
            request_number=numbers.get(one.request_id) if one.request_id else None,
            ended_at=one.ended_at,
            ended_by=names.get(one.ended_by_id, "") if one.ended_by_id else "",
        )
        for one in grants
    ]


async def _papers(reading: Reading, user: User) -> list[PaperView]:
    """List what exists for the viewer, each kind by its own scope."""
    requests = AccessRequest.filter(await sight_of(reading.actor, reading.today), requester_id=user.id)
    forms = [
        one for one in await AccessForm.filter(user_id=user.id) if await sees_form(reading.actor, one, reading.today)
    ]
    tickets = Ticket.filter(user_id=user.id, kind__in=sorted(kinds_of(reading.actor.roles)))
    found = [
        *(
            PaperView("Access request", one.number, str(one.state), one.state_since)
            for one in await requests.filter(submitted_at__not_isnull=True)
        ),
        *(PaperView("Access form", one.number, str(one.state), one.state_since) for one in forms),
        *(
            PaperView("Incident", one.number, str(one.state), one.closed_at or one.opened_at)
            for one in await incidents_about(reading, user)
        ),
        *(PaperView("Ticket", one.number, str(one.state), one.answered_at or one.opened_at) for one in await tickets),
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _keys(keys: Iterable[UUID | None]) -> list[UUID]:
    return list({key for key in keys if key is not None})
