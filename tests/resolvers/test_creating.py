"""Creating a referral: what is kept, and bad input refused, written down and without a trace (001:101-107)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from orm.models import Consumer, Counter, Facility, Guardian, Outcome, Referral, ReferralCounty, ReferralVersion, User
from orm.sql import fetch
from resolvers.referral_entry import NewGuardian, NewReferral, create_referral
from resolvers.referral_views import view_referral
from rules.accounts import AccountState
from rules.errors import Conflict, Invalid, Refusal
from rules.referrals import Gender, ReferralStatus
from rules.roles import Role
from tests.world.world import World


async def _refused(world: World, new: NewReferral) -> Refusal:
    """Attempt what has to be refused, and see that nothing but the entry is left of it."""
    coordinator = await world.coordinator("Boone")
    counted = (await Counter.get(name="referral")).value

    with pytest.raises(Refusal) as refused:
        await create_referral(coordinator, new)

    assert await Referral.all().count() == await ReferralCounty.all().count() == await Guardian.all().count() == 0
    assert (await Counter.get(name="referral")).value == counted
    [entry] = await world.entries("referral.create")
    assert (entry.outcome, entry.code, entry.actor_id) == (Outcome.REFUSED, refused.value.code, coordinator.actor.id)
    return refused.value


@pytest.mark.requirement("REF-01")
@pytest.mark.requirement("REF-09")
async def test_a_new_referral_is_a_draft_with_a_number_and_everything_that_was_entered(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    new = await world.new_referral("Boone", "Adair", primary=coordinator, birth_date=date(1990, 2, 28))
    guardians = (
        NewGuardian(" Ada Example ", "sister", "555-0101", "Ada@Example.ORG"),
        NewGuardian("Bo Example"),
    )
    new = replace(new, consumer=replace(new.consumer, guardians=guardians, last_name="  O\u2019Brien  "))

    first = await create_referral(coordinator, new)
    second = await world.draft(coordinator)

    view = await view_referral(coordinator, number=first, wanted={"preferredCounties", "consumer.guardians"})
    assert second == first + 1
    assert (view.status, view.statewide, view.version, view.age) == (ReferralStatus.DRAFT, False, 1, None)
    assert [county.name for county in view.preferred_counties] == ["Adair", "Boone"]
    assert (view.consumer.last_name, view.consumer.age, view.consumer.gender) == ("O\u2019Brien", 36, Gender.FEMALE)
    assert [(one.name, one.relationship, one.email) for one in view.consumer.guardians] == [
        ("Ada Example", "sister", "Ada@example.org"),
        ("Bo Example", "", ""),
    ]
    assert view.primary_coordinator is not None
    assert view.primary_coordinator.id == coordinator.actor.id
    versions = await ReferralVersion.filter(referral_id=view.id)
    assert [(version.version, version.act) for version in versions] == [(1, "created")]


@pytest.mark.requirement("REF-02")
async def test_a_draft_may_have_no_county_yet(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    new = replace(await world.new_referral(), statewide=False)
    assert await create_referral(coordinator, new)


@pytest.mark.requirement("REF-02")
@pytest.mark.parametrize(
    "county", ["29999", "Boone", "", "\0", "\ud800", "2901", "29019 ", "\u0662\u0669\u0660\u0661\u0669"]
)
async def test_an_unknown_county_is_refused(world: World, county: str) -> None:
    new = await world.new_referral("Boone")
    refused = await _refused(world, replace(new, preferred_counties=new.preferred_counties | {county}))
    assert (refused.code, refused.field) == ("UNKNOWN_COUNTY", "preferredCounties")


@pytest.mark.requirement("REF-02")
async def test_a_statewide_referral_has_no_counties(world: World) -> None:
    new = await world.new_referral("Boone")
    refused = await _refused(world, replace(new, statewide=True))
    assert (refused.code, refused.field) == ("STATEWIDE_HAS_NO_COUNTIES", "preferredCounties")


@pytest.mark.requirement("REF-08")
@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        ("12", "FACILITY_CODE_MALFORMED"),
        ("1234", "FACILITY_CODE_MALFORMED"),
        ("12a", "FACILITY_CODE_MALFORMED"),
        ("12\n", "FACILITY_CODE_MALFORMED"),
        ("\u0661\u0662\u0663", "FACILITY_CODE_MALFORMED"),
        ("\0\0\0", "FACILITY_CODE_MALFORMED"),
        ("999", "UNKNOWN_FACILITY"),
        ("300", "UNKNOWN_FACILITY"),
    ],
)
async def test_a_facility_is_three_digits_that_stand_for_one_in_use(world: World, code: str, refusal: str) -> None:
    await Facility.create(code="300", name="Closed down", active=False)
    refused = await _refused(world, replace(await world.new_referral("Boone"), facility_code=code))
    assert (refused.code, refused.field) == (refusal, "facilityCode")


async def test_a_birth_date_is_today_at_the_latest_in_chicago(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    world.clock.now += timedelta(hours=14, minutes=59)  # 23:59 of 2 March in Chicago, 3 March in UTC
    await create_referral(coordinator, await world.new_referral("Boone", birth_date=date(2026, 3, 2)))
    tomorrow = await world.new_referral("Boone", birth_date=date(2026, 3, 3))
    with pytest.raises(Invalid) as refused:
        await create_referral(coordinator, tomorrow)
    assert (refused.value.code, refused.value.field) == ("BIRTH_DATE_IN_FUTURE", "birthDate")
    world.clock.forward(minutes=1)
    await create_referral(coordinator, tomorrow)


@pytest.mark.parametrize(
    ("birth_date", "code"), [(date(2026, 3, 3), "BIRTH_DATE_IN_FUTURE"), (date(1, 1, 1), "BIRTH_DATE_TOO_OLD")]
)
async def test_an_impossible_birth_date_is_refused(world: World, birth_date: date, code: str) -> None:
    refused = await _refused(world, await world.new_referral("Boone", birth_date=birth_date))
    assert (refused.code, refused.field) == (code, "birthDate")


MEGABYTE = "x" * 1_000_000


@pytest.mark.parametrize(
    ("entered", "code", "field"),
    [
        ({"last_name": ""}, "TEXT_REQUIRED", "lastName"),
        ({"first_name": " \t "}, "TEXT_REQUIRED", "firstName"),
        ({"dmh_id": ""}, "TEXT_REQUIRED", "dmhId"),
        ({"last_name": MEGABYTE}, "TEXT_TOO_LONG", "lastName"),
        ({"last_name": "x" * 101}, "TEXT_TOO_LONG", "lastName"),
        ({"dmh_id": "x" * 21}, "TEXT_TOO_LONG", "dmhId"),
        ({"address": "x" * 121}, "TEXT_TOO_LONG", "address"),
        ({"city": "x" * 61}, "TEXT_TOO_LONG", "city"),
        ({"zip_code": "x" * 11}, "TEXT_TOO_LONG", "zipCode"),
        ({"last_name": "a\0b"}, "TEXT_MALFORMED", "lastName"),
        ({"dmh_id": "a\0b"}, "TEXT_MALFORMED", "dmhId"),
        ({"first_name": "a\nb"}, "TEXT_MALFORMED", "firstName"),
        ({"first_name": "a\ud800"}, "TEXT_MALFORMED", "firstName"),
        ({"address": "a\u202eb"}, "TEXT_MALFORMED", "address"),
        ({"city": "\x1b[2J"}, "TEXT_MALFORMED", "city"),
        ({"guardians": (NewGuardian(""),)}, "TEXT_REQUIRED", "guardians"),
        ({"guardians": (NewGuardian("A", email="not an address"),)}, "EMAIL_MALFORMED", "guardians"),
        ({"guardians": (NewGuardian("A", relationship=MEGABYTE),)}, "TEXT_TOO_LONG", "guardians"),
    ],
    ids=repr,
)
async def test_a_text_that_is_empty_too_long_or_unshowable_is_refused(
    world: World, entered: dict[str, Any], code: str, field: str
) -> None:
    new = await world.new_referral("Boone")
    refused = await _refused(world, replace(new, consumer=replace(new.consumer, **entered)))
    assert (refused.code, refused.field) == (code, field)
    assert await Consumer.all().count() == 0


async def test_texts_at_their_limits_are_kept(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    new = await world.new_referral("Boone")
    long = replace(new.consumer, last_name="\u00e9" * 100, dmh_id="9" * 20, address="x" * 120, zip_code="1" * 10)
    number = await create_referral(coordinator, replace(new, consumer=long))
    assert (await view_referral(coordinator, number=number)).consumer.last_name == "\u00e9" * 100


@pytest.mark.requirement("REF-09")
async def test_a_known_dmh_id_is_the_same_person_only_with_the_same_birth_date(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    new = await world.new_referral("Boone")
    first = await create_referral(coordinator, new)
    again = replace(new, consumer=replace(new.consumer, dmh_id=f" {new.consumer.dmh_id} "))
    second = await create_referral(coordinator, again)

    other = replace(new, consumer=replace(new.consumer, birth_date=date(1991, 1, 1)))
    with pytest.raises(Conflict) as refused:
        await create_referral(coordinator, other)

    assert (refused.value.code, refused.value.field) == ("DMH_ID_TAKEN", "dmhId")
    assert (await world.referral(first)).consumer_id == (await world.referral(second)).consumer_id
    assert await Consumer.all().count() == 1
    assert await Referral.all().count() == 2


@pytest.mark.requirement("REF-14")
@pytest.mark.parametrize("who", ["nobody", "provider", "central", "former", "disabled"])
async def test_only_an_active_coordinator_is_a_primary_coordinator(world: World, who: str) -> None:
    home = await world.provider("Boone")
    central, former, disabled = (
        await world.user(Role.CENTRAL_STAFF),
        await world.coordinator("Boone"),
        await world.coordinator("Boone"),
    )
    await (await User.get(id=former.actor.id)).role_grants.all().update(ended_at=world.clock())  # type: ignore[attr-defined]
    await User.filter(id=disabled.actor.id).update(state=AccountState.DISABLED)
    keys = {
        "nobody": uuid4(),
        "provider": home.staff.actor.id,
        "central": central.actor.id,
        "former": former.actor.id,
        "disabled": disabled.actor.id,
    }
    refused = await _refused(world, replace(await world.new_referral("Boone"), primary_coordinator_id=keys[who]))
    assert (refused.code, refused.field) == ("NOT_A_COORDINATOR", "primaryCoordinatorId")


async def test_a_refusal_never_repeats_what_was_entered(world: World) -> None:
    new = await world.new_referral("Boone", last_name="Verysecretname\x07")
    refused = await _refused(world, new)
    assert "secret" not in refused.message.lower()
    assert "secret" not in str(await fetch("SELECT * FROM audit_entry")).lower()
