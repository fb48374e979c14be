"""Every promised letter arrives, once, whatever the mail server and the machines do (NOT-24)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from homeward.demo_postbox import TAKE_ALL, Behaviour, DemoPostbox, Drop
from orm.models import Contact, Letter, Referral, User
from resolvers.callers import Desk
from resolvers.exclusions import exclude_provider
from resolvers.outbox import LEASE, TRIES, mark_sent, patience, retry_letter
from rules.accounts import AccountState
from rules.errors import Conflict
from rules.notices import DeliveryState
from rules.roles import Role
from tests.servers import smtp_sink
from tests.workers.posting import (
    PATIENCE,
    WatchedPost,
    postman_to,
    promise_letters,
    relay_of,
    running,
    send_due,
)
from tests.world.clock import Clock
from tests.world.counting import counting
from tests.world.world import ProviderHome, World
from workers import sent_letters
from workers.relay import UNMARKED, Postman

REFUSING = Behaviour(refuse_recipients=True)
DEFERRING = Behaviour(defer_recipients=True)
HANGING = Behaviour(hang=True)
SHORT = timedelta(seconds=0.3)


async def states() -> Counter[DeliveryState]:
    return Counter(await Letter.all().values_list("state", flat=True))  # type: ignore[arg-type]


def copies(postbox: DemoPostbox) -> Counter[str]:
    return Counter(letter.message_id for letter in postbox.letters())


@pytest.mark.requirement("NOT-24")
async def test_each_reader_gets_exactly_one_letter_and_the_outbox_says_so(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    coordinator = await world.coordinator("Boone")
    near, _far = await world.provider("Boone"), await world.provider("Adair")
    number = await world.published(coordinator, "Boone")

    await send_due(desk, postbox, handled=2)

    contact, user = await Contact.get(id=near.contact_id), await User.get(id=coordinator.actor.id)
    received = postbox.letters()
    assert sorted(letter.recipients for letter in received) == sorted([(contact.email,), (user.email,)])
    assert {letter.subject for letter in received} == {f"Referral {number} was published"}
    assert {letter.sender for letter in received} == {"letters@exchange.example"}
    outbox = await world.letters()
    assert {f"<{letter.id}@exchange.example>" for letter in outbox} == set(copies(postbox))
    assert {(letter.state, letter.attempts, letter.sent_at) for letter in outbox} == {
        (DeliveryState.SENT, 1, world.clock())
    }
    assert {letter.sent_to for letter in outbox} == {contact.email, user.email}


async def test_a_letter_promised_while_the_relay_rests_goes_out_at_once(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 1)
    async with running(relay_of(desk, postman_to(postbox))):
        await postbox.wait_for_letters(1)
        await promise_letters(world, 2)
        async with asyncio.timeout(4):  # less than the rest between two looks: it was the doorbell
            await postbox.wait_for_letters(1 + 2 + 1)  # the second referral reaches the first provider too
    assert sorted(copies(postbox).values()) == [1] * 4


async def test_a_letter_refused_for_good_is_parked_and_never_tried_again_by_itself(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 1)
    postbox.behaviour = REFUSING
    await send_due(desk, postbox, handled=1)

    parked = await Letter.get()
    assert (parked.state, parked.attempts) == (DeliveryState.PARKED, 1)
    assert parked.last_error == "The mail server refused it: 550 5.1.1."

    postbox.behaviour = TAKE_ALL
    clock.forward(days=30)
    await Letter.create(kind=parked.kind, contact_id=parked.contact_id, created_at=clock(), due_at=clock())
    await send_due(desk, postbox, handled=1)
    assert f"<{parked.id}@exchange.example>" not in copies(postbox)
    assert (len(postbox.letters()), postbox.recipients_named) == (1, 2)


async def test_a_deferred_letter_is_tried_again_when_its_patience_ends_and_not_before(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 1)
    postbox.behaviour = DEFERRING
    await send_due(desk, postbox, handled=1)
    waiting = await Letter.get()
    assert (waiting.state, waiting.due_at) == (DeliveryState.QUEUED, clock() + patience(1))
    assert waiting.last_error == "The mail server refused it: 451 4.3.0."

    postbox.behaviour = TAKE_ALL
    post = WatchedPost(postman_to(postbox))
    async with running(relay_of(desk, post)):
        clock.forward(seconds=patience(1).total_seconds() - 1)
        await desk.doorbell.ring([], letters=True)
        await promise_letters(world, 1)  # a letter behind it goes out, so the relay has looked
        await postbox.wait_for_letters(2)
        assert f"<{waiting.id}@exchange.example>" not in copies(postbox)
        clock.forward(seconds=1)
        await desk.doorbell.ring([], letters=True)
        await postbox.wait_for_letters(3)
    assert copies(postbox)[f"<{waiting.id}@exchange.example>"] == 1
    assert await states() == {DeliveryState.SENT: 3}


async def test_a_hanging_server_costs_its_letter_a_try_and_the_others_still_go(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 5)
    postbox.behaviour = HANGING
    post = WatchedPost(postman_to(postbox))
    async with running(relay_of(desk, post, letter_timeout=SHORT)):
        async with asyncio.timeout(PATIENCE):
            await postbox.wait_for_hanging(2)
            postbox.behaviour = TAKE_ALL
            await postbox.wait_for_letters(3)
        await post.is_done_with(5)
    hung = await Letter.filter(state=DeliveryState.QUEUED)
    assert await states() == {DeliveryState.SENT: 3, DeliveryState.QUEUED: 2}
    assert {letter.last_error for letter in hung} == {"The mail server did not answer within 0.3 seconds."}

    clock.forward(seconds=patience(1).total_seconds())
    await send_due(desk, postbox, handled=2)
    assert set(copies(postbox).values()) == {1}
    assert await states() == {DeliveryState.SENT: 5}


@pytest.mark.parametrize(
    ("behaviour", "copies_kept"),
    [
        (Behaviour(drop=Drop.BEFORE_KEEPING), 1),
        (Behaviour(drop=Drop.AFTER_KEEPING), 2),
        (Behaviour(answer_garbage=True), 2),
    ],
)
async def test_a_letter_without_a_clear_answer_is_sent_again_under_the_same_message_id(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox, behaviour: Behaviour, copies_kept: int
) -> None:
    await promise_letters(world, 1)
    postbox.behaviour = behaviour
    await send_due(desk, postbox, handled=1)
    letter = await Letter.get()
    assert (letter.state, letter.due_at) == (DeliveryState.QUEUED, clock() + patience(1))

    postbox.behaviour = TAKE_ALL
    clock.forward(seconds=patience(1).total_seconds())
    await send_due(desk, postbox, handled=1)
    assert copies(postbox) == {f"<{letter.id}@exchange.example>": copies_kept}
    assert len({(kept.subject, kept.text, kept.html) for kept in postbox.letters()}) == 1


async def test_a_mail_server_that_restarts_between_two_letters_costs_no_try(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 1)
    post = WatchedPost(postman_to(postbox))
    async with running(relay_of(desk, post, connections=1)):
        await post.is_done_with(1)
        host, port = postbox.address
        await postbox.stop()
        async with smtp_sink() as unused:
            restarted = DemoPostbox(unused._directory / "restarted", host=host, port=port)
            await restarted.start()
            await promise_letters(world, 1)
            await post.is_done_with(3)
            await restarted.stop()
    assert set(await Letter.all().values_list("state", "attempts")) == {(DeliveryState.SENT, 1)}


async def test_many_letters_go_over_one_kept_connection_for_each_sender(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 8)
    post = WatchedPost(postman_to(postbox))
    seen: set[object] = set()
    async with running(relay_of(desk, post, connections=1)):
        for count in range(1, 9):
            await postbox.wait_for_letters(count)
            seen |= set(postbox._connections)
        await post.is_done_with(8)
    assert len(seen) == 1


async def test_relays_at_work_at_the_same_time_send_each_letter_once(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 40)
    posts = [WatchedPost(postman_to(postbox)) for _ in range(3)]
    relays = [relay_of(replace(desk), post, batch=3) for post in posts]
    async with running(*relays), asyncio.timeout(PATIENCE):
        await postbox.wait_for_letters(40)
    assert set(copies(postbox).values()) == {1}
    assert len(copies(postbox)) == 40
    assert await states() == {DeliveryState.SENT: 40}
    assert len([post for post in posts if post.done]) > 1


async def _deactivate(_world: World, home: ProviderHome) -> None:
    await Contact.filter(id=home.contact_id).update(active=False)


async def _suspend(world: World, home: ProviderHome) -> None:
    await world.suspend(home.id)


async def _exclude(world: World, home: ProviderHome) -> None:
    office = await world.user(Role.CENTRAL_STAFF)
    referral = await Referral.get()
    await exclude_provider(office, referral.number, home.id, "The family asked for it.")


async def _forget_address(_world: World, home: ProviderHome) -> None:
    await Contact.filter(id=home.contact_id).update(email=None)


@pytest.mark.requirement("NOT-08")
@pytest.mark.parametrize(
    ("meanwhile", "why"),
    [
        (_deactivate, "The contact is not active any more."),
        (_suspend, "The provider is in No Referral Status."),
        (_exclude, "The provider is excluded."),
        (_forget_address, "There is no address on file."),
    ],
)
async def test_who_may_not_hear_it_any_more_gets_no_letter_though_it_was_promised(
    world: World,
    desk: Desk,
    postbox: DemoPostbox,
    meanwhile: Callable[[World, ProviderHome], Awaitable[None]],
    why: str,
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    await meanwhile(world, home)

    await send_due(desk, postbox, handled=1)  # the coordinator's

    cancelled = await Letter.get(contact_id=home.contact_id)
    assert (cancelled.state, cancelled.last_error, cancelled.attempts) == (DeliveryState.CANCELLED, why, 0)
    coordinators_address = (await User.get(id=coordinator.actor.id)).email
    assert [letter.recipients for letter in postbox.letters()] == [(coordinators_address,)]


async def test_a_coordinator_whose_account_was_disabled_gets_no_letter(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    await User.filter(id=coordinator.actor.id).update(state=AccountState.DISABLED)

    await send_due(desk, postbox, handled=1)

    assert (await Letter.get(user_id=coordinator.actor.id)).state is DeliveryState.CANCELLED
    assert [letter.recipients for letter in postbox.letters()] == [((await Contact.get(id=home.contact_id)).email,)]


@pytest.mark.requirement("SWP-13")
async def test_a_letter_is_parked_after_the_last_try_and_an_administrator_can_free_it(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 1)
    postbox.behaviour = DEFERRING
    for tried in range(1, TRIES + 1):
        await send_due(desk, postbox, handled=1)
        letter = await Letter.get()
        assert letter.attempts == tried
        assert letter.state is (DeliveryState.PARKED if tried == TRIES else DeliveryState.QUEUED)
        clock.forward(seconds=patience(tried).total_seconds())

    administrator = await world.user(Role.ADMINISTRATOR)
    await retry_letter(administrator, letter.id)
    postbox.behaviour = TAKE_ALL
    await send_due(desk, postbox, handled=1)
    assert len(postbox.letters()) == 1
    sent = await Letter.get()
    assert (sent.state, sent.attempts, sent.last_error) == (DeliveryState.SENT, 1, "")
    with pytest.raises(Conflict):
        await retry_letter(administrator, letter.id)


class TakenAndSilent:
    """Hand letters over, and never come back to say so: what a worker does that dies at that moment."""

    def __init__(self, inner: Postman) -> None:
        self._inner = inner
        self.taken = asyncio.Event()

    async def send(self, message: bytes, sender: str, recipient: str) -> None:
        await self._inner.send(message, sender, recipient)
        self.taken.set()
        await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        await self._inner.close()


async def test_a_letter_in_the_air_when_the_worker_died_is_sent_again_after_the_lease_and_no_other_twice(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 3)
    dying = TakenAndSilent(postman_to(postbox))
    life = asyncio.create_task(relay_of(desk, dying, connections=1).run(asyncio.Event()))
    await dying.taken.wait()
    life.cancel()
    await asyncio.wait({life})
    in_the_air = postbox.letters()[0].message_id

    await send_due(desk, postbox, handled=2)
    assert copies(postbox)[in_the_air] == 1
    clock.forward(seconds=LEASE.total_seconds() - 1)
    await promise_letters(world, 1)  # goes to the four contacts of both providers
    await send_due(desk, postbox, handled=4)
    assert copies(postbox)[in_the_air] == 1

    clock.forward(seconds=1)
    await send_due(desk, postbox, handled=1)
    assert copies(postbox)[in_the_air] == 2
    assert [count for count in copies(postbox).values() if count > 1] == [2]
    assert await states() == {DeliveryState.SENT: 7}


async def test_a_relay_that_stops_gives_back_what_it_had_not_sent_and_the_try_does_not_count(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 3)
    postbox.behaviour = HANGING
    relay = relay_of(desk, postman_to(postbox), connections=1, stop_within=timedelta(seconds=0.1))
    async with running(relay):
        await postbox.wait_for_hanging(1)
    kept = sorted(await Letter.all().values_list("attempts", "due_at"))
    assert kept == [(0, clock()), (0, clock()), (1, clock() + LEASE)]

    postbox.behaviour = TAKE_ALL
    await send_due(desk, postbox, handled=2)
    assert await states() == {DeliveryState.SENT: 2, DeliveryState.QUEUED: 1}


async def test_letters_behind_a_slow_one_are_not_sent_by_a_relay_whose_lease_has_run_out(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 4)
    postbox.behaviour = HANGING
    slow = WatchedPost(postman_to(postbox))
    async with running(relay_of(desk, slow, connections=1)):
        await postbox.wait_for_hanging(1)
        clock.forward(seconds=LEASE.total_seconds() + 1)
        async with smtp_sink() as elsewhere:
            await send_due(desk, elsewhere, handled=4)  # another worker takes all four up
            others = copies(elsewhere)
            any_letter = await Letter.first()
            assert any_letter
            new = await Letter.create(
                kind=any_letter.kind,
                contact_id=any_letter.contact_id,
                facts=any_letter.facts,
                created_at=clock(),
                due_at=clock(),
            )
            postbox.behaviour = TAKE_ALL
            postbox.release()
            await slow.is_done_with(2)
    assert set(others.values()) == {1}
    # The one in the air, then at once the new one, and none of those that lay between them.
    assert postbox.letters()[0].message_id == f"<{new.id}@exchange.example>"
    assert len(postbox.letters()) == 2
    assert await states() == {DeliveryState.SENT: 5}


@pytest.mark.parametrize("stop_within", [timedelta(seconds=5), timedelta(0)], ids=["at work", "told to stop at once"])
async def test_a_letter_that_could_not_be_marked_at_once_is_marked_and_not_sent_twice(
    world: World, desk: Desk, clock: Clock, postbox: DemoPostbox, stop_within: timedelta
) -> None:
    await promise_letters(world, 1)
    trouble: list[Exception] = []
    stumbled = asyncio.Event()

    def now() -> datetime:
        if trouble:
            stumbled.set()
            raise trouble.pop()
        return clock()

    class ThenTrouble(WatchedPost):
        async def send(self, message: bytes, sender: str, recipient: str) -> None:
            await super().send(message, sender, recipient)
            trouble.append(ConnectionResetError("the database is away for a moment"))

    relay = relay_of(replace(desk, clock=now), ThenTrouble(postman_to(postbox)), connections=1, stop_within=stop_within)
    async with running(relay), asyncio.timeout(PATIENCE):
        await stumbled.wait()
    assert await states() == {DeliveryState.SENT: 1}


async def test_the_next_letter_goes_while_the_last_two_are_marked_and_no_other_before_they_are(
    world: World, desk: Desk, postbox: DemoPostbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    await promise_letters(world, 5)
    may_mark, asked = asyncio.Event(), asyncio.Event()

    async def slowly(*args: Any) -> None:
        asked.set()
        await may_mark.wait()
        await mark_sent(*args)

    monkeypatch.setattr(sent_letters, "mark_sent", slowly)
    post = WatchedPost(postman_to(postbox))
    async with running(relay_of(desk, post, connections=1)), asyncio.timeout(PATIENCE):
        await asked.wait()
        await post.is_done_with(1 + UNMARKED)
        for _ in range(100):  # turns in which another one could go
            await asyncio.sleep(0)
        assert len(postbox.letters()) == 1 + UNMARKED
        may_mark.set()
        await post.is_done_with(5)
    assert await states() == {DeliveryState.SENT: 5}
    assert set(copies(postbox).values()) == {1}


async def test_one_letter_that_cannot_be_addressed_is_parked_and_the_others_go(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    home = await promise_letters(world, 3)
    await Contact.filter(id=home.contact_id).update(email="a@example.org\r\nRCPT TO:<victim@example.org>")
    await Letter.filter(contact_id=home.contact_id).update(due_at=desk.clock() - timedelta(seconds=1))  # it comes first

    post = WatchedPost(postman_to(postbox))
    async with running(relay_of(desk, post, connections=1)):
        await post.is_done_with(2)

    bad = await Letter.get(contact_id=home.contact_id)
    assert (bad.state, bad.last_error) == (DeliveryState.PARKED, "The address on file cannot be written to.")
    assert len(postbox.letters()) == postbox.recipients_named == 2


async def test_a_contact_whose_name_tries_to_inject_headers_gets_an_ordinary_letter(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    home = await promise_letters(world, 1)
    await Contact.filter(id=home.contact_id).update(
        first_name="Eve\r\nBcc: victim@example.org\r\n\r\n", last_name='<script>alert("x")</script>\u202e'
    )
    await send_due(desk, postbox, handled=1)

    (letter,) = postbox.letters()
    assert letter.recipients == ((await Contact.get(id=home.contact_id)).email,)
    assert letter.subject.endswith("was published")
    (file,) = postbox._directory.iterdir()
    head = file.read_bytes().split(b"\r\n\r\n")[0].lower()
    assert b"\r\nbcc:" not in head
    assert b"\r\nsubject:" in head
    assert "<script" not in letter.html
    assert "\u202e" not in letter.html + letter.text


async def test_the_log_names_letters_by_id_and_never_an_address_a_name_or_a_text(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    home = await promise_letters(world, 1)
    with capture_logs() as logs:
        postbox.behaviour = REFUSING
        await send_due(desk, postbox, handled=1)
    letter, contact = await Letter.get(), await Contact.get(id=home.contact_id)
    handled = [line for line in logs if line["event"] == "letter.handled"]
    assert [(line["letter"], line["kind"], line["state"]) for line in handled] == [
        (str(letter.id), letter.kind, DeliveryState.PARKED)
    ]
    assert contact.email
    for secret in (contact.email, contact.first_name, contact.last_name, "was published"):
        assert secret not in str(logs)
        assert secret not in letter.last_error


async def test_letters_taken_on_at_the_same_moment_are_marked_together(
    world: World, desk: Desk, postbox: DemoPostbox
) -> None:
    await promise_letters(world, 6)
    postbox.behaviour = HANGING
    post = WatchedPost(postman_to(postbox))
    with counting() as counted:
        async with running(relay_of(desk, post, connections=6)):
            await postbox.wait_for_hanging(6)
            postbox.behaviour = TAKE_ALL
            postbox.release()
            await post.is_done_with(6)
    assert await states() == {DeliveryState.SENT: 6}
    assert len([text for text in counted if "'SENT'" in text]) < 6
