"""Hand many rows to one statement, on both engines: one round trip for a table, however many rows it is about.

The rows travel as one JSON text. PostgreSQL's executemany would bind and plan a statement for each, and Tortoise would
make a model of each first. Where there are thousands of them they travel as columns (:func:`side_by_side`): to write
and to read the text takes PostgreSQL and Python 4 us a row each, an array next to nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import chain
from secrets import token_bytes
from struct import pack, unpack
from typing import Any, Final
from uuid import UUID

import orjson

from orm.sql import Value, dialect, execute

Row = Mapping[str, Any]


def as_text(rows: Sequence[Row]) -> str:
    """Give rows as the parameter ``:rows`` of a statement with :func:`given` in it; values as Tortoise stores them.

    Raises TypeError for an instant without a time zone.
    """
    return _json(rows)


def ids_in_one_piece(many: int, at: datetime) -> bytes:
    """Give new keys that follow one another, for the rows of one statement (UUID version 7, RFC 9562, 6.2).

    An index takes them in one place; random keys touch as many of its pages as there are rows. The milliseconds of the
    moment and a count come first; the count may run over into the milliseconds. The other 60 bits are random for each
    row. So statements of one instant, as under a clock that stands still, have no key in common: a thousand of them
    with a thousand rows each meet once in two billion times, and then the later one is refused as a whole. And whoever
    knows the key of one row, as the reader of a letter does, cannot tell that of the next.
    """
    first, noise = int(at.timestamp() * 1000) << 12, unpack(f">{many}Q", token_bytes(8 * many))
    places = [(place >> 12) << 16 | 0x7000 | place & 0xFFF for place in range(first, first + many)]
    unknown = [0x8 << 60 | one & (1 << 60) - 1 for one in noise]
    return pack(f">{2 * many}Q", *chain.from_iterable(zip(places, unknown, strict=True)))


def ids_as_texts(piece: bytes) -> list[str]:
    """Give keys that are in one piece as texts."""
    digits = piece.hex()
    return [_id(digits[first : first + 32]) for first in range(0, len(digits), 32)]


def _id(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def side_by_side(
    name: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
) -> tuple[str, dict[str, Value]]:
    """Name rows as a table of a statement: its text, and the parameters of the statement that carry the rows.

    ``columns`` gives each column's type in PostgreSQL; a ``jsonb`` is given as it is, not as text.
    """
    text = _side_by_side(name, tuple(columns.items()), dialect())
    if dialect() == "sqlite":
        return text, {f"{name}_rows": _json(rows)}
    values: Iterable[Iterable[Any]] = zip(*rows, strict=True) if rows else [()] * len(columns)
    return text, {
        f"{name}_{column}": _array(kind, those) for (column, kind), those in zip(columns.items(), values, strict=True)
    }


def in_one_piece(keys: Iterable[UUID]) -> bytes:
    """Give keys as one parameter of PostgreSQL, to be read with :func:`nth_key`: in half of the time of an array."""
    return b"".join([key.bytes for key in keys])


def nth_key(piece: str) -> str:
    """Give the text that reads key number ``nth``, counted from 0, of keys in one piece."""
    return f"CAST(ENCODE(SUBSTRING({piece} FROM nth * 16 + 1 FOR 16), 'hex') AS uuid)"


def _array(kind: str, values: Iterable[Any]) -> str:
    """Write an array as PostgreSQL reads it; its driver would look at each value for four times as long."""
    if kind in _PLAIN:  # a list in JSON is an array but for its brackets
        return f"{{{orjson.dumps([*values], default=str).decode()[1:-1]}}}"
    texts = (_json(value) if kind == "jsonb" else value for value in values)
    written = ("NULL" if text is None else f'"{text.translate(_ESCAPED)}"' for text in texts)
    return f"{{{','.join(written)}}}"


_PLAIN: Final = frozenset({"uuid", "integer", "bigint", "boolean"})
"""Types whose values are written alike in JSON and in an array: quoted or not, and with null for what is missing."""
_ESCAPED: Final = str.maketrans({'"': r"\"", "\\": r"\\"})


def given(**columns: str) -> str:
    """Name the rows of ``:rows`` as a table ``given`` with these columns, each with its type in PostgreSQL."""
    return _given(tuple(columns.items()), dialect())


async def insert_rows(table: str, rows: Sequence[Row], *, or_ignore: bool = False) -> None:
    """Insert rows, all with the same columns, in one statement; with ``or_ignore`` not those that are there already."""
    if rows:
        await execute(_insert(table, tuple(rows[0]), or_ignore, dialect()), rows=as_text(rows))


@lru_cache(maxsize=128)
def _given(columns: tuple[tuple[str, str], ...], engine: str) -> str:
    if engine == "postgres":
        typed = ", ".join(f"{name} {kind}" for name, kind in columns)
        return f"jsonb_to_recordset(CAST(:rows AS jsonb)) AS given({typed})"
    read = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name, _ in columns)
    return f"(SELECT {read} FROM json_each(:rows)) AS given"


@lru_cache(maxsize=128)
def _side_by_side(name: str, columns: tuple[tuple[str, str], ...], engine: str) -> str:
    if engine == "postgres":
        arrays = ", ".join(f"CAST(CAST(:{name}_{column} AS text) AS {kind}[])" for column, kind in columns)
        return f"unnest({arrays}) AS {name}({', '.join(column for column, _ in columns)})"
    read = ", ".join(f"json_extract(value, '$[{at}]') AS {column}" for at, (column, _) in enumerate(columns))
    return f"(SELECT {read} FROM json_each(:{name}_rows)) AS {name}"


@lru_cache(maxsize=128)
def _insert(table: str, columns: tuple[str, ...], or_ignore: bool, engine: str) -> str:
    names = ", ".join(columns)
    if engine == "postgres":
        # The table itself says of which type each column is.
        rows = f"SELECT {names} FROM jsonb_populate_recordset(CAST(NULL AS {table}), CAST(:rows AS jsonb)) AS given"
    else:
        read = ", ".join(f"json_extract(value, '$.{name}')" for name in columns)
        # Without a condition SQLite would read ON CONFLICT as that of a join.
        rows = f"SELECT {read} FROM json_each(:rows) WHERE true"
    return f"INSERT INTO {table} ({names}) {rows}{' ON CONFLICT DO NOTHING' if or_ignore else ''}"


def _json(value: object) -> str:
    return orjson.dumps(value, default=_stored, option=orjson.OPT_PASSTHROUGH_DATETIME).decode()


def _stored(value: object) -> str:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("A datetime without a time zone has no place in the database")
        return value.astimezone(UTC).isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):  # those of asyncpg, which are of a class of their own
        return str(value)
    raise TypeError(f"A value of type {type(value).__name__} has no place in the database")
