"""What waits for a person: each room says it for its own records, and the home page shows it all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from resolvers.callers import Caller
from resolvers.paging import Page


class Tone(StrEnum):
    """How much it presses: beside its colour, the page says it in words."""

    CALM = "calm"
    DUE = "due"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits: how many, of what, where to see them, until when; ``one`` is the label of one.

    With ``sentence`` the label says it all, and nothing is counted; it needs no ``one``.
    """

    label: str
    count: int
    href: str
    tone: Tone = Tone.CALM
    due: datetime | None = None
    one: str = ""
    sentence: bool = False

    @property
    def words(self) -> str:
        """Say of what there are so many: ``overdue referrals``, and of a single one ``overdue referral``."""
        return self.one if self.one and self.count == 1 else self.label


Provider = Callable[[Caller], Awaitable[Sequence[Waiting]]]
"""Says what waits for a caller in one room; nothing for whom the room is closed."""


async def all_waiting(caller: Caller, providers: Sequence[Provider]) -> list[Waiting]:
    """Ask every room."""
    # Side by side: what they write into the trail is committed together.
    return [one for told in await asyncio.gather(*(provider(caller) for provider in providers)) for one in told]


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Put what is late first, then what is due soonest; what is done with is not listed."""
    rank = {Tone.LATE: 0, Tone.DUE: 1, Tone.CALM: 2}
    return sorted(
        (one for one in waiting if one.count),
        key=lambda one: (rank[one.tone], one.due is None, one.due.timestamp() if one.due else 0.0),
    )


def pressing(
    page: Page[Any],
    label: str,
    href: str,
    caller: Caller,
    due: Callable[[Any], datetime | None] = lambda row: row.due_at,
    *,
    one: str = "",
) -> Waiting:
    """Say how many wait in a list, and when the first of them is due."""
    dates: Collection[datetime] = [at for row in page.nodes if (at := due(row)) is not None]
    first = min(dates, default=None)
    return Waiting(label, page.total_count or 0, href, tone_of(first, caller.desk.clock()), first, one)


def tone_of(due: datetime | None, now: datetime) -> Tone:
    """Say how much something presses that is due at an instant."""
    return Tone.LATE if due is not None and due < now else Tone.DUE
