"""A person's own views of the lists, each under a name of its own."""

from __future__ import annotations

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    """Lay the table of saved views."""

    dependencies = [("homeward", "0012_risk_calendar")]

    operations = [
        ops.CreateModel(
            name='SavedView',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='saved_views', on_delete=OnDelete.RESTRICT)),
                ('register', fields.CharField(max_length=80)),
                ('name', fields.CharField(max_length=60)),
                ('query', fields.CharField(default='', max_length=500)),
                ('saved_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'saved_view', 'app': 'homeward', 'unique_together': (('user', 'register', 'name'),), 'pk_attr': 'id', 'table_description': 'What a person asked of a list, under a name: filters and order as they stand in an address, no more.'},
            bases=['Model'],
        ),
    ]
