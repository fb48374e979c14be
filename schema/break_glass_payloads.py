"""What the mutations of break-glass answer: the object, or why it was refused."""

from __future__ import annotations

from schema.access_log_types import BreakGlass
from schema.described import described_type
from schema.errors import UserError


@described_type
class BreakGlassPayload:
    """What was opened, or why it was not."""

    break_glass: BreakGlass | None
    """What was opened."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class EndBreakGlassPayload:
    """What was ended, or why it was not."""

    break_glass: BreakGlass | None
    """What was ended."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class ReviewBreakGlassPayload:
    """What was reviewed, or why it was not."""

    break_glass: BreakGlass | None
    """What was reviewed."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
