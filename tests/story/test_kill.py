"""kill -9 at any point, then a restart: nothing promised is lost, nothing is sent twice but what was in the air."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from homeward.demo_postbox import DemoPostbox
from orm.models import AuditEntry, Letter, Mailbox, Notification, Outcome, Publication, Referral, ReferralVersion
from rules.notices import DeliveryState
from rules.referrals import ReferralStatus
from tests.story.running import Running, running_house
from tests.world.world import PASSWORD, STATEMENT, World
from workers.relay import CONNECTIONS, UNMARKED

PUBLISH = "mutation($n: Int!) { publishReferral(input: {number: $n}) { referral { status } userErrors { code } } }"


@pytest.fixture
async def referrals(world: World) -> list[int]:
    """Twelve drafts for Boone county, with four providers of two contacts each that serve it."""
    coordinator = await world.coordinator("Boone")
    for _ in range(4):
        home = await world.provider("Boone")
        await world.contact(home.id, "Boone")
    return [await world.draft(coordinator, "Boone") for _ in range(12)]


async def test_a_server_killed_while_publishing_leaves_each_referral_whole(
    world: World, database: str, broker: str, postbox: DemoPostbox, referrals: list[int], tmp_path: Path
) -> None:
    async with running_house(database, broker, tmp_path, postbox) as house:
        token = await sign_in(house, "USER0001")
        publishing = [asyncio.create_task(publish(house, token, number)) for number in referrals]
        await asyncio.wait(publishing, return_when=asyncio.FIRST_COMPLETED)
        await house.web.kill()
        answers = await asyncio.gather(*publishing)
        await house.web.start()
        await house.wait_until_ready()

        published = [row.number for row in await Referral.filter(status=ReferralStatus.OPEN)]
        assert {number for number, done in zip(referrals, answers, strict=True) if done} <= set(published)
        await each_publication_is_whole(published, told=9)
        for number in set(referrals) - set(published):
            assert await publish(house, token, number)
        await every_letter_is_sent(house, len(referrals) * 9)


async def test_a_worker_killed_in_mid_letter_sends_every_letter_and_doubles_only_what_was_in_the_air_or_being_marked(
    world: World, database: str, broker: str, postbox: DemoPostbox, referrals: list[int], tmp_path: Path
) -> None:
    async with running_house(database, broker, tmp_path, postbox) as house:
        token = await sign_in(house, "USER0001")
        for number in referrals:
            assert await publish(house, token, number)
        await postbox.wait_for_letters(10)
        await house.worker.kill()
        # The lease of what the killed worker had claimed is two minutes; time passes for those letters only.
        await Letter.filter(state=DeliveryState.QUEUED).update(due_at=world.clock())
        await house.worker.start()

        await every_letter_is_sent(house, len(referrals) * 9)
        copies = Counter(letter.message_id for letter in postbox.letters(1000))
        doubled = sum(count - 1 for count in copies.values())
        assert len(copies) == len(referrals) * 9
        assert doubled <= (1 + UNMARKED) * CONNECTIONS, (
            "only what each connection had in the air, and what was being marked"
        )


async def sign_in(house: Running, user_id: str) -> str:
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{house.address}/auth/sign-in",
            json={"userId": user_id, "password": PASSWORD, "acceptStatement": STATEMENT},
        )
        return str(answer.json()["token"])


async def publish(house: Running, token: str, number: int) -> bool:
    """Publish over GraphQL; False when no answer came."""
    async with httpx.AsyncClient(timeout=30) as client:
        try:
            answer = await client.post(
                f"{house.address}/graphql",
                json={"query": PUBLISH, "variables": {"n": number}},
                headers={"authorization": f"Bearer {token}"},
            )
        except httpx.TransportError:
            return False
        payload: dict[str, Any] = answer.json()["data"]["publishReferral"]
        assert payload["userErrors"] == []
        return True


async def each_publication_is_whole(numbers: list[int], *, told: int) -> None:
    """A published referral has its publication, version, audit entry, and a line and a letter for everyone named."""
    for number in numbers:
        referral = await Referral.get(number=number)
        assert await Publication.filter(referral_id=referral.id).count() == 1
        assert await ReferralVersion.filter(referral_id=referral.id, act="published").count() == 1
        entries = await AuditEntry.filter(about_id=referral.id, act="referral.publish", outcome=Outcome.DONE).count()
        assert entries == 1
        assert await Notification.filter(referral_id=referral.id).count() == told
        assert await Letter.filter(referral_id=referral.id).count() == told
    for mailbox in await Mailbox.all():
        lines = [line.line for line in await Notification.filter(mailbox_id=mailbox.id).order_by("line")]
        assert lines == list(range(1, mailbox.last_line + 1))


async def every_letter_is_sent(house: Running, count: int) -> None:
    """Wait until the outbox has nothing left to send."""
    async with asyncio.timeout(60):
        while await Letter.filter(state=DeliveryState.SENT).count() < count:
            await asyncio.sleep(0.1)  # the rows are written by another process
    assert await Letter.all().count() == count
    assert house.worker.running is not None
    assert house.worker.running.returncode is None
