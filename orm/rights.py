"""The rights of the role that the house runs as, on PostgreSQL: what is written once it may read and add, no more.

The triggers refuse changes to everybody; whoever owns a table can take them down. So the house runs as a role that
owns nothing, and another one, which only ``homeward migrate`` uses, owns the tables (NIST SP 800-53 AU-9).
"""

from __future__ import annotations

import asyncpg

from orm.database_url import DatabaseUrl

_OWNS = """
SELECT EXISTS (
  SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'S') AND pg_has_role($1, c.relowner, 'MEMBER'))
"""

_WRITTEN_ONCE = """
SELECT quote_ident(c.relname) AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND t.tgname = c.relname || '_written_once' ORDER BY c.relname
"""


class RightsError(Exception):
    """The rights of a role cannot be set; the sentence says why."""


async def grant_to(url: str, role: str) -> list[str]:
    """Give a role what the house needs and nothing beyond it; answer the tables that it can only read and add to.

    Raises:
        RightsError: the database has no roles, there is none of this name, or it could take down what protects them.
    """
    place = DatabaseUrl.parse(url)
    if place.path is not None:
        raise RightsError("Only PostgreSQL has roles. Whoever may write to the file of SQLite may change all of it.")
    connection = await asyncpg.connect(**place.settings)
    try:
        async with connection.transaction():
            return await _grant(connection, role)
    finally:
        await connection.close()


async def _grant(connection: asyncpg.Connection, role: str) -> list[str]:
    found = await connection.fetchrow("SELECT quote_ident(rolname) AS name FROM pg_roles WHERE rolname = $1", role)
    if found is None:
        raise RightsError(f"There is no role {role}. Make it first: CREATE ROLE … LOGIN PASSWORD …")
    if await connection.fetchval(_OWNS, role):
        raise RightsError(
            f"The role {role} owns the tables, is a member of the role that does, or may do anything. It could take "
            "the triggers down. Let another role migrate, and name one here that owns nothing."
        )
    name = found["name"]
    schema = await connection.fetchval("SELECT quote_ident(current_schema())")
    written_once = [str(row["name"]) for row in await connection.fetch(_WRITTEN_ONCE)]
    for statement in (
        f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {name}",
        f"REVOKE CREATE ON SCHEMA {schema} FROM {name}",
        f"GRANT USAGE ON SCHEMA {schema} TO {name}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {name}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {name}",
        *(f"REVOKE UPDATE, DELETE ON {schema}.{table} FROM {name}" for table in written_once),
    ):
        await connection.execute(statement)
    return written_once
