"""Lines find the letters of before the two shared a key after the migration, and what guards them is still there."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from tortoise.exceptions import IntegrityError

from orm.database import dialect, migrate
from orm.models import Contact, Letter, Mailbox, Notification, Referral, ReferralReach
from orm.sql import execute, fetch
from resolvers.callers import Desk
from resolvers.letter_counts import letter_counts
from resolvers.office_reads import referral_deliveries
from resolvers.receipts import referral_receipts
from rules.notices import DeliveryState, NotificationKind
from rules.receipts import ReceiptVerdict
from rules.referrals import ReferralStatus
from rules.roles import Role
from tests.orm.earlier import earlier_migrations, opened
from tests.world.clock import Clock
from tests.world.world import World

pytestmark = pytest.mark.engine

SHARED_BY_LINES = "0026_letters_by_line"
PUBLISHED, REPUBLISHED = NotificationKind.REFERRAL_PUBLISHED, NotificationKind.REFERRAL_REPUBLISHED
CATALOGUE = {
    "sqlite": "SELECT name FROM sqlite_master WHERE tbl_name IN ('outbox', 'notification') AND name NOT LIKE 'sqlite%'",
    "postgres": "SELECT indexname AS name FROM pg_indexes WHERE tablename IN ('outbox', 'notification') UNION "
    "SELECT conname FROM pg_constraint WHERE conrelid IN ('outbox'::regclass, 'notification'::regclass) UNION "
    "SELECT tgname FROM pg_trigger WHERE tgrelid IN ('outbox'::regclass, 'notification'::regclass)",
}


async def _catalogue() -> set[str]:
    return {str(row["name"]) for row in await fetch(CATALOGUE[dialect()])}


class _Old:
    """Writes lines and letters as they were written then."""

    def __init__(self, referral: Referral, clock: Clock) -> None:
        self.referral, self.clock, self.letters = referral, clock, dict[UUID, UUID]()

    async def telling(self, contact: Contact, kind: NotificationKind, *, shared: bool = False) -> None:
        """Write a line, and its letter under a key of its own, or under the same."""
        line = await self.line(contact, kind)
        mailbox = await Mailbox.get(id=contact.mailbox_id)
        key = f"{mailbox.id}:{mailbox.last_line}"
        self.letters[line] = await self.letter(contact, kind, key, line if shared else uuid4())

    async def line(self, contact: Contact, kind: NotificationKind) -> UUID:
        """Write a line."""
        mailbox, line = await Mailbox.get(id=contact.mailbox_id), uuid4()
        mailbox.last_line += 1
        await mailbox.save()
        await execute(
            "INSERT INTO notification (id, mailbox_id, line, kind, referral_id, referral_number, numbers, at) "
            "VALUES (:line, :mailbox, :number, :kind, :referral, :about, '[]', :at)",
            line=line,
            mailbox=mailbox.id,
            number=mailbox.last_line,
            kind=kind,
            referral=self.referral.id,
            about=self.referral.number,
            at=self.clock(),
        )
        return line

    async def letter(self, contact: Contact, kind: NotificationKind, key: str, letter: UUID) -> UUID:
        """Write a letter."""
        await execute(
            "INSERT INTO outbox (id, key, kind, contact_id, referral_id, facts, state, attempts, created_at, due_at, "
            "sent_at, sent_to, last_error) "
            "VALUES (:letter, :key, :kind, :contact, :referral, '{}', 'SENT', 1, :at, :at, :at, '', '')",
            letter=letter,
            key=key,
            kind=kind,
            contact=contact.id,
            referral=self.referral.id,
            at=self.clock(),
        )
        return letter


async def test_lines_find_their_letters_after_the_migration_as_before(
    scratch_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: Desk, clock: Clock
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    await migrate(scratch_url, migrations=earlier_migrations(tmp_path, SHARED_BY_LINES))
    async with opened(scratch_url):
        world = World(desk, clock)
        coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
        number = await world.draft(coordinator, "Boone")
        await Referral.filter(number=number).update(status=ReferralStatus.OPEN, first_published_at=clock())
        referral = await world.referral(number)
        await ReferralReach.create(referral_id=referral.id, provider_id=home.id, at=clock())
        clock.forward(minutes=1)  # so that it is plain which contact comes first
        told, late = await Contact.get(id=home.contact_id), await world.contact(home.id, "Boone")
        old = _Old(referral, clock)
        await old.telling(told, PUBLISHED)
        await old.telling(late, PUBLISHED, shared=True)
        await old.telling(told, REPUBLISHED)
        alone = await old.line(late, REPUBLISHED)
        named = await old.letter(told, NotificationKind.REMINDER, f"reminder:{told.id}:2026-03-02", uuid4())
        guards = await _catalogue()

    assert (await migrate(scratch_url))[0] == SHARED_BY_LINES

    async with opened(scratch_url):
        found = {line.id: line.letter_id for line in await Notification.all()}
        assert found == {**old.letters, alone: alone}
        keys = {letter.id: letter.key for letter in await Letter.all()}
        assert keys == {**dict.fromkeys(old.letters.values()), named: f"reminder:{told.id}:2026-03-02"}
        (receipt,) = await referral_receipts(coordinator, number)
        assert receipt.verdict is ReceiptVerdict.DELIVERED
        assert [len(contact.stages) for contact in receipt.contacts] == [6, 4]
        deliveries = await referral_deliveries(await world.user(Role.ADMINISTRATOR), number)
        assert sorted(str(line.state) for line in deliveries.lines) == ["None", "SENT", "SENT", "SENT"]

        assert await _catalogue() - guards == {"one_outbox_key"}
        assert guards - await _catalogue() == ({"outbox_key_key"} if dialect() == "postgres" else set())
        await Letter.filter(id=named).update(state=DeliveryState.PARKED)
        counts = await letter_counts()
        assert (counts[DeliveryState.SENT], counts[DeliveryState.PARKED]) == (3, 1)
        for wrong in ({"user_id": coordinator.actor.id}, {"contact_id": uuid4()}):
            with pytest.raises(IntegrityError):
                await Letter.filter(id=named).update(**wrong)
        with pytest.raises(IntegrityError):
            await old.letter(told, NotificationKind.REMINDER, f"reminder:{told.id}:2026-03-02", uuid4())
