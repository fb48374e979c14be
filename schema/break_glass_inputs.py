"""What break-glass takes. Only what may be set is listed."""

from __future__ import annotations

import schema.enums  # noqa: F401 - the enums are described before they are used
from rules.break_glass import BreakGlassFinding
from schema.described import described_input


@described_input
class BreakGlassInput:
    """A referral that has to be read in an emergency."""

    referral_number: int
    """The number of the referral."""

    reason: str
    """Why, up to 1,000 characters. Those who review it read it."""


@described_input
class EndBreakGlassInput:
    """A break-glass that is not needed any more, or should not be."""

    number: int
    """The number of the break-glass."""


@described_input
class ReviewBreakGlassInput:
    """The end of a review."""

    number: int
    """The number of the break-glass."""

    finding: BreakGlassFinding
    """What was found."""

    note: str = ""
    """What was found in words, up to 1,000 characters; needed where it was not justified."""
