"""The permanent record: one entry for each attempt, verifiable from the row, without a word about a person (AUD)."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import orjson
import pytest

from orm.models import AuditEntry, Outcome, Referral
from orm.sql import execute, fetch
from resolvers.accounts import change_password
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.mailboxes import read_mailbox
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.previews import preview_publish
from resolvers.referral_entry import NewGuardian, ReferralChange, create_referral, update_referral
from resolvers.referral_search import ReferralFilter, TextFilter
from resolvers.referral_views import list_referrals, view_referral
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.reminders import REMINDERS, remind_contact
from resolvers.responses import Answer, respond_to_referral
from resolvers.sessions import authenticate, sign_in, sign_out
from resolvers.sweep_views import simulate_sweep
from resolvers.trail import leaf_content, leaf_hash, write_entry
from rules.errors import Refusal
from rules.referrals import CloseOutcome, DeclineReason, ResponseKind
from tests.world.world import PASSWORD, World

PROTECTED = {
    "first name": "Zebulonia",
    "last name": "Quixotterly",
    "DMH id": "DMH987654",
    "birth date": "1987-09-13",
    "birth year": "1987",
    "address": "4711 Hidden Lane",
    "city": "Secretville",
    "ZIP code": "65999",
    "guardian": "Gwendolyn Guardianson",
    "guardian's phone": "555-0199",
    "guardian's address": "gwendolyn@example.org",
    "comment": "needs a quiet room",
    "second comment": "no bed on that floor",
    "exclusion": "uncle works there",
    "deletion": "moved away with aunt",
    "search": "Quixott",
    "password": PASSWORD,
    "new password": "Another-Horse-8",
}


async def _whole_story(world: World) -> None:
    """Do everything once, a good deal of it also in ways that are refused."""
    coordinator = await world.coordinator("Boone")
    home, other = await world.provider("Boone"), await world.provider("Boone")
    new = await world.new_referral("Boone", primary=coordinator, birth_date=date(1987, 9, 13))
    consumer = replace(
        new.consumer,
        first_name=PROTECTED["first name"],
        last_name=PROTECTED["last name"],
        dmh_id=PROTECTED["DMH id"],
        address=PROTECTED["address"],
        city=PROTECTED["city"],
        zip_code=PROTECTED["ZIP code"],
        guardians=(
            NewGuardian(
                PROTECTED["guardian"], "mother", PROTECTED["guardian's phone"], PROTECTED["guardian's address"]
            ),
        ),
    )
    number = await create_referral(coordinator, replace(new, consumer=consumer))
    taken = replace(new, consumer=replace(consumer, birth_date=date(1990, 1, 1)))
    await _try(create_referral(coordinator, taken))
    await _try(
        create_referral(coordinator, replace(taken, consumer=replace(consumer, dmh_id="D1", city="\0" + consumer.city)))
    )
    await preview_publish(coordinator, number)
    await publish_referral(coordinator, number)
    comment = Answer(ResponseKind.ACCEPT, comments=PROTECTED["comment"])
    await respond_to_referral(home.staff, number, comment)
    await _try(respond_to_referral(home.staff, number, replace(comment, comments="x" * 5000 + PROTECTED["comment"])))
    declined = Answer(ResponseKind.DECLINE, None, DeclineReason.OTHER, PROTECTED["second comment"])
    await respond_to_referral(other.staff, number, declined)
    wanted = {"consumer", "consumer.guardians", "responses", "responses.versions", "timeline", "preferredCounties"}
    search = ReferralFilter(last_name=TextFilter(starts_with=PROTECTED["search"]))
    assert len((await list_referrals(coordinator, where=search, wanted=wanted)).nodes) == 1
    await view_referral(home.staff, number=number, wanted=wanted)
    await _try(view_referral((await world.provider("Adair")).staff, number=number))
    await read_mailbox(home.staff, wanted={"referral.consumer"})
    await set_pending_placement(coordinator, number, home.id)
    await clear_pending_placement(coordinator, number)
    await exclude_provider(coordinator, number, other.id, PROTECTED["exclusion"])
    await include_provider(coordinator, number, other.id)
    await update_referral(coordinator, number, ReferralChange(statewide=True))
    await remind_contact(world.house, home.contact_id)
    await simulate_sweep(world.house, REMINDERS, world.clock() + timedelta(days=31))
    await delete_referral(coordinator, await world.draft(coordinator, "Boone"), PROTECTED["deletion"])
    await close_referral(coordinator, number, CloseOutcome.PLACED, home.id)
    await _try(sign_in(world.desk, PROTECTED["last name"], PROTECTED["password"], device="", request_id="r"))
    signed_in = await sign_in(world.desk, coordinator.actor.label, PASSWORD, device="", request_id="r")
    caller = await authenticate(world.desk, signed_in.token, "r")
    await _try(change_password(caller, PROTECTED["new password"], PROTECTED["new password"]))
    await change_password(caller, PASSWORD, PROTECTED["new password"])
    await sign_out(caller)


async def _try(attempt: Awaitable[Any]) -> None:
    with pytest.raises(Refusal):
        await attempt


@pytest.mark.requirement("AUD-07")
@pytest.mark.requirement("NOT-23")
async def test_after_a_whole_story_no_protected_value_stands_in_the_record_the_letters_or_the_lines(
    world: World,
) -> None:
    await _whole_story(world)

    for table in ("audit_entry", "outbox", "notification", "referral_version"):
        rows = await fetch(f"SELECT * FROM {table}")
        assert rows
        text = str([{name: value for name, value in row.items() if name != "request_id"} for row in rows])
        for what, value in PROTECTED.items():
            if what == "birth year":
                continue  # a number of four digits may be a referral's
            assert value.lower() not in text.lower(), f"the {what} stands in {table}"


@pytest.mark.requirement("AUD-01")
@pytest.mark.requirement("AUD-03")
async def test_every_entry_of_a_whole_story_is_verified_from_its_row(world: World) -> None:
    await _whole_story(world)
    entries = await AuditEntry.all().order_by("id")
    assert len(entries) > 25
    for entry in entries:
        assert leaf_hash(leaf_content(entry)) == entry.leaf, entry.act
    assert len({entry.leaf for entry in entries}) == len(entries)
    for field in ("act", "actor", "code", "facts", "subjects", "shown", "outcome", "policy_version"):
        forged = await AuditEntry.get(id=entries[-1].id)
        setattr(forged, field, "forged")
        assert leaf_hash(leaf_content(forged)) != entries[-1].leaf, field


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 3, 2, 15, 0, tzinfo=UTC),
        datetime(2026, 3, 2, 15, 0, 0, 1, tzinfo=UTC),
        datetime(2026, 3, 2, 15, 0, 0, 999999, tzinfo=UTC),
        datetime(2026, 3, 2, 9, 0, tzinfo=timezone(timedelta(hours=-6))),
    ],
)
async def test_an_entry_is_verified_whatever_the_instant_and_its_offset(world: World, at: datetime) -> None:
    facts = {"text": 'é\u2028"\\', "number": 2**53 + 1, "none": None, "list": [1, {"b": 2, "a": 1}], "yes": True}
    await write_entry(world.house, "test", Outcome.DONE, at=at, facts=facts, subjects={"b": {"2", "10"}, "a": set()})
    [entry] = await world.entries("test")
    assert leaf_hash(leaf_content(entry)) == entry.leaf
    assert entry.at == at
    assert entry.facts == facts


def test_the_leaf_is_the_hash_of_canonical_json_after_a_zero_byte() -> None:
    """Anybody can check it without this code (RFC 6962)."""
    expected = hashlib.sha256(b'\x00{"a":[1,null],"b":"\xc3\xa9"}').hexdigest()
    assert leaf_hash({"b": "é", "a": [1, None]}) == leaf_hash(orjson.loads('{"a":[1,null],"b":"é"}')) == expected


Act = Callable[[World, Caller, int], Awaitable[Any]]


async def _create(world: World, who: Caller) -> int:
    return await create_referral(who, await world.new_referral("Boone", primary=who))


ONE_ENTRY: dict[str, Act] = {
    "referral.create": lambda world, who, _: _create(world, who),
    "referral.update": lambda _, who, number: update_referral(who, number, ReferralChange(statewide=True)),
    "referral.publish": lambda _, who, number: publish_referral(who, number),
    "referral.close": lambda _, who, number: close_referral(who, number, CloseOutcome.OTHER, None),
    "referral.delete": lambda _, who, number: delete_referral(who, number, "A double."),
    "referral.view": lambda _, who, number: view_referral(who, number=number),
    "referral.list": lambda _, who, __: list_referrals(who),
    "referral.preview_publish": lambda _, who, number: preview_publish(who, number),
    "mailbox.read": lambda _, who, __: read_mailbox(who),
}


@pytest.mark.requirement("AUD-01")
@pytest.mark.parametrize("act", sorted(ONE_ENTRY))
async def test_each_use_case_leaves_exactly_one_entry_of_who_did_what_when_and_how_it_ended(
    world: World, act: str
) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    who = replace(coordinator, request_id="the-request")
    before = await AuditEntry.all().count()

    await ONE_ENTRY[act](world, who, number)

    entries = await AuditEntry.all().order_by("id").offset(before)
    [entry] = entries
    assert (entry.act, entry.outcome, entry.code) == (act, Outcome.DONE, "")
    assert (entry.actor_id, entry.actor, entry.request_id) == (who.actor.id, who.actor.label, "the-request")
    assert (entry.at, entry.policy_version) == (world.clock(), "defaults")
    if act.startswith("referral.") and act not in {"referral.list", "referral.create"}:
        assert entry.about_id == (await world.referral(number)).id


@pytest.mark.requirement("AUD-01")
@pytest.mark.requirement("AUD-06")
async def test_a_read_names_what_was_shown_and_of_whom(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    numbers = [await world.published(coordinator, "Boone") for _ in range(3)]
    keys = {number: str((await world.referral(number)).id) for number in numbers}

    page = await list_referrals(coordinator, first=2, wanted={"consumer", "number"})
    [entry] = await world.entries("referral.list")
    assert entry.subjects["referral"] == sorted(keys[view.number] for view in page.nodes)
    assert entry.shown == ["consumer", "number"]

    view = await view_referral(coordinator, number=numbers[2], wanted={"responses"})
    [entry] = await world.entries("referral.view")
    assert entry.subjects["referral"] == [keys[numbers[2]]]
    assert entry.subjects["consumer"] == [str(view.consumer.id)]
    assert entry.shown == ["responses"]


@pytest.mark.requirement("AUD-05")
async def test_a_refused_read_names_what_was_asked_for_and_shows_nothing(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    stranger = await world.coordinator("Adair")
    await _try(view_referral(stranger, number=number))
    [entry] = await world.entries("referral.view")
    assert (entry.outcome, entry.code, entry.facts) == (Outcome.REFUSED, "REFERRAL_NOT_FOUND", {"number": number})
    assert entry.subjects == {}
    assert entry.about_id is None


@pytest.mark.requirement("AUD-05")
@pytest.mark.parametrize("act", ["referral.publish", "referral.list"])
async def test_a_fault_of_the_house_is_written_down_and_changes_nothing(world: World, act: str) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.draft(coordinator, "Boone")
    before = await Referral.filter(number=number).values()
    broken = "referral_exclusion" if act == "referral.publish" else "pending_placement"
    await execute(f"ALTER TABLE {broken} RENAME TO broken")
    try:
        with pytest.raises(Exception, match=broken):
            await ONE_ENTRY[act](world, coordinator, number)
    finally:
        await execute(f"ALTER TABLE broken RENAME TO {broken}")
    [entry] = await world.entries(act)
    assert (entry.outcome, entry.code) == (Outcome.FAILED, "")
    assert await Referral.filter(number=number).values() == before
    assert await world.letters() == []


@pytest.mark.requirement("AUD-01")
@pytest.mark.parametrize("act", ["referral.publish", "referral.view"])
async def test_without_an_entry_there_is_no_answer_and_no_change(world: World, act: str) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.draft(coordinator, "Boone")
    await execute("ALTER TABLE audit_entry RENAME TO broken")
    try:
        with pytest.raises(Exception, match="audit_entry"):
            await ONE_ENTRY[act](world, coordinator, number)
    finally:
        await execute("ALTER TABLE broken RENAME TO audit_entry")
    assert (await world.referral(number)).version == 1
    assert await world.letters() == []
