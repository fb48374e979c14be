"""Rounds: many hear at once what each may hear, each delivery is in the trail before it leaves, and nobody waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast
from uuid import UUID

import pytest
from tortoise.exceptions import DBConnectionError
from tortoise.transactions import in_transaction

from homeward.doorbell import LocalDoorbell
from orm.models import Credential, Outcome, RoleGrant, Session, User
from orm.sql import execute
from resolvers import line_sights, promises, rounds, tellings, waiting_room
from resolvers import lines_beyond as lines_beyond_module
from resolvers.callers import Caller
from resolvers.desk import Reading
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.line_views import NotificationView, line_cursor
from resolvers.lines_beyond import lines_beyond
from resolvers.mailboxes import mailbox_of
from resolvers.promises import Promise, Reader, keep
from resolvers.referrals import publish_referral
from resolvers.rounds import follow_in_rounds
from resolvers.sessions import authenticate, sign_in
from resolvers.tellings import Follower
from resolvers.trail import leaf_content, leaf_hash
from resolvers.trail_alike import EntriesAlike
from resolvers.trail_room import TrailRoom
from rules.errors import Denied, Refusal, Unauthenticated
from rules.notices import NotificationKind
from tests.world.counting import counting
from tests.world.sights import CHANGES, Change, end_role
from tests.world.waiting import until
from tests.world.world import PASSWORD, STATEMENT, ProviderHome, World

PATIENCE = 30.0
"""Seconds that nothing here may take; a guard, not a measure."""
PUBLISHED = NotificationKind.REFERRAL_PUBLISHED


@pytest.fixture(autouse=True, params=["called by name", "called by keys"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise the same whether a few are called by name, or many by the keys of their lines."""
    if request.param == "called by keys":
        monkeypatch.setattr(promises, "WIDE", 1)
        monkeypatch.setattr(promises, "_FIRST_RANGE", 2)
        monkeypatch.setattr(promises, "_RANGE", 3)


only_called_by_name = pytest.mark.parametrize("how", ["called by name"], indirect=True)


@dataclass
class Words:
    """A line in words; the number of the line is each reader's own."""

    said: str

    def for_each(self, keys: Iterable[str], lines: Iterable[int]) -> Iterable[bytes]:
        return [f"{line}: {self.said}".encode() for _, line in zip(keys, lines, strict=True)]


@dataclass
class Socket:
    """An outlet that keeps what it was told; one that is full takes nothing at once."""

    form: str = "plain"
    told: list[bytes] = field(default_factory=list)
    is_full: bool = False
    room: asyncio.Event = field(default_factory=asyncio.Event)
    written: int = 0
    cannot_write: bool = False

    def write(self, view: NotificationView) -> Words:
        if self.cannot_write:
            raise ValueError("unusual")
        self.written += 1
        seen = view.referral.number if view.referral else "nothing"
        return Words(f"{view.referral_number} seen as {seen}")

    def send(self, text: bytes) -> bool:
        if self.is_full:
            return False
        self.told.append(text)
        return True

    async def send_patiently(self, text: bytes) -> None:
        await self.room.wait()
        self.told.append(text)


@dataclass
class Following:
    """Somebody who follows, with what was heard alone and how it ended."""

    caller: Caller
    socket: Socket
    alone: list[NotificationView] = field(default_factory=list)
    refusal: Exception | None = None
    is_over: bool = False

    async def listen(self, **given: Any) -> None:
        try:
            async for view in follow_in_rounds(self.caller, outlet=self.socket, **given):
                self.alone.append(view)
        except (Refusal, DBConnectionError, RuntimeError) as refusal:
            self.refusal = refusal
        finally:
            self.is_over = True


async def signed_on(world: World, person: Caller) -> Caller:
    signed_in = await sign_in(world.desk, person.actor.label, PASSWORD, device="", request_id="r", accepts=STATEMENT)
    return await authenticate(world.desk, signed_in.token, "r")


def is_at_rest(world: World, followers: int) -> bool:
    """Say whether so many are in the room, and nothing is done there."""
    room = world.desk.followers
    is_busy = room._called or room._servers or room._is_beginning or room._wide or room._wide_server
    return len(room) == followers and not is_busy


@asynccontextmanager
async def follow_too(
    world: World, *callers: Caller, after: str | None = None, sockets: Collection[Socket] = (), **given: Any
) -> AsyncIterator[list[Following]]:
    """Have these people follow beside others, each at rest in the room when the block begins."""
    others = len(world.desk.followers)
    chosen = list(sockets) or [Socket() for _ in callers]
    everybody = [Following(caller, socket) for caller, socket in zip(callers, chosen, strict=True)]
    tasks = [asyncio.create_task(one.listen(after=after, **given)) for one in everybody]
    try:
        await until(lambda: is_at_rest(world, others + len(tasks)))
        yield everybody
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def following(world: World, *callers: Caller, **given: Any) -> AsyncIterator[list[Following]]:
    """Have these people follow, and nobody when the block ends."""
    try:
        async with follow_too(world, *callers, **given) as everybody:
            yield everybody
    finally:
        assert len(world.desk.followers) == 0
        assert isinstance(world.desk.doorbell, LocalDoorbell)
        assert not world.desk.doorbell._attending


async def homes_of(world: World, count: int) -> tuple[Caller, list[ProviderHome], list[Caller]]:
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Boone") for _ in range(count)]
    return coordinator, homes, [await signed_on(world, home.staff) for home in homes]


async def write_line(
    world: World, referral: int, *people: Caller, silently: bool = False, kind: NotificationKind = PUBLISHED
) -> None:
    """Write a line about a referral into mailboxes, whatever their readers may see of it, and ring."""
    mailboxes = [it.actor.mailbox_id for it in people if it.actor.mailbox_id]
    key = (await world.referral(referral)).id
    async with in_transaction():
        readers = [Reader(mailbox, None, None, has_address=False) for mailbox in mailboxes]
        kept = await keep([Promise(readers, kind, key, referral)], world.clock())
    if not silently:
        await world.desk.doorbell.ring(mailboxes, letters=False, keys=kept.keys)


async def told_of(world: World) -> list[Any]:
    return [entry for entry in await world.entries("mailbox.deliver") if entry.outcome is Outcome.DONE]


@pytest.mark.requirement("SUB-01", "AUD-01")
async def test_many_hear_the_same_at_once_and_each_delivery_is_an_entry_that_proves_itself(world: World) -> None:
    coordinator, homes, callers = await homes_of(world, 12)
    async with following(world, *callers) as everybody:
        with counting() as heard:
            number = await world.published(coordinator, "Boone")
            await until(lambda: all(one.socket.told for one in everybody))
        await until(lambda: is_at_rest(world, 12))
    assert [one.socket.told for one in everybody] == [[f"1: {number} seen as nothing".encode()]] * 12
    assert [one.alone for one in everybody] == [[]] * 12
    assert sum(one.socket.written for one in everybody) <= 2, "the same words were written for each"
    assert len([text for text in heard if "FROM session s" in text]) <= 4, "not one proof for each"
    entries = await told_of(world)
    assert {entry.actor_id for entry in entries} == {home.staff.actor.id for home in homes}
    assert len(entries) == 12
    for entry in entries:
        assert leaf_hash(leaf_content(entry)) == entry.leaf
        assert (entry.code, entry.about_id, entry.facts, entry.shown) == ("", None, {}, [])


@pytest.mark.requirement("AUD-01")
async def test_what_is_written_down_of_a_round_is_what_is_written_down_of_one_who_hears_alone(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 2)
    together, alone = Socket(), Socket(form="alone", cannot_write=True)
    wanted = {"referral.number", "referral.consumer.name"}
    async with following(world, *callers, sockets=[together, alone], wanted=wanted) as (_, other):
        await world.published(coordinator, "Boone")
        await until(lambda: together.told and other.alone)
    first, second = await told_of(world)
    for name in ("act", "outcome", "code", "about_id", "shown", "facts", "policy_version", "at"):
        assert getattr(first, name) == getattr(second, name), name
    assert first.subjects.keys() == second.subjects.keys() == {"notification", "referral"}
    assert first.subjects["referral"] == second.subjects["referral"]
    assert {leaf_hash(leaf_content(it)) == it.leaf for it in (first, second)} == {True}
    assert {first.session_id, second.session_id} == {it.session_id for it in callers}


@pytest.mark.requirement("AUD-01")
async def test_every_entry_of_a_round_is_committed_before_anything_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, _, callers = await homes_of(world, 3)
    before: list[tuple[int, int]] = []
    keep_all = TrailRoom.keep_all

    async def kept(self: TrailRoom, entries: EntriesAlike) -> None:
        await keep_all(self, entries)
        before.append((len(await told_of(world)), sum(len(one.socket.told) for one in everybody)))

    monkeypatch.setattr(TrailRoom, "keep_all", kept)
    async with following(world, *callers) as everybody:
        await world.published(coordinator, "Boone")
        await until(lambda: all(one.socket.told for one in everybody))
    assert before[0][1] == 0
    assert all(written >= heard for written, heard in before)
    assert before[-1][0] == 3


@pytest.mark.requirement("AUD-01")
async def test_when_the_trail_cannot_be_written_nobody_hears_anything(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 3)
    number = await world.published(coordinator, "Boone")
    async with following(world, *callers) as everybody:
        await execute("ALTER TABLE audit_entry RENAME TO broken")
        try:
            await write_line(world, number, *callers)
            async with asyncio.timeout(PATIENCE):
                while not all(one.is_over for one in everybody):
                    await asyncio.sleep(0.002)
        finally:
            await execute("ALTER TABLE broken RENAME TO audit_entry")
    assert [one.socket.told for one in everybody] == [[]] * 3
    assert [one.alone for one in everybody] == [[]] * 3
    assert await told_of(world) == []


async def test_when_the_entries_of_a_round_are_refused_each_hears_alone_with_an_entry_of_the_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, _, callers = await homes_of(world, 3)

    async def refused(_: TrailRoom, __: EntriesAlike) -> None:
        raise RuntimeError("no")

    async with following(world, *callers) as everybody:
        with monkeypatch.context() as patched:
            patched.setattr(TrailRoom, "keep_all", refused)
            await world.published(coordinator, "Boone")
            await until(lambda: all(one.alone for one in everybody))
        await until(lambda: is_at_rest(world, 3))
        await world.published(coordinator, "Boone")
        await until(lambda: all(one.socket.told for one in everybody))
    assert [[view.cursor for view in one.alone] for one in everybody] == [[line_cursor(1)]] * 3
    assert len(await told_of(world)) == 6


@pytest.mark.requirement("SUB-03")
@pytest.mark.parametrize(("change", "still_sees"), CHANGES)
async def test_each_follower_sees_of_each_event_what_may_be_seen_at_that_moment(
    world: World, change: Change, still_sees: bool
) -> None:
    coordinator, (home, _), callers = await homes_of(world, 2)
    async with following(world, *callers, wanted={"referral.number"}) as (one, other):
        number = await world.published(coordinator, "Boone")
        await until(lambda: one.socket.told and other.socket.told)
        await change(world, home, coordinator, number)
        await write_line(world, number, *callers)
        await until(lambda: len(one.socket.told) == len(other.socket.told) == 2)
    seen = f"{number} seen as {number}"
    assert other.socket.told == [f"1: {seen}".encode(), f"2: {seen}".encode()]
    assert one.socket.told[1] == (f"2: {seen}" if still_sees else f"2: {number} seen as nothing").encode()
    key = str((await world.referral(number)).id)
    entries = [entry for entry in await told_of(world) if entry.actor_id == home.staff.actor.id]
    assert [entry.subjects.get("referral") or [] for entry in entries] == [[key], [key] if still_sees else []]


@pytest.mark.requirement("SUB-03")
async def test_a_referral_is_looked_at_once_for_the_people_of_all_providers_that_see_it(world: World) -> None:
    coordinator, homes, callers = await homes_of(world, 8)
    number = await world.published(coordinator, "Boone")
    await exclude_provider(coordinator, number, homes[0].id, "Too far.")
    await world.suspend(homes[1].id)
    async with following(world, *callers, wanted={"referral.number", "referral.consumer.name"}) as everybody:
        with counting() as heard:
            await write_line(world, number, *callers)
            await until(lambda: all(one.socket.told for one in everybody))
        await until(lambda: is_at_rest(world, 8))
    seen = [one.socket.told[-1].decode().rpartition(" ")[2] for one in everybody]
    assert seen == ["nothing", "nothing"] + [str(number)] * 6
    assert len([text for text in heard if "JOIN consumer" in text]) == 2, (
        "one of those who see it, and one who does not"
    )
    assert sum(one.socket.written for one in everybody) == 2
    key = str((await world.referral(number)).id)
    shown = {entry.actor_id: entry.subjects.get("referral") for entry in (await told_of(world))[-8:]}
    assert [shown[home.staff.actor.id] or [] for home in homes] == [[], []] + [[key]] * 6


@pytest.mark.requirement("SUB-03")
@pytest.mark.parametrize("lets_in", [True, False])
async def test_a_provider_about_whom_the_answer_changes_while_many_look_is_not_looked_through_by_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, lets_in: bool
) -> None:
    coordinator, homes, callers = await homes_of(world, 4)
    number = await world.published(coordinator, "Boone")
    for home in homes[:2]:
        await exclude_provider(coordinator, number, home.id, "Too far.")
    asked = line_sights.providers_who_see
    has_changed: list[bool] = []

    async def and_then_it_changes(referral_id: UUID, on: date) -> frozenset[UUID]:
        answer = await asked(referral_id, on)
        if has_changed:  # asked once more, when the trail was slow
            return answer
        has_changed.append(True)
        if lets_in:
            await include_provider(coordinator, number, homes[0].id)
        else:
            await exclude_provider(coordinator, number, homes[2].id, "Too far.")
        return answer

    monkeypatch.setattr(line_sights, "providers_who_see", and_then_it_changes)
    async with following(world, *callers, wanted={"referral.number"}) as everybody:
        await write_line(world, number, *callers)
        await until(lambda: all(one.socket.told for one in everybody))
        await until(lambda: is_at_rest(world, 4))
    seen = [one.socket.told[-1].decode().rpartition(" ")[2] for one in everybody]
    sees = [lets_in, False, lets_in, True]
    assert seen == [str(number) if it else "nothing" for it in sees]
    key = str((await world.referral(number)).id)
    shown = {entry.actor_id: entry.subjects.get("referral") or [] for entry in (await told_of(world))[-4:]}
    assert [shown[home.staff.actor.id] for home in homes] == [[key] if it else [] for it in sees]


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The looks at referrals."""
    looks: list[Any] = []
    load = line_sights.load_for_lines

    async def counted(reading: Reading, ids: Collection[UUID], inner: frozenset[str]) -> Any:
        looks.append(ids)
        return await load(reading, ids, inner)

    monkeypatch.setattr(line_sights, "load_for_lines", counted)
    return looks


async def test_a_referral_is_looked_at_once_though_each_is_told_in_other_words(world: World, looks: list[Any]) -> None:
    coordinator, _, callers = await homes_of(world, 4)
    number = await world.published(coordinator, "Boone")
    sockets = [Socket(form=f"form {it}") for it in range(4)]
    async with following(world, *callers, sockets=sockets, wanted={"referral.number"}) as everybody:
        await write_line(world, number, *callers)
        await until(lambda: all(one.socket.told for one in everybody))
    assert [one.socket.told for one in everybody] == [[f"2: {number} seen as {number}".encode()]] * 4
    assert len(looks) == 1


@only_called_by_name
async def test_a_referral_is_looked_at_once_for_many_who_are_behind(
    world: World, looks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines_beyond_module, "_BATCH", 2)
    coordinator, _, callers = await homes_of(world, 4)
    number = await world.published(coordinator, "Boone")
    async with following(world, *callers, wanted={"referral.number"}) as everybody:
        await write_line(world, number, *callers, silently=True)
        await write_line(world, number, *callers)
        await until(lambda: all(len(one.socket.told) == 2 for one in everybody))
        await until(lambda: is_at_rest(world, 4))
    due = [f"{line}: {number} seen as {number}".encode() for line in (2, 3)]
    assert [one.socket.told for one in everybody] == [due] * 4
    assert len(looks) == 2
    assert sum(one.socket.written for one in everybody) == 2


async def test_people_of_one_provider_look_once_though_the_answer_about_it_has_changed(
    world: World, looks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, _, callers = await homes_of(world, 1)
    number = await world.published(coordinator, "Boone")

    async def nobody(_: UUID, __: date) -> frozenset[UUID]:
        return frozenset()

    async with following(world, *(callers * 4), wanted={"referral.number"}) as everybody:
        monkeypatch.setattr(line_sights, "providers_who_see", nobody)
        await write_line(world, number, *callers)
        await until(lambda: all(one.socket.told for one in everybody))
    assert [one.socket.told for one in everybody] == [[f"2: {number} seen as {number}".encode()]] * 4
    assert len(looks) == 1


async def _end_session(world: World, home: ProviderHome) -> None:
    await Session.filter(user_id=home.staff.actor.id).update(ended_at=world.clock(), ended_why="revoked")


async def _new_epoch(_: World, home: ProviderHome) -> None:
    await User.filter(id=home.staff.actor.id).update(epoch=1)


async def _let_the_session_grow_old(world: World, _: ProviderHome) -> None:
    world.clock.forward(hours=12)


@pytest.mark.requirement("SUB-03")
@pytest.mark.parametrize("revoke", [_end_session, _new_epoch, _let_the_session_grow_old], ids=lambda it: it.__name__)
async def test_whoever_is_revoked_between_two_events_hears_nothing_of_the_second(
    world: World, revoke: Callable[[World, ProviderHome], Awaitable[None]]
) -> None:
    coordinator, (home,), callers = await homes_of(world, 1)
    async with following(world, *callers) as (one,):
        number = await world.published(coordinator, "Boone")
        await until(lambda: one.socket.told)
        await revoke(world, home)
        await write_line(world, number, *callers)
        await until(lambda: one.is_over)
    assert isinstance(one.refusal, Unauthenticated)
    assert (len(one.socket.told), one.alone) == (1, [])
    assert len(await told_of(world)) == 1


@pytest.mark.requirement("SUB-03")
async def test_whoever_has_to_change_the_password_hears_nothing_more_and_others_hear_on(world: World) -> None:
    coordinator, (home, _), callers = await homes_of(world, 2)
    async with following(world, *callers) as (one, other):
        number = await world.published(coordinator, "Boone")
        await until(lambda: one.socket.told and other.socket.told)
        await Credential.filter(user_id=home.staff.actor.id).update(must_change=True)
        await write_line(world, number, *callers)
        await until(lambda: one.is_over and len(other.socket.told) == 2)
    assert isinstance(one.refusal, Denied)
    assert len(one.socket.told) == 1
    refused = [it for it in await world.entries("mailbox.deliver") if it.outcome is Outcome.REFUSED]
    assert [(it.actor_id, it.code) for it in refused] == [(home.staff.actor.id, "PASSWORD_CHANGE_REQUIRED")]


@pytest.mark.requirement("SUB-03")
async def test_whoever_is_revoked_while_the_trail_is_slow_hears_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, (home, _), callers = await homes_of(world, 2)
    keep_all = TrailRoom.keep_all

    async def slowly(self: TrailRoom, entries: EntriesAlike) -> None:
        await keep_all(self, entries)
        await _end_session(world, home)

    monkeypatch.setattr(TrailRoom, "keep_all", slowly)
    monkeypatch.setattr(tellings, "_FRESH_SECONDS", 0.0)
    async with following(world, *callers) as (one, other):
        await world.published(coordinator, "Boone")
        await until(lambda: other.socket.told and one.is_over)
    assert isinstance(one.refusal, Unauthenticated)
    assert (one.socket.told, one.alone) == ([], [])


def _while_a_role_ends(
    world: World, home: ProviderHome, coordinator: Caller
) -> Callable[[TrailRoom, EntriesAlike], Awaitable[None]]:
    """Give a trail that is so slow that somebody of the provider has lost the role when it is written."""
    keep_all = TrailRoom.keep_all

    async def slowly(self: TrailRoom, entries: EntriesAlike) -> None:
        await keep_all(self, entries)
        await end_role(world, home, coordinator, 0)

    return slowly


@pytest.mark.requirement("SUB-03")
async def test_whoever_loses_a_role_while_the_trail_is_slow_is_shown_what_is_left_to_see(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, (home, _), callers = await homes_of(world, 2)
    monkeypatch.setattr(TrailRoom, "keep_all", _while_a_role_ends(world, home, coordinator))
    monkeypatch.setattr(tellings, "_FRESH_SECONDS", 0.0)
    async with following(world, *callers, wanted={"referral.number"}) as (one, other):
        number = await world.published(coordinator, "Boone")
        await until(lambda: other.socket.told and one.alone)
    assert one.socket.told == []
    assert [(view.referral_number, view.referral) for view in one.alone] == [(number, None)]
    assert other.socket.told == [f"1: {number} seen as {number}".encode()]


@pytest.mark.requirement("SUB-04")
async def test_whoever_is_told_alone_and_is_back_before_the_round_is_over_hears_the_line_once_and_the_next_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, (home, _), callers = await homes_of(world, 2)
    look, looks = tellings.look_together, 0

    async def until_one_is_back(*given: Any) -> Any:
        nonlocal looks
        looks += 1
        if looks == 2:
            await until(lambda: one.alone and len(world.desk.followers) == 2)
        return await look(*given)

    monkeypatch.setattr(tellings, "_FRESH_SECONDS", 0.0)
    monkeypatch.setattr(tellings, "look_together", until_one_is_back)
    async with following(world, *callers, wanted={"referral.number"}) as (one, other):
        with monkeypatch.context() as patched:
            patched.setattr(TrailRoom, "keep_all", _while_a_role_ends(world, home, coordinator))
            number = await world.published(coordinator, "Boone")
            await until(lambda: other.socket.told and one.alone)
            await until(lambda: is_at_rest(world, 2))
        assert (len(one.socket.told), len(one.alone), len(other.socket.told)) == (0, 1, 1)
        await write_line(world, number, *callers)
        await until(lambda: one.socket.told and len(other.socket.told) == 2)
        await until(lambda: is_at_rest(world, 2))
    assert looks > 2
    assert one.socket.told == [f"2: {number} seen as nothing".encode()]
    assert len(one.alone) == 1


@pytest.mark.requirement("SUB-03")
async def test_whoever_is_back_without_a_role_before_the_round_is_over_takes_nothing_from_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, (_, home, _), callers = await homes_of(world, 3)
    number = await world.published(coordinator, "Boone")
    look, looks = tellings.look_together, 0

    async def until_one_is_back(*given: Any) -> Any:
        nonlocal looks
        looks += 1
        if looks == 3:  # the first of the second time
            await until(lambda: two.alone and len(world.desk.followers) == 3)
        return await look(*given)

    # What they ask for differs, so they look one after the other.
    async with (
        following(world, callers[0], wanted={"referral.number", "referral.status"}) as (one,),
        follow_too(world, *callers[1:], wanted={"referral.number"}) as (two, three),
    ):
        await write_line(world, number, *callers, silently=True)
        monkeypatch.setattr(tellings, "_FRESH_SECONDS", 0.0)
        monkeypatch.setattr(tellings, "look_together", until_one_is_back)
        with monkeypatch.context() as patched:
            patched.setattr(TrailRoom, "keep_all", _while_a_role_ends(world, home, coordinator))
            world.desk.followers.call_all([*world.desk.followers._guests])
            await until(lambda: one.socket.told and two.alone and (three.socket.told or three.alone))
            await until(lambda: is_at_rest(world, 3))
    assert looks >= 4
    assert (len(three.socket.told), len(three.alone)) == (1, 0)


@pytest.mark.requirement("SUB-03")
@pytest.mark.parametrize(("change", "still_sees"), CHANGES)
async def test_what_may_be_seen_no_more_when_the_trail_was_slow_is_not_shown(
    world: World, monkeypatch: pytest.MonkeyPatch, change: Change, still_sees: bool
) -> None:
    coordinator, (home, _), callers = await homes_of(world, 2)
    number = await world.published(coordinator, "Boone")
    keep_all = TrailRoom.keep_all
    changing = asyncio.Lock()
    has_changed: list[bool] = []

    async def slowly(self: TrailRoom, entries: EntriesAlike) -> None:
        await keep_all(self, entries)
        async with changing:
            if not has_changed:
                await change(world, home, coordinator, number)
                has_changed.append(True)

    monkeypatch.setattr(TrailRoom, "keep_all", slowly)
    monkeypatch.setattr(tellings, "_FRESH_SECONDS", 0.0)
    async with following(world, *callers, wanted={"referral.number"}) as (one, other):
        await write_line(world, number, *callers)
        await until(lambda: other.socket.told and (one.socket.told or one.alone))
        await until(lambda: is_at_rest(world, 2))
    shown = [it.rpartition(b" ")[2] for it in one.socket.told]
    shown += [str(view.referral.number if view.referral else "nothing").encode() for view in one.alone]
    assert shown == [str(number).encode() if still_sees else b"nothing"]
    assert other.socket.told[-1].endswith(f"seen as {number}".encode())


@pytest.mark.requirement("SUB-04")
async def test_a_line_that_could_not_be_sent_is_heard_alone_and_by_the_others_once(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 3)

    class Broken(Socket):
        def send(self, _: bytes) -> bool:
            raise RuntimeError

    sockets = [Socket(), Broken(), Socket()]
    async with following(world, *callers, sockets=sockets) as everybody:
        number = await world.published(coordinator, "Boone")
        await until(lambda: all(one.socket.told or one.alone for one in everybody))
        await until(lambda: is_at_rest(world, 3))
    told = [len(one.socket.told) + len(one.alone) for one in everybody]
    assert (told, [view.referral_number for view in everybody[1].alone]) == ([1, 1, 1], [number])


@pytest.mark.requirement("SUB-04")
async def test_a_slow_reader_holds_nobody_up_and_misses_and_doubles_nothing(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 3)
    async with following(world, *callers) as everybody:
        slow, *others = everybody
        slow.socket.is_full = True
        for events in (1, 2, 3):
            await world.published(coordinator, "Boone")
            await until(lambda count=events: all(len(one.socket.told) == count for one in others))  # type: ignore[misc]
        assert (slow.socket.told, slow.alone) == ([], [])
        assert len(await told_of(world)) == 3 * 2 + 1, "no more than one line is made ready for a slow reader"
        slow.socket.is_full = False
        slow.socket.room.set()
        await until(lambda: len(slow.socket.told) + len(slow.alone) == 3)
        await world.published(coordinator, "Boone")
        await until(lambda: len(slow.socket.told) + len(slow.alone) == 4)
        await until(lambda: is_at_rest(world, 3))
    assert slow.socket.told[0].startswith(b"1: ")
    assert [view.cursor for view in slow.alone] == [line_cursor(2), line_cursor(3)]
    assert slow.socket.told[1].startswith(b"4: ")
    entries = [entry.subjects["notification"] for entry in await told_of(world)]
    assert len(entries) == len({tuple(it) for it in entries}) == 12


@pytest.mark.requirement("SUB-04")
async def test_events_in_quick_succession_come_in_their_order_once_each(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 4)
    number = await world.published(coordinator, "Boone")
    async with following(world, *callers) as everybody:
        for _ in range(10):
            await publish_referral(coordinator, number)
        await until(lambda: all(len(one.socket.told) >= 10 for one in everybody))
        await until(lambda: is_at_rest(world, 4))
    due = [f"{line}: {number} seen as nothing".encode() for line in range(2, 12)]
    assert [one.socket.told for one in everybody] == [due] * 4
    assert len(await told_of(world)) == 40


@pytest.mark.requirement("SUB-04")
async def test_two_events_of_one_transaction_are_two_deliveries_in_their_order(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 2)
    number = await world.published(coordinator, "Boone")
    async with following(world, *callers) as everybody:
        await write_line(world, number, *callers, silently=True)
        await write_line(world, number, *callers)
        await until(lambda: all(len(one.socket.told) == 2 for one in everybody))
    assert [[text[:2] for text in one.socket.told] for one in everybody] == [[b"2:", b"3:"]] * 2
    assert len(await told_of(world)) == 4


@pytest.mark.requirement("SUB-04")
async def test_followers_of_one_mailbox_each_hear_from_their_own_place_on(world: World) -> None:
    coordinator, (home,), (caller,) = await homes_of(world, 1)
    again = await signed_on(world, home.staff)
    number = await world.published(coordinator, "Boone")
    async with following(world, caller, again, after=line_cursor(0)) as everybody:
        await write_line(world, number, caller)
        await until(lambda: all(one.socket.told for one in everybody))
    assert [[view.cursor for view in one.alone] for one in everybody] == [[line_cursor(1)]] * 2
    assert [one.socket.told for one in everybody] == [[f"2: {number} seen as nothing".encode()]] * 2


@pytest.fixture
def without_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the room serve nobody who was not called."""
    monkeypatch.setattr(waiting_room, "LOOK_SECONDS", 1e9)


async def _write_many(world: World, count: int, caller: Caller) -> int:
    number = await world.published(await world.coordinator("Boone"), "Boone")
    for _ in range(count):
        await write_line(world, number, caller, silently=True)
    return number


@pytest.mark.requirement("SUB-04")
@pytest.mark.usefixtures("without_looks")
async def test_more_lines_than_are_read_at_once_are_all_heard_after_one_ring(world: World) -> None:
    _, _, (caller,) = await homes_of(world, 1)
    async with following(world, caller) as (one,):
        await _write_many(world, 55, caller)
        await world.desk.doorbell.ring([mailbox_of(caller.actor)], letters=False)
        await until(lambda: is_at_rest(world, 1))
        assert [int(text.split(b":")[0]) for text in one.socket.told] == [*range(1, 57)]


@pytest.mark.requirement("SUB-04")
@pytest.mark.usefixtures("without_looks")
async def test_whoever_is_far_ahead_of_another_one_in_the_same_mailbox_hears_as_soon_as_that_one(world: World) -> None:
    _, (home,), (caller,) = await homes_of(world, 1)
    await _write_many(world, 59, caller)
    again = await signed_on(world, home.staff)
    async with following(world, caller, again) as everybody:
        behind, _ = [cast("Follower", it) for it in world.desk.followers._guests]
        behind.line = 0
        number = await world.published(await world.coordinator("Boone"), "Boone")
        await until(lambda: all(one.socket.told for one in everybody))
        await until(lambda: is_at_rest(world, 2))
    told = sorted((one.socket.told for one in everybody), key=len)
    assert told[0] == [f"61: {number} seen as nothing".encode()]
    assert [int(text.split(b":")[0]) for text in told[1]] == [*range(1, 62)]


@pytest.mark.requirement("SUB-04")
async def test_two_who_ask_at_once_for_far_places_of_one_mailbox_each_get_what_is_next(world: World) -> None:
    _, _, (caller,) = await homes_of(world, 1)
    await _write_many(world, 59, caller)
    mailbox = mailbox_of(caller.actor)
    early, late, end = await asyncio.gather(*(lines_beyond(mailbox, line) for line in (0, 58, 60)))
    assert [it.line for it in early] == [*range(1, 51)]
    assert [it.line for it in late] == [59, 60]
    assert [*end] == []


async def test_lines_of_other_kinds_are_passed_over_and_not_written_down(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 1)
    async with following(world, *callers, kinds={NotificationKind.REFERRAL_CLOSED}) as (one,):
        await world.published(coordinator, "Boone")
        await until(lambda: is_at_rest(world, 1))
        (follower,) = world.desk.followers._guests
        await until(lambda: follower.line == 1)  # type: ignore[attr-defined]
    assert (one.socket.told, one.alone) == ([], [])
    assert await told_of(world) == []


async def test_each_hears_the_kinds_that_were_asked_for_though_all_are_behind_by_several_lines(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 3)
    number = await world.published(coordinator, "Boone")
    closed = NotificationKind.REFERRAL_CLOSED
    async with (
        following(world, *callers[:2]) as everything,
        follow_too(world, callers[2], kinds={closed}) as (one,),
    ):
        for kind in (PUBLISHED, closed, PUBLISHED, closed):
            await write_line(world, number, *callers, silently=True, kind=kind)
        await write_line(world, number, *callers)
        await until(lambda: len(one.socket.told) == 2 and all(len(it.socket.told) == 5 for it in everything))
        await until(lambda: is_at_rest(world, 3))
    assert [[int(text.split(b":")[0]) for text in it.socket.told] for it in (*everything, one)] == [
        [2, 3, 4, 5, 6], [2, 3, 4, 5, 6], [3, 5],
    ]  # fmt: skip
    assert len(await told_of(world)) == 12


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the room look around all the time."""
    monkeypatch.setattr(waiting_room, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(waiting_room, "_STEP_SECONDS", 0.005)


@pytest.mark.usefixtures("impatient")
async def test_a_lost_ring_costs_seconds_and_never_a_line(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 2)
    number = await world.published(coordinator, "Boone")
    async with asyncio.timeout(PATIENCE):
        everybody = [Following(caller, Socket()) for caller in callers]
        tasks = [asyncio.create_task(one.listen(after=None)) for one in everybody]
        await until(lambda: len(world.desk.followers) == 2)
        await write_line(world, number, *callers, silently=True)
        await until(lambda: all(one.socket.told or one.alone for one in everybody))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert [len(one.socket.told) + len(one.alone) for one in everybody] == [1, 1]


@pytest.mark.usefixtures("impatient")
async def test_followers_wait_for_a_database_that_is_away_and_then_hear_everything_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, _, callers = await homes_of(world, 2)
    load, failures = rounds.next_lines, 0

    async def away(*_: Any) -> Any:
        nonlocal failures
        failures += 1
        raise DBConnectionError("away")

    everybody = [Following(caller, Socket()) for caller in callers]
    tasks = [asyncio.create_task(one.listen(after=None)) for one in everybody]
    await until(lambda: len(world.desk.followers) == 2)
    monkeypatch.setattr(rounds, "next_lines", away)
    await world.published(coordinator, "Boone")
    await until(lambda: failures > 3)
    assert [one.is_over for one in everybody] == [False, False]
    monkeypatch.setattr(rounds, "next_lines", load)
    await until(lambda: all(one.socket.told for one in everybody))
    assert [len(one.socket.told) for one in everybody] == [1, 1]
    assert len(await told_of(world)) == 2
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_cannot_be_told_to_many_is_told_to_each_alone(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 2)
    sockets = [Socket(form="another", cannot_write=True), Socket()]
    async with following(world, *callers, sockets=sockets) as (one, other):
        await world.published(coordinator, "Boone")
        await until(lambda: one.alone and other.socket.told)
        one.socket.cannot_write = False
        await until(lambda: is_at_rest(world, 2))
        await world.published(coordinator, "Boone")
        await until(lambda: one.socket.told and len(other.socket.told) == 2)
    assert [view.cursor for view in one.alone] == [line_cursor(1)]
    assert one.socket.told[0].startswith(b"2: ")
    assert len(await told_of(world)) == 4


@pytest.mark.requirement("SUB-04")
async def test_whoever_goes_in_the_midst_of_a_round_hears_nothing_more_and_takes_nothing_from_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator, _, callers = await homes_of(world, 2)
    keep_all, written = TrailRoom.keep_all, asyncio.Event()
    goes_on = asyncio.Event()

    async def slowly(self: TrailRoom, entries: EntriesAlike) -> None:
        await keep_all(self, entries)
        written.set()
        await goes_on.wait()

    monkeypatch.setattr(TrailRoom, "keep_all", slowly)
    async with following(world, callers[0]) as (other,):
        leaving = Following(callers[1], Socket())
        task = asyncio.create_task(leaving.listen(after=None))
        await until(lambda: is_at_rest(world, 2))
        await world.published(coordinator, "Boone")
        async with asyncio.timeout(PATIENCE):
            await written.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        goes_on.set()
        await until(lambda: other.socket.told)
    assert (leaving.socket.told, leaving.alone) == ([], [])


async def test_a_room_that_is_closed_serves_nobody_any_more(world: World) -> None:
    coordinator, _, callers = await homes_of(world, 1)
    async with following(world, *callers) as (one,):
        await world.desk.followers.close()
        await world.published(coordinator, "Boone")
        room = world.desk.followers
        await until(lambda: (room._called or room._wide) and not room._is_beginning)
        assert not room._servers, "somebody is served after the room was closed"
        assert not room._wide_server, "somebody is served after the room was closed"
        assert await told_of(world) == []
    assert one.socket.told == []


async def test_a_fact_that_changes_is_met_by_the_next_proof_though_nothing_else_did(world: World) -> None:
    coordinator, (home,), callers = await homes_of(world, 1)
    async with following(world, *callers) as (one,):
        await world.published(coordinator, "Boone")
        await until(lambda: one.socket.told)
        (follower,) = world.desk.followers._guests
        before = follower.caller  # type: ignore[attr-defined]
        await RoleGrant.filter(user_id=home.staff.actor.id).update(ended_at=world.clock())
        number = await world.published(coordinator, "Boone")
        await write_line(world, number, *callers)
        await until(lambda: len(one.socket.told) >= 2)
        after = follower.caller  # type: ignore[attr-defined]
    assert (bool(before.actor.roles), bool(after.actor.roles)) == (True, False)
