"""Kept reports."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from rules.reports import Procedure
from schema.described import described_enum, described_type

described_enum(Procedure)


@described_type
class EvidenceSource:
    """A set of data that a report was made from."""

    name: str
    """What it is."""

    count: int
    """How many rows it had."""

    sha256: str
    """The hash that proves which data it was."""


@described_type
class Evidence:
    """A kept report: what each procedure of the documents leaves behind. Nobody changes or deletes it."""

    number: int
    """The number that people say on the telephone."""

    procedure: Procedure
    """The procedure that it is the evidence of."""

    title: str
    """Its title."""

    period_from: date
    """The first day of its period."""

    period_to: date
    """The last day of its period."""

    cites: str
    """The lines of the documents that it carries out."""

    made_at: datetime
    """When it was made."""

    made_by: str
    """Who made it."""

    policy_version: str
    """The version of the policy register under which it was made."""

    sources: list[EvidenceSource]
    """The data that it was made from."""

    content_hash: str
    """SHA-256 over its content."""

    html_hash: str
    """SHA-256 over its HTML print, as `/evidence/NUMBER.html` gives it."""

    pdf_hash: str
    """SHA-256 over its PDF print, as `/evidence/NUMBER.pdf` gives it."""

    @strawberry.field
    def html_url(root: strawberry.Parent[Evidence]) -> str:
        """Where its HTML print is shown to whoever may read it."""
        return f"/evidence/{root.number}.html"

    @strawberry.field
    def pdf_url(root: strawberry.Parent[Evidence]) -> str:
        """Where its PDF print is saved from by whoever may read it."""
        return f"/evidence/{root.number}.pdf"


@described_type
class EvidenceReport:
    """A kept report with its content."""

    evidence: Evidence
    """What it is of, who made it, and its hashes."""

    content: str
    """The whole report as canonical JSON, the text over which `contentHash` is made."""
