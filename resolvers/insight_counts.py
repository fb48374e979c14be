"""Read the numbers that the tables keep for the insights, and add up their rows from time to time.

A number is the sum of its rows (:class:`orm.models.InsightCount`): triggers add one to it, or take one away, in the
transaction of the change. So it is never late and nobody waits for anybody; adding up changes no number, whenever it
happens, and whether it happens at all.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from tortoise.transactions import in_transaction

from orm.readings import Row, fetch_often, parts
from orm.sql import dialect, execute, fetch, to_date
from rules.counted import EVERY, Counted
from rules.insights import Months
from rules.referrals import ResponseKind

MANY: Final = 2_000
"""So many rows that are no sums yet are worth adding up: to read them takes about a millisecond."""

Cell = tuple[Any, ...]
"""The values of the columns that were asked for: words, and a date for the month."""


@dataclass(frozen=True, slots=True)
class Together:
    """Places of which each referral is to count once: those that prefer one of ``mine`` and one of ``asked``.

    What is kept of ``places`` counts a referral as often as it prefers one of them; the few for which that is not once
    are looked at, and set right in the same statement.
    """

    places: Collection[str]
    mine: Collection[str] = ()
    asked: Collection[str] = ()

    @property
    def may_miscount(self) -> bool:
        """Say whether a referral could prefer several of them."""
        return len({*self.mine, *self.asked}) > 1

    @property
    def parameters(self) -> dict[str, list[str]]:
        """Give what :data:`_MISCOUNTED` and the statements around it ask for."""
        if not self.may_miscount:
            return {"places": list(self.places)}
        mine, asked = list(self.mine), list(self.asked)
        return {"places": list(self.places), "mine": mine, "asked": asked, "either": mine + asked}


_IS_MINE = "MAX(CASE WHEN rc.county_id IN (:mine) THEN 1 ELSE 0 END)"
_IS_ASKED = "MAX(CASE WHEN rc.county_id IN (:asked) THEN 1 ELSE 0 END)"
_COUNTED = "SUM(CASE WHEN rc.county_id IN (:mine) AND rc.county_id IN (:asked) THEN 1 ELSE 0 END)"
_MISCOUNTED = (
    f"SELECT rc.referral_id, {_COUNTED} - {_IS_MINE} * {_IS_ASKED} AS off FROM referral_county rc "
    f"WHERE rc.county_id IN (:either) GROUP BY rc.referral_id HAVING {_COUNTED} <> {_IS_MINE} * {_IS_ASKED}"
)


async def kept_counts(what: Collection[str], months: Months, by: Collection[str]) -> dict[Cell, int]:
    """Count at each place what happened in these months, by some of the columns of which ``place`` is the first."""
    columns = ", ".join(by)
    rows = await fetch_often(
        f"SELECT {columns}, SUM(n) AS n FROM insight_count WHERE what IN (:what) AND {_EACH} AND {_WITHIN} "
        f"GROUP BY {columns} HAVING SUM(n) <> 0",
        what=list(what),
        **_period(months),
    )
    return {tuple(to_date(row[one]) if one == "month" else row[one] for one in by): int(row["n"]) for row in rows}


async def kept_declines(months: Months, of: Together) -> dict[tuple[date, str], int]:
    """Count the declines of several places together by month and reason."""
    counted = (
        f"SELECT month, reason, n FROM insight_count WHERE what = '{ResponseKind.DECLINE}' AND place IN (:places) "
        f"AND {_WITHIN}"
    )
    if of.may_miscount:
        counted += (
            f" UNION ALL SELECT a.month, a.reason, -d.off FROM ({_MISCOUNTED}) d "
            f"JOIN insight_of_answer a ON a.referral_id = d.referral_id WHERE a.place = '{EVERY}' "
            f"AND a.what = '{ResponseKind.DECLINE}' AND {_WITHIN}"
        )
    rows = await fetch_often(
        f"SELECT y.month, y.reason, SUM(y.n) AS n FROM ({counted}) y GROUP BY y.month, y.reason HAVING SUM(y.n) <> 0",
        **_period(months),
        **of.parameters,
    )
    return {(to_date(row["month"]), row["reason"]): int(row["n"]) for row in rows}


async def kept_open() -> dict[str, int]:
    """Count the referrals that are open now, by place."""
    rows = await fetch_often(
        f"SELECT place, SUM(n) AS n FROM insight_count WHERE what = '{Counted.OPEN}' GROUP BY place HAVING SUM(n) <> 0"
    )
    return {row["place"]: int(row["n"]) for row in rows}


async def kept_days_by_place(months: Months) -> dict[str, list[int]]:
    """Give the days that each home found in these months took, in order, by place."""
    rows = await fetch_often(
        f"SELECT place AS what, {_TIMES} AS times, STRING_AGG(days, ',') AS days FROM insight_count "
        f"WHERE what = '{Counted.HOME}' AND {_EACH} AND {_WITHIN} GROUP BY 1, 2",
        **_period(months),
    )
    return {str(place): days for place, days in _days(rows).items()}


async def kept_days_by_month(months: Months, of: Together) -> dict[date, list[int]]:
    """Give the days that each home of several places together took, in order, by the month in which it was found."""
    counted = (
        f"SELECT month, {_TIMES} AS times, days FROM insight_count WHERE what = '{Counted.HOME}' "
        f"AND place IN (:places) AND {_WITHIN}"
    )
    if of.may_miscount:
        counted += (
            f" UNION ALL SELECT a.month, -d.off, a.days FROM ({_MISCOUNTED}) d "
            f"JOIN insight_of_referral a ON a.referral_id = d.referral_id WHERE a.place = '{EVERY}' "
            f"AND a.what = '{Counted.HOME}' AND {_WITHIN}"
        )
    rows = await fetch_often(
        f"SELECT y.month AS what, y.times, STRING_AGG(y.days, ',') AS days FROM ({counted}) y GROUP BY 1, 2",
        **_period(months),
        **of.parameters,
    )
    return {to_date(month): days for month, days in _days(rows).items()}


_EACH = f"place <> '{EVERY}'"
_WITHIN = "month >= :first AND month <= :final"
_TIMES = "CASE WHEN n < 0 THEN -1 ELSE 1 END"


def _period(months: Months) -> dict[str, date]:
    return {"first": months.firsts[0], "final": months.firsts[-1]}


def _days(rows: Iterable[Row]) -> dict[str | date, list[int]]:
    """Take the days apart that stand there so many times, by what they are told of."""
    counted: dict[str | date, Counter[str]] = defaultdict(Counter)
    for row in rows:
        days, times = counted[row["what"]], int(row["times"])
        (days.update if times > 0 else days.subtract)(parts(row["days"]) * abs(times))
    return {what: _in_order(days) for what, days in counted.items()}


def _in_order(counted: Counter[str]) -> list[int]:
    """Write out so many of each, the fewest days first."""
    days: list[int] = []
    for day, many in sorted((int(day), many) for day, many in counted.items()):
        days += [day] * many
    return days


# Adding up.

_ROWS = "place, what, reason, month"
_OF_LATE = "month IN (SELECT month FROM insight_count WHERE NOT summed)"


async def add_up_counts() -> int:
    """Replace the rows of each number by their sum, where many are no sums yet; answer how many were waiting for it.

    Any number of processes may do so at a time, and one that is killed has done it or not begun: what is taken out and
    what is put in for it are one transaction, and a row is taken out only once. Of the days of homes, those to leave
    out again stay a row beside the others.
    """
    waiting = int((await fetch("SELECT COUNT(*) AS n FROM insight_count WHERE NOT summed"))[0]["n"])
    if waiting < MANY:
        return 0
    if dialect() == "postgres":
        # One statement adds up exactly what it takes out, whatever others commit meanwhile.
        taken = f"SELECT id FROM insight_count WHERE {_OF_LATE} FOR UPDATE SKIP LOCKED"
        await execute(f"WITH gone AS (DELETE FROM insight_count WHERE id IN ({taken}) RETURNING *) " + _sums("gone"))
        return waiting
    async with in_transaction():
        last = (await fetch("SELECT MAX(id) AS id FROM insight_count"))[0]["id"]
        await execute(_sums(f"(SELECT * FROM insight_count WHERE id <= :last AND {_OF_LATE})"), last=last)
        await execute(f"DELETE FROM insight_count WHERE id <= :last AND {_OF_LATE}", last=last)
    return waiting


def _sums(rows: str) -> str:
    summed, joined = ("true", "STRING_AGG") if dialect() == "postgres" else ("1", "GROUP_CONCAT")
    return (
        f"INSERT INTO insight_count ({_ROWS}, n, days, summed) SELECT {_ROWS}, SUM(n), {joined}(days, ','), {summed} "
        f"FROM {rows} GROUP BY {_ROWS}, days IS NOT NULL AND n < 0 HAVING SUM(n) <> 0"
    )
