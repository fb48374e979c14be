"""The evidence store: kept reports, and the triggers that leave them as they were made (RSK-24)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from orm.guards import WrittenOnce
from rules.reports import Procedure

GUARDS = (WrittenOnce("evidence"),)
NUMBERS_BEGIN_AFTER = 1000


async def put_up(_: Any, editor: Any) -> None:
    """Put up every guard for the engine at hand, and the counter of the numbers."""
    dialect = editor.client.capabilities.dialect
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await editor.client.execute_script(statement)
    await editor.client.execute_script(f"INSERT INTO counter (name, value) VALUES ('evidence', {NUMBERS_BEGIN_AFTER})")


class Migration(migrations.Migration):
    """Lay the table of the evidence."""

    dependencies = [("homeward", "0008_addresses")]

    operations = [
        ops.CreateModel(
            name='Evidence',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('procedure', fields.CharEnumField(description='Procedure', enum_type=Procedure, max_length=24)),
                ('title', fields.CharField(max_length=200)),
                ('period_from', fields.DateField()),
                ('period_to', fields.DateField()),
                ('cites', fields.CharField(max_length=80)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('made_by_id', fields.UUIDField(null=True)),
                ('made_by', fields.CharField(max_length=80)),
                ('about_kind', fields.CharField(default='', max_length=40)),
                ('about_id', fields.UUIDField(null=True)),
                ('policy_version', fields.CharField(default='', max_length=40)),
                ('sources', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('content', fields.TextField(unique=False)),
                ('content_hash', fields.CharField(max_length=64)),
                ('html', fields.BinaryField()),
                ('html_hash', fields.CharField(max_length=64)),
                ('pdf', fields.BinaryField()),
                ('pdf_hash', fields.CharField(max_length=64)),
            ],
            options={'table': 'evidence', 'app': 'homeward', 'indexes': [Index(fields=['procedure', 'number']), Index(fields=['about_id'])], 'pk_attr': 'id', 'table_description': 'One kept report with its prints. Written once.'},
            bases=['Model'],
        ),
        ops.RunPython(put_up),
    ]
