"""What became of a referral at each provider, why one did not get it, and how it uses the exchange (NOT-24, RSP-08)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from orm.models import Contact, ContactCounty, Letter, Mailbox, NoReferralStatus, ReferralReach, User, WithheldNotice
from resolvers.bounces import bounce_letter
from resolvers.callers import Caller, house
from resolvers.engagement import view_engagement
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.office_reads import referral_deliveries
from resolvers.outbox import claim_letters, mark_failed, mark_sent
from resolvers.promises import Promise, Reader, keep
from resolvers.receipts import ProviderReceipt, referral_receipts
from resolvers.referral_views import view_referral
from resolvers.referrals import close_referral, publish_referral
from resolvers.responses import Answer, respond_to_referral
from resolvers.sessions import sign_in
from resolvers.why_not import AudienceEvent, why_not
from rules.audience import Reason
from rules.calendar import local_date
from rules.errors import Denied, Invalid, NotFound
from rules.notices import DeliveryState, NotificationKind
from rules.receipts import ReceiptVerdict, Stage
from rules.referrals import CloseOutcome, ResponseKind
from rules.roles import Role
from tests.world.older_letters import make_letters_older
from tests.world.world import PASSWORD, ProviderHome, World

ACCEPT = Answer(ResponseKind.ACCEPT)


async def send_all(world: World) -> None:
    for letter in await claim_letters(world.desk, 100):
        await mark_sent(world.desk, letter)


async def sign_on(world: World, who: Caller) -> None:
    user = await User.get(id=who.actor.id)
    await sign_in(world.desk, user.user_id, PASSWORD, device="test", request_id="test")


async def receipt(who: Caller, number: int, home: ProviderHome) -> ProviderReceipt:
    return next(one for one in await referral_receipts(who, number) if one.provider.id == home.id)


def stages(receipt: ProviderReceipt, contact: int = 0) -> list[tuple[Stage, datetime]]:
    return [(step.stage, step.at) for step in receipt.contacts[contact].stages]


@pytest.mark.requirement("NOT-24")
async def test_a_receipt_follows_a_referral_from_the_mailbox_line_to_the_answer(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await sign_on(world, home.staff)
    world.clock.forward(minutes=1)
    number = await world.published(coordinator, "Boone")
    at = [world.clock()]
    for step in (
        send_all(world),
        sign_on(world, home.staff),
        view_referral(home.staff, number=number),
        respond_to_referral(home.staff, number, ACCEPT),
    ):
        world.clock.forward(minutes=1)
        at.append(world.clock())
        await step
    world.clock.forward(minutes=1)
    await sign_on(world, home.staff)
    await view_referral(home.staff, number=number)

    (found,) = await referral_receipts(coordinator, number)

    assert (found.provider.name, found.verdict, found.reached_at, found.silent_since) == (
        home.name,
        ReceiptVerdict.ANSWERED,
        at[0],
        None,
    )
    assert stages(found) == [
        (Stage.TOLD, at[0]),
        (Stage.QUEUED, at[0]),
        (Stage.ACCEPTED, at[1]),
        (Stage.SIGNED_IN, at[2]),
        (Stage.VIEWED, at[3]),
        (Stage.ANSWERED, at[4]),
    ]
    assert found.contacts[0].name == (await Contact.get(id=home.contact_id)).name
    assert found.contacts[0].stages[0].detail == f"Referral {number} was published."
    assert found.contacts[0].stages[-1].detail == "Accept placement"


@pytest.mark.requirement("NOT-24")
async def test_verdicts_tell_delivered_undelivered_and_told_to_nobody_apart(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    homes = {name: await world.provider("Boone", name=name) for name in ["Bounced", "Delivered", "Parked", "Waiting"]}
    nowhere = await world.provider("Boone", name="No address")
    await Contact.filter(id=nowhere.contact_id).update(email=None)
    number = await world.published(coordinator, "Boone")
    mine = {home.contact_id: name for name, home in homes.items()}
    names = {letter.id: mine.get(letter.contact_id or uuid4(), "") for letter in await Letter.all()}
    for letter in await claim_letters(world.desk, 100):
        if names[letter.id] in {"Bounced", "Delivered"}:
            await mark_sent(world.desk, letter)
        elif names[letter.id] == "Parked":
            await mark_failed(world.desk, letter, "Refused.", for_good=True)
        if names[letter.id] == "Bounced":
            await bounce_letter(house(world.desk, "bounces"), letter.id, "5.1.1")
    joined = await world.provider("Boone", name="Told nobody")
    referral = await world.referral(number)
    await ReferralReach.create(referral_id=referral.id, provider_id=joined.id, at=world.clock())

    found = {one.provider.name: one for one in await referral_receipts(coordinator, number)}

    assert {name: one.verdict for name, one in found.items()} == {
        "Bounced": ReceiptVerdict.UNDELIVERED,
        "Delivered": ReceiptVerdict.DELIVERED,
        "No address": ReceiptVerdict.UNDELIVERED,
        "Parked": ReceiptVerdict.UNDELIVERED,
        "Told nobody": ReceiptVerdict.NOBODY_TOLD,
        "Waiting": ReceiptVerdict.UNDELIVERED,
    }
    assert {one.silent_since for one in found.values()} == {world.clock()}
    ends = {name: one.contacts[0].stages[-1] for name, one in found.items() if one.contacts}
    assert (ends["Bounced"].stage, ends["Bounced"].detail) == (Stage.BOUNCED, "5.1.1")
    assert (ends["Parked"].stage, ends["Parked"].at, ends["Parked"].detail) == (Stage.PARKED, world.clock(), "Refused.")
    assert ends["Waiting"].stage is Stage.QUEUED
    assert ends["No address"].stage is Stage.TOLD


async def test_a_letter_that_was_cancelled_says_why(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await exclude_provider(coordinator, number, home.id, "Too far.")
    world.clock.forward(minutes=1)
    await send_all(world)

    last = (await receipt(coordinator, number, home)).contacts[0].stages[-1]
    assert (last.stage, last.at, last.detail) == (Stage.CANCELLED, world.clock(), "The provider is excluded.")


async def test_each_contact_has_its_own_chain_and_who_was_not_told_has_none(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    world.clock.forward(minutes=1)
    other = await world.contact(home.id, "Boone")
    await world.contact(home.id, "Adair")
    number = await world.published(coordinator, "Boone")
    world.clock.forward(minutes=1)
    await sign_on(world, home.staff)
    await view_referral(home.staff, number=number)

    found = await receipt(coordinator, number, home)

    assert [one.name for one in found.contacts] == [(await Contact.get(id=home.contact_id)).name, other.name]
    assert [stage for stage, _ in stages(found, 0)] == [Stage.TOLD, Stage.QUEUED, Stage.SIGNED_IN, Stage.VIEWED]
    assert [stage for stage, _ in stages(found, 1)] == [Stage.TOLD, Stage.QUEUED, Stage.VIEWED]
    staff = await User.get(id=home.staff.actor.id)
    assert found.contacts[1].stages[-1].detail == staff.name


async def test_what_another_provider_or_the_department_does_is_not_this_providers_reading(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home, reader = await world.provider("Boone"), await world.provider("Boone")
    number, other = await world.published(coordinator, "Boone"), await world.published(coordinator, "Boone")
    await send_all(world)
    await view_referral(reader.staff, number=number)
    await view_referral(coordinator, number=number)
    await view_referral(home.staff, number=other)
    with pytest.raises(NotFound):
        await view_referral(home.staff, number=10**6)

    assert (await receipt(coordinator, number, home)).verdict is ReceiptVerdict.DELIVERED
    assert (await receipt(coordinator, number, reader)).verdict is ReceiptVerdict.VIEWED


async def test_a_referral_that_was_published_again_shows_both_tellings_and_the_first_sign_in(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    world.clock.forward(minutes=1)
    await sign_on(world, home.staff)
    signed_in = world.clock()
    world.clock.forward(minutes=1)
    await publish_referral(coordinator, number)
    await sign_on(world, home.staff)

    found = stages(await receipt(coordinator, number, home))

    assert [stage for stage, _ in found].count(Stage.TOLD) == 2
    assert [at for stage, at in found if stage is Stage.SIGNED_IN] == [signed_in]


async def test_a_contact_told_in_a_list_of_several_has_a_chain_too(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number, other = await world.published(coordinator, "Boone"), await world.published(coordinator, "Boone")
    world.clock.forward(days=1)
    late = await world.contact(home.id, "Boone")
    reader = Reader.contact(late)
    kind = NotificationKind.REFERRALS_JOINED
    await keep([Promise([reader], kind, None, None, (number,))], world.clock())
    await send_all(world)

    found = await receipt(coordinator, number, home)

    assert found.contacts[1].name == late.name
    assert stages(found, 1) == [(stage, world.clock()) for stage in (Stage.TOLD, Stage.QUEUED, Stage.ACCEPTED)]
    assert len((await receipt(coordinator, other, home)).contacts) == 1


async def test_a_contact_who_reads_another_mailbox_by_now_keeps_the_chain_of_the_letter(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    told_at = world.clock()
    await Contact.filter(id=home.contact_id).update(mailbox_id=(await Mailbox.create()).id, user_id=None)
    world.clock.forward(minutes=1)
    await send_all(world)

    found = await receipt(coordinator, number, home)

    assert stages(found) == [(Stage.TOLD, told_at), (Stage.QUEUED, told_at), (Stage.ACCEPTED, world.clock())]
    assert found.verdict is ReceiptVerdict.DELIVERED


async def test_letters_from_before_they_shared_the_key_of_their_line_are_found_as_well(world: World) -> None:
    coordinator, admin = await world.coordinator("Boone"), await world.user(Role.ADMINISTRATOR)
    homes = [await world.provider("Boone") for _ in range(3)]
    number = await world.published(coordinator, "Boone")
    late = Reader.contact(await world.contact(homes[0].id, "Boone"))
    await keep([Promise([late], NotificationKind.REFERRALS_JOINED, None, None, (number,))], world.clock())
    await Contact.filter(id=homes[1].contact_id).update(mailbox_id=(await Mailbox.create()).id, user_id=None)
    world.clock.forward(minutes=1)
    await publish_referral(coordinator, number)
    await send_all(world)
    receipts, deliveries = await referral_receipts(coordinator, number), await referral_deliveries(admin, number)
    assert {one.verdict for one in receipts} == {ReceiptVerdict.DELIVERED}
    assert {(line.state, line.attempts) for line in deliveries.lines} == {(DeliveryState.SENT, 1)}

    assert await make_letters_older() == 10

    assert await referral_receipts(coordinator, number) == receipts
    assert await referral_deliveries(admin, number) == deliveries


async def test_receipts_are_for_staff_who_see_the_referral(world: World) -> None:
    coordinator, stranger = await world.coordinator("Boone"), await world.coordinator("Adair")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")

    assert len(await referral_receipts(await world.user(Role.ADMINISTRATOR), number)) == 1
    with pytest.raises(NotFound):
        await referral_receipts(stranger, number)
    with pytest.raises(NotFound):
        await why_not(stranger, number, home.id)
    with pytest.raises(Denied):
        await referral_receipts(home.staff, number)
    entry = (await world.entries("referral.receipts"))[0]
    assert entry.subjects["provider"] == [str(home.id)]


async def test_a_closed_referral_has_receipts_but_nobody_is_silent(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await close_referral(coordinator, number, CloseOutcome.WITHDRAWN, None)
    assert (await receipt(coordinator, number, home)).silent_since is None


@pytest.mark.requirement("PRF-01")
@pytest.mark.requirement("PRF-11")
async def test_publishing_names_the_preferred_counties_where_nobody_could_be_reached(world: World) -> None:
    coordinator = await world.coordinator("Boone", "Cole")
    home = await world.provider("Boone")
    await world.contact(home.id, "Cole", email=None)
    number = await world.draft(coordinator, "Boone", "Cole", "Adair")

    published = await publish_referral(coordinator, number)

    assert [county.name for county in published.unreachable_counties] == ["Adair", "Cole"]
    entry = (await world.entries("referral.publish"))[-1]
    assert entry.facts["unreachable_counties"] == [await world.county("Adair"), await world.county("Cole")]
    assert not any("Cole" in str(letter.facts) for letter in await Letter.all())


@pytest.mark.requirement("REF-03")
async def test_months_later_each_publication_still_says_why_a_provider_did_not_get_it(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Adair")
    number = await world.published(coordinator, "Boone")
    first = world.clock()
    await ContactCounty.filter(contact_id=home.contact_id).update(county_id=await world.county("Boone"))
    world.clock.forward(days=60)
    await exclude_provider(coordinator, number, home.id, "Family's wish.")
    excluded = world.clock()
    world.clock.forward(days=1)
    await publish_referral(coordinator, number)
    world.clock.forward(days=1)
    await include_provider(coordinator, number, home.id)
    included = world.clock()
    world.clock.forward(days=1)
    await publish_referral(coordinator, number)
    reached = world.clock()

    answer = await why_not(coordinator, number, home.id)

    assert [(one.number, one.eligible, one.reason) for one in answer.publications] == [
        (1, False, Reason.OTHER_COUNTIES),
        (2, False, Reason.EXCLUDED),
        (3, True, Reason.COUNTY),
    ]
    assert answer.publications[0].at == first
    assert (answer.publications[1].sentence, answer.publications[1].cites) == (
        Reason.EXCLUDED.sentence,
        Reason.EXCLUDED.cites,
    )
    assert [(one.kind, one.at, one.detail) for one in answer.events] == [
        (AudienceEvent.EXCLUDED, excluded, "Family's wish."),
        (AudienceEvent.INCLUDED, included, ""),
        (AudienceEvent.REACHED, reached, "With publication 3."),
    ]
    assert (answer.reached_at, answer.eligible_now, answer.reason_now) == (reached, True, Reason.COUNTY)


async def test_the_view_says_the_rule_of_each_decision_in_a_sentence(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.provider("Adair")
    number = await world.published(coordinator, "Boone")

    view = await view_referral(coordinator, number=number, wanted={"publications", "publications.audience"})

    (member,) = view.publications[0].audience
    assert (member.sentence, member.cites) == (Reason.OTHER_COUNTIES.sentence, Reason.OTHER_COUNTIES.cites)


@pytest.mark.requirement("REF-03")
async def test_periods_of_no_referral_status_count_when_they_touch_the_referrals_public_life(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    start = world.clock()

    async def period(begins: timedelta, lifted: timedelta | None, reason: str) -> None:
        lifted_at = start + lifted if lifted is not None else None
        await NoReferralStatus.create(provider_id=home.id, reason=reason, begins_at=start + begins, lifted_at=lifted_at)

    await period(-timedelta(days=9), -timedelta(seconds=1), "before")
    await period(-timedelta(days=5), timedelta(0), "up to the very moment")
    number = await world.published(coordinator, "Boone")
    referral = await world.referral(number)
    await WithheldNotice.create(
        provider_id=home.id,
        referral_id=referral.id,
        kind=NotificationKind.REFERRAL_REPUBLISHED,
        reason=Reason.NO_REFERRAL_STATUS,
        at=start + timedelta(days=3),
    )
    world.clock.forward(days=10)
    await period(timedelta(days=2), timedelta(days=4), "within")
    await close_referral(coordinator, number, CloseOutcome.WITHDRAWN, None)
    await period(timedelta(days=10, seconds=1), None, "after")

    answer = await why_not(coordinator, number, home.id)

    assert [(one.kind, one.detail) for one in answer.events if one.kind is not AudienceEvent.REACHED] == [
        (AudienceEvent.NO_REFERRAL_STATUS_SET, "up to the very moment"),
        (AudienceEvent.NO_REFERRAL_STATUS_LIFTED, ""),
        (AudienceEvent.NO_REFERRAL_STATUS_SET, "within"),
        (AudienceEvent.WITHHELD, f"Referral {number} was published again"),
        (AudienceEvent.NO_REFERRAL_STATUS_LIFTED, ""),
    ]
    assert (answer.eligible_now, answer.reason_now) == (False, Reason.NOT_PUBLISHED)


async def test_a_provider_that_came_later_was_not_in_the_exchange_yet(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    home = await world.provider("Boone")

    answer = await why_not(coordinator, number, home.id)

    (first,) = answer.publications
    assert (first.eligible, first.reason, first.sentence) == (False, None, "The provider was not in the exchange yet.")
    assert first.cites
    assert (answer.reached_at, answer.events, answer.eligible_now) == (None, [], True)
    assert answer.sentence_now == Reason.COUNTY.sentence


async def test_a_draft_has_no_history_and_an_unknown_provider_is_not_found(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.suspend(home.id)
    number = await world.draft(coordinator, "Boone")

    answer = await why_not(coordinator, number, home.id)
    assert (answer.publications, answer.events, answer.reason_now) == ([], [], Reason.NOT_PUBLISHED)
    with pytest.raises(NotFound) as unknown:
        await why_not(coordinator, number, uuid4())
    assert unknown.value.code == "PROVIDER_NOT_FOUND"


@pytest.mark.requirement("RSP-08")
async def test_engagement_counts_what_a_provider_received_read_and_answered(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home, other = await world.provider("Boone"), await world.provider("Boone")
    numbers = [await world.published(coordinator, "Boone") for _ in range(4)]
    await send_all(world)
    letters = await world.letters(contact_id=home.contact_id)
    await bounce_letter(house(world.desk, "bounces"), letters[0].id, "5.1.1")
    await publish_referral(coordinator, numbers[0])  # promised and not sent
    await sign_on(world, home.staff)
    for number, hours in zip(numbers[:3], (1, 2, 6), strict=True):
        world.clock.forward(hours=hours)
        await view_referral(home.staff, number=number)
        await view_referral(home.staff, number=number)
        if number != numbers[1]:
            await respond_to_referral(home.staff, number, ACCEPT)
    await sign_on(world, other.staff)
    await respond_to_referral(other.staff, numbers[3], ACCEPT)

    found = await view_engagement(coordinator, home.id, local_date(world.clock()))

    assert (found.reached, found.sent, found.delivered, found.bounced) == (4, 4, 3, 1)
    assert (found.signed_in, found.viewed, found.answered) == (1, 3, 2)
    assert found.median_hours_to_answer == 5.0  # the answers took 1 and 9 hours


async def test_engagement_begins_at_midnight_in_chicago_of_the_day_that_is_asked_for(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await view_referral(home.staff, number=number)
    day = local_date(world.clock())
    world.clock.forward(days=3)

    on_the_day = await view_engagement(coordinator, home.id, day)
    the_day_after = await view_engagement(coordinator, home.id, day + timedelta(days=1))

    assert (on_the_day.reached, on_the_day.viewed, on_the_day.median_hours_to_answer) == (1, 1, None)
    assert (the_day_after.reached, the_day_after.viewed) == (0, 0)


@pytest.mark.parametrize(("ago", "seen"), [(90, 1), (91, 0)])
async def test_without_a_day_engagement_covers_the_last_90_days(world: World, ago: int, seen: int) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    world.clock.forward(days=ago)
    assert (await view_engagement(coordinator, home.id)).reached == seen


async def test_a_provider_sees_its_own_engagement_and_no_other(world: World) -> None:
    home, other = await world.provider("Boone"), await world.provider("Boone")
    for role in (Role.LSO, Role.EXECUTIVE_DIRECTOR, Role.PROVIDER_PROFILE_UPDATE):
        who = await world.user(role, provider_id=home.id)
        assert (await view_engagement(who, home.id)).provider.name == home.name
        with pytest.raises(NotFound):
            await view_engagement(who, other.id)
    relations = await world.user(Role.PROVIDER_RELATIONS)
    assert (await view_engagement(relations, other.id)).provider.name == other.name
    with pytest.raises(NotFound):
        await view_engagement(relations, uuid4())
    with pytest.raises(Denied):
        await view_engagement(await world.user(Role.AUDITOR), home.id)


async def test_engagement_of_the_future_is_refused_and_of_the_beginning_of_time_is_not(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    tomorrow = local_date(world.clock()) + timedelta(days=1)
    for day in (tomorrow, date.max):
        with pytest.raises(Invalid) as refused:
            await view_engagement(coordinator, home.id, day)
        assert (refused.value.code, refused.value.field) == ("SINCE_IN_FUTURE", "since")
    assert (await view_engagement(coordinator, home.id, date.min)).reached == 0
