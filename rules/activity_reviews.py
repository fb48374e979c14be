"""The quarterly system activity review: its window, who judges, and when it is complete (SAR; 002:214-265)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Self
from uuid import UUID

from rules.calendar import local_instant
from rules.errors import Conflict, Denied, Invalid
from rules.roles import Role

_DAY = timedelta(days=1)
_MONTHS = 3

REVIEWERS: frozenset[Role] = frozenset({Role.CSO, Role.PRIVACY_OFFICER})
"""Who carries a review out: the CSO (002:234), and the Privacy Officer where the access of a CSO is looked at."""


class ReviewState(StrEnum):
    """Say where a review stands."""

    OPEN = "OPEN"
    """Drawn; rows wait for a verdict, or the supervisors for an answer."""
    COMPLETED = "COMPLETED"
    """Finished; its report is kept and nothing of it changes any more (002:262)."""


class AccessVerdict(StrEnum):
    """Say what a reviewer found of one row of the log (002:239-241)."""

    JUSTIFIED = "JUSTIFIED"
    """It is consistent with the person's security level and duties."""
    DISCREPANCY = "DISCREPANCY"
    """It is not; a finding follows (002:252-254)."""


class NeedAnswer(StrEnum):
    """Say what the supervisor answers: whether the access is needed (002:248-249)."""

    NEEDED = "NEEDED"
    """All of it is needed for the person's work."""
    PARTLY_NEEDED = "PARTLY_NEEDED"
    """Some of it is not needed; the note says what."""
    NOT_NEEDED = "NOT_NEEDED"
    """None of it is needed any more."""


class FindingKind(StrEnum):
    """Say what kind of discrepancy was found (002:252-259)."""

    ACCESS_WITHOUT_REASON = "ACCESS_WITHOUT_REASON"
    """Records were opened or changed without business with them."""
    ROLE_NOT_NEEDED = "ROLE_NOT_NEEDED"
    """A role is not needed for the person's work."""
    INCOMPATIBLE_ROLES = "INCOMPATIBLE_ROLES"
    """Roles are held that do not go together (002:244-245)."""
    ACCOUNT_NOT_IN_ORDER = "ACCOUNT_NOT_IN_ORDER"
    """The user ID is not as the security database has it (002:235-236)."""
    PROCEDURE = "PROCEDURE"
    """A procedure let it happen, and has to change (002:257-259)."""


class Severity(StrEnum):
    """Say how much a finding weighs."""

    LOW = "LOW"
    """A slip; nobody's data was at risk."""
    MEDIUM = "MEDIUM"
    """Access went further than it should."""
    HIGH = "HIGH"
    """Somebody's data may have been seen without business; see whether it is a breach."""


class Remedy(StrEnum):
    """Say what becomes of a finding: the corresponding access form, or no form (002:252-253)."""

    CHANGE = "CHANGE"
    """An access form asks for the change of the person's access."""
    REVOKE = "REVOKE"
    """The access is revoked at once; the form is its paperwork."""
    NO_FORM = "NO_FORM"
    """Nothing of the person's access changes; somebody does what the finding says."""


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year; a review belongs to the one in which it is due."""

    year: int
    number: int

    @classmethod
    def of(cls, on: date) -> Self:
        """Give the quarter of a day."""
        return cls(on.year, (on.month - 1) // _MONTHS + 1)

    @classmethod
    def read(cls, name: str) -> Self:
        """Read a quarter from its name, such as 2026-Q2."""
        year, _, number = name.partition("-Q")
        return cls(int(year), int(number))

    @property
    def name(self) -> str:
        """Give the name: 2026-Q2."""
        return f"{self.year}-Q{self.number}"

    @property
    def first_day(self) -> date:
        """Give the first day."""
        return date(self.year, _MONTHS * (self.number - 1) + 1, 1)

    @property
    def last_day(self) -> date:
        """Give the last day: until then the review has to be complete."""
        return self.following.first_day - _DAY

    @property
    def following(self) -> Quarter:
        """Give the next quarter."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)


def quarters_due(newest: Quarter | None, on: date) -> Iterator[Quarter]:
    """Yield the quarters up to a day that have no review: late rather than never. A house begins with the present."""
    quarter = newest.following if newest else Quarter.of(on)
    while quarter <= Quarter.of(on):
        yield quarter
        quarter = quarter.following


@dataclass(frozen=True, slots=True)
class Window:
    """The days of the log that are looked at, both included, in Chicago (002:239)."""

    first: date
    last: date

    @classmethod
    def before(cls, on: date, length: timedelta) -> Self:
        """Give the whole days before a day."""
        return cls(on - length, on - _DAY)

    @property
    def begins(self) -> datetime:
        """Give the first instant that belongs to it."""
        return local_instant(self.first, time(0))

    @property
    def ends(self) -> datetime:
        """Give the first instant that does not belong to it any more."""
        return local_instant(self.last + _DAY, time(0))


@dataclass(frozen=True, slots=True)
class MemberStanding:
    """How far the review of one drawn user ID has come."""

    user_id: str
    labelled: bool
    unjudged: int
    """Unexplained rows without a verdict."""
    discrepancies: int
    findings: int
    supervisor_heard: bool
    """The supervisor has answered, or a reason is given why not."""


def check_reviewer(person: UUID, roles: frozenset[Role], drawn: UUID, *, drawn_was_cso: bool) -> None:
    """Let nobody judge themselves, and the Privacy Officer judge CSOs only: there may be but one (002:234).

    Raises Denied OWN_ACCESS, CSO_REVIEWS.
    """
    if person == drawn:
        raise Denied("Somebody else reviews your own access.", code="OWN_ACCESS")
    if Role.CSO not in roles and not drawn_was_cso:
        raise Denied("The Chief Security Officer reviews the access of this person.", code="CSO_REVIEWS")


def check_completer(person: UUID, roles: frozenset[Role], drawn: Iterable[tuple[UUID, bool]]) -> None:
    """Let nobody complete the review of their own access; ``drawn`` says of each person whether it was a CSO.

    Raises Denied OWN_ACCESS, CSO_REVIEWS.
    """
    members = tuple(drawn)
    if any(one == person for one, _ in members):
        raise Denied("Somebody else completes the review of your own access.", code="OWN_ACCESS")
    if Role.CSO not in roles and not any(was_cso for _, was_cso in members):
        raise Denied("The Chief Security Officer completes this review.", code="CSO_REVIEWS")


def check_open(state: ReviewState) -> None:
    """Let a review change until it is complete. Raises Conflict REVIEW_COMPLETED."""
    if state is not ReviewState.OPEN:
        raise Conflict("This review is completed; nothing of it changes any more.", code="REVIEW_COMPLETED")


def check_newer(seen: int, newest: int) -> None:
    """Let a verdict follow only the one that was seen: of two the first wins. Raises Conflict JUDGED_MEANWHILE."""
    if seen != newest:
        raise Conflict("Somebody else has judged this row meanwhile. Read that verdict first.", code="JUDGED_MEANWHILE")


def check_answer(answer: NeedAnswer, note: str) -> None:
    """Ask for words where access is not needed. Raises Invalid NOTE_REQUIRED."""
    if answer is not NeedAnswer.NEEDED and not note:
        raise Invalid("Say what is not needed.", code="NOTE_REQUIRED", field="note")


def check_due(due_on: date | None, today: date) -> None:
    """Let a finding be dated from today on. Raises Invalid DATE_PAST."""
    if due_on is not None and due_on < today:
        raise Invalid("Choose today or a later day.", code="DATE_PAST", field="dueOn")


def missing(members: Iterable[MemberStanding], undated: Iterable[int]) -> list[str]:
    """Say what a review still lacks; ``undated`` are the numbers of findings neither carried out nor dated."""
    points = []
    for one in members:
        if not one.labelled:
            points.append(f"{one.user_id}: the log is still being labelled.")
        if one.unjudged:
            points.append(f"{one.user_id}: {one.unjudged} unexplained rows have no verdict.")
        if not one.supervisor_heard:
            points.append(f"{one.user_id}: the supervisor has not answered, and no reason is given.")
        if one.discrepancies and not one.findings:
            points.append(f"{one.user_id}: a discrepancy has no finding.")
    points += [f"Finding {number} is neither carried out nor dated." for number in undated]
    return points


def check_complete(points: list[str]) -> None:
    """Let a review be completed that lacks nothing. Raises Conflict REVIEW_INCOMPLETE, saying what it lacks."""
    if points:
        raise Conflict(f"This review is not complete. {' '.join(points)}", code="REVIEW_INCOMPLETE")
