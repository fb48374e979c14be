"""The policy register: every number of the documents with its value, source and history (POL-35)."""

from __future__ import annotations

from datetime import date, datetime

from schema.described import described_input, described_type
from schema.errors import UserError


@described_type
class PolicyChange:
    """A recorded decision of the Chief Security Officer about one number."""

    number: int
    """The number of the change; the version of the policy names the newest one in force."""

    value: str
    """The value, as it is entered: "60", "true", "14/7/1"."""

    effective_from: date
    """The first day on which it holds."""

    decided_by: str
    """Who decided."""

    decided_at: datetime
    """When it was decided."""

    reason: str
    """Why."""


@described_type
class Policy:
    """A number of the register on a day."""

    key: str
    """The name that a change takes."""

    title: str
    """What it is, in words."""

    why: str
    """What it does."""

    population: str
    """For whom or what it holds; never for one facility (002:124-125)."""

    value: str
    """The value in force."""

    default: str
    """The value of the documents."""

    unit: str
    """What it counts."""

    source: str
    """The lines of the source documents that it stands on."""

    effective_from: date | None
    """Since when the value holds; null for the documents' own."""

    precedence: str
    """Which number comes first where this one meets another; empty where it meets none."""

    at_least: str | None
    """The smallest value that a change may have; null for a yes or no."""

    at_most: str | None
    """The largest value that a change may have; null for a yes or no."""

    regulated: bool
    """Whether the bound is the regulation's own: only the stricter side is open."""

    last_change: int
    """The number of the newest change, 0 for none: what `changePolicy` takes as `seen`."""

    history: list[PolicyChange]
    """The changes that have begun, the newest first."""

    upcoming: list[PolicyChange]
    """The changes that are decided and have not begun, the nearest first."""


@described_type
class PolicyConflict:
    """Where numbers of the register meet (POL-34)."""

    keys: list[str]
    """The numbers that meet."""

    contradicts: bool
    """Whether one of them cannot work beside the other; such a change is refused."""

    sentence: str
    """What comes of it."""

    cites: str
    """The lines of the source documents that settle it."""


@described_type
class PolicyRegister:
    """The register on a day, under the version that everything done automatically cites."""

    version: str
    """The version in force."""

    as_of: date
    """The day."""

    policies: list[Policy]
    """Every number, in the order of the register."""

    conflicts: list[PolicyConflict]
    """Where numbers meet: contradictions first."""


@described_input
class ChangePolicyInput:
    """A number from a later day on."""

    key: str
    """The name of the number."""

    value: str
    """The value: "45", "true", "14/7/1"."""

    effective_from: date
    """The first day on which it holds: tomorrow at the earliest."""

    reason: str
    """Why, up to 500 characters."""

    seen: int
    """The number of its newest change, 0 for none: of two who decide at once one wins."""


@described_type
class ChangePolicyPayload:
    """The number with its changes, or why it was not changed."""

    policy: Policy | None
    """The number."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
