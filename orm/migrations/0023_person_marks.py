"""Marks of change for each person, on every table that says who somebody is and what they may."""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from orm.guards import MarksEach, table_of_marks

GUARDS = (
    # That somebody was seen again is no change of who they are, and a new session takes nothing from another one. What
    # somebody has accepted is written once, and takes nothing either.
    MarksEach("session", "person", columns=("user_id", "epoch", "created_at", "ended_at"), comes=False),
    MarksEach(
        "user_account",
        "person",
        "SELECT {row}.id AS id",
        ("user_id", "state", "epoch", "provider_id", "mailbox_id", "facility_id", "regional_office_id"),
        comes=False,
    ),
    MarksEach("credential", "person", columns=("user_id", "changed_at", "must_change")),
    MarksEach("role_grant", "person"),
    # The provider is marked, not whoever belongs to it: somebody may join it before this transaction is over.
    MarksEach("contract", "person", "SELECT {row}.provider_id AS id"),
    MarksEach("coordinator_county", "person"),
)

async def put_up(_: Any, editor: Any) -> None:
    """Create the table of marks, and let every table leave them."""
    dialect = editor.client.capabilities.dialect
    for statement in [
        *table_of_marks("person", dialect),
        *(it for guard in GUARDS for it in guard.statements(dialect)),
    ]:
        await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Let changes of people leave marks."""

    dependencies = [("homeward", "0022_wide_publishing")]

    operations = [ops.RunPython(put_up)]
