"""Lists leave the house as spreadsheets that run nothing, and that are the same whenever they are made."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from io import BytesIO, StringIO

import pytest
from openpyxl import load_workbook

from resolvers.spreadsheets import Sheet, to_csv, to_xlsx

AT = datetime(2026, 3, 2, 15, tzinfo=UTC)
ROWS = (
    ('=HYPERLINK("http://x")', -5, date(2026, 3, 1)),
    (" @SUM(A1)", 0, None),
    ('Marigold, "Lane"\nHomes', 12, date(2024, 2, 29)),
    ("Žofie", None, None),
)
SHEET = Sheet("Providers: all/current", ("Name", "Beds", "Since"), ROWS)


def test_a_list_as_csv_has_every_cell_and_no_formula() -> None:
    body = to_csv(SHEET)
    assert body.startswith(b"\xef\xbb\xbfName,Beds,Since\r\n")
    rows = list(csv.reader(StringIO(body.decode("utf-8-sig"), newline="")))
    assert rows[1:] == [
        ['\'=HYPERLINK("http://x")', "-5", "2026-03-01"],
        ["' @SUM(A1)", "0", ""],
        ['Marigold, "Lane"\nHomes', "12", "2024-02-29"],
        ["Žofie", "", ""],
    ]


def test_a_workbook_has_texts_where_a_formula_was_typed_numbers_as_numbers_and_days_as_days() -> None:
    book = load_workbook(BytesIO(to_xlsx([SHEET, Sheet("Empty", ("None",), ())], AT)))
    assert book.sheetnames == ["Providers  all current", "Empty"]
    cells = list(book["Providers  all current"].iter_rows(min_row=2))
    assert [(cell.value, cell.data_type) for cell in cells[0][:2]] == [('=HYPERLINK("http://x")', "s"), (-5, "n")]
    assert cells[0][2].value == datetime(2026, 3, 1)  # noqa: DTZ001 - a day in a workbook has no zone
    assert [cell.value for cell in cells[3]] == ["Žofie", None, None]


def test_the_same_list_has_the_same_bytes_and_a_ragged_one_is_no_list() -> None:
    assert to_xlsx([SHEET], AT) == to_xlsx([SHEET], AT)
    assert to_csv(SHEET) == to_csv(SHEET)
    with pytest.raises(ValueError, match="a cell for each heading"):
        to_csv(Sheet("Ragged", ("A", "B"), (("only one",),)))
