"""The provider's record: entered, under contract, with homes, taking part; and how profiles are found (000:66-72)."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest

from orm.models import Contact, Contract, County, Outcome, Provider, ProviderKind, RegionalOffice, Site
from resolvers.callers import Caller
from resolvers.contacts import deactivate_contact
from resolvers.provider_search import ProviderFilter
from resolvers.provider_views import EVERYTHING, list_provider_profiles, view_provider_profile
from resolvers.providers import (
    ContractData,
    ProviderData,
    SiteData,
    activate_provider,
    add_site,
    deactivate_provider,
    remove_site,
    upsert_contract,
    upsert_provider,
)
from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal
from rules.profiles import DeactivationReason, ProfileWarning
from rules.referrals import SiteKind
from rules.roles import Role
from tests.world.world import World

HARBOR = ProviderData(
    "Harbor Light", ProviderKind.RESIDENTIAL, "1 Quay Street", "Sampleton", "00000", "555-0101", "555-0102"
)


async def relations(world: World) -> Caller:
    return await world.user(Role.PROVIDER_RELATIONS)


async def names(who: Caller, **where: object) -> list[str]:
    page = await list_provider_profiles(who, where=ProviderFilter(**where))  # type: ignore[arg-type]
    return [view.name for view in page.nodes]


@pytest.mark.requirement("PRF-16")
async def test_a_provider_is_entered_with_all_that_the_form_asks_for_and_changed_as_a_whole(world: World) -> None:
    office = await relations(world)
    await RegionalOffice.get_or_create(code="TST", defaults={"name": "Test Office", "kind": "OFFICE", "city": "Town"})

    key = await upsert_provider(office, None, HARBOR)
    new = await Provider.get(id=key)
    assert (new.name, new.active, new.phone, new.fax, new.city) == (
        "Harbor Light",
        False,
        "555-0101",
        "555-0102",
        "Sampleton",
    )
    changed = ProviderData("Harbor Lights", ProviderKind.RESIDENTIAL, phone="555-0199", regional_office="TST")
    assert await upsert_provider(office, key, changed) == key

    shown = await view_provider_profile(office, key)
    assert (shown.name, shown.phone, shown.address) == ("Harbor Lights", "555-0199", "")
    assert shown.regional_office is not None
    assert shown.regional_office.name == "Test Office"
    entry = (await world.entries("provider.upsert"))[-1]
    assert "phone" in entry.facts["fields"]
    assert "555-0199" not in str(entry.facts)


async def test_what_cannot_be_entered_is_refused_with_its_field(world: World) -> None:
    office = await relations(world)
    await upsert_provider(office, None, HARBOR)
    key = await upsert_provider(office, None, ProviderData("Other", ProviderKind.OTHER))

    refusals: list[tuple[ProviderData, type[Refusal], str]] = [
        (ProviderData(" ", ProviderKind.OTHER), Invalid, "name"),
        (ProviderData("X" * 121, ProviderKind.OTHER), Invalid, "name"),
        (ProviderData("Harbor Light", ProviderKind.OTHER), Conflict, "name"),
        (ProviderData("Other", ProviderKind.OTHER, regional_office="NOWHERE"), Invalid, "regionalOffice"),
        (ProviderData("Other", ProviderKind.OTHER, phone="5\n5"), Invalid, "phone"),
    ]
    for data, refusal, field in refusals:
        with pytest.raises(refusal) as refused:
            await upsert_provider(office, key, data)
        assert refused.value.field == field
    assert (await Provider.get(id=key)).name == "Other"
    with pytest.raises(NotFound):
        await upsert_provider(office, uuid4(), ProviderData("New", ProviderKind.OTHER))


@pytest.mark.requirement("PRF-16")
async def test_contract_periods_share_no_day_and_a_period_can_be_ended(world: World) -> None:
    office, home = await relations(world), await world.provider("Boone")
    [open_end] = await Contract.filter(provider_id=home.id)

    with pytest.raises(Conflict) as refused:
        await upsert_contract(office, home.id, None, ContractData("C-NEXT", date(2026, 7, 1)))
    assert refused.value.code == "CONTRACT_OVERLAPS"
    await upsert_contract(office, home.id, open_end.id, ContractData("C-OLD", date(2020, 1, 1), date(2026, 6, 30)))
    await upsert_contract(office, home.id, None, ContractData("C-NEXT", date(2026, 7, 1)))

    shown = (await view_provider_profile(office, home.id, wanted={"contracts"})).contracts
    assert [(one.number, one.in_force) for one in shown] == [("C-NEXT", False), ("C-OLD", True)]
    other = await world.provider("Boone")
    with pytest.raises(NotFound):
        await upsert_contract(office, other.id, open_end.id, ContractData("C-STOLEN", date(2010, 1, 1)))
    with pytest.raises(Conflict) as refused:
        await upsert_contract(office, other.id, None, ContractData("C-OLD", date(2010, 1, 1), date(2010, 12, 31)))
    assert refused.value.code == "CONTRACT_NUMBER_TAKEN"


@pytest.mark.requirement("PRF-10")
async def test_homes_decide_which_counties_are_warned_of(world: World) -> None:
    office, home = await relations(world), await world.provider("Boone", "Adair")
    boone, adair = await world.county("Boone"), await world.county("Adair")
    site = await add_site(office, home.id, SiteData(SiteKind.GROUP_HOME, boone, "Sampleton", 4))
    await add_site(office, home.id, SiteData(SiteKind.ISL, adair))

    async def strange() -> set[str]:
        view = await view_provider_profile(office, home.id, wanted={"warnings"})
        return {
            county.name
            for one in view.warnings
            if one.code is ProfileWarning.COUNTY_WITHOUT_SITE
            for county in one.counties
        }

    assert await strange() == set()
    assert await remove_site(office, site) == home.id
    assert await strange() == {"Boone"}
    with pytest.raises(NotFound):
        await remove_site(office, site)
    for data in (SiteData(SiteKind.ISL, "29999"), SiteData(SiteKind.ISL, boone, beds=-1)):
        with pytest.raises(Invalid):
            await add_site(office, home.id, data)
    assert await Site.filter(provider_id=home.id).count() == 1


async def test_taking_part_twice_is_a_conflict_and_the_reason_of_an_end_is_in_the_trail(world: World) -> None:
    office, home = await relations(world), await world.provider("Boone")
    with pytest.raises(Conflict):
        await activate_provider(office, home.id)
    await deactivate_provider(office, home.id, DeactivationReason.MERGED)
    with pytest.raises(Conflict):
        await deactivate_provider(office, home.id, DeactivationReason.MERGED)
    done = (await world.entries("provider.deactivate"))[0]
    assert (done.outcome, done.facts["reason"], done.about_id) == (Outcome.DONE, "MERGED", home.id)


@pytest.mark.requirement("PRF-18")
async def test_a_providers_staff_changes_no_record_and_sees_no_other_provider(world: World) -> None:
    home, other = await world.provider("Boone"), await world.provider("Boone")
    for staff in (home.staff, await world.user(Role.PROVIDER_PROFILE_UPDATE, provider_id=home.id)):
        with pytest.raises(Denied):
            await upsert_provider(staff, home.id, HARBOR)
        with pytest.raises(NotFound):
            await view_provider_profile(staff, other.id)
        assert await names(staff) == [home.name]
        assert await names(staff, name=other.name) == []
        assert (await view_provider_profile(staff, home.id)).name == home.name
    loose = await world.user(Role.PROVIDER_PROFILE_UPDATE)
    assert await names(loose) == []


@pytest.mark.requirement("PRF-03")
async def test_the_profile_lists_contacts_with_all_that_is_known_of_them(world: World) -> None:
    home = await world.provider("Boone", "Adair")
    gone = await world.contact(home.id, active=False)

    shown = await view_provider_profile(home.staff, home.id, wanted=EVERYTHING)

    assert [one.id for one in shown.contacts] == [home.contact_id, gone.id], "the active ones first"
    mine = shown.contacts[0]
    assert (mine.user_id, [county.name for county in mine.counties]) == (home.staff.actor.label, ["Adair", "Boone"])
    assert {one.code for one in mine.warnings} == {
        ProfileWarning.EMAIL_UNCONFIRMED,
        ProfileWarning.NOT_VERIFIED,
        ProfileWarning.COUNTY_WITHOUT_SITE,
    }
    assert shown.contacts[1].warnings == []
    assert (shown.reachable, shown.in_no_referral_status) == (True, False)
    entry = (await world.entries("provider.profile"))[-1]
    assert set(entry.shown) == EVERYTHING
    assert entry.subjects["contact"] == sorted([str(home.contact_id), str(gone.id)])


async def test_what_is_not_asked_for_is_neither_read_nor_written_down_as_shown(world: World) -> None:
    home = await world.provider("Boone")
    shown = await view_provider_profile(home.staff, home.id, wanted={"name"})
    assert (shown.contacts, shown.contracts, shown.warnings) == ([], [], [])
    entry = (await world.entries("provider.profile"))[-1]
    assert (entry.shown, "contact" in entry.subjects) == (["name"], False)


@pytest.mark.requirement("PRF-01")
@pytest.mark.requirement("PRF-11")
async def test_providers_are_found_by_any_combination_of_filters(world: World) -> None:
    office = await relations(world)
    plain = await world.provider("Boone", name="Alpha House")
    suspended = await world.provider("Adair", name="Beta 100% House")
    mute = await world.provider("Boone", name="Gamma_Home")
    tcm = await world.provider("Boone", name="Delta", kind=ProviderKind.TARGETED_CASE_MANAGEMENT)
    asleep = await world.provider("Boone", name="Epsilon House")
    await world.suspend(suspended.id)
    await deactivate_contact(office, mute.contact_id)
    await deactivate_provider(office, asleep.id, DeactivationReason.OTHER)
    boone = await world.county("Boone")

    everyone = [plain.name, suspended.name, tcm.name, asleep.name, mute.name]
    assert await names(office) == everyone
    assert await names(office, name="HOUSE") == [plain.name, suspended.name, asleep.name]
    assert await names(office, name="100%") == [suspended.name]
    assert await names(office, name="_") == [mute.name]
    assert await names(office, name="%") == [suspended.name]
    assert await names(office, name="\0") == []
    assert await names(office, kind=ProviderKind.TARGETED_CASE_MANAGEMENT) == [tcm.name]
    assert await names(office, active=False) == [asleep.name]
    assert await names(office, active=True, name="house") == [plain.name, suspended.name]
    assert await names(office, county=boone) == [plain.name, tcm.name, asleep.name], "an inactive contact covers none"
    assert await names(office, no_referral_status=True) == [suspended.name]
    assert suspended.name not in await names(office, no_referral_status=False)
    assert await names(office, unreachable=True) == [mute.name]
    assert await names(office, unreachable=False, county=boone, active=True, kind=ProviderKind.RESIDENTIAL) == [
        plain.name
    ]
    await Contact.filter(id=plain.contact_id).update(email_bounced_at=world.clock())
    await Contact.filter(id=tcm.contact_id).update(email=None)
    assert await names(office, unreachable=True) == [plain.name, tcm.name, mute.name]
    views = await list_provider_profiles(office, where=ProviderFilter(unreachable=True), wanted={"reachable"})
    assert [view.reachable for view in views.nodes] == [False] * 3, "the filter and the rule say the same"


async def test_pages_of_providers_go_by_name_visit_each_once_and_stay_where_they_are(world: World) -> None:
    office = await relations(world)
    for name in ("Mu", "Alpha", "Zeta", "Beta", "Kappa"):
        await world.provider("Boone", name=name)
    seen: list[str] = []
    after: str | None = None
    for turn in range(3):
        page = await list_provider_profiles(office, first=2, after=after, count=True)
        seen += [view.name for view in page.nodes]
        assert (page.total_count, page.has_next_page, page.has_previous_page) == (5 + turn, turn < 2, turn > 0)
        after = page.cursors[-1]
        await upsert_provider(office, None, ProviderData(f"Aaa {turn}", ProviderKind.OTHER))
    assert seen == ["Alpha", "Beta", "Kappa", "Mu", "Zeta"]
    for cursor in ("x", "", "\0"):
        with pytest.raises(Invalid):
            await list_provider_profiles(office, after=cursor)
    for first in (0, 101):
        with pytest.raises(Invalid):
            await list_provider_profiles(office, first=first)


@pytest.mark.requirement("PRF-01")
async def test_a_cursor_tells_a_provider_nothing_of_where_another_one_stands(world: World) -> None:
    office = await relations(world)
    own, earlier, later = [await world.provider("Boone", name=name) for name in ("Mu", "Alpha", "Zeta")]
    page = await list_provider_profiles(office)
    cursors = {view.id: cursor for view, cursor in zip(page.nodes, page.cursors, strict=True)}

    for other in (earlier, later):
        with pytest.raises(Invalid) as stale:
            await list_provider_profiles(own.staff, after=cursors[other.id])
        assert stale.value.code == "CURSOR_STALE"
    assert (await list_provider_profiles(own.staff, after=cursors[own.id])).nodes == []


async def test_every_role_that_sees_profiles_of_all_sees_them(world: World) -> None:
    home = await world.provider("Boone")
    for role in (Role.PROVIDER_RELATIONS, Role.CENTRAL_STAFF, Role.ADMINISTRATOR, Role.TRANSITION_COORDINATOR):
        assert (await view_provider_profile(await world.user(role), home.id)).id == home.id
    with pytest.raises(NotFound):
        await view_provider_profile(await relations(world), uuid4())
    assert await County.all().count() == 115
