"""Break-glass, the finding aid of the trail, its reading by person and time, and the guards of both tables."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from orm.guards import Holds, WrittenOnce
from rules.break_glass import BreakGlassFinding

NUMBERS_BEGIN_AFTER = 1000

GUARDS = (
    WrittenOnce("audit_trace"),
    Holds("break_glass", "break_glass_ends_after_it_begins", "expires_at > opened_at"),
    Holds(
        "break_glass",
        "break_glass_is_reviewed_by_somebody_else",
        "(finding IS NULL AND reviewed_by_id IS NULL AND reviewed_at IS NULL) "
        "OR (finding IS NOT NULL AND reviewed_at IS NOT NULL AND reviewed_by_id IS NOT NULL "
        "AND reviewed_by_id <> opened_by_id)",
    ),
)


async def put_up(_: Any, editor: Any) -> None:
    """Put up every guard for the engine at hand, and begin the numbers."""
    dialect = editor.client.capabilities.dialect
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await editor.client.execute_script(statement)
    await editor.client.execute_script(
        f"INSERT INTO counter (name, value) VALUES ('break_glass', {NUMBERS_BEGIN_AFTER})"
    )


class Migration(migrations.Migration):
    """Lay the tables of break-glass and of the finding aid."""

    dependencies = [("homeward", "0013_saved_views")]

    operations = [
        ops.CreateModel(
            name="AuditTrace",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("seal_number", fields.BigIntField()),
                ("subject_id", fields.UUIDField()),
                ("entries", fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "audit_trace",
                "app": "homeward",
                "unique_together": (("subject_id", "seal_number"),),
                "pk_attr": "id",
                "table_description": "The entries under one seal that name one record: a finding aid, made from what was sealed. Written once.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="BreakGlass",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("number", fields.IntField(unique=True)),
                (
                    "referral",
                    fields.ForeignKeyField(
                        "homeward.Referral",
                        source_field="referral_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="break_glasses",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "opened_by",
                    fields.ForeignKeyField(
                        "homeward.User",
                        source_field="opened_by_id",
                        db_constraint=True,
                        to_field="id",
                        related_name="break_glasses",
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("reason", fields.CharField(max_length=1000)),
                ("opened_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("ended_by_id", fields.UUIDField(null=True)),
                (
                    "finding",
                    fields.CharEnumField(
                        null=True, description="BreakGlassFinding", enum_type=BreakGlassFinding, max_length=16
                    ),
                ),
                ("reviewed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reviewed_by_id", fields.UUIDField(null=True)),
                ("review_note", fields.CharField(default="", max_length=1000)),
            ],
            options={
                "table": "break_glass",
                "app": "homeward",
                "indexes": [
                    Index(fields=["opened_by_id", "referral_id"]),
                    Index(fields=["referral_id", "opened_at"]),
                ],
                "pk_attr": "id",
                "table_description": "One referral opened to one person by break-glass, with the review that somebody else closes.",
            },
            bases=["Model"],
        ),
        ops.AddIndex(model_name="AuditEntry", index=Index(fields=["actor_id", "at", "id"])),
        ops.RunPython(put_up),
    ]
