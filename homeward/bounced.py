"""Take a bounced letter from the mail server: a delivery status notification on standard input (RFC 3464).

The mail server pipes what arrives at the sender's address, one notification a call. The letter is found by its
Message-ID, which is its key. The answer is an exit code of ``sysexits.h``, as pipes of mail servers read it; no
address and nothing of the letter is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from uuid import UUID

import structlog

from homeward.settings import Settings
from homeward.wiring import open_house
from resolvers.bounces import bounce_letter
from resolvers.callers import Desk, house
from rules.errors import Refusal
from rules.receipts import is_failure

Say = Callable[[str], object]

TAKEN = 0
"""The bounce is kept, or was kept before; or the notification reports no failure, and there was nothing to keep."""
MALFORMED = 65
"""EX_DATAERR: not one delivery status notification in the form of RFC 3464."""
FOREIGN = 67
"""EX_NOUSER: it is about no letter of this house, or about one that was never sent."""
TRY_AGAIN = 75
"""EX_TEMPFAIL: the house cannot be opened; the mail server keeps the notification and asks again."""

LARGEST = 1024 * 1024
"""Bytes of a notification, with the letter that it returns."""

_LETTER = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>\s]+>", re.ASCII | re.IGNORECASE)
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})(?![\d.])", re.ASCII)

_log = structlog.get_logger("homeward.bounced")


class MalformedNoticeError(ValueError):
    """Say that a message is not a delivery status notification; nothing of it is repeated."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What a notification says: which letter, none where it is not one of ours, and how it failed, if it did."""

    letter_id: UUID | None
    failure: str | None


async def take_bounced(settings: Settings, raw: bytes, say: Say) -> int:
    """Open the house and hand in one notification; answer the exit code."""
    try:
        notice = read_notice(raw)
    except MalformedNoticeError as fault:
        say(str(fault))
        return MALFORMED
    try:
        async with open_house(settings) as opened:
            return await hand_in(opened.desk, notice, say)
    except (Exception, SystemExit) as fault:  # noqa: BLE001 - whatever it is, the mail server keeps the notification
        _log.error("bounce.not_taken", error=type(fault).__name__)
        say("The house could not take it now. Try again later.")
        return TRY_AGAIN


async def hand_in(desk: Desk, notice: Notice, say: Say) -> int:
    """Keep what a notification says; answer the exit code."""
    if notice.letter_id is None:
        say("This is about no letter of this house. Nothing was changed.")
        return FOREIGN
    if notice.failure is None:
        say("This reports no failure for good. Nothing was changed.")
        return TAKEN
    try:
        news = await bounce_letter(house(desk, "bounces"), notice.letter_id, notice.failure)
    except Refusal as refusal:
        say(f"{refusal.message} Nothing was changed.")
        return FOREIGN
    say(f"Letter {notice.letter_id} bounced: {notice.failure}." if news else "This bounce was known already.")
    return TAKEN


def read_notice(raw: bytes) -> Notice:
    """Read a delivery status notification.

    Raises:
        MalformedNoticeError: it is too long, or not a ``multipart/report`` of a delivery status with its fields.
    """
    if len(raw) > LARGEST:
        raise MalformedNoticeError("This is too long for a delivery status notification. Nothing was changed.")
    try:
        report = message_from_bytes(raw)
        parts = list(_parts(report))
        recipients = [fields for part in parts for fields in _recipients(part)]
        name = next(filter(None, _names_of_letter(report, parts)), "")
    except (RecursionError, LookupError, TypeError, ValueError, AttributeError) as fault:
        raise _malformed() from fault
    if not recipients:
        raise _malformed()
    found = _LETTER.fullmatch(name.strip())
    return Notice(UUID(found[1]) if found else None, _failure(recipients))


def _parts(report: Message) -> Iterator[Message]:
    kind = str(report.get_param("report-type", "")).lower()
    if report.get_content_type() != "multipart/report" or kind != "delivery-status":
        raise _malformed()
    for part in report.get_payload():
        if isinstance(part, Message):
            yield part


def _recipients(part: Message) -> list[Message]:
    """Give the fields for each recipient: all blocks but the first, which is about the whole letter (RFC 3464, 2.1)."""
    if part.get_content_type() != "message/delivery-status":
        return []
    blocks = [block for block in part.get_payload() if isinstance(block, Message)]
    return [block for block in blocks[1:] if block.keys()]


def _failure(recipients: list[Message]) -> str | None:
    """Give the status with which the letter failed; none if it reached anybody, or may still.

    A letter has one recipient. Where an address stands for several people, one of them who has it is enough.
    """
    statuses = []
    for fields in recipients:
        action = str(fields.get("Action", "")).split("(")[0]
        status = _STATUS.match(str(fields.get("Status", "")))
        if status is None or not is_failure(action, status[1]):
            return None
        statuses.append(status[1])
    return statuses[0]


def _names_of_letter(report: Message, parts: list[Message]) -> Iterator[str]:
    """Give what names the letter, the best first: its own Message-ID as it was returned, then what this replies to.

    A letter of somebody else that only refers to one of ours is not ours, so ``References`` are not read.
    """
    for part in parts:
        if part.get_content_type() == "text/rfc822-headers":
            returned = message_from_bytes(bytes(part.get_payload(decode=True) or b""))
            yield str(returned.get("Message-ID", ""))
        elif part.get_content_maintype() == "message" and part.get_content_type() != "message/delivery-status":
            for inner in part.get_payload():
                yield str(inner.get("Message-ID", "")) if isinstance(inner, Message) else ""
    yield str(report.get("In-Reply-To", ""))


def _malformed() -> MalformedNoticeError:
    return MalformedNoticeError("This is not a delivery status notification (RFC 3464). Nothing was changed.")
