"""Letters that are tied together are there for whoever looks at the outbox: each once, and none without its news."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from tortoise.transactions import in_transaction

from orm.models import Contact, Letter, Mailbox, Notification, WithheldNotice
from orm.sql import execute, fetch
from resolvers import promises
from resolvers.letter_bundles import untie_bundles
from resolvers.letter_counts import letter_counts
from resolvers.no_referral_status import set_no_referral_status
from resolvers.office_reads import list_outbox, referral_deliveries
from resolvers.outbox import claim_letters, mark_sent, next_due
from resolvers.promises import Promise, Reader, keep
from resolvers.receipts import referral_receipts
from rules.notices import DeliveryState, NotificationKind
from rules.receipts import Stage
from rules.roles import Role
from tests.conftest import ENGINE
from tests.world.world import ProviderHome, World

CONTACTS = 6
PUBLISHED = NotificationKind.REFERRAL_PUBLISHED


@pytest.fixture(autouse=True)
def a_few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let so few letters be tied that a small world has them."""
    monkeypatch.setattr(promises, "MANY", 3)


async def _home(world: World) -> ProviderHome:
    home = await world.provider("Boone")
    for number in range(CONTACTS - 1):
        await world.contact(home.id, "Boone", email=f"contact{number}@example.org")
    return home


async def _tied() -> int:
    if ENGINE == "sqlite":
        return 0
    return int((await fetch("SELECT COUNT(*) AS n FROM letter_bundle"))[0]["n"])


async def _published(world: World) -> tuple[int, ProviderHome]:
    coordinator, home = await world.coordinator("Boone"), await _home(world)
    await execute("UPDATE user_account SET email = NULL")  # the letters are those of the contacts
    return await world.published(coordinator, "Boone"), home


async def _keys_of_lines(referral: int) -> set[UUID]:
    return set(await Notification.filter(referral_number=referral, kind=PUBLISHED).values_list("id", flat=True))


@pytest.mark.requirement("NOT-24")
async def test_the_letters_of_a_wide_publishing_are_there_under_the_keys_of_their_lines(world: World) -> None:
    number, home = await _published(world)
    assert await _tied() == (1 if ENGINE == "postgres" else 0)

    letters = {letter.id: letter for letter in await world.letters(kind=PUBLISHED)}

    assert await _tied() == 0
    assert len(letters) == CONTACTS
    assert letters.keys() <= await _keys_of_lines(number)
    assert {letter.contact_id for letter in letters.values()} == {
        contact.id for contact in await Contact.filter(provider_id=home.id)
    }
    referral = await world.referral(number)
    for letter in letters.values():
        assert (letter.kind, letter.referral_id, letter.state) == (PUBLISHED, referral.id, DeliveryState.QUEUED)
        assert (letter.key, letter.user_id, letter.attempts) == (None, None, 0)
        assert letter.created_at == letter.due_at == world.clock()
        assert letter.facts["number"] == number


@pytest.mark.requirement("NOT-24")
async def test_the_relay_claims_each_letter_once_however_many_relays_there_are(world: World) -> None:
    await _published(world)
    claims = await asyncio.gather(*(claim_letters(world.desk, 100) for _ in range(4)), untie_bundles())
    claimed = [letter for those in claims[:4] for letter in those]  # type: ignore[union-attr]
    assert len({letter.id for letter in claimed}) == len(claimed) == CONTACTS
    await mark_sent(world.desk, *claimed)
    assert await claim_letters(world.desk, 100) == []
    assert await next_due() is None
    assert {letter.state for letter in await Letter.all()} == {DeliveryState.SENT}


async def test_letters_that_are_tied_fall_with_the_transaction_of_their_news(world: World) -> None:
    home = await _home(world)
    readers = [Reader.contact(contact) for contact in await Contact.filter(provider_id=home.id)]

    async def fail_afterwards() -> None:
        async with in_transaction():
            await keep([Promise(readers, PUBLISHED, None, 1)], world.clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_afterwards()
    assert await world.letters() == []
    assert await Notification.all().count() == 0


async def test_several_news_of_several_transactions_are_told_each_to_its_own(world: World) -> None:
    home = await _home(world)
    readers = [Reader.contact(contact) for contact in await Contact.filter(provider_id=home.id)]
    for first in (1, 3):
        async with in_transaction():
            news = [Promise(readers[:4], PUBLISHED, None, first), Promise(readers[2:], PUBLISHED, None, first + 1)]
            await keep(news, world.clock())
    told = {contact.contact_id: [] for contact in readers}  # type: dict[UUID | None, list[int]]
    for letter in await world.letters():
        told[letter.contact_id].append(letter.facts["number"])
    assert [sorted(told[reader.contact_id]) for reader in readers] == [[1, 3]] * 2 + [[1, 2, 3, 4]] * 2 + [[2, 4]] * 2


async def test_who_has_no_address_gets_no_letter_and_a_user_gets_a_users(world: World) -> None:
    home = await _home(world)
    contacts = [Reader.contact(contact) for contact in await Contact.filter(provider_id=home.id)]
    people = [await world.user() for _ in range(4)]
    users = [Reader(who.actor.mailbox_id, None, who.actor.id, has_address=True) for who in people]
    silent = {contacts[0], users[0]}
    readers = [one._replace(has_address=one not in silent) for one in (*contacts, *users)]
    for rounds, news in enumerate(([1], [2, 3]), start=1):  # in one statement each may have one line, or several
        await keep([Promise(readers, PUBLISHED, None, number) for number in news], world.clock())
        assert await _tied() == (1 if ENGINE == "postgres" else 0)
        letters = await world.letters()
        told = sorted(
            (str(one.contact_id or one.user_id), one.contact_id is None, one.facts["number"]) for one in letters
        )
        assert told == sorted(
            (str(one.contact_id or one.user_id), one.contact_id is None, number)
            for one in readers
            if one.has_address
            for number in range(1, len(news) + rounds)
        )
        lines = await Notification.all().order_by("mailbox_id", "line").values_list("mailbox_id", "line")
        assert lines == [
            (box, line) for box in sorted(one.mailbox_id for one in readers) for line in range(1, len(news) + rounds)
        ]
        assert {letter.id for letter in letters} <= set(await Notification.all().values_list("id", flat=True))


async def test_those_who_tell_the_same_readers_at_once_count_on(world: World) -> None:
    home = await _home(world)
    readers = [Reader.contact(contact) for contact in await Contact.filter(provider_id=home.id)]

    async def tell(number: int) -> None:
        async with in_transaction():
            await keep([Promise(readers[number % 2 :: -1] + readers[2:], PUBLISHED, None, number)], world.clock())

    await asyncio.gather(*(tell(number) for number in range(1, 9)))

    for reader in readers[2:]:
        lines = await Notification.filter(mailbox_id=reader.mailbox_id).order_by("line").values_list("line", flat=True)
        assert list(lines) == [*range(1, 9)]
        assert (await Mailbox.get(id=reader.mailbox_id)).last_line == 8
    assert len(await world.letters()) == 8 * len(readers[2:]) + 4 * 1 + 4 * 2


async def test_those_who_tell_many_and_those_who_tell_a_few_do_not_lock_each_other_out(world: World) -> None:
    home = await _home(world)
    readers = [Reader.contact(contact) for contact in await Contact.filter(provider_id=home.id)]

    async def tell(number: int) -> None:
        some = readers if number % 2 else [readers[number % 3], readers[-1 - number % 3]]
        async with in_transaction():
            await keep([Promise(some, PUBLISHED, None, number)], world.clock())

    await asyncio.gather(*(tell(number) for number in range(1, 31)))

    many = {one for one in range(1, 31) if one % 2}
    for reader in readers:
        rows = await Notification.filter(mailbox_id=reader.mailbox_id).order_by("line")
        assert [row.line for row in rows] == [*range(1, len(rows) + 1)]
        assert many <= {row.subject_number or row.referral_number for row in rows}
        assert (await Mailbox.get(id=reader.mailbox_id)).last_line == len(rows)


async def test_a_promise_that_names_itself_is_never_tied(world: World) -> None:
    home = await _home(world)
    readers = [Reader.contact(contact) for contact in await Contact.filter(provider_id=home.id)]
    named = Promise(readers[:1], PUBLISHED, None, 2, key="reminder:once")
    await keep([Promise(readers, PUBLISHED, None, 1), named], world.clock())
    assert await _tied() == 0
    assert await Letter.filter(key="reminder:once").count() == 1
    assert await Letter.all().count() == CONTACTS + 1


@pytest.mark.requirement("NOT-24")
async def test_every_page_about_letters_knows_those_that_are_tied(world: World) -> None:
    admin = await world.user(Role.ADMINISTRATOR)
    number, _ = await _published(world)
    assert (await letter_counts())[DeliveryState.QUEUED] == CONTACTS
    number, _ = await _published(world)
    assert len((await list_outbox(admin, referral_number=number)).letters.nodes) == 2 * CONTACTS
    number, _ = await _published(world)
    delivered = await referral_deliveries(admin, number)
    assert delivered.letters == {DeliveryState.QUEUED: 3 * CONTACTS}
    number, home = await _published(world)
    (receipt,) = [it for it in await referral_receipts(admin, number) if it.provider.id == home.id]
    assert len(receipt.contacts) == CONTACTS
    assert {step.stage for contact in receipt.contacts for step in contact.stages} == {Stage.TOLD, Stage.QUEUED}


@pytest.mark.requirement("NOT-07")
async def test_letters_that_are_tied_are_withheld_from_a_provider_in_no_referral_status(world: World) -> None:
    relations = await world.user(Role.PROVIDER_RELATIONS)
    number, home = await _published(world)
    await set_no_referral_status(relations, home.id, "All homes are full.")
    letters = await world.letters(kind=PUBLISHED)
    assert [letter.state for letter in letters] == [DeliveryState.CANCELLED] * CONTACTS
    withheld = await WithheldNotice.filter(provider_id=home.id)
    assert [one.referral_id for one in withheld] == [(await world.referral(number)).id]


@pytest.mark.skipif(ENGINE != "postgres", reason="SQLite ties nothing")
async def test_a_reader_who_was_deleted_by_hand_keeps_nobody_waiting(world: World) -> None:
    _, home = await _published(world)
    gone = await Contact.filter(provider_id=home.id, user_id=None).order_by("id").first()
    assert gone is not None
    await execute("DELETE FROM contact_county WHERE contact_id = :id", id=gone.id)
    await execute("DELETE FROM contact WHERE id = :id", id=gone.id)
    letters = await world.letters(kind=PUBLISHED)
    assert len(letters) == CONTACTS - 1
    assert gone.id not in {letter.contact_id for letter in letters}
    assert await _tied() == 0
