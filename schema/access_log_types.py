"""The log as it is asked for, and what was opened by break-glass."""

from __future__ import annotations

from datetime import datetime

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.access_logs import AccessEntryView
from resolvers.trail_reads import Outcome
from rules.break_glass import BreakGlassFinding
from rules.judgement import Ground, Judgement, Purpose
from schema.described import described_type


@described_type
class EntryJudgement:
    """Whether an entry of the log is explained, and by which rule (002:239-241)."""

    explained: bool
    """Whether a rule covers it; what none covers is looked at by somebody."""

    ground: Ground
    """By which rule, or what is missing."""

    sentence: str
    """The reason in a sentence."""

    cites: str
    """The lines of the source documents that it stands on."""


@described_type
class LoggedRecords:
    """The records of one kind that an entry names."""

    kind: str
    """What they are, such as `referral`."""

    keys: list[str]
    """Their keys."""


@described_type
class AccessLogEntry:
    """One act on one or more records: who, when, what, which fields, how it ended (002:221-223)."""

    number: int
    """The number of the entry; its proof is asked for by it."""

    at: datetime
    """When it was."""

    user_id: str
    """Who it was: a user ID, or a part of the house."""

    name: str | None
    """The person's name."""

    provider: str | None
    """The provider that the person works for."""

    act: str
    """What was done, such as `referral.view`."""

    outcome: Outcome
    """How it ended."""

    code: str
    """Why it was refused; empty when it was not."""

    purpose: Purpose
    """What it was for."""

    @strawberry.field
    def records(root: strawberry.Parent[AccessEntryView]) -> list[LoggedRecords]:
        """The records that were read or changed."""
        return [LoggedRecords(kind=kind, keys=list(keys)) for kind, keys in sorted(root.subjects.items())]

    shown: list[str]
    """The fields that were shown."""

    request_id: str
    """The request that it belongs to."""

    policy_version: str
    """The policy that it was done under."""

    @strawberry.field
    def judgement(root: strawberry.Parent[AccessEntryView]) -> EntryJudgement | None:
        """The judgement by rule; null where the caller reads the own entries."""
        return None if root.judgement is None else _shown(root.judgement)


@described_type
class BreakGlass:
    """One referral that was opened in an emergency to somebody whose office sees none, and its review."""

    number: int
    """The number that people say on the telephone."""

    referral_number: int
    """The referral that was opened."""

    opened_by: str
    """The user ID of whoever opened it."""

    opened_by_name: str
    """The name of whoever opened it."""

    reason: str
    """Why, in the opener's words."""

    opened_at: datetime
    """When it was opened."""

    expires_at: datetime
    """When it ends by itself."""

    ended_at: datetime | None
    """When it was ended before its time."""

    ended_by: str | None
    """The user ID of whoever ended it."""

    is_open: bool
    """Whether the referral can be read under it now."""

    own: bool
    """Whether the caller opened it; somebody else closes the review."""

    finding: BreakGlassFinding | None
    """What the review found; null while it waits."""

    reviewed_at: datetime | None
    """When the review was closed."""

    reviewed_by: str | None
    """The user ID of whoever closed the review."""

    review_note: str
    """What the reviewer wrote."""


def _shown(judgement: Judgement) -> EntryJudgement:
    return EntryJudgement(
        explained=judgement.explained,
        ground=judgement.ground,
        sentence=judgement.sentence,
        cites=judgement.cites,
    )
