"""The documents on a referral's page: listed for who may see them, opened by a button, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from orm.models import Attachment, AttachmentLink
from resolvers.attachment_links import use_link
from resolvers.attachments import Upload, add_attachment
from resolvers.callers import Caller, Desk
from resolvers.sessions import authenticate
from rules.attachments import AttachmentState
from rules.referrals import AttachmentKind
from tests.admin_ui.browser import SignsIn
from tests.world.clock import Clock
from tests.world.documents import PDF, pdf, streamed
from tests.world.file_room import with_files
from tests.world.world import World


@pytest.fixture
def desk(desk: Desk, tmp_path: Path, clock: Clock) -> Desk:
    """A desk with a real place for documents."""
    return with_files(desk, tmp_path, clock)


@pytest.fixture
async def coordinator(world: World) -> Caller:
    """A coordinator of Boone county."""
    return await world.coordinator("Boone")


@pytest.fixture
async def number(world: World, coordinator: Caller) -> int:
    """A referral with a Behavior Support Plan."""
    number = await world.published(coordinator, "Boone")
    await add_attachment(coordinator, Upload(number, AttachmentKind.BSP, "plan & 2026.pdf", PDF), streamed(pdf(2000)))
    return number


@pytest.mark.requirement("VUE-03")
async def test_the_page_lists_the_documents_and_its_button_opens_one(
    world: World, signed_in: SignsIn, number: int
) -> None:
    home = await world.provider("Boone")
    page = await signed_in(home.staff)
    assert (await page.get(f"/referrals/{number}")).status_code == 200
    assert "Documents 1" in page.text
    assert "Behavior Support Plan plan & 2026.pdf 2.0 KiB" in page.text

    document = await Attachment.get()
    answer = await page.post(f"/referrals/{number}/attachments/{document.id}/open", {})

    assert answer.status_code == 303
    address = answer.headers["location"]
    assert address.startswith("/attachments/")
    token = page.client.cookies["__Host-homeward"]
    opened = await use_link(await authenticate(world.desk, token, "test"), address.rpartition("/")[2])
    assert opened.attachment_id == document.id


async def test_a_referral_without_documents_says_so(world: World, signed_in: SignsIn, coordinator: Caller) -> None:
    page = await signed_in(coordinator)
    await page.get(f"/referrals/{await world.published(coordinator, 'Boone')}")
    assert "No documents yet." in page.text


async def test_a_document_is_not_opened_by_a_form_of_another_site_or_without_its_token(
    world: World, signed_in: SignsIn, coordinator: Caller, number: int
) -> None:
    page = await signed_in(coordinator)
    await page.get(f"/referrals/{number}")
    address = f"/referrals/{number}/attachments/{(await Attachment.get()).id}/open"
    token = page.form_token
    assert (await page.post(address, {}, origin="https://evil.example.org", csrf=token)).status_code == 403
    assert (await page.post(address, {}, csrf="")).status_code == 403
    assert (await page.get(address)).status_code == 405
    assert await AttachmentLink.all().count() == 0


async def test_who_does_not_see_the_referral_opens_nothing(world: World, signed_in: SignsIn, number: int) -> None:
    page = await signed_in((await world.provider("Adair")).staff)
    await page.get("/referrals")
    answer = await page.post(f"/referrals/{number}/attachments/{(await Attachment.get()).id}/open", {})
    assert answer.status_code == 404
    assert "There is no such document." in page.text


@pytest.mark.parametrize(
    ("state", "said", "button"),
    [
        (AttachmentState.RECEIVED, "Waits for the scanner", True),
        (AttachmentState.REJECTED, "Rejected by the scanner", False),
    ],
)
async def test_a_document_that_cannot_be_opened_says_why(
    signed_in: SignsIn, coordinator: Caller, number: int, state: AttachmentState, said: str, button: bool
) -> None:
    await Attachment.all().update(state=state)
    page = await signed_in(coordinator)
    await page.get(f"/referrals/{number}")
    assert said in page.text
    assert ("/open" in page.page) is button


@pytest.mark.requirement("REF-15")
async def test_a_coordinator_adds_a_document_by_a_form_without_a_script_and_removes_it_again(
    world: World, signed_in: SignsIn, coordinator: Caller, number: int
) -> None:
    page = await signed_in(coordinator)
    at = f"/referrals/{number}/attachments/new"
    await page.get(at)
    token, content = page.form_token, pdf(3000)

    async def send(name: str, data: bytes, csrf: str = token, **fields: str) -> int:
        answer = await page.client.post(
            at,
            data={"csrf": csrf, **fields},
            files={"document": (name, data, PDF)},
            headers={"origin": "https://homeward.test"},
        )
        page.page = answer.text
        return answer.status_code

    assert await send("plan.pdf", content, kind="PCP") == 303
    added = await Attachment.get(file_name="plan.pdf")
    assert (added.kind, added.size, added.uploaded_by_id) == (AttachmentKind.PCP, 3000, coordinator.actor.id)
    assert await send("plan.pdf", content) == 422
    assert "Say what kind of document it is." in page.text
    assert await send("", b"", kind="PCP") == 422
    assert "Choose a file." in page.text
    assert await send("plan.exe", content, kind="PCP") == 422
    assert 'id="document-wrong"' in page.page
    assert await send("plan.pdf", content, csrf="0" * 64, kind="PCP") == 403
    refused = await page.client.post(at, content=b"--x--", headers={"content-type": "multipart/form-data"})
    assert refused.status_code == 403, "a form that says nothing of where it comes from is not read"
    assert await Attachment.filter(file_name="plan.pdf").count() == 1

    remove = f"/referrals/{number}/attachments/{added.id}/remove"
    await page.get(remove)
    assert "Person Centered Plan: plan.pdf" in page.text
    await page.post(remove, {"reason": "wrong person"})
    assert "The content is destroyed" in page.text
    assert (await Attachment.get(id=added.id)).state is AttachmentState.AVAILABLE
    await page.post(remove, {"reason": "wrong person", "confirmed": "yes"})
    assert (await Attachment.get(id=added.id)).state is AttachmentState.REMOVED
