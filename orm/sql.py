"""Run one SQL text on both engines, with named parameters that are stored as Tortoise stores them.

``:name`` is a value; ``IN (:ids)`` and ``NOT IN (:ids)`` take a list, which may be empty (then nothing, and everything,
is in it). Statements run on the current connection, so inside the current transaction if there is one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any
from uuid import UUID

from tortoise.connection import get_connection
from tortoise.fields.data import JSON_DUMPS

from orm.statements import QUOTED

Value = Any
_TOKEN = re.compile(
    rf"""(?P<kept> {QUOTED} | ::)
       | (?P<not> \bNOT \s+ )? \bIN \s* \( \s* :(?P<list> [A-Za-z_]\w* ) \s* \)
       | :(?P<name> [A-Za-z_]\w* )""",
    re.DOTALL | re.VERBOSE | re.IGNORECASE,
)


async def fetch(sql: str, /, **params: Value) -> list[dict[str, Any]]:
    """Run one statement; give the rows that it returns, as the driver gives them (see ``to_uuid`` and the others)."""
    connection = get_connection("default")
    return await connection.execute_query_dict(*compiled(sql, params, connection.capabilities.dialect))


async def execute(sql: str, /, **params: Value) -> int:
    """Run one statement; give the number of rows that it changed."""
    connection = get_connection("default")
    return (await connection.execute_query(*compiled(sql, params, connection.capabilities.dialect)))[0]


def dialect() -> str:
    """Name the engine of the current connection: ``postgres`` or ``sqlite``."""
    return str(get_connection("default").capabilities.dialect)


def compiled(sql: str, params: Mapping[str, Value], dialect: str) -> tuple[str, list[Value]]:
    """Give the text and the values for one engine's driver.

    Raises TypeError for a parameter that is missing, not asked for, or of a kind that has no place in the database.
    """
    template = _template(sql)
    if params.keys() != template.names:
        missing, extra = sorted(template.names - params.keys()), sorted(params.keys() - template.names)
        raise TypeError(f"The statement lacks the parameters {missing} and does not know {extra}")
    for slot in template.slots:
        if isinstance(params[slot.name], list | tuple | set | frozenset) is not slot.is_list:
            raise TypeError(f"The parameter {slot.name} must {'' if slot.is_list else 'not '}be a list")
    return template.for_postgres(params) if dialect == "postgres" else template.for_sqlite(params)


def to_uuid(value: UUID | str) -> UUID:
    """Read an id from a row of either engine."""
    return value if isinstance(value, UUID) else UUID(value)


def optional_uuid(value: UUID | str | None) -> UUID | None:
    """Read an id that may be missing."""
    return None if value is None else to_uuid(value)


def to_instant(value: datetime | str) -> datetime:
    """Read an instant, in UTC, from a row of either engine."""
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def to_date(value: date | str) -> date:
    """Read a calendar day from a row of either engine."""
    return date.fromisoformat(value) if isinstance(value, str) else value


def to_json(value: str | bytes) -> Any:  # noqa: ANN401 (whatever the column holds)
    """Read a JSON column from a row of either engine."""
    return json.loads(value)


@dataclass(frozen=True)
class _Slot:
    """A place in the text where a value, or ``[NOT] IN`` with a list of them, belongs."""

    name: str
    is_list: bool = False
    is_negated: bool = False


@dataclass(frozen=True)
class _Template:
    """A statement taken apart: text, slot, text, slot, ..., text."""

    texts: tuple[str, ...]
    slots: tuple[_Slot, ...]
    names: frozenset[str]
    postgres: str
    order: tuple[str, ...]

    def for_postgres(self, params: Mapping[str, Value]) -> tuple[str, list[Value]]:
        return self.postgres, [_of_postgres(params[name]) for name in self.order]

    def for_sqlite(self, params: Mapping[str, Value]) -> tuple[str, list[Value]]:
        parts, values = [self.texts[0]], []
        for slot, text in zip(self.slots, self.texts[1:], strict=True):
            given = params[slot.name]
            if slot.is_list:
                values += [_of_sqlite(value) for value in given]
                marks = ", ".join("?" * len(given))  # none at all is good SQLite: nothing is in ()
                parts.append(f"{'NOT IN' if slot.is_negated else 'IN'} ({marks})")
            else:
                values.append(_of_sqlite(given))
                parts.append("?")
            parts.append(text)
        return "".join(parts), values


@lru_cache(maxsize=512)
def _template(sql: str) -> _Template:
    texts, slots, end = [], [], 0
    for token in _TOKEN.finditer(sql):
        if not token["kept"]:
            texts.append(sql[end : token.start()])
            slots.append(_Slot(token["list"] or token["name"], bool(token["list"]), bool(token["not"])))
            end = token.end()
    texts.append(sql[end:])
    order = tuple(dict.fromkeys(slot.name for slot in slots))
    postgres = texts[0] + "".join(
        _mark_of_postgres(slot, order.index(slot.name) + 1) + text for slot, text in zip(slots, texts[1:], strict=True)
    )
    return _Template(tuple(texts), tuple(slots), frozenset(order), postgres, order)


def _mark_of_postgres(slot: _Slot, number: int) -> str:
    # One array instead of many marks: the text stays the same for every length, and so does its prepared statement.
    if not slot.is_list:
        return f"${number}"
    return f"<> ALL(${number})" if slot.is_negated else f"= ANY(${number})"


def _of_postgres(value: Value) -> Value:
    if isinstance(value, list | tuple | set | frozenset):
        return [item if type(item) is str else _of_postgres(item) for item in value]
    value = _plain(value)
    return value if not isinstance(value, dict) else JSON_DUMPS(value)


def _of_sqlite(value: Value) -> Value:
    match _plain(value):
        case bool() as truth:
            return int(truth)
        case UUID() | Decimal() as plain:
            return str(plain)
        case datetime() as instant:
            return instant.isoformat(" ")
        case date() as day:
            return day.isoformat()
        case dict() as document:
            return JSON_DUMPS(document)
        case plain:
            return plain


def _plain(value: Value) -> Value:
    """Take an enum's value and an instant's UTC; refuse what has no place in the database."""
    if isinstance(value, Enum):
        return _plain(value.value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("A datetime without a time zone has no place in the database")
        return value.astimezone(UTC)
    if value is None or isinstance(value, str | bool | int | float | bytes | UUID | date | Decimal | dict):
        return value
    raise TypeError(f"A value of type {type(value).__name__} has no place in the database")
