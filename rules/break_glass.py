"""Break-glass: consumer data for those whose office sees none, for one referral, for an hour, and never unseen.

It needs a reason, tells others at once, can only be read under, and somebody else says afterwards whether it was right
(45 CFR 164.312(a)(2)(ii), 45 CFR 164.308(a)(1)(ii)(D)).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from rules.errors import Conflict, Denied
from rules.roles import Role

HOLDERS: frozenset[Role] = frozenset({Role.CSO, Role.PRIVACY_OFFICER})
"""Who may break the glass, is told when it was broken, and closes the review of somebody else's."""

WITNESSES: tuple[Role, ...] = (Role.AUDITOR, Role.ADMINISTRATOR)
"""Who is told where there is no other holder; the first of these offices that has anybody."""

PURPOSE = "BREAK_GLASS"
"""The purpose that the trail gives for what was read under it."""


class BreakGlassFinding(StrEnum):
    """Say what the review of a break-glass found."""

    JUSTIFIED = "JUSTIFIED"
    """The reason was true and nothing more was read than it asked for."""
    NOT_JUSTIFIED = "NOT_JUSTIFIED"
    """It should not have been opened, or more was read than the reason asked for."""


def is_open(expires_at: datetime, ended_at: datetime | None, now: datetime) -> bool:
    """Say whether a break-glass can be read under; at the moment of its end it cannot any more."""
    return ended_at is None and now < expires_at


def was_open(opened_at: datetime, expires_at: datetime, ended_at: datetime | None, at: datetime) -> bool:
    """Say whether a break-glass could be read under at a moment of the past."""
    return opened_at <= at < (expires_at if ended_at is None else min(expires_at, ended_at))


def check_not_open(*, already: bool) -> None:
    """Refuse a second break-glass for the same referral while the first is open.

    Raises Conflict BREAK_GLASS_OPEN.
    """
    if already:
        raise Conflict("You have opened this referral by break-glass already.", code="BREAK_GLASS_OPEN")


def check_somebody_is_told(others: int) -> None:
    """Refuse what nobody but the opener would hear of.

    Raises Conflict NOBODY_TO_TELL.
    """
    if not others:
        raise Conflict(
            "There is nobody else who could be told: break-glass is never opened unseen.", code="NOBODY_TO_TELL"
        )


def check_can_end(*, is_open: bool) -> None:
    """Refuse to end what has ended. Raises Conflict BREAK_GLASS_ENDED."""
    if not is_open:
        raise Conflict("This break-glass has ended already.", code="BREAK_GLASS_ENDED")


def check_reviewer(reviewer: UUID, opened_by: UUID) -> None:
    """Refuse to review one's own. Raises Denied OWN_BREAK_GLASS."""
    if reviewer == opened_by:
        raise Denied("Somebody else reviews what you opened.", code="OWN_BREAK_GLASS")


def check_not_reviewed(finding: BreakGlassFinding | None) -> None:
    """Refuse a second finding. Raises Conflict ALREADY_REVIEWED."""
    if finding is not None:
        raise Conflict("This break-glass was reviewed already.", code="ALREADY_REVIEWED")
