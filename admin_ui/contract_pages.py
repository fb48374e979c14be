"""Contracts that end: which providers it is about, until when their user IDs work, and what to do (002:355-358)."""

from __future__ import annotations

from admin_ui.filters import Asked
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.ending_contracts import EndingContractView, list_ending_contracts
from resolvers.paging import Page


async def _rows(caller: Caller, _: Asked, first: int, after: str | None) -> Page[EndingContractView]:
    return await list_ending_contracts(caller, first=first, after=after, count=True)


def _next_step(one: EndingContractView) -> str:
    if one.ended:
        return "If it was renewed, have the new contract entered; then ask for the user IDs with access forms."
    return "If it is renewed, have the new contract entered before its last day has passed."


ENDING_CONTRACTS = Register(
    path="/ending-contracts",
    title="Contracts that end",
    about="From the day after the last day no referral reaches the provider, and its user IDs are disabled.",
    one="provider",
    rows=_rows,
    columns=(
        Column("Provider", lambda one: one.provider.name, "providers/cells.html:under_contract"),
        Column("Last day", lambda one: one.last_day, "providers/cells.html:last_day", tight=True),
        Column("Disabled from", lambda one: one.disabled_from, tight=True),
        Column("User IDs in use", lambda one: one.accounts, "providers/cells.html:accounts", figure=True),
        Column("Regional office", lambda one: one.regional_office),
        Column("What to do", _next_step),
    ),
    late=lambda one: one.ended,
    empty="No contract that you look after ends soon, and none has ended lately.",
    exports=True,
)
