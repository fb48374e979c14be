"""Marks of change on every table that the grid of referrals, the policy and the providers' facts are read from."""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from orm.guards import Marked

GUARDS = (
    Marked("referral"),
    Marked("referral_county"),
    Marked("referral_exclusion"),
    Marked("referral_reach"),
    Marked("response"),
    Marked("pending_placement"),
    Marked("consumer"),
    Marked("facility"),
    Marked("county"),
    Marked("user_account", ("first_name", "last_name", "email", "phone")),
    Marked("provider"),
    Marked("contract"),
    Marked("no_referral_status"),
    Marked("contact"),
    Marked("contact_county"),
    Marked("policy_version"),
    Marked("statement_text"),
)

_TABLES = {
    "sqlite": (
        'CREATE TABLE "change_mark" ("id" INTEGER PRIMARY KEY CHECK (id = 1), "changes" INTEGER NOT NULL)',
        'INSERT INTO "change_mark" VALUES (1, 0)',
    ),
    "postgres": (
        'CREATE TABLE "change_mark" ("xact" xid8 PRIMARY KEY, "at" timestamptz NOT NULL DEFAULT now())',
        'CREATE INDEX "idx_change_mark_at" ON "change_mark" ("at")',
        # Its own number is no other transaction's, so nobody waits; the second statement of a transaction adds nothing.
        """CREATE FUNCTION leave_change_mark() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN
             INSERT INTO change_mark (xact) VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
             RETURN NULL;
           END $body$""",
    ),
}


async def put_up(_: Any, editor: Any) -> None:
    """Create the table of marks, and let every watched table leave them."""
    dialect = editor.client.capabilities.dialect
    statements = [*_TABLES[dialect], *(it for guard in GUARDS for it in guard.statements(dialect))]
    for statement in statements:
        await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Let changes leave marks."""

    dependencies = [("homeward", "0017_insight_numbers")]

    operations = [ops.RunPython(put_up)]
