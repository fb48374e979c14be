"""The same grid on the embedded SQLite, beside the house on PostgreSQL: the same world, callers and answers.

The world of `grid` is made on PostgreSQL and carried over row by row; then the same callers ask the house on either
engine in turn. The two have to show the same people the same referrals, and each list that was shown has to be in the
trail.
"""

from __future__ import annotations

import argparse
import asyncio
import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from benchmarks._goals import Goal, all_of, kept
from benchmarks.grid import CALLERS, homeward_requests
from benchmarks.grid_callers import ask, load
from benchmarks.grid_houses import Contestant, Houses, homeward_command, homeward_environment
from benchmarks.grid_world import Person, fill, people
from orm.database import migrate
from tests.servers import free_port, postgres_server

SQLITE, POSTGRES = "on SQLite", "on PostgreSQL"
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"

Say = Callable[[str], object]


async def carry_over(url: str, path: Path) -> None:
    """Put every row of a PostgreSQL database into a SQLite file with the same tables.

    What an engine counts and marks in its own way has other columns there, and is left to it.
    """
    await migrate(f"sqlite:///{path}")
    source, target = await asyncpg.connect(url), sqlite3.connect(path)
    try:
        target.execute("PRAGMA foreign_keys = OFF")
        for (table,) in await source.fetch(_TABLES):
            columns = {name for _, name, *_ in target.execute(f'PRAGMA table_info("{table}")')}
            rows = await source.fetch(f'SELECT * FROM "{table}"')
            if rows and columns == {*rows[0].keys()}:
                names = ", ".join(f'"{name}"' for name in dict(rows[0]))
                marks = ", ".join("?" * len(rows[0]))
                target.executemany(
                    f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks})',
                    [[_stored(value) for value in row.values()] for row in rows],
                )
        target.commit()
        target.execute("ANALYZE")
    finally:
        target.close()
        await source.close()


def _stored(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    match value:
        case bool():
            return int(value)
        case UUID() | Decimal():
            return str(value)
        case datetime():
            return value.astimezone(UTC).isoformat(" ")
        case date():
            return value.isoformat()
        case _:
            return value


async def shown(contestant: Contestant) -> list[list[int]]:
    """Give the numbers that the first callers are shown."""
    bodies = [await ask(contestant.port, asked) for asked in contestant.requests[:4]]
    return [[node["number"] for node in orjson.loads(body)["data"]["referrals"]["nodes"]] for body in bodies]


def lists_in_trail(path: Path) -> int:
    """Count the lists that the trail of the SQLite file holds."""
    file = sqlite3.connect(path)
    try:
        return int(file.execute("SELECT count(*) FROM audit_entry WHERE act = 'referral.list'").fetchone()[0])
    finally:
        file.close()


def start(houses: Houses, scratch: Path, urls: dict[str, str], callers: Sequence[Person]) -> list[Contestant]:
    """Start the house on either engine."""
    found = []
    for name, url in urls.items():
        port = free_port()
        environment = homeward_environment(url, scratch / name.replace(" ", "-"))
        found.append(houses.start(name, "", homeward_command(port), port, homeward_requests(callers), environment))
    return found


async def measure(url: str, chosen: argparse.Namespace, say: Say) -> list[Goal]:
    """Let the callers ask both in turn, and say how it went."""
    await fill(url, chosen.referrals)
    callers = await people(url, CALLERS)
    with tempfile.TemporaryDirectory(prefix="homeward-embedded-") as place, Houses(Path(place)) as houses:
        path = Path(place) / "embedded.db"
        await carry_over(url, path)
        both = start(houses, Path(place), {SQLITE: f"sqlite:///{path}", POSTGRES: url}, callers)
        differ = await shown(both[0]) != await shown(both[1])
        before, answers = lists_in_trail(path), 0
        for _ in range(chosen.rounds):
            for one in both:
                cpu = one.cpu_seconds()
                one.slices.append(await load(one.port, one.requests, chosen.seconds))
                one.cpu.append(one.cpu_seconds() - cpu)
        answers = sum(part.answers for part in both[0].slices)
        written = lists_in_trail(path) - before
    say(f"{chosen.referrals:,} referrals, {CALLERS} callers\n{'':14} {'a second':>9} {'median ms':>10} {'CPU ms':>7}")
    for one in both:
        cpu_ms = median(spent / max(1, part.answers) for spent, part in zip(one.cpu, one.slices, strict=True)) * 1e3
        rate, wait = median(it.a_second for it in one.slices), median(it.p50 for it in one.slices) * 1e3
        say(f"{one.name:14} {rate:>9.0f} {wait:>10.1f} {cpu_ms:>7.2f}")
    return [
        kept("both engines show the same people the same referrals", ["they do not"] if differ else []),
        all_of("lists shown on SQLite that are in the trail", written, answers),
    ]


def main(arguments: list[str]) -> list[Goal]:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks embedded_grid", description=__doc__)
    parser.add_argument("--referrals", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    chosen = parser.parse_args(arguments)
    with postgres_server(is_durable=True) as url:
        return asyncio.run(measure(url, chosen, print))
