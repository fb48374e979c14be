"""Documents of a referral: added, scanned, removed (001:250-252); :mod:`resolvers.attachment_links` opens them.

The file comes first and the row second, so a row always has its file; a file without a row is an orphan that a sweep
removes (:mod:`resolvers.attachment_duties`). Names of files stay in the table: no audit fact, log line or address
holds one.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator
from contextlib import aclosing, suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

import structlog

from orm.models import Attachment, Referral
from resolvers.attachment_views import AttachmentView, attachment_as_it_is
from resolvers.callers import Caller, house
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.file_ports import DamagedFileError, FileRoom, KeptFile, ScannerAwayError, ScanVerdict, SealedKey
from resolvers.scope import EDITORS, READERS, referral_to_change
from rules.attachments import (
    WITH_CONTENT,
    AttachmentState,
    check_addable,
    check_openable,
    clean_file_name,
)
from rules.errors import Conflict, Invalid, NotFound, Refusal, TooMany
from rules.file_formats import Glance, format_of
from rules.referrals import AttachmentKind
from rules.text import clean_text

_WHY_LIMIT = 200
SCANNER_AWAY = "SCANNER_AWAY"

_log = structlog.get_logger("homeward.attachments")


@dataclass(frozen=True, slots=True)
class Upload:
    """A document as it is announced; ``declared_size`` in bytes, where the sender tells it."""

    number: int
    kind: AttachmentKind
    file_name: str
    media_type: str
    declared_size: int | None = None


async def add_attachment(caller: Caller, upload: Upload, content: AsyncIterable[bytes]) -> AttachmentView:
    """Take a document in: scope before a byte is read, type and size while it passes, the scanner at the end.

    Without a scanner it is available at once; with one that is away it waits, and a sweep tries again.

    Raises:
        NotFound: there is no such referral for this person.
        TooMany: ``ATTACHMENT_TOO_LARGE``; the rest was not read.
        Invalid: the name, the type or the content is not good, or the scanner found something.
    """
    room = room_of(caller)
    await begin_upload(caller, upload)
    try:
        upload, kept = await _kept(room, upload, content)
    except Refusal as refusal:
        await refuse_upload(caller, upload.number, refusal)
        raise
    try:
        attachment_id = await keep_attachment(caller, upload, kept)
    except Refusal:
        # Only a refusal proves that nothing was committed; after any other end the sweep looks first.
        await room.store.remove(kept.key.storage_id)
        raise
    if room.scanner is not None:
        with suppress(Conflict):  # the scanner is away, or somebody has removed the document meanwhile
            await scan_attachment(as_house(caller, "scanner"), attachment_id)
    view = await attachment_as_it_is(attachment_id)
    if view.state is AttachmentState.REJECTED:
        raise Invalid("The malware scanner rejected this document.", code="ATTACHMENT_REJECTED", field="content")
    return view


@operation("attachment.begin_upload", by=EDITORS, cites="001:250-252")
async def begin_upload(work: Work, upload: Upload) -> None:
    """Let somebody send a document for a referral, before a byte of it is read."""
    await _check_addable(await referral_to_change(work, upload.number))
    work.note(kind=str(upload.kind), declared_size=upload.declared_size)


@operation("attachment.refuse_upload", by=EDITORS, cites="001:250-252")
async def refuse_upload(work: Work, number: int, refusal: Refusal) -> None:
    """Write down that a document was not taken, and why; nothing of its name or content."""
    await referral_to_change(work, number)
    raise refusal


@operation("attachment.add", by=EDITORS, cites="001:250-252")
async def keep_attachment(work: Work, upload: Upload, kept: KeptFile) -> UUID:
    """Keep a document whose file is on the disk already."""
    referral = await referral_to_change(work, upload.number)
    await _check_addable(referral)
    scanner = room_of(work.caller).scanner
    attachment = await Attachment.create(
        id=uuid4(),
        referral_id=referral.id,
        kind=upload.kind,
        state=AttachmentState.AVAILABLE if scanner is None else AttachmentState.RECEIVED,
        file_name=upload.file_name,
        media_type=upload.media_type,
        size=kept.size,
        sha256=kept.sha256,
        storage_id=kept.key.storage_id.hex,
        key_id=kept.key.key_id,
        wrapped_key=kept.key.wrapped_key,
        uploaded_by_id=work.actor.person(),
        uploaded_at=work.now,
        settled_at=work.now if scanner is None else None,
    )
    work.touches("attachment", [attachment.id])
    work.note(kind=str(upload.kind), size=kept.size, state=str(attachment.state), scanned=False)
    return attachment.id


async def scan_attachment(caller: Caller, attachment_id: UUID) -> bool:
    """Have a waiting document scanned, as the house; answer whether it is settled now.

    Raises:
        Conflict: ``SCANNER_AWAY``, ``ATTACHMENT_DAMAGED``.
    """
    room = room_of(caller)
    waiting = await Attachment.filter(id=attachment_id, state=AttachmentState.RECEIVED).first()
    if waiting is None:
        return False
    verdict: ScanVerdict | None = None
    if room.scanner is not None:
        try:
            async with aclosing(room.store.read(key_of(waiting), waiting.size)) as content:
                verdict = await room.scanner.scan(content)
        except DamagedFileError as fault:
            await report_damage(caller, attachment_id, fault.why)
            raise
        except ScannerAwayError as fault:
            _log.warning("attachment.scanner_away", attachment=str(attachment_id), why=str(fault))
            raise Conflict(
                "The malware scanner does not answer. It is asked again later.", code=SCANNER_AWAY
            ) from fault
    if await settle_attachment(caller, attachment_id, verdict) is AttachmentState.REJECTED:
        await room.store.remove(key_of(waiting).storage_id)
    return True


@operation("attachment.settle", by=THE_HOUSE, cites="45 CFR 164.308(a)(5)(ii)(B)")
async def settle_attachment(work: Work, attachment_id: UUID, verdict: ScanVerdict | None) -> AttachmentState:
    """Make a waiting document available, or reject it; ``None`` is the verdict of a house without a scanner."""
    work.about("attachment", attachment_id)
    attachment = await _locked(attachment_id)
    if attachment.state is AttachmentState.RECEIVED:
        clean = verdict is None or verdict.clean
        attachment.state = AttachmentState.AVAILABLE if clean else AttachmentState.REJECTED
        await _settle(work, attachment, "" if verdict is None else verdict.found)
        work.note(scanned=verdict is not None, found="" if verdict is None else verdict.found)
    work.note(state=str(attachment.state))
    return attachment.state


@operation("attachment.report_damage", by=READERS | THE_HOUSE, cites="45 CFR 164.312(c)(2)")
async def report_damage(work: Work, attachment_id: UUID, why: str) -> None:
    """Refuse a document whose file is not what was kept; ``why`` says how that showed."""
    work.about("attachment", attachment_id)
    work.note(damage=why)
    _log.error("attachment.damaged", attachment=str(attachment_id), why=why, request_id=work.caller.request_id)
    raise Conflict(
        "This document was damaged after it was stored, so it is not shown. Tell the support desk.",
        code="ATTACHMENT_DAMAGED",
    )


async def remove_attachment(caller: Caller, attachment_id: UUID, reason: str) -> AttachmentView:
    """Take a document away: its key and its file are destroyed, the record stays."""
    storage_id = await take_away(caller, attachment_id, reason)
    await room_of(caller).store.remove(storage_id)
    return await attachment_as_it_is(attachment_id)


@operation("attachment.remove", by=EDITORS, cites="001:250-252")
async def take_away(work: Work, attachment_id: UUID, reason: str) -> UUID:
    """Take a document away for whoever may change its referral; answer which file is to go.

    Raises:
        NotFound: there is no such document for this person.
        Conflict: ``ATTACHMENT_REMOVED``.
    """
    room_of(work.caller)
    attachment = await Attachment.filter(id=attachment_id).select_related("referral").first()
    if attachment is None:
        raise no_such_document()
    try:
        await referral_to_change(work, attachment.referral.number)
    except NotFound:
        raise no_such_document() from None
    work.touches("attachment", [attachment_id])
    attachment = await _locked(attachment_id)
    storage_id = key_of(attachment).storage_id
    if attachment.state is AttachmentState.REMOVED:
        check_openable(attachment.state)
    attachment.state = AttachmentState.REMOVED
    await _settle(work, attachment, clean_text(reason, field="reason", limit=_WHY_LIMIT, required=True))
    return storage_id


def key_of(attachment: Attachment) -> SealedKey:
    """Give what opens a document's file."""
    return SealedKey(UUID(attachment.storage_id), attachment.key_id, attachment.wrapped_key)


async def _kept(room: FileRoom, upload: Upload, content: AsyncIterable[bytes]) -> tuple[Upload, KeptFile]:
    """Check what can be checked before reading, then read on until something is wrong or the file is on the disk."""
    if upload.declared_size is not None and upload.declared_size > room.size_limit:
        raise _too_large(room)
    name = clean_file_name(upload.file_name)
    form = format_of(name, upload.media_type)
    kept = await room.store.keep(_watched(content, Glance(form), room))
    return Upload(upload.number, upload.kind, name, form.media_type, upload.declared_size), kept


async def _watched(content: AsyncIterable[bytes], glance: Glance, room: FileRoom) -> AsyncIterator[bytes]:
    async for piece in content:
        if glance.size + len(piece) > room.size_limit:
            raise _too_large(room)
        glance.take(piece)
        yield piece
    glance.finish()


async def _check_addable(referral: Referral) -> None:
    kept = await Attachment.filter(referral_id=referral.id).exclude(state=AttachmentState.REMOVED).count()
    check_addable(referral.status, kept)


async def _locked(attachment_id: UUID) -> Attachment:
    return await Attachment.filter(id=attachment_id).select_for_update(no_key=True).get()


async def _settle(work: Work, attachment: Attachment, why: str) -> None:
    """Keep a state with its reason; where the content is to go, its key goes with it."""
    attachment.settled_at = work.now
    attachment.settled_why = why
    if attachment.state not in WITH_CONTENT:
        attachment.key_id = attachment.wrapped_key = ""
    await attachment.save(update_fields=["state", "settled_at", "settled_why", "key_id", "wrapped_key"])


def room_of(caller: Caller) -> FileRoom:
    """Give the place where this house keeps documents.

    Raises:
        Conflict: ``ATTACHMENTS_OFF``.
    """
    if caller.desk.files is None:
        raise Conflict("Documents cannot be kept here: no place for them was set up.", code="ATTACHMENTS_OFF")
    return caller.desk.files


def as_house(caller: Caller, name: str) -> Caller:
    """Go on as a part of the house, under the request of the person who caused it."""
    return Caller(caller.desk, house(caller.desk, name).actor, None, caller.request_id)


def _too_large(room: FileRoom) -> TooMany:
    limit = room.size_limit
    words = f"{limit // 2**20} MiB" if limit >= 2**20 else f"{limit:,} bytes"
    return TooMany(f"A document holds at most {words}.", code="ATTACHMENT_TOO_LARGE")


def no_such_document() -> NotFound:
    """Say that there is none, or none for this person: the same answer."""
    return NotFound("There is no such document.", code="ATTACHMENT_NOT_FOUND")
