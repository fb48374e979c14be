"""The audit trail, narrowed by what was done, how it ended, by whom, in which request, on which referral."""

from __future__ import annotations

from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.trail_reads import Outcome, TrailEntryView, TrailFilter, list_trail, named_acts


def _where(asked: Asked) -> TrailFilter:
    return TrailFilter(
        act=asked.text("act"),
        outcome=asked.fields.choice("outcome", Outcome),
        actor=asked.text("user"),
        request_id=asked.text("request"),
        referral_number=asked.fields.number("referral", "A referral number"),
    )


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[TrailEntryView]:
    return await list_trail(caller, where=_where(asked), first=first, after=after)


TRAIL = Register(
    path="/trail",
    title="Audit trail",
    about="Who did or saw what, the newest first. That you look here is written down too.",
    one="entry",
    many="entries",
    rows=_rows,
    read=_where,
    filters=(
        Filter("act", "Act", Kind.CHOICE, choices=lambda: [(act, act) for act in named_acts()]),
        Filter("outcome", "Outcome", Kind.CHOICE, choices=coded(Outcome)),
        Filter("user", "User ID"),
        Filter("request", "Request"),
        Filter("referral", "Referral number", Kind.NUMBER),
    ),
    columns=(
        Column("When", lambda entry: entry.at, tight=True),
        Column("Who", lambda entry: entry.actor, tight=True),
        Column("Act", lambda entry: entry.act, "trail/cells.html:act", tight=True),
        Column("Outcome", lambda entry: [entry.outcome, entry.code], "trail/cells.html:outcome", tight=True),
        Column("Records and facts", lambda entry: entry.facts, "trail/cells.html:facts"),
        Column("Request", lambda entry: entry.request_id, "trail/cells.html:request", tight=True),
    ),
    link=lambda entry: f"/trail/entries/{entry.number}",
    empty="No entry fits. Widen the filters, or show all.",
    exports=True,
)
