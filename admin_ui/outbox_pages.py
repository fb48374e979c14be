"""The outbox: parked letters first, one letter as it would leave now, and a new start for what is parked (NOT-24)."""

from __future__ import annotations

from starlette.responses import HTMLResponse, Response

from admin_ui.doors import Visit, go_to
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.registers import Register, look_of, show_register
from admin_ui.rendering import FRAMING_POLICY, LETTER_POLICY, guarded
from admin_ui.tables import Column, table_of
from resolvers.callers import Caller
from resolvers.letter_previews import LetterPreview, preview_letter
from resolvers.office_reads import LetterView, list_outbox
from resolvers.outbox import retry_letter
from resolvers.paging import Page
from rules.errors import NotFound
from rules.notices import DeliveryState

_PARKED_SHOWN = 20


def _which(asked: Asked) -> tuple[DeliveryState | None, int | None]:
    return asked.fields.choice("state", DeliveryState), asked.fields.number("referral", "A referral number")


async def _letters(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[LetterView]:
    state, number = _which(asked)
    return (await list_outbox(caller, state=state, referral_number=number, first=first, after=after)).letters


OUTBOX = Register(
    path="/outbox",
    title="Outbox",
    about="Letters that were promised, the newest first.",
    one="letter",
    rows=_letters,
    read=_which,
    filters=(
        Filter("state", "State", Kind.CHOICE, choices=coded(DeliveryState)),
        Filter("referral", "Referral number", Kind.NUMBER),
    ),
    columns=(
        Column("Letter", lambda letter: letter.title, wraps=True),
        Column("To", lambda letter: [letter.recipient, letter.organization], "delivery/cells.html:recipient"),
        Column("State", lambda letter: letter.state, "delivery/cells.html:state"),
        Column("Tries", lambda letter: letter.attempts, figure=True),
        Column("Promised", lambda letter: letter.created_at, tight=True),
        Column(
            "Sent, or next try",
            lambda letter: letter.sent_at or letter.next_try,
            "delivery/cells.html:sent",
            tight=True,
        ),
    ),
    link=lambda letter: f"/outbox/{letter.id}",
    template="outbox/list.html",
    empty="No letters here. They are promised when something happens that somebody is told.",
    exports=True,
)


async def retry_page(visit: Visit) -> Response:
    """Give a parked letter a new start."""
    await retry_letter(visit.caller, visit.request.path_params["letter_id"])
    return go_to("/outbox?state=PARKED&done=retried")


async def outbox_page(visit: Visit) -> Response:
    """List the letters; where nothing narrows the list, what is parked stands above it."""
    parked = None
    if visit.request.method == "GET" and not any(value for _, value in visit.fields.pairs):
        found = await list_outbox(visit.caller, state=DeliveryState.PARKED, first=_PARKED_SHOWN)
        if found.letters.nodes:
            parked = table_of(
                OUTBOX.columns, found.letters.nodes, look_of(visit), caption="Parked letters", link=OUTBOX.link
            )
    return await show_register(visit, OUTBOX, {"parked": parked})


async def letter_page(visit: Visit) -> Response:
    """Show one letter: where it stands, and what it says."""
    found = await _previewed(visit)
    writer = visit.office.letter_writer
    written = writer(found.draft) if writer and found.draft else None
    return visit.show(
        "outbox/letter.html", policy=FRAMING_POLICY, letter=found.letter, withheld=found.withheld, written=written
    )


async def letter_html(visit: Visit) -> Response:
    """Give the content of the frame: the letter's HTML, which can do nothing."""
    found = await _previewed(visit)
    if visit.office.letter_writer is None or found.draft is None:
        raise NotFound("There is no such letter to be shown.", code="LETTER_NOT_FOUND")
    return guarded(HTMLResponse(visit.office.letter_writer(found.draft).html), LETTER_POLICY)


async def _previewed(visit: Visit) -> LetterPreview:
    return await preview_letter(visit.caller, visit.request.path_params["letter_id"])
