"""Reviews of employee user IDs, lists of other systems, and mainframe IDs to be deleted (002:105-110, 002:271-314)."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from resolvers.employee_review_views import ReviewLineView, ReviewView
from resolvers.mainframe_review import MainframeDeletionView
from resolvers.user_lists import UserListView
from rules.employee_review import Employment, ReviewState
from rules.user_lists import ListFinding
from schema.described import described_enum, described_type
from schema.ids import to_global

described_enum(Employment)
described_enum(ReviewState, name="EmployeeReviewState")
described_enum(ListFinding, name="UserListFinding")


@described_type
class EmployeeReview:
    """The review of employee user IDs in one quarter (002:277)."""

    @strawberry.field
    def id(root: strawberry.Parent[ReviewView]) -> strawberry.ID:
        """The global id."""
        return to_global("EmployeeReview", root.id)

    number: int
    """The number of the review."""

    quarter_from: date
    """The first day of the quarter."""

    quarter_to: date
    """The last day of the quarter."""

    state: ReviewState
    """Where it stands."""

    sent: bool
    """Whether Human Resources are asked; the other lists are made and kept only (POL-05)."""

    opened_at: datetime
    """When it was opened."""

    accounts: int
    """How many enabled employee IDs were looked at."""

    listed: int
    """How many of the listed IDs the caller sees."""

    unanswered: int
    """How many of them wait for an answer."""

    completed_at: datetime | None
    """When it was completed."""

    evidence_number: int | None
    """The number of the kept report."""


@described_type
class EmployeeReviewLine:
    """An employee ID that was not used and is still enabled (002:290-292)."""

    @strawberry.field
    def id(root: strawberry.Parent[ReviewLineView]) -> strawberry.ID:
        """The global id."""
        return to_global("EmployeeReviewLine", root.id)

    user_id: str
    """The user ID."""

    name: str
    """The full name of the employee."""

    facility: str | None
    """The code of the facility; null for people of the offices."""

    last_used_on: date
    """The day of the last use; where it was never used, the day from which it counts."""

    ever_used: bool
    """Whether it was ever used."""

    days_unused: int
    """For how many days it was not used when it was listed."""

    answer: Employment | None
    """What Human Resources answered."""

    answered_at: datetime | None
    """When it was answered."""

    ticket_numbers: list[int]
    """The tickets that were opened for who has left (002:299-305)."""


@described_type
class UserList:
    """A list of the users of another system, as it was imported (002:307-308)."""

    @strawberry.field
    def id(root: strawberry.Parent[UserListView]) -> strawberry.ID:
        """The global id."""
        return to_global("UserList", root.id)

    number: int
    """The number of the list."""

    system: str
    """The code of the system."""

    imported_at: datetime
    """When it was imported."""

    rows: int
    """How many users it lists."""

    sha256: str
    """The hash of the file, in hex."""

    employed: int
    """How many have an account in use under the same name."""

    unknown: int
    """How many have no account."""

    not_enabled: int
    """How many have an account that is not in use: they may have left."""

    name_mismatches: int
    """How many have an account of somebody with another name."""


@described_type
class UserListRow:
    """One user on an imported list, compared with the accounts at the import."""

    line: int
    """The line in the file."""

    user_id: str
    """The user ID as listed."""

    name: str
    """The name as listed."""

    last_used_on: date | None
    """The day of the last use, where the list tells it."""

    finding: ListFinding
    """What the comparison has found."""


@described_type
class MainframeDeletion:
    """A mainframe ID that was unused for too long and is to be deleted (002:108-110)."""

    @strawberry.field
    def id(root: strawberry.Parent[MainframeDeletionView]) -> strawberry.ID:
        """The global id."""
        return to_global("MainframeDeletion", root.id)

    system: str
    """The code of the mainframe system."""

    user_id: str
    """The ID that is to be deleted there."""

    last_used_on: date
    """The day of its last use."""

    asked_at: datetime
    """When its deletion was asked for."""

    ticket_number: int | None
    """The ticket, where its owner has an account in the house."""

    done_at: datetime | None
    """When it was recorded as deleted."""
