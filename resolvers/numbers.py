"""Numbers that people say on the telephone: one row a series, locked until the transaction ends, so none is lost."""

from __future__ import annotations

from typing import Literal

from tortoise.expressions import F

from orm.models import Counter

LAST_NUMBER = 2**31 - 1
"""The largest number that a column holds: what is larger belongs to no record."""

Series = Literal[
    "referral",
    "access_request",
    "access_form",
    "incident",
    "ticket",
    "evidence",
    "break_glass",
    "activity_review",
    "review_finding",
    "policy",
    "obligation",
    "provider_audit",
    "employee_review",
    "user_list",
    "ssa_report",
]


async def hold_series(series: Series) -> None:
    """Let nobody else take a number of a series, or rely on what was entered under one, until the end."""
    await Counter.filter(name=series).select_for_update().first()


async def next_number(series: Series) -> int:
    """Give the next number of a series."""
    await hold_series(series)
    await Counter.filter(name=series).update(value=F("value") + 1)
    counter = await Counter.get(name=series)
    return int(counter.value)
