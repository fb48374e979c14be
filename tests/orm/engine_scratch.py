"""What the tests of the connection classes know about the engine under test (``HOMEWARD_TEST_ENGINE``)."""

import os

from tortoise.connection import get_connection

ENGINE = os.environ.get("HOMEWARD_TEST_ENGINE", "sqlite")
POOL = 5
READERS = 2


async def whatever_is_held() -> list[str]:
    """Name what is still locked, open or lent out. Nothing must be, when no task is at work."""
    engine = get_connection("default")
    held = []
    if ENGINE == "sqlite":
        if engine._lock.locked():
            held.append("the writer's lock")
        if engine._connection is not None and engine._connection.in_transaction:
            held.append("a transaction")
        if engine.readers.idle != engine.readers.opened:
            held.append("a reader")
    else:
        if engine.pool.get_idle_size() != engine.pool.get_size():
            held.append("a connection of the pool")
        mine = "datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'"
        if await engine.execute_query_dict(f"SELECT 1 FROM pg_stat_activity WHERE {mine}"):
            held.append("a transaction or a statement on the server")
    return held


async def connections_too_many() -> int:
    """Count the connections to the server that do not belong to the pool."""
    if ENGINE == "sqlite":
        return 0
    engine = get_connection("default")
    sql = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()"
    return int((await engine.execute_query_dict(sql))[0]["n"]) - int(engine.pool.get_size())
