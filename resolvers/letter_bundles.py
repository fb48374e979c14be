"""Bundles: where hundreds are written to at once, their letters are committed as one row of PostgreSQL.

To write a row of the outbox for each, with all its indexes, took a quarter of the time of a publishing, in which other
publishers wait for the mailboxes. So :mod:`resolvers.promises` ties the letters together, in the transaction of the
change as ever. Whoever looks at the outbox then, mostly the relay and at once, unties them first: in one transaction
the bundle goes and its letters come. If a process is killed between, the next one who looks does it.
"""

from __future__ import annotations

from typing import Final

from orm.sql import dialect, fetch

MANY: Final = 100
"""From so many letters on, a bundle is sooner written than they are."""


async def untie_bundles() -> int:
    """Make letters of all bundles that were committed before, whoever tied them; give how many letters those were."""
    if dialect() == "sqlite":
        return 0
    untied = 0
    while await fetch("SELECT 1 AS one FROM letter_bundle LIMIT 1"):
        [row] = await fetch(_UNTIE)
        untied += int(row["untied"])
    return untied


# Two who do this wait for each other; the second one finds the next bundle, or none. A letter whose reader somebody has
# deleted by hand is left out: the others must not wait for it for ever.
_UNTIE: Final = """
WITH oldest AS (SELECT id FROM letter_bundle ORDER BY id LIMIT 1 FOR UPDATE),
bundle AS (DELETE FROM letter_bundle b USING oldest WHERE b.id = oldest.id RETURNING b.*),
letter AS (
  SELECT l.id, l.contact_id, l.user_id, n.kind, n.referral_id, n.facts, b.at
  FROM bundle b, unnest(b.ids, b.contact_ids, b.user_ids, b.places) AS l(id, contact_id, user_id, place),
    jsonb_to_recordset(b.news) AS n(place integer, kind text, referral_id uuid, facts jsonb)
  WHERE n.place = l.place
),
untied AS (
  INSERT INTO outbox
    (id, kind, contact_id, user_id, referral_id, facts, state, attempts, created_at, due_at, sent_to, last_error)
  SELECT l.id, l.kind, l.contact_id, l.user_id, l.referral_id, l.facts, 'QUEUED', 0, l.at, l.at, '', '' FROM letter l
  WHERE EXISTS (SELECT 1 FROM contact c WHERE c.id = l.contact_id)
    OR EXISTS (SELECT 1 FROM user_account u WHERE u.id = l.user_id)
  RETURNING 1
)
SELECT COUNT(*) AS untied FROM untied
"""
