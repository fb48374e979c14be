"""Checks, partial indexes and append-only triggers: what Tortoise does not create with a table."""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from orm.guards import Holds, Narrow, OnlyOne, WrittenOnce

GUARDS = (
    OnlyOne("role_grant", ("user_id", "role"), "ended_at IS NULL"),
    OnlyOne("no_referral_status", ("provider_id",), "lifted_at IS NULL"),
    OnlyOne("referral_exclusion", ("referral_id", "provider_id"), "included_at IS NULL"),
    OnlyOne("pending_placement", ("referral_id",), "ended_at IS NULL"),
    OnlyOne("contact", ("provider_id", "user_id"), "user_id IS NOT NULL AND active"),
    Narrow("referral", ("first_published_at", "number"), "status = 'OPEN'"),
    Narrow("outbox", ("due_at", "id"), "state = 'QUEUED'"),
    Narrow("session", ("user_id",), "ended_at IS NULL"),
    Holds("facility", "facility_code_has_3_digits", "LENGTH(code) = 3 AND LTRIM(code, '0123456789') = ''"),
    Holds(
        "referral",
        "referral_dates_fit_its_status",
        "(status = 'DRAFT' AND first_published_at IS NULL) OR (status = 'OPEN' AND first_published_at IS NOT NULL) OR "
        "(status = 'CLOSED' AND closed_at IS NOT NULL AND close_outcome IS NOT NULL) OR "
        "(status = 'DELETED' AND deleted_at IS NOT NULL)",
    ),
    Holds("referral", "pending_placement_only_while_open", "pending_provider_id IS NULL OR status = 'OPEN'"),
    Holds("referral", "open_referral_has_primary_coordinator", "status <> 'OPEN' OR primary_coordinator_id IS NOT NULL"),
    Holds(
        "response",
        "tentative_answer_has_provision",
        "(kind = 'TENTATIVE' AND provision IS NOT NULL) OR (kind <> 'TENTATIVE' AND provision IS NULL)",
    ),
    Holds(
        "response",
        "declining_answer_has_reason",
        "(kind = 'DECLINE' AND decline_reason IS NOT NULL) OR (kind <> 'DECLINE' AND decline_reason IS NULL)",
    ),
    Holds("contract", "contract_ends_after_it_begins", "ends_on IS NULL OR ends_on >= begins_on"),
    Holds("credential", "failures_are_counted_up", "failures >= 0"),
    Holds("outbox", "letter_has_one_recipient", "(contact_id IS NULL) <> (user_id IS NULL)"),
    WrittenOnce("audit_entry"),
    WrittenOnce("referral_version"),
    WrittenOnce("response_version"),
    WrittenOnce("publication"),
    WrittenOnce("publication_audience"),
    WrittenOnce("policy_version"),
    WrittenOnce("password_history"),
)


async def put_up(_: Any, editor: Any) -> None:
    """Put up every guard for the engine at hand."""
    dialect = editor.client.capabilities.dialect
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Put up the guards."""

    dependencies = [("homeward", "0001_tables")]

    operations = [
        ops.RunPython(put_up),
        # Changes no table. Tortoise reads a key that is a relation back as "user", and would miss this for ever.
        ops.AlterModelOptions(
            name="Credential",
            options={
                "table": "credential",
                "app": "homeward",
                "pk_attr": "user_id",
                "table_description": "The password of one user, and how often it was entered wrongly (000:9-11).",
            },
        ),
    ]
