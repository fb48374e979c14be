"""What a publishing to hundreds of providers writes, is written without being asked row by row.

The tables that get a row for each provider or contact look their parents up once a statement (:mod:`orm.references`),
and give up the indexes by which nothing is asked any more: what is queued has an index of its own, and so has now what
is neither queued nor sent.
"""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from orm.guards import Narrow
from orm.references import REFERENCES_MEET, Refers

REFERENCES = (
    Refers("publication_audience", (("publication_id", "publication"), ("provider_id", "provider"))),
    Refers("referral_reach", (("referral_id", "referral"), ("provider_id", "provider")), each=("provider_id",)),
    Refers("notification", (("mailbox_id", "mailbox"), ("referral_id", "referral")), each=("mailbox_id",)),
    Refers(
        "outbox",
        (("contact_id", "contact"), ("user_id", "user_account"), ("referral_id", "referral")),
        each=("contact_id", "user_id"),
    ),
)
GUARDS = (*REFERENCES, Narrow("outbox", ("created_at", "id"), "state IN ('PARKED', 'CANCELLED', 'BOUNCED')"))

# What a reach waits for is asked of its referral, which all that come together mostly share, once.
_WAITS = """CREATE OR REPLACE FUNCTION "waits_reach_insert"() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE closed uuid[];
BEGIN
  closed := ARRAY(
    SELECT a.referral_id FROM (SELECT DISTINCT referral_id FROM added) a WHERE NOT EXISTS (
      SELECT 1 FROM referral r WHERE r.id = a.referral_id AND r.status = 'OPEN' LIMIT 1 OFFSET 0));
  UPDATE referral_reach SET waits = false WHERE id = ANY (ARRAY(
    SELECT a.id FROM added a WHERE a.referral_id = ANY (closed) OR EXISTS (
      SELECT 1 FROM response o WHERE o.referral_id = a.referral_id AND o.provider_id = a.provider_id LIMIT 1 OFFSET 0)));
  RETURN NULL;
END $body$"""


async def put_up(_: Any, editor: Any) -> None:
    """Put up every guard for the engine at hand; on PostgreSQL they take the place of foreign keys."""
    dialect = editor.client.capabilities.dialect
    run = editor.client.execute_script
    if dialect == "postgres":
        await run(REFERENCES_MEET)
        await run(_WAITS)
        # Half of each page stays free, so that a counter is raised without a new entry in the index.
        await run('ALTER TABLE "mailbox" SET (fillfactor = 50)')
        for references in REFERENCES:
            for column, _parent in references.parents:
                await run(f'ALTER TABLE "{references.table}" DROP CONSTRAINT "{references.table}_{column}_fkey"')
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await run(statement)


class Migration(migrations.Migration):
    """Look parents up once a statement."""

    dependencies = [("homeward", "0021_waiting_reaches")]

    operations = [
        ops.RemoveIndex(model_name="Letter", fields=["state", "due_at"]),
        ops.RemoveIndex(model_name="ReferralReach", fields=["at", "id"]),
        ops.RunPython(put_up),
    ]
