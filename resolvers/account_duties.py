"""What a sweep must know of accounts: facts of many in one statement, or of one under its lock (002:108-197)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import Credential, User
from orm.readings import fetch_often
from orm.sql import fetch, to_date, to_instant, to_uuid
from rules.access_forms import FormKind
from rules.accounts import AccountState
from rules.calendar import local_date
from rules.inactivity import InactivityFacts
from rules.notices import NotificationKind


@dataclass(frozen=True, slots=True)
class AccountUse:
    """An account with the facts of its use, how it is named in a list, and where its owner works."""

    id: UUID
    label: str
    facts: InactivityFacts
    provider_id: UUID | None = None
    facility_id: str | None = None


_USE = """
SELECT u.id, u.user_id, u.domain, u.provider_id, u.facility_id, u.state, u.created_at, u.last_sign_in_at,
  u.terminated_on,
  (SELECT MAX(f.issued_at) FROM access_form f WHERE f.user_id = u.id AND f.kind = :enable) AS enabled_at,
  (SELECT MAX(i.closed_at) FROM incident i WHERE i.user_id = u.id AND i.suspended) AS let_in_at,
  (SELECT MAX(n.at) FROM notification n WHERE n.mailbox_id = u.mailbox_id AND n.kind = :warned) AS warned_at,
  CASE WHEN EXISTS (
    SELECT 1 FROM role_grant g JOIN catalogue_role c ON c.code = g.role
    WHERE g.user_id = u.id AND g.ended_at IS NULL AND c.inactivity_exempt
  ) THEN 1 ELSE 0 END AS exempt
FROM user_account u
"""


async def unused_accounts(provider_before: datetime, others_before: datetime, provider_domain: str) -> list[AccountUse]:
    """List the accounts that are not ended and were last used before an instant, another one for other domains.

    One statement; it narrows by the last sign-on, or by the creation for who never signed on, and the rule decides.
    """
    rows = await fetch(
        f"{_USE} WHERE u.state IN (:states) AND ("
        "(u.domain = :domain AND COALESCE(u.last_sign_in_at, u.created_at) < :provider_before) OR "
        "(u.domain <> :domain AND COALESCE(u.last_sign_in_at, u.created_at) < :others_before)) ORDER BY u.user_id",
        enable=FormKind.ENABLE,
        warned=NotificationKind.ACCOUNT_INACTIVE,
        states=[AccountState.ACTIVE, AccountState.SUSPENDED],
        domain=provider_domain,
        provider_before=provider_before,
        others_before=others_before,
    )
    return [_use(row) for row in rows]


async def use_of(user_id: UUID) -> InactivityFacts:
    """Give the facts of one account's use, as they are at this moment."""
    rows = await fetch_often(
        f"{_USE} WHERE u.id = :id",
        enable=FormKind.ENABLE,
        warned=NotificationKind.ACCOUNT_INACTIVE,
        id=user_id,
    )
    return _use(rows[0]).facts


async def uses_of(user_ids: Collection[UUID]) -> list[AccountUse]:
    """Give the facts of some accounts' use, by user ID."""
    rows = await fetch(
        f"{_USE} WHERE u.id IN (:ids) ORDER BY u.user_id",
        enable=FormKind.ENABLE,
        warned=NotificationKind.ACCOUNT_INACTIVE,
        ids=list(user_ids),
    )
    return [_use(row) for row in rows]


async def hold_account(user_id: UUID) -> User | None:
    """Lock an account against a sign-on at the same moment, and read it then; None if there is no such account.

    A sign-on locks the credential first, and so does this: whoever comes second sees what the first one did.
    """
    await Credential.filter(user_id=user_id).select_for_update(no_key=True).first()
    return await User.filter(id=user_id).select_for_update(no_key=True).first()


def _use(row: Mapping[str, Any]) -> AccountUse:
    begun = [row["created_at"], row["enabled_at"], row["let_in_at"]]
    return AccountUse(
        id=to_uuid(row["id"]),
        label=f"{row['domain']}\\{row['user_id']}",
        facts=InactivityFacts(
            domain=row["domain"],
            state=AccountState(row["state"]),
            usable_since=max(to_instant(one) for one in begun if one is not None),
            last_sign_in_at=to_instant(row["last_sign_in_at"]) if row["last_sign_in_at"] else None,
            exempt_role=bool(row["exempt"]),
            terminated_on=to_date(row["terminated_on"]) if row["terminated_on"] else None,
            warned_on=_day(row["warned_at"]),
        ),
        provider_id=to_uuid(row["provider_id"]) if row["provider_id"] else None,
        facility_id=row["facility_id"],
    )


def _day(instant: datetime | str | None) -> date | None:
    return None if instant is None else local_date(to_instant(instant))
