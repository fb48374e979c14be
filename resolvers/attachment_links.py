"""Opening a document: a link for one minute, once, for the session that asked; then the content, proven (001:254)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orm.models import Attachment, AttachmentLink
from orm.sql import fetch, to_uuid
from resolvers.attachment_views import FOR_PROVIDERS, FOR_STAFF
from resolvers.attachments import (
    SCANNER_AWAY,
    as_house,
    key_of,
    no_such_document,
    report_damage,
    room_of,
    scan_attachment,
)
from resolvers.callers import Caller
from resolvers.desk import Work, operation
from resolvers.file_ports import DamagedFileError, SealedKey
from resolvers.scope import READERS, sight_of
from resolvers.tokens import hash_token
from rules.attachments import check_link, check_openable
from rules.errors import Conflict, Invalid, NotFound


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """A link that opens one document once, in the session that asked for it; the token is kept only as a hash."""

    token: str
    expires_at: datetime

    @property
    def url(self) -> str:
        """Give the address on this server."""
        return f"/attachments/{self.token}"


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A document that may be read now, by whoever it was opened for."""

    attachment_id: UUID
    file_name: str
    media_type: str
    size: int
    key: SealedKey


async def open_attachment(caller: Caller, attachment_id: UUID) -> OneTimeLink:
    """Make a link that opens a document once; one that waits for a scanner that was away is scanned first."""
    try:
        return await make_link(caller, attachment_id)
    except Conflict as waits:
        if waits.code != "ATTACHMENT_WAITING":
            raise
        try:
            await scan_attachment(as_house(caller, "scanner"), attachment_id)
        except Conflict as no:
            raise (waits if no.code == SCANNER_AWAY else no) from None
    return await make_link(caller, attachment_id)


@operation("attachment.open", by=READERS, cites="001:254")
async def make_link(work: Work, attachment_id: UUID) -> OneTimeLink:
    """Make the link: for whoever may see the referral, for the session that asks, for a minute.

    Raises:
        NotFound: there is no such document for this person.
        Conflict: it cannot be opened now.
    """
    if work.caller.session_id is None:
        raise Invalid("Sign in to open a document.", code="NO_SESSION")
    attachment = await _in_sight(work, attachment_id)
    check_openable(attachment.state)
    token = work.caller.desk.secrets.token()
    link = await AttachmentLink.create(
        attachment_id=attachment.id,
        session_id=work.caller.session_id,
        token_hash=hash_token(token),
        made_at=work.now,
        expires_at=work.now + work.policy.attachment_link,
    )
    return OneTimeLink(token, link.expires_at)


@operation("attachment.fetch", by=READERS, cites="001:254")
async def use_link(work: Work, token: str) -> OpenedFile:
    """Use a link up: everything that was asked when it was made is asked again, for the same session.

    Raises:
        NotFound: there is no such link for this session, or no such document for this person any more.
        Conflict: it was used, has expired, or the document cannot be opened any more.
    """
    link = await AttachmentLink.filter(token_hash=hash_token(token)).first()
    if link is None:
        raise _no_such_link()
    work.about("attachment", link.attachment_id)
    if link.session_id != work.caller.session_id:
        raise _no_such_link()
    check_link(link.expires_at, link.used_at, work.now)
    attachment = await _in_sight(work, link.attachment_id)
    check_openable(attachment.state)
    if not await AttachmentLink.filter(id=link.id, used_at=None).update(used_at=work.now):
        check_link(link.expires_at, work.now, work.now)
    return OpenedFile(attachment.id, attachment.file_name, attachment.media_type, attachment.size, key_of(attachment))


async def read_attachment(caller: Caller, opened: OpenedFile) -> AsyncGenerator[bytes, None]:
    """Give the content piece by piece, each proven before it is given; close the generator when done.

    Raises:
        Conflict: ``ATTACHMENT_DAMAGED``; written down, and told to the log.
    """
    try:
        async with aclosing(room_of(caller).store.read(opened.key, opened.size)) as content:
            async for piece in content:
                yield piece
    except DamagedFileError as fault:
        await report_damage(caller, opened.attachment_id, fault.why)


async def _in_sight(work: Work, attachment_id: UUID) -> Attachment:
    """Load a document of a referral that exists for the person; a provider only one that can be opened."""
    work.about("attachment", attachment_id)
    sight = await sight_of(work.actor, work.today)
    staff = work.actor.sees_all_referrals or work.actor.is_coordinator
    rows = await fetch(
        "SELECT r.id, r.number FROM attachment a JOIN referral r ON r.id = a.referral_id "
        f"WHERE a.id = :attachment AND a.state IN (:states) AND ({sight.where})",
        **sight.parameters,
        attachment=attachment_id,
        states=sorted(FOR_STAFF if staff else FOR_PROVIDERS),
    )
    if not rows:
        raise no_such_document()
    work.touches("referral", [to_uuid(rows[0]["id"])])
    work.note(number=rows[0]["number"])
    return await Attachment.get(id=attachment_id)


def _no_such_link() -> NotFound:
    return NotFound("There is no such link. Open the document again from its referral.", code="LINK_NOT_FOUND")
