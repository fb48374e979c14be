"""Kept reports: what each procedure of the documents leaves behind as evidence (RSK-24; 002:141-368).

A report is plain data: paragraphs and tables, with the data it was made from named by their hashes. What is printed is
a rendering; its content, and the hash over it, are the truth.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from rules.roles import Role


class Procedure(StrEnum):
    """Name the procedure of which a report is the evidence; each value equals its name."""

    SYSTEM_ACTIVITY_REVIEW = "SYSTEM_ACTIVITY_REVIEW"
    """The quarterly review of access reports (002:214-265)."""
    PROVIDER_ACCOUNT_AUDIT = "PROVIDER_ACCOUNT_AUDIT"
    """The audit of provider accounts in February, June and October (002:141-203)."""
    EMPLOYEE_REVIEW = "EMPLOYEE_REVIEW"
    """The quarterly review of employee user IDs (002:271-314)."""
    MAINFRAME_REVIEW = "MAINFRAME_REVIEW"
    """The quarterly audit of mainframe user IDs (002:108-110)."""
    CONTRACT_AUDIT = "CONTRACT_AUDIT"
    """The audit of providers under contract, six times a year (002:111-113)."""
    SSA_REPORT = "SSA_REPORT"
    """The report of providers to the Social Security Administration (002:322-367)."""
    LSO_COLLECTION = "LSO_COLLECTION"
    """What the CSO collects from the facility LSOs in April (002:127-128)."""
    RISK_ASSESSMENT = "RISK_ASSESSMENT"
    """An assessment of security, privacy or a system (002:63-80)."""
    POLICY_REVIEW = "POLICY_REVIEW"
    """The review of a regulation, or of procedures after a breach (002:83, 002:90-92)."""
    OBLIGATION = "OBLIGATION"
    """Any other obligation of the risk-management calendar (002:82-104)."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a title; every row has a cell for each heading."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.headings) for row in self.rows):
            raise ValueError("a row has a cell for each heading")


@dataclass(frozen=True, slots=True)
class Source:
    """A set of data that a report was made from: what it is, how many rows, and the hash that proves which."""

    name: str
    count: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Report:
    """What is kept of one procedure in one period."""

    procedure: Procedure
    title: str
    period_from: date
    period_to: date
    cites: str
    blocks: tuple[Paragraph | Table, ...]
    sources: tuple[Source, ...] = ()

    def content(self) -> str:
        """Give the whole report as canonical JSON: the same report is always the same text."""
        return json.dumps(
            {
                "procedure": self.procedure,
                "title": self.title,
                "periodFrom": self.period_from.isoformat(),
                "periodTo": self.period_to.isoformat(),
                "cites": self.cites,
                "blocks": [_block(block) for block in self.blocks],
                "sources": [{"name": it.name, "count": it.count, "sha256": it.sha256} for it in self.sources],
            },
            ensure_ascii=False,
            separators=(",", ":"),
            sort_keys=True,
        )


def source(name: str, rows: Iterable[Iterable[object]]) -> Source:
    """Name a set of data by its rows, in their order; the same rows have the same hash."""
    digest = hashlib.sha256()
    count = 0
    for row in rows:
        cells = ["" if cell is None else str(cell) for cell in row]
        digest.update(json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode())
        digest.update(b"\n")
        count += 1
    return Source(name, count, digest.hexdigest())


def sha256(content: bytes) -> str:
    """Hash a rendering, or the content of a report, in hex."""
    return hashlib.sha256(content).hexdigest()


READ_ALL: frozenset[Role] = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR})
"""Who reads the evidence of every procedure (002:262, 002:314)."""

READ_OWN: Mapping[Role, frozenset[Procedure]] = MappingProxyType(
    {
        Role.ITSD_ACCOUNT_MGMT: frozenset(
            {
                Procedure.PROVIDER_ACCOUNT_AUDIT,
                Procedure.EMPLOYEE_REVIEW,
                Procedure.MAINFRAME_REVIEW,
                Procedure.CONTRACT_AUDIT,
                Procedure.SSA_REPORT,
            }
        )
    }
)
"""Who reads the evidence of the procedures that they carry out (002:146-149, 002:350-358)."""


def readable(roles: Iterable[Role]) -> frozenset[Procedure]:
    """Tell of which procedures a person with these roles may read the evidence."""
    held = frozenset(roles)
    if held & READ_ALL:
        return frozenset(Procedure)
    return frozenset().union(*(READ_OWN.get(role, frozenset()) for role in held))


def _block(block: Paragraph | Table) -> dict[str, object]:
    if isinstance(block, Paragraph):
        return {"text": block.text}
    return {"title": block.title, "headings": list(block.headings), "rows": [list(row) for row in block.rows]}
