"""The row of a referral: which tables and columns, and what becomes of them for this reader."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from orm.sql import to_date, to_instant, to_uuid
from resolvers.desk import Reading
from resolvers.referral_shapes import (
    ConsumerView,
    FacilityView,
    PendingPlacementView,
    PersonView,
    ProviderRef,
    ReferralView,
    ResponseView,
)
from rules.referrals import (
    CloseOutcome,
    DeclineReason,
    Gender,
    Provision,
    ReferralStatus,
    ResponseKind,
    age_in_days,
    age_in_years,
    is_overdue,
)
from rules.text import full_name

_NOBODY = UUID(int=0)

_JOINS = {
    "c": "JOIN consumer c ON c.id = r.consumer_id",
    "f": "JOIN facility f ON f.code = r.facility_id",
    "u": "LEFT JOIN user_account u ON u.id = r.primary_coordinator_id",
    "pp": "LEFT JOIN pending_placement pp ON pp.referral_id = r.id AND pp.ended_at IS NULL",
    "p": "LEFT JOIN provider p ON p.id = pp.provider_id",
    "o": "LEFT JOIN response o ON o.referral_id = r.id AND o.provider_id = :own",
    "oa": "LEFT JOIN user_account oa ON oa.id = o.answered_by_id",
    "op": "LEFT JOIN provider op ON op.id = o.provider_id",
}
"""Each brings exactly one row, or none where the column is then empty: none changes how many referrals there are."""

TABLES = f"referral r {' '.join(_JOINS.values())}"

_FOR_CONDITIONS = ("c", "o")
"""The tables that a condition can name beside the referral itself."""


@lru_cache(maxsize=256)
def tables_for(text: str) -> str:
    """Give the tables that the text of a statement speaks of."""
    named = set(_ALIAS.findall(text))
    named |= {before for alias, before in _BEHIND.items() if alias in named}
    return " ".join(["referral r", *(join for alias, join in _JOINS.items() if alias in named)])


_ALIAS = re.compile(r"\b(c|f|u|pp|p|o|oa|op)\.")
_BEHIND = {"p": "pp", "oa": "o", "op": "o"}


def tables_to_count(conditions: Iterable[str]) -> tuple[str, frozenset[str]]:
    """Give the tables that a count under these conditions needs, and the parameters that it then does not know.

    Counting twenty thousand referrals through eight joins takes ten times as long as counting them.
    """
    text = " ".join(conditions)
    named = [alias for alias in _FOR_CONDITIONS if re.search(rf"\b{alias}\.", text)]
    joins = " ".join(_JOINS[alias] for alias in named)
    return f"referral r {joins}", frozenset() if "o" in named else frozenset({"own"})


COLUMNS = (
    "r.id, r.number, r.status, r.statewide, r.version, r.created_at, r.first_published_at, r.last_published_at, "
    "r.closed_at, r.close_outcome, f.code AS facility_code, f.name AS facility_name, "
    "c.id AS consumer_id, c.first_name, c.last_name, c.dmh_id, c.birth_date, c.gender, c.address, c.city, c.zip_code, "
    "u.id AS coordinator_id, u.first_name AS coordinator_first, u.last_name AS coordinator_last, "
    "u.email AS coordinator_email, u.phone AS coordinator_phone, "
    "pp.set_at AS pending_since, p.id AS pending_id, p.name AS pending_name, "
    "o.id AS response_id, o.kind AS response_kind, o.provision AS response_provision, "
    "o.decline_reason AS response_reason, o.comments AS response_comments, o.version AS response_version, "
    "o.answered_at AS response_at, op.id AS own_provider_id, op.name AS own_provider_name, "
    "oa.first_name AS answerer_first, oa.last_name AS answerer_last"
)


def own_provider_parameter(reading: Reading) -> dict[str, Any]:
    """Give the parameter by which the row finds the own answer of the caller's provider; nobody's for others."""
    return {"own": reading.actor.provider_id if reading.actor.is_provider_staff else _NOBODY}


def row_view(row: dict[str, Any], reading: Reading) -> ReferralView:
    """Make of a row what this reader sees."""
    age = age_in_days(optional_instant(row["first_published_at"]), optional_instant(row["closed_at"]), reading.now)
    birth_date = to_date(row["birth_date"])
    status = ReferralStatus(row["status"])
    return ReferralView(
        id=to_uuid(row["id"]),
        number=row["number"],
        status=status,
        statewide=bool(row["statewide"]),
        version=row["version"],
        facility=FacilityView(row["facility_code"], row["facility_name"]),
        consumer=ConsumerView(
            id=to_uuid(row["consumer_id"]),
            name=f"{row['first_name']} {row['last_name']}",
            first_name=row["first_name"],
            last_name=row["last_name"],
            dmh_id=row["dmh_id"],
            birth_date=birth_date,
            age=age_in_years(birth_date, reading.today),
            gender=Gender(row["gender"]),
            address=row["address"],
            city=row["city"],
            zip_code=row["zip_code"],
        ),
        primary_coordinator=_coordinator(row),
        pending_placement=_pending(row, reading),
        age=age,
        overdue=status is ReferralStatus.OPEN and is_overdue(age, reading.policy),
        created_at=to_instant(row["created_at"]),
        published_at=optional_instant(row["first_published_at"]),
        republished_at=optional_instant(row["last_published_at"])
        if row["last_published_at"] != row["first_published_at"]
        else None,
        closed_at=optional_instant(row["closed_at"]),
        close_outcome=CloseOutcome(row["close_outcome"]) if row["close_outcome"] else None,
        own_response=_own_response(row),
    )


def _coordinator(row: dict[str, Any]) -> PersonView | None:
    if row["coordinator_id"] is None:
        return None
    return PersonView(
        id=to_uuid(row["coordinator_id"]),
        name=full_name(row["coordinator_first"], row["coordinator_last"]),
        email=row["coordinator_email"],
        phone=row["coordinator_phone"],
    )


def _pending(row: dict[str, Any], reading: Reading) -> PendingPlacementView | None:
    if row["pending_id"] is None:
        return None
    provider = ProviderRef(to_uuid(row["pending_id"]), row["pending_name"])
    told_who = not only_provider(reading) or provider.id == reading.actor.provider_id
    return PendingPlacementView(to_instant(row["pending_since"]), provider if told_who else None)


def _own_response(row: dict[str, Any]) -> ResponseView | None:
    if row["response_id"] is None:
        return None
    return ResponseView(
        id=to_uuid(row["response_id"]),
        provider=ProviderRef(to_uuid(row["own_provider_id"]), row["own_provider_name"]),
        kind=ResponseKind(row["response_kind"]),
        provision=Provision(row["response_provision"]) if row["response_provision"] else None,
        decline_reason=DeclineReason(row["response_reason"]) if row["response_reason"] else None,
        comments=row["response_comments"],
        version=row["response_version"],
        answered_at=to_instant(row["response_at"]),
        answered_by=full_name(row["answerer_first"], row["answerer_last"]),
    )


def only_provider(reading: Reading) -> bool:
    """Say whether the reader sees referrals as a provider's staff only."""
    return not (reading.actor.sees_all_referrals or reading.actor.is_coordinator)


def optional_instant(value: datetime | str | None) -> datetime | None:
    """Read an instant that may be missing."""
    return None if value is None else to_instant(value)
