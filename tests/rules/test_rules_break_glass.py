"""When a break-glass can be read under, and who may say whether it was right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from rules.break_glass import (
    BreakGlassFinding,
    check_can_end,
    check_not_open,
    check_not_reviewed,
    check_reviewer,
    check_somebody_is_told,
    is_open,
    was_open,
)
from rules.errors import Conflict, Denied

OPENED = datetime(2026, 3, 2, 15, tzinfo=UTC)
EXPIRES = OPENED + timedelta(hours=1)
TICK = timedelta(microseconds=1)


def test_it_is_open_until_its_hour_is_over_or_it_was_ended() -> None:
    assert is_open(EXPIRES, None, EXPIRES - TICK)
    assert not is_open(EXPIRES, None, EXPIRES)
    assert not is_open(EXPIRES, OPENED, OPENED)


def test_it_was_open_from_its_first_moment_to_the_last_before_its_end() -> None:
    assert [was_open(OPENED, EXPIRES, None, at) for at in (OPENED - TICK, OPENED, EXPIRES - TICK, EXPIRES)] == [
        False,
        True,
        True,
        False,
    ]
    ended = OPENED + timedelta(minutes=5)
    assert [was_open(OPENED, EXPIRES, ended, at) for at in (ended - TICK, ended)] == [True, False]
    assert not was_open(OPENED, EXPIRES, EXPIRES + TICK, EXPIRES)


def test_each_check_says_no_with_its_code_and_else_nothing() -> None:
    me, other = UUID(int=1), UUID(int=2)
    check_not_open(already=False)
    check_somebody_is_told(1)
    check_can_end(is_open=True)
    check_reviewer(other, me)
    check_not_reviewed(None)
    for attempt, kind, code in (
        (lambda: check_not_open(already=True), Conflict, "BREAK_GLASS_OPEN"),
        (lambda: check_somebody_is_told(0), Conflict, "NOBODY_TO_TELL"),
        (lambda: check_can_end(is_open=False), Conflict, "BREAK_GLASS_ENDED"),
        (lambda: check_reviewer(me, me), Denied, "OWN_BREAK_GLASS"),
        (lambda: check_not_reviewed(BreakGlassFinding.JUSTIFIED), Conflict, "ALREADY_REVIEWED"),
    ):
        with pytest.raises(kind) as no:
            attempt()
        assert no.value.code == code
