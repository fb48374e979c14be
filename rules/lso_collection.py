"""What the Chief Security Officer collects from the facility LSOs each April (RSK-17, LSO-18; 002:127-128)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from rules.errors import Conflict, Invalid
from rules.policy import Policy

_APRIL = 4


class CollectionQuestion(StrEnum):
    """Ask a facility about one duty of the regulation; each value equals its name."""

    PROCEDURES_FOLLOWED = "PROCEDURES_FOLLOWED"
    NO_LOCAL_POLICY = "NO_LOCAL_POLICY"
    STAFF_TRAINED = "STAFF_TRAINED"
    PHYSICAL_SECURITY = "PHYSICAL_SECURITY"
    EQUIPMENT_COUNTED = "EQUIPMENT_COUNTED"
    LEAVERS_REVOKED = "LEAVERS_REVOKED"
    INCIDENTS_REPORTED = "INCIDENTS_REPORTED"


QUESTIONS: Mapping[CollectionQuestion, str] = MappingProxyType(
    {
        CollectionQuestion.PROCEDURES_FOLLOWED: "Are the protection procedures of DOR 8.370 followed? (002:58-61)",
        CollectionQuestion.NO_LOCAL_POLICY: "Is there no policy of the facility's own on this topic? (002:124-125)",
        CollectionQuestion.STAFF_TRAINED: "Were all staff trained as DOR 8.090 asks? (002:82)",
        CollectionQuestion.PHYSICAL_SECURITY: "Are staff and records physically secure? (002:101-102)",
        CollectionQuestion.EQUIPMENT_COUNTED: "Was the computing equipment counted in the last year? (002:104)",
        CollectionQuestion.LEAVERS_REVOKED: "Was the access of everybody who left revoked at once? (000:258-263)",
        CollectionQuestion.INCIDENTS_REPORTED: "Was every incident reported? (000:34-39)",
    }
)


class CollectionAnswer(StrEnum):
    """Answer a question about a facility."""

    YES = "YES"
    """It is so."""
    NO = "NO"
    """It is not so; the note says what is done about it."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """The facility has nothing that the question is about."""


def open_year(on: date) -> int | None:
    """Return the year of the collection that is open on a day; None outside April."""
    return on.year if on.month == _APRIL else None


def closes_on(year: int) -> date:
    """Return the first day on which the collection of a year takes no answer any more."""
    return date(year, _APRIL + 1, 1)


def must_ask(told_on: date | None, on: date, policy: Policy) -> bool:
    """Say whether an LSO who has not answered is asked on a day: once, then each week."""
    return told_on is None or on >= told_on + policy.lso_collection_chase


def check_answers(answers: Mapping[CollectionQuestion, CollectionAnswer], note: str) -> None:
    """Take answers to all questions, with a note where one is no. Raises Invalid ANSWERS_MISSING, NOTE_NEEDED."""
    if answers.keys() != set(CollectionQuestion):
        raise Invalid("Answer every question once.", code="ANSWERS_MISSING", field="answers")
    if CollectionAnswer.NO in answers.values() and not note:
        raise Invalid("Say in the note what is done about a no.", code="NOTE_NEEDED", field="note")


def check_collecting(*, closed: bool, answered: bool) -> None:
    """Take one answer of a facility, while the collection is open. Raises Conflict COLLECTION_CLOSED, ANSWERED."""
    if closed:
        raise Conflict("This collection is closed; its report is kept.", code="COLLECTION_CLOSED")
    if answered:
        raise Conflict("Your facility has answered already.", code="ALREADY_ANSWERED")
