"""The access office: roles, requests, forms, officers, incidents, tickets, statements, devices."""

from __future__ import annotations

from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from rules.access_forms import Channel, FormKind, FormSigner, FormState
from rules.approvals import RequestState, Stage, StandsInAs
from rules.incidents import Finding, IncidentKind, IncidentState, LsoAnswer
from rules.leaving import DisabledReason
from rules.organizations import Division, Under
from rules.segregation import PairVerdict
from rules.signatures import Meaning
from rules.statements import StatementKind
from rules.tickets import TicketChannel, TicketKind, TicketState
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Restated(ops.AlterField):
    """Say anew what a column holds whose type stays as it is: SQLite would rebuild the table and drop its guards."""

    leaves_tables_alone = True

    async def database_forward(self, *_: object) -> None:
        """Leave the table alone."""

    async def database_backward(self, *_: object) -> None:
        """Leave the table alone."""


class Migration(migrations.Migration):
    dependencies = [('homeward', '0003_counties')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AccessForm',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('kind', fields.CharEnumField(description='FormKind', enum_type=FormKind, max_length=8)),
                ('state', fields.CharEnumField(description='FormState', enum_type=FormState, max_length=24)),
                ('state_since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', null=True, db_constraint=True, to_field='id', related_name='access_forms', on_delete=OnDelete.RESTRICT)),
                ('first_name', fields.CharField(default='', max_length=100)),
                ('middle_initial', fields.CharField(default='', max_length=1)),
                ('last_name', fields.CharField(default='', max_length=100)),
                ('title', fields.CharField(default='', max_length=100)),
                ('city', fields.CharField(default='', max_length=60)),
                ('phone', fields.CharField(default='', max_length=30)),
                ('email', fields.CharField(default='', max_length=254)),
                ('division', fields.CharEnumField(null=True, description='Division', enum_type=Division, max_length=8)),
                ('provider', fields.ForeignKeyField('homeward.Provider', source_field='provider_id', null=True, db_constraint=True, to_field='id', related_name='access_forms', on_delete=OnDelete.RESTRICT)),
                ('facility', fields.ForeignKeyField('homeward.Facility', source_field='facility_id', null=True, db_constraint=True, to_field='code', related_name='access_forms', on_delete=OnDelete.RESTRICT)),
                ('regional_office', fields.ForeignKeyField('homeward.RegionalOffice', source_field='regional_office_id', null=True, db_constraint=True, to_field='code', related_name='access_forms', on_delete=OnDelete.RESTRICT)),
                ('for_lso', fields.BooleanField(default=False)),
                ('tcm_supervisor', fields.BooleanField(default=False)),
                ('create_user_id', fields.BooleanField(default=False)),
                ('applications', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('change_request', fields.CharField(default='', max_length=500)),
                ('effective_on', fields.DateField(null=True)),
                ('edition', fields.CharField(default='', max_length=20)),
                ('channel', fields.CharEnumField(description='Channel', enum_type=Channel, max_length=8)),
                ('confidentiality_version', fields.CharField(default='', max_length=20)),
                ('content_hash', fields.CharField(default='', max_length=64)),
                ('submitted_by_id', fields.UUIDField(null=True)),
                ('submitted_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('forwarded_by_id', fields.UUIDField(null=True)),
                ('forwarded_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('issued_by_id', fields.UUIDField(null=True)),
                ('issued_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('released_by_id', fields.UUIDField(null=True)),
                ('released_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('returned_why', fields.CharField(default='', max_length=300)),
            ],
            options={'table': 'access_form', 'app': 'homeward', 'indexes': [Index(fields=['state', 'number']), Index(fields=['provider_id', 'state']), Index(fields=['regional_office_id', 'state']), Index(fields=['user_id', 'kind'])], 'pk_attr': 'id', 'table_description': 'A Contract Provider Access Request Form (000:57-131, 001:8-44). ``user`` is empty until an ID is issued.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AccessRequest',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('requester', fields.ForeignKeyField('homeward.User', source_field='requester_id', db_constraint=True, to_field='id', related_name='access_requests', on_delete=OnDelete.RESTRICT)),
                ('state', fields.CharEnumField(default=RequestState.DRAFT, description='RequestState', enum_type=RequestState, max_length=24)),
                ('version', fields.IntField(default=0)),
                ('email', fields.CharField(default='', max_length=254)),
                ('terms_version', fields.CharField(default='', max_length=20)),
                ('division', fields.CharEnumField(null=True, description='Division', enum_type=Division, max_length=8)),
                ('under', fields.CharEnumField(null=True, description='Under', enum_type=Under, max_length=20)),
                ('regional_office', fields.ForeignKeyField('homeward.RegionalOffice', source_field='regional_office_id', null=True, db_constraint=True, to_field='code', related_name='access_requests', on_delete=OnDelete.RESTRICT)),
                ('provider', fields.ForeignKeyField('homeward.Provider', source_field='provider_id', null=True, db_constraint=True, to_field='id', related_name='access_requests', on_delete=OnDelete.RESTRICT)),
                ('facility', fields.ForeignKeyField('homeward.Facility', source_field='facility_id', null=True, db_constraint=True, to_field='code', related_name='access_requests', on_delete=OnDelete.RESTRICT)),
                ('follows', fields.ForeignKeyField('homeward.AccessRequest', source_field='follows_id', null=True, db_constraint=True, to_field='id', related_name='followed_by', on_delete=OnDelete.RESTRICT)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('submitted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('submission_key', fields.CharField(default='', max_length=80)),
                ('content_hash', fields.CharField(default='', max_length=64)),
                ('addressee_id', fields.UUIDField(null=True)),
                ('addressed_as', fields.CharEnumField(null=True, description='StandsInAs', enum_type=StandsInAs, max_length=24)),
                ('state_since', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('overdue_told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'access_request', 'app': 'homeward', 'indexes': [Index(fields=['requester_id', 'number']), Index(fields=['state', 'number']), Index(fields=['provider_id', 'state']), Index(fields=['addressee_id', 'state'])], 'pk_attr': 'id', 'table_description': 'A request for roles by one person, for one organization (000:134-191). ``version`` counts its changes.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AccessDecision',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('request', fields.ForeignKeyField('homeward.AccessRequest', source_field='request_id', db_constraint=True, to_field='id', related_name='decisions', on_delete=OnDelete.RESTRICT)),
                ('stage', fields.CharEnumField(description='Stage', enum_type=Stage, max_length=16)),
                ('approved', fields.BooleanField()),
                ('decider_id', fields.UUIDField()),
                ('for_id', fields.UUIDField(null=True)),
                ('capacity', fields.CharEnumField(null=True, description='StandsInAs', enum_type=StandsInAs, max_length=24)),
                ('reason', fields.CharField(default='', max_length=500)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('signature_id', fields.UUIDField()),
            ],
            options={'table': 'access_decision', 'app': 'homeward', 'unique_together': (('request', 'stage'),), 'pk_attr': 'id', 'table_description': 'A signed decision of one stage on one request. Written once; a second one for the same stage cannot exist.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AccessRequestStep',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('request', fields.ForeignKeyField('homeward.AccessRequest', source_field='request_id', db_constraint=True, to_field='id', related_name='steps', on_delete=OnDelete.RESTRICT)),
                ('line', fields.IntField()),
                ('state', fields.CharEnumField(description='RequestState', enum_type=RequestState, max_length=24)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('by_id', fields.UUIDField(null=True)),
                ('holder_id', fields.UUIDField(null=True)),
                ('why', fields.CharField(default='', max_length=40)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'access_request_step', 'app': 'homeward', 'unique_together': (('request', 'line'),), 'pk_attr': 'id', 'table_description': 'A step of the way of a request: since when it is where, who holds it, until when (000:229). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AddressChange',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='address_changes', on_delete=OnDelete.RESTRICT)),
                ('email', fields.CharField(max_length=254)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('asked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('confirmed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'address_change', 'app': 'homeward', 'indexes': [Index(fields=['user_id', 'asked_at'])], 'pk_attr': 'id', 'table_description': "A new e-mail address of a user, until the letter's link is followed (000:302-310); a hash of its token."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FormSignature',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('form', fields.ForeignKeyField('homeward.AccessForm', source_field='form_id', db_constraint=True, to_field='id', related_name='signatures', on_delete=OnDelete.RESTRICT)),
                ('capacity', fields.CharEnumField(description='FormSigner', enum_type=FormSigner, max_length=24)),
                ('signature_id', fields.UUIDField(null=True)),
                ('signer_id', fields.UUIDField(null=True)),
                ('on_paper_by', fields.CharField(default='', max_length=100)),
                ('on_paper_on', fields.DateField(null=True)),
                ('recorded_by_id', fields.UUIDField()),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'form_signature', 'app': 'homeward', 'unique_together': (('form', 'capacity'),), 'pk_attr': 'id', 'table_description': 'A signature on a form: made here by user ID and password, or seen on a paper by the regional office.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Incident',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('kind', fields.CharEnumField(description='IncidentKind', enum_type=IncidentKind, max_length=24)),
                ('state', fields.CharEnumField(default=IncidentState.OPEN, description='IncidentState', enum_type=IncidentState, max_length=8)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', null=True, db_constraint=True, to_field='id', related_name='incidents', on_delete=OnDelete.RESTRICT)),
                ('provider', fields.ForeignKeyField('homeward.Provider', source_field='provider_id', null=True, db_constraint=True, to_field='id', related_name='incidents', on_delete=OnDelete.RESTRICT)),
                ('request', fields.ForeignKeyField('homeward.AccessRequest', source_field='request_id', null=True, db_constraint=True, to_field='id', related_name='incidents', on_delete=OnDelete.RESTRICT)),
                ('facts', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('report', fields.CharField(default='', max_length=1000)),
                ('suspended', fields.BooleanField(default=False)),
                ('opened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('opened_by_id', fields.UUIDField(null=True)),
                ('lso_answer', fields.CharEnumField(null=True, description='LsoAnswer', enum_type=LsoAnswer, max_length=16)),
                ('lso_answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('lso_answered_by_id', fields.UUIDField(null=True)),
                ('finding', fields.CharEnumField(null=True, description='Finding', enum_type=Finding, max_length=16)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_by_id', fields.UUIDField(null=True)),
                ('note', fields.CharField(default='', max_length=1000)),
            ],
            options={'table': 'incident', 'app': 'homeward', 'indexes': [Index(fields=['state', 'number']), Index(fields=['user_id', 'kind']), Index(fields=['provider_id', 'state'])], 'pk_attr': 'id', 'table_description': 'What may have been a breach of security, who is concerned, and how it ended (000:34-39, 002:15-19).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='IncompatiblePair',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('one_role', fields.CharField(max_length=40)),
                ('other_role', fields.CharField(max_length=40)),
                ('verdict', fields.CharEnumField(description='PairVerdict', enum_type=PairVerdict, max_length=24)),
                ('why', fields.CharField(default='', max_length=300)),
                ('set_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('set_by_id', fields.UUIDField(null=True)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_by_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'incompatible_pair', 'app': 'homeward', 'indexes': [Index(fields=['one_role', 'other_role'])], 'pk_attr': 'id', 'table_description': 'Two roles whose functions do not go together (002:244-245). ``one_role`` sorts before ``other_role``.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='KnownDevice',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='devices', on_delete=OnDelete.RESTRICT)),
                ('token_hash', fields.CharField(unique=True, max_length=64)),
                ('failures', fields.IntField(default=0)),
                ('first_seen_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('last_seen_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'known_device', 'app': 'homeward', 'indexes': [Index(fields=['user_id', 'ended_at'])], 'pk_attr': 'id', 'table_description': 'A device on which a person has signed in before: it counts its wrong entries for itself.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LsoDesignation',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('provider', fields.ForeignKeyField('homeward.Provider', source_field='provider_id', null=True, db_constraint=True, to_field='id', related_name='lso_designations', on_delete=OnDelete.RESTRICT)),
                ('facility', fields.ForeignKeyField('homeward.Facility', source_field='facility_id', null=True, db_constraint=True, to_field='code', related_name='lso_designations', on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', null=True, db_constraint=True, to_field='id', related_name='lso_designations', on_delete=OnDelete.RESTRICT)),
                ('letter', fields.JSONField(default=dict, encoder=JSON_DUMPS, decoder=loads)),
                ('channel', fields.CharEnumField(description='Channel', enum_type=Channel, max_length=8)),
                ('content_hash', fields.CharField(max_length=64)),
                ('signature_id', fields.UUIDField(null=True)),
                ('signed_on_paper_by', fields.CharField(default='', max_length=100)),
                ('recorded_by_id', fields.UUIDField()),
                ('begins_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_by_id', fields.UUIDField(null=True)),
                ('ended_why', fields.CharField(default='', max_length=40)),
                ('warned_for_days', fields.IntField(null=True)),
                ('unreachable_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'lso_designation', 'app': 'homeward', 'indexes': [Index(fields=['provider_id', 'ended_at']), Index(fields=['facility_id', 'ended_at']), Index(fields=['user_id', 'ended_at'])], 'pk_attr': 'id', 'table_description': 'Who is the Local Security Officer of a provider or a facility, by which letter, and until when (000:51-84).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LsoDeputy',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('designation', fields.ForeignKeyField('homeward.LsoDesignation', source_field='designation_id', db_constraint=True, to_field='id', related_name='deputies', on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='deputyships', on_delete=OnDelete.RESTRICT)),
                ('begins_on', fields.DateField()),
                ('ends_on', fields.DateField()),
                ('appointed_by_id', fields.UUIDField()),
                ('appointed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'lso_deputy', 'app': 'homeward', 'indexes': [Index(fields=['designation_id', 'ends_on'])], 'pk_attr': 'id', 'table_description': 'A person who stands in for an LSO between two days, both included.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='OutsideSystem',
            fields=[
                ('code', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=20)),
                ('name', fields.CharField(max_length=100)),
                ('agency', fields.CharField(max_length=100)),
                ('mainframe', fields.BooleanField(default=False)),
                ('active', fields.BooleanField(default=True)),
            ],
            options={'table': 'outside_system', 'app': 'homeward', 'pk_attr': 'code', 'table_description': 'A system of another agency in which people of the department have accounts (002:278-285, 002:303-305).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='CatalogueRole',
            fields=[
                ('code', fields.CharField(primary_key=True, unique=True, db_index=True, max_length=40)),
                ('name', fields.CharField(unique=True, max_length=80)),
                ('description', fields.CharField(default='', max_length=400)),
                ('division', fields.CharEnumField(null=True, description='Division', enum_type=Division, max_length=8)),
                ('available_to', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('under', fields.CharEnumField(default=Under.REGIONAL_OFFICE, description='Under', enum_type=Under, max_length=20)),
                ('training', fields.CharField(default='', max_length=80)),
                ('limits', fields.CharField(default='', max_length=120)),
                ('includes', fields.JSONField(default=list, encoder=JSON_DUMPS, decoder=loads)),
                ('optional', fields.BooleanField(default=False)),
                ('administrative', fields.BooleanField(default=False)),
                ('is_duty', fields.BooleanField(default=False)),
                ('inactivity_exempt', fields.BooleanField(default=False)),
                ('system', fields.ForeignKeyField('homeward.OutsideSystem', source_field='system_id', null=True, db_constraint=True, to_field='code', related_name='roles', on_delete=OnDelete.RESTRICT)),
                ('active_from', fields.DateField()),
                ('withdrawn_on', fields.DateField(null=True)),
                ('source', fields.CharField(default='', max_length=80)),
            ],
            options={'table': 'catalogue_role', 'app': 'homeward', 'pk_attr': 'code', 'table_description': 'A role that can be asked for (000:176-185). A grant holds its code; ``rules.roles`` knows some of them.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AccessRequestRole',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('request', fields.ForeignKeyField('homeward.AccessRequest', source_field='request_id', db_constraint=True, to_field='id', related_name='roles', on_delete=OnDelete.RESTRICT)),
                ('role', fields.ForeignKeyField('homeward.CatalogueRole', source_field='role_id', db_constraint=True, to_field='code', related_name='requests', on_delete=OnDelete.RESTRICT)),
                ('reason', fields.CharField(default='', max_length=300)),
                ('denied_because', fields.CharField(default='', max_length=40)),
            ],
            options={'table': 'access_request_role', 'app': 'homeward', 'unique_together': (('request', 'role'),), 'pk_attr': 'id', 'table_description': 'A role on an access request, why it is asked for, and why it was denied, if it was (000:174, 000:205).'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Signature',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('signer_id', fields.UUIDField()),
                ('signer', fields.CharField(max_length=64)),
                ('signer_name', fields.CharField(max_length=201)),
                ('meaning', fields.CharEnumField(description='Meaning', enum_type=Meaning, max_length=32)),
                ('about_id', fields.UUIDField()),
                ('content_hash', fields.CharField(max_length=64)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('session_id', fields.UUIDField(null=True)),
            ],
            options={'table': 'signature', 'app': 'homeward', 'indexes': [Index(fields=['about_id', 'at'])], 'pk_attr': 'id', 'table_description': 'A signature by user ID and password, over the hash of what was shown (000:199-200). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='StatementAcceptance',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='acceptances', on_delete=OnDelete.RESTRICT)),
                ('session_id', fields.UUIDField(null=True)),
                ('kind', fields.CharEnumField(description='StatementKind', enum_type=StatementKind, max_length=16)),
                ('version', fields.CharField(max_length=20)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'statement_acceptance', 'app': 'homeward', 'indexes': [Index(fields=['session_id', 'version']), Index(fields=['user_id', 'version'])], 'pk_attr': 'id', 'table_description': 'That a person accepted a version of the confidentiality statement in a session (000:253). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='StatementText',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('kind', fields.CharEnumField(description='StatementKind', enum_type=StatementKind, max_length=16)),
                ('version', fields.CharField(max_length=20)),
                ('text', fields.TextField(unique=False)),
                ('effective_from', fields.DateField()),
            ],
            options={'table': 'statement_text', 'app': 'homeward', 'unique_together': (('kind', 'version'),), 'pk_attr': 'id', 'table_description': 'One version of a text that people accept (000:161-163, 000:253). Written once.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Ticket',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.IntField(unique=True)),
                ('kind', fields.CharEnumField(description='TicketKind', enum_type=TicketKind, max_length=24)),
                ('state', fields.CharEnumField(default=TicketState.OPEN, description='TicketState', enum_type=TicketState, max_length=8)),
                ('channel', fields.CharEnumField(description='TicketChannel', enum_type=TicketChannel, max_length=8)),
                ('user', fields.ForeignKeyField('homeward.User', source_field='user_id', db_constraint=True, to_field='id', related_name='tickets', on_delete=OnDelete.RESTRICT)),
                ('form', fields.ForeignKeyField('homeward.AccessForm', source_field='form_id', null=True, db_constraint=True, to_field='id', related_name='tickets', on_delete=OnDelete.RESTRICT)),
                ('system', fields.ForeignKeyField('homeward.OutsideSystem', source_field='system_id', null=True, db_constraint=True, to_field='code', related_name='tickets', on_delete=OnDelete.RESTRICT)),
                ('on_call', fields.BooleanField(default=False)),
                ('opened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('opened_by_id', fields.UUIDField(null=True)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('overdue_told_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('answered_by_id', fields.UUIDField(null=True)),
                ('proof', fields.CharField(default='', max_length=40)),
                ('note', fields.CharField(default='', max_length=300)),
            ],
            options={'table': 'ticket', 'app': 'homeward', 'indexes': [Index(fields=['state', 'kind', 'number']), Index(fields=['user_id', 'state']), Index(fields=['state', 'due_at'])], 'pk_attr': 'id', 'table_description': 'What somebody of the department has to do for an account, and by when (000:15-20, 002:299-305).'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Credential',
            name='last_failure_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Credential',
            name='reminded_for_days',
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name='Credential',
            name='secret_expires_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Credential',
            name='secret_used_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Notification',
            name='subject_number',
            field=fields.IntField(null=True),
        ),
        ops.AlterModelOptions(
            name='RoleGrant',
            options={'table': 'role_grant', 'app': 'homeward', 'indexes': [Index(fields=['role', 'ended_at'])], 'pk_attr': 'id', 'table_description': 'A role of the catalogue that a user holds or held, by its code. A grant is ended, never erased.'},
        ),
        Restated(
            model_name='RoleGrant',
            name='role',
            field=fields.CharField(description='Role', max_length=40),
        ),
        ops.AddField(
            model_name='RoleGrant',
            name='request_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='User',
            name='deleted_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='User',
            name='disabled_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='User',
            name='disabled_note',
            field=fields.CharField(null=True, max_length=300),
        ),
        ops.AddField(
            model_name='User',
            name='disabled_reason',
            field=fields.CharEnumField(null=True, description='DisabledReason', enum_type=DisabledReason, max_length=24),
        ),
        ops.AddField(
            model_name='User',
            name='email_bounced_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='User',
            name='email_confirmed_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='User',
            name='terminated_on',
            field=fields.DateField(null=True),
        ),
    ]
