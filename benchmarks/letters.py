"""Letters a second from one worker, ledger included, beside the ways in which letters are usually sent.

The house claims promised letters from its outbox, re-checks each recipient, hands the letter to a mail server over kept
connections and marks it. The others hand in the same letter and keep no ledger at all. The mail server is a process of
its own that takes everything. No letter may be missing, doubled or not marked.
"""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import redirect_stderr
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from uuid import UUID, uuid4

import aiosmtplib

from benchmarks._goals import Goal, at_least, kept
from benchmarks._mail_sink import Sink, mail_sink
from benchmarks._scratch import scratch_database
from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool, production_hasher
from homeward.loop import run
from homeward.smtp import MailServer, SmtpPostman
from homeward.wiring import SystemSecrets, configure_logs
from orm.database import close_database, migrate, open_database
from orm.models import Contact, Letter, Mailbox, Provider, ProviderKind
from resolvers.callers import Desk
from rules.notices import DeliveryState, NotificationKind
from workers.letters import LetterFacts, compose, render
from workers.relay import Relay

GOAL = 2000
CONNECTIONS = 8
CONTACTS = 1200
SENDER = "Homeward <letters@exchange.example>"
BASE_URL = "https://homeward.example.org"
HOUSE = "the house"

Say = Callable[[str], object]
Send = Callable[[Sink, int], Awaitable[None]]


def facts_of(number: int) -> LetterFacts:
    """Give the facts of the letter that everybody sends."""
    return LetterFacts(
        kind=NotificationKind.REFERRAL_PUBLISHED,
        number=1000 + number // CONTACTS,
        numbers=(),
        overdue=frozenset(),
        overdue_days=None,
        to_provider=True,
        recipient_name=f"Con Tact{number % CONTACTS}",
        base_url=BASE_URL,
    )


def built(number: int) -> tuple[bytes, str]:
    """Build the letter as one usually does, a message object for each."""
    facts, recipient = facts_of(number), f"contact{number % CONTACTS}@example.org"
    rendered = render(facts)
    message = EmailMessage()
    message["Message-ID"] = f"<{uuid4()}@exchange.example>"
    message["Date"] = format_datetime(datetime.now(UTC))
    message["From"] = Address("Homeward", addr_spec="letters@exchange.example")
    message["To"] = Address(facts.recipient_name, addr_spec=recipient)
    message["Subject"] = rendered.subject
    message.set_content(rendered.text, cte="quoted-printable")
    message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
    return message.as_bytes(), recipient


def put_together(number: int) -> tuple[bytes, str]:
    """Put the letter together from its sheet, as the house does."""
    recipient = f"contact{number % CONTACTS}@example.org"
    letter = compose(facts_of(number), letter_id=uuid4(), sender=SENDER, recipient=recipient, at=datetime.now(UTC))
    return letter, recipient


async def connection_each(sink: Sink, letters: int) -> None:
    """Send each letter over a connection of its own, eight at a time."""

    async def send(number: int) -> None:
        message, recipient = built(number)
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.port, start_tls=False) as client:
            await client.sendmail("letters@exchange.example", recipient, message)

    await _shared_out(letters, send)


async def kept_connections(sink: Sink, letters: int, make: Callable[[int], tuple[bytes, str]] = built) -> None:
    """Send over eight kept connections, a message object for each letter."""
    postman = SmtpPostman(MailServer("127.0.0.1", sink.port, plain=True))

    async def send(number: int) -> None:
        message, recipient = make(number)
        await postman.send(message, "letters@exchange.example", recipient)

    await _shared_out(letters, send)
    await postman.close()


async def no_ledger(sink: Sink, letters: int) -> None:
    """Send over eight kept connections what is put together from sheets, and write nothing down."""
    await kept_connections(sink, letters, put_together)


async def _shared_out(letters: int, send: Callable[[int], Awaitable[None]]) -> None:
    numbers = iter(range(letters))

    async def sender() -> None:
        for number in numbers:
            await send(number)

    await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))


async def people() -> list[UUID]:
    """Make 600 providers with two contacts each; give the contacts."""
    now = datetime.now(UTC)
    providers = [
        Provider(id=uuid4(), name=f"P{it:04}", kind=ProviderKind.RESIDENTIAL, created_at=now)
        for it in range(CONTACTS // 2)
    ]
    await Provider.bulk_create(providers)
    mailboxes = [Mailbox(id=uuid4()) for _ in range(CONTACTS)]
    await Mailbox.bulk_create(mailboxes)
    contacts = [
        Contact(
            id=uuid4(),
            provider_id=providers[it % len(providers)].id,
            mailbox_id=mailbox.id,
            first_name="Con",
            last_name=f"Tact{it}",
            email=f"contact{it}@example.org",
            created_at=now,
        )
        for it, mailbox in enumerate(mailboxes)
    ]
    await Contact.bulk_create(contacts)
    return [contact.id for contact in contacts]


async def promise(contacts: list[UUID], letters: int) -> None:
    """Promise so many letters, to one contact after the other."""
    now = datetime.now(UTC)
    await Letter.bulk_create(
        (
            Letter(
                kind=NotificationKind.REFERRAL_PUBLISHED,
                contact_id=contacts[it % CONTACTS],
                facts={"number": 1000 + it // CONTACTS, "numbers": []},
                created_at=now,
                due_at=now - timedelta(seconds=1),
            )
            for it in range(letters)
        ),
        batch_size=1000,
    )


async def house(sink: Sink, letters: int) -> None:
    """Send what the outbox promises, with everything that belongs to it."""
    passwords = Argon2Pool(production_hasher())
    desk = Desk(lambda: datetime.now(UTC), LocalDoorbell(), passwords, SystemSecrets())
    post = _Counting(SmtpPostman(MailServer("127.0.0.1", sink.port, plain=True)), letters)
    stop = asyncio.Event()
    running = asyncio.create_task(Relay(desk, post, BASE_URL, SENDER).run(stop))
    await post.done.wait()
    stop.set()
    await running
    passwords.close()


class _Counting:
    """Pass letters on, and say when the last one is handed over."""

    def __init__(self, inner: SmtpPostman, letters: int) -> None:
        self._inner = inner
        self._left = letters
        self.done = asyncio.Event()

    async def send(self, message: bytes, sender: str, recipient: str) -> None:
        await self._inner.send(message, sender, recipient)
        self._left -= 1
        if not self._left:
            self.done.set()

    async def close(self) -> None:
        await self._inner.close()


async def timed(send: Send, letters: int) -> tuple[float, float, list[str]]:
    """Let one send so many letters: letters a second, processor milliseconds a letter, and what went wrong."""
    with mail_sink() as sink:
        begun, cpu = perf_counter(), process_time()
        await send(sink, letters)
        took, cpu = perf_counter() - begun, process_time() - cpu
    faults = (
        [] if sink.letters == sink.distinct == letters else [f"{sink.letters} letters came, {sink.distinct} different"]
    )
    return letters / took, cpu / letters * 1e3, faults


async def measure(url: str, letters: int, rounds: int, say: Say) -> list[Goal]:
    """Let everybody send, round by round; say how it went."""
    await migrate(url)
    await open_database(url)
    contestants: dict[str, tuple[Send, int]] = {
        "a connection each, a message object each": (connection_each, max(1, letters // 10)),
        "kept connections, a message object each": (kept_connections, max(1, letters // 4)),
        "kept connections, sheets, no ledger": (no_ledger, letters),
        HOUSE: (house, letters),
    }
    faults: list[str] = []
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    cpus: dict[str, list[float]] = {name: [] for name in contestants}
    try:
        contacts = await people()
        for _ in range(rounds):
            await promise(contacts, letters)
            for name, (send, count) in contestants.items():
                rate, cpu, wrong = await timed(send, count)
                faults += [f"{name}: {fault}" for fault in wrong]
                rates[name].append(rate)
                cpus[name].append(cpu)
        unmarked = await Letter.exclude(state=DeliveryState.SENT).count()
    finally:
        await close_database()
    if unmarked:
        faults.append(f"{unmarked} letters are not marked as sent")
    ours = median(rates[HOUSE])
    say(f"{'':42} {'a second':>9} {'of the house':>13} {'CPU ms':>7}")
    for name in contestants:
        say(f"{name:42} {median(rates[name]):>9.0f} {median(rates[name]) / ours:>13.2f} {median(cpus[name]):>7.2f}")
    return [
        at_least("letters a second, from one worker, ledger included", ours, GOAL),
        kept("every letter comes once, and is marked as sent", faults),
    ]


def main(arguments: list[str]) -> list[Goal]:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks letters", description=__doc__)
    parser.add_argument("--letters", type=int, default=10_000, help="of the house in each round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sqlite", action="store_true", help="on a scratch SQLite file, not on PostgreSQL")
    chosen = parser.parse_args(arguments)
    with scratch_database(sqlite=chosen.sqlite) as url, Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        # The log as in production, to nowhere: a line a letter belongs to what is measured.
        with redirect_stderr(nowhere):
            configure_logs("INFO")
        return run(measure(url, chosen.letters, chosen.rounds, print))
