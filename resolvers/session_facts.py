"""What has to be known of a session and its owner at each request: one statement for all who call at that moment.

Nothing of it is kept: a session that has been ended, a role that was taken, a policy that begins today are met by the
very next request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from orm.eras import Kept, current_era
from orm.gathering import Question
from orm.readings import Row, fetch_often, parts
from orm.sql import to_date, to_instant, to_uuid
from resolvers.audience_facts import COORDINATOR_KINDS
from resolvers.register import in_force, read_changes
from resolvers.statements import KIND
from rules.accounts import AccountFacts, AccountState
from rules.audience import contract_in_force
from rules.calendar import local_date
from rules.policy import Policy
from rules.roles import Role, house_roles
from rules.statements import Statement
from rules.statements import in_force as statement_of

_BETWEEN = "\x1f"
"""Stands between texts that may hold anything else."""

_SESSIONS: Final = (
    "SELECT s.id, s.token_hash, s.epoch, s.created_at, s.last_seen_at, u.id AS user_key, u.user_id, u.state, "
    "u.epoch AS user_epoch, u.provider_id, u.mailbox_id, u.facility_id, u.regional_office_id, k.changed_at, "
    "k.must_change, (SELECT STRING_AGG(g.role, ',') FROM role_grant g WHERE g.user_id = u.id AND g.ended_at IS NULL) "
    "AS roles, (SELECT STRING_AGG(CAST(c.begins_on AS TEXT) || '/' || COALESCE(CAST(c.ends_on AS TEXT), ''), ',') "
    "FROM contract c WHERE c.provider_id = u.provider_id) AS contracts, "
    "(SELECT STRING_AGG(y.kind || '/' || y.county_id, ',') FROM coordinator_county y WHERE y.user_id = u.id) "
    "AS counties, (SELECT STRING_AGG(a.version, :between) FROM statement_acceptance a WHERE a.session_id = s.id "
    "AND a.kind = :kind) AS accepted FROM session s JOIN user_account u ON u.id = s.user_id "
    "JOIN credential k ON k.user_id = u.id WHERE s.ended_at IS NULL AND "
)
_TEXTS: Final = "SELECT version, effective_from FROM statement_text WHERE kind = :kind"


@dataclass(frozen=True, slots=True)
class HouseFacts:
    """What is the same for all who call: the recorded changes of policy, and the versions of the statement."""

    changes: tuple[Any, ...]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that has not been ended, with its owner, as read for this request."""

    row: Any
    house: HouseFacts

    @property
    def id(self) -> UUID:
        """Give the session's key."""
        return to_uuid(self.row["id"])

    @property
    def created_at(self) -> datetime:
        """Tell when it began."""
        return to_instant(self.row["created_at"])

    @property
    def last_seen_at(self) -> datetime:
        """Tell when its owner was last seen, as coarsely as that is kept."""
        return to_instant(self.row["last_seen_at"])

    @property
    def is_of_this_epoch(self) -> bool:
        """Say whether it began after the last time that all sessions of its owner were ended."""
        return bool(self.row["epoch"] == self.row["user_epoch"])

    def policy(self, on: date) -> Policy:
        """Give the policy of a day."""
        return in_force(self.house.changes, on)

    def account(self, now: datetime) -> AccountFacts:
        """Describe an account in whose session somebody works.

        A lock that strangers earned keeps new sign-ons out and does not throw the owner out; a password for one sign-on
        has opened this session, and may still be changed in it.
        """
        row = self.row
        return AccountFacts(
            state=AccountState(row["state"]),
            password_changed_at=None if row["changed_at"] is None else to_instant(row["changed_at"]),
            must_change_password=bool(row["must_change"]),
            failures=0,
            locked=False,
            roles=house_roles(parts(row["roles"])),
            contract_active=None if row["provider_id"] is None else self._is_under_contract(local_date(now)),
        )

    def _is_under_contract(self, on: date) -> bool:
        periods = (period.split("/") for period in parts(self.row["contracts"]))
        return any(contract_in_force(to_date(begins), to_date(ends) if ends else None, on) for begins, ends in periods)

    def coordinator_counties(self, roles: frozenset[Role]) -> frozenset[str]:
        """Give the counties for which the owner works as a coordinator, in a role held now."""
        kinds = {str(kind) for role, kind in COORDINATOR_KINDS.items() if role in roles}
        if not kinds:
            return frozenset()
        pairs = (pair.split("/") for pair in parts(self.row["counties"]))
        return frozenset(county for kind, county in pairs if kind in kinds)

    async def version_to_accept(self, on: date) -> str | None:
        """Give the version of the statement that the owner has still to accept; None when there is nothing to."""
        statement = statement_of(self.house.statements, KIND, on)
        if statement is None or statement.version in parts(self.row["accepted"], _BETWEEN):
            return None
        policy = self.policy(on)
        if not policy.confidentiality_each_session and await _ACCEPTED.ask(
            (to_uuid(self.row["user_key"]), statement.version)
        ):
            return None
        return statement.version


async def session_by_token(token_hash: str) -> LiveSession | None:
    """Find the session of a token; None when there is none, or it has been ended."""
    return await _BY_TOKEN.ask(token_hash)


async def session_by_id(session_id: UUID) -> LiveSession | None:
    """Find a session again; None when it has been ended."""
    return await _BY_ID.ask(session_id)


async def session_rows(ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Read the rows of many sessions again at once; one that is missing has been ended."""
    return {to_uuid(row["id"]): row for row in await _read("s.id IN (:keys)", [*map(str, ids)])}


async def house_facts() -> HouseFacts:
    """Give what is the same for all who call."""
    return await _HOUSE.get(await current_era(), None, _read_house)


async def _read_by_token(hashes: Sequence[str]) -> dict[str, LiveSession]:
    house, rows = await asyncio.gather(house_facts(), _read("s.token_hash IN (:keys)", hashes))
    return {row["token_hash"]: LiveSession(row, house) for row in rows}


async def _read_by_id(ids: Sequence[UUID]) -> dict[UUID, LiveSession]:
    house, rows = await asyncio.gather(house_facts(), session_rows(ids))
    return {key: LiveSession(row, house) for key, row in rows.items()}


async def _read(condition: str, keys: Sequence[Any]) -> Sequence[Row]:
    return await fetch_often(f"{_SESSIONS}{condition}", keys=keys, kind=KIND, between=_BETWEEN)


async def _read_house() -> HouseFacts:
    changes, texts = await asyncio.gather(read_changes(), fetch_often(_TEXTS, kind=KIND))
    statements = tuple(Statement(KIND, row["version"], "", to_date(row["effective_from"])) for row in texts)
    return HouseFacts(changes, statements)


async def _read_accepted(people: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], bool]:
    rows = await fetch_often(
        "SELECT DISTINCT user_id, version FROM statement_acceptance WHERE kind = :kind AND user_id IN (:users)",
        kind=KIND,
        users=[user for user, _ in people],
    )
    return {(to_uuid(row["user_id"]), row["version"]): True for row in rows}


_HOUSE: Final[Kept[None, HouseFacts]] = Kept(1)
_ACCEPTED: Final = Question(_read_accepted)
_BY_TOKEN: Final = Question(_read_by_token)
_BY_ID: Final = Question(_read_by_id)
