"""What is due for a dated obligation on a day: a reminder, the first word that it is late, or one more (RSK-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from rules.countdown import must_warn
from rules.counting import counted
from rules.policy import Policy


@dataclass(frozen=True, slots=True)
class ObligationFacts:
    """When it is due, and on which days its owner was reminded and its lateness told last."""

    due_on: date
    reminded_on: date | None = None
    escalated_on: date | None = None


class ObligationStep(StrEnum):
    """What is done about a dated obligation."""

    NOTHING = "NOTHING"
    """There is time, or everybody was told."""
    REMIND = "REMIND"
    """Its owners are reminded."""
    ESCALATE = "ESCALATE"
    """It is late: its owners and the Chief Security Officer are told."""
    CHASE = "CHASE"
    """It is still late: the administrators are told each week."""


@dataclass(frozen=True, slots=True)
class ObligationVerdict:
    """The step, and why."""

    step: ObligationStep
    why: str


def judge_obligation(facts: ObligationFacts, on: date, policy: Policy) -> ObligationVerdict:
    """Tell what is due for an open obligation on a day; after days without a worker only the nearest is."""
    if on > facts.due_on:
        late = f"Due on {facts.due_on}, {(on - facts.due_on).days} days late."
        if facts.escalated_on is None:
            return ObligationVerdict(ObligationStep.ESCALATE, late)
        if on >= facts.escalated_on + policy.risk_escalation:
            return ObligationVerdict(ObligationStep.CHASE, f"{late} Told on {facts.escalated_on}.")
        return ObligationVerdict(ObligationStep.NOTHING, f"{late} Told on {facts.escalated_on}.")
    ahead = must_warn(facts.due_on, on, policy.risk_reminders, facts.reminded_on)
    if ahead is None:
        return ObligationVerdict(ObligationStep.NOTHING, f"Due on {facts.due_on}.")
    return ObligationVerdict(ObligationStep.REMIND, f"Due on {facts.due_on} ({_days(ahead)} or less ahead).")


def _days(period: timedelta) -> str:
    return counted(period.days, "day")
