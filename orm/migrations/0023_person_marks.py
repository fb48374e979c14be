"""Marks of change for each person, on every table that says who somebody is and what they may."""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from orm.guards import MarksPeople

GUARDS = (
    # That somebody was seen again is no change of who they are, and a new session takes nothing from another one. What
    # somebody has accepted is written once, and takes nothing either.
    MarksPeople("session", columns=("user_id", "epoch", "created_at", "ended_at"), comes=False),
    MarksPeople(
        "user_account",
        "SELECT {row}.id AS id",
        ("user_id", "state", "epoch", "provider_id", "mailbox_id", "facility_id", "regional_office_id"),
        comes=False,
    ),
    MarksPeople("credential", columns=("user_id", "changed_at", "must_change")),
    MarksPeople("role_grant"),
    # The provider is marked, not whoever belongs to it: somebody may join it before this transaction is over.
    MarksPeople("contract", "SELECT {row}.provider_id AS id"),
    MarksPeople("coordinator_county"),
)

_TABLES = {
    "sqlite": (
        'CREATE TABLE "person_mark" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "user_id" CHAR(36) NOT NULL, '
        '"at" TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)',
    ),
    "postgres": (
        'CREATE TABLE "person_mark" ("xact" xid8 NOT NULL, "user_id" uuid NOT NULL, '
        '"at" timestamptz NOT NULL DEFAULT now(), PRIMARY KEY ("xact", "user_id"))',
    ),
}


async def put_up(_: Any, editor: Any) -> None:
    """Create the table of marks, and let every table leave them."""
    dialect = editor.client.capabilities.dialect
    by_age = 'CREATE INDEX "idx_person_mark_at" ON "person_mark" ("at")'
    for statement in [*_TABLES[dialect], by_age, *(it for guard in GUARDS for it in guard.statements(dialect))]:
        await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Let changes of people leave marks."""

    dependencies = [("homeward", "0022_wide_publishing")]

    operations = [ops.RunPython(put_up)]
