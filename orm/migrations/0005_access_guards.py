"""What the access office's tables must never hold."""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from orm.guards import Holds, Narrow, OnlyOne, WrittenOnce

GUARDS = (
    OnlyOne("lso_designation", ("provider_id",), "ended_at IS NULL AND provider_id IS NOT NULL"),
    OnlyOne("lso_designation", ("facility_id",), "ended_at IS NULL AND facility_id IS NOT NULL"),
    OnlyOne("incompatible_pair", ("one_role", "other_role"), "ended_at IS NULL"),
    OnlyOne("access_request", ("requester_id", "submission_key"), "submission_key <> ''"),
    OnlyOne("access_request", ("follows_id",), "follows_id IS NOT NULL AND state <> 'WITHDRAWN'"),
    OnlyOne("ticket", ("user_id", "kind"), "state = 'OPEN' AND kind = 'PASSWORD_RESET'"),
    OnlyOne("incident", ("user_id", "kind"), "state = 'OPEN' AND kind = 'SHARED_ACCOUNT'"),
    Narrow("access_request", ("due_at",), "state = 'AWAITING_PROVISIONING'"),
    Narrow("ticket", ("due_at", "id"), "state = 'OPEN'"),
    Narrow("known_device", ("user_id", "last_seen_at"), "ended_at IS NULL"),
    Holds("lso_designation", "lso_has_one_organization", "(provider_id IS NULL) <> (facility_id IS NULL)"),
    Holds("lso_deputy", "deputy_ends_after_it_begins", "ends_on >= begins_on"),
    Holds("incompatible_pair", "pair_is_ordered", "one_role < other_role"),
    Holds("access_request", "request_has_one_employer", "provider_id IS NULL OR facility_id IS NULL"),
    Holds("access_request", "submitted_request_says_when", "state IN ('DRAFT', 'WITHDRAWN') OR submitted_at IS NOT NULL"),
    Holds("access_request", "addressed_request_has_addressee", "state <> 'WITH_LSO' OR addressee_id IS NOT NULL"),
    Holds("access_request", "approved_request_has_due_time", "state <> 'AWAITING_PROVISIONING' OR due_at IS NOT NULL"),
    WrittenOnce("signature"),
    WrittenOnce("access_decision"),
    WrittenOnce("access_request_step"),
    WrittenOnce("form_signature"),
    WrittenOnce("statement_text"),
    WrittenOnce("statement_acceptance"),
)


async def put_up(_: Any, editor: Any) -> None:
    """Put up every guard for the engine at hand."""
    dialect = editor.client.capabilities.dialect
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Put up the guards of the access office."""

    dependencies = [("homeward", "0004_access_office")]

    operations = [ops.RunPython(put_up)]
