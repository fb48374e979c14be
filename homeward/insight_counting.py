"""Check the numbers behind the insights from the command line, and count them anew."""

from __future__ import annotations

from collections.abc import Callable

from homeward.settings import Settings
from homeward.wiring import open_house
from resolvers.insight_check import CountsVerdict, check_counts, count_anew

Say = Callable[[str], object]

_TOLD = 10
"""So many wrong numbers are told one by one; to mend them takes the same command however many there are."""


async def check(settings: Settings, say: Say) -> int:
    """Compare every kept number with a fresh count; answer the exit code."""
    async with open_house(settings.model_copy(update={"redis_url": ""})):
        verdict = await check_counts()
    return _say(verdict, say)


async def recount(settings: Settings, say: Say) -> int:
    """Count everything anew and look again; answer the exit code."""
    async with open_house(settings.model_copy(update={"redis_url": ""})):
        await count_anew()
        verdict = await check_counts()
    return _say(verdict, say)


def _say(verdict: CountsVerdict, say: Say) -> int:
    if verdict.right:
        say(f"Right: {verdict.numbers} numbers are those of a fresh count.")
        return 0
    for wrong in verdict.wrong[:_TOLD]:
        cell = wrong.cell
        days = None if cell.days is None else f"after {cell.days} days"
        where = " ".join(part for part in (cell.what, cell.reason, days, f"{cell.month:%Y-%m}", cell.place) if part)
        say(f"{where}: {wrong.kept} is kept, {wrong.counted} would be right.")
    say(
        f"NOT RIGHT. {len(verdict.wrong)} numbers, and the acceptances of {verdict.wrong_acceptances} referrals, are "
        "not those of a fresh count. `homeward insights recount` sets them right."
    )
    return 1
