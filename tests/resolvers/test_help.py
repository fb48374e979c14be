"""Whom to call when: the nearest office, the number that answers, settings that hold for their days (HLP-03..06)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from orm.models import AuditEntry, County, HelpContact, Outcome, Provider, RegionalOffice, SupportHours
from resolvers.help import (
    HelperView,
    HelpKind,
    NewHelper,
    assign_offices,
    public_support,
    replace_help,
    view_help,
)
from rules.calendar import CHICAGO
from rules.errors import Invalid, NotFound
from rules.roles import Role
from rules.support_hours import SupportWindow
from tests.world.world import World

SINCE = date(2020, 1, 1)
RELATIONS, ITSD, SUPPORT = HelpKind.PROVIDER_RELATIONS, HelpKind.ITSD_HELP_DESK, HelpKind.CUSTOMER_SUPPORT


def helper(kind: HelpKind, office: str | None, name: str, begins: date = SINCE, ends: date | None = None) -> NewHelper:
    return NewHelper(kind, office, name, "555-0100", "help@example.org", begins, ends)


DESK = [SupportWindow("Desk", "555-0101", False, day, 420, 1050, SINCE) for day in range(5)]
ON_CALL = [SupportWindow("On call", "555-0102", True, day, 1050, 1200, SINCE) for day in range(5)]


@pytest.fixture
async def offices(world: World) -> World:
    """Two offices: CMO serves Boone, HAN serves Marion; Adair has none."""
    for code, name in (("CMO", "Central"), ("HAN", "Hannibal")):
        await RegionalOffice.create(code=code, name=f"{name} Regional Office", kind="OFFICE", city=name)
    await assign_offices(world.house, {await world.county("Boone"): "CMO", await world.county("Marion"): "HAN"})
    return world


def named(helpers: Sequence[HelperView]) -> list[tuple[HelpKind, str, str | None]]:
    return [(one.kind, one.name, one.office.code if one.office else None) for one in helpers]


@pytest.mark.requirement("HLP-03")
@pytest.mark.requirement("HLP-05")
async def test_the_helpers_of_the_county_s_own_office_are_named_and_of_what_it_lacks_those_of_the_state(
    offices: World,
) -> None:
    await replace_help(
        offices.house,
        [
            helper(RELATIONS, "CMO", "Boone's liaison"),
            helper(ITSD, "CMO", "Boone's help desk"),
            helper(RELATIONS, "HAN", "Marion's liaison"),
            helper(RELATIONS, None, "The state's liaison"),
            helper(ITSD, None, "The state's help desk"),
            helper(SUPPORT, None, "Passwords"),
        ],
        [],
    )
    who = await offices.user(Role.AUDITOR)

    boone = await view_help(who, await offices.county("Boone"))
    marion = await view_help(who, await offices.county("Marion"))
    adair = await view_help(who, await offices.county("Adair"))
    nowhere = await view_help(who)

    passwords = (SUPPORT, "Passwords", None)
    assert named(boone.contacts) == [
        (RELATIONS, "Boone's liaison", "CMO"),
        (ITSD, "Boone's help desk", "CMO"),
        passwords,
    ]
    assert named(marion.contacts) == [
        (RELATIONS, "Marion's liaison", "HAN"),
        (ITSD, "The state's help desk", None),
        passwords,
    ]
    of_the_state = [(RELATIONS, "The state's liaison", None), (ITSD, "The state's help desk", None), passwords]
    assert named(adair.contacts) == named(nowhere.contacts) == of_the_state


@pytest.mark.requirement("HLP-03")
async def test_staff_of_a_provider_are_led_to_the_office_of_their_provider(offices: World) -> None:
    home = await offices.provider("Boone")
    await Provider.filter(id=home.id).update(regional_office_id="HAN")
    await replace_help(
        offices.house, [helper(RELATIONS, "CMO", "Boone's liaison"), helper(RELATIONS, "HAN", "Marion's liaison")], []
    )
    assert named((await view_help(home.staff)).contacts) == [(RELATIONS, "Marion's liaison", "HAN")]
    by_county = await view_help(home.staff, await offices.county("Boone"))
    assert named(by_county.contacts) == [(RELATIONS, "Boone's liaison", "CMO")]


@pytest.mark.parametrize("county", ["99999", "", "Boone", "29019\x00", "²", "9" * 5000])
async def test_a_county_that_does_not_exist_is_not_found(offices: World, county: str) -> None:
    who = await offices.user(Role.AUDITOR)
    with pytest.raises(NotFound):
        await view_help(who, county)


@pytest.mark.requirement("POL-29")
async def test_helpers_and_hours_hold_from_their_first_to_their_last_day(offices: World) -> None:
    today = date(2026, 3, 2)
    await replace_help(
        offices.house,
        [
            helper(RELATIONS, None, "Gone yesterday", SINCE, date(2026, 3, 1)),
            helper(RELATIONS, None, "Until today", SINCE, today),
            helper(RELATIONS, None, "From today", today),
            helper(RELATIONS, None, "From tomorrow", date(2026, 3, 3)),
        ],
        [
            replace(DESK[0], label="Until today", ends_on=today),
            replace(DESK[0], label="From tomorrow", begins_on=date(2026, 3, 3)),
        ],
    )
    who = await offices.user(Role.AUDITOR)
    view = await view_help(who)
    assert [one.name for one in view.contacts] == ["From today", "Until today"]
    assert [one.label for one in view.support.hours] == ["Until today"]


@pytest.mark.requirement("HLP-06")
@pytest.mark.requirement("PWD-11")
@pytest.mark.parametrize(
    ("hour", "minute", "answers", "opens"),
    [
        (6, 59, None, (2, 7, 0)),
        (7, 0, ("Desk", "555-0101", False), None),
        (17, 29, ("Desk", "555-0101", False), None),
        (17, 30, ("On call", "555-0102", True), None),
        (20, 0, None, (3, 7, 0)),
    ],
)
async def test_anybody_is_told_which_number_answers_now(
    world: World, hour: int, minute: int, answers: object, opens: tuple[int, int, int] | None
) -> None:
    await replace_help(world.house, [], [*ON_CALL, *DESK])
    world.clock.now = datetime(2026, 3, 2, hour, minute, tzinfo=CHICAGO).astimezone(UTC)

    support = await public_support(world.desk)

    number = support.call_now
    assert (number and (number.label, number.phone, number.on_call)) == answers
    assert support.now_open is (answers is not None)
    expected = opens and datetime(2026, 3, *opens, tzinfo=CHICAGO).astimezone(UTC)
    assert support.next_opens == expected
    assert [(one.weekday, one.opens, one.closes) for one in support.hours][:2] == [
        (1, "07:00", "17:30"),
        (1, "17:30", "20:00"),
    ]


async def test_without_hours_on_file_nobody_answers_and_nothing_fails(world: World) -> None:
    support = await public_support(world.desk)
    assert (support.now_open, support.call_now, support.next_opens, support.hours) == (False, None, None, [])


async def test_who_has_to_change_the_password_first_is_helped_all_the_same(world: World) -> None:
    newcomer = await world.user(Role.CONSUMER_REFERRAL_DB, must_change=True)
    view = await view_help(newcomer)
    assert view.manual.url == "/help"
    assert any("browser" in line for line in view.technical_requirements)


async def test_settings_are_replaced_as_a_whole_and_written_down(offices: World) -> None:
    await replace_help(offices.house, [helper(RELATIONS, "CMO", "First")], DESK)
    await replace_help(offices.house, [helper(RELATIONS, "HAN", " Second ")], ON_CALL[:1])

    assert [one.name for one in await HelpContact.all()] == ["Second"]
    assert [one.label for one in await SupportHours.all()] == ["On call"]
    entry = await AuditEntry.filter(act="help.replace").order_by("-id").first()
    assert entry is not None
    assert (entry.outcome, entry.facts) == (Outcome.DONE, {"helpers": 1, "hours": 1})


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (helper(RELATIONS, "NOWHERE", "A"), "UNKNOWN_OFFICE"),
        (helper(RELATIONS, "CMO", " "), "TEXT_REQUIRED"),
        (helper(RELATIONS, "CMO", "A" * 101), "TEXT_TOO_LONG"),
        (helper(RELATIONS, "CMO", "A", date(2026, 3, 2), date(2026, 3, 1)), "DATES_BACKWARDS"),
        (replace(helper(RELATIONS, "CMO", "A"), email="nobody"), "EMAIL_MALFORMED"),
        (replace(helper(RELATIONS, "CMO", "A"), phone="", email=""), "TEXT_REQUIRED"),
        (replace(helper(RELATIONS, "CMO", "A"), phone="5" * 31), "TEXT_TOO_LONG"),
        (replace(DESK[0], closes_minute=420), "HOURS_IMPOSSIBLE"),
        (replace(DESK[0], phone=" "), "TEXT_REQUIRED"),
        (replace(DESK[0], label="A\x00"), "TEXT_MALFORMED"),
    ],
)
async def test_one_wrong_row_leaves_everything_as_it_was(
    offices: World, new: NewHelper | SupportWindow, code: str
) -> None:
    await replace_help(offices.house, [helper(RELATIONS, "CMO", "Kept")], DESK)
    good = helper(RELATIONS, "HAN", "Not taken")
    helpers = [good, new] if isinstance(new, NewHelper) else [good]
    windows = [ON_CALL[0], new] if isinstance(new, SupportWindow) else [ON_CALL[0]]

    with pytest.raises(Invalid) as refused:
        await replace_help(offices.house, helpers, windows)

    assert refused.value.code == code
    assert [one.name for one in await HelpContact.all()] == ["Kept"]
    assert {one.label for one in await SupportHours.all()} == {"Desk"}
    entry = await AuditEntry.filter(act="help.replace").order_by("-id").first()
    assert entry is not None
    assert (entry.outcome, entry.code) == (Outcome.REFUSED, code)


@pytest.mark.parametrize(
    ("wrong", "code"), [({"99999": "CMO"}, "UNKNOWN_COUNTY"), ({"29001": "NOWHERE"}, "UNKNOWN_OFFICE")]
)
async def test_counties_get_their_offices_all_or_none(offices: World, wrong: dict[str, str], code: str) -> None:
    boone = await offices.county("Boone")
    assert await assign_offices(offices.house, {boone: "CMO"}) == 0
    assert await assign_offices(offices.house, {boone: "HAN"}) == 1
    with pytest.raises(Invalid) as refused:
        await assign_offices(offices.house, {boone: None, **wrong})
    assert refused.value.code == code
    assert (await County.get(fips=boone)).regional_office_id == "HAN"
    assert await assign_offices(offices.house, {boone: None}) == 1
    assert (await County.get(fips=boone)).regional_office_id is None
