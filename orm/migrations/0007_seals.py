"""The seals over the permanent record, and the triggers that keep them as they were written (AUD-03)."""

from __future__ import annotations

from typing import Any

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

from orm.guards import WrittenOnce

GUARDS = (WrittenOnce("seal"), WrittenOnce("sealed_entry"))


async def put_up(_: Any, editor: Any) -> None:
    """Put up every guard for the engine at hand."""
    dialect = editor.client.capabilities.dialect
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Lay the tables of the seals."""

    dependencies = [("homeward", "0006_role_catalogue")]

    operations = [
        ops.CreateModel(
            name="Seal",
            fields=[
                ("number", fields.BigIntField(primary_key=True, generated=False)),
                ("at", fields.DatetimeField()),
                ("count", fields.IntField()),
                ("first_entry", fields.BigIntField()),
                ("last_entry", fields.BigIntField()),
                ("root", fields.CharField(64)),
                ("previous", fields.CharField(64)),
                ("key_id", fields.CharField(40)),
                ("signature", fields.CharField(128)),
            ],
            options={
                "table": "seal",
                "app": "homeward",
                "pk_attr": "number",
                "table_description": "One signed Merkle root over the entries that had none, linked to the seal before it. Written once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SealedEntry",
            fields=[
                ("entry_id", fields.BigIntField(primary_key=True, generated=False)),
                (
                    "seal",
                    fields.ForeignKeyField(
                        "homeward.Seal",
                        source_field="seal_id",
                        db_constraint=True,
                        to_field="number",
                        related_name="entries",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("place", fields.IntField()),
                ("leaf", fields.CharField(64)),
            ],
            options={
                "table": "sealed_entry",
                "app": "homeward",
                "unique_together": (("seal", "place"),),
                "pk_attr": "entry_id",
                "table_description": "The place of one entry under its seal, with a copy of its leaf: an entry that was changed or erased is missed.",
            },
            bases=["Model"],
        ),
        ops.RunPython(put_up),
    ]
