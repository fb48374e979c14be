"""A line of a mailbox as its reader sees it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from resolvers.lines_beyond import Line
from resolvers.paging import to_cursor
from resolvers.referral_shapes import ReferralView
from rules.notices import NotificationKind, Subject, subject_of, title

ORDER: Final = "LINE"


@dataclass(slots=True)
class NotificationView:
    """A line of the caller's mailbox; the referral only while it exists for the caller."""

    id: UUID
    cursor: str
    kind: NotificationKind
    title: str
    at: datetime
    referral_number: int | None
    referral_numbers: list[int]
    subject: Subject
    subject_number: int | None
    referral: ReferralView | None = None


def line_cursor(line: int) -> str:
    """Make the cursor of a line; line 0 stands before the first."""
    return to_cursor(ORDER, line)


def line_view(line: Line, referrals: Mapping[UUID, ReferralView]) -> NotificationView:
    """Show a line, with its referral if that is among those which exist for the reader."""
    said = line.said
    return NotificationView(
        id=line.id,
        cursor=line_cursor(line.line),
        kind=said.kind,
        title=title(said.kind, said.subject_number or said.referral_number),
        at=said.at,
        referral_number=said.referral_number,
        referral_numbers=said.numbers,
        subject=subject_of(said.kind),
        subject_number=said.subject_number,
        referral=referrals.get(said.referral_id) if said.referral_id else None,
    )


def fields_of_referral(wanted: Collection[str]) -> frozenset[str]:
    """Give what is wanted of the referral of a line."""
    return frozenset(path.removeprefix("referral.") for path in wanted if path.startswith("referral."))
