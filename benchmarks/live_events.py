"""Live events: 5,000 websockets in one process, from publishing to the last delivery, beside others who do the same.

The house proves every subscriber's session and rights for each event and writes each delivery down in the trail before
it leaves. The others prove nobody and write nothing down: graphql-ws of node, which hears the same doorbell and reads
the same tables; a bare Starlette broadcast and Strawberry as most people write it, which tell what they hold in memory,
and so does graphql-ws once more, beside the contest. In one run, and twice: listening to the lines alone, and to lines
with their referral, of which the house then finds out for each of 600 providers whether its staff may see it. Everybody
has several turns, for a shared machine is not as fast in one minute as in the next.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from urllib.request import Request, urlopen
from uuid import UUID

import asyncpg
from redis.asyncio import Redis
from tortoise.transactions import in_transaction

from benchmarks import grid_world
from benchmarks._goals import Goal, at_least, at_most, kept, left_out, under
from benchmarks._live_listeners import LINE, WITH_REFERRAL
from benchmarks._npm import install, node
from benchmarks.grid_houses import Contestant, Houses, homeward_command, homeward_environment
from homeward.doorbell import RedisDoorbell
from homeward.loop import run
from orm.database import close_database, migrate, open_database
from resolvers.delivery_sheets import unfold_sheets
from resolvers.promises import Promise, Reader, keep
from rules.notices import NotificationKind
from tests.servers import broker_server, free_port, postgres_server

OF_THE_FLOOR, OVER_GRAPHQL_WS = 1.5, 2.0
KB_EACH = 60.0
HOUSE, FLOOR, GRAPHQL_WS, STRAWBERRY = "Homeward", "bare broadcast", "graphql-ws", "Strawberry, usual"
IN_MEMORY = "graphql-ws, in memory"
_LISTENERS = "benchmarks._live_listeners"
_PEERS = Path(__file__).with_name("live_peers")
_LONGEST = 600.0

Say = Callable[[str], object]
Publish = Callable[[], Awaitable[float]]
"""Publishes, and gives the moment at which it did."""


@dataclass
class Measured:
    """How long events took from publishing to the last delivery, and what a subscriber costs."""

    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    kilobytes: float = 0.0

    def add(self, turn: Measured) -> None:
        """Add what a further turn has shown."""
        self.seconds += turn.seconds
        self.cpu += turn.cpu
        self.kilobytes = max(self.kilobytes, turn.kilobytes)


@dataclass(frozen=True)
class World:
    """The mailboxes of everybody who listens, the number of the first one's token, and a referral that all see."""

    mailboxes: list[UUID]
    first_token: int
    referral: UUID


async def people(url: str, subscribers: int) -> World:
    """Make a world with so many people of providers, and a statewide referral."""
    await migrate(url)
    coordinators = grid_world.COORDINATORS
    sizes = {
        "providers": grid_world.PROVIDERS,
        "users": coordinators + subscribers,
        "coordinators": coordinators,
        "answers": 0,
        "referrals": 1_000,
    }
    connection = await asyncpg.connect(url)
    try:
        parts = (grid_world._PLACES, grid_world._PEOPLE, grid_world._REFERRALS)  # noqa: SLF001
        await grid_world.run_uncounted(connection, [part.format(**sizes) for part in parts])
        await connection.execute("DELETE FROM referral_exclusion")
        referral = await connection.fetchval(
            "UPDATE referral SET statewide = true, status = 'OPEN' WHERE number = 1000 RETURNING id"
        )
        rows = await connection.fetch("SELECT mailbox_id FROM user_account WHERE provider_id IS NOT NULL")
        # Not what is empty yet: a plan that was made for an empty table would be kept for the whole run.
        filled = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        for table in [row["relname"] for row in await connection.fetch(filled)]:
            if await connection.fetchval(f'SELECT EXISTS (SELECT 1 FROM "{table}")'):
                await connection.execute(f'ANALYZE "{table}"')
    finally:
        await connection.close()
    return World([row["mailbox_id"] for row in rows], coordinators, referral)


def resident(contestant: Contestant) -> int:
    """Give the bytes that the server process holds."""
    return int(Path(f"/proc/{contestant.process.pid}/statm").read_text(encoding="ascii").split()[1]) * 4096


def until_idle(contestant: Contestant) -> None:
    """Wait until the server has nothing to do any more."""
    busy = contestant.cpu_seconds()
    while True:
        sleep(1.0)
        busy, before = contestant.cpu_seconds(), busy
        if busy - before < 0.1:
            return


@contextmanager
def listening(port: int, count: int, what: str, first_token: int, wanted: str) -> Iterator[subprocess.Popen[bytes]]:
    """Have so many listeners connected."""
    command = [sys.executable, "-m", _LISTENERS, str(port), str(count), what, str(first_token), wanted]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        try:
            if process.stdout.readline().strip() != b"ready":
                raise RuntimeError("the listeners were not let in")
            yield process
        finally:
            process.stdin.close()


async def measured(
    contestant: Contestant, chosen: argparse.Namespace, what: str, first_token: int, wanted: str, publish: Publish
) -> Measured:
    """Connect the listeners, publish, and wait for the last delivery of each event; the first is for warming up."""
    result = Measured()
    subscribers, events = chosen.subscribers, chosen.events
    empty = resident(contestant)
    with listening(contestant.port, subscribers, what, first_token, wanted) as process:
        assert process.stdout
        until_idle(contestant)
        result.kilobytes = (resident(contestant) - empty) / subscribers / 1024
        for event in range(events + 1):
            cpu = contestant.cpu_seconds()
            begun = await publish()
            told = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), _LONGEST)
            until_idle(contestant)
            if event:
                result.seconds.append(float(told.split()[1]) - begun)
                result.cpu.append(contestant.cpu_seconds() - cpu)
    return result


def post_to(port: int) -> Publish:
    """Publish by asking the server itself."""

    async def publish() -> float:
        begun = monotonic()
        asked = Request(f"http://127.0.0.1:{port}/publish", method="POST", data=b"")
        await asyncio.to_thread(lambda: urlopen(asked, timeout=_LONGEST).read())  # noqa: S310
        return begun

    return publish


def ring_at(world: World, doorbell: RedisDoorbell) -> Publish:
    """Publish as another process of the house does: lines in a transaction, then the doorbell."""

    async def publish() -> float:
        readers = [Reader(mailbox, None, None, has_address=False) for mailbox in world.mailboxes]
        kind = NotificationKind.REFERRAL_PUBLISHED
        async with in_transaction():
            promised = await keep([Promise(readers, kind, world.referral, 1000)], datetime.now(UTC))
        begun = monotonic()
        await doorbell.ring(promised.mailboxes, letters=False, keys=promised.keys)
        return begun

    return publish


async def deliveries(url: str) -> int:
    """Count the deliveries in the trail."""
    await unfold_sheets()
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM audit_entry WHERE act = 'mailbox.deliver'"))
    finally:
        await connection.close()


@dataclass(frozen=True, slots=True)
class Entrant:
    """One who takes part: how it is started at a port, what is said to it, and how it is told of an event."""

    command: Callable[[int], list[str]]
    said: str
    publish: Callable[[int], Publish]
    environment: Mapping[str, str] | None = None


def entrants(ring: Publish, wanted: str, settings: Mapping[str, str], peers: Path | None) -> dict[str, Entrant]:
    """Give everybody who takes part; the peers of npm only where they are installed."""

    def in_python(kind: str) -> Callable[[int], list[str]]:
        return lambda port: [sys.executable, "-m", "benchmarks._live_floor", kind, wanted, str(port)]

    found = {
        HOUSE: Entrant(homeward_command, "tokens", lambda _: ring, settings),
        FLOOR: Entrant(in_python("broadcast"), "plain", post_to),
        STRAWBERRY: Entrant(in_python("strawberry"), "mounted", post_to),
    }
    if peers is not None:
        graphql_ws = [node(peers), str(peers / "graphql_ws.mjs")]
        on_tables = [settings["DATABASE_URL"], settings["REDIS_URL"]]
        found[GRAPHQL_WS] = Entrant(lambda port: [*graphql_ws, str(port), *on_tables], "tokens", lambda _: ring)
        found[IN_MEMORY] = Entrant(lambda port: [*graphql_ws, str(port)], "graphql", post_to)
    return found


async def measure(url: str, redis: str, chosen: argparse.Namespace, say: Say) -> list[Goal]:
    """Measure everybody in turn, and say how it went."""
    goals: list[Goal] = []
    faults: list[str] = []
    world = await people(url, chosen.subscribers)
    await open_database(url)
    doorbell = RedisDoorbell(Redis.from_url(redis))
    with tempfile.TemporaryDirectory(prefix="homeward-live-") as place:
        scratch = Path(place)
        peers = scratch / "peers" if not chosen.no_peers and install(_PEERS, scratch / "peers", say) else None
        settings = {**homeward_environment(url, scratch / "var"), "REDIS_URL": redis}
        for wanted in (LINE, WITH_REFERRAL):
            found: defaultdict[str, Measured] = defaultdict(Measured)
            everybody = entrants(ring_at(world, doorbell), wanted, settings, peers)
            what = "lines" if wanted == LINE else "with their referral"
            for number in range(chosen.turns):
                for name, one in everybody.items():
                    before = await deliveries(url)
                    with Houses(scratch) as houses:
                        port = free_port()
                        server = houses.start(name, "", one.command(port), port, [], one.environment)
                        publish = one.publish(port)
                        turn = await measured(server, chosen, one.said, world.first_token, wanted, publish)
                        found[name].add(turn)
                    due = chosen.subscribers * (chosen.events + 1) if name == HOUSE else 0
                    written = await deliveries(url) - before
                    if written != due:
                        faults.append(f"{written:,} instead of {due:,} of {name} ({what}, turn {number + 1})")
            goals += told(found, f"{chosen.subscribers:,} subscribers to {wanted}", what, say)
    await doorbell.stop()
    await close_database()
    return [*goals, kept("each delivery of each turn is in the trail, once", faults)]


def told(found: Mapping[str, Measured], title: str, what: str, say: Say) -> list[Goal]:
    """Say how everybody did; give the goals."""
    floor = median(found[FLOOR].seconds)
    say(f"{title}: from publishing to the last delivery")
    say(f"{'':21} {'seconds':>8} {'of the floor':>13} {'CPU s':>7} {'KB each':>8}")
    for name, one in found.items():
        seconds = median(one.seconds)
        say(f"{name:21} {seconds:>8.3f} {seconds / floor:>13.2f} {median(one.cpu):>7.2f} {one.kilobytes:>8.1f}")
    ours = median(found[HOUSE].seconds)
    faster = f"{what}: times as fast as graphql-ws on the same tables"
    return [
        at_most(f"{what}: of the bare broadcast", ours / floor, OF_THE_FLOOR),
        at_least(faster, median(found[GRAPHQL_WS].seconds) / ours, OVER_GRAPHQL_WS)
        if GRAPHQL_WS in found
        else left_out(faster),
        under(f"{what}: KB of memory a subscriber", found[HOUSE].kilobytes, KB_EACH),
    ]


def main(arguments: list[str]) -> list[Goal]:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks live_events", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=5_000)
    parser.add_argument("--events", type=int, default=5)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    chosen = parser.parse_args(arguments)
    with postgres_server(is_durable=True) as url, broker_server() as redis:
        return run(measure(url, redis, chosen, print))
