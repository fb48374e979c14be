"""The rooms of the trail: the log judged in words, proofs that hold outside, break-glass, letters before they go."""

from __future__ import annotations

from pathlib import Path

import pytest

from orm.models import BreakGlass, Outcome
from orm.models import Letter as Promised
from resolvers.break_glass import break_glass
from resolvers.office_reads import referral_deliveries
from resolvers.promises import CONFIRM_TOKEN
from resolvers.referral_views import view_referral
from resolvers.seals_proof import check_proof
from rules.break_glass import BreakGlassFinding
from rules.notices import DeliveryState, NotificationKind
from rules.roles import Role
from tests.admin_ui.browser import SignsIn
from tests.world.reviews import user_id_of, wrote
from tests.world.sealed_trail import SealedTrail, forge, take_down_the_guards
from tests.world.world import World


@pytest.mark.requirement("AUD-02", "AUD-05", "AUD-06")
async def test_the_log_of_a_person_is_judged_in_words_goes_out_and_keeps_what_was_typed_on_a_no(
    world: World, signed_in: SignsIn
) -> None:
    boone, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(boone, "Boone")
    await view_referral(home.staff, number=number)
    await wrote(home.staff, "account.no_such_act", world.clock())
    page = await signed_in(await world.user(Role.PRIVACY_OFFICER))
    user_id = await user_id_of(home.staff)

    await page.get(f"/access-logs/person?userId={user_id}")
    curious, explained = page.rows()[:2]
    assert "Unexplained The house knows no use case of this name. 002:239-241" in curious
    assert "referral.view Done Explained The person's provider had received the referral" in explained
    assert 'class="late-row"' in page.page
    sheet = await page.post("/access-logs/person/export", {"userId": user_id, "as": "csv"})
    assert "Unexplained: The house knows no use case of this name" in sheet.text
    await page.get("/access-logs/person")
    answer = await page.post("/access-logs/person", {"userId": "NOBODY01", "onFrom": "2026-03-01"})
    answer = await page.get(answer.headers["location"])
    assert answer.status_code == 422
    assert 'id="userId-wrong"' in page.page
    assert 'value="NOBODY01"' in page.page
    assert 'value="2026-03-01"' in page.page

    await page.get(f"/access-logs/referral?number={number}")
    assert user_id in page.text
    own = await signed_in(home.staff)
    await own.get("/access-logs/mine")
    assert "referral.view" in own.text
    assert "Unexplained" not in own.text, "nobody is judged before their own eyes"
    assert (await own.get(f"/access-logs/person?userId={user_id}")).status_code == 403
    reports = await world.entries("trail.report")
    assert [one.outcome for one in reports].count(Outcome.REFUSED) == 2


@pytest.mark.requirement("AUD-03")
async def test_an_entry_is_proven_by_a_file_and_a_changed_one_is_named_on_the_page_of_its_seal(
    world: World, signed_in: SignsIn, tmp_path: Path
) -> None:
    trail = SealedTrail(world, tmp_path)
    await trail.write(5)
    await trail.seal(most=3)
    page = await signed_in(await world.user(Role.AUDITOR))
    await page.get("/seals")
    assert "The trail was never verified as a whole." in page.text
    await trail.verify()
    await page.get("/seals")
    assert "whole: 5 entries under 2 seals" in page.text

    await page.get("/trail/entries/2")
    assert "/trail/entries/2/proof.json" in page.page
    proof = await page.get("/trail/entries/2/proof.json")
    assert "attachment" in proof.headers["content-disposition"]
    assert check_proof(proof.content, trail.keys.public).number == 2
    await page.get("/seals/2")
    assert "Every entry under this seal is as it was sealed" in page.text
    await take_down_the_guards()
    await forge(2, leaf=False, actor="somebody")
    await page.get("/seals/1")
    assert "Not as it was sealed (ENTRY_EDITED). Entry 2 was changed" in page.text
    assert (await page.get("/trail/entries/2/proof.json")).status_code == 409
    await trail.verify()
    await page.get("/")
    assert "verification found the trail not whole" in page.text
    await page.get("/seals")
    assert "not whole: ENTRY_EDITED" in page.text
    assert (await page.get("/trail/entries/99999")).status_code == 404


async def test_break_glass_is_read_under_a_banner_and_reviewed_by_somebody_else_from_its_page(
    world: World, signed_in: SignsIn
) -> None:
    number = await world.published(await world.coordinator("Boone"), "Boone")
    cso, officer = await world.user(Role.CSO), await world.user(Role.PRIVACY_OFFICER)
    page, other = await signed_in(cso), await signed_in(officer)
    await page.get(f"/break-glass/open?referral={number}")
    assert f'value="{number}"' in page.page
    wanted = {"referralNumber": str(number), "reason": "The police ask."}

    await page.post("/break-glass/open", wanted)
    assert "Everybody who holds the office is told at once" in page.text, "a step of its own"
    assert await BreakGlass.all().count() == 0
    await page.post("/break-glass/open", {**wanted, "confirmed": "yes"})
    opened = await BreakGlass.get()

    await page.get(f"/break-glass/{opened.number}/referral")
    assert f"Break-glass {opened.number}: 60 minutes left" in page.text
    assert "The police ask." in page.text
    assert (await other.get(f"/break-glass/{opened.number}/referral")).status_code == 404
    await other.get("/")
    assert "break-glass to review" in other.text
    await other.get(f"/break-glass/{opened.number}")
    assert f"/break-glass/{opened.number}/review" in other.page
    await page.get(f"/break-glass/{opened.number}/review")
    judged = {"finding": "JUSTIFIED", "note": "", "confirmed": "yes"}
    assert (await page.post(f"/break-glass/{opened.number}/review", judged)).status_code == 403
    await other.get(f"/break-glass/{opened.number}/review")
    refused = await other.post(f"/break-glass/{opened.number}/review", {**judged, "finding": "NOT_JUSTIFIED"})
    assert refused.status_code == 422
    await other.post(f"/break-glass/{opened.number}/review", judged)
    await opened.refresh_from_db()
    assert (opened.finding, opened.reviewed_by_id) == (BreakGlassFinding.JUSTIFIED, officer.actor.id)
    assert (await page.get(f"/break-glass/{opened.number}/referral")).status_code == 404, "a review ends it"


async def test_whoever_is_told_as_a_witness_reads_who_opened_what_and_acts_on_nothing(
    world: World, signed_in: SignsIn
) -> None:
    number = await world.published(await world.coordinator("Boone"), "Boone")
    cso, witness = await world.user(Role.CSO), await world.user(Role.ADMINISTRATOR)
    opened = await break_glass(cso, number, "The police ask.")
    page = await signed_in(witness)

    await page.get(f"/break-glass/{opened}")

    assert "The police ask." in page.text
    assert f"/break-glass/{opened}/review" not in page.page
    await page.get("/break-glass")
    assert "/break-glass/open" not in page.page


@pytest.mark.requirement("NOT-24")
async def test_a_letter_is_shown_as_it_will_be_sent_parked_ones_first_and_no_secret_link_with_it(
    world: World, signed_in: SignsIn
) -> None:
    home = await world.provider("Boone")
    number = await world.published(await world.coordinator("Boone"), "Boone")
    parked = await Promised.filter(contact_id=home.contact_id).get()
    parked.state, parked.last_error = DeliveryState.PARKED, "550 no such mailbox"
    await parked.save()
    secret = await Promised.create(
        key="secret",
        kind=NotificationKind.CONFIRM_ADDRESS,
        contact_id=home.contact_id,
        facts={CONFIRM_TOKEN: "not-for-anybody-else-0123456789"},
        created_at=world.clock(),
        due_at=world.clock(),
    )
    admin = await world.user(Role.ADMINISTRATOR)
    page = await signed_in(admin)

    await page.get("/outbox")
    assert "Parked: these need somebody" in page.text
    assert "550 no such mailbox" in page.rows()[0]
    await page.get(f"/outbox/{parked.id}")
    assert f"Referral {number} was published: somebody is looking for a home." in page.text
    assert f"/outbox/{parked.id}/retry" in page.page
    frame = await page.get(f"/outbox/{parked.id}/html")
    assert "sandbox" in frame.headers["content-security-policy"]
    for path in (f"/outbox/{secret.id}", f"/outbox/{secret.id}/html"):
        answer = await page.get(path)
        assert answer.status_code == 200
        assert "not-for-anybody" not in answer.text
    assert (await referral_deliveries(admin, number)).letters[DeliveryState.PARKED] == 1
    assert (await world.entries("outbox.preview"))[0].about_id == parked.id
