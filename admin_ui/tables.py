"""Rows as tables: what a column is, how a value is shown on a page, and how it is said in a spreadsheet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from markupsafe import Markup

from admin_ui.rendering import macro, shown

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column: its heading, the value of a row, and where it asks for more than the value a template's macro.

    ``show`` names a macro as ``folder/file.html:name``; it is called with the row and the :class:`Look`. ``sort`` is
    the key under which the list sorts by it. A ``figure`` stands to the right, a ``tight`` column does not break,
    and a first column that ``wraps`` does, where it is long.
    """

    heading: str
    value: Callable[[R], object]
    show: str = ""
    sort: str = ""
    figure: bool = False
    tight: bool = False
    wraps: bool = False
    exported: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """Who looks, and when: what a macro of a cell may ask for."""

    now: datetime
    csrf: str
    caller: Any
    path: str = ""


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as it stands on the page; with an address or an order it is pressed to sort."""

    label: str
    style: str = ""
    sorted: str = "none"
    order: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it stands on the page."""

    cells: Sequence[tuple[Markup, str]]
    href: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it stands on the page."""

    caption: str
    headings: Sequence[Heading]
    rows: Sequence[Row]
    style: str = ""


def table_of(
    columns: Sequence[Column[R]],
    rows: Sequence[R],
    look: Look,
    *,
    caption: str,
    link: Callable[[R], str | None] | None = None,
    late: Callable[[R], bool] | None = None,
    headings: Sequence[Heading] | None = None,
    style: str = "",
) -> Table:
    """Set rows as a table; the first column names the row and carries its link."""
    return Table(
        caption,
        headings or [Heading(column.heading, _style(column)) for column in columns],
        [
            Row(
                [(_cell(column, row, look), _style(column)) for column in columns],
                (link(row) or "") if link else "",
                late(row) if late else False,
            )
            for row in rows
        ],
        style,
    )


def _cell(column: Column[R], row: R, look: Look) -> Markup:
    if not column.show:
        return shown(column.value(row))
    return macro(column.show)(row, look)


def _style(column: Column[R]) -> str:
    return " ".join(
        name for name, wanted in (("figure", column.figure), ("tight", column.tight), ("wraps", column.wraps)) if wanted
    )
