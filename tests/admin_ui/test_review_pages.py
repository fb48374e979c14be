"""A review worked through on its pages: several rows at once, never over somebody else's verdict, reports beside it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from orm.models import AccessJudgement
from resolvers.activity_review_judging import judge_access
from resolvers.review_findings import FindingEntry, open_finding
from rules.activity_reviews import AccessVerdict, FindingKind, Remedy, Severity
from rules.calendar import local_date
from rules.roles import Role
from tests.admin_ui.browser import SignsIn
from tests.world.evidence import plant_evidence
from tests.world.reviews import midnight, opened_review, user_id_of, wrote
from tests.world.world import World


@pytest.mark.requirement("SAR-04", "SAR-10", "RSK-24")
async def test_rows_are_judged_together_but_never_over_a_verdict_that_was_not_read(
    world: World, signed_in: SignsIn
) -> None:
    home = await world.provider("Boone")
    rows = [await wrote(home.staff, "account.no_such_act", midnight(world, 3)) for _ in range(3)]
    review = await opened_review(world)
    cso, other = await world.user(Role.CSO), await world.user(Role.CSO)
    user_id = await user_id_of(home.staff)
    here = f"/reviews/activity/{review.number}/members/{user_id}"
    page = await signed_in(cso)
    await page.get(here)
    assert len(page.rows()) == 3
    verdict = {"verdict": "JUSTIFIED", "note": "Part of a complaint."}

    assert (await page.post(here, verdict)).status_code == 422
    assert "Tick at least one row." in page.text
    assert "Part of a complaint." in page.page
    assert await AccessJudgement.all().count() == 0
    await judge_access(other, review.number, user_id, rows[1], AccessVerdict.DISCREPANCY, "No complaint is known.")
    every = ",".join(f"{row}:0" for row in rows)
    answer = await page.post(here, {**verdict, "every": every})
    assert answer.status_code == 409
    assert f"Entry {rows[1]}: Somebody else has judged this row meanwhile." in page.text
    assert "The 1 before it were judged." in page.text
    assert "No complaint is known." in page.text, "the other verdict is there to be read"
    assert await AccessJudgement.filter(entry_id=rows[2]).count() == 0
    answer = await page.post(here, {**verdict, "row": [f"{rows[1]}:1", f"{rows[2]}:0"]})
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, here)
    assert await AccessJudgement.all().count() == 4

    auditor = await signed_in(await world.user(Role.AUDITOR))
    await auditor.get(here)
    assert "You may read this and not judge it" in auditor.text
    assert 'type="checkbox"' not in auditor.page
    await auditor.get(f"/reviews/activity/{review.number}/draw")
    assert "the same list, the same numbers, the same user IDs" in auditor.text
    listed = await auditor.get(f"/reviews/activity/{review.number}/list.txt")
    assert user_id in listed.text
    number = await plant_evidence(world)
    await auditor.get(f"/evidence/{number}")
    assert "A <b>name</b> & more" in auditor.text, "shown, not obeyed"
    assert f"/evidence/{number}.pdf" in auditor.page
    assert (await auditor.get("/evidence/4000000000")).status_code == 404


@pytest.mark.requirement("SAR-04")
async def test_a_reviewer_who_does_not_read_the_trail_opens_a_row_and_finds_no_link_to_a_refusal(
    world: World, signed_in: SignsIn
) -> None:
    home = await world.provider("Boone")
    entry = await wrote(home.staff, "account.no_such_act", midnight(world, 3))
    review = await opened_review(world)
    page = await signed_in(await world.user(Role.PRIVACY_OFFICER))
    await page.get(f"/reviews/activity/{review.number}/members/{await user_id_of(home.staff)}")
    assert f'href="/trail/entries/{entry}"' in page.page
    assert (await page.get(f"/trail/entries/{entry}")).status_code == 200

    content = page.page.partition('<main id="content"')[2].partition("</main>")[0]
    for href in re.findall(r'href="(/[^"]*)"', content):
        assert (await page.get(href)).status_code in {200, 409}, href


@pytest.mark.requirement("SAR-07", "SAR-09")
async def test_a_finding_is_listed_as_open_until_it_is_carried_out_and_home_says_when_it_is_late(
    world: World, signed_in: SignsIn
) -> None:
    home = await world.provider("Boone")
    review = await opened_review(world)
    cso = await world.user(Role.CSO)
    today = local_date(world.clock())
    entry = FindingEntry(FindingKind.PROCEDURE, Severity.LOW, Remedy.NO_FORM, "No training.", due_on=today)
    number = await open_finding(cso, review.number, await user_id_of(home.staff), entry)
    page, auditor = await signed_in(cso), await signed_in(await world.user(Role.AUDITOR))
    here = f"/reviews/activity/findings/{number}"
    await page.get("/")
    assert "1 finding to carry out" in page.text
    assert "1 finding to carry out Needs attention" not in page.text, "its day has not passed"

    await page.get(f"{here}/date")
    past = (today - timedelta(days=1)).isoformat()
    assert (await page.post(f"{here}/date", {"dueOn": past})).status_code == 422
    assert 'id="dueOn-wrong"' in page.page
    await page.get("/reviews/activity/findings?state=open")
    assert len(page.rows()) == 1
    await auditor.get(here)
    assert "No training." in auditor.text
    assert f"{here}/close" not in auditor.page
    world.clock.forward(days=1)
    page = await signed_in(cso)
    await page.get("/")
    assert "1 finding to carry out Needs attention" in page.text, "now it has"
    await page.get(f"{here}/close")
    await page.post(f"{here}/close", {"note": "The training says it now."})

    await page.get("/reviews/activity/findings?state=open")
    assert "No finding fits." in page.text
    await page.get("/reviews/activity/findings?state=done")
    assert len(page.rows()) == 1
    await page.get("/reviews/activity/patterns")
    assert page.rows()[0].endswith("Procedure 1 1 1")
