"""For whom a referral waits, kept with its reach; and what is open, in an index that is enough to count it.

A reach waits while its referral is open and its provider has not answered. Triggers of the answers, the referrals and
the reaches themselves see to it. Whoever answers, publishes or closes holds the referral's row, so no two of them set
the same reach at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

from orm.guards import Dialect, Narrow
from orm.migration_steps import Noted

_OPEN = Narrow(
    "referral",
    ("first_published_at", "number"),
    "status = 'OPEN'",
    beside=(
        "id",
        "status",
        "statewide",
        "acceptances",
        "pending_provider_id",
        "primary_coordinator_id",
        "created_by_id",
    ),
)
GUARDS = (_OPEN, Narrow("referral_reach", ("at", "id", "referral_id", "provider_id"), "waits"))

# The OFFSET keeps the plan of a probe for each row: PostgreSQL keeps a trigger's plan for as long as its session lasts,
# and one that was made for thousands of rows would read all answers for one.
_WAITS = (
    "(EXISTS (SELECT 1 FROM referral r WHERE r.id = {0}.referral_id AND r.status = 'OPEN' LIMIT 1 OFFSET 0) "
    "AND NOT EXISTS (SELECT 1 FROM response o WHERE o.referral_id = {0}.referral_id "
    "AND o.provider_id = {0}.provider_id LIMIT 1 OFFSET 0))"
)


def set_right(which: str = "true") -> str:
    """Give the statement that sets right the reaches under a condition: all of them, if there is none."""
    waits = _WAITS.format("referral_reach")
    return f"UPDATE referral_reach SET waits = {waits} WHERE {which} AND waits <> {waits};"


def _triggers(dialect: Dialect) -> Iterator[str]:
    pair = "referral_id = {0}.referral_id AND provider_id = {0}.provider_id"
    moved = "OLD.referral_id <> NEW.referral_id OR OLD.provider_id <> NEW.provider_id"
    opened = "OLD.status <> NEW.status AND 'OPEN' IN (OLD.status, NEW.status)"
    new, old = set_right(pair.format("NEW")), set_right(pair.format("OLD"))
    for name, event, table, only, change in (
        ("response_insert", "INSERT", "response", "", new),
        ("response_delete", "DELETE", "response", "", old),
        ("response_update", "UPDATE OF referral_id, provider_id", "response", moved, f"{old} {new}"),
        ("referral_update", "UPDATE OF status", "referral", opened, set_right("referral_id = NEW.id")),
    ):
        begin, when = f'CREATE TRIGGER "waits_{name}" AFTER {event} ON "{table}"', f" WHEN ({only})" if only else ""
        if dialect == "sqlite":
            yield f"{begin}{when} BEGIN {change} END"
            continue
        yield _function(name, change)
        yield f'{begin} FOR EACH ROW{when} EXECUTE FUNCTION "waits_{name}"()'
    begin = 'CREATE TRIGGER "waits_reach_insert" AFTER INSERT ON "referral_reach"'
    # Almost every reach that comes waits, as the column has it; so there is next to nothing to set.
    none = "UPDATE referral_reach SET waits = false WHERE id"
    if dialect == "sqlite":
        yield f"{begin} WHEN NOT {_WAITS.format('NEW')} BEGIN {none} = NEW.id; END"
        return
    yield _function("reach_insert", f"{none} = ANY (ARRAY(SELECT a.id FROM added a WHERE NOT {_WAITS.format('a')}));")
    yield f'{begin} REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION "waits_reach_insert"()'


def _function(name: str, change: str) -> str:
    body = f"BEGIN {change} RETURN NULL; END"
    return f'CREATE FUNCTION "waits_{name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ {body} $body$'


async def put_up(_: Any, editor: Any) -> None:
    """Say for every reach whether it waits, and put up what keeps that right, for the engine at hand."""
    dialect = editor.client.capabilities.dialect
    run = editor.client.execute_script
    await run(f'DROP INDEX "{_OPEN.name}"')  # The one of this name had nothing beside its key.
    await run("ALTER TABLE referral_reach ADD COLUMN waits BOOLEAN NOT NULL DEFAULT true")
    for statement in (set_right(), *_triggers(dialect), *(it for guard in GUARDS for it in guard.statements(dialect))):
        await run(statement)


class Migration(migrations.Migration):
    """Keep with each reach whether it waits."""

    dependencies = [("homeward", "0020_letter_counts")]

    operations = [
        Noted(model_name="ReferralReach", name="waits", field=fields.BooleanField(default=True)),
        ops.RunPython(put_up),
    ]
