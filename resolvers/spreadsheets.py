"""Take a list out of the house as CSV or as an XLSX workbook: rows in, bytes out; the same rows, the same bytes.

A text that a spreadsheet would run as a formula stays a text: CSV gets an apostrophe before it, XLSX says what it is.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from io import BytesIO, StringIO
from typing import Any, Final

from xlsxwriter import Workbook

Cell = str | int | date | None
"""What a cell holds: text, a whole number, a day, or nothing. An instant is told as text by whoever makes the row."""

_RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What begins a formula in one spreadsheet or another, in full width too."""
_NOT_IN_A_NAME: Final = re.compile(r"[\[\]:*?/\\]")
_NAME_LIMIT: Final = 31
_CELL_LIMIT: Final = 32_767
_WIDEST: Final = 60


class SpreadsheetForm(StrEnum):
    """In which form a list is taken out of the house."""

    CSV = "CSV"
    """Comma-separated values in UTF-8, one list a file."""
    XLSX = "XLSX"
    """A workbook, which may have several sheets."""


MEDIA_TYPES: Final = {
    SpreadsheetForm.CSV: "text/csv; charset=utf-8",
    SpreadsheetForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One list: its name, its headings, and rows with a cell for each heading."""

    name: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


def to_csv(sheet: Sheet) -> bytes:
    """Write a list as CSV; a mark in front tells spreadsheets that it is UTF-8."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([_as_text(heading) for heading in sheet.headings])
    writer.writerows([_as_text(cell) for cell in row] for row in _checked(sheet))
    return text.getvalue().encode("utf-8-sig")


def to_xlsx(sheets: Sequence[Sheet], made_at: datetime) -> bytes:
    """Write lists as the sheets of one workbook, with headings that stay in sight."""
    file = BytesIO()
    workbook = Workbook(file, {"in_memory": True})
    # The clock of the machine would be written otherwise, and no two files were the same.
    workbook.set_properties({"created": made_at.astimezone(UTC).replace(tzinfo=None)})
    bold, day = workbook.add_format({"bold": True}), workbook.add_format({"num_format": "yyyy-mm-dd"})
    for sheet in sheets:
        page = workbook.add_worksheet(_NOT_IN_A_NAME.sub(" ", sheet.name)[:_NAME_LIMIT])
        rows = _checked(sheet)
        for column, heading in enumerate(sheet.headings):
            page.write_string(0, column, heading, bold)
            longest = max([len(heading), *(len(_plain(row[column])) for row in rows)])
            page.set_column(column, column, min(longest, _WIDEST) + 2)
        for place, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                _write(page, place, column, cell, day)
        page.freeze_panes(1, 0)
    workbook.close()
    return file.getvalue()


def _checked(sheet: Sheet) -> Sequence[tuple[Cell, ...]]:
    if any(len(row) != len(sheet.headings) for row in sheet.rows):
        raise ValueError("a row has a cell for each heading")
    return sheet.rows


def _write(page: Any, place: int, column: int, cell: Cell, day: Any) -> None:  # noqa: ANN401 - xlsxwriter has no types
    if cell is None or cell == "":
        return
    if isinstance(cell, date):
        page.write_datetime(place, column, datetime(cell.year, cell.month, cell.day), day)  # noqa: DTZ001 - a day, no instant
    elif isinstance(cell, int):
        page.write_number(place, column, cell)
    else:
        page.write_string(place, column, cell[:_CELL_LIMIT])


def harmless(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(_RUNS) else text


def _as_text(cell: Cell) -> str:
    return harmless(cell) if isinstance(cell, str) else _plain(cell)


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, date) else str(cell)
