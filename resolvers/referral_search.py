"""Find referrals: every filter in any combination, any order, page by page (001:183-227)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Any

from orm.sql import fetch
from resolvers.desk import Reading
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import stale_cursor
from resolvers.referral_rows import TABLES, only_provider, own_provider_parameter
from resolvers.scope import Sight
from resolvers.searching import escaped, is_storable
from rules.calendar import local_instant
from rules.errors import Invalid
from rules.referrals import (
    ReferralStatus,
)
from rules.text import NAME_LIMIT


class ReferralOrder(StrEnum):
    """How the grid is sorted; the oldest first unless said otherwise (001:225-227)."""

    AGE_DESC = "AGE_DESC"
    """Oldest first: the default."""
    AGE_ASC = "AGE_ASC"
    """Youngest first."""
    NUMBER_ASC = "NUMBER_ASC"
    """Lowest number first."""
    NUMBER_DESC = "NUMBER_DESC"
    """Highest number first."""
    STATUS_ASC = "STATUS_ASC"
    """By status, A to Z."""
    STATUS_DESC = "STATUS_DESC"
    """By status, Z to A."""
    FACILITY_ASC = "FACILITY_ASC"
    """By facility code, lowest first."""
    FACILITY_DESC = "FACILITY_DESC"
    """By facility code, highest first."""
    NAME_ASC = "NAME_ASC"
    """By the consumer's last name, then first name, A to Z."""
    NAME_DESC = "NAME_DESC"
    """By the consumer's last name, then first name, Z to A."""
    DMH_ID_ASC = "DMH_ID_ASC"
    """By DMH ID, lowest first."""
    DMH_ID_DESC = "DMH_ID_DESC"
    """By DMH ID, highest first."""
    BIRTH_DATE_ASC = "BIRTH_DATE_ASC"
    """By birth date, oldest person first."""
    BIRTH_DATE_DESC = "BIRTH_DATE_DESC"
    """By birth date, youngest person first."""
    GENDER_ASC = "GENDER_ASC"
    """By gender, A to Z."""
    GENDER_DESC = "GENDER_DESC"
    """By gender, Z to A."""
    PENDING_PLACEMENT_ASC = "PENDING_PLACEMENT_ASC"
    """Those without a pending placement first."""
    PENDING_PLACEMENT_DESC = "PENDING_PLACEMENT_DESC"
    """Those with a pending placement first."""
    RESPONSE_ASC = "RESPONSE_ASC"
    """Those without an own response first."""
    RESPONSE_DESC = "RESPONSE_DESC"
    """Those with an own response first."""


@dataclass(frozen=True, slots=True)
class TextFilter:
    """Compare a text, without regard to capitals; all given comparisons have to hold."""

    eq: str | None = None
    in_: tuple[str, ...] | None = None
    starts_with: str | None = None
    contains: str | None = None


@dataclass(frozen=True, slots=True)
class ReferralFilter:
    """Any combination of filters (001:183-187); without a status the open ones.

    ``accepted`` asks whether a provider has accepted, tentatively or not; a provider's staff ask it of their own answer
    only (RSP-10). ``pending`` asks whether a placement is pending.
    """

    statuses: frozenset[ReferralStatus] = frozenset({ReferralStatus.OPEN})
    numbers: frozenset[int] | None = None
    last_name: TextFilter | None = None
    first_name: TextFilter | None = None
    dmh_id: TextFilter | None = None
    facility_codes: frozenset[str] | None = None
    counties: frozenset[str] | None = None
    overdue: bool | None = None
    answered: bool | None = None
    accepted: bool | None = None
    pending: bool | None = None


FILTER_VALUES = 100


_SORTS = {
    "NUMBER": "r.number",
    "STATUS": "r.status",
    "FACILITY": "f.code",
    "NAME": "LOWER(c.last_name || ', ' || c.first_name)",
    "DMH_ID": "c.dmh_id",
    "BIRTH_DATE": "c.birth_date",
    "GENDER": "c.gender",
    "PENDING_PLACEMENT": "CASE WHEN pp.id IS NULL THEN 0 ELSE 1 END",
    "RESPONSE": "COALESCE(o.kind, '')",
}


def sort_column(order: ReferralOrder, where: ReferralFilter) -> tuple[str, bool]:
    """Give the sort expression and whether it descends; age descends where the first publishing ascends."""
    name, _, direction = order.value.rpartition("_")
    if name != "AGE":
        return _SORTS[name], direction == "DESC"
    if where.statuses == {ReferralStatus.OPEN}:
        return "r.first_published_at", direction == "ASC"
    # Drafts have no age: they come where they were created, so that the order is total.
    return "COALESCE(r.first_published_at, r.created_at)", direction == "ASC"


async def beyond(
    column: str, descending: bool, number: int, sight: Sight, parameters: dict[str, Any], reading: Reading
) -> str:
    """Say in SQL what lies beyond the row with this number in the chosen order.

    The row has to exist for the caller, or its place in the order would tell something about it.

    Raises:
        Invalid: ``CURSOR_STALE``; the row has gone out of sight since.
    """
    at = await fetch(
        f"SELECT {column} AS value FROM {TABLES} WHERE r.number = :cursor AND ({sight.where})",
        **sight.parameters,
        **own_provider_parameter(reading),
        cursor=number,
    )
    if not at:
        raise stale_cursor()
    parameters["cursor"] = number
    parameters["cursor_value"] = at[0]["value"]
    sign = "<" if descending else ">"
    return f"({column} {sign} :cursor_value OR ({column} = :cursor_value AND r.number > :cursor))"


def conditions_of(where: ReferralFilter, sight: Sight, reading: Reading) -> tuple[list[str], dict[str, Any]]:
    """Say in SQL which referrals a filter means, among those that exist for the caller."""
    conditions = [f"({sight.where})", "r.status IN (:statuses)"]
    parameters: dict[str, Any] = {
        **sight.parameters,
        **own_provider_parameter(reading),
        "statuses": sorted(where.statuses),
    }
    if where.statuses == {ReferralStatus.OPEN}:
        # Said as a literal too, so that the partial index on open referrals can serve.
        conditions[1:] = ["r.status = 'OPEN'"]
        del parameters["statuses"]
    if where.numbers is not None:
        conditions.append("r.number IN (:numbers)")
        parameters["numbers"] = sorted(number for number in where.numbers if 0 < number <= LAST_NUMBER)
    for name, column, text in (
        ("last_name", "c.last_name", where.last_name),
        ("first_name", "c.first_name", where.first_name),
        ("dmh_id", "c.dmh_id", where.dmh_id),
    ):
        if text is not None:
            conditions += _text_conditions(name, column, text, parameters)
    if where.facility_codes is not None:
        conditions.append("r.facility_id IN (:facilities)")
        parameters["facilities"] = sorted(filter(is_storable, where.facility_codes))
    if where.counties is not None:
        conditions.append(
            "EXISTS (SELECT 1 FROM referral_county fc WHERE fc.referral_id = r.id AND fc.county_id IN (:in_counties))"
        )
        parameters["in_counties"] = sorted(filter(is_storable, where.counties))
    conditions += _answers(where, reading)
    if where.overdue is not None:
        parameters["red_before"] = red_before(reading)
        red = "(r.status = 'OPEN' AND r.first_published_at < :red_before)"
        conditions.append(red if where.overdue else f"NOT {red}")
    return conditions, parameters


def _answers(where: ReferralFilter, reading: Reading) -> list[str]:
    conditions = []
    if where.answered is not None:
        conditions.append("o.id IS NOT NULL" if where.answered else "o.id IS NULL")
    if where.accepted is not None:
        conditions.append(f"{'' if where.accepted else 'NOT '}{_OWN_YES if only_provider(reading) else _ANY_YES}")
    if where.pending is not None:
        conditions.append(f"r.pending_provider_id IS {'NOT ' if where.pending else ''}NULL")
    return conditions


_ANY_YES = "EXISTS (SELECT 1 FROM response y WHERE y.referral_id = r.id AND y.kind IN ('ACCEPT', 'TENTATIVE'))"
_OWN_YES = "(o.kind IS NOT NULL AND o.kind IN ('ACCEPT', 'TENTATIVE'))"


def red_before(reading: Reading) -> datetime:
    """Give the instant before which an open referral was published that is overdue today, in Chicago days."""
    return local_instant(reading.today - reading.policy.referral_red, time(0))


def _text_conditions(name: str, column: str, text: TextFilter, parameters: dict[str, Any]) -> list[str]:
    _check_filter(name, text)
    conditions: list[str] = []
    if not all(map(is_storable, [text.eq, text.starts_with, text.contains, *(text.in_ or ())])):
        return ["1 = 0"]
    if text.eq is not None:
        conditions.append(f"LOWER({column}) = {_lowered(f'{name}_eq')}")
        parameters[f"{name}_eq"] = text.eq
    if text.in_ is not None:
        among = {f"{name}_in_{place}": value for place, value in enumerate(text.in_)}
        conditions.append(" OR ".join(f"LOWER({column}) = {_lowered(key)}" for key in among) or "1 = 0")
        parameters |= among
    for suffix, value in (("starts", text.starts_with), ("contains", text.contains)):
        if value is not None:
            conditions.append(f"LOWER({column}) LIKE {_lowered(f'{name}_{suffix}')} ESCAPE '!'")
            parameters[f"{name}_{suffix}"] = f"{'' if suffix == 'starts' else '%'}{escaped(value)}%"
    return [f"({condition})" for condition in conditions]


def _lowered(parameter: str) -> str:
    """Lower what was typed where the column is lowered: engines differ beyond A to Z, and both sides must agree."""
    return f"LOWER(CAST(:{parameter} AS TEXT))"


def _check_filter(name: str, text: TextFilter) -> None:
    values = [text.eq, text.starts_with, text.contains, *(text.in_ or ())]
    if len(values) > FILTER_VALUES or any(len(value) > NAME_LIMIT for value in values if value):
        raise Invalid(
            f"Filter by at most {FILTER_VALUES} texts of at most {NAME_LIMIT} characters.",
            code="FILTER_TOO_LARGE",
            field=name,
        )
