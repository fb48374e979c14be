"""Empty migrated databases on PostgreSQL: one for each test that asks, and after it as good as new or thrown away.

To copy a template and drop the copy costs the server more than most tests do. So a copy that comes back is emptied:
the rows of the tables that were written go, those that the migrations brought return, the counters go back. Whatever
else has changed (a table, a trigger, a setting of the database) is seen in the catalogue, and then the copy is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg

from tests.warm import Warm

T = TypeVar("T")
Connection = Any  # asyncpg brings no types
Statement = Any

WORN_OUT = 5_000  # rows deleted from a copy: their places stay, and reading past them takes time
ALONE_WITHIN = 10.0  # seconds for those who were connected to go
GRACE = 0.05  # seconds that they have before they are made to

_CATALOGUE = [
    "pg_attrdef",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_enum",
    "pg_event_trigger",
    "pg_extension",
    "pg_index",
    "pg_largeobject_metadata",
    "pg_namespace",
    "pg_policy",
    "pg_proc",
    "pg_rewrite",
    "pg_sequence",
    "pg_trigger",
    "pg_type",
    "pg_db_role_setting",
]
# Rows that came or changed since a transaction are told by their own; rows that went, by the count.
_COUNT = "SELECT count(*) AS rows, count(*) FILTER (WHERE age(xmin) < age($1::xid)) AS newer FROM {}"


@dataclass
class Copy:
    """A database that is lent to one test after the other."""

    name: str
    url: str
    keeper: Connection
    """A connection of ours that is not subject to the triggers of the tables."""
    since: int = 0
    """The transaction after which nobody but the test has written."""
    removed: int = 0
    asks: Asks | None = None


@dataclass(frozen=True)
class Asks:
    """The statements that are asked after each test, prepared: to plan one over all tables takes ten times its run."""

    catalogue: Statement
    written: Statement
    counters: Statement


@dataclass(frozen=True)
class Template:
    """What a copy is when it is new, and the statements that ask for it and bring it about."""

    tables: dict[str, str | None]
    """The tables, with their rows as JSON."""
    catalogue: int
    """The number of rows in the catalogue."""
    catalogue_sql: str
    written_sql: str
    counters_sql: str
    truncate_sql: str

    @classmethod
    async def read(cls, keeper: Connection) -> Template:
        """Describe a new copy."""
        names = await keeper.fetch(
            "SELECT relname, relkind FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S')"
        )
        rows = {
            name: await keeper.fetchval(f'SELECT json_agg(t) FROM "{name}" t') for name, kind in names if kind == b"r"
        }
        counts = {name: await keeper.fetchval(f'SELECT count(*) FROM "{name}"') for name in rows}
        catalogue = " UNION ALL ".join(_COUNT.format(table) for table in _CATALOGUE)
        catalogue_sql = f"SELECT sum(rows)::int, sum(newer)::int FROM ({catalogue}) AS counted"
        written = " UNION ALL ".join(
            f"(SELECT '{name}' FROM ({_COUNT.format(chr(34) + name + chr(34))}) AS counted"
            f" WHERE newer > 0 OR rows <> {counts[name]})"
            if counts[name]
            else f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")"
            for name in rows
        )
        counters = [
            (name, *await keeper.fetchrow(f'SELECT last_value, is_called FROM "{name}"'))
            for name, kind in names
            if kind == b"S"
        ]
        counters_sql = " UNION ALL ".join(
            f'SELECT setval(\'"{name}"\', {value}, {called}) FROM "{name}"'
            f" WHERE (last_value, is_called) <> ({value}, {called})"
            for name, value, called in counters
        )
        all_rows, _ = await keeper.fetchrow(catalogue_sql, await _transaction(keeper))
        empty = ", ".join(f'"{name}"' for name in sorted(rows.keys() - await _staying(keeper, rows)))
        return cls(rows, all_rows, catalogue_sql, written, counters_sql, f"TRUNCATE {empty}")

    async def prepared(self, keeper: Connection) -> Asks:
        """Plan once what is asked after each test."""
        await keeper.execute("SET plan_cache_mode = force_generic_plan")
        asks = (self.catalogue_sql, self.written_sql, self.counters_sql)
        async with keeper.transaction():  # what is prepared outside one keeps its locks until the next statement
            return Asks(*[await keeper.prepare(sql) for sql in asks])


class Copies:
    """Lend copies of a migrated database that nobody is connected to."""

    def __init__(self, server: str, source: str, warm: Warm | None = None) -> None:
        self._server = server
        self._warm = warm
        self._source = source
        self._loop = asyncio.new_event_loop()
        self._all: list[Copy] = []
        self._idle: list[Copy] = []
        self._template: Template | None = None

    def lend(self) -> Copy:
        """Give an empty migrated database."""
        return self._idle.pop() if self._idle else self._run(self._make())

    def take_back(self, copy: Copy) -> None:
        """Make a database as good as new, or drop it."""
        if self._run(self._renewed(copy)):
            self._idle.append(copy)
        else:
            self._run(self._drop(copy))

    def close(self) -> None:
        """Drop whatever there is."""
        for copy in [*self._all]:
            self._run(self._drop(copy))
        self._loop.close()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    async def _make(self) -> Copy:
        name = f"test_{uuid4().hex[:12]}"
        await copy_database(self._server, self._source, name)
        url = database_of(self._server, name)
        keeper = await asyncpg.connect(url)
        copy = Copy(name, url, keeper, since=await _transaction(keeper))
        self._all.append(copy)
        if await keeper.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            await keeper.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
            self._template = self._template or await Template.read(keeper)
            copy.asks = await self._template.prepared(keeper)
        return copy

    async def _renewed(self, copy: Copy) -> bool:
        """Empty a database. Say False when it is not worth it, or cannot be done, or not be proven."""
        if self._template is None or copy.asks is None:
            return False
        try:
            await _be_alone(copy.keeper, self._warm.processes(copy.name) if self._warm else [])
            async with copy.keeper.transaction():
                return await self._empty(copy, self._template, copy.asks)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            return False

    async def _empty(self, copy: Copy, template: Template, asks: Asks) -> bool:
        keeper = copy.keeper
        if tuple(await asks.catalogue.fetchrow(copy.since)) != (template.catalogue, 0):
            return False
        for (table,) in await asks.written.fetch(copy.since):
            copy.removed += int((await keeper.execute(f'DELETE FROM "{table}"')).split()[1])
            rows = template.tables[table]
            if rows is not None and not await _filled(keeper, table, rows):
                # The places of rows that were updated are taken anew in any order. In an empty file there is but one.
                await keeper.execute(f'TRUNCATE "{table}"')
                if not await _filled(keeper, table, rows):
                    return False
        await asks.counters.fetch()
        if copy.removed > WORN_OUT:
            await keeper.execute(template.truncate_sql)
            copy.removed = 0
        copy.since = await _transaction(keeper)
        return True

    async def _drop(self, copy: Copy) -> None:
        self._all.remove(copy)
        if self._warm is not None:
            self._warm.forget(copy.name)
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
            await copy.keeper.close(timeout=ALONE_WITHIN)
        await on_server(self._server, f'DROP DATABASE "{copy.name}" WITH (FORCE)')


async def on_server(server: str, statement: str) -> None:
    """Run one statement on a connection of its own."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def copy_database(server: str, source: str, name: str) -> None:
    """Copy a database that nobody is connected to, the fastest way that the server knows."""
    connection = await asyncpg.connect(server)
    try:
        # Block by block through the log, as newer servers prefer, takes twice the time for a hundred small tables.
        by_file = " STRATEGY FILE_COPY" if connection.get_server_version() >= (15,) else ""
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}"{by_file}')
    finally:
        await connection.close()


def database_of(server: str, name: str) -> str:
    """Name a database of a server by its URL."""
    return urlsplit(server)._replace(path=f"/{name}").geturl()


async def _staying(keeper: Connection, tables: dict[str, str | None]) -> set[str]:
    """Name the tables that have rows in a new copy, and those that they refer to: neither can be truncated."""
    links = await keeper.fetch(
        "SELECT f.relname, t.relname FROM pg_constraint c JOIN pg_class f ON f.oid = c.conrelid"
        " JOIN pg_class t ON t.oid = c.confrelid WHERE c.contype = 'f'"
    )
    staying: set[str] = set()
    also = {name for name, rows in tables.items() if rows is not None}
    while also:
        staying |= also
        also = {to for of, to in links if of in staying} - staying
    return staying


async def _filled(keeper: Connection, table: str, rows: str) -> bool:
    """Give a table its rows back; say no when they are not in their order."""
    as_they_were = f'SELECT * FROM json_populate_recordset(NULL::"{table}", $1)'
    await keeper.execute(f'INSERT INTO "{table}" OVERRIDING SYSTEM VALUE {as_they_were}', rows)
    now: str = await keeper.fetchval(f'SELECT json_agg(t) FROM "{table}" t')
    return now == rows


async def _transaction(keeper: Connection) -> int:
    """Give the transaction that a connection is in, or one of its own, by the number that rows carry."""
    return int(await keeper.fetchval("SELECT pg_current_xact_id()::xid"))


async def _be_alone(keeper: Connection, waiting: list[int]) -> None:
    """Wait until nobody is connected but those who wait for the next test; end those who stay."""
    others = (
        "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid <> ALL($1::int[])"
    )
    pause = 0.001
    async with asyncio.timeout(ALONE_WITHIN):
        while await keeper.fetchval(f"SELECT count(*) {others}", waiting):
            if pause > GRACE:
                await keeper.fetch(f"SELECT pg_terminate_backend(pid) {others}", waiting)
            await asyncio.sleep(pause)
            pause *= 2
