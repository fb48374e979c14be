"""Duties that nobody holds at this moment (000:105-106, 000:265-270)."""

from __future__ import annotations

from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.open_duties import OpenDutyView, list_open_duties
from resolvers.paging import Page
from rules.leaving import Duty


def _duty(asked: Asked) -> Duty | None:
    return asked.fields.choice("duty", Duty)


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[OpenDutyView]:
    return await list_open_duties(caller, duty=_duty(asked), first=first, after=after, count=True)


OPEN_DUTIES = Register(
    path="/open-duties",
    title="Open duties",
    about="What nobody holds at this moment. A duty goes from the list when somebody holds it.",
    one="duty",
    many="duties",
    rows=_rows,
    read=_duty,
    filters=(Filter("duty", "Duty", Kind.CHOICE, choices=coded(Duty)),),
    columns=(
        Column("Duty", lambda one: one.duty),
        Column(
            "Of", lambda one: one.provider.name if one.provider else one.referral_number, "access/cells.html:duty_of"
        ),
        Column("What to do", lambda one: one.next_step),
        Column("Source", lambda one: one.cites, "access/cells.html:source", tight=True),
    ),
    empty="Every duty has a holder.",
    exports=True,
)
