"""What a breach is, as questions whose answers decide it (RSK-20; 002:15-19)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from rules.errors import Conflict
from rules.incidents import Finding


class BreachQuestion(StrEnum):
    """Ask for one part of the definition of a breach."""

    UNAUTHORIZED = "UNAUTHORIZED"
    """Was information acquired, accessed, used or disclosed without authorization?"""
    PROTECTED = "PROTECTED"
    """Was it protected health information?"""
    COMPROMISED = "COMPROMISED"
    """Does that compromise the security or the privacy of the information?"""
    RETAINABLE = "RETAINABLE"
    """Could the person to whom it was disclosed reasonably have retained it? If not, the exception applies."""


QUESTIONS: Mapping[BreachQuestion, str] = MappingProxyType(
    {
        BreachQuestion.UNAUTHORIZED: "Was information acquired, accessed, used or disclosed without authorization?",
        BreachQuestion.PROTECTED: "Was it protected health information?",
        BreachQuestion.COMPROMISED: "Does that compromise the security or the privacy of the information?",
        BreachQuestion.RETAINABLE: "Could whoever it was disclosed to reasonably have been able to retain it?",
    }
)


@dataclass(frozen=True, slots=True)
class BreachAnswers:
    """The answers of the Chief Security Officer, one for each part of the definition."""

    unauthorized: bool
    protected: bool
    compromised: bool
    retainable: bool

    @property
    def is_breach(self) -> bool:
        """Say whether all parts of the definition are met and the exception is not."""
        return self.unauthorized and self.protected and self.compromised and self.retainable

    def facts(self) -> dict[str, bool]:
        """Give the answers by their question, as they are kept with the incident."""
        return {
            str(BreachQuestion.UNAUTHORIZED): self.unauthorized,
            str(BreachQuestion.PROTECTED): self.protected,
            str(BreachQuestion.COMPROMISED): self.compromised,
            str(BreachQuestion.RETAINABLE): self.retainable,
        }


def check_finding(finding: Finding, answers: BreachAnswers | None) -> None:
    """Let the answers decide whether it was a breach. Raises Conflict BREACH_BY_DEFINITION, NO_BREACH_BY_DEFINITION.

    Without answers the finding stands as it was given, and a breach counts as one of protected health information.
    """
    if answers is None or answers.is_breach == (finding is Finding.BREACH):
        return
    if answers.is_breach:
        raise Conflict("By these answers it was a breach (002:15-19).", code="BREACH_BY_DEFINITION")
    raise Conflict("By these answers it was no breach (002:15-19).", code="NO_BREACH_BY_DEFINITION")
