"""The lines of one record: a page of them stands on the record's own page, and all of them are taken out as a file."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.responses import Response

from admin_ui.doors import Visit
from admin_ui.forms import address
from admin_ui.registers import look_of
from admin_ui.tables import Column, Table, table_of
from admin_ui.taking_out import take_out
from resolvers.paging import Page

R = TypeVar("R")

_PAGE = 50


@dataclass(frozen=True, slots=True)
class Lines(Generic[R]):
    """The lines of a record whose page has the address ``path``, as the router writes it.

    ``name`` is what their file is called, and what the trail calls the list; it is filled in from the address.
    ``rows`` gives so many of them after a cursor; ``keeps`` are the fields that narrow them. What can be done with a
    line, and what only a file tells, is not among the columns: a page gets the first from :func:`show_lines`, a file
    the second from ``more``.
    """

    path: str
    name: str
    rows: Callable[[Visit, int, str | None], Awaitable[Page[R]]]
    columns: Sequence[Column[R]]
    more: Sequence[Column[R]] = ()
    keeps: Sequence[str] = ()

    @property
    def export_path(self) -> str:
        """The address to which the form goes that takes them out."""
        return f"{self.path}/export"


@dataclass(frozen=True, slots=True)
class ShownLines:
    """What the template of a record is given of its lines: see ``lines_of`` in ``parts.html``."""

    table: Table
    onward: str
    first: str
    out: str
    kept: Sequence[tuple[str, str]]


async def show_lines(
    visit: Visit,
    lines: Lines[R],
    *,
    caption: str,
    acts: Sequence[Column[R]] = (),
    link: Callable[[R], str | None] | None = None,
    page: Page[R] | None = None,
) -> ShownLines:
    """Set as a table the page of lines that the address names; a ``page`` that is there already is not asked for."""
    page = page or await lines.rows(visit, _PAGE, visit.fields.raw("after") or None)
    path, kept = visit.request.url.path, _kept(visit, lines)
    return ShownLines(
        table_of((*lines.columns, *acts), page.nodes, look_of(visit), caption=caption, link=link),
        onward=address(path, [*kept, ("after", page.cursors[-1])]) if page.has_next_page else "",
        first=address(path, kept) if page.has_previous_page else "",
        out=f"{path}/export",
        kept=kept,
    )


async def export_lines(visit: Visit, lines: Lines[R]) -> Response:
    """Take the lines of a record out as a spreadsheet, as narrowed as they were shown."""

    async def rows(first: int, after: str | None) -> Page[R]:
        return await lines.rows(visit, first, after)

    name = lines.name.format(**visit.request.path_params)
    return await take_out(visit, name, (*lines.columns, *lines.more), rows, narrowed=bool(_kept(visit, lines)))


def whole(rows: Sequence[R]) -> Page[R]:
    """Give lines that are few, and come all at once, as the only page there is."""
    return Page(nodes=rows, cursors=[""] * len(rows), has_next_page=False, has_previous_page=False)


def _kept(visit: Visit, lines: Lines[R]) -> list[tuple[str, str]]:
    return [(name, value) for name in lines.keeps if (value := visit.fields.raw(name).strip())]
