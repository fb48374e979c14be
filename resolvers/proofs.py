"""Prove many callers again at once: who has been connected for a while, and is about to be told something.

The same rules as for one caller (:func:`resolvers.sessions.still_there`, for one who listens), over rows that were
loaded for all of them; a test holds the two equal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.sql import fetch, to_date, to_instant, to_uuid
from resolvers.audience_facts import COORDINATOR_KINDS
from resolvers.callers import Actor, Caller
from resolvers.register import current_policy
from resolvers.statements import KIND, statement_in_force
from rules.accounts import AccountFacts, AccountState, SignInVerdict, may_sign_in, session_is_live
from rules.audience import contract_in_force
from rules.calendar import local_date
from rules.errors import Unauthenticated
from rules.policy import Policy
from rules.roles import COORDINATORS, house_roles

_SESSIONS = (
    "SELECT s.id AS session_id, s.created_at, s.epoch AS session_epoch, u.id, u.user_id, u.state, u.epoch, "
    "u.provider_id, u.mailbox_id, u.facility_id, u.regional_office_id, c.changed_at, c.must_change "
    "FROM session s JOIN user_account u ON u.id = s.user_id JOIN credential c ON c.user_id = u.id "
    "WHERE s.ended_at IS NULL AND s.id IN (:sessions)"
)
_GRANTS = "SELECT user_id, role FROM role_grant WHERE ended_at IS NULL AND user_id IN (:users)"
_COUNTIES = "SELECT user_id, county_id, kind FROM coordinator_county WHERE user_id IN (:users)"
_CONTRACTS = "SELECT provider_id, begins_on, ends_on FROM contract WHERE provider_id IN (:providers)"
_ACCEPTED = (
    "SELECT user_id, session_id FROM statement_acceptance WHERE kind = :kind AND version = :version AND {} IN (:of)"
)


async def prove_together(caller: Caller) -> Caller:
    """Prove a caller who listens, together with whoever is to be proven at the same moment.

    Raises:
        Unauthenticated: the session has ended.
    """
    return await caller.desk.meetings.of(_prove_all).ask(caller)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the tables say of all who are asked about."""

    sessions: Mapping[UUID, Mapping[str, Any]]
    roles: Mapping[UUID, set[str]]
    counties: Mapping[UUID, list[tuple[str, str]]]
    under_contract: frozenset[UUID]
    """Providers under contract today."""
    has_to_accept: frozenset[UUID]
    """Sessions in which the statement in force has still to be accepted."""


async def _prove_all(callers: Sequence[Caller]) -> list[Caller | Exception]:
    now = callers[0].desk.clock()
    policy = await current_policy(now)
    known = await _load({caller.session_id for caller in callers if caller.session_id}, now, policy)
    actors: dict[UUID, Actor | Exception] = {}
    for session_id, row in known.sessions.items():
        try:
            actors[session_id] = _actor(row, known, now, policy)
        except Exception as fault:  # noqa: BLE001 - one account that cannot be read is not everybody's fault
            actors[session_id] = fault
    return [_renewed(caller, actors.get(caller.session_id) if caller.session_id else None) for caller in callers]


def _renewed(caller: Caller, actor: Actor | Exception | None) -> Caller | Exception:
    if actor is None:
        return Unauthenticated("Please sign in again.")
    if isinstance(actor, Exception):
        return actor
    # Nothing has changed for nearly everybody: the caller who was known stays, and costs no memory again.
    return caller if actor == caller.actor else replace(caller, actor=actor)


def _actor(row: Mapping[str, Any], known: _Known, now: datetime, policy: Policy) -> Actor:
    user, provider = to_uuid(row["id"]), _key(row["provider_id"])
    live = session_is_live(to_instant(row["created_at"]), now, now, policy)
    roles = house_roles(known.roles[user])
    verdict = may_sign_in(
        AccountFacts(
            state=AccountState(row["state"]),
            password_changed_at=to_instant(row["changed_at"]),
            must_change_password=bool(row["must_change"]),
            failures=0,
            locked=False,
            roles=roles,
            contract_active=None if provider is None else provider in known.under_contract,
        ),
        now,
        policy,
    )
    if row["session_epoch"] != row["epoch"] or not live or not verdict.opens_a_session:
        raise Unauthenticated("Your session has ended. Please sign in again.")
    kinds = {kind for role, kind in COORDINATOR_KINDS.items() if role in roles} if roles & COORDINATORS else set()
    return Actor(
        id=user,
        label=row["user_id"],
        roles=roles,
        provider_id=provider,
        mailbox_id=_key(row["mailbox_id"]),
        coordinator_counties=frozenset(county for county, kind in known.counties[user] if kind in kinds),
        must_change_password=verdict is SignInVerdict.MUST_CHANGE_PASSWORD,
        must_accept_statement=to_uuid(row["session_id"]) in known.has_to_accept,
        facility_id=row["facility_id"],
        regional_office_id=row["regional_office_id"],
    )


async def _load(sessions: Collection[UUID], now: datetime, policy: Policy) -> _Known:
    today = local_date(now)
    found = {to_uuid(row["session_id"]): row for row in await fetch(_SESSIONS, sessions=sessions)}
    users = {to_uuid(row["id"]) for row in found.values()}
    roles: dict[UUID, set[str]] = defaultdict(set)
    for row in await fetch(_GRANTS, users=users):
        roles[to_uuid(row["user_id"])].add(row["role"])
    counties: dict[UUID, list[tuple[str, str]]] = defaultdict(list)
    for row in await fetch(_COUNTIES, users=users):
        counties[to_uuid(row["user_id"])].append((row["county_id"], row["kind"]))
    return _Known(
        found, roles, counties, await _under_contract(found.values(), today), await _has_to_accept(found, today, policy)
    )


async def _under_contract(rows: Collection[Mapping[str, Any]], today: date) -> frozenset[UUID]:
    providers = {to_uuid(row["provider_id"]) for row in rows if row["provider_id"] is not None}
    return frozenset(
        to_uuid(row["provider_id"])
        for row in await fetch(_CONTRACTS, providers=providers)
        if contract_in_force(to_date(row["begins_on"]), _day(row["ends_on"]), today)
    )


async def _has_to_accept(sessions: Mapping[UUID, Mapping[str, Any]], today: date, policy: Policy) -> frozenset[UUID]:
    statement = await statement_in_force(today)
    if statement is None:
        return frozenset()
    each = policy.confidentiality_each_session
    owners = {session: session if each else to_uuid(row["id"]) for session, row in sessions.items()}
    column = "session_id" if each else "user_id"
    accepted = {
        _key(row[column])
        for row in await fetch(_ACCEPTED.format(column), kind=KIND, version=statement.version, of=set(owners.values()))
    }
    return frozenset(session for session, owner in owners.items() if owner not in accepted)


def _key(value: UUID | str | None) -> UUID | None:
    return None if value is None else to_uuid(value)


def _day(value: date | str | None) -> date | None:
    return None if value is None else to_date(value)
