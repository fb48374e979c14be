"""A reach asks for its own answer only if the referral has been answered at all, which at its first publishing it is not.

On PostgreSQL, where a publishing to hundreds of providers asked for as many answers.
"""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

_WAITS = """CREATE OR REPLACE FUNCTION "waits_reach_insert"() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE closed uuid[]; answered uuid[];
BEGIN
  closed := ARRAY(
    SELECT a.referral_id FROM (SELECT DISTINCT referral_id FROM added) a WHERE NOT EXISTS (
      SELECT 1 FROM referral r WHERE r.id = a.referral_id AND r.status = 'OPEN' LIMIT 1 OFFSET 0));
  answered := ARRAY(
    SELECT a.referral_id FROM (SELECT DISTINCT referral_id FROM added) a WHERE EXISTS (
      SELECT 1 FROM response o WHERE o.referral_id = a.referral_id LIMIT 1 OFFSET 0));
  IF cardinality(closed) = 0 AND cardinality(answered) = 0 THEN
    RETURN NULL;
  END IF;
  UPDATE referral_reach SET waits = false WHERE id = ANY (ARRAY(
    SELECT a.id FROM added a WHERE a.referral_id = ANY (closed) OR a.referral_id = ANY (answered) AND EXISTS (
      SELECT 1 FROM response o WHERE o.referral_id = a.referral_id AND o.provider_id = a.provider_id LIMIT 1 OFFSET 0)));
  RETURN NULL;
END $body$"""


async def put_up(_: Any, editor: Any) -> None:
    """Put the new body into the trigger's function."""
    if editor.client.capabilities.dialect == "postgres":
        await editor.client.execute_script(_WAITS)


class Migration(migrations.Migration):
    """Ask for answers where there are any."""

    dependencies = [("homeward", "0029_frozen_audience")]

    operations = [ops.RunPython(put_up)]
