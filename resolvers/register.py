"""The policy in force: the documents' numbers with the CSO's dated changes (POL-35)."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from typing import Final

from orm.eras import Era, Kept, current_era
from orm.readings import fetch_often
from orm.sql import to_date, to_json
from rules.calendar import local_date
from rules.policy import Policy, PolicyChange, policy_in_force

Row = tuple[str, str | int | float, str, int]
"""A recorded change as it stands in the table: key, value, the day on which it begins, number."""


async def current_policy(now: datetime) -> Policy:
    """Read the policy that holds on the Chicago date of ``now``."""
    return await policy_of(await current_era(), now)


async def policy_of(era: Era | None, now: datetime) -> Policy:
    """Give the policy that holds on the Chicago date of ``now``, as of an era that was asked for; else as of now."""
    return in_force(await _CHANGES.get(era, None, read_changes), local_date(now))


async def recorded_changes() -> list[PolicyChange]:
    """Read every change that was ever decided, whether it has begun or not, in the order of deciding."""
    return _read(await _CHANGES.get(await current_era(), None, read_changes))


async def read_changes() -> tuple[Row, ...]:
    """Read the recorded changes as they stand in the table, in the order of deciding."""
    rows = await fetch_often("SELECT key, value, effective_from, number FROM policy_version ORDER BY number")
    return tuple((row["key"], row["value"], str(row["effective_from"]), row["number"]) for row in rows)


_CHANGES: Final[Kept[None, tuple[Row, ...]]] = Kept(1)


@lru_cache(maxsize=64)
def in_force(changes: tuple[Row, ...], on: date) -> Policy:
    """Give the policy of a day under recorded changes: kept for these very rows, so that it is never out of date."""
    return policy_in_force(_read(changes), on)


def _read(changes: tuple[Row, ...]) -> list[PolicyChange]:
    return [PolicyChange(key, _value(value), to_date(since), number) for key, value, since, number in changes]


def _value(stored: str | float) -> object:
    # SQLite makes a number of a JSON column that holds nothing else.
    return to_json(stored) if isinstance(stored, str) else stored
