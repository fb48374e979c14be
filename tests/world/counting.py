"""Listen to the statements that go to the database, on either engine; BEGIN and COMMIT are not among them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from orm.postgres_engine import PostgresEngine, PostgresTransaction
from orm.sqlite_engine import SqliteEngine, SqliteTransaction

_WAYS = {
    PostgresEngine: ("execute_insert", "execute_many", "execute_query", "execute_query_dict", "fetch_often"),
    PostgresTransaction: ("fetch_often",),
    SqliteEngine: ("execute_insert", "execute_many", "execute_query"),  # the others go through these
    SqliteTransaction: ("execute_many", "execute_query"),
}


@contextmanager
def counting() -> Iterator[list[str]]:
    """Collect the texts of all statements of this process while the block runs."""
    heard: list[str] = []

    def listened(run: Callable[..., Any]) -> Callable[..., Any]:
        async def also_heard(self: object, query: str, *args: Any) -> Any:
            heard.append(query)
            return await run(self, query, *args)

        return also_heard

    with ExitStack() as stack:
        for engine, ways in _WAYS.items():
            for way in ways:
                stack.enter_context(patch.object(engine, way, listened(vars(engine)[way])))
        yield heard
