"""Documents of a referral: who sends, who opens, what is refused, and what the house does about them (001:250-254)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import structlog

from homeward.clamd import Clamd, ClamdAddress
from homeward.file_store import MARK, SEGMENT
from homeward.key_file import add_key, forget_keys
from orm.models import Attachment, AttachmentLink, AuditEntry, Outcome
from resolvers.attachment_duties import (
    GRACE,
    ORPHANS,
    SCANS,
    keys_in_use,
    plan_orphans,
    plan_scans,
    remove_orphans,
    rotate_keys,
)
from resolvers.attachment_links import OneTimeLink, open_attachment, read_attachment, use_link
from resolvers.attachment_views import AttachmentView
from resolvers.attachments import Upload, add_attachment, remove_attachment, scan_attachment
from resolvers.callers import Caller, Desk, house
from resolvers.exclusions import exclude_provider
from resolvers.file_ports import FileRoom, Scanner
from resolvers.referral_views import view_referral
from resolvers.referrals import close_referral, delete_referral
from resolvers.sweep_register import SWEEPS
from resolvers.sweeps import run_due, run_now
from rules.attachments import MOST_PER_REFERRAL, AttachmentState
from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal, TooMany
from rules.policy import DEFAULTS
from rules.referrals import AttachmentKind, CloseOutcome
from rules.roles import Role
from tests.homeward.fake_clamd import EICAR, fake_clamd
from tests.servers import free_port
from tests.world.clock import Clock
from tests.world.documents import DOCX, PDF, docx, pdf, png, streamed, zip_bomb
from tests.world.file_room import LIMIT, file_of, files_in, in_session, with_files
from tests.world.world import World

NAME = "Fern Hollow profile.pdf"


@pytest.fixture
def desk(desk: Desk, tmp_path: Path, clock: Clock) -> Desk:
    """A desk with a real place for documents, without a scanner."""
    return with_files(desk, tmp_path, clock)


@pytest.fixture
async def coordinator(world: World) -> Caller:
    """A coordinator of Boone county, signed in."""
    return await in_session(await world.coordinator("Boone"))


@pytest.fixture
async def number(world: World, coordinator: Caller) -> int:
    """A referral of Boone county."""
    return await world.published(coordinator, "Boone")


async def added(
    caller: Caller,
    number: int,
    content: bytes | None = None,
    *,
    name: str = NAME,
    media_type: str = PDF,
    kind: AttachmentKind = AttachmentKind.PCP,
) -> AttachmentView:
    """Send a document."""
    upload = Upload(number, kind, name, media_type)
    return await add_attachment(caller, upload, streamed(pdf(200_000) if content is None else content))


async def content_of(caller: Caller, link: OneTimeLink) -> bytes:
    """Follow a link to the end."""
    async with aclosing(read_attachment(caller, await use_link(caller, link.token))) as content:
        return b"".join([piece async for piece in content])


def scanned_by(caller: Caller, scanner: Scanner | None) -> Caller:
    """Let a person call a house with this scanner."""
    files = caller.desk.files
    assert files is not None
    return replace(caller, desk=replace(caller.desk, files=replace(files, scanner=scanner)))


def room(caller: Caller) -> FileRoom:
    """Give the place for documents."""
    assert caller.desk.files is not None
    return caller.desk.files


async def refused(act: str) -> AuditEntry:
    """Find the last entry of an act, which was refused."""
    entry = await AuditEntry.filter(act=act).order_by("-id").first()
    assert entry is not None
    assert entry.outcome is Outcome.REFUSED
    return entry


# Sending


@pytest.mark.requirement("REF-15")
@pytest.mark.parametrize("kind", AttachmentKind)
async def test_a_coordinator_sends_each_of_the_four_kinds_and_it_comes_back_as_it_was(
    coordinator: Caller, number: int, kind: AttachmentKind
) -> None:
    content = pdf(3 * SEGMENT + 7)

    view = await added(coordinator, number, content, kind=kind)

    assert (view.kind, view.file_name, view.size, view.state) == (kind, NAME, len(content), AttachmentState.AVAILABLE)
    assert await content_of(coordinator, await open_attachment(coordinator, view.id)) == content


async def test_a_document_is_written_down_with_its_size_and_kind_and_never_its_name(
    world: World, coordinator: Caller, number: int
) -> None:
    view = await added(coordinator, number)
    await content_of(coordinator, await open_attachment(coordinator, view.id))
    await remove_attachment(coordinator, view.id, "It was about Fern Hollow.")

    (entry,) = await world.entries("attachment.add")
    assert (entry.outcome, entry.actor_id) == (Outcome.DONE, coordinator.actor.id)
    assert entry.subjects["attachment"] == [str(view.id)]
    assert entry.facts == {"number": number, "kind": "PCP", "size": 200_000, "state": "AVAILABLE", "scanned": False}
    said = " ".join(str(entry.facts) + str(entry.subjects) + entry.code for entry in await AuditEntry.all())
    assert "Fern" not in said
    assert "profile" not in said


async def test_central_staff_send_documents_for_any_referral(world: World, number: int) -> None:
    assert await added(await world.user(Role.CENTRAL_STAFF), number)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.CONSUMER_REFERRAL_DB, Role.AUDITOR])
async def test_others_send_nothing_and_their_file_is_not_read(
    world: World, number: int, tmp_path: Path, role: Role
) -> None:
    home = await world.provider("Boone")
    person = await world.user(role, provider_id=home.id if role is Role.CONSUMER_REFERRAL_DB else None)
    with pytest.raises(Denied):
        await add_attachment(person, Upload(number, AttachmentKind.BSP, NAME, PDF), _never_read())
    assert await Attachment.all().count() == 0
    assert files_in(tmp_path) == []
    assert (await refused("attachment.begin_upload")).code == "DENIED"


async def test_a_coordinator_of_another_county_finds_no_referral_to_send_to(
    world: World, number: int, tmp_path: Path
) -> None:
    stranger = await world.coordinator("Adair")
    for wrong in (number, number + 1000, 0, 2**40):
        with pytest.raises(NotFound) as no:
            await add_attachment(stranger, Upload(wrong, AttachmentKind.BSP, NAME, PDF), _never_read())
        assert no.value.code == "REFERRAL_NOT_FOUND"
    assert files_in(tmp_path) == []
    await refused("attachment.begin_upload")


async def test_nothing_is_added_to_a_closed_or_deleted_referral(world: World, coordinator: Caller) -> None:
    closed, deleted = await world.published(coordinator, "Boone"), await world.published(coordinator, "Boone")
    await close_referral(coordinator, closed, CloseOutcome.WITHDRAWN, None)
    await delete_referral(coordinator, deleted, "A double.")
    staff = await world.user(Role.CENTRAL_STAFF)
    for number in (closed, deleted):
        with pytest.raises(Conflict) as no:
            await add_attachment(staff, Upload(number, AttachmentKind.BSP, NAME, PDF), _never_read())
        assert no.value.code == "REFERRAL_NOT_OPEN"


async def test_a_referral_that_closes_while_a_document_is_sent_gets_none(
    coordinator: Caller, number: int, tmp_path: Path
) -> None:
    async def slow() -> AsyncIterator[bytes]:
        yield pdf(100_000)[:50_000]
        await close_referral(coordinator, number, CloseOutcome.WITHDRAWN, None)
        yield pdf(100_000)[50_000:]

    with pytest.raises(Conflict) as no:
        await add_attachment(coordinator, Upload(number, AttachmentKind.BSP, NAME, PDF), slow())

    assert no.value.code == "REFERRAL_NOT_OPEN"
    assert await Attachment.all().count() == 0
    assert files_in(tmp_path) == []
    assert (await refused("attachment.add")).code == "REFERRAL_NOT_OPEN"


LIES: dict[str, tuple[str, str, bytes, str, str]] = {
    "a program named .pdf": ("a.pdf", PDF, b"MZ" + bytes(5000), "ATTACHMENT_TYPE", "content"),
    "a picture named .pdf": ("a.pdf", PDF, png(), "ATTACHMENT_TYPE", "content"),
    "a web page named .pdf": ("a.pdf", PDF, b"<html><script>x</script>", "ATTACHMENT_TYPE", "content"),
    "a pdf named .exe": ("a.exe", PDF, pdf(), "ATTACHMENT_TYPE", "fileName"),
    "a pdf said to be a web page": ("a.pdf", "text/html", pdf(), "ATTACHMENT_TYPE", "mediaType"),
    "a cut pdf": ("a.pdf", PDF, pdf(50_000)[:-10], "ATTACHMENT_BROKEN", "content"),
    "an empty pdf": ("a.pdf", PDF, b"", "ATTACHMENT_EMPTY", "content"),
    "a document with macros": (
        "a.docx",
        DOCX,
        docx({"[Content_Types].xml": b"", "word/document.xml": b"", "word/vbaProject.bin": b"x"}),
        "ATTACHMENT_TYPE",
        "content",
    ),
    "a zip bomb": (
        "a.docx",
        DOCX,
        zip_bomb(),
        "ATTACHMENT_BROKEN",
        "content",
    ),
    "a path for a name": ("../a.pdf", PDF, pdf(), "ATTACHMENT_NAME", "fileName"),
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_document_that_is_not_what_it_says_is_refused_leaves_nothing_and_is_written_down(
    coordinator: Caller, number: int, tmp_path: Path, lie: str
) -> None:
    name, media_type, content, code, field = LIES[lie]

    with pytest.raises(Invalid) as no:
        await added(coordinator, number, content, name=name, media_type=media_type)

    assert (no.value.code, no.value.field) == (code, field)
    assert await Attachment.all().count() == 0
    assert files_in(tmp_path) == []
    entry = await refused("attachment.refuse_upload")
    assert (entry.code, entry.facts) == (code, {"number": number})


async def test_a_document_may_be_as_large_as_the_limit_and_not_a_byte_more(
    coordinator: Caller, number: int, tmp_path: Path
) -> None:
    assert (await added(coordinator, number, pdf(LIMIT))).size == LIMIT
    with pytest.raises(TooMany) as no:
        await added(coordinator, number, pdf(LIMIT + 1))
    assert (no.value.code, no.value.message) == ("ATTACHMENT_TOO_LARGE", "A document holds at most 1 MiB.")
    assert len(files_in(tmp_path)) == 1
    assert (await refused("attachment.refuse_upload")).code == "ATTACHMENT_TOO_LARGE"


async def test_what_is_said_to_be_too_large_is_not_even_read(coordinator: Caller, number: int) -> None:
    upload = Upload(number, AttachmentKind.PCP, NAME, PDF, declared_size=LIMIT + 1)
    with pytest.raises(TooMany):
        await add_attachment(coordinator, upload, _never_read())


async def test_of_a_hundred_megabytes_only_the_limit_is_read(coordinator: Caller, number: int, tmp_path: Path) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        while taken < 100 * 1024 * 1024:
            piece = b"%PDF-1.7" + bytes(SEGMENT - 8)
            taken += len(piece)
            yield piece

    with pytest.raises(TooMany):
        await add_attachment(coordinator, Upload(number, AttachmentKind.PCP, NAME, PDF), endless())

    assert taken <= LIMIT + SEGMENT
    assert files_in(tmp_path) == []


async def test_a_referral_holds_so_many_documents_and_removed_ones_make_room(coordinator: Caller, number: int) -> None:
    first = await added(coordinator, number, png(), name="a.png", media_type="image/png")
    template = await Attachment.get(id=first.id)
    for _ in range(MOST_PER_REFERRAL - 1):
        copy = template.clone(pk=uuid4())
        copy.storage_id = uuid4().hex
        await copy.save(force_create=True)
    with pytest.raises(Conflict) as no:
        await added(coordinator, number)
    assert no.value.code == "ATTACHMENTS_FULL"
    await remove_attachment(coordinator, first.id, "Out of date.")
    assert await added(coordinator, number)


async def test_a_house_without_a_place_for_documents_says_so(world: World, coordinator: Caller, number: int) -> None:
    view = await added(coordinator, number)
    without = replace(coordinator, desk=replace(coordinator.desk, files=None))
    for attempt in (
        lambda: added(without, number),
        lambda: remove_attachment(without, view.id, "Why not."),
    ):
        with pytest.raises(Conflict) as no:
            await attempt()
        assert no.value.code == "ATTACHMENTS_OFF"
    assert (await Attachment.get(id=view.id)).state is AttachmentState.AVAILABLE
    assert not await remove_orphans(house(without.desk, "test"))


# Seeing


async def test_the_view_lists_documents_for_staff_with_their_sender_and_for_providers_without(
    world: World, coordinator: Caller, number: int
) -> None:
    home = await world.provider("Boone")
    view = await added(coordinator, number)
    (for_staff,) = (await view_referral(coordinator, number=number, wanted={"attachments"})).attachments
    (for_home,) = (await view_referral(home.staff, number=number, wanted={"attachments"})).attachments
    assert for_staff == view
    assert for_staff.uploaded_by.startswith("First")
    assert for_home == replace(view, uploaded_by="")
    entry = (await world.entries("referral.view"))[-1]
    assert entry.shown == ["attachments"]
    assert entry.subjects["attachment"] == [str(view.id)]


async def test_what_was_not_asked_for_is_not_read(coordinator: Caller, number: int) -> None:
    await added(coordinator, number)
    assert (await view_referral(coordinator, number=number)).attachments == []


async def test_a_provider_does_not_see_what_it_cannot_open(world: World, coordinator: Caller, number: int) -> None:
    home = await world.provider("Boone")
    view = await added(coordinator, number)
    for state in AttachmentState:
        await Attachment.filter(id=view.id).update(state=state)
        seen = (await view_referral(home.staff, number=number, wanted={"attachments"})).attachments
        assert [one.state for one in seen] == ([state] if state is AttachmentState.AVAILABLE else [])
        by_staff = (await view_referral(coordinator, number=number, wanted={"attachments"})).attachments
        assert [one.state for one in by_staff] == ([] if state is AttachmentState.REMOVED else [state])


# Opening


@pytest.mark.requirement("VUE-03")
async def test_a_provider_that_the_referral_reaches_opens_a_document_and_each_opening_is_written_down(
    world: World, coordinator: Caller, number: int
) -> None:
    home = await world.provider("Boone")
    staff = await in_session(home.staff)
    view = await added(coordinator, number, pdf(1000))

    for _ in range(2):
        assert await content_of(staff, await open_attachment(staff, view.id)) == pdf(1000)

    opened = [entry for entry in await world.entries("attachment.open") if entry.actor_id == staff.actor.id]
    fetched = await world.entries("attachment.fetch")
    assert len(opened) == len(fetched) == 2
    for entry in [*opened, *fetched]:
        assert (entry.outcome, entry.about_id, entry.facts) == (Outcome.DONE, view.id, {"number": number})
        assert entry.subjects["referral"] == [str((await world.referral(number)).id)]


async def test_who_does_not_see_the_referral_finds_no_document(world: World, coordinator: Caller, number: int) -> None:
    view = await added(coordinator, number)
    far = await in_session((await world.provider("Adair")).staff)
    stranger = await in_session(await world.coordinator("Adair"))
    for person in (far, stranger):
        for wrong in (view.id, uuid4()):
            with pytest.raises(NotFound) as no:
                await open_attachment(person, wrong)
            assert (no.value.code, no.value.message) == ("ATTACHMENT_NOT_FOUND", "There is no such document.")
    assert await AttachmentLink.all().count() == 0
    await refused("attachment.open")


async def test_a_link_opens_for_60_seconds_and_not_for_61(coordinator: Caller, number: int, clock: Clock) -> None:
    view = await added(coordinator, number)
    first, second = [await open_attachment(coordinator, view.id) for _ in range(2)]
    assert first.expires_at == clock() + timedelta(seconds=60)

    clock.forward(seconds=60)
    assert await content_of(coordinator, first)

    clock.forward(seconds=1)
    with pytest.raises(Conflict) as no:
        await use_link(coordinator, second.token)
    assert no.value.code == "LINK_EXPIRED"
    assert (await refused("attachment.fetch")).code == "LINK_EXPIRED"


async def test_a_link_opens_once_even_for_two_at_the_same_moment(coordinator: Caller, number: int) -> None:
    view = await added(coordinator, number)
    link, *others = [await open_attachment(coordinator, view.id) for _ in range(9)]
    await asyncio.gather(*(use_link(coordinator, other.token) for other in others))  # every connection is open now

    answers = await asyncio.gather(*(use_link(coordinator, link.token) for _ in range(8)), return_exceptions=True)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 1
    assert {answer.code for answer in answers if isinstance(answer, Refusal)} == {"LINK_USED"}


async def test_the_link_of_another_person_or_another_session_opens_nothing_and_stays_good(
    world: World, coordinator: Caller, number: int
) -> None:
    view = await added(coordinator, number)
    link = await open_attachment(coordinator, view.id)
    colleague = await in_session(await world.coordinator("Boone"))
    own_other_session = await in_session(coordinator)

    for person in (colleague, own_other_session):
        with pytest.raises(NotFound) as no:
            await use_link(person, link.token)
        assert no.value.code == "LINK_NOT_FOUND"
        entry = await refused("attachment.fetch")
        assert (entry.actor_id, entry.about_id) == (person.actor.id, view.id)
    with pytest.raises(NotFound):
        await use_link(coordinator, "a token that was never given")

    assert await content_of(coordinator, link)


async def test_a_link_is_for_a_session(world: World, number: int, coordinator: Caller) -> None:
    view = await added(coordinator, number)
    with pytest.raises(Invalid) as no:
        await open_attachment(replace(coordinator, session_id=None), view.id)
    assert no.value.code == "NO_SESSION"


async def test_the_token_of_a_link_is_kept_only_as_a_hash(coordinator: Caller, number: int) -> None:
    link = await open_attachment(coordinator, (await added(coordinator, number)).id)
    row = await AttachmentLink.get()
    assert link.token not in str(dict(row))
    assert len(row.token_hash) == 64


async def test_a_provider_that_is_excluded_after_it_got_the_link_opens_nothing(
    world: World, coordinator: Caller, number: int
) -> None:
    home = await world.provider("Boone")
    staff = await in_session(home.staff)
    link = await open_attachment(staff, (await added(coordinator, number)).id)
    await exclude_provider(coordinator, number, home.id, "The family asked.")

    with pytest.raises(NotFound) as no:
        await use_link(staff, link.token)

    assert no.value.code == "ATTACHMENT_NOT_FOUND"
    assert (await refused("attachment.fetch")).code == "ATTACHMENT_NOT_FOUND"


async def test_a_document_that_is_removed_after_the_link_was_made_is_not_opened(
    world: World, coordinator: Caller, number: int
) -> None:
    view = await added(coordinator, number)
    link = await open_attachment(coordinator, view.id)
    await remove_attachment(coordinator, view.id, "It is about somebody else.")
    with pytest.raises(NotFound):
        await use_link(coordinator, link.token)


# Damage


def _flipped(file: bytes, at: int) -> bytes:
    """Change one bit, so that the byte is another one whatever it was."""
    return file[:at] + bytes([file[at] ^ 1]) + file[at + 1 :]


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("the first segment", lambda file: _flipped(file, len(MARK) + 5)),
        ("a middle segment", lambda file: _flipped(file, 2 * SEGMENT)),
        ("the end", lambda file: _flipped(file, len(file) - 1)),
        ("cut", lambda file: file[:-1]),
        ("longer", lambda file: file + b"?"),
        ("gone", None),
    ],
)
async def test_a_damaged_document_is_refused_written_down_and_told_to_the_log(
    coordinator: Caller, number: int, tmp_path: Path, name: str, damage: Callable[[bytes], bytes] | None
) -> None:
    content = b"".join([pdf(), os.urandom(3 * SEGMENT), pdf()])
    view = await added(coordinator, number, content)
    path = await file_of(tmp_path, view.id)
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage(path.read_bytes()))
    opened = await use_link(coordinator, (await open_attachment(coordinator, view.id)).token)

    given: list[bytes] = []
    with structlog.testing.capture_logs() as logs, pytest.raises(Conflict) as no:
        await _read_into(given, coordinator, opened)

    assert no.value.code == "ATTACHMENT_DAMAGED"
    assert content.startswith(b"".join(given))
    entry = await refused("attachment.report_damage")
    assert (entry.code, entry.about_id, entry.actor_id) == ("ATTACHMENT_DAMAGED", view.id, coordinator.actor.id)
    (line,) = [line for line in logs if line["event"] == "attachment.damaged"]
    assert line["attachment"] == str(view.id)
    assert line["log_level"] == "error"


async def test_a_row_whose_wrapped_key_was_changed_opens_nothing(coordinator: Caller, number: int) -> None:
    first, second = await added(coordinator, number), await added(coordinator, number)
    other = await Attachment.get(id=second.id)
    await Attachment.filter(id=first.id).update(wrapped_key=other.wrapped_key)
    opened = await use_link(coordinator, (await open_attachment(coordinator, first.id)).token)
    with pytest.raises(Conflict) as no:
        await _read_into([], coordinator, opened)
    assert no.value.code == "ATTACHMENT_DAMAGED"


# Removing


async def test_a_removed_document_is_gone_with_its_key_and_its_record_stays(
    world: World, coordinator: Caller, number: int, tmp_path: Path
) -> None:
    view = await added(coordinator, number)

    removed = await remove_attachment(coordinator, view.id, " It was about somebody else. ")

    assert removed.state is AttachmentState.REMOVED
    assert files_in(tmp_path) == []
    row = await Attachment.get(id=view.id)
    assert (row.key_id, row.wrapped_key, row.settled_why) == ("", "", "It was about somebody else.")
    with pytest.raises(NotFound):
        await open_attachment(coordinator, view.id)
    with pytest.raises(Conflict) as no:
        await remove_attachment(coordinator, view.id, "Again.")
    assert no.value.code == "ATTACHMENT_REMOVED"
    assert [entry.outcome for entry in await world.entries("attachment.remove")] == [Outcome.DONE, Outcome.REFUSED]


async def test_a_document_is_removed_by_who_may_change_its_referral_and_with_a_reason(
    world: World, coordinator: Caller, number: int, tmp_path: Path
) -> None:
    home, stranger = await world.provider("Boone"), await world.coordinator("Adair")
    view = await added(coordinator, number)
    with pytest.raises(Denied):
        await remove_attachment(home.staff, view.id, "No.")
    for wrong in (view.id, uuid4()):
        with pytest.raises(NotFound) as no:
            await remove_attachment(stranger, wrong, "No.")
        assert no.value.code == "ATTACHMENT_NOT_FOUND"
    with pytest.raises(Invalid) as empty:
        await remove_attachment(coordinator, view.id, " ")
    assert empty.value.field == "reason"
    assert (await Attachment.get(id=view.id)).state is AttachmentState.AVAILABLE
    assert len(files_in(tmp_path)) == 1


async def test_a_document_of_a_closed_referral_can_still_be_removed(coordinator: Caller, number: int) -> None:
    view = await added(coordinator, number)
    await close_referral(coordinator, number, CloseOutcome.WITHDRAWN, None)
    assert (await remove_attachment(coordinator, view.id, "Not hers.")).state is AttachmentState.REMOVED


# The scanner


async def test_a_clean_document_is_available_after_the_scan(world: World, coordinator: Caller, number: int) -> None:
    async with fake_clamd() as clamd:
        view = await added(scanned_by(coordinator, Clamd(clamd.address)), number, pdf(100_000))
    assert clamd.scanned == [pdf(100_000)]
    assert view.state is AttachmentState.AVAILABLE
    (entry,) = await world.entries("attachment.settle")
    assert (entry.actor, entry.facts) == ("system:scanner", {"scanned": True, "found": "", "state": "AVAILABLE"})


async def test_an_infected_document_is_rejected_its_content_goes_and_the_sender_is_told(
    world: World, coordinator: Caller, number: int, tmp_path: Path
) -> None:
    async with fake_clamd() as clamd:
        with pytest.raises(Invalid) as no:
            await added(scanned_by(coordinator, Clamd(clamd.address)), number, pdf()[:-1] + EICAR + pdf())
    assert no.value.code == "ATTACHMENT_REJECTED"
    row = await Attachment.get()
    assert (row.state, row.settled_why, row.wrapped_key) == (AttachmentState.REJECTED, "Eicar-Test-Signature", "")
    assert files_in(tmp_path) == []
    (entry,) = await world.entries("attachment.settle")
    assert entry.facts == {"scanned": True, "found": "Eicar-Test-Signature", "state": "REJECTED"}
    with pytest.raises(Conflict) as shut:
        await open_attachment(coordinator, row.id)
    assert shut.value.code == "ATTACHMENT_REJECTED"


async def test_while_the_scanner_is_away_a_document_waits_and_the_sweep_asks_again(
    world: World, coordinator: Caller, number: int
) -> None:
    away = scanned_by(coordinator, Clamd(ClamdAddress("127.0.0.1", free_port())))
    view = await added(away, number)
    assert view.state is AttachmentState.RECEIVED
    with pytest.raises(Conflict) as waits:
        await open_attachment(away, view.id)
    assert waits.value.code == "ATTACHMENT_WAITING"
    (subject,) = await plan_scans(world.clock(), DEFAULTS)
    assert (subject.id, subject.label) == (view.id, f"Document of referral {number}")
    assert (await run_now(away.desk, SCANS)).failures == {str(view.id): "SCANNER_AWAY"}
    assert (await Attachment.get()).state is AttachmentState.RECEIVED

    async with fake_clamd() as clamd:
        back = scanned_by(coordinator, Clamd(clamd.address))
        result = await run_now(back.desk, SCANS)

    assert (result.hit, result.failures) == (1, {})
    assert (await Attachment.get()).state is AttachmentState.AVAILABLE
    assert await plan_scans(world.clock(), DEFAULTS) == []


async def test_opening_a_document_that_waits_asks_the_scanner_again_at_once(coordinator: Caller, number: int) -> None:
    away = scanned_by(coordinator, Clamd(ClamdAddress("127.0.0.1", free_port())))
    view = await added(away, number, pdf(1000))
    async with fake_clamd() as clamd:
        back = scanned_by(coordinator, Clamd(clamd.address))
        assert await content_of(back, await open_attachment(back, view.id)) == pdf(1000)


async def test_a_house_that_gave_up_its_scanner_lets_the_waiting_documents_through_and_says_so(
    world: World, coordinator: Caller, number: int
) -> None:
    view = await added(scanned_by(coordinator, Clamd(ClamdAddress("127.0.0.1", free_port()))), number)
    assert await scan_attachment(house(coordinator.desk, "test"), view.id)
    assert (await Attachment.get()).state is AttachmentState.AVAILABLE
    (entry,) = await world.entries("attachment.settle")
    assert entry.facts["scanned"] is False
    assert not await scan_attachment(house(coordinator.desk, "test"), view.id)


async def test_a_document_that_was_damaged_while_it_waited_is_not_let_through(
    coordinator: Caller, number: int, tmp_path: Path
) -> None:
    view = await added(scanned_by(coordinator, Clamd(ClamdAddress("127.0.0.1", free_port()))), number)
    path = await file_of(tmp_path, view.id)
    path.write_bytes(_flipped(path.read_bytes(), path.stat().st_size - 1))
    async with fake_clamd() as clamd:
        result = await run_now(scanned_by(coordinator, Clamd(clamd.address)).desk, SCANS)
    assert result.failures == {str(view.id): "ATTACHMENT_DAMAGED"}
    assert (await Attachment.get()).state is AttachmentState.RECEIVED


async def test_a_document_that_is_removed_while_it_is_scanned_stays_removed(
    coordinator: Caller, number: int, tmp_path: Path
) -> None:
    view = await added(scanned_by(coordinator, Clamd(ClamdAddress("127.0.0.1", free_port()))), number)
    async with fake_clamd() as clamd:
        real = Clamd(clamd.address)

        class Slow:
            async def scan(self, content: AsyncIterator[bytes]) -> object:
                verdict = await real.scan(content)
                await remove_attachment(coordinator, view.id, "Not hers.")
                return verdict

        await scan_attachment(house(scanned_by(coordinator, Slow()).desk, "test"), view.id)  # type: ignore[arg-type]
    assert (await Attachment.get()).state is AttachmentState.REMOVED
    assert files_in(tmp_path) == []


# What the house clears away


async def test_a_file_without_a_row_goes_after_a_day_and_one_with_a_row_never(
    world: World, coordinator: Caller, number: int, tmp_path: Path, clock: Clock
) -> None:
    view = await added(coordinator, number)
    orphan = (await room(coordinator).store.keep(streamed(pdf()))).key.storage_id
    begun = tmp_path / "files" / f"{uuid4().hex}.part"
    begun.write_bytes(b"cut")
    os.utime(begun, (clock().timestamp(), clock().timestamp()))
    caller = house(coordinator.desk, "test")

    clock.forward(seconds=GRACE.total_seconds() - 1)
    assert not await remove_orphans(caller)
    assert len(files_in(tmp_path)) == 3

    clock.forward(seconds=1)
    assert await remove_orphans(caller)
    assert [path.name for path in files_in(tmp_path)] == [(await Attachment.get(id=view.id)).storage_id]
    assert orphan.hex not in str(files_in(tmp_path))
    assert (await world.entries("attachment.remove_orphans"))[-1].facts == {"looked_at": 3, "removed": 2, "links": 0}

    clock.forward(days=30)
    assert not await remove_orphans(caller)
    later = await in_session(await world.call_as(coordinator.actor.person()))
    await Attachment.filter(id=view.id).update(state=AttachmentState.RECEIVED)
    assert not await remove_orphans(caller)
    await Attachment.filter(id=view.id).update(state=AttachmentState.AVAILABLE)
    assert await content_of(later, await open_attachment(later, view.id))


async def test_a_file_that_outlived_its_removed_document_goes_too(
    coordinator: Caller, number: int, tmp_path: Path, clock: Clock
) -> None:
    view = await added(coordinator, number)
    path = await file_of(tmp_path, view.id)
    content = path.read_bytes()
    await remove_attachment(coordinator, view.id, "Not hers.")
    path.write_bytes(content)  # as after a crash between the commit and the removal
    os.utime(path, (clock().timestamp(), clock().timestamp()))
    clock.forward(days=1)
    assert await remove_orphans(house(coordinator.desk, "test"))
    assert files_in(tmp_path) == []


async def test_links_are_cleared_away_a_day_after_they_expired(coordinator: Caller, number: int, clock: Clock) -> None:
    await open_attachment(coordinator, (await added(coordinator, number)).id)
    clock.forward(days=1, seconds=60)
    await remove_orphans(house(coordinator.desk, "test"))
    assert await AttachmentLink.all().count() == 1
    clock.forward(seconds=1)
    await remove_orphans(house(coordinator.desk, "test"))
    assert await AttachmentLink.all().count() == 0


async def test_both_duties_are_in_the_register_and_run_by_the_ledger(
    world: World, coordinator: Caller, number: int, clock: Clock
) -> None:
    assert SWEEPS["attachments_scan"] is SCANS
    assert SWEEPS["attachments_orphans"] is ORPHANS
    assert [subject.hit for subject in await plan_orphans(clock(), DEFAULTS)] == [True]
    away = scanned_by(coordinator, None)
    await added(coordinator, number)
    await Attachment.all().update(state=AttachmentState.RECEIVED)
    clock.forward(days=1)
    await run_due(away.desk, {sweep.name: sweep for sweep in (SCANS, ORPHANS)})
    assert (await Attachment.get()).state is AttachmentState.AVAILABLE
    assert [entry.outcome for entry in await world.entries("attachment.remove_orphans")]


# Keys


async def test_after_a_rotation_every_document_opens_and_the_old_key_can_be_forgotten(
    world: World, coordinator: Caller, number: int, tmp_path: Path
) -> None:
    first, second, gone = [await added(coordinator, number, pdf(size)) for size in (1000, 100_000, 50)]
    await remove_attachment(coordinator, gone.id, "Not hers.")
    old = room(coordinator).keys.current_id
    before = {path: path.read_bytes() for path in files_in(tmp_path)}
    caller = house(coordinator.desk, "test")

    new = add_key(tmp_path / "keys.json")
    third = await added(coordinator, number, pdf(70_000))
    assert await keys_in_use() == {old, new}
    assert await rotate_keys(caller) == (2, 0)
    assert await rotate_keys(caller) == (0, 0)

    assert await keys_in_use() == {new}
    assert forget_keys(tmp_path / "keys.json", await keys_in_use()) == [old]
    assert before.items() <= {path: path.read_bytes() for path in files_in(tmp_path)}.items()
    for view in (first, second, third):
        assert await content_of(coordinator, await open_attachment(coordinator, view.id)) == pdf(view.size)
    assert [entry.facts for entry in await world.entries("attachment.rewrap")] == [{"key": new}] * 2


async def test_a_key_that_does_not_open_is_told_and_does_not_stop_the_rotation(
    world: World, coordinator: Caller, number: int, tmp_path: Path
) -> None:
    bad, good = await added(coordinator, number), await added(coordinator, number)
    await Attachment.filter(id=bad.id).update(wrapped_key="AAAA")
    old = room(coordinator).keys.current_id
    new = add_key(tmp_path / "keys.json")

    assert await rotate_keys(house(coordinator.desk, "test")) == (1, 1)

    assert (await Attachment.get(id=good.id)).key_id == new
    assert (await Attachment.get(id=bad.id)).key_id == old
    assert await keys_in_use() == {old, new}
    assert (await refused("attachment.report_damage")).about_id == bad.id
    assert Outcome.FAILED in {entry.outcome for entry in await world.entries("attachment.rewrap")}


async def _never_read() -> AsyncIterator[bytes]:
    raise AssertionError("not a byte of it should be read")
    yield b""


async def _read_into(given: list[bytes], caller: Caller, opened: object) -> None:
    async with aclosing(read_attachment(caller, opened)) as content:  # type: ignore[arg-type]
        async for piece in content:
            given.append(piece)  # noqa: PERF401 - what was given before the fault counts
