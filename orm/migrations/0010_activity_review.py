"""System activity reviews: what was drawn, judged and found, and the guards that leave it as it was (SAR; 002:214-265)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from orm.guards import Closed, Guard, Holds, OnlyOne, WrittenOnce
from rules.activity_reviews import AccessVerdict, FindingKind, NeedAnswer, Remedy, ReviewState, Severity

GUARDS: tuple[Guard, ...] = (
    Closed("activity_review", "completed_at"),
    WrittenOnce("activity_review_list"),
    WrittenOnce("activity_review_row"),
    WrittenOnce("access_judgement"),
    WrittenOnce("procedure_note"),
    OnlyOne("supervisor_question", ("member_id",), "answered_at IS NULL AND withdrawn_at IS NULL"),
    Holds(
        "activity_review",
        "review_is_completed_with_its_report",
        "(state = 'OPEN' AND completed_at IS NULL AND evidence_id IS NULL) OR "
        "(state = 'COMPLETED' AND completed_at IS NOT NULL AND evidence_id IS NOT NULL)",
    ),
    Holds(
        "supervisor_question",
        "supervisor_answers_signed",
        "(answered_at IS NULL AND answer IS NULL AND signature_id IS NULL) OR "
        "(answered_at IS NOT NULL AND answer IS NOT NULL AND signature_id IS NOT NULL)",
    ),
)
NUMBERS = ("activity_review", "review_finding")
NUMBERS_BEGIN_AFTER = 1000


async def put_up(_: Any, editor: Any) -> None:
    """Put up every guard for the engine at hand, and the counters of the numbers."""
    dialect = editor.client.capabilities.dialect
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await editor.client.execute_script(statement)
    for name in NUMBERS:
        await editor.client.execute_script(
            f"INSERT INTO counter (name, value) VALUES ('{name}', {NUMBERS_BEGIN_AFTER})"
        )


class Migration(migrations.Migration):
    """Lay the tables of the system activity reviews."""

    dependencies = [("homeward", "0009_evidence")]

    operations = [
        ops.CreateModel(
            name='ActivityReview',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('quarter', fields.CharField(unique=True, max_length=7)),
                ('state', fields.CharEnumField(default=ReviewState.OPEN, description='ReviewState', enum_type=ReviewState, max_length=12)),
                ('opened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_on', fields.DateField()),
                ('window_from', fields.DateField()),
                ('window_to', fields.DateField()),
                ('policy_version', fields.CharField(max_length=40)),
                ('sample_size', fields.IntField()),
                ('list_size', fields.IntField()),
                ('list_hash', fields.CharField(max_length=64)),
                ('seed', fields.CharField(max_length=80)),
                ('numbers', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('overdue_told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('completed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('completed_by_id', fields.UUIDField(null=True)),
                ('evidence_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'activity_review', 'app': 'homeward', 'pk_attr': 'id', 'table_description': 'The review of one quarter, with everything that is needed to draw again; unchanged once it is completed.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ActivityReviewList',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('review', fields.OneToOneField('homeward.ActivityReview', source_field='review_id', db_constraint=True, to_field='id', related_name='drawn_from', on_delete=OnDelete.RESTRICT)),
                ('lines', fields.TextField(unique=False)),
            ],
            options={'table': 'activity_review_list', 'app': 'homeward', 'pk_attr': 'id', 'table_description': 'The numbered list that a review was drawn from, a line for each user ID. Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ActivityReviewMember',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('review', fields.ForeignKeyField('homeward.ActivityReview', source_field='review_id', db_constraint=True, to_field='id', related_name='members', on_delete=OnDelete.RESTRICT)),
                ('place', fields.IntField()),
                ('list_number', fields.IntField()),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='activity_reviews', on_delete=OnDelete.RESTRICT)),
                ('drawn_user_id', fields.CharField(max_length=64)),
                ('organization', fields.CharField(max_length=120)),
                ('was_cso', fields.BooleanField()),
                ('account', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('labelled_to', fields.BigIntField(default=0)),
                ('labelled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('log_rows', fields.IntField(default=0)),
                ('log_hash', fields.CharField(default='', max_length=64)),
                ('unheard_reason', fields.CharField(default='', max_length=500)),
                ('unheard_by_id', fields.UUIDField(null=True)),
                ('unheard_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'activity_review_member', 'app': 'homeward', 'unique_together': (('review', 'place'), ('review', 'user')), 'pk_attr': 'id', 'table_description': 'A user ID that was drawn: the account and its roles at that moment, and how far its log is labelled.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AccessJudgement',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('member', fields.ForeignKeyField('homeward.ActivityReviewMember', source_field='member_id', db_constraint=True, to_field='id', related_name='judgements', on_delete=OnDelete.RESTRICT)),
                ('entry_id', fields.BigIntField()),
                ('revision', fields.IntField()),
                ('verdict', fields.CharEnumField(description='AccessVerdict', enum_type=AccessVerdict, max_length=12)),
                ('note', fields.CharField(max_length=500)),
                ('by_id', fields.UUIDField()),
                ('by', fields.CharField(max_length=80)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'access_judgement', 'app': 'homeward', 'unique_together': (('member', 'entry_id', 'revision'),), 'pk_attr': 'id', 'table_description': 'What a reviewer found of one row; a later one stands beside it. Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ActivityReviewRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('member', fields.ForeignKeyField('homeward.ActivityReviewMember', source_field='member_id', db_constraint=True, to_field='id', related_name='rows', on_delete=OnDelete.RESTRICT)),
                ('entry_id', fields.BigIntField()),
                ('ground', fields.CharField(max_length=24)),
                ('explained', fields.BooleanField()),
            ],
            options={'table': 'activity_review_row', 'app': 'homeward', 'unique_together': (('member', 'entry_id'),), 'indexes': [Index(fields=['member_id', 'explained', 'entry_id'])], 'pk_attr': 'id', 'table_description': 'A row of the log in the window of a review, with the label it got. Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ProcedureNote',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('review', fields.ForeignKeyField('homeward.ActivityReview', source_field='review_id', null=True, db_constraint=True, to_field='id', related_name='notes', on_delete=OnDelete.RESTRICT)),
                ('text', fields.CharField(max_length=1000)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('by_id', fields.UUIDField()),
                ('by', fields.CharField(max_length=80)),
            ],
            options={'table': 'procedure_note', 'app': 'homeward', 'indexes': [Index(fields=['at'])], 'pk_attr': 'id', 'table_description': 'What the findings of the reviews say about a procedure (002:257-259). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ReviewFinding',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('member', fields.ForeignKeyField('homeward.ActivityReviewMember', source_field='member_id', db_constraint=True, to_field='id', related_name='findings', on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharEnumField(description='FindingKind', enum_type=FindingKind, max_length=24)),
                ('severity', fields.CharEnumField(description='Severity', enum_type=Severity, max_length=8)),
                ('remedy', fields.CharEnumField(description='Remedy', enum_type=Remedy, max_length=8)),
                ('role', fields.CharField(default='', max_length=40)),
                ('text', fields.CharField(max_length=500)),
                ('form', fields.ForeignKeyField('homeward.AccessForm', source_field='form_id', null=True, db_constraint=True, to_field='id', related_name='findings', on_delete=OnDelete.RESTRICT)),
                ('due_on', fields.DateField(null=True)),
                ('opened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('opened_by_id', fields.UUIDField()),
                ('overdue_told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_by_id', fields.UUIDField(null=True)),
                ('closed_note', fields.CharField(default='', max_length=500)),
            ],
            options={'table': 'review_finding', 'app': 'homeward', 'indexes': [Index(fields=['member_id', 'number']), Index(fields=['closed_at', 'due_on']), Index(fields=['form_id'])], 'pk_attr': 'id', 'table_description': 'A discrepancy, the access form that carries it out, and by when (002:252-254).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SupervisorQuestion',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('member', fields.ForeignKeyField('homeward.ActivityReviewMember', source_field='member_id', db_constraint=True, to_field='id', related_name='questions', on_delete=OnDelete.RESTRICT)),
                ('supervisor', fields.ForeignKeyField('homeward.User', source_field='supervisor_id', db_constraint=True, to_field='id', related_name='supervisor_questions', on_delete=OnDelete.RESTRICT)),
                ('content_hash', fields.CharField(max_length=64)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('asked_by_id', fields.UUIDField()),
                ('withdrawn_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answer', fields.CharEnumField(null=True, description='NeedAnswer', enum_type=NeedAnswer, max_length=16)),
                ('note', fields.CharField(default='', max_length=500)),
                ('signature_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'supervisor_question', 'app': 'homeward', 'indexes': [Index(fields=['supervisor_id', 'answered_at']), Index(fields=['member_id', 'asked_at'])], 'pk_attr': 'id', 'table_description': "Whether a person's access is needed, as asked of the supervisor, who answers signed (002:248-249)."},
            bases=['Model'],
        ),
        ops.RunPython(put_up),
    ]
