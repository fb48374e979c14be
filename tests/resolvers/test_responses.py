"""Answers: one for the organization, editable while open, told to the primary coordinator (001:273-279)."""

from __future__ import annotations

from typing import Any

import pytest

from orm.models import Outcome, Response, ResponseVersion, User
from orm.sql import fetch
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider
from resolvers.referral_entry import ReferralChange, update_referral
from resolvers.referral_views import view_referral
from resolvers.referrals import close_referral, delete_referral
from resolvers.responses import Answer, respond_to_referral
from rules.accounts import AccountState
from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal
from rules.notices import NotificationKind
from rules.referrals import CloseOutcome, DeclineReason, Provision, ResponseKind
from rules.roles import Role
from tests.world.world import ProviderHome, World

ACCEPT = Answer(ResponseKind.ACCEPT)
TENTATIVE = Answer(ResponseKind.TENTATIVE, Provision.SITE_VISIT, comments="After we have met.")
DECLINE = Answer(ResponseKind.DECLINE, decline_reason=DeclineReason.NO_VACANCY)
RECEIVED, EDITED = NotificationKind.RESPONSE_RECEIVED, NotificationKind.RESPONSE_EDITED


async def _open(world: World) -> tuple[Caller, ProviderHome, int]:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    return coordinator, home, await world.published(coordinator, "Boone")


async def _refused(world: World, who: Caller, number: int, answer: Answer) -> Refusal:
    """Attempt what has to be refused, and see that nothing is kept or told, and that it is written down."""
    before = await fetch("SELECT * FROM response ORDER BY id")
    told = await fetch("SELECT COUNT(*) AS n FROM notification")
    with pytest.raises(Refusal) as refused:
        await respond_to_referral(who, number, answer)
    assert await fetch("SELECT * FROM response ORDER BY id") == before
    assert await fetch("SELECT COUNT(*) AS n FROM notification") == told
    entry = (await world.entries("referral.respond"))[-1]
    assert (entry.outcome, entry.code, entry.actor_id) == (Outcome.REFUSED, refused.value.code, who.actor.id)
    return refused.value


@pytest.mark.requirement("RSP-01")
@pytest.mark.requirement("RSP-02")
@pytest.mark.requirement("RSP-03")
@pytest.mark.parametrize("answer", [ACCEPT, TENTATIVE, DECLINE], ids=lambda answer: str(answer.kind))
async def test_a_provider_accepts_declines_or_accepts_with_a_provision(world: World, answer: Answer) -> None:
    coordinator, home, number = await _open(world)

    await respond_to_referral(home.staff, number, answer)

    for who, of in ((coordinator, "responses"), (home.staff, "own_response")):
        view = await view_referral(who, number=number, wanted={"responses"})
        seen = view.responses[0] if of == "responses" else view.own_response
        assert seen is not None
        assert (seen.kind, seen.provision, seen.decline_reason, seen.comments, seen.version) == (
            answer.kind,
            answer.provision,
            answer.decline_reason,
            answer.comments,
            1,
        )
        assert seen.provider.id == home.id
        assert seen.answered_at == world.clock()


@pytest.mark.requirement("RSP-05")
@pytest.mark.requirement("NOT-18")
async def test_the_primary_coordinator_alone_is_told_of_each_answer_and_each_edit(world: World) -> None:
    coordinator, home, number = await _open(world)
    colleague = await world.coordinator("Boone")

    await respond_to_referral(home.staff, number, TENTATIVE)
    world.clock.forward(minutes=1)
    await respond_to_referral(home.staff, number, ACCEPT)

    assert (await world.lines(coordinator.actor.mailbox_id))[1:] == [(RECEIVED, number), (EDITED, number)]
    assert await world.lines(colleague.actor.mailbox_id) == []
    letters = [
        letter for letter in await world.letters(user_id=coordinator.actor.id) if letter.kind in {RECEIVED, EDITED}
    ]
    assert [letter.kind for letter in letters] == [RECEIVED, EDITED]
    assert "met" not in str([letter.facts for letter in letters])


@pytest.mark.requirement("RSP-05")
async def test_a_new_primary_coordinator_is_told_and_a_disabled_one_is_not(world: World) -> None:
    coordinator, home, number = await _open(world)
    colleague = await world.coordinator("Boone")
    await update_referral(coordinator, number, ReferralChange(primary_coordinator_id=colleague.actor.id))
    await respond_to_referral(home.staff, number, ACCEPT)
    assert await world.lines(colleague.actor.mailbox_id) == [(RECEIVED, number)]
    assert len(await world.lines(coordinator.actor.mailbox_id)) == 1

    await User.filter(id=colleague.actor.id).update(state=AccountState.DISABLED)
    await respond_to_referral(home.staff, number, TENTATIVE)
    assert await world.lines(colleague.actor.mailbox_id) == [(RECEIVED, number)]


@pytest.mark.requirement("RSP-04")
async def test_an_answer_is_edited_and_every_version_is_kept(world: World) -> None:
    coordinator, home, number = await _open(world)
    second = await world.user(Role.CONSUMER_REFERRAL_DB, provider_id=home.id)
    first_at = world.clock()
    await respond_to_referral(home.staff, number, TENTATIVE)
    world.clock.forward(hours=1)
    await respond_to_referral(second, number, DECLINE)

    view = await view_referral(coordinator, number=number, wanted={"responses", "responses.versions"})
    [response] = view.responses
    assert (response.kind, response.version, response.provision) == (ResponseKind.DECLINE, 2, None)
    assert [(one.version, one.kind, one.comments) for one in response.versions] == [
        (1, ResponseKind.TENTATIVE, "After we have met."),
        (2, ResponseKind.DECLINE, ""),
    ]
    row = await Response.get(referral__number=number)
    assert (row.first_answered_at, row.answered_at) == (first_at, world.clock())
    assert row.answered_by_id == second.actor.id


@pytest.mark.requirement("RSP-04")
async def test_saving_the_same_answer_again_changes_nothing_and_tells_nobody(world: World) -> None:
    coordinator, home, number = await _open(world)
    await respond_to_referral(home.staff, number, TENTATIVE)
    world.clock.forward(hours=1)

    await respond_to_referral(
        home.staff, number, Answer(TENTATIVE.kind, TENTATIVE.provision, None, " After we have met.\r\n")
    )

    assert await ResponseVersion.all().count() == 1
    assert [kind for kind, _ in await world.lines(coordinator.actor.mailbox_id)].count(EDITED) == 0
    assert [entry.facts.get("changed") for entry in await world.entries("referral.respond")] == [None, False]


@pytest.mark.requirement("RSP-09")
async def test_one_answer_stands_for_the_whole_organization(world: World) -> None:
    _, home, number = await _open(world)
    second = await world.user(Role.CONSUMER_REFERRAL_DB, provider_id=home.id)
    await respond_to_referral(home.staff, number, ACCEPT)
    seen = (await view_referral(second, number=number)).own_response
    assert seen is not None
    assert seen.kind is ResponseKind.ACCEPT
    await respond_to_referral(second, number, DECLINE)
    assert await Response.all().count() == 1


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": ResponseKind.TENTATIVE}, "PROVISION_REQUIRED", "provision"),
    ({"kind": ResponseKind.ACCEPT, "provision": Provision.BUDGET}, "PROVISION_NOT_ALLOWED", "provision"),
    ({"kind": ResponseKind.DECLINE}, "DECLINE_REASON_REQUIRED", "declineReason"),
    (
        {"kind": ResponseKind.ACCEPT, "decline_reason": DeclineReason.RATE},
        "DECLINE_REASON_NOT_ALLOWED",
        "declineReason",
    ),
    ({"kind": ResponseKind.DECLINE, "decline_reason": DeclineReason.OTHER}, "COMMENT_REQUIRED", "comments"),
    (
        {"kind": ResponseKind.DECLINE, "decline_reason": DeclineReason.OTHER, "comments": " \n\t "},
        "COMMENT_REQUIRED",
        "comments",
    ),
    ({"kind": ResponseKind.ACCEPT, "comments": "x" * 1_000_000}, "TEXT_TOO_LONG", "comments"),
    ({"kind": ResponseKind.ACCEPT, "comments": "x" * 4001}, "TEXT_TOO_LONG", "comments"),
    ({"kind": ResponseKind.ACCEPT, "comments": "a\0b"}, "TEXT_MALFORMED", "comments"),
    ({"kind": ResponseKind.ACCEPT, "comments": "\ud800"}, "TEXT_MALFORMED", "comments"),
]


@pytest.mark.requirement("RSP-02")
@pytest.mark.parametrize(("answer", "code", "field"), BAD, ids=[f"{code}-{n}" for n, (_, code, _) in enumerate(BAD)])
async def test_a_bad_answer_is_refused_for_the_right_reason(
    world: World, answer: dict[str, Any], code: str, field: str
) -> None:
    _, home, number = await _open(world)
    refused = await _refused(world, home.staff, number, Answer(**answer))
    assert isinstance(refused, Invalid)
    assert (refused.code, refused.field) == (code, field)


async def test_a_comment_of_four_thousand_characters_is_kept(world: World) -> None:
    _, home, number = await _open(world)
    await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT, comments="é\n" * 1999 + "xx"))
    assert len((await Response.get(referral__number=number)).comments) == 4000


@pytest.mark.requirement("POL-24")
async def test_after_the_closing_an_answer_is_too_late_for_who_had_received_it(world: World) -> None:
    coordinator, home, number = await _open(world)
    newcomer = await world.provider("Boone")
    await respond_to_referral(home.staff, number, TENTATIVE)
    await close_referral(coordinator, number, CloseOutcome.OTHER, None)

    refused = await _refused(world, home.staff, number, ACCEPT)
    assert (type(refused), refused.code) == (Conflict, "REFERRAL_CLOSED")
    unseen = await _refused(world, newcomer.staff, number, ACCEPT)
    assert (type(unseen), unseen.code) == (NotFound, "REFERRAL_NOT_FOUND")


@pytest.mark.requirement("NOT-08")
@pytest.mark.requirement("NOT-07")
async def test_what_a_provider_does_not_see_it_cannot_answer(world: World) -> None:
    coordinator, home, number = await _open(world)
    elsewhere, suspended, excluded = (
        await world.provider("Adair"),
        await world.provider("Boone"),
        await world.provider("Boone"),
    )
    await world.suspend(suspended.id)
    await exclude_provider(coordinator, number, excluded.id, "Too near.")
    draft = await world.draft(coordinator, "Boone")
    deleted = await world.published(coordinator, "Boone")
    await delete_referral(coordinator, deleted, "A double.")

    answers = [
        await _refused(world, elsewhere.staff, number, ACCEPT),
        await _refused(world, suspended.staff, number, ACCEPT),
        await _refused(world, excluded.staff, number, ACCEPT),
        await _refused(world, home.staff, draft, ACCEPT),
        await _refused(world, home.staff, deleted, ACCEPT),
        await _refused(world, home.staff, 999_999, ACCEPT),
    ]
    assert {(type(answer), answer.code, answer.message) for answer in answers} == {
        (NotFound, "REFERRAL_NOT_FOUND", answers[0].message)
    }


async def test_staff_without_a_provider_and_coordinators_answer_nothing(world: World) -> None:
    coordinator, _, number = await _open(world)
    stray = await world.user(Role.CONSUMER_REFERRAL_DB)
    assert isinstance(await _refused(world, stray, number, ACCEPT), NotFound)
    assert isinstance(await _refused(world, coordinator, number, ACCEPT), Denied)
