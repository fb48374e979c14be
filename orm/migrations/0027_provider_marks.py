"""Marks of change for each provider, on every table that says whom a publishing reaches."""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from orm.guards import MarksEach, table_of_marks

GUARDS = (
    MarksEach("provider", "provider", "SELECT {row}.id AS id", ("id", "name", "kind", "active")),
    MarksEach("contract", "provider", columns=("provider_id", "begins_on", "ends_on")),
    MarksEach("no_referral_status", "provider", columns=("provider_id", "lifted_at")),
    MarksEach(
        "contact",
        "provider",
        columns=("id", "provider_id", "mailbox_id", "active", "email", "email_bounced_at", "created_at"),
    ),
    # Whose contact it is stays so: no use case gives a contact to another provider.
    MarksEach(
        "contact_county",
        "provider",
        "SELECT c.provider_id AS id FROM contact c WHERE c.id = {row}.contact_id",
        ("contact_id", "county_id"),
    ),
)


async def put_up(_: Any, editor: Any) -> None:
    """Create the table of marks, and let every table leave them."""
    dialect = editor.client.capabilities.dialect
    for statement in [
        *table_of_marks("provider", dialect),
        *(it for guard in GUARDS for it in guard.statements(dialect)),
    ]:
        await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Let changes of providers leave marks."""

    dependencies = [("homeward", "0026_letters_by_line")]

    operations = [ops.RunPython(put_up)]
