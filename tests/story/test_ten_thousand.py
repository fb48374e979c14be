"""Many referrals in a row: every promise kept, memory flat. All ten thousand: ``make bench ARGS=publish_many``."""

from __future__ import annotations

import asyncio
import gc
import heapq
import sys
import tracemalloc
from typing import Any

import pytest

from benchmarks.__main__ import known, run
from benchmarks.publish_many import Exchange, broken_promises, open_exchange, publish_one
from orm.models import Letter, Mailbox, Notification, ReferralReach
from resolvers.callers import Desk

FEW, MORE, TRACED, MANY = 100, 240, 260, 300
MOST_BLOCKS = 1_400
"""Pieces of memory that a hundred and forty referrals may leave behind: one that was kept would be dozens."""
EACH = 10
MOST_GROWTH = 10_000
"""Bytes that ten referrals may leave behind: one that was kept would be thousands.

Forty left 23 to 42 thousand behind from run to run, with the same pieces: something that comes now and then. What each
referral leaves, all tens leave, so the one that left least tells.
"""


async def test_three_hundred_referrals_keep_every_promise_and_leave_nothing_in_memory(
    database: str, desk: Desk
) -> None:
    assert database
    exchange = await open_exchange(desk)
    await _publish(exchange, range(FEW))
    pieces = sys.getallocatedblocks()
    await _publish(exchange, range(FEW, MORE))
    pieces = sys.getallocatedblocks() - pieces
    tracemalloc.start()  # also what is no piece of its own, and for a few: it makes everything several times slower
    try:
        await _publish(exchange, range(MORE, TRACED))
        grown = []
        for first in range(TRACED, MANY, EACH):
            settled, _ = tracemalloc.get_traced_memory()
            await _publish(exchange, range(first, first + EACH))
            grown.append(tracemalloc.get_traced_memory()[0] - settled)
    finally:
        tracemalloc.stop()

    assert await broken_promises(exchange, MANY) == []
    assert pieces < MOST_BLOCKS
    assert min(grown) < MOST_GROWTH


async def _publish(exchange: Exchange, serials: range) -> None:
    for serial in serials:
        await publish_one(exchange, serial)
    _drop_cancelled_timers()
    gc.collect()


def _drop_cancelled_timers() -> None:
    """Drop what asyncio lets lie until there are a hundred of them: time limits of commits that have long ended."""
    loop: Any = asyncio.get_running_loop()
    loop._scheduled = [timer for timer in loop._scheduled if not timer.cancelled()]
    heapq.heapify(loop._scheduled)


async def test_the_check_of_the_promises_finds_a_missing_and_a_doubled_one(database: str, desk: Desk) -> None:
    """Hold the test above and the benchmark honest."""
    assert database
    exchange = await open_exchange(desk)
    for serial in range(10):
        await publish_one(exchange, serial)
    assert await broken_promises(exchange, 10) == []
    assert len(await broken_promises(exchange, 11)) == 5

    letter = await Letter.all().first()
    assert letter is not None
    await letter.delete()
    assert await broken_promises(exchange, 10) == ["the letters are not one for each line"]
    await Letter.bulk_create([letter])

    reach = await ReferralReach.all().first()
    assert reach is not None
    await ReferralReach.filter(id=reach.id).delete()
    assert len(await broken_promises(exchange, 10)) == 1
    await ReferralReach.create(referral_id=reach.referral_id, provider_id=reach.provider_id, at=reach.at)

    nobody = next(mailbox for mailbox, counties in exchange.readers.items() if counties is None)
    line = await Notification.all().first()
    assert line is not None
    await Notification.create(
        mailbox_id=nobody, line=1, kind=line.kind, referral_number=line.referral_number, at=line.at
    )
    assert len(await broken_promises(exchange, 10)) == 2
    await Mailbox.filter(id=nobody).update(last_line=1)
    assert len(await broken_promises(exchange, 10)) == 2


def test_the_benchmarks_are_listed_and_an_unknown_one_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert "publish_many" in known()
    assert run(["list"]) == 0
    assert "Ten thousand referrals" in capsys.readouterr().out
    assert run(["nothing"]) == 2
    assert "publish_many" in capsys.readouterr().err
