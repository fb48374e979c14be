"""One referral published to 600 providers with 1,200 contacts: round trips, milliseconds, and two who do it at once.

Publishes through the use case, with the frozen audience, the reach, a mailbox line and a letter for each contact, and
the entry in the trail; on PostgreSQL that waits for its disk. Beside it, in turn: the same rows written by the ORM, one
statement each, as most people write it. Then two publish at once to the same 1,200 mailboxes. No line, letter or
verdict may be missing.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from statistics import median
from time import perf_counter, process_time
from uuid import uuid4

from tortoise.transactions import in_transaction

from benchmarks._frozen_verdicts import frozen_verdicts
from benchmarks._goals import Goal, at_most, kept, under
from benchmarks._scratch import scratch_database
from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool, production_hasher
from homeward.loop import run
from homeward.wiring import SystemSecrets
from orm.database import close_database, migrate, open_database
from orm.models import (
    Contact,
    ContactCounty,
    Contract,
    County,
    Facility,
    Letter,
    Mailbox,
    Notification,
    Provider,
    ProviderKind,
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
from tests.world.counting import counting

GOAL_MS = 50.0
STATEMENTS = 15
AT_ONCE = 1.9
"""Two at once may take so many times as long as one: they share a processor and a disk, but wait for nobody."""
CONTACTS_EACH = 2

Say = Callable[[str], object]


async def open_exchange(desk: Desk, providers: int) -> tuple[list[Caller], str]:
    """Make so many providers with two contacts each for one county, and two coordinators of it; give these and it."""
    now = desk.clock()
    county = (await County.get(name="Boone")).fips
    await Facility.create(code="101", name="Facility 101")
    homes = [
        Provider(id=uuid4(), name=f"Provider {it:04}", kind=ProviderKind.RESIDENTIAL, created_at=now)
        for it in range(providers)
    ]
    await Provider.bulk_create(homes, batch_size=1000)
    await Contract.bulk_create(
        Contract(provider_id=home.id, number=f"C{it:04}", begins_on=date(2020, 1, 1)) for it, home in enumerate(homes)
    )
    mailboxes = [Mailbox(id=uuid4()) for _ in range(providers * CONTACTS_EACH)]
    await Mailbox.bulk_create(mailboxes, batch_size=1000)
    contacts = [
        Contact(
            id=uuid4(),
            provider_id=homes[it % providers].id,
            mailbox_id=mailbox.id,
            first_name="Con",
            last_name=f"Tact{it}",
            email=f"contact{it}@example.org",
            created_at=now,
        )
        for it, mailbox in enumerate(mailboxes)
    ]
    await Contact.bulk_create(contacts, batch_size=1000)
    counties = await County.all().order_by("fips").limit(4).values_list("fips", flat=True)
    await ContactCounty.bulk_create(
        (
            ContactCounty(contact_id=contact.id, county_id=fips, since=now)
            for contact in contacts
            for fips in {county, *map(str, counties)}
        ),
        batch_size=1000,
    )
    return [await _coordinator(desk, name, county) for name in ("COORD.ONE", "COORD.TWO")], county


async def _coordinator(desk: Desk, user_id: str, county: str) -> Caller:
    roles = frozenset({Role.PLACEMENT_COORDINATOR})
    new = NewAccount(
        user_id=user_id,
        first_name="Co",
        last_name="Ordinator",
        roles=roles,
        email=f"{user_id.lower()}@example.org",
        coordinator_counties=frozenset({county}),
    )
    user = await User.get(id=await create_account(house(desk, "benchmark"), new, "no password"))
    return Caller(desk, await actor_of(user, roles))


async def draft(who: Caller, county: str, serial: int) -> int:
    """Create a referral that prefers the county."""
    return await create_referral(
        who,
        NewReferral(
            facility_code="101",
            statewide=False,
            preferred_counties=frozenset({county}),
            primary_coordinator_id=who.actor.id,
            consumer=NewConsumer(f"D{serial:07}", "In", "Vented", date(1990, 5, 17), Gender.UNKNOWN),
        ),
    )


async def row_by_row(clock: Callable[[], datetime]) -> None:
    """Write the lines and letters of a publishing as most people do: load, change and save each."""
    async with in_transaction():
        for contact in await Contact.all():
            mailbox = await Mailbox.filter(id=contact.mailbox_id).select_for_update().get()
            mailbox.last_line += 1
            await mailbox.save()
            line = await Notification.create(
                mailbox_id=mailbox.id, line=mailbox.last_line, kind=NotificationKind.REFERRAL_CLOSED, at=clock()
            )
            await Letter.create(
                id=line.id,
                kind=NotificationKind.REFERRAL_CLOSED,
                contact_id=contact.id,
                created_at=clock(),
                due_at=clock(),
            )


async def timed(act: Callable[[], Awaitable[object]]) -> tuple[float, float, int]:
    """Do it: milliseconds, those of this process's processor, and statements."""
    with counting() as heard:
        begun, cpu = perf_counter(), process_time()
        await act()
        return (perf_counter() - begun) * 1e3, (process_time() - cpu) * 1e3, len(heard)


async def broken_promises(providers: int, published: int, others: int) -> list[str]:
    """Name what is missing or too much after so many publishings (and lines that were written otherwise)."""
    contacts = providers * CONTACTS_EACH
    news = NotificationKind.REFERRAL_PUBLISHED
    counted = {
        "lines": (await Notification.filter(kind=news).count(), published * (contacts + 2)),
        "letters": (await Letter.filter(kind=news).count(), published * (contacts + 2)),
        "frozen verdicts": (await frozen_verdicts(), published * providers),
        "mailboxes that end elsewhere": (
            await Mailbox.exclude(last_line__in=[0, published, published + others]).count(),
            0,
        ),
    }
    return [f"{found} {name} instead of {due}" for name, (found, due) in counted.items() if found != due]


async def measure(url: str, providers: int, rounds: int, say: Say) -> list[Goal]:
    """Publish so many rounds, and say how it goes."""
    await migrate(url)
    await open_database(url)
    passwords = Argon2Pool(production_hasher())
    try:
        desk = Desk(lambda: datetime.now(UTC), LocalDoorbell(), passwords, SystemSecrets())
        (one, two), county = await open_exchange(desk, providers)
        numbers = [await draft(who, county, serial) for serial, who in enumerate([one, two, one] * (rounds + 1))]
        alone: list[tuple[float, float, int]] = []
        together: list[float] = []
        naive: list[tuple[float, float, int]] = []
        untied: list[tuple[float, float, int]] = []
        for turn in range(rounds + 1):
            first, second, third = numbers[turn * 3 : turn * 3 + 3]
            alone.append(await timed(lambda number=first: publish_referral(one, number)))
            took = await timed(
                lambda a=second, b=third: asyncio.gather(publish_referral(two, a), publish_referral(one, b))
            )
            together.append(took[0])
            untied.append(await timed(untie_bundles))
            naive.append(await timed(lambda: row_by_row(desk.clock)))
        broken = await broken_promises(providers, len(numbers), rounds + 1)
    finally:
        passwords.close()
        await close_database()
    del alone[0], together[0], naive[0], untied[0]  # the first is for warming up: statements are prepared, pools opened
    ms, cpu, statements = (median(column) for column in zip(*alone, strict=True))
    say(f"{'':36} {'ms':>8} {'CPU ms':>8} {'statements':>11}")
    say(f"{'the house':36} {ms:>8.1f} {cpu:>8.1f} {statements:>11.0f}")
    say(f"{'two at once, the same mailboxes':36} {median(together):>8.1f}")
    afterwards = [median(column) / 3 for column in zip(*untied, strict=True)]
    say(f"{'afterwards: its letters untied':36} {afterwards[0]:>8.1f} {afterwards[1]:>8.1f} {afterwards[2]:>11.1f}")
    late = [median(column) for column in zip(*naive, strict=True)]
    say(f"{'lines and letters row by row':36} {late[0]:>8.1f} {late[1]:>8.1f} {late[2]:>11.0f}")
    return [
        under(f"milliseconds to publish to {providers:,} providers", ms, GOAL_MS),
        at_most("statements, whatever the number of providers", statements, STATEMENTS),
        under("two at once, of one", median(together) / ms, AT_ONCE),
        kept("every line, letter and frozen verdict is there, once", broken),
    ]


def main(arguments: list[str]) -> list[Goal]:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks publish_wide", description=__doc__)
    parser.add_argument("--providers", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--sqlite", action="store_true", help="on a scratch SQLite file, not on PostgreSQL")
    chosen = parser.parse_args(arguments)
    with scratch_database(sqlite=chosen.sqlite) as url:
        return run(measure(url, chosen.providers, chosen.rounds, print))
