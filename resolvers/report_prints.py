"""Print a report as HTML and as PDF. The same report, made by the same person at the same time: the same bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from io import BytesIO
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.pagesizes import LETTER, landscape
from reportlab.lib.styles import ParagraphStyle, StyleSheet1, getSampleStyleSheet
from reportlab.lib.units import inch
from reportlab.platypus import LongTable, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus import Paragraph as Flowing

from resolvers.printed import document, named_values, table
from rules.calendar import CHICAGO
from rules.reports import Paragraph, Report, Table, sha256

_MARGIN: Final = 0.75 * inch
_NONE: Final = "None."


@dataclass(frozen=True, slots=True)
class PrintedReport:
    """A report with its prints, ready to be kept."""

    report: Report
    html: bytes
    pdf: bytes


async def print_report(report: Report, made_at: datetime, made_by: str) -> PrintedReport:
    """Print a report off the event loop: a long one takes seconds. Print before the transaction that keeps it."""
    return await asyncio.to_thread(_print, report, made_at, made_by)


def _print(report: Report, made_at: datetime, made_by: str) -> PrintedReport:
    about = _about(report, made_at, made_by)
    return PrintedReport(report, _as_html(report, about).encode(), _as_pdf(report, about))


def _about(report: Report, made_at: datetime, made_by: str) -> list[tuple[str, str]]:
    """Say what stands above every report: period, maker, rule, and the data it was made from."""
    period = f"{report.period_from.isoformat()} to {report.period_to.isoformat()}"
    return [
        ("Period", period),
        ("Made", f"{made_at.astimezone(CHICAGO):%Y-%m-%d %H:%M %Z} by {made_by}"),
        ("Rule", report.cites),
        *((f"Made from: {it.name}", f"{it.count} rows, SHA-256 {it.sha256}") for it in report.sources),
        ("Content", f"SHA-256 {sha256(report.content().encode())}"),
    ]


def _as_html(report: Report, about: Sequence[tuple[str, str]]) -> str:
    body = [f"<h1>{escape(report.title)}</h1>", named_values(about)]
    for block in report.blocks:
        if isinstance(block, Paragraph):
            body.append(f"<p>{escape(block.text)}</p>")
        else:
            body.append(table(block.title, block.headings, block.rows))
    return document(report.title, body)


def _as_pdf(report: Report, about: Sequence[tuple[str, str]]) -> bytes:
    styles = getSampleStyleSheet()
    cell = ParagraphStyle("cell", parent=styles["BodyText"], fontSize=7.5, leading=9, wordWrap="CJK")
    wide = any(isinstance(block, Table) and len(block.headings) > 5 for block in report.blocks)
    size = landscape(LETTER) if wide else LETTER
    width = size[0] - 2 * _MARGIN
    flow: list[Any] = [Flowing(escape(report.title), styles["Heading1"]), _pairs(about, cell, width)]
    for block in report.blocks:
        flow += [Spacer(0, 8), *_flowing(block, styles, cell, width)]
    file = BytesIO()
    pdf = SimpleDocTemplate(
        file,
        pagesize=size,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=report.title,
        author="Homeward",
        invariant=1,
    )
    pdf.build(flow, onFirstPage=_foot, onLaterPages=_foot)
    return file.getvalue()


def _flowing(block: Paragraph | Table, styles: StyleSheet1, cell: ParagraphStyle, width: float) -> list[Any]:
    if isinstance(block, Paragraph):
        return [Flowing(escape(block.text), styles["BodyText"])]
    title = Flowing(escape(block.title), styles["Heading2"])
    if not block.rows:
        return [title, Flowing(_NONE, styles["BodyText"])]
    rows = [[_cell(text, cell) for text in row] for row in (block.headings, *block.rows)]
    return [title, _ruled(rows, [width / len(block.headings)] * len(block.headings), repeat=1)]


def _pairs(rows: Sequence[tuple[str, str]], cell: ParagraphStyle, width: float) -> LongTable:
    return _ruled([[_cell(one, cell) for one in row] for row in rows], [width * 0.25, width * 0.75], repeat=0)


def _ruled(rows: list[list[Flowing]], widths: list[float], *, repeat: int) -> LongTable:
    style = TableStyle(
        [
            ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.grey),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            *([("LINEBELOW", (0, 0), (-1, 0), 0.75, colors.black)] if repeat else []),
        ]
    )
    return LongTable(rows, colWidths=widths, repeatRows=repeat, style=style, hAlign="LEFT", splitInRow=1)


def _cell(text: str, style: ParagraphStyle) -> Flowing:
    return Flowing(escape(text), style)


def _foot(canvas: Any, page: Any) -> None:  # noqa: ANN401 - reportlab has no types
    canvas.saveState()
    canvas.setFont("Helvetica", 7.5)
    canvas.drawRightString(page.pagesize[0] - _MARGIN, _MARGIN / 2, f"Page {canvas.getPageNumber()}")
    canvas.drawString(_MARGIN, _MARGIN / 2, page.title)
    canvas.restoreState()
