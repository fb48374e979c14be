"""What reviews of employee user IDs take."""

from __future__ import annotations

from datetime import date

import schema.employee_review_types  # noqa: F401 - the enums are described before they are used
from rules.employee_review import Employment
from schema.described import described_input


@described_input
class VerifyEmploymentInput:
    """What Human Resources know of an employee on the list (002:294-296)."""

    number: int
    """The number of the review."""

    user_id: str
    """The user ID, with or without its domain."""

    answer: Employment
    """Whether the person is still employed; who is not loses all access at once."""

    terminated_on: date | None = None
    """The last day of employment, where it ended; today, unless said otherwise."""


@described_input
class ImportUserListInput:
    """A list of the users of another system (002:278-285)."""

    system: str
    """The code of the system."""

    csv: str
    """The list: a line of headings `user_id,name,last_used`, then a line for each user. It is imported whole or not at
    all. A request holds 64 KiB, so a long list comes in parts: those of one quarter are read together."""


@described_input
class RecordMainframeDeletionInput:
    """A mainframe ID that was deleted."""

    system: str
    """The code of the mainframe system."""

    user_id: str
    """The ID."""
