# ruff: noqa: RUF012 (the form that Tortoise reads)
from uuid import uuid4

from engine_models import Colour
from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Counter",
            fields=[
                ("id", fields.IntField(primary_key=True, generated=False)),
                ("value", fields.IntField(default=0)),
            ],
            options={"table": "scratch_counter", "app": "homeward", "pk_attr": "id"},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Entry",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4)),
                ("batch", fields.IntField()),
                ("line", fields.IntField()),
            ],
            options={
                "table": "entry",
                "app": "homeward",
                "unique_together": (("batch", "line"),),
                "pk_attr": "id",
                "table_description": "A comment; with a semicolon",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Sample",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4)),
                ("at", fields.DatetimeField()),
                ("day", fields.DateField()),
                ("is_open", fields.BooleanField()),
                ("colour", fields.CharEnumField(enum_type=Colour, max_length=8)),
                ("document", fields.JSONField()),
            ],
            options={"table": "sample", "app": "homeward", "pk_attr": "id"},
            bases=["Model"],
        ),
    ]
