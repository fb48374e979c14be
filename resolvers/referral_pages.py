"""Read a page of rows in a form: first which they are, for each caller; then the rows, for all who ask together.

Those who open the grid at the same moment see for the most part the same referrals. What a statement finds for one
caller is which rows there are, and the own answer to each; the rest of a row is the same for everybody who sees it, and
is read and written once for all whose pages are on their way. A row that was changed in between (each change counts its
version up) could have gone out of sight with that change: then the whole page is read anew, in one statement.

A page that was read is kept, as JSON, for as long as nothing has changed that any page is made of (:mod:`orm.eras`),
for all who see the same: the same conditions, on the same day, under the same policy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from orm.database import dialect
from orm.eras import Kept
from orm.gathering import Question
from orm.readings import Row, fetch_often
from resolvers.desk import Reading
from resolvers.referral_flat import (
    COLUMNS,
    Counties,
    Form,
    as_from_postgres,
    names_of_the_caller,
    names_of_the_day,
)
from resolvers.referral_rows import only_provider, tables_for
from resolvers.scope import hashable

MOST_PAGES: Final = 1_000
"""Kept at once, of all forms together; a page of fifty rows has about 30 KB."""

_Shared = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Page:
    """The rows that one caller is about to be shown, by key."""

    keys: tuple[str, ...]
    reading: Reading


@dataclass(frozen=True, slots=True)
class Written:
    """A page of written rows, the key and the number of each, and whether there are more."""

    rows: list[dict[str, Any]] | orjson.Fragment
    keys: tuple[str, ...]
    numbers: tuple[int, ...]
    has_more: bool


class PageReader:
    """Reads and writes pages in a form; kept as long as the form is."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._rest: Question[_Page, list[_Shared | None]] = Question(self._share)

    async def read(self, conditions: str, parameters: Mapping[str, Any], size: int, reading: Reading) -> Written:
        """Give the first rows under conditions."""
        key = (self, conditions, hashable(parameters), reading.today, reading.policy.version, _eyes(reading))
        return await _PAGES.get(reading.era, key, lambda: self._read(conditions, parameters, size, reading))

    async def _read(self, conditions: str, parameters: Mapping[str, Any], size: int, reading: Reading) -> Written:
        form = self._form
        found = await _read(form.own, conditions, parameters)
        own = found[:size]
        keys = tuple(row[0] for row in own)
        shared = (await self._rest.ask(_Page(keys, reading)) or []) if own else []
        if None in shared or [row[2] for row in own] != [rest[1] for rest in shared if rest is not None]:
            found = await _read((*form.own, *form.shared), conditions, parameters)
            many = len(form.own)
            own = [tuple(row)[:many] for row in found[:size]]
            keys = tuple(row[0] for row in own)
            rest_of_rows = [(row[0], row[2], *tuple(row)[many:]) for row in found[:size]]
            [shared] = self._shown(rest_of_rows, await self._counties(), [_Page(keys, reading)]).values()
        rows = form.write(own, [rest for rest in shared if rest is not None], names_of_the_caller(reading))
        return Written(_as_json(rows), keys, tuple(row[1] for row in own), len(found) > size)

    async def _share(self, pages: Sequence[_Page]) -> dict[_Page, list[_Shared | None]]:
        keys = list({key: None for page in pages for key in page.keys})
        rows, counties = await asyncio.gather(
            _read(("key", "version", *self._form.shared), "WHERE r.id IN (:keys)", {"keys": keys}), self._counties()
        )
        return self._shown(rows, counties, pages)

    async def _counties(self) -> Counties | None:
        if self._form.county is None:
            return None
        return Counties(await fetch_often("SELECT fips, name FROM county ORDER BY name"), self._form.county)

    def _shown(
        self, rows: Iterable[Row], counties: Counties | None, pages: Sequence[_Page]
    ) -> dict[_Page, list[_Shared | None]]:
        """Make of rows what everybody is shown of them, once for each day and policy on which somebody looks."""
        found = {row[0]: row for row in rows}
        ready: dict[Any, dict[str, _Shared]] = {}
        answers = {}
        for page in pages:
            shown = ready.setdefault((page.reading.today, page.reading.policy.version), {})
            missing = [found[key] for key in page.keys if key not in shown and key in found]
            if missing:
                names = {**names_of_the_day(page.reading), "counties": counties}
                shown.update((one[0], one) for one in self._form.share(missing, names))
            answers[page] = [shown.get(key) for key in page.keys]
        return answers


# One for all forms: each of them would hold on to its pages, long out of date, until somebody asks in it again.
_PAGES: Final[Kept[Hashable, Written]] = Kept(MOST_PAGES)


def _eyes(reading: Reading) -> tuple[UUID | None, bool]:
    """Name what decides, beside the conditions, what is shown of a row: see :func:`names_of_the_caller`."""
    return reading.actor.provider_id, only_provider(reading)


def _as_json(rows: list[dict[str, Any]]) -> list[dict[str, Any]] | orjson.Fragment:
    try:
        return orjson.Fragment(orjson.dumps(rows))
    except TypeError:  # the transport knows how to write what orjson does not
        return rows


async def _read(names: Sequence[str], conditions: str, parameters: Mapping[str, Any]) -> Sequence[Row]:
    columns = ", ".join(f"{COLUMNS[name]} AS {name}" for name in names)
    tables = tables_for(f"{columns} {conditions}")
    if " o." not in tables:
        parameters = {name: value for name, value in parameters.items() if name != "own"}
    rows = await fetch_often(f"SELECT {columns} FROM {tables} {conditions}", **parameters)
    return as_from_postgres(rows, names) if dialect() == "sqlite" else rows
