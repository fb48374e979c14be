"""What the office reads of its own work: complete, in order, to whom it belongs, and written down."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from orm.models import Contact, Letter, SweepRun, SweepState, User
from resolvers.callers import Caller
from resolvers.office_reads import list_outbox, list_sweep_runs, referral_deliveries, view_overview
from resolvers.paging import to_cursor
from resolvers.promises import Reader, about, keep
from resolvers.referral_views import list_referrals
from resolvers.referrals import publish_referral
from resolvers.responses import Answer, respond_to_referral
from resolvers.trail_reads import Outcome, TrailFilter, list_trail
from rules.errors import Denied, Invalid, NotFound
from rules.notices import DeliveryState, NotificationKind
from rules.referrals import ResponseKind
from rules.roles import Role
from tests.world.world import World


async def admin_of(world: World) -> Caller:
    """Make an administrator."""
    return await world.user(Role.ADMINISTRATOR)


async def test_the_overview_counts_only_what_the_person_sees(world: World) -> None:
    coordinator, elsewhere = await world.coordinator("Boone"), await world.coordinator("Adair")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    world.clock.forward(days=61)
    answered = await world.published(coordinator, "Boone")
    await world.published(elsewhere, "Adair")
    await world.draft(coordinator, "Boone")
    await respond_to_referral(home.staff, answered, Answer(ResponseKind.ACCEPT))

    theirs, own = await view_overview(home.staff), await view_overview(coordinator)
    everything = await view_overview(await admin_of(world))

    assert (theirs.open_referrals, theirs.overdue_referrals, theirs.unanswered, theirs.drafts) == (2, 1, 1, None)
    assert (own.open_referrals, own.overdue_referrals, own.unanswered, own.drafts) == (2, 1, None, 1)
    assert everything.open_referrals == 3
    assert everything.letters is not None
    assert everything.letters[DeliveryState.QUEUED] == await Letter.all().count()
    assert (theirs.letters, own.letters) == (None, None)


async def test_a_referral_is_overdue_on_its_61st_day_and_not_on_its_60th(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    await world.published(coordinator, "Boone")

    world.clock.forward(days=60)
    assert (await view_overview(coordinator)).overdue_referrals == 0
    world.clock.forward(days=1)
    assert (await view_overview(coordinator)).overdue_referrals == 1


async def test_a_run_with_failures_is_counted_and_a_clean_one_is_not(world: World) -> None:
    for day, failures in ((1, {}), (2, {"x": "CONFLICT"})):
        await SweepRun.create(name="s", due_on=date(2026, 3, day), state=SweepState.DONE, failures=failures)
    await SweepRun.create(name="s", due_on=date(2026, 3, 3))

    overview = await view_overview(await world.user(Role.AUDITOR))

    assert (overview.sweeps_waiting, overview.sweeps_with_failures) == (1, 1)


async def test_paging_through_the_outbox_shows_each_letter_once_though_all_were_promised_at_one_instant(
    world: World,
) -> None:
    coordinator = await world.coordinator("Boone")
    for _ in range(4):
        await world.provider("Boone")
    await world.published(coordinator, "Boone")
    world.clock.forward(hours=1)
    await world.published(coordinator, "Boone")
    admin = await admin_of(world)

    seen, after = [], None
    while True:
        page = (await list_outbox(admin, first=3, after=after)).letters
        seen += page.nodes
        if not page.has_next_page:
            break
        after = page.cursors[-1]

    assert len(seen) == len({letter.id for letter in seen}) == await Letter.all().count() == 10
    assert [letter.created_at for letter in seen] == sorted((letter.created_at for letter in seen), reverse=True)


async def test_the_outbox_is_narrowed_by_state_and_by_referral(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone", name="Maple Ridge")
    first, second = await world.published(coordinator, "Boone"), await world.published(coordinator, "Boone")
    parked = await Letter.filter(contact_id=home.contact_id).first()
    assert parked is not None
    await Letter.filter(id=parked.id).update(state=DeliveryState.PARKED, last_error="550")
    admin = await admin_of(world)

    by_state = await list_outbox(admin, state=DeliveryState.PARKED)
    by_referral = await list_outbox(admin, referral_number=second)

    (letter,) = by_state.letters.nodes
    contact = await Contact.get(id=home.contact_id)
    assert (letter.id, letter.last_error, letter.next_try) == (parked.id, "550", None)
    assert (letter.recipient, letter.organization, letter.address) == (contact.name, "Maple Ridge", contact.email)
    assert by_state.counts[DeliveryState.PARKED] == 1
    assert {one.referral_number for one in by_referral.letters.nodes} == {second} != {first}
    assert (await world.entries("outbox.list"))[0].subjects == {"letter": [str(parked.id)]}


async def test_a_letter_about_something_else_than_a_referral_is_listed_under_its_own_number(world: World) -> None:
    cso = await world.user(Role.CSO)
    reader = Reader.user(await User.get(id=cso.actor.person()))
    await keep(about([reader], NotificationKind.PROVISIONING_OVERDUE, 1042), world.clock())

    (letter,) = (await list_outbox(await admin_of(world))).letters.nodes

    assert letter.title == "Access request 1042 is overdue for provisioning"
    assert letter.referral_number is None


async def test_the_deliveries_of_a_referral_name_every_reader_and_say_who_has_no_address(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone", name="Maple Ridge")
    silent = await world.contact(home.id, "Boone", email=None)
    number = await world.published(coordinator, "Boone")
    await world.published(coordinator, "Boone")

    deliveries = await referral_deliveries(await admin_of(world), number)

    assert deliveries.total == len(deliveries.lines) == 3
    assert deliveries.letters == {DeliveryState.QUEUED: 2}
    by_reader = {line.reader: line for line in deliveries.lines}
    assert by_reader[silent.name].state is None
    assert {line.organization for line in deliveries.lines} == {"Maple Ridge", "Department"}
    assert {line.kind for line in deliveries.lines} == {NotificationKind.REFERRAL_PUBLISHED}
    with pytest.raises(NotFound):
        await referral_deliveries(await admin_of(world), number + 50)


async def test_the_trail_is_narrowed_by_each_filter(world: World) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    other = await world.published(coordinator, "Boone")
    with pytest.raises(Denied):
        await publish_referral(home.staff, number)
    auditor = await world.user(Role.AUDITOR)
    label = coordinator.actor.label

    async def acts(**where: object) -> list[str]:
        page = await list_trail(auditor, where=TrailFilter(**where))  # type: ignore[arg-type]
        return [entry.act for entry in page.nodes if entry.act != "trail.list"]

    assert await acts(act="referral.publish") == ["referral.publish"] * 3
    assert await acts(outcome=Outcome.REFUSED) == ["referral.publish"]
    assert await acts(actor=f"dmh\\{label.lower()}") == ["referral.publish", "referral.create"] * 2
    assert await acts(actor="system:test", act="account.create") == ["account.create"] * 3
    assert await acts(request_id=home.staff.request_id) == ["referral.publish"]
    assert await acts(about=(await world.referral(other)).id) == ["referral.publish", "referral.create"]
    assert await acts(referral_number=number) == ["referral.publish", "referral.create"]
    assert await acts(referral_number=number + 50) == []


async def test_a_list_that_showed_a_referral_is_found_in_the_trail_of_that_referral(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    auditor = await world.user(Role.AUDITOR)
    await view_overview(coordinator)
    await list_referrals(coordinator)

    page = await list_trail(auditor, where=TrailFilter(referral_number=number))

    assert "referral.list" in [entry.act for entry in page.nodes]
    assert "office.overview" not in [entry.act for entry in page.nodes]


async def test_reading_the_trail_is_one_more_entry_and_its_pages_do_not_move_by_it(world: World) -> None:
    auditor = await world.user(Role.AUDITOR)
    for _ in range(5):
        await world.user(Role.LSO)

    first = await list_trail(auditor, first=3)
    second = await list_trail(auditor, first=3, after=first.cursors[-1])

    numbers = [entry.number for entry in (*first.nodes, *second.nodes)]
    assert numbers == sorted(set(numbers), reverse=True)
    assert numbers[0] - numbers[-1] == 5
    assert [entry.facts for entry in await world.entries("trail.list")] == [{"entries": 3}, {"entries": 3}]


async def test_the_ledger_lists_the_latest_due_date_first_and_counts_failures_by_code(world: World) -> None:
    for day in (1, 2, 3):
        for name in ("a", "b"):
            await SweepRun.create(name=name, due_on=date(2026, 3, 1) + timedelta(days=day), failures={"x": "GONE"})
    cso = await world.user(Role.CSO)

    first = await list_sweep_runs(cso, first=3)
    second = await list_sweep_runs(cso, first=3, after=first.cursors[-1])

    assert [(run.due_on.day, run.name) for run in (*first.nodes, *second.nodes)] == [
        (4, "a"), (4, "b"), (3, "a"), (3, "b"), (2, "a"), (2, "b"),
    ]  # fmt: skip
    assert first.nodes[0].failures == {"GONE": 1}
    assert not second.has_next_page


async def test_a_cursor_of_another_list_is_refused_even_if_its_row_exists(world: World) -> None:
    await world.published(await world.coordinator("Boone"), "Boone")
    letter = await Letter.all().first()
    assert letter is not None

    with pytest.raises(Invalid):
        await list_outbox(await admin_of(world), after=to_cursor("SWEEPS", letter.id.hex))
    assert await list_outbox(await admin_of(world), after=to_cursor("OUTBOX", letter.id.hex))


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "T1VUQk9Y",
        to_cursor("OUTBOX", 7),
        to_cursor("TRAIL", UUID(int=7).hex),
        to_cursor("OUTBOX", UUID(int=7).hex),
    ],
)
async def test_a_cursor_that_was_not_made_for_the_outbox_is_refused_and_written_down(world: World, cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        await list_outbox(await admin_of(world), after=cursor)

    assert refused.value.code == "CURSOR_MALFORMED"
    assert [entry.outcome for entry in await world.entries("outbox.list")] == [Outcome.REFUSED]
