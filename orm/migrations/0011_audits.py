"""Account audits, employee reviews, imported lists and reports to SSA, with what leaves them as they were made."""

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
from rules.employee_review import Employment, ReviewState
from rules.provider_audit import AuditAnswer, AuditOutcome, AuditState, AuditVerdict
from rules.ssa import ContractStanding, DeliveryStep, RecipientPurpose, SsaState
from rules.user_lists import ListFinding

GUARDS = (
    WrittenOnce("user_list"),
    WrittenOnce("user_list_row"),
    WrittenOnce("mainframe_review"),
    WrittenOnce("ssa_provider"),
    WrittenOnce("ssa_person"),
    WrittenOnce("ssa_check"),
    WrittenOnce("ssa_correction"),
    WrittenOnce("ssa_delivery"),
    Holds(
        "provider_audit_line",
        "audit_line_settled_when_decided",
        "(outcome = 'WAITING' AND settled_at IS NULL) OR (outcome <> 'WAITING' AND settled_at IS NOT NULL)",
    ),
    Holds(
        "ssa_report",
        "ssa_report_approved_with_evidence",
        "state IN ('BEING_TAKEN', 'OPEN') OR evidence_number IS NOT NULL",
    ),
)
COUNTERS = ("provider_audit", "employee_review", "user_list", "ssa_report")
NUMBERS_BEGIN_AFTER = 1000
HR_CONTACT = (
    "INSERT INTO catalogue_role (code, name, description, available_to, under, training, limits, includes, optional, "
    "administrative, is_duty, inactivity_exempt, active_from, source) VALUES ('HR_CONTACT', 'Human Resources Contact', "
    "'Verifies the employment of the own facility''s people whose user IDs are not used.', '[\"FACILITY\",\"OFFICE\"]', "
    "'REGIONAL_OFFICE', '', '', '[]', FALSE, TRUE, FALSE, FALSE, '2000-01-01', '002:294-296')"
)


async def put_up(_: Any, editor: Any) -> None:
    """Put up every guard for the engine at hand, the counters of the numbers, and the role of who verifies."""
    dialect = editor.client.capabilities.dialect
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await editor.client.execute_script(statement)
    for name in COUNTERS:
        await editor.client.execute_script(
            f"INSERT INTO counter (name, value) VALUES ('{name}', {NUMBERS_BEGIN_AFTER})"
        )
    await editor.client.execute_script(HR_CONTACT)


class Migration(migrations.Migration):
    """Lay the tables of audits, reviews and reports."""

    dependencies = [("homeward", "0010_activity_review")]

    operations = [
        ops.CreateModel(
            name='EmployeeReview',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('quarter_from', fields.DateField(unique=True)),
                ('quarter_to', fields.DateField()),
                ('state', fields.CharEnumField(default=ReviewState.OPEN, description='ReviewState', enum_type=ReviewState, max_length=10)),
                ('sent', fields.BooleanField()),
                ('opened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('accounts', fields.IntField()),
                ('policy_version', fields.CharField(default='', max_length=40)),
                ('completed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('evidence_number', fields.IntField(null=True)),
            ],
            options={'table': 'employee_review', 'app': 'homeward', 'pk_attr': 'id', 'table_description': 'The review of one quarter, by its first day. ``sent`` says whether Human Resources are asked (POL-05).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='EmployeeReviewLine',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('review', fields.ForeignKeyField('homeward.EmployeeReview', source_field='review_id', db_constraint=True, to_field='id', related_name='lines', on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='review_lines', on_delete=OnDelete.RESTRICT)),
                ('facility', fields.ForeignKeyField('homeward.Facility', source_field='facility_id', null=True, db_constraint=True, to_field='code', related_name='review_lines', on_delete=OnDelete.RESTRICT)),
                ('last_used_on', fields.DateField()),
                ('ever_used', fields.BooleanField()),
                ('days_unused', fields.IntField()),
                ('answer', fields.CharEnumField(null=True, description='Employment', enum_type=Employment, max_length=10)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_by_id', fields.UUIDField(null=True)),
                ('ticket_numbers', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'employee_review_line', 'app': 'homeward', 'unique_together': (('review', 'user'),), 'indexes': [Index(fields=['review_id', 'facility_id'])], 'pk_attr': 'id', 'table_description': 'One employee ID that was not used and is still enabled, and what was answered about its owner.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='MainframeDeletion',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('system', fields.ForeignKeyField('homeward.OutsideSystem', source_field='system_id', db_constraint=True, to_field='code', related_name='deletions', on_delete=OnDelete.RESTRICT)),
                ('quarter_from', fields.DateField()),
                ('user_id', fields.CharField(max_length=64)),
                ('last_used_on', fields.DateField()),
                ('ticket_number', fields.IntField(null=True)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('done_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('done_by_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'mainframe_deletion', 'app': 'homeward', 'unique_together': (('system', 'user_id', 'quarter_from'),), 'indexes': [Index(fields=['done_at', 'system_id'])], 'pk_attr': 'id', 'table_description': 'A mainframe ID that account management is asked to delete: the ticket of an account, or of an ID without one.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='MainframeReview',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('system', fields.ForeignKeyField('homeward.OutsideSystem', source_field='system_id', db_constraint=True, to_field='code', related_name='mainframe_reviews', on_delete=OnDelete.RESTRICT)),
                ('quarter_from', fields.DateField()),
                ('lists', fields.IntField()),
                ('listed', fields.IntField()),
                ('done_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('evidence_number', fields.IntField()),
            ],
            options={'table': 'mainframe_review', 'app': 'homeward', 'unique_together': (('system', 'quarter_from'),), 'pk_attr': 'id', 'table_description': 'The audit of the IDs of one mainframe system in one quarter, and its report (002:108-110). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ProviderAudit',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('period_from', fields.DateField(unique=True)),
                ('state', fields.CharEnumField(default=AuditState.OPEN, description='AuditState', enum_type=AuditState, max_length=10)),
                ('opened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('window_ends_on', fields.DateField()),
                ('accounts', fields.IntField()),
                ('policy_version', fields.CharField(default='', max_length=40)),
                ('completed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('evidence_number', fields.IntField(null=True)),
            ],
            options={'table': 'provider_audit', 'app': 'homeward', 'pk_attr': 'id', 'table_description': 'One audit of the accounts of the provider domain, by the due date of its period.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AuditedProvider',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('audit', fields.ForeignKeyField('homeward.ProviderAudit', source_field='audit_id', db_constraint=True, to_field='id', related_name='providers', on_delete=OnDelete.RESTRICT)),
                ('provider', fields.ForeignKeyField('homeward.Provider', source_field='provider_id', db_constraint=True, to_field='id', related_name='audits', on_delete=OnDelete.RESTRICT)),
                ('told_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('told', fields.IntField()),
                ('disabled_told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'audited_provider', 'app': 'homeward', 'unique_together': (('audit', 'provider'),), 'pk_attr': 'id', 'table_description': 'That the officers of a provider were told of the list, and later of what was disabled: once each.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ProviderAuditLine',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('audit', fields.ForeignKeyField('homeward.ProviderAudit', source_field='audit_id', db_constraint=True, to_field='id', related_name='lines', on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='audit_lines', on_delete=OnDelete.RESTRICT)),
                ('provider', fields.ForeignKeyField('homeward.Provider', source_field='provider_id', null=True, db_constraint=True, to_field='id', related_name='audit_lines', on_delete=OnDelete.RESTRICT)),
                ('last_used_on', fields.DateField()),
                ('ever_used', fields.BooleanField()),
                ('verdict', fields.CharEnumField(description='AuditVerdict', enum_type=AuditVerdict, max_length=8)),
                ('why', fields.CharField(max_length=200)),
                ('listed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('answer', fields.CharEnumField(null=True, description='AuditAnswer', enum_type=AuditAnswer, max_length=10)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_by_id', fields.UUIDField(null=True)),
                ('held_why', fields.CharField(default='', max_length=300)),
                ('held_by_id', fields.UUIDField(null=True)),
                ('outcome', fields.CharEnumField(description='AuditOutcome', enum_type=AuditOutcome, max_length=10)),
                ('settled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'provider_audit_line', 'app': 'homeward', 'unique_together': (('audit', 'user'),), 'indexes': [Index(fields=['audit_id', 'outcome']), Index(fields=['provider_id', 'audit_id'])], 'pk_attr': 'id', 'table_description': 'One account on the list of an audit: why it is there, what was answered, and what became of it.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ReportRecipient',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('purpose', fields.CharEnumField(description='RecipientPurpose', enum_type=RecipientPurpose, max_length=16)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', null=True, db_constraint=True, to_field='id', related_name='report_purposes', on_delete=OnDelete.RESTRICT)),
                ('name', fields.CharField(max_length=100)),
                ('email', fields.CharField(default='', max_length=254)),
                ('since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('set_by_id', fields.UUIDField()),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'report_recipient', 'app': 'homeward', 'indexes': [Index(fields=['purpose', 'ended_at'])], 'pk_attr': 'id', 'table_description': 'Somebody who gets the report, or is told of it: data of the installation, set by the Chief Security Officer.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ReviewedFacility',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('review', fields.ForeignKeyField('homeward.EmployeeReview', source_field='review_id', db_constraint=True, to_field='id', related_name='facilities', on_delete=OnDelete.RESTRICT)),
                ('place', fields.CharField(max_length=8)),
                ('told_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('readers', fields.IntField()),
            ],
            options={'table': 'reviewed_facility', 'app': 'homeward', 'unique_together': (('review', 'place'),), 'pk_attr': 'id', 'table_description': 'That the Human Resources contacts of a facility were told that a list waits: once a review.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SsaReport',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('period_from', fields.DateField(unique=True)),
                ('state', fields.CharEnumField(default=SsaState.BEING_TAKEN, description='SsaState', enum_type=SsaState, max_length=12)),
                ('run_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('policy_version', fields.CharField(default='', max_length=40)),
                ('providers', fields.IntField(default=0)),
                ('persons', fields.IntField(default=0)),
                ('snapshot_hash', fields.CharField(default='', max_length=64)),
                ('whole_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('changes_evidence', fields.IntField(null=True)),
                ('approved_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('approved_by_id', fields.UUIDField(null=True)),
                ('evidence_number', fields.IntField(null=True)),
            ],
            options={'table': 'ssa_report', 'app': 'homeward', 'pk_attr': 'id', 'table_description': 'One report by its due date: where it stands, and the hash of its snapshot.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SsaCheck',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('report', fields.ForeignKeyField('homeward.SsaReport', source_field='report_id', db_constraint=True, to_field='id', related_name='checks', on_delete=OnDelete.RESTRICT)),
                ('provider', fields.ForeignKeyField('homeward.Provider', source_field='provider_id', db_constraint=True, to_field='id', related_name='ssa_checks', on_delete=OnDelete.RESTRICT)),
                ('note', fields.CharField(default='', max_length=300)),
                ('disabled', fields.IntField(default=0)),
                ('checked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('checked_by_id', fields.UUIDField()),
            ],
            options={'table': 'ssa_check', 'app': 'homeward', 'unique_together': (('report', 'provider'),), 'pk_attr': 'id', 'table_description': 'That account management has checked a line, and how many accounts were disabled for it. Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SsaCorrection',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('report', fields.ForeignKeyField('homeward.SsaReport', source_field='report_id', db_constraint=True, to_field='id', related_name='corrections', on_delete=OnDelete.RESTRICT)),
                ('provider', fields.ForeignKeyField('homeward.Provider', source_field='provider_id', db_constraint=True, to_field='id', related_name='ssa_corrections', on_delete=OnDelete.RESTRICT)),
                ('text', fields.CharField(max_length=300)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('by_id', fields.UUIDField()),
            ],
            options={'table': 'ssa_correction', 'app': 'homeward', 'indexes': [Index(fields=['report_id', 'provider_id'])], 'pk_attr': 'id', 'table_description': 'What the Chief Security Officer has put right about a line before it is sent (002:360). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SsaDelivery',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('report', fields.ForeignKeyField('homeward.SsaReport', source_field='report_id', db_constraint=True, to_field='id', related_name='deliveries', on_delete=OnDelete.RESTRICT)),
                ('step', fields.CharEnumField(description='DeliveryStep', enum_type=DeliveryStep, max_length=12)),
                ('done_on', fields.DateField()),
                ('document', fields.CharField(default='', max_length=120)),
                ('note', fields.CharField(default='', max_length=300)),
                ('recipients', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('recorded_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('recorded_by_id', fields.UUIDField()),
            ],
            options={'table': 'ssa_delivery', 'app': 'homeward', 'unique_together': (('report', 'step'),), 'pk_attr': 'id', 'table_description': 'A recorded step of the delivery, with its recipients as they were set then (002:360-367). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SsaPerson',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('report', fields.ForeignKeyField('homeward.SsaReport', source_field='report_id', db_constraint=True, to_field='id', related_name='person_lines', on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='ssa_lines', on_delete=OnDelete.RESTRICT)),
                ('provider', fields.ForeignKeyField('homeward.Provider', source_field='provider_id', null=True, db_constraint=True, to_field='id', related_name='ssa_persons', on_delete=OnDelete.RESTRICT)),
                ('login', fields.CharField(max_length=64)),
                ('name', fields.CharField(max_length=201)),
                ('roles', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'ssa_person', 'app': 'homeward', 'unique_together': (('report', 'user'),), 'pk_attr': 'id', 'table_description': 'One person with access on the day of a report (002:329-332, POL-28). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SsaProvider',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('report', fields.ForeignKeyField('homeward.SsaReport', source_field='report_id', db_constraint=True, to_field='id', related_name='provider_lines', on_delete=OnDelete.RESTRICT)),
                ('provider', fields.ForeignKeyField('homeward.Provider', source_field='provider_id', db_constraint=True, to_field='id', related_name='ssa_lines', on_delete=OnDelete.RESTRICT)),
                ('name', fields.CharField(max_length=120)),
                ('contract_number', fields.CharField(default='', max_length=40)),
                ('begins_on', fields.DateField(null=True)),
                ('ends_on', fields.DateField(null=True)),
                ('standing', fields.CharEnumField(description='ContractStanding', enum_type=ContractStanding, max_length=12)),
                ('accounts', fields.IntField()),
            ],
            options={'table': 'ssa_provider', 'app': 'homeward', 'unique_together': (('report', 'provider'),), 'pk_attr': 'id', 'table_description': 'One provider as it stood on the day of a report (002:349-350). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='UserList',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('system', fields.ForeignKeyField('homeward.OutsideSystem', source_field='system_id', db_constraint=True, to_field='code', related_name='user_lists', on_delete=OnDelete.RESTRICT)),
                ('imported_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('imported_by_id', fields.UUIDField()),
                ('rows', fields.IntField()),
                ('sha256', fields.CharField(max_length=64)),
            ],
            options={'table': 'user_list', 'app': 'homeward', 'indexes': [Index(fields=['system_id', 'imported_at'])], 'pk_attr': 'id', 'table_description': 'A list of the users of another system, as it was imported (002:307-308). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='UserListRow',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('list', fields.ForeignKeyField('homeward.UserList', source_field='list_id', db_constraint=True, to_field='id', related_name='row_set', on_delete=OnDelete.RESTRICT)),
                ('line', fields.IntField()),
                ('user_id', fields.CharField(max_length=64)),
                ('name', fields.CharField(max_length=100)),
                ('last_used_on', fields.DateField(null=True)),
                ('finding', fields.CharEnumField(description='ListFinding', enum_type=ListFinding, max_length=16)),
                ('account', fields.ForeignKeyField('homeward.User', source_field='account_id', null=True, db_constraint=True, to_field='id', related_name='listed', on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'user_list_row', 'app': 'homeward', 'unique_together': (('list', 'line'),), 'pk_attr': 'id', 'table_description': 'One row of an imported list, and what its comparison with the accounts has found. Written once.'},
            bases=['Model'],
        ),
        ops.RunPython(put_up),
    ]
