"""Handle asyncpg's connections and errors for the PostgreSQL engine."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

import asyncpg
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError, TransactionManagementError

from orm.statements import Kind, statement_kind

T = TypeVar("T")
Pool = Any  # asyncpg brings no types
Connection = Any
Values = Sequence[Any]
Rows = list[Any]

RELEASE_WITHIN = 10.0  # seconds; then the connection is dropped and the pool opens another
LOOKS_EVERY = 1.0  # seconds; how soon a server notices that the client of a running statement is gone
_LOST = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.TooManyConnectionsError,
    OSError,
)
_log = logging.getLogger(__name__)


class Translated:
    """Turn the driver's errors into Tortoise's. Deadlocks and serialization failures stay: the caller tries again."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, asyncpg.PostgresError):
            # The detail repeats the row's values, such as Key (dmh_id)=(…): it must not reach a log.
            error.detail = None
        # RaiseError is a trigger's refusal, which SQLite calls an integrity error as well.
        if isinstance(error, asyncpg.IntegrityConstraintViolationError | asyncpg.RaiseError):
            raise IntegrityError(error) from error
        if isinstance(error, asyncpg.SyntaxOrAccessError | asyncpg.DataError):
            raise OperationalError(error) from error
        if isinstance(error, asyncpg.InvalidTransactionStateError):
            raise TransactionManagementError(error) from error
        if isinstance(error, _LOST) and not isinstance(error, DBConnectionError):
            raise DBConnectionError(error) from error


async def run(connection: Connection, work: Callable[[Connection], Awaitable[T]]) -> T:
    """Do ``work`` on a connection; drop one of which the driver has lost track."""
    with Translated():
        try:
            return await work(connection)
        except asyncpg.InternalClientError:  # it read the server's farewell while it was about to send
            drop(connection)
            raise


async def query(connection: Connection, sql: str, values: Values) -> tuple[int, Rows]:
    """Run one statement; give the number of rows that it changed or returned, and those that it returned."""
    kind = statement_kind(sql)
    if kind is Kind.WRITE:
        return _count(await connection.execute(sql, *values)), []
    if kind is Kind.WRITE_IN_WITH:  # only the server knows whether its last part returns rows
        statement = await connection.prepare(sql)
        rows = await statement.fetch(*values)
        return (len(rows) if statement.get_attributes() else _count(statement.get_statusmsg())), rows
    rows = await connection.fetch(sql, *values)
    return len(rows), rows


async def keep_session(connection: Connection) -> None:
    """Do nothing between two borrowers: no statement of ours changes a session, and a reset costs a round trip."""


async def begin_session(connection: Connection) -> None:
    """Set what the house wants of a new connection.

    The server looks, while it works, whether its client is still there: a statement whose cancellation was lost ends
    with its dropped connection instead of computing to its end. A server that cannot look (a platform without it, or
    one before PostgreSQL 14) goes on as before. And it compiles no statement: ours are short and many, and compiling
    took half of the time of the long ones.
    """
    await connection.execute("SET jit = off")
    with suppress(
        asyncpg.UndefinedObjectError, asyncpg.InvalidParameterValueError, asyncpg.CantChangeRuntimeParamError
    ):
        await connection.execute(f"SET client_connection_check_interval = {LOOKS_EVERY * 1000:.0f}")


async def give_back(pool: Pool, connection: Connection) -> None:
    """Hand a connection back to its pool. Never raises: what the caller did is already kept or undone."""
    try:
        await pool.release(connection, timeout=RELEASE_WITHIN)
    except (*_LOST, asyncpg.PostgresError) as error:
        drop(connection)
        _log.warning("A connection could not be given back, so it was dropped: %s", type(error).__name__)


def drop(connection: Connection) -> None:
    """End a connection at once; the server undoes what it had open."""
    with suppress(asyncpg.InterfaceError):  # the pool may have taken a lost connection back by itself
        connection.terminate()


def is_in_transaction(connection: Connection) -> bool:
    """Say whether a transaction is open on a connection, which may be lost."""
    try:
        return not connection.is_closed() and bool(connection.is_in_transaction())
    except asyncpg.InterfaceError:  # lost, and taken back by the pool
        return False


def _count(status: str) -> int:
    """Read the number of rows from ``UPDATE 3`` or ``INSERT 0 3``."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdecimal() else 0
