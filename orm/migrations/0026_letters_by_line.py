"""A letter is found by the key that it shares with its line, and needs no text for that.

To write such a text for each of 1,200 letters, and to keep an index of them, took 6 of 45 ms. Only what names itself,
to be promised once, keeps its name. Before a line and its letter shared a key, the letter was found by the text alone:
such a line remembers now which letter is its own, and both keep the keys that stand in the trail and in Message-IDs.
"""

from __future__ import annotations

from typing import Any

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from orm.guards import OnlyOne
from orm.migration_steps import Noted, Restated

GUARDS = (OnlyOne("outbox", ("key",), "key IS NOT NULL"),)

_REMEMBER = (
    "UPDATE notification SET older_letter_id = o.id FROM outbox o WHERE o.id <> notification.id "
    "AND o.key = CAST(notification.mailbox_id AS TEXT) || ':' || CAST(notification.line AS TEXT)"
)
# What is named after its line: the line's mailbox and its place there.
_OF_A_LINE = "key LIKE '________-____-____-____-____________:%'"
_POSTGRES = (
    'ALTER TABLE "outbox" DROP CONSTRAINT "outbox_key_key"',
    # Both at once, since the table is written anew for it.
    'ALTER TABLE "outbox" ALTER COLUMN key DROP NOT NULL, '
    f"ALTER COLUMN key TYPE VARCHAR(160) USING CASE WHEN {_OF_A_LINE} THEN NULL ELSE key END",
)


async def put_up(_: Any, editor: Any) -> None:
    """Remember which letter is whose, and let go of the texts."""
    dialect, run = editor.client.capabilities.dialect, editor.client.execute_script
    column = "CHAR(36)" if dialect == "sqlite" else "UUID"
    await run(f'ALTER TABLE "notification" ADD COLUMN "older_letter_id" {column}')
    await run(_REMEMBER)
    if dialect == "postgres":
        for statement in _POSTGRES:
            await run(statement)
    else:
        await _write_anew(editor.client)
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await run(statement)


async def _write_anew(client: Any) -> None:
    """Give SQLite's table a column that may be empty; its indexes and triggers go with the old one and are put back."""
    of_it = "FROM sqlite_master WHERE tbl_name = 'outbox' AND sql IS NOT NULL"
    [table] = await client.execute_query_dict(f"SELECT sql {of_it} AND type = 'table'")
    others = await client.execute_query_dict(f"SELECT sql {of_it} AND type <> 'table'")
    anew = table["sql"].replace('"outbox"', '"outbox_anew"', 1)
    for statement in (
        anew.replace('"key" VARCHAR(160) NOT NULL UNIQUE', '"key" VARCHAR(160)'),
        'INSERT INTO "outbox_anew" SELECT * FROM "outbox"',
        'DROP TABLE "outbox"',
        'ALTER TABLE "outbox_anew" RENAME TO "outbox"',
        f'UPDATE "outbox" SET key = NULL WHERE {_OF_A_LINE}',
        *(other["sql"] for other in others),
    ):
        await client.execute_script(statement)


class Migration(migrations.Migration):
    """Find letters by their lines."""

    dependencies = [("homeward", "0025_trail_sheets")]

    operations = [
        Noted(model_name="Notification", name="older_letter_id", field=fields.UUIDField(null=True)),
        Restated(model_name="Letter", name="key", field=fields.CharField(null=True, max_length=160)),
        ops.AlterModelOptions(
            name="Letter",
            options={
                "table": "outbox",
                "app": "homeward",
                "indexes": [
                    Index(fields=["referral_id"]),
                    Index(fields=["created_at", "id"]),
                    Index(fields=["contact_id", "created_at"]),
                ],
                "pk_attr": "id",
                "table_description": "An e-mail that was promised in the transaction of the change itself, "
                "under the key of the line it came with.",
            },
        ),
        ops.RunPython(put_up),
    ]
