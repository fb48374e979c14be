"""Accounts as those see them who look after them: state, roles, last sign-on, lock, open incidents (000:258-263)."""

from __future__ import annotations

from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import Credential, Incident, RoleGrant, User
from orm.sql import fetch, to_uuid
from resolvers.account_reach import Reach, account_in_reach, reach_of
from resolvers.desk import EVERYONE, Reading, access
from resolvers.paging import Page, key_from_cursor, page_of, page_size, stale_cursor, to_cursor
from resolvers.referral_shapes import FacilityView, ProviderRef
from resolvers.searching import escaped, is_storable
from rules.accounts import AccountState
from rules.errors import Invalid
from rules.incidents import IncidentState
from rules.leaving import DisabledReason
from rules.roles import Role

READS_ALL = frozenset({Role.CSO, Role.ITSD_ACCOUNT_MGMT, Role.SUPPORT_DESK})
"""Who sees everybody's account; liaisons see those of providers, an organization's officers those of its people."""

_READS_NOTES = READS_ALL - {Role.SUPPORT_DESK}
_ORDER = "ACCOUNT"
_SEARCH_LIMIT = 100


@dataclass(slots=True)
class AccountView:
    """A user ID and its owner; ``disabled_note`` is None for the support desk, ``locked`` is the door for strangers."""

    id: UUID
    user_id: str
    domain: str
    name: str
    title: str
    email: str | None
    phone: str
    state: AccountState
    provider: ProviderRef | None
    facility: FacilityView | None
    regional_office: str | None
    roles: list[str]
    created_at: datetime
    last_sign_in_at: datetime | None
    locked: bool
    open_incidents: int
    disabled_at: datetime | None
    disabled_reason: DisabledReason | None
    disabled_note: str | None
    terminated_on: date | None
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Any combination of filters; ``search`` is the beginning of a user ID or a part of a name, ``role`` a code."""

    provider_id: UUID | None = None
    facility: str | None = None
    state: AccountState | None = None
    search: str | None = None
    role: str | None = None


@access("account.list", by=EVERYONE, cites="000:258-263; 002:145-149")
async def list_accounts(
    reading: Reading,
    *,
    where: AccountFilter | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[AccountView]:
    """List the accounts that the caller looks after, by user ID; none for whoever looks after none.

    Raises:
        Invalid: a cursor or page size that cannot be, or ``SEARCH_TOO_LONG``.
    """
    size = page_size(first)
    reach = await account_reach(reading)
    in_reach, parameters = reach.condition("u")
    conditions = [in_reach, *_filter(where or AccountFilter(), parameters)]
    total: int | None = None
    if count:
        counted = await fetch(
            f"SELECT COUNT(*) AS n FROM user_account u WHERE {' AND '.join(conditions)}", **parameters
        )
        total = int(counted[0]["n"])
    if after is not None:
        conditions.append("u.user_id > :after")
        parameters["after"] = await _place(reach, key_from_cursor(after, _ORDER))
    rows = await fetch(
        f"SELECT u.id FROM user_account u WHERE {' AND '.join(conditions)} ORDER BY u.user_id LIMIT :limit",
        **parameters,
        limit=size + 1,
    )
    keys = [to_uuid(row["id"]) for row in rows[:size]]
    views = await _views(reading, keys)
    reading.shows("user", keys, ["accounts"])
    return page_of(views, lambda view: to_cursor(_ORDER, str(view.id)), more=len(rows) > size, after=after, total=total)


@access("account.view", by=EVERYONE, cites="000:258-263; 002:181-185")
async def view_account(reading: Reading, user_id: str) -> AccountView:
    """Show an account by its user ID.

    Raises:
        NotFound: there is no such account for this person.
        Invalid: ``USER_ID_MALFORMED``.
    """
    user = await account_in_reach(await account_reach(reading), user_id)
    reading.about("user", user.id)
    reading.shows("user", [user.id], ["account"])
    return (await _views(reading, [user.id]))[0]


async def account_reach(reading: Reading) -> Reach:
    """Say whose accounts a person sees."""
    return await reach_of(reading.actor, reading.today, everywhere=READS_ALL, at_providers={Role.PROVIDER_RELATIONS})


def _filter(where: AccountFilter, parameters: dict[str, Any]) -> list[str]:
    text = (where.search or "").strip()
    if len(text) > _SEARCH_LIMIT:
        raise Invalid("Search for something shorter.", code="SEARCH_TOO_LONG", field="search")
    if not is_storable(text + (where.facility or "") + (where.role or "")):
        return ["1 = 0"]
    conditions = []
    for column, value in (("provider_id", where.provider_id), ("facility_id", where.facility), ("state", where.state)):
        if value is not None:
            conditions.append(f"u.{column} = :{column}")
            parameters[column] = value
    if where.role is not None:
        conditions.append(
            "EXISTS (SELECT 1 FROM role_grant g WHERE g.user_id = u.id AND g.role = :role AND g.ended_at IS NULL)"
        )
        parameters["role"] = where.role
    if text:
        conditions.append(
            "(u.user_id LIKE UPPER(CAST(:begins AS TEXT)) ESCAPE '!' "
            "OR LOWER(u.first_name || ' ' || u.last_name) LIKE LOWER(CAST(:contains AS TEXT)) ESCAPE '!')"
        )
        parameters |= {"begins": f"{escaped(text)}%", "contains": f"%{escaped(text)}%"}
    return conditions


async def _place(reach: Reach, key: UUID) -> str:
    """Find the user ID of a cursor's account; it has to exist for the caller, or the place would tell something.

    Raises:
        Invalid: ``CURSOR_STALE``; the account has gone out of reach since.
    """
    user = await User.filter(id=key).first()
    if user is None or not reach.covers(user):
        raise stale_cursor()
    return user.user_id


async def _views(reading: Reading, keys: Collection[UUID]) -> list[AccountView]:
    users = {user.id: user for user in await User.filter(id__in=list(keys)).select_related("provider", "facility")}
    roles: dict[UUID, list[str]] = defaultdict(list)
    for grant in await RoleGrant.filter(user_id__in=list(keys), ended_at=None).order_by("role"):
        roles[grant.user_id].append(grant.role)
    locked = {one.user_id for one in await Credential.filter(user_id__in=list(keys), locked_at__not_isnull=True)}
    incidents = Tally(one.user_id for one in await Incident.filter(user_id__in=list(keys), state=IncidentState.OPEN))
    reads_notes = not (reading.actor.has_any({Role.SUPPORT_DESK}) and not reading.actor.has_any(_READS_NOTES))
    views = []
    for key in keys:
        user = users[key]
        views.append(
            AccountView(
                id=key,
                user_id=user.user_id,
                domain=user.domain,
                name=user.name,
                title=user.title,
                email=user.email,
                phone=user.phone,
                state=user.state,
                provider=ProviderRef(user.provider.id, user.provider.name) if user.provider else None,
                facility=FacilityView(user.facility.code, user.facility.name) if user.facility else None,
                regional_office=user.regional_office_id,
                roles=roles[key],
                created_at=user.created_at,
                last_sign_in_at=user.last_sign_in_at,
                locked=key in locked,
                open_incidents=incidents[key],
                disabled_at=user.disabled_at,
                disabled_reason=user.disabled_reason,
                disabled_note=(user.disabled_note or None) if reads_notes else None,
                terminated_on=user.terminated_on,
                deleted_at=user.deleted_at,
            )
        )
    return views
