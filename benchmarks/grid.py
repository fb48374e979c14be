"""The grid that everyone opens all day: a page of open referrals, proven, scoped and written down, beside its peers.

One Homeward process with everything that a real caller passes (bearer token, session check, scope, audit entry
committed before the answer, JSON), the floor (Starlette and asyncpg, no GraphQL, nobody proven), PostGraphile,
mercurius with its JIT and without, graphql-yoga, and Strawberry as most people write it and over the floor's rows, on
one PostgreSQL that waits for its disk. The same 32 callers ask each in turn, round by round; medians of the rounds are
told. Whom no goal names takes part in the first round only. Then the house and the floor show worlds of other sizes, in
turn as well, and the house is asked alone while answers change many times a second, each of which makes every kept page
void. Everybody has to show the rows of the floor, and every list that the house shows has to be in the trail.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import orjson

from benchmarks import grid_peers
from benchmarks._goals import Goal, all_of, at_least, at_most, kept, left_out, under
from benchmarks.grid_callers import ask, load, request
from benchmarks.grid_houses import (
    Contestant,
    Houses,
    floor_command,
    homeward_command,
    homeward_environment,
    strawberry_command,
)
from benchmarks.grid_world import Person, changing, fill, lists_written_down, people
from tests.servers import free_port, postgres_server

CALLERS = 32
WARM_SECONDS = 1.0
OVER_POSTGRAPHILE, OVER_MERCURIUS, OF_THE_FLOOR = 2.5, 1.5, 0.7
TAIL = 5.0
"""How many times the median the 99th percentile may be."""
CPU_MS = 2.0
FLAT = 1.5
"""How many times slower the largest world may be than the smallest."""

HOMEWARD, FLOOR, POSTGRAPHILE, MERCURIUS = "Homeward", "floor", "PostGraphile", "mercurius-jit"
UNCOMPILED, YOGA, USUAL, FLAT_ROWS = "mercurius", "graphql-yoga", "Strawberry, usual", "Strawberry, flat"
WITHOUT_GOAL = frozenset({UNCOMPILED, YOGA, USUAL, FLAT_ROWS})

GRID = """query Grid { referrals(first: 50) {
  nodes {
    number status statewide age overdue publishedAt
    facility { code name }
    consumer { firstName lastName dmhId birthDate gender }
    preferredCounties { fips name }
    primaryCoordinator { name email phone }
    pendingPlacement { since }
    ownResponse { kind provision declineReason answeredAt }
  }
  pageInfo { hasNextPage }
} }"""

Say = Callable[[str], object]


def homeward_requests(callers: Sequence[Person]) -> list[bytes]:
    """Ask the house for the grid of each, with a bearer token."""
    body = orjson.dumps({"query": GRID})
    return [request("POST", "/graphql", body=body, headers=[f"authorization: Bearer {it.token}"]) for it in callers]


def floor_requests(callers: Sequence[Person]) -> list[bytes]:
    """Ask the floor for the rows of each."""
    return [request("GET", f"/?provider={person.provider_id}") for person in callers]


def start(houses: Houses, scratch: Path, url: str, callers: Sequence[Person]) -> list[Contestant]:
    """Start the house and the floor."""
    port = free_port()
    found = [
        houses.start(
            HOMEWARD,
            "proven, scoped, written down",
            homeward_command(port),
            port,
            homeward_requests(callers),
            homeward_environment(url, scratch / "var"),
        )
    ]
    port = free_port()
    found.append(houses.start(FLOOR, "no GraphQL", floor_command(url, port), port, floor_requests(callers)))
    return found


async def start_peers(houses: Houses, url: str, callers: Sequence[Person], by_npm: Path | None) -> list[Contestant]:
    """Start the peers; those that npm brings are in a directory, if they are anywhere."""
    asked = grid_peers.mercurius_requests(callers)
    peers = []
    if by_npm is not None:
        await grid_peers.prepare(url, by_npm)
        peers += [
            (POSTGRAPHILE, partial(grid_peers.postgraphile, by_npm), grid_peers.postgraphile_requests(callers)),
            (MERCURIUS, partial(grid_peers.mercurius, by_npm, jit=True), asked),
            (UNCOMPILED, partial(grid_peers.mercurius, by_npm, jit=False), asked),
            (YOGA, partial(grid_peers.yoga, by_npm), asked),
        ]
    peers += [
        (FLAT_ROWS, partial(strawberry_command, "flat"), asked),
        (USUAL, partial(strawberry_command, "usual"), asked),
    ]
    found = []
    for name, command, requests in peers:
        port = free_port()
        found.append(houses.start(name, "GraphQL", command(url, port), port, requests))
    return found


async def differences(contestants: Sequence[Contestant]) -> list[str]:
    """Name whoever does not show the same people the same rows; the floor says which those are."""
    floor = next(it for it in contestants if it.name == FLOOR)
    found = []
    for one in contestants:
        for asked, told in zip(one.requests[:4], floor.requests[:4], strict=True):
            due, shown = _nodes(await ask(floor.port, told)), _nodes(await ask(one.port, asked))
            same = [row["number"] for row in due] == [row["number"] for row in shown]
            # PostGraphile names the fields after the tables.
            if not same or (one.name != POSTGRAPHILE and [*map(_plain, due)] != [*map(_plain, shown)]):
                found.append(f"{one.name} does not show what the floor shows")
                break
    return found


async def run_rounds(contestants: Sequence[Contestant], rounds: int, seconds: float) -> None:
    """Let the callers go from one contestant to the next, and round again among those whom a goal names."""
    for one in contestants:
        await load(one.port, one.requests, WARM_SECONDS)
    for turn in range(rounds):
        now = [one for one in contestants if turn == 0 or one.name not in WITHOUT_GOAL]
        # Each round begins with another one, so that nobody always comes after the same.
        for one in [*now[turn % len(now) :], *now[: turn % len(now)]]:
            before = one.cpu_seconds()
            one.slices.append(await load(one.port, one.requests, seconds))
            one.cpu.append(one.cpu_seconds() - before)


async def among_changes(url: str, house: Contestant, chosen: argparse.Namespace, say: Say) -> None:
    """Let the callers ask the house alone while answers change; say how many pages a second that makes."""
    for a_second in chosen.changes:
        async with changing(url, a_second):
            before = house.cpu_seconds()
            part = await load(house.port, house.requests, chosen.seconds)
        cpu = (house.cpu_seconds() - before) / part.answers * 1e3
        rate = f"{part.a_second:.0f} lists a second, median {part.p50 * 1e3:.1f} ms, CPU {cpu:.2f} ms"
        say(f"With {a_second:g} changes a second: {rate}")


async def in_trail(url: str, size: int, house: Contestant, seconds: float, say: Say) -> Goal:
    """Let the callers ask the house alone; say how many share a commit. All that is shown has to be written down."""
    before = await lists_written_down(url)
    part = await load(house.port, house.requests, seconds)
    after = await lists_written_down(url)
    entries, writers = after[0] - before[0], after[1] - before[1]
    say(f"{part.answers:,} lists of {size:,} referrals shown by the house alone, written down in {writers:,} commits")
    return all_of(f"{size:,} referrals: lists shown that are in the trail", entries, part.answers)


def told(contestants: Sequence[Contestant], title: str, say: Say) -> None:
    """Say how everyone did, and how many times the floor that is."""
    say(f"\n{title}")
    floor = next(it for it in contestants if it.name == FLOOR)
    say(f"{'':18} {'a second':>9} {'of floor':>9} {'median ms':>10} {'p99 ms':>8} {'p99/median':>11} {'CPU ms':>7}")
    for one in contestants:
        say(
            f"{one.name:18} {_rate(one):>9.0f} {_rate(one) / _rate(floor):>9.2f} {_p50(one) * 1e3:>10.1f} "
            f"{_p99(one) * 1e3:>8.1f} {_tail(one):>11.2f} {_cpu_ms(one):>7.2f}  {one.what}"
        )


def goals_of(contestants: Sequence[Contestant], size: int, beside: Mapping[str, float]) -> list[Goal]:
    """Give what the house was to reach: so many times others, and by itself."""
    by_name = {one.name: one for one in contestants}
    ours = by_name[HOMEWARD]
    return [
        *(
            at_least(f"{size:,} referrals: times {name}", _rate(ours) / _rate(by_name[name]), least)
            if name in by_name
            else left_out(f"{size:,} referrals: times {name}")
            for name, least in beside.items()
        ),
        under(f"{size:,} referrals: p99, times the median", _tail(ours), TAIL),
        under(f"{size:,} referrals: ms of processor a request", _cpu_ms(ours), CPU_MS),
    ]


async def measure(server: str, sizes: Sequence[int], chosen: argparse.Namespace, say: Say) -> list[Goal]:
    """Let everybody show the world of the first size; then the house and the floor those of all sizes, in turn."""
    urls = {size: await _new_database(server, f"grid_{size}") for size in sizes}
    for size, url in urls.items():
        await fill(url, size)
    with tempfile.TemporaryDirectory(prefix="homeward-grid-") as place:
        scratch = Path(place)
        peers = Path(chosen.peers_in) if chosen.peers_in else scratch / "peers"
        by_npm = peers if not chosen.no_peers and grid_peers.install(peers, say) else None
        size, url = sizes[0], urls[sizes[0]]
        with Houses(scratch) as houses:
            callers = await people(url, CALLERS)
            contestants = start(houses, scratch, url, callers)
            if not chosen.no_peers:
                contestants += await start_peers(houses, url, callers, by_npm)
            faults = await differences(contestants)
            await run_rounds(contestants, chosen.rounds, chosen.seconds)
        told(contestants, f"{size:,} referrals, one in five open; {CALLERS} callers, {chosen.rounds} rounds", say)
        beside = {FLOOR: OF_THE_FLOOR, POSTGRAPHILE: OVER_POSTGRAPHILE, MERCURIUS: OVER_MERCURIUS}
        goals = [kept("everybody shows the rows of the floor", faults), *goals_of(contestants, size, beside)]
        return [*goals, *await by_size(urls, scratch, chosen, say)]


async def by_size(urls: Mapping[int, str], scratch: Path, chosen: argparse.Namespace, say: Say) -> list[Goal]:
    """Let the house and the floor show the worlds of all sizes in turn: a machine is not as fast at all times."""
    goals: list[Goal] = []
    faults: list[str] = []
    with Houses(scratch) as houses:
        worlds = {size: start(houses, scratch, url, await people(url, CALLERS)) for size, url in urls.items()}
        for size, (house, floor) in worlds.items():
            faults += [f"{size:,} referrals: {fault}" for fault in await differences([house, floor])]
            goals.append(await in_trail(urls[size], size, house, chosen.seconds, say))
        await run_rounds([*chain.from_iterable(worlds.values())], chosen.rounds, chosen.seconds)
        for size, both in worlds.items():
            told(both, f"{size:,} referrals, in turn with the other sizes", say)
            if size != next(iter(urls)):
                goals += goals_of(both, size, {FLOOR: OF_THE_FLOOR})
            await among_changes(urls[size], both[0], chosen, say)
    rates = [_rate(house) for house, _ in worlds.values()]
    return [
        kept("at all sizes the house shows the rows of the floor", faults),
        *goals,
        at_most("the quickest size, times the slowest", max(rates) / min(rates), FLAT),
    ]


def main(arguments: list[str]) -> list[Goal]:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks grid", description=__doc__)
    parser.add_argument("--sizes", default="100000,1000,1000000", help="referrals; the peers take part in the first")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each contestant in each round")
    parser.add_argument("--changes", type=float, nargs="*", default=[1.0, 10.0], help="a second, for the house alone")
    parser.add_argument("--no-peers", action="store_true", help="the house and the floor alone")
    parser.add_argument("--peers-in", help="a directory for npm to install in, or where it did; else a scratch one")
    chosen = parser.parse_args(arguments)
    sizes = [int(size) for size in chosen.sizes.split(",")]
    with postgres_server(is_durable=True) as server:
        return asyncio.run(measure(server, sizes, chosen, print))


async def _new_database(server: str, name: str) -> str:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return urlunsplit(urlsplit(server)._replace(path=f"/{name}"))


def _nodes(body: bytes) -> list[dict[str, Any]]:
    data = orjson.loads(body)["data"]
    rows: list[dict[str, Any]] = (data.get("referrals") or data["openReferrals"])["nodes"]
    return rows


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out how an instant is written, and in which order counties stand."""
    plain = {name: value for name, value in row.items() if name not in {"publishedAt", "age", "overdue"}}
    plain["preferredCounties"] = sorted(county["fips"] for county in row["preferredCounties"])
    for name, instant in (("pendingPlacement", "since"), ("ownResponse", "answeredAt")):
        plain[name] = row[name] and {key: value for key, value in row[name].items() if key != instant}
    return plain


def _rate(one: Contestant) -> float:
    return median(part.a_second for part in one.slices)


def _p50(one: Contestant) -> float:
    return median(part.p50 for part in one.slices)


def _p99(one: Contestant) -> float:
    return median(part.p99 for part in one.slices)


def _tail(one: Contestant) -> float:
    return median(part.p99 / part.p50 for part in one.slices)


def _cpu_ms(one: Contestant) -> float:
    return median(cpu / part.answers for cpu, part in zip(one.cpu, one.slices, strict=True)) * 1e3
