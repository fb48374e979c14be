"""Documents of a referral: their states, their names, how many, and how long a link opens one (001:250-254)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from rules.errors import Conflict, Invalid
from rules.referrals import ReferralStatus
from rules.text import clean_text

FILE_NAME_LIMIT: Final = 200
"""Characters of a file name."""
MOST_PER_REFERRAL: Final = 40
"""Documents of one referral that have not been removed: four kinds, each renewed now and then."""

_OF_PATHS = frozenset('/\\:*?"<>|')


class AttachmentState(StrEnum):
    """Where a document stands."""

    RECEIVED = "RECEIVED"
    """Stored, waiting for the malware scanner."""
    AVAILABLE = "AVAILABLE"
    """Clean, or no scanner is set up: it can be opened."""
    REJECTED = "REJECTED"
    """The scanner found something: it cannot be opened, its content is gone."""
    REMOVED = "REMOVED"
    """Taken away by a coordinator: it cannot be opened, its content is gone."""


WITH_CONTENT: Final = frozenset({AttachmentState.RECEIVED, AttachmentState.AVAILABLE})
"""States in which the house keeps the content."""


def clean_file_name(raw: str) -> str:
    """Return the name as it will be shown and saved under, without any folder.

    Raises Invalid: ATTACHMENT_NAME (a path, a hidden or a reserved name), and what :func:`clean_text` raises.
    """
    name = clean_text(raw, field="fileName", limit=FILE_NAME_LIMIT, required=True)
    if name.startswith(".") or name.endswith(".") or not _OF_PATHS.isdisjoint(name):
        raise Invalid(
            "Give the file a plain name, such as profile.pdf, without a folder.",
            code="ATTACHMENT_NAME",
            field="fileName",
        )
    return name


def check_addable(status: ReferralStatus, kept: int) -> None:
    """Allow another document while a home is looked for; ``kept`` is how many there are.

    Raises Conflict: REFERRAL_NOT_OPEN, ATTACHMENTS_FULL.
    """
    if status not in {ReferralStatus.DRAFT, ReferralStatus.OPEN}:
        raise Conflict("This referral is not open.", code="REFERRAL_NOT_OPEN")
    if kept >= MOST_PER_REFERRAL:
        raise Conflict(
            f"A referral holds at most {MOST_PER_REFERRAL} documents. Remove an old one first.",
            code="ATTACHMENTS_FULL",
        )


def check_openable(state: AttachmentState) -> None:
    """Allow opening a document that is available, and no other.

    Raises Conflict: ATTACHMENT_WAITING, ATTACHMENT_REJECTED, ATTACHMENT_REMOVED.
    """
    if state is AttachmentState.RECEIVED:
        raise Conflict("This document waits for the malware scanner. Try again soon.", code="ATTACHMENT_WAITING")
    if state is AttachmentState.REJECTED:
        raise Conflict("The malware scanner rejected this document.", code="ATTACHMENT_REJECTED")
    if state is AttachmentState.REMOVED:
        raise Conflict("This document was removed.", code="ATTACHMENT_REMOVED")


def check_link(expires_at: datetime, used_at: datetime | None, now: datetime) -> None:
    """Let a link open its document once, up to and including the instant it expires at.

    Raises Conflict: LINK_USED, LINK_EXPIRED.
    """
    if used_at is not None:
        raise Conflict("This link was used already. Open the document again from its referral.", code="LINK_USED")
    if now > expires_at:
        raise Conflict("This link has expired. Open the document again from its referral.", code="LINK_EXPIRED")
