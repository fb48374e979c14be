"""The rooms of the trail and of the activity review, as the people of the security offices go through them."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import expect

from orm.models import ActivityReview, ReviewFinding, SupervisorQuestion
from resolvers.activity_review_judging import go_on_without_supervisor
from resolvers.activity_review_views import view_activity_review
from resolvers.callers import Caller
from rules.activity_reviews import NeedAnswer, ReviewState
from rules.roles import Role
from tests.browser.conftest import Opens
from tests.browser.looking import check_accessible
from tests.world.reviews import midnight, opened_review, user_id_of, wrote
from tests.world.sealed_trail import SealedTrail
from tests.world.world import PASSWORD, World


async def _go_on(cso: Caller, number: int) -> None:
    for member in (await view_activity_review(cso, number)).members:
        if member.supervisor is None:
            await go_on_without_supervisor(cso, number, member.user_id, "On leave until summer.")


@pytest.mark.requirement("SAR-01", "SAR-04", "SAR-06", "SAR-07", "SAR-10", "RSK-24")
async def test_an_officer_works_a_review_through_without_a_script_and_the_supervisor_answers_signed(
    opens: Opens, world: World
) -> None:
    home = await world.provider("Boone")
    boss = await world.user(Role.EXECUTIVE_DIRECTOR, provider_id=home.id)
    rows = [await wrote(home.staff, "account.no_such_act", midnight(world, 3)) for _ in range(3)]
    review = await opened_review(world)
    cso = await world.user(Role.CSO)
    user_id = await user_id_of(home.staff)
    page, of_boss = await opens(cso, script=False), await opens(boss)

    await page.goto("/")
    await page.get_by_role("link", name="system activity review to complete").click()
    await page.get_by_role("link", name=str(review.number), exact=True).click()
    await expect(page.get_by_text("3 rows left")).to_be_visible()
    await page.get_by_role("link", name=user_id).click()
    await page.get_by_label(f"Judge entry {rows[0]}").check()
    await page.get_by_label("Justified").check()
    await page.get_by_label("Note").fill("Part of a complaint.")
    await page.get_by_role("button", name="Judge the ticked rows").click()
    await expect(page.get_by_role("status").last).to_have_text("Your verdict was written down.")
    await expect(page.locator("tbody").first.locator("tr").last).to_contain_text("Part of a complaint.")
    await page.get_by_label("Discrepancy").check()
    await page.get_by_label("Note").fill("Nobody asked for it.")
    await page.get_by_role("button", name="Judge all 2").click()
    await expect(page.get_by_text("A discrepancy has no finding yet.")).to_be_visible()

    await page.get_by_role("link", name="Ask the supervisor").click()
    await page.get_by_label("User ID of the supervisor").fill("NOBODY01")
    await page.get_by_role("button", name="Ask", exact=True).click()
    await expect(page.get_by_label("User ID of the supervisor")).to_have_value("NOBODY01")
    await page.get_by_label("User ID of the supervisor").fill(await user_id_of(boss))
    await page.get_by_role("button", name="Ask", exact=True).click()
    await page.get_by_role("link", name="Write down a finding").click()
    await page.get_by_label("Kind").select_option(label="Access without reason")
    await page.get_by_label("Low").check()
    await page.get_by_label("No form: nothing of the access changes").check()
    await page.get_by_label("What was found").fill("Looked without business.")
    await page.get_by_role("button", name="Write it down").click()
    await expect(page.get_by_text("A finding is not taken back.")).to_be_visible()
    await page.get_by_role("button", name="Write it down").click()
    await expect(page.get_by_role("status").last).to_have_text("The finding was written down.")
    finding = await ReviewFinding.get()

    await of_boss.goto("/")
    await of_boss.get_by_role("link", name="question to you as supervisor").click()
    await of_boss.get_by_role("link", name=user_id).click()
    await of_boss.get_by_label("All of it is needed").check()
    for password in ("wrong", PASSWORD):
        await of_boss.get_by_label("Your user ID").fill(await user_id_of(boss))
        await of_boss.get_by_label("Your password").fill(password)
        await of_boss.get_by_role("button", name="Answer and sign").click()
        if password == "wrong":
            await expect(of_boss.locator("#fault")).to_be_focused()
            await expect(of_boss.get_by_label("All of it is needed")).to_be_checked()
    await expect(of_boss.get_by_role("status").last).to_have_text("Your answer was signed and kept. Thank you.")
    assert (await SupervisorQuestion.get()).answer is NeedAnswer.NEEDED

    await _go_on(cso, review.number)
    await page.goto(f"/reviews/activity/{review.number}")
    await expect(page.get_by_text(f"Finding {finding.number} is neither carried out nor dated.")).to_be_visible()
    await page.goto(f"/reviews/activity/findings/{finding.number}")
    await page.get_by_role("link", name="It is carried out").click()
    await page.get_by_label("How it was carried out").fill("Spoken to.")
    await page.get_by_role("button", name="It is carried out").click()
    await expect(page.get_by_role("status").last).to_have_text("The finding is carried out.")
    await page.goto(f"/reviews/activity/{review.number}")
    await page.get_by_role("link", name="Complete the review").click()
    await page.get_by_role("button", name="Complete it").click()
    await page.get_by_role("button", name="Complete it").click()
    await expect(page.get_by_role("status").last).to_have_text("The review is completed, and this is its report.")
    assert (await ActivityReview.get()).state is ReviewState.COMPLETED


@pytest.mark.requirement("AUD-03", "NOT-24")
async def test_an_officer_breaks_the_glass_is_reviewed_and_finds_everything_in_the_trail(
    opens: Opens, world: World, tmp_path: Path
) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    await wrote(home.staff, "account.no_such_act", world.clock())
    cso = await world.user(Role.CSO)
    officer, admin = await world.user(Role.PRIVACY_OFFICER), await world.user(Role.ADMINISTRATOR)
    trail = SealedTrail(world, tmp_path)
    await trail.seal()
    await trail.verify()
    page, other, of_admin = await opens(cso), await opens(officer, script=False), await opens(admin)

    await page.goto("/break-glass")
    await page.get_by_role("link", name="Open a referral by break-glass").click()
    await page.get_by_label("Referral number").fill(str(number))
    await page.get_by_label("Reason").fill("The police ask.")
    await page.get_by_role("button", name="Break the glass").click()
    await page.get_by_role("button", name="Break the glass").click()
    await check_accessible(page)
    await page.get_by_role("link", name="Read the referral").click()
    await expect(page.get_by_text("60 minutes left")).to_be_visible()
    await check_accessible(page)
    await other.goto("/")
    await other.get_by_role("link", name="break-glass to review").click()
    await other.get_by_role("rowheader").get_by_role("link").click()
    await other.get_by_role("link", name="Review it").click()
    await other.get_by_label("Justified", exact=True).check()
    await other.get_by_role("button", name="Close the review").click()
    await other.get_by_role("button", name="Close the review").click()
    await expect(other.get_by_role("status").last).to_have_text("The review is closed; the others were told.")

    await page.goto(f"/access-logs/referral?number={number}")
    await expect(page.locator("tbody")).to_contain_text("break_glass")
    await page.goto("/seals/1")
    await check_accessible(page)
    await of_admin.goto("/outbox")
    await of_admin.get_by_role("rowheader").get_by_role("link").first.click()
    await expect(of_admin.get_by_role("heading", name="As it will be sent")).to_be_visible()
