"""What the benchmarks of letters and of publishing count is right, and a missing or doubled one is found."""

from __future__ import annotations

import asyncio

from benchmarks import letters, publish_wide
from orm.models import Letter, Notification
from resolvers.callers import Desk
from resolvers.referrals import publish_referral
from rules.notices import DeliveryState


async def test_every_letter_of_the_benchmark_comes_once_and_is_marked(database: str, desk: Desk) -> None:
    assert database
    assert desk
    await letters.promise(await letters.people(), 30)
    _, _, faults = await letters.timed(letters.house, 30)
    assert faults == []
    assert await Letter.exclude(state=DeliveryState.SENT).count() == 0
    _, _, faults = await letters.timed(lambda sink, count: letters.no_ledger(sink, count - 1), 5)
    assert faults == ["4 letters came, 4 different"]


async def test_the_check_of_a_wide_publishing_finds_a_missing_line_and_a_missing_letter(
    database: str, desk: Desk
) -> None:
    assert database
    (one, two), county = await publish_wide.open_exchange(desk, 6)
    numbers = [await publish_wide.draft(who, county, serial) for serial, who in enumerate((one, two))]
    await asyncio.gather(publish_referral(one, numbers[0]), publish_referral(two, numbers[1]))
    assert await publish_wide.broken_promises(6, 2, 0) == []
    await Letter.filter(id=(await Letter.all().first()).id).delete()  # type: ignore[union-attr]
    await Notification.filter(id=(await Notification.all().first()).id).delete()  # type: ignore[union-attr]
    assert len(await publish_wide.broken_promises(6, 2, 0)) == 2
