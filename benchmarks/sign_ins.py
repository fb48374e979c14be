"""Sign-ons a second, and how long the event loop is kept from its work meanwhile.

Everybody signs on with the right password through the use case, eight at a time: argon2id at the strength of
production, in the house's bounded pool. Beside it the same hash computed in the loop, as one easily writes it. Answers
1 if somebody is not let in, or if the loop's delay (99th percentile) is more than a third of the
other loop's.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from statistics import quantiles
from time import perf_counter

from benchmarks._goals import Goal, at_most
from benchmarks._scratch import scratch_database
from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool, production_hasher
from homeward.loop import run
from homeward.wiring import SystemSecrets
from orm.database import close_database, migrate, open_database
from resolvers.accounts import NewAccount, create_account
from resolvers.callers import Desk, house
from resolvers.sessions import sign_in
from rules.roles import Role

AT_ONCE = 8
PEOPLE = 40
PASSWORD = "Homeward-Bench-7"  # noqa: S105 - of people who are invented
TICK = 0.005  # seconds
OF_INLINE = 1 / 3

Say = Callable[[str], object]


async def with_delays(work: Awaitable[object]) -> tuple[float, list[float]]:
    """Do the work: its seconds, and by how many each tick of the loop came late meanwhile."""
    late: list[float] = []

    async def tick() -> None:
        while True:
            begun = perf_counter()
            await asyncio.sleep(TICK)
            late.append(perf_counter() - begun - TICK)

    ticking = asyncio.create_task(tick())
    begun = perf_counter()
    await work
    took = perf_counter() - begun
    ticking.cancel()
    return took, late or [took]


async def at_once(count: int, act: Callable[[int], Awaitable[object]]) -> None:
    """Act so many times, eight at a time."""
    numbers = iter(range(count))

    async def one() -> None:
        for number in numbers:
            await act(number)

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))


async def measure(url: str, sign_ons: int, say: Say) -> list[Goal]:
    """Sign on so often, and say how it went."""
    await migrate(url)
    await open_database(url)
    hasher = production_hasher()
    passwords = Argon2Pool(hasher)
    hashed = await passwords.hash(PASSWORD)
    try:
        desk = Desk(lambda: datetime.now(UTC), LocalDoorbell(), passwords, SystemSecrets())
        for number in range(PEOPLE):
            new = NewAccount(
                user_id=f"BENCH{number}",
                first_name="Ben",
                last_name=f"Ch{number}",
                roles=frozenset({Role.CENTRAL_STAFF}),
                email=f"bench{number}@example.org",
            )
            await create_account(house(desk, "benchmark"), new, hashed)

        async def through_the_house(number: int) -> None:
            await sign_in(desk, f"BENCH{number % PEOPLE}", PASSWORD, device="benchmark", request_id=f"r{number}")

        async def in_the_loop(_: int) -> None:
            hasher.verify(hashed, PASSWORD)
            await asyncio.sleep(0)

        found = {
            "the house": await with_delays(at_once(sign_ons, through_the_house)),
            "hash in the loop, nothing else": await with_delays(at_once(sign_ons, in_the_loop)),
        }
    finally:
        passwords.close()
        await close_database()
    say(f"{'':32} {'a second':>9} {'delay p50 ms':>13} {'p99 ms':>8} {'most ms':>8}")
    tails: list[float] = []
    for name, (took, late) in found.items():
        cuts = quantiles(late, n=100) if len(late) > 1 else late * 99
        tails.append(cuts[98])
        say(f"{name:32} {sign_ons / took:>9.1f} {cuts[49] * 1e3:>13.1f} {cuts[98] * 1e3:>8.1f} {max(late) * 1e3:>8.1f}")
    return [at_most("p99 of the loop's delay, of that with the hash in the loop", tails[0] / tails[1], OF_INLINE)]


def main(arguments: list[str]) -> list[Goal]:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks sign_ins", description=__doc__)
    parser.add_argument("--sign-ons", type=int, default=300)
    parser.add_argument("--sqlite", action="store_true", help="on a scratch SQLite file, not on PostgreSQL")
    chosen = parser.parse_args(arguments)
    with scratch_database(sqlite=chosen.sqlite) as url:
        return run(measure(url, chosen.sign_ons, print))
