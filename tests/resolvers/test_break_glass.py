"""Consumer data for those whose office sees none: with a reason, for an hour, read only, told at once, reviewed."""

from __future__ import annotations

import pytest

from orm.models import AuditEntry, BreakGlass, Outcome, RoleGrant
from resolvers.break_glass import break_glass, end_break_glass, review_break_glass
from resolvers.break_glass_views import list_break_glasses, view_break_glass, view_under_break_glass
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider
from resolvers.referral_entry import ReferralChange, update_referral
from resolvers.referral_views import list_referrals, view_referral
from resolvers.responses import Answer, respond_to_referral
from rules.break_glass import BreakGlassFinding
from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal
from rules.judgement import Ground
from rules.notices import NotificationKind
from rules.referrals import ResponseKind
from rules.roles import Role
from tests.resolvers.test_judging import judged
from tests.world.world import World

OPENED, REVIEWED = NotificationKind.BREAK_GLASS_OPENED, NotificationKind.BREAK_GLASS_REVIEWED
WANTED = {"consumer", "consumer.guardians", "responses", "exclusions", "timeline", "attachments"}


async def refused(attempt: object, kind: type[Refusal], code: str) -> None:
    with pytest.raises(kind) as no:
        await attempt  # type: ignore[misc]
    assert no.value.code == code


async def told(world: World, who: Caller) -> list[NotificationKind]:
    return [kind for kind, _ in await world.lines(who.actor.mailbox_id)]


@pytest.mark.requirement("AUD-05")
@pytest.mark.requirement("SAR-04")
async def test_an_officer_reads_one_referral_for_an_hour_and_every_read_says_that_it_was_an_emergency(
    world: World,
) -> None:
    boone, home = await world.coordinator("Boone"), await world.provider("Boone")
    number, other = await world.published(boone, "Boone"), await world.published(boone, "Boone")
    await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))
    await exclude_provider(boone, number, (await world.provider("Boone")).id, "Uncle works there.")
    cso, officer = await world.user(Role.CSO), await world.user(Role.PRIVACY_OFFICER)
    await refused(view_under_break_glass(cso, number), NotFound, "BREAK_GLASS_NOT_FOUND")

    opened = await break_glass(cso, number, "  Police are looking for her.  ")

    shown = await view_under_break_glass(cso, number, wanted=WANTED)
    assert shown.consumer.last_name.startswith("Family")
    assert (len(shown.responses), len(shown.exclusions), len(shown.timeline)) == (1, 1, 4)
    [_, entry] = await world.entries("break_glass.read")
    assert (entry.facts["purpose"], entry.facts["break_glass"]) == ("BREAK_GLASS", opened)
    assert (entry.about_id, entry.shown) == ((await world.referral(number)).id, sorted(WANTED))
    assert entry.subjects["consumer"] == [str(shown.consumer.id)]
    # Not another one, not anybody else, and nothing but looking.
    await refused(view_under_break_glass(cso, other), NotFound, "BREAK_GLASS_NOT_FOUND")
    await refused(view_under_break_glass(officer, number), NotFound, "BREAK_GLASS_NOT_FOUND")
    for attempt in (
        view_referral(cso, number=number),
        list_referrals(cso),
        update_referral(cso, number, ReferralChange(statewide=True)),
        respond_to_referral(cso, number, Answer(ResponseKind.ACCEPT)),
    ):
        await refused(attempt, Denied, "DENIED")
    assert (await world.referral(number)).version == 3
    # Until the hour is over, to the second.
    world.clock.forward(minutes=59, seconds=59)
    await view_under_break_glass(cso, number)
    world.clock.forward(seconds=1)
    await refused(view_under_break_glass(cso, number), NotFound, "BREAK_GLASS_NOT_FOUND")
    await refused(end_break_glass(cso, opened), Conflict, "BREAK_GLASS_ENDED")

    reads = await judged(world, act="break_glass.read", outcome=Outcome.DONE)
    assert reads == [("break_glass.read", Ground.BREAK_GLASS)] * 2
    assert await judged(world, act="break_glass.open") == [("break_glass.open", Ground.ROLE)]
    await BreakGlass.filter(number=opened).update(opened_by_id=officer.actor.id)
    assert {ground for _, ground in await judged(world, act="break_glass.read", outcome=Outcome.DONE)} == {
        Ground.NO_BREAK_GLASS
    }


@pytest.mark.requirement("NOT-23")
async def test_everybody_who_holds_the_office_hears_of_it_at_once_and_never_why_or_about_whom(world: World) -> None:
    number = await world.published(await world.coordinator("Boone"), "Boone")
    cso, another, officer = [await world.user(role) for role in (Role.CSO, Role.CSO, Role.PRIVACY_OFFICER)]
    auditor = await world.user(Role.AUDITOR)

    opened = await break_glass(officer, number, "Zebulonia is missing.")

    for who in (cso, another, officer):
        assert await world.lines(who.actor.mailbox_id) == [(OPENED, None)]
    assert await told(world, auditor) == []
    letters = await world.letters(kind=OPENED)
    assert {letter.facts["number"] for letter in letters} == {opened}
    assert "Zebulonia" not in str([*letters, *[letter.facts for letter in letters]])
    assert "Zebulonia" not in str([(one.facts, one.subjects) for one in await AuditEntry.all()])


async def test_it_is_never_opened_where_nobody_else_would_hear_of_it(world: World) -> None:
    number = await world.published(await world.coordinator("Boone"), "Boone")
    cso = await world.user(Role.CSO)
    await refused(break_glass(cso, number, "An emergency."), Conflict, "NOBODY_TO_TELL")
    assert await BreakGlass.all().count() == 0
    assert await told(world, cso) == []
    administrator = await world.user(Role.ADMINISTRATOR)
    await break_glass(cso, number, "An emergency.")
    assert await told(world, administrator) == await told(world, cso) == [OPENED]


async def test_without_a_reason_without_a_referral_and_twice_it_is_refused(world: World) -> None:
    number = await world.published(await world.coordinator("Boone"), "Boone")
    cso, officer = await world.user(Role.CSO), await world.user(Role.PRIVACY_OFFICER)
    await refused(break_glass(cso, number, " \n "), Invalid, "TEXT_REQUIRED")
    await refused(break_glass(cso, number, "x" * 1001), Invalid, "TEXT_TOO_LONG")
    for nowhere in (0, -1, 99_999, 2**40):
        await refused(break_glass(cso, nowhere, "An emergency."), NotFound, "REFERRAL_NOT_FOUND")
    assert await BreakGlass.all().count() == 0
    await break_glass(cso, number, "x" * 1000)
    await refused(break_glass(cso, number, "Again."), Conflict, "BREAK_GLASS_OPEN")
    await break_glass(officer, number, "The other office too.")
    world.clock.forward(hours=1)
    await break_glass(cso, number, "A new hour needs a new reason.")
    entries = await world.entries("break_glass.open")
    assert [entry.outcome for entry in entries].count(Outcome.REFUSED) == 7


async def test_it_ends_by_hand_by_revocation_and_with_the_office(world: World) -> None:
    number = await world.published(await world.coordinator("Boone"), "Boone")
    cso, officer = await world.user(Role.CSO), await world.user(Role.PRIVACY_OFFICER)
    for ender in (cso, officer):
        opened = await break_glass(cso, number, "An emergency.")
        await view_under_break_glass(cso, number)
        await end_break_glass(ender, opened)
        await refused(view_under_break_glass(cso, number), NotFound, "BREAK_GLASS_NOT_FOUND")
        await refused(end_break_glass(officer, opened), Conflict, "BREAK_GLASS_ENDED")
    [by_hand, revoked, *_] = [one for one in await world.entries("break_glass.end") if one.outcome is Outcome.DONE]
    assert (by_hand.facts["revoked"], revoked.facts["revoked"]) == (False, True)
    await break_glass(cso, number, "An emergency.")
    await RoleGrant.filter(user_id=cso.actor.id).update(ended_at=world.clock())
    await refused(view_under_break_glass(await world.call_as(cso.actor.person()), number), Denied, "DENIED")
    await refused(end_break_glass(officer, 99_999), NotFound, "BREAK_GLASS_NOT_FOUND")


async def test_somebody_else_closes_the_review_with_a_finding(world: World) -> None:
    number = await world.published(await world.coordinator("Boone"), "Boone")
    cso, officer, auditor = [await world.user(role) for role in (Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR)]
    opened = await break_glass(cso, number, "An emergency.")
    [waiting] = (await list_break_glasses(auditor, reviewed=False, count=True)).nodes
    assert (waiting.number, waiting.referral_number, waiting.opened_by) == (opened, number, cso.actor.label)
    assert (waiting.reason, waiting.is_open, waiting.own, waiting.finding) == ("An emergency.", True, False, None)
    assert (await list_break_glasses(auditor, reviewed=True)).nodes == []

    await refused(review_break_glass(cso, opened, BreakGlassFinding.JUSTIFIED), Denied, "OWN_BREAK_GLASS")
    no = BreakGlassFinding.NOT_JUSTIFIED
    await refused(review_break_glass(officer, opened, no), Invalid, "TEXT_REQUIRED")
    assert (await view_break_glass(cso, opened)).finding is None
    await review_break_glass(officer, opened, no, "He asked out of curiosity.")

    closed = await view_break_glass(cso, opened)
    assert (closed.finding, closed.reviewed_by, closed.own) == (no, officer.actor.label, True)
    assert (closed.is_open, closed.ended_by, closed.review_note) == (
        False, officer.actor.label, "He asked out of curiosity.",
    )  # fmt: skip
    await refused(view_under_break_glass(cso, number), NotFound, "BREAK_GLASS_NOT_FOUND")
    await refused(review_break_glass(officer, opened, no, "Again."), Conflict, "ALREADY_REVIEWED")
    assert await told(world, cso) == [OPENED, REVIEWED]
    assert await told(world, officer) == [OPENED]
    later = await break_glass(cso, number, "Another emergency.")
    first = await list_break_glasses(officer, first=1, count=True)
    assert ([one.number for one in first.nodes], first.total_count, first.has_next_page) == ([later], 2, True)
    rest = await list_break_glasses(officer, first=1, after=first.cursors[0])
    assert ([one.number for one in rest.nodes], rest.has_next_page) == ([opened], False)
