"""Live events: 5,000 websockets in one process, from publishing to the last delivery, beside others who do the same.

The house proves every subscriber's session and rights for each event and writes each delivery down in the trail before
it leaves; the others prove nobody and write nothing down: graphql-ws of node, a bare Starlette broadcast, Strawberry as
most people write it. In turn, in one run. Answers 1 if a goal is missed, or if a delivery is not in the trail.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
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


async def people(url: str, subscribers: int) -> tuple[list[UUID], int]:
    """Make a world with so many people of providers; give their mailboxes and the number of the first one's token."""
    await migrate(url)
    coordinators = grid_world.COORDINATORS
    sizes = {
        "providers": grid_world.PROVIDERS,
        "users": coordinators + subscribers,
        "coordinators": coordinators,
        "answers": 0,
        "referrals": 0,
    }
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(grid_world._PLACES.format(**sizes) + grid_world._PEOPLE.format(**sizes))  # noqa: SLF001
        rows = await connection.fetch("SELECT mailbox_id FROM user_account WHERE provider_id IS NOT NULL")
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return [row["mailbox_id"] for row in rows], coordinators


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
def listening(port: int, count: int, what: str, first_token: int) -> Iterator[subprocess.Popen[bytes]]:
    """Have so many listeners connected."""
    command = [sys.executable, "-m", _LISTENERS, str(port), str(count), what, str(first_token)]
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
    contestant: Contestant, subscribers: int, events: int, what: str, first_token: int, publish: Publish
) -> Measured:
    """Connect the listeners, publish, and wait for the last delivery of each event; the first is for warming up."""
    result = Measured()
    empty = resident(contestant)
    with listening(contestant.port, subscribers, what, first_token) as process:
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


def ring_at(mailboxes: list[UUID], doorbell: RedisDoorbell) -> Publish:
    """Publish as another process of the house does: lines in a transaction, then the doorbell."""

    async def publish() -> float:
        readers = [Reader(mailbox, None, None, has_address=False) for mailbox in mailboxes]
        kind = NotificationKind.REFERRAL_PUBLISHED
        async with in_transaction():
            await keep([Promise(readers, kind, None, 1000)], datetime.now(UTC))
        begun = monotonic()
        await doorbell.ring(mailboxes, letters=False)
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


def install(directory: Path, say: Say) -> bool:
    """Install graphql-ws, or say why it is left out."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        say("graphql-ws is left out: there is no node or no npm here.")
        return False
    shutil.copytree(_PEERS, directory, dirs_exist_ok=True)
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    if done.returncode:
        say(f"graphql-ws is left out: npm could not install it. {done.stderr.strip()[-300:]}")
    return not done.returncode


async def measure(url: str, redis: str, chosen: argparse.Namespace, say: Say) -> int:
    """Measure everybody in turn, say how it went, and answer the exit code."""
    subscribers, events = chosen.subscribers, chosen.events
    found: dict[str, Measured] = {}
    faults: list[str] = []
    mailboxes, first_token = await people(url, subscribers)
    await open_database(url)
    doorbell = RedisDoorbell(Redis.from_url(redis))
    with tempfile.TemporaryDirectory(prefix="homeward-live-") as place, Houses(Path(place)) as houses:
        scratch = Path(place)
        port = free_port()
        environment = {**homeward_environment(url, scratch / "var"), "REDIS_URL": redis}
        house = houses.start(HOUSE, "", homeward_command(port), port, [], environment)
        ring = ring_at(mailboxes, doorbell)
        found[HOUSE] = await measured(house, subscribers, events, "tokens", first_token, ring)
        written = await deliveries(url)
        if written != subscribers * (events + 1):
            faults.append(f"BROKEN: {written:,} deliveries in the trail instead of {subscribers * (events + 1):,}")
        house.process.terminate()
        floor = [sys.executable, "-m", "benchmarks._live_floor"]
        others = {FLOOR: ([*floor, "broadcast"], "plain"), STRAWBERRY: ([*floor, "strawberry"], "mounted")}
        if not chosen.no_peers and install(scratch / "peers", say):
            others[GRAPHQL_WS] = ([str(shutil.which("node")), str(scratch / "peers" / "graphql_ws.mjs")], "graphql")
        for name, (command, what) in others.items():
            port = free_port()
            server = houses.start(name, "", [*command, str(port)], port, [])
            found[name] = await measured(server, subscribers, events, what, 0, post_to(port))
            server.process.terminate()
    await doorbell.stop()
    await close_database()
    return told(found, subscribers, faults, say)


def told(found: dict[str, Measured], subscribers: int, faults: list[str], say: Say) -> int:
    """Say how everybody did, and which goals are missed; answer the exit code."""
    floor = median(found[FLOOR].seconds)
    say(f"{subscribers:,} subscribers, from publishing to the last delivery")
    say(f"{'':20} {'seconds':>8} {'of the floor':>13} {'CPU s':>7} {'KB each':>8}")
    for name, one in found.items():
        seconds = median(one.seconds)
        say(f"{name:20} {seconds:>8.3f} {seconds / floor:>13.2f} {median(one.cpu):>7.2f} {one.kilobytes:>8.1f}")
    ours = median(found[HOUSE].seconds)
    if ours > OF_THE_FLOOR * floor:
        faults.append(f"MISSED: within {OF_THE_FLOOR:g} of the bare broadcast: it is {ours / floor:.2f}")
    if GRAPHQL_WS in found and ours * OVER_GRAPHQL_WS > (theirs := median(found[GRAPHQL_WS].seconds)):
        faults.append(f"MISSED: {OVER_GRAPHQL_WS:g} times faster than graphql-ws: it is {theirs / ours:.2f}")
    if found[HOUSE].kilobytes >= KB_EACH:
        faults.append(f"MISSED: under {KB_EACH:g} KB a subscriber: it is {found[HOUSE].kilobytes:.1f}")
    for fault in faults:
        say(fault)
    return 1 if faults else 0


def main(arguments: list[str]) -> int:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks live_events", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=5_000)
    parser.add_argument("--events", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true")
    chosen = parser.parse_args(arguments)
    with postgres_server(is_durable=True) as url, broker_server() as redis:
        return run(measure(url, redis, chosen, print))
