"""One entry of the trail with its proof, and the seals: the last verification, and how to verify outside (AUD-03)."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.doors import Visit
from admin_ui.filters import Asked
from admin_ui.registers import Register, show_register
from admin_ui.rendering import guarded
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.seal_views import SealView, list_seals, view_seal_state
from resolvers.seals_check import check_seal
from resolvers.seals_proof import prove_entry
from resolvers.trail_reads import view_entry


async def entry_page(visit: Visit) -> Response:
    """Show one entry, and the seal that holds it."""
    shown = await view_entry(visit.caller, visit.request.path_params["number"])
    return visit.show("seals/entry.html", shown=shown, entry=shown.entry)


async def proof_file(visit: Visit) -> Response:
    """Give the proof of one entry as a file; it is checked without the house."""
    number = visit.request.path_params["number"]
    proof = await prove_entry(visit.caller, number)
    response = Response(proof, media_type="application/json")
    response.headers["content-disposition"] = f'attachment; filename="homeward-entry-{number}-proof.json"'
    return guarded(response)


async def _seals(caller: Caller, _: Asked, first: int, after: str | None) -> Page[SealView]:
    return await list_seals(caller, first=first, after=after)


SEALS = Register(
    path="/seals",
    title="Seals",
    about="Signed roots over the trail, each linked to the one before it, the newest first.",
    one="seal",
    rows=_seals,
    columns=(
        Column("Seal", lambda seal: seal.facts.number, tight=True),
        Column("Made", lambda seal: seal.facts.at, tight=True),
        Column("Entries", lambda seal: seal.facts.count, figure=True),
        Column("First entry", lambda seal: seal.first_entry, figure=True),
        Column("Last entry", lambda seal: seal.last_entry, figure=True),
        Column("Root", lambda seal: seal.facts.root, "seals/cells.html:root"),
    ),
    link=lambda seal: f"/seals/{seal.facts.number}",
    empty="Nothing is sealed yet. The worker seals the trail every ten seconds.",
    template="seals/seals.html",
)


async def seals_page(visit: Visit) -> Response:
    """Show how the seals stand, and list them."""
    return await show_register(visit, SEALS, {"state": await view_seal_state(visit.caller)})


async def seal_page(visit: Visit) -> Response:
    """Check what one seal holds, now."""
    number = visit.request.path_params["number"]
    return visit.show("seals/seal.html", number=number, finding=await check_seal(visit.caller, number))
