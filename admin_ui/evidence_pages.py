"""Kept reports: the list by procedure, and one report with its hashes, sources and content (RSK-24; 002:262)."""

from __future__ import annotations

import json

from starlette.responses import Response

from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.evidence import EvidenceView, list_evidence, view_evidence
from resolvers.paging import Page
from rules.reports import Procedure

_ROWS_SHOWN = 20


def _procedure(asked: Asked) -> Procedure | None:
    return asked.fields.choice("procedure", Procedure)


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[EvidenceView]:
    return await list_evidence(caller, procedure=_procedure(asked), first=first, after=after, count=True)


EVIDENCE = Register(
    path="/evidence",
    title="Evidence",
    about="The reports in which the procedures ended, kept as they were, the newest first.",
    one="report",
    rows=_rows,
    read=_procedure,
    filters=(Filter("procedure", "Procedure", Kind.CHOICE, choices=coded(Procedure)),),
    columns=(
        Column("Report", lambda report: report.number, tight=True),
        Column("Title", lambda report: report.title),
        Column("Procedure", lambda report: report.procedure),
        Column("From", lambda report: report.period_from, tight=True),
        Column("To", lambda report: report.period_to, tight=True),
        Column("Kept", lambda report: report.made_at, tight=True),
        Column("By", lambda report: report.made_by, tight=True),
    ),
    link=lambda report: f"/evidence/{report.number}",
    empty="No report is kept yet. A procedure ends in one when it is completed.",
    exports=True,
)


async def evidence_page(visit: Visit) -> Response:
    """Show one kept report."""
    shown = await view_evidence(visit.caller, visit.request.path_params["number"])
    return visit.show(
        "evidence/report.html",
        report=shown.evidence,
        blocks=json.loads(shown.content)["blocks"],
        rows_shown=_ROWS_SHOWN,
    )
