"""Sheets of the trail: many entries of one moment on one row, until each stands in the trail by itself.

A sheet is never changed, and goes only when as many entries of its act and moment as it holds have come after it, among
them one of each delivery on it: of that line to that person in that session.
"""

from __future__ import annotations

from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

_AFTER_IT = "FROM audit_entry e WHERE e.act = OLD.act AND e.id > OLD.after_entry AND e.at = OLD.at"
_LACKS_SOME = f"(SELECT COUNT(*) {_AFTER_IT}) < OLD.size"
_LACKS = {
    "sqlite": f"""({_LACKS_SOME} OR EXISTS (
         SELECT json_extract(t.value, '$[1]'), json_extract(t.value, '$[2]'), json_extract(t.value, '$[3]'),
         json_extract(t.value, '$[4]'), json_extract(t.value, '$[5]')
         FROM json_each(OLD.content, '$.told') t
         EXCEPT SELECT json_extract(e.subjects, '$.notification[0]'), e.actor, e.actor_id, e.request_id, e.session_id
         {_AFTER_IT}))""",
    "postgres": f"""({_LACKS_SOME} OR EXISTS (
         SELECT t ->> 1, t ->> 2, t ->> 3, t ->> 4, t ->> 5
         FROM jsonb_array_elements(CAST(OLD.content AS jsonb) -> 'told') t
         EXCEPT SELECT e.subjects #>> '{{notification,0}}', e.actor, CAST(e.actor_id AS TEXT), e.request_id,
         CAST(e.session_id AS TEXT) {_AFTER_IT}))""",
}
_SQLITE = (
    """CREATE TRIGGER "audit_sheet_kept_update" BEFORE UPDATE ON "audit_sheet"
       BEGIN SELECT RAISE(ABORT, 'audit_sheet is written once'); END""",
    f"""CREATE TRIGGER "audit_sheet_kept_delete" BEFORE DELETE ON "audit_sheet" WHEN {_LACKS["sqlite"]}
       BEGIN SELECT RAISE(ABORT, 'audit_sheet is not in the trail yet'); END""",
)
_POSTGRES = (
    f"""CREATE FUNCTION "audit_sheet_kept"() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
         IF TG_OP = 'DELETE' THEN
           IF NOT {_LACKS["postgres"]} THEN
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
