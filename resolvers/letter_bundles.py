"""Bundles: where hundreds are written to at once, their letters are committed as one row of PostgreSQL.

To write a row of the outbox for each, with all its indexes, took a quarter of the time of a publishing, in which other
publishers wait for the mailboxes. So :mod:`resolvers.promises` ties the letters together, in the transaction of the
change as ever. Whoever looks at the outbox then, mostly the relay and at once, unties them first: in one transaction
the bundle goes and its letters come. If a process is killed between, the next one who looks does it.
"""

from __future__ import annotations

from typing import Final

from orm.rows import nth_key
from orm.sql import dialect, fetch

MANY: Final = 100
"""From so many letters on, a bundle is sooner written than they are."""
MOST_NEWS: Final = 2**15
"""Of so many promises each has a place that two bytes can name."""
IS_USER: Final = 1
NO_LETTER: Final = 2
"""Traits of a reader: a user, not a contact; one who is not written to."""


def nth_place(piece: str) -> str:
    """Give the text that reads place number ``nth``, counted from 0, of places in one piece."""
    return f"(GET_BYTE({piece}, nth * 2) * 256 + GET_BYTE({piece}, nth * 2 + 1))"


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
# deleted by hand is left out: the others must not wait for it for ever. Pieces are fetched once, by adding nothing.
_UNTIE: Final = f"""
WITH oldest AS (SELECT id FROM letter_bundle ORDER BY id LIMIT 1 FOR UPDATE),
bundle AS (DELETE FROM letter_bundle b USING oldest WHERE b.id = oldest.id RETURNING b.*),
piece AS MATERIALIZED (
  SELECT at, news, keys || '' AS keys, readers || '' AS readers, traits || '' AS traits, places || '' AS places
  FROM bundle
),
tied AS MATERIALIZED (
  SELECT p.at, {nth_key("p.keys")} AS id, {nth_key("p.readers")} AS reader_id,
    GET_BYTE(p.traits, nth) & {IS_USER} <> 0 AS is_user, {nth_place("p.places")} AS place
  FROM piece p, generate_series(0, LENGTH(p.traits) - 1) AS nth WHERE GET_BYTE(p.traits, nth) & {NO_LETTER} = 0
),
letter AS (
  SELECT t.id, CASE WHEN NOT t.is_user THEN t.reader_id END AS contact_id, CASE WHEN t.is_user THEN t.reader_id END
    AS user_id, n.kind, n.referral_id, n.facts, t.at
  FROM tied t JOIN (
    SELECT n.* FROM piece p, jsonb_to_recordset(p.news) AS n(place integer, kind text, referral_id uuid, facts jsonb)
  ) n ON n.place = t.place
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
