# ruff: noqa: RUF012 (the form that Tortoise reads)
from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_editor import BaseSchemaEditor

SQLITE = """
CREATE TRIGGER entry_is_final BEFORE UPDATE ON entry
BEGIN
    SELECT RAISE(ABORT, 'an entry is final; it does not change');
END;
"""
POSTGRES = """
CREATE FUNCTION entry_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an entry is final; it does not change';
END $$;
CREATE TRIGGER entry_is_final BEFORE UPDATE ON entry FOR EACH ROW EXECUTE FUNCTION entry_is_final();
"""


async def add_trigger(_apps: object, schema_editor: BaseSchemaEditor) -> None:
    is_sqlite = schema_editor.client.capabilities.dialect == "sqlite"
    await schema_editor.client.execute_script(SQLITE if is_sqlite else POSTGRES)


class Migration(migrations.Migration):
    dependencies = [("homeward", "0001_initial")]

    operations = [ops.RunPython(add_trigger)]
