"""Read a page of rows in a form: first which they are, for each caller; then the rows, for all who ask together.

Those who open the grid at the same moment see for the most part the same referrals. What a statement finds for one
caller is which rows there are, and the own answer to each; the rest of a row is the same for everybody who sees it, and
is read once for all whose pages are on their way. A row that was changed in between (each change counts its version up)
could have gone out of sight with that change: then the whole page is read anew, in one statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orm.database import dialect
from orm.gathering import Question
from orm.readings import Row, fetch_often
from resolvers.referral_flat import COLUMNS, Form, as_from_postgres, is_own
from resolvers.referral_rows import tables_for

_Rows = Sequence[tuple[Any, ...]]


class PageReader:
    """Reads the rows of a form; kept as long as the form is."""

    def __init__(self, form: Form) -> None:
        self.form = form
        many = sum(map(is_own, form.columns))
        self._own, self._shared = form.columns[:many], ("key", "version", *form.columns[many:])
        self._rest: Question[tuple[str, ...], list[tuple[Any, ...] | None]] = Question(self._read_shared)

    async def read(self, conditions: str, parameters: Mapping[str, Any], size: int) -> tuple[_Rows, bool]:
        """Give the rows under conditions, with the columns of the form; and whether there are more of them."""
        own = await self._read(self._own, conditions, parameters)
        shown = own[:size]
        shared = await self._rest.ask(tuple(row[0] for row in shown)) or [] if shown else []
        if all(more is not None and more[1] == row[2] for row, more in zip(shown, shared, strict=True)):
            rows: _Rows = [(*row, *more[2:]) for row, more in zip(shown, shared, strict=True) if more is not None]
            return rows, len(own) > size
        whole = await self._read(self.form.columns, conditions, parameters)
        return whole[:size], len(whole) > size

    async def _read(self, names: Sequence[str], conditions: str, parameters: Mapping[str, Any]) -> Sequence[Row]:
        columns = _selected(names)
        tables = tables_for(f"{columns} {conditions}")
        if " o." not in tables:
            parameters = {name: value for name, value in parameters.items() if name != "own"}
        rows = await fetch_often(f"SELECT {columns} FROM {tables} {conditions}", **parameters)
        return as_from_postgres(rows, names) if dialect() == "sqlite" else rows

    async def _read_shared(
        self, pages: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], list[tuple[Any, ...] | None]]:
        ids = list({key for page in pages for key in page})
        rows = await self._read(self._shared, "WHERE r.id IN (:ids)", {"ids": ids})
        found = {row[0]: tuple(row) for row in rows}
        return {page: [found.get(key) for key in page] for page in pages}


def _selected(names: Sequence[str]) -> str:
    return ", ".join(f"{COLUMNS[name]} AS {name}" for name in names)
