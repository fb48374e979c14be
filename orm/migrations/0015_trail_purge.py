"""Let entries of the trail be dropped when their six years are over, and not a day before (45 CFR 164.316(b)(2)(i)).

Only their content goes: each keeps its place and its leaf under its seal. The age is that of the database's own clock.
On PostgreSQL the role of the house cannot delete; it asks a function of the owner, which drops what is old and sealed.
"""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

_SQLITE = (
    'DROP TRIGGER "audit_entry_written_once_delete"',
    """CREATE TRIGGER "audit_entry_written_once_delete" BEFORE DELETE ON "audit_entry"
       WHEN OLD.at >= strftime('%Y-%m-%d %H:%M:%S', 'now', '-6 years')
         OR NOT EXISTS (SELECT 1 FROM sealed_entry s WHERE s.entry_id = OLD.id)
       BEGIN SELECT RAISE(ABORT, 'audit_entry is written once'); END""",
)

_POSTGRES = (
    """CREATE OR REPLACE FUNCTION "audit_entry_written_once"() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
         IF TG_OP = 'DELETE' THEN
           IF OLD.at < now() - interval '6 years'
             AND EXISTS (SELECT 1 FROM sealed_entry s WHERE s.entry_id = OLD.id) THEN
             RETURN OLD;
           END IF;
         END IF;
         RAISE EXCEPTION 'audit_entry is written once' USING ERRCODE = 'integrity_constraint_violation';
       END $body$""",
    """CREATE FUNCTION "purge_audit_entries"(before timestamptz, most integer) RETURNS bigint
       LANGUAGE plpgsql SECURITY DEFINER AS $body$
       DECLARE dropped bigint;
       BEGIN
         WITH old AS (
           SELECT e.id FROM (SELECT id, at FROM audit_entry ORDER BY id LIMIT most) e
           JOIN sealed_entry s ON s.entry_id = e.id JOIN seal ON seal.number = s.seal_id
           WHERE e.at < least(before, now() - interval '6 years') AND seal.at < before)
         DELETE FROM audit_entry WHERE id IN (SELECT id FROM old);
         GET DIAGNOSTICS dropped = ROW_COUNT;
         RETURN dropped;
       END $body$""",
)


async def allow(_: Any, editor: Any) -> None:
    """Open the door for what is old, for the engine at hand."""
    dialect = editor.client.capabilities.dialect
    for statement in _SQLITE if dialect == "sqlite" else _POSTGRES:
        await editor.client.execute_script(statement)
    if dialect == "postgres":
        schema = (await editor.client.execute_query_dict("SELECT quote_ident(current_schema()) AS name"))[0]["name"]
        # A function that acts as its owner names its tables by itself: a caller's search path must not.
        await editor.client.execute_script(
            f'ALTER FUNCTION "purge_audit_entries"(timestamptz, integer) SET search_path = {schema}, pg_temp'
        )


class Migration(migrations.Migration):
    """Let old entries be dropped."""

    dependencies = [("homeward", "0014_break_glass")]

    operations = [ops.RunPython(allow)]
