"""The calendar of obligations and the registers of the risk-management programme, with their guards (002:54-133)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from orm.guards import Holds, OnlyOne, WrittenOnce
from rules.obligations import ObligationState, PlanKind, SystemChange
from rules.sanctions import SanctionKind
from rules.threat import ThreatLevel

GUARDS = (
    OnlyOne("dated_obligation", ("code", "subject"), "state = 'OPEN' AND subject <> ''"),
    OnlyOne("calendar_feed", ("user_id",), "revoked_at IS NULL"),
    Holds("dated_obligation", "done_obligation_has_evidence", "state <> 'DONE' OR (evidence_id IS NOT NULL AND done_at IS NOT NULL)"),
    Holds("plan", "approved_plan_expires", "approved_at IS NULL OR (approved_by_id IS NOT NULL AND expires_on IS NOT NULL)"),
    Holds("lso_collection", "closed_collection_has_evidence", "closed_at IS NULL OR evidence_id IS NOT NULL"),
    WrittenOnce("system_change"),
    WrittenOnce("threat_notice"),
    WrittenOnce("sanction"),
    WrittenOnce("stage_notice"),
)
NUMBERS_BEGIN_AFTER = {"policy": 0, "obligation": 1000}


async def put_up(_: Any, editor: Any) -> None:
    """Put up every guard for the engine at hand, and the counters of the numbers."""
    dialect = editor.client.capabilities.dialect
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await editor.client.execute_script(statement)
    for name, value in NUMBERS_BEGIN_AFTER.items():
        await editor.client.execute_script(f"INSERT INTO counter (name, value) VALUES ('{name}', {value})")


class Migration(migrations.Migration):
    """Lay the tables of the risk-management programme."""

    dependencies = [("homeward", "0011_audits")]

    operations = [
        ops.CreateModel(
            name='CalendarFeed',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='calendar_feeds', on_delete=OnDelete.RESTRICT)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('made_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('revoked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'calendar_feed', 'app': 'homeward', 'indexes': [Index(fields=['user_id', 'revoked_at'])], 'pk_attr': 'id', 'table_description': 'A private link to the obligations that one person may see; the token is kept only as a hash.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='DatedObligation',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('code', fields.CharField(max_length=12)),
                ('subject', fields.CharField(default='', max_length=40)),
                ('title', fields.CharField(max_length=200)),
                ('opens_on', fields.DateField()),
                ('due_on', fields.DateField()),
                ('state', fields.CharEnumField(default=ObligationState.OPEN, description='ObligationState', enum_type=ObligationState, max_length=8)),
                ('opened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('moved_by', fields.CharField(default='', max_length=40)),
                ('reminded_on', fields.DateField(null=True)),
                ('escalated_on', fields.DateField(null=True)),
                ('done_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('done_by_id', fields.UUIDField(null=True)),
                ('evidence', fields.ForeignKeyField('homeward.Evidence', source_field='evidence_id', null=True, db_constraint=True, to_field='id', related_name='obligations', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'dated_obligation', 'app': 'homeward', 'indexes': [Index(fields=['state', 'due_on']), Index(fields=['code', 'subject', 'due_on'])], 'pk_attr': 'id', 'table_description': 'One obligation with its due date. Its key is made from code, subject and first due date: opened once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LsoCollection',
            fields=[
                ('year', fields.IntField(primary_key=True, generated=False, unique=True, db_index=True)),
                ('opened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('evidence', fields.ForeignKeyField('homeward.Evidence', source_field='evidence_id', null=True, db_constraint=True, to_field='id', related_name='collections', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'lso_collection', 'app': 'homeward', 'pk_attr': 'year', 'table_description': 'The collection from the facility LSOs of one April (002:127-128).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LsoCollectionAnswer',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('collection', fields.ForeignKeyField('homeward.LsoCollection', source_field='collection_id', db_constraint=True, to_field='year', related_name='asked', on_delete=OnDelete.RESTRICT)),
                ('facility', fields.ForeignKeyField('homeward.Facility', source_field='facility_id', db_constraint=True, to_field='code', related_name='collections', on_delete=OnDelete.RESTRICT)),
                ('told_on', fields.DateField(null=True)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_by_id', fields.UUIDField(null=True)),
                ('answers', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('note', fields.CharField(default='', max_length=1000)),
            ],
            options={'table': 'lso_collection_answer', 'app': 'homeward', 'unique_together': (('collection', 'facility'),), 'pk_attr': 'id', 'table_description': 'What one facility was asked and has answered; ``told_on`` is the day its LSO was asked last.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Plan',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('kind', fields.CharEnumField(description='PlanKind', enum_type=PlanKind, max_length=24)),
                ('version', fields.CharField(max_length=20)),
                ('prepared_by', fields.CharField(max_length=100)),
                ('prepared_on', fields.DateField()),
                ('document_sha256', fields.CharField(max_length=64)),
                ('recorded_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('recorded_by_id', fields.UUIDField()),
                ('approved_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('approved_by_id', fields.UUIDField(null=True)),
                ('expires_on', fields.DateField(null=True)),
            ],
            options={'table': 'plan', 'app': 'homeward', 'unique_together': (('kind', 'version'),), 'pk_attr': 'id', 'table_description': 'A version of a continuity or recovery plan, who prepared it, and until when its approval holds (002:93-99).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Regulation',
            fields=[
                ('code', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=20)),
                ('title', fields.CharField(max_length=100)),
                ('effective_on', fields.DateField()),
                ('last_reviewed_on', fields.DateField(null=True)),
                ('active', fields.BooleanField(default=True)),
            ],
            options={'table': 'regulation', 'app': 'homeward', 'pk_attr': 'code', 'table_description': 'An operating regulation that is reviewed (002:83).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RiskSystem',
            fields=[
                ('code', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=20)),
                ('name', fields.CharField(max_length=100)),
                ('registered_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('registered_by_id', fields.UUIDField()),
                ('last_assessed_on', fields.DateField(null=True)),
                ('retired_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'risk_system', 'app': 'homeward', 'pk_attr': 'code', 'table_description': 'An information system whose risks are assessed (002:63-80).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Sanction',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('incident', fields.ForeignKeyField('homeward.Incident', source_field='incident_id', db_constraint=True, to_field='id', related_name='sanctions', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharEnumField(description='SanctionKind', enum_type=SanctionKind, max_length=24)),
                ('decided_on', fields.DateField()),
                ('note', fields.CharField(default='', max_length=1000)),
                ('recorded_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('recorded_by_id', fields.UUIDField()),
            ],
            options={'table': 'sanction', 'app': 'homeward', 'indexes': [Index(fields=['incident_id', 'recorded_at'])], 'pk_attr': 'id', 'table_description': 'What an incident led to for whom it concerned; for few eyes (002:130-131). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='StageNotice',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('subject_id', fields.UUIDField()),
                ('since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('told_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'stage_notice', 'app': 'homeward', 'unique_together': (('subject_id', 'since'),), 'pk_attr': 'id', 'table_description': 'That a request or form has waited too long at one stage was told: once for each stage (SWP-05).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SystemChangeNote',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('system', fields.ForeignKeyField('homeward.RiskSystem', source_field='system_id', db_constraint=True, to_field='code', related_name='changes', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharEnumField(description='SystemChange', enum_type=SystemChange, max_length=24)),
                ('note', fields.CharField(max_length=500)),
                ('recorded_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('recorded_by_id', fields.UUIDField()),
            ],
            options={'table': 'system_change', 'app': 'homeward', 'indexes': [Index(fields=['system_id', 'recorded_at'])], 'pk_attr': 'id', 'table_description': 'A change that makes an assessment due (002:68-76). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ThreatNotice',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('level', fields.CharEnumField(description='ThreatLevel', enum_type=ThreatLevel, max_length=8)),
                ('note', fields.CharField(default='', max_length=300)),
                ('recorded_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('recorded_by_id', fields.UUIDField()),
            ],
            options={'table': 'threat_notice', 'app': 'homeward', 'indexes': [Index(fields=['recorded_at'])], 'pk_attr': 'id', 'table_description': 'A threat level as it was notified (002:39-42). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SweepBegin',
            fields=[
                ('name', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=60)),
                ('after', fields.DateField()),
            ],
            options={'table': 'sweep_begin', 'app': 'homeward', 'pk_attr': 'name', 'table_description': 'The day before a timed duty was first seen: every due date after it is done, however late the first one is.'},
            bases=['Model'],
        ),
        ops.RunPython(put_up),
    ]
