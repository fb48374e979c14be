"""Lists taken out as files: all rows of whichever list leave in one way, and that they do is written down first."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from starlette.responses import Response

from admin_ui.doors import Visit
from admin_ui.rendering import said
from admin_ui.spreadsheets import Sheet, spreadsheet
from admin_ui.tables import Column
from resolvers.exports import begin_export
from resolvers.paging import PAGE_LIMIT, Page
from resolvers.sessions import still_there
from rules.errors import Denied

R = TypeVar("R")


async def take_out(
    visit: Visit,
    name: str,
    columns: Sequence[Column[R]],
    rows: Callable[[int, str | None], Awaitable[Page[R]]],
    *,
    narrowed: bool,
) -> Response:
    """Send all rows of a list as the file that the form asks for, a page of rows at a time.

    The first page is asked for before anything is written down: who may not see the list does not begin to take it out.
    Before each further page the person is proven again, for whoever reads slowly could go on for hours.

    Raises:
        Unauthenticated: the session has ended; so does what was begun to be sent, as a file that is cut off.
        Denied: the person's roles have changed, likewise.
    """
    exported = [column for column in columns if column.exported]
    sheet = visit.fields.choice("as", Sheet) or Sheet.CSV
    first = await rows(PAGE_LIMIT, None)
    await begin_export(visit.caller, name, sheet.value, narrowed=narrowed)

    async def lines() -> AsyncIterator[list[str]]:
        page = first
        while True:
            for row in page.nodes:
                yield [said(column.value(row)) for column in exported]
            if not page.has_next_page:
                return
            if await still_there(visit.caller) != visit.caller:
                raise Denied("Your roles have changed. Take the list out again.")
            page = await rows(PAGE_LIMIT, page.cursors[-1])

    return await spreadsheet(sheet, name, [column.heading for column in exported], lines())
