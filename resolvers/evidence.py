"""The evidence store: each procedure ends in a kept, hashed report (RSK-24; 002:262, 002:314, 002:358).

A procedure's own use case keeps the report in its transaction with :func:`keep_report`; here are the reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from orm.models import Evidence
from resolvers.desk import THE_HOUSE, Reading, Work, access
from resolvers.evidence_ports import ReportFiles
from resolvers.numbers import LAST_NUMBER, next_number
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from resolvers.report_prints import PrintedReport
from rules.errors import NotFound
from rules.reports import READ_ALL, READ_OWN, Procedure, Source, readable, sha256

EVIDENCE_READERS = READ_ALL | frozenset(READ_OWN)

_ORDER = "EVIDENCE"
_HEADER = (
    "id", "number", "procedure", "title", "period_from", "period_to", "cites", "made_at", "made_by", "policy_version",
    "sources", "content_hash", "html_hash", "pdf_hash",
)  # fmt: skip


class PrintForm(StrEnum):
    """In which form a kept report is opened."""

    HTML = "HTML"
    """A page that is printed as it stands."""
    PDF = "PDF"
    """A PDF file."""


@dataclass(slots=True)
class EvidenceView:
    """A kept report: what it is of, who made it, from which data, and its hashes."""

    id: UUID
    number: int
    procedure: Procedure
    title: str
    period_from: date
    period_to: date
    cites: str
    made_at: datetime
    made_by: str
    policy_version: str
    sources: list[Source]
    content_hash: str
    html_hash: str
    pdf_hash: str


@dataclass(frozen=True, slots=True)
class EvidenceReport:
    """A kept report with its content: the canonical JSON over which its hash is made."""

    evidence: EvidenceView
    content: str


@dataclass(frozen=True, slots=True)
class EvidenceVerdict:
    """Whether a kept report still has the hashes under which it was kept; ``broken`` names the parts that have not."""

    number: int
    procedure: Procedure
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenedEvidence:
    """A print as it was kept, and what to call the file."""

    name: str
    media_type: str
    body: bytes
    sha256: str


async def keep_report(
    work: Work, printed: PrintedReport, *, about_kind: str = "", about_id: UUID | None = None
) -> Evidence:
    """Keep a printed report in this transaction, under the next number."""
    report = printed.report
    content = report.content()
    evidence = await Evidence.create(
        id=uuid4(),
        number=await next_number("evidence"),
        procedure=report.procedure,
        title=report.title,
        period_from=report.period_from,
        period_to=report.period_to,
        cites=report.cites,
        made_at=work.now,
        made_by_id=work.actor.id,
        made_by=work.actor.label,
        about_kind=about_kind,
        about_id=about_id,
        policy_version=work.policy.version,
        sources=[{"name": it.name, "count": it.count, "sha256": it.sha256} for it in report.sources],
        content=content,
        content_hash=sha256(content.encode()),
        html=printed.html,
        html_hash=sha256(printed.html),
        pdf=printed.pdf,
        pdf_hash=sha256(printed.pdf),
    )
    work.touches("evidence", [evidence.id])
    work.note(evidence=evidence.number, evidence_hash=evidence.content_hash)
    return evidence


@access("evidence.list", by=EVIDENCE_READERS, cites="002:262; 002:314; 002:358")
async def list_evidence(
    reading: Reading,
    *,
    procedure: Procedure | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[EvidenceView]:
    """List the kept reports that the caller may read, the newest first.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    may_read = readable(reading.actor.roles)
    asked = may_read & {procedure} if procedure is not None else may_read
    kept = Evidence.filter(procedure__in=sorted(asked))
    total = await kept.count() if count else None
    if after is not None:
        kept = kept.filter(number__lt=from_cursor(after, _ORDER, most=LAST_NUMBER))
    rows = await kept.order_by("-number").limit(size + 1).only(*_HEADER)
    views = [_view(row) for row in rows[:size]]
    reading.shows("evidence", (view.id for view in views), ["evidence"])
    return page_of(views, lambda view: to_cursor(_ORDER, view.number), more=len(rows) > size, after=after, total=total)


@access("evidence.open", by=EVIDENCE_READERS, cites="002:262; 002:314; 002:358")
async def open_evidence(reading: Reading, number: int, form: PrintForm) -> OpenedEvidence:
    """Open a kept report as it was printed.

    Raises:
        NotFound: there is no such report for this person.
    """
    kept = await _kept(reading, number)
    reading.shows("evidence", [kept.id], [form.lower()])
    name = _file_name(kept)
    if form is PrintForm.PDF:
        return OpenedEvidence(f"{name}.pdf", "application/pdf", bytes(kept.pdf), kept.pdf_hash)
    return OpenedEvidence(f"{name}.html", "text/html; charset=utf-8", bytes(kept.html), kept.html_hash)


@access("evidence.view", by=EVIDENCE_READERS, cites="002:262; 002:314; 002:358")
async def view_evidence(reading: Reading, number: int) -> EvidenceReport:
    """Show a kept report with its content.

    Raises:
        NotFound: there is no such report for this person.
    """
    kept = await _kept(reading, number)
    reading.shows("evidence", [kept.id], ["content"])
    return EvidenceReport(_view(kept), kept.content)


@access("evidence.list_all", by=THE_HOUSE, cites="002:262")
async def list_all_evidence(reading: Reading) -> list[EvidenceView]:
    """List every kept report, the oldest first, on the house's own command line."""
    views = [_view(row) for row in await Evidence.all().order_by("number").only(*_HEADER)]
    reading.shows("evidence", (view.id for view in views), ["evidence"])
    return views


@access("evidence.verify", by=THE_HOUSE, cites="002:262")
async def verify_evidence(reading: Reading, number: int | None = None) -> list[EvidenceVerdict]:
    """Make the hashes of the kept reports anew, one report in memory at a time; only of one, if its number is given.

    Raises:
        NotFound: there is no such report.
    """
    headers = Evidence.all() if number is None else Evidence.filter(number=number)
    numbers = [int(str(one)) for one in await headers.order_by("number").values_list("number", flat=True)]
    if number is not None and not numbers:
        raise _no_such_report()
    verdicts = [_verdict(await Evidence.get(number=one)) for one in numbers]
    reading.note(reports=len(verdicts), broken=[one.number for one in verdicts if one.broken])
    return verdicts


@access("evidence.file", by=THE_HOUSE, cites="002:265")
async def file_evidence(reading: Reading, number: int) -> ReportFiles:
    """Give a kept report as the files that are put outside the house.

    Raises:
        NotFound: there is no such report.
    """
    kept = await Evidence.filter(number=number).first()
    if kept is None:
        raise _no_such_report()
    reading.about("evidence", kept.id)
    reading.shows("evidence", [kept.id], ["content", "pdf"])
    return ReportFiles(_file_name(kept), kept.content.encode(), bytes(kept.pdf))


async def names_of_evidence() -> dict[str, int]:
    """Give the number of each kept report by the name of its files, the oldest first."""
    rows = await Evidence.all().order_by("number").only("number", "procedure")
    return {_file_name(row): row.number for row in rows}


async def _kept(reading: Reading, number: int) -> Evidence:
    kept = await Evidence.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if kept is None or kept.procedure not in readable(reading.actor.roles):
        raise _no_such_report()
    reading.about("evidence", kept.id)
    return kept


def _no_such_report() -> NotFound:
    return NotFound("There is no such report.", code="EVIDENCE_NOT_FOUND", field="number")


def _file_name(kept: Evidence) -> str:
    return f"homeward-{kept.procedure.lower().replace('_', '-')}-{kept.number}"


def _verdict(kept: Evidence) -> EvidenceVerdict:
    parts = {
        "content": (kept.content.encode(), kept.content_hash),
        "html": (bytes(kept.html), kept.html_hash),
        "pdf": (bytes(kept.pdf), kept.pdf_hash),
    }
    broken = tuple(name for name, (body, known) in parts.items() if sha256(body) != known)
    return EvidenceVerdict(kept.number, kept.procedure, broken)


def _view(row: Evidence) -> EvidenceView:
    values = {name: getattr(row, name) for name in _HEADER}
    values["sources"] = [Source(it["name"], it["count"], it["sha256"]) for it in row.sources]
    return EvidenceView(**values)
