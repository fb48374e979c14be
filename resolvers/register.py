"""The policy in force: the documents' numbers with the CSO's dated changes (POL-35)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache

from orm.sql import fetch, to_date, to_json
from rules.calendar import local_date
from rules.policy import Policy, PolicyChange, policy_in_force

_Row = tuple[str, str | int | float, str, int]


async def current_policy(now: datetime) -> Policy:
    """Read the policy that holds on the Chicago date of ``now``."""
    return _in_force(await _rows(), local_date(now))


async def current_policies(instants: Sequence[datetime]) -> list[Policy | Exception]:
    """Read the policies of several instants of about now, from one reading of the table."""
    rows = await _rows()
    return [_in_force(rows, local_date(now)) for now in instants]


async def recorded_changes() -> list[PolicyChange]:
    """Read every change that was ever decided, whether it has begun or not, in the order of deciding."""
    return _read(await _rows())


async def _rows() -> tuple[_Row, ...]:
    rows = await fetch("SELECT key, value, effective_from, number FROM policy_version ORDER BY number")
    return tuple((row["key"], row["value"], str(row["effective_from"]), row["number"]) for row in rows)


@lru_cache(maxsize=64)
def _in_force(changes: tuple[_Row, ...], on: date) -> Policy:
    """Read the changes as they stand in the table: kept for these very rows, so that it is never out of date."""
    return policy_in_force(_read(changes), on)


def _read(changes: tuple[_Row, ...]) -> list[PolicyChange]:
    return [PolicyChange(key, _value(value), to_date(since), number) for key, value, since, number in changes]


def _value(stored: str | float) -> object:
    # SQLite makes a number of a JSON column that holds nothing else.
    return to_json(stored) if isinstance(stored, str) else stored
