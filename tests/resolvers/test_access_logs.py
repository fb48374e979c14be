"""What a person did, who saw a referral, what I did; and reading it is written down itself (AUD-02 to AUD-06)."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orm.models import AuditEntry, AuditTrace, Outcome, PolicyVersion, User
from resolvers import access_report_export, traces
from resolvers.access_logs import AccessEntryView, log_of_mine, log_of_referral, report_access
from resolvers.access_report_export import begin_report_export, report_sheet
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.referral_views import list_referrals, view_referral
from resolvers.traces import trace_next_seal
from resolvers.trail import write_entry
from rules.errors import Invalid, NotFound, Refusal
from rules.judgement import Ground, Purpose
from rules.roles import Role
from tests.world.sealed_trail import SealedTrail
from tests.world.world import World


def acts(page: Page[AccessEntryView]) -> list[str]:
    return [entry.act for entry in page.nodes]


async def all_entries(read: Any, who: Caller, *what: object, first: int) -> list[AccessEntryView]:
    """Read page by page to the end; the readings of the log itself are left out."""
    entries: list[AccessEntryView] = []
    after = None
    while True:
        page = await read(who, *what, first=first, after=after)
        entries += [entry for entry in page.nodes if not entry.act.startswith("trail.")]
        if not page.has_next_page:
            return entries
        after = page.cursors[-1]


async def all_pages(read: Any, who: Caller, *what: object, first: int) -> list[int]:
    return [entry.number for entry in await all_entries(read, who, *what, first=first)]


@pytest.mark.requirement("AUD-02")
@pytest.mark.requirement("AUD-04")
@pytest.mark.requirement("AUD-05")
async def test_the_report_of_a_person_is_the_last_30_days_of_the_log_each_entry_judged(world: World) -> None:
    boone, cso = await world.coordinator("Boone"), await world.user(Role.CSO)
    number = await world.published(boone, "Boone")
    far = await world.coordinator("Adair")
    keys = {"referral": {str((await world.referral(number)).id)}}
    await write_entry(
        far, "referral.view", Outcome.DONE, at=world.clock(), subjects=keys, shown=frozenset({"consumer"})
    )
    world.clock.forward(days=29)
    await view_referral(boone, number=number)

    page = await report_access(cso, f"DMH\\{far.actor.label.lower()}")
    [entry] = page.nodes
    assert (entry.act, entry.user_id, entry.outcome, entry.shown) == (
        "referral.view",
        far.actor.label,
        Outcome.DONE,
        ["consumer"],
    )
    assert entry.judgement is not None
    assert (entry.judgement.explained, entry.judgement.ground) == (False, Ground.NO_SCOPE)
    mine = await report_access(cso, boone.actor.label)
    assert acts(mine) == ["referral.view", "referral.publish", "referral.create"]
    assert {one.judgement.explained for one in mine.nodes if one.judgement} == {True}
    assert {(one.purpose, one.policy_version) for one in mine.nodes} == {(Purpose.DUTY, "defaults")}
    # The 31st day is out, unless it is asked for.
    world.clock.forward(days=1)
    assert acts(await report_access(cso, far.actor.label)) == []
    first = date(2026, 3, 2)
    assert acts(await report_access(cso, far.actor.label, first, first)) == ["referral.view"]
    assert acts(await report_access(cso, far.actor.label, date(2026, 3, 3), date(2026, 3, 31))) == []
    await PolicyVersion.create(key="sar.window_days", value=31, effective_from=first, decided_at=world.clock())
    assert acts(await report_access(cso, far.actor.label)) == ["referral.view"]
    # Reading it is an entry that says whose log was read, and is a review in the reader's own.
    told = (await world.entries("trail.report"))[0]
    assert (told.about_id, told.actor_id, told.facts["entries"]) == (far.actor.id, cso.actor.id, 1)
    assert (told.facts["first_day"], told.facts["last_day"]) == ("2026-03-02", "2026-03-31")
    own = await report_access(cso, cso.actor.label)
    assert {one.judgement.ground for one in own.nodes if one.judgement} == {Ground.REVIEW}
    assert {one.purpose for one in own.nodes} == {Purpose.REVIEW}


@pytest.mark.requirement("AUD-05")
async def test_a_report_of_nobody_of_no_days_or_with_a_strange_cursor_is_refused_and_written_down(world: World) -> None:
    cso = await world.user(Role.CSO)
    name, day, before = cso.actor.label, date(2026, 3, 2), date(2026, 3, 1)
    stranger = (await log_of_mine(cso)).cursors or ["QUNDRVNTOjE"]
    for attempt, code in (
        (report_access(cso, "NOBODY"), "ACCOUNT_NOT_FOUND"),
        (report_access(cso, "no user id"), "USER_ID_MALFORMED"),
        (report_access(cso, name, day, before), "TRAIL_PERIOD"),
        (report_access(cso, name, date.min, date.max), "TRAIL_PERIOD"),
        (report_access(cso, name, first=101), "PAGE_SIZE"),
        (report_access(cso, name, after="nonsense"), "CURSOR_MALFORMED"),
        (log_of_referral(cso, 1, after=stranger[0]), "REFERRAL_NOT_FOUND"),
        (begin_report_export(cso, "NOBODY"), "ACCOUNT_NOT_FOUND"),
        (begin_report_export(cso, name, day, before), "TRAIL_PERIOD"),
    ):
        with pytest.raises(Refusal) as no:
            await attempt
        assert isinstance(no.value, NotFound | Invalid)
        assert no.value.code == code
        entry = await AuditEntry.all().order_by("-id").first()
        assert entry is not None
        assert (entry.outcome, entry.code) == (Outcome.REFUSED, code)


@pytest.mark.requirement("AUD-02")
async def test_pages_of_a_report_go_on_where_they_stopped_though_new_entries_come_and_many_are_of_one_moment(
    world: World,
) -> None:
    cso = await world.user(Role.CSO)
    for _ in range(3):
        for _ in range(3):
            await log_of_mine(cso)
        world.clock.forward(minutes=1)
    expected = [entry.id for entry in (await world.entries("account.access_log"))[::-1]]
    assert await all_pages(report_access, cso, cso.actor.label, first=4) != []
    seen = [one for one in await all_pages(report_access, cso, cso.actor.label, first=2) if one in expected]
    assert seen == expected


@pytest.mark.requirement("AUD-06")
async def test_the_log_of_a_referral_tells_everybody_who_saw_it_sealed_or_not_and_misses_nobody(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traces, "_SEALS_AT_ONCE", 2)
    boone, home, cso = await world.coordinator("Boone"), await world.provider("Boone"), await world.user(Role.CSO)
    number, other = await world.published(boone, "Boone"), await world.published(boone, "Boone")
    trail = SealedTrail(world, tmp_path)
    for _ in range(3):
        await view_referral(home.staff, number=number)
        await list_referrals(home.staff)
        await view_referral(boone, number=other)
        await trail.seal(most=3)
    key = str((await world.referral(number)).id)
    expected = [one.id for one in await AuditEntry.all().order_by("-id") if key in one.subjects.get("referral", ())]
    assert len(expected) == 8  # created, published, and shown six times

    assert await all_pages(log_of_referral, cso, number, first=3) == expected
    traced = 0
    while await trace_next_seal() is not None:
        traced += 1
        assert await all_pages(log_of_referral, cso, number, first=2) == expected
    assert traced > 3
    assert await trace_next_seal() is None
    assert await AuditTrace.all().count() > traced
    await view_referral(boone, number=number)
    newest, *others = await all_entries(log_of_referral, cso, number, first=100)
    assert newest.act == "referral.view"
    assert (newest.user_id, newest.provider) == (boone.actor.label, None)
    seen = next(one for one in others if one.user_id == home.staff.actor.label)
    assert (seen.provider, seen.name) == (home.name, (await User.get(id=home.staff.actor.id)).name)
    assert seen.judgement is not None
    assert seen.judgement.ground is Ground.AUDIENCE
    entry = (await world.entries("trail.of_referral"))[-1]
    assert entry.about_id == (await world.referral(number)).id


@pytest.mark.requirement("AUD-06")
async def test_accesses_are_accounted_for_over_six_years(world: World) -> None:
    boone, officer = await world.coordinator("Boone"), await world.user(Role.PRIVACY_OFFICER)
    number = await world.published(boone, "Boone")
    world.clock.forward(days=365 * 6)
    assert acts(await log_of_referral(officer, number)) == ["referral.publish", "referral.create"]
    world.clock.forward(days=7)
    page = await log_of_referral(officer, number)
    assert (acts(page), page.has_next_page) == (["trail.of_referral"], False)


@pytest.mark.requirement("AUD-02")
async def test_everybody_reads_what_they_did_themselves_unjudged_and_nothing_of_others(world: World) -> None:
    boone, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(boone, "Boone")
    await view_referral(home.staff, number=number)
    nobody = await world.user()
    assert acts(await log_of_mine(nobody)) == []
    page = await log_of_mine(home.staff)
    assert acts(page) == ["referral.view"]
    assert page.nodes[0].judgement is None
    assert acts(await log_of_mine(home.staff)) == ["account.access_log", "referral.view"]
    for attempt in (report_access(boone, "USER0001"), log_of_referral(boone, number)):
        with pytest.raises(Refusal) as no:
            await attempt
        assert no.value.code == "DENIED"


@pytest.mark.requirement("AUD-05")
async def test_a_report_leaves_the_house_as_a_sheet_whose_cells_are_no_formulas_and_that_is_written_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_report_export, "_BATCH", 2)
    cso, boone = await world.user(Role.CSO), await world.coordinator("Boone")
    await User.filter(id=boone.actor.id).update(first_name="=1+1;", last_name='"Nova", Ltd')
    numbers = [await world.published(boone, "Boone") for _ in range(3)]

    export = await begin_report_export(cso, boone.actor.label)
    [entry] = await world.entries("trail.export_report")
    assert (entry.about_id, entry.facts["entries"]) == (boone.actor.id, 6)
    await view_referral(boone, number=numbers[0])  # after it was asked for: not in it
    sheet = b"".join([piece async for piece in report_sheet(export)])

    assert sheet.startswith(b"\xef\xbb\xbfEntry,")
    heading, *rows = csv.reader(sheet.decode("utf-8-sig").splitlines())
    assert heading == list(access_report_export.HEADINGS)
    assert [row[5] for row in rows] == ["referral.publish", "referral.create"] * 3
    assert {row[3] for row in rows} == {'\'=1+1; "Nova", Ltd'}
    assert {(row[1], row[11]) for row in rows} == {("2026-03-02 09:00:00", "yes")}
    assert {row[8] for row in rows} == {"DUTY"}
