"""Ten thousand referrals published in a row: every promise kept, memory flat.

Creates and publishes referrals through the use cases, on an empty database of its own, and measures the process every
thousand. At the end each mailbox, letter, audience, reach and trail entry is compared with what the manual promises:
none may be missing or doubled.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from uuid import UUID, uuid4

from benchmarks._frozen_verdicts import frozen_verdicts
from benchmarks._goals import Goal, at_most, kept
from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool, production_hasher
from homeward.wiring import SystemSecrets
from orm.database import close_database, migrate, open_database
from orm.models import (
    AuditEntry,
    Contact,
    ContactCounty,
    Contract,
    County,
    Facility,
    Letter,
    Mailbox,
    NoReferralStatus,
    Notification,
    Outcome,
    Provider,
    ProviderKind,
    Publication,
    Referral,
    ReferralReach,
    ReferralVersion,
    User,
)
from resolvers.accounts import NewAccount, create_account
from resolvers.callers import Caller, Desk, house
from resolvers.letter_bundles import untie_bundles
from resolvers.referral_entry import NewConsumer, NewReferral, create_referral
from resolvers.referrals import publish_referral
from resolvers.sessions import actor_of
from rules.notices import NotificationKind
from rules.referrals import Gender
from rules.roles import Role

COUNTIES = ("Adair", "Boone", "Clay", "Greene", "Jackson", "Phelps")
PROVIDERS_PER_COUNTY = 5
STATEWIDE_EVERY = 10
MOST_GROWTH = 1.05
"""How many times its size after the first tenth the process may have at the end."""

Say = Callable[[str], object]


class Clock:
    """A clock that a benchmark moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Tell the time, a millisecond later each time."""
        self.now += timedelta(milliseconds=1)
        return self.now


@dataclass
class Exchange:
    """A world of providers and coordinators, and who of them is promised what."""

    desk: Desk
    fips: list[str]
    coordinators: list[Caller] = field(default_factory=list)
    providers: int = 0
    readers: dict[UUID, frozenset[int] | None] = field(default_factory=dict)
    """By mailbox: the counties, by place, whose referrals its reader is promised; None for nothing at all."""
    reached: dict[UUID, frozenset[int]] = field(default_factory=dict)
    """By provider: the counties whose referrals it is promised."""

    def is_statewide(self, serial: int) -> bool:
        """Say whether the referral with this serial number, from 0, is statewide."""
        return serial % STATEWIDE_EVERY == STATEWIDE_EVERY - 1

    def concerns(self, serial: int, counties: frozenset[int] | None) -> bool:
        """Say whether a referral is promised to who serves these counties."""
        return counties is not None and (self.is_statewide(serial) or serial % len(COUNTIES) in counties)


async def open_exchange(desk: Desk) -> Exchange:
    """Make the world: five providers and a coordinator a county, and four providers who may hear nothing."""
    exchange = Exchange(desk, [(await County.get(name=name)).fips for name in COUNTIES])
    await Facility.create(code="101", name="Facility 101")
    for place in range(len(COUNTIES)):
        await _coordinator(exchange, place)
        for _ in range(PROVIDERS_PER_COUNTY):
            await _provider(exchange, place)
    await _provider(exchange, 0, kind=ProviderKind.OTHER)
    await _provider(exchange, 0, active=False)
    await _provider(exchange, 0, contact_active=False)
    suspended = await _provider(exchange, 0, promised=False)
    await NoReferralStatus.create(provider_id=suspended, reason="full", begins_at=desk.clock())
    return exchange


async def _coordinator(exchange: Exchange, place: int) -> None:
    new = NewAccount(
        user_id=f"COORD{place}",
        first_name="Co",
        last_name=f"Ordinator{place}",
        roles=frozenset({Role.PLACEMENT_COORDINATOR}),
        email=f"coordinator{place}@example.org",
        coordinator_counties=frozenset({exchange.fips[place]}),
    )
    user = await User.get(id=await create_account(house(exchange.desk, "benchmark"), new, "no password"))
    exchange.coordinators.append(Caller(exchange.desk, await actor_of(user, new.roles)))
    exchange.readers[user.mailbox_id] = frozenset({place})


async def _provider(
    exchange: Exchange,
    place: int,
    *,
    kind: ProviderKind = ProviderKind.RESIDENTIAL,
    active: bool = True,
    contact_active: bool = True,
    promised: bool = True,
) -> UUID:
    number, now = exchange.providers, exchange.desk.clock()
    exchange.providers += 1
    provider = await Provider.create(id=uuid4(), name=f"Provider {number:03}", kind=kind, active=active, created_at=now)
    await Contract.create(provider_id=provider.id, number=f"C{number:03}", begins_on=date(2020, 1, 1))
    mailbox = await Mailbox.create()
    contact = await Contact.create(
        id=uuid4(),
        provider_id=provider.id,
        mailbox_id=mailbox.id,
        first_name="Con",
        last_name=f"Tact{number}",
        email=f"contact{number}@example.org",
        active=contact_active,
        created_at=now,
    )
    await ContactCounty.create(contact_id=contact.id, county_id=exchange.fips[place], since=now)
    hears = promised and active and contact_active and kind is ProviderKind.RESIDENTIAL
    exchange.readers[mailbox.id] = frozenset({place}) if hears else None
    if hears:
        exchange.reached[provider.id] = frozenset({place})
    return provider.id


async def publish_one(exchange: Exchange, serial: int) -> None:
    """Create and publish the referral with this serial number, from 0."""
    place = serial % len(COUNTIES)
    statewide = exchange.is_statewide(serial)
    who = exchange.coordinators[place]
    number = await create_referral(
        who,
        NewReferral(
            facility_code="101",
            statewide=statewide,
            preferred_counties=frozenset() if statewide else frozenset({exchange.fips[place]}),
            primary_coordinator_id=who.actor.id,
            consumer=NewConsumer(f"D{serial:07}", "In", "Vented", date(1990, 5, 17), Gender.UNKNOWN),
        ),
    )
    await publish_referral(who, number)


async def broken_promises(exchange: Exchange, published: int) -> list[str]:
    """Name every promise that is missing, doubled or too much; nothing when all are kept."""
    numbers = {row["number"]: row["id"] for row in await Referral.all().values("number", "id")}
    by_serial = sorted(numbers)
    broken = [] if len(by_serial) == published else [f"{len(by_serial)} referrals instead of {published}"]
    for mailbox, counties in exchange.readers.items():
        promised = [number for serial, number in enumerate(by_serial) if exchange.concerns(serial, counties)]
        broken += await _broken_in_mailbox(mailbox, promised)
    await untie_bundles()
    letters = await Letter.all().values_list("id", flat=True)
    lines = await Notification.all().values_list("id", flat=True)
    if sorted(map(str, letters)) != sorted(map(str, lines)):
        broken.append("the letters are not one for each line")
    broken += await _broken_elsewhere(exchange, published, by_serial)
    return broken


async def _broken_in_mailbox(mailbox: UUID, promised: list[int]) -> list[str]:
    rows = await Notification.filter(mailbox_id=mailbox).order_by("line").values("line", "kind", "referral_number")
    kind = NotificationKind.REFERRAL_PUBLISHED
    expected = [{"line": at, "kind": kind, "referral_number": number} for at, number in enumerate(promised, start=1)]
    last = (await Mailbox.get(id=mailbox)).last_line
    if rows == expected and last == len(promised):
        return []
    return [f"mailbox {mailbox} has {len(rows)} lines and ends at {last}; {len(promised)} were promised"]


async def _broken_elsewhere(exchange: Exchange, published: int, by_serial: list[int]) -> list[str]:
    places: dict[UUID, set[int]] = {provider: set() for provider in exchange.reached}
    for provider, number in await ReferralReach.all().values_list("provider_id", "referral__number"):
        places.setdefault(provider, set()).add(number)
    wrong = [
        f"provider {provider} was reached by {len(numbers)} referrals"
        for provider, numbers in places.items()
        if numbers != set(_promised(exchange, by_serial, exchange.reached.get(provider)))
    ]
    counted = {
        "publications": (await Publication.all().count(), published),
        "frozen verdicts": (await frozen_verdicts(), published * exchange.providers),
        "versions": (await ReferralVersion.all().count(), published * 2),
        "entries of publishing": (
            await AuditEntry.filter(act="referral.publish", outcome=Outcome.DONE).count(),
            published,
        ),
    }
    return wrong + [f"{found} {name} instead of {due}" for name, (found, due) in counted.items() if found != due]


def _promised(exchange: Exchange, by_serial: list[int], counties: frozenset[int] | None) -> Iterator[int]:
    return (number for serial, number in enumerate(by_serial) if exchange.concerns(serial, counties))


def resident_bytes() -> int:
    """Give how much memory this process holds."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text(encoding="ascii").split()[1]) * 4096
    import resource  # noqa: PLC0415 - where there is no /proc; it gives the most that was ever held

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


async def measure(url: str, referrals: int, step: int, say: Say) -> list[Goal]:
    """Publish so many, and say how it goes."""
    await migrate(url)
    await open_database(url)
    passwords = Argon2Pool(production_hasher())
    sizes: list[int] = []
    try:
        exchange = await open_exchange(Desk(Clock(), LocalDoorbell(), passwords, SystemSecrets()))
        say(f"{'published':>10} {'memory MB':>10} {'a second':>10}")
        begun = perf_counter()
        for serial in range(referrals):
            await publish_one(exchange, serial)
            if (serial + 1) % step == 0:
                gc.collect()
                sizes.append(resident_bytes())
                took, begun = perf_counter() - begun, perf_counter()
                say(f"{serial + 1:>10,} {sizes[-1] / 1e6:>10.1f} {step / took:>10.1f}")
        broken = await broken_promises(exchange, referrals)
    finally:
        passwords.close()
        await close_database()
    grown = sizes[-1] / sizes[0] if sizes else 1.0
    return [
        kept("every line, letter, verdict and entry is there, once", broken),
        at_most(f"memory at the end, of that after the first {step:,}", grown, MOST_GROWTH),
    ]


def main(arguments: list[str]) -> list[Goal]:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks publish_many", description=__doc__)
    parser.add_argument("--referrals", type=int, default=10_000)
    parser.add_argument("--step", type=int, default=1_000, help="measure after each so many")
    parser.add_argument("--database", help="an empty PostgreSQL database; a scratch SQLite file without it")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as scratch:
        url = chosen.database or f"sqlite:///{scratch}/publish_many.db"
        return asyncio.run(measure(url, chosen.referrals, chosen.step, print))
