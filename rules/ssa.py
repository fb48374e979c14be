"""The report of providers to the Social Security Administration, and the audit of contracts with it (002:322-367)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Final

from rules.calendar import OnDates
from rules.contract_end import Period, covered_until, ended_on
from rules.errors import Conflict

REPORTED: Final = OnDates(((1, 15), (3, 15), (5, 15), (7, 15), (9, 15), (11, 15)), time(6, 45))
"""The days that the document names (002:338-347)."""


class SsaState(StrEnum):
    """Say where a report stands."""

    BEING_TAKEN = "BEING_TAKEN"
    """The snapshot is written, provider by provider."""
    OPEN = "OPEN"
    """The snapshot is whole; account management checks it line by line (002:353)."""
    APPROVED = "APPROVED"
    """The Chief Security Officer has reviewed it (002:360)."""
    DELIVERED = "DELIVERED"
    """It was sent to the administration, and so was the letter (002:360-367)."""


class ContractStanding(StrEnum):
    """Say how a provider stands with its contract on the day of a report."""

    CURRENT = "CURRENT"
    """Under contract without an end date (002:355)."""
    ENDS_LATER = "ENDS_LATER"
    """Under contract; the end date that is noted has not come (POL-27)."""
    ENDED = "ENDED"
    """No longer under contract: all its user accounts are disabled (002:356-357)."""
    NONE = "NONE"
    """No contract has begun yet."""


class DeliveryStep(StrEnum):
    """Name a step of the delivery, in the order of the document."""

    SENT_TO_SSA = "SENT_TO_SSA"
    """Sent to the administration with the definitions of the service categories (002:360-362)."""
    FORWARDED = "FORWARDED"
    """The sent mail was forwarded to the director's office with the request for the letter (002:364)."""
    LETTER_SENT = "LETTER_SENT"
    """The letter went out on behalf of the director, with its copies (002:364-367)."""


class RecipientPurpose(StrEnum):
    """Say for what somebody is a recipient of the report."""

    PROGRAMMER = "PROGRAMMER"
    """A report programmer, who is told when a report is there (002:350-351)."""
    SSA = "SSA"
    """Gets the report at the administration (002:360-362)."""
    DIRECTOR_OFFICE = "DIRECTOR_OFFICE"
    """Gets the sent mail and sends the letter on behalf of the director (002:364)."""
    LETTER = "LETTER"
    """Gets the letter (002:366-367)."""
    LETTER_COPY = "LETTER_COPY"
    """Gets a copy of the letter (002:364-367)."""


RECIPIENTS_OF: Final = {
    DeliveryStep.SENT_TO_SSA: (RecipientPurpose.SSA,),
    DeliveryStep.FORWARDED: (RecipientPurpose.DIRECTOR_OFFICE,),
    DeliveryStep.LETTER_SENT: (RecipientPurpose.LETTER, RecipientPurpose.LETTER_COPY),
}
"""Who is to get what at a step."""


@dataclass(frozen=True, slots=True)
class ContractLine:
    """What a report says of a provider's contract: the one that counts on its day, if there is any."""

    standing: ContractStanding
    begins_on: date | None
    ends_on: date | None
    place: int | None
    """Its place among the periods that were given."""


def contract_line(periods: Collection[Period], on: date) -> ContractLine:
    """Tell how a provider stands with its contracts on a day.

    Contracts that follow without a gap are one cover: its end counts.
    """
    begun = [(begins, ends or date.max, place) for place, (begins, ends) in enumerate(periods) if begins <= on]
    if not begun:
        return ContractLine(ContractStanding.NONE, None, None, None)
    held = [one for one in begun if one[1] >= on] or [max(begun, key=lambda one: one[1])]
    begins_on, _, place = min(held)
    last_day = ended_on(periods, on)
    if last_day is not None:
        return ContractLine(ContractStanding.ENDED, begins_on, last_day, place)
    last_day = covered_until(periods, on)
    standing = ContractStanding.CURRENT if last_day is None else ContractStanding.ENDS_LATER
    return ContractLine(standing, begins_on, last_day, place)


def check_checkable(state: SsaState) -> None:
    """Check off what is whole and not approved. Raises Conflict SSA_REPORT_NOT_OPEN."""
    if state is not SsaState.OPEN:
        raise Conflict("This report is not open for checking.", code="SSA_REPORT_NOT_OPEN")


def check_approvable(state: SsaState, unchecked: int) -> None:
    """Approve what was checked to the last line. Raises Conflict SSA_REPORT_NOT_OPEN, SSA_LINES_UNCHECKED."""
    check_checkable(state)
    if unchecked:
        raise Conflict(f"{unchecked} lines are not checked yet.", code="SSA_LINES_UNCHECKED")


def check_delivery(state: SsaState, done: Collection[DeliveryStep], step: DeliveryStep) -> None:
    """Record the steps of the delivery in their order, after the approval.

    Raises:
        Conflict: ``SSA_REPORT_NOT_APPROVED``, ``SSA_STEP_RECORDED``, ``SSA_STEP_OUT_OF_ORDER``.
    """
    if state not in (SsaState.APPROVED, SsaState.DELIVERED):
        raise Conflict("The Chief Security Officer has not approved this report.", code="SSA_REPORT_NOT_APPROVED")
    if step in done:
        raise Conflict("This step is recorded already.", code="SSA_STEP_RECORDED")
    steps = list(DeliveryStep)
    if steps[: steps.index(step)] != [one for one in steps if one in done]:
        raise Conflict("A step before this one is not recorded yet.", code="SSA_STEP_OUT_OF_ORDER")
