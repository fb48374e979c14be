"""Sheets of the trail: many entries of one moment on one row, until each stands in the trail by itself.

A sheet is never changed, and goes only when as many entries of its act and moment as it holds have come after it.
"""

from __future__ import annotations

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

_LACKS = (
    "(SELECT COUNT(*) FROM audit_entry e WHERE e.act = OLD.act AND e.id > OLD.after_entry AND e.at = OLD.at) < OLD.size"
)
_SQLITE = (
    """CREATE TRIGGER "audit_sheet_kept_update" BEFORE UPDATE ON "audit_sheet"
       BEGIN SELECT RAISE(ABORT, 'audit_sheet is written once'); END""",
    f"""CREATE TRIGGER "audit_sheet_kept_delete" BEFORE DELETE ON "audit_sheet" WHEN {_LACKS}
       BEGIN SELECT RAISE(ABORT, 'audit_sheet is not in the trail yet'); END""",
)
_POSTGRES = (
    f"""CREATE FUNCTION "audit_sheet_kept"() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
         IF TG_OP = 'DELETE' THEN
           IF NOT ({_LACKS}) THEN
             RETURN OLD;
           END IF;
         END IF;
         RAISE EXCEPTION 'audit_sheet is written once, and not in the trail yet'
           USING ERRCODE = 'integrity_constraint_violation';
       END $body$""",
    'CREATE TRIGGER "audit_sheet_kept" BEFORE UPDATE OR DELETE ON "audit_sheet" '
    'FOR EACH ROW EXECUTE FUNCTION "audit_sheet_kept"()',
    'CREATE TRIGGER "audit_sheet_kept_truncate" BEFORE TRUNCATE ON "audit_sheet" '
    'FOR EACH STATEMENT EXECUTE FUNCTION "audit_sheet_kept"()',
    # It stays for a moment: to press it together would take longer than to write it.
    'ALTER TABLE "audit_sheet" ALTER COLUMN "content" SET STORAGE EXTERNAL',
)


async def put_up(_: Any, editor: Any) -> None:
    """Let nobody change a sheet, or take it away before its time."""
    dialect = editor.client.capabilities.dialect
    for statement in _SQLITE if dialect == "sqlite" else _POSTGRES:
        await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Lay the table of the sheets."""

    dependencies = [("homeward", "0023_person_marks")]

    operations = [
        ops.CreateModel(
            name="AuditSheet",
            fields=[
                (
                    "id",
                    fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True),
                ),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("act", fields.CharField(max_length=60)),
                ("policy_version", fields.CharField(default="", max_length=40)),
                ("size", fields.IntField()),
                ("after_entry", fields.BigIntField()),
                ("content", fields.TextField(unique=False)),
            ],
            options={
                "table": "audit_sheet",
                "app": "homeward",
                "pk_attr": "id",
                "table_description": "Entries of one act at one moment that are committed and not yet rows of the trail each. Never changed.",
            },
            bases=["Model"],
        ),
        ops.RunPython(put_up),
    ]
