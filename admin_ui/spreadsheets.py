"""Lists as files: CSV sent as it is read, and XLSX written row by row; no cell of either is ever a formula."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import AsyncIterator, Iterable, Sequence
from enum import StrEnum
from typing import IO

import xlsxwriter
from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from admin_ui.rendering import guarded
from resolvers.spreadsheets import harmless

_CHUNK = 64 * 1024
_KEPT_IN_MEMORY = 1024 * 1024


class Sheet(StrEnum):
    """The kinds of files."""

    CSV = "csv"
    XLSX = "xlsx"


_TYPES = {
    Sheet.CSV: "text/csv; charset=utf-8",
    Sheet.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


async def spreadsheet(
    sheet: Sheet, name: str, headings: Sequence[str], lines: AsyncIterator[Sequence[str]]
) -> Response:
    """Send lines under their headings as a file to keep."""
    response: Response
    if sheet is Sheet.CSV:
        response = StreamingResponse(_csv(headings, lines), media_type=_TYPES[sheet])
    else:
        file = await _xlsx(headings, lines)
        response = StreamingResponse(_read(file), media_type=_TYPES[sheet], background=BackgroundTask(file.close))
    response.headers["content-disposition"] = f'attachment; filename="{name}.{sheet}"'
    return guarded(response)


async def _csv(headings: Sequence[str], lines: AsyncIterator[Sequence[str]]) -> AsyncIterator[bytes]:
    # The mark tells a spreadsheet that the file is UTF-8.
    yield b"\xef\xbb\xbf" + _line(headings)
    async for line in lines:
        yield _line([harmless(text) for text in line])


def _line(cells: Iterable[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()


async def _xlsx(headings: Sequence[str], lines: AsyncIterator[Sequence[str]]) -> IO[bytes]:
    file = tempfile.SpooledTemporaryFile(_KEPT_IN_MEMORY)  # noqa: SIM115 - closed when it has been sent
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    try:
        # The workbook keeps its rows in files of its own, and leaves them behind when it is broken off.
        with tempfile.TemporaryDirectory() as folder, xlsxwriter.Workbook(file, {**options, "tmpdir": folder}) as book:
            page, bold = book.add_worksheet(), book.add_format({"bold": True})
            page.freeze_panes(1, 0)
            for place, heading in enumerate(headings):
                page.write_string(0, place, heading, bold)
            number = 0
            async for line in lines:
                number += 1
                for place, text in enumerate(line):
                    page.write_string(number, place, harmless(text))
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file


async def _read(file: IO[bytes]) -> AsyncIterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
