"""The two statements that tell hundreds of readers one thing each, and tie their letters: of PostgreSQL.

They do what those of :mod:`resolvers.promises` do, which know any number of lines for each reader. But they join all
readers with the mailboxes at once, and keys travel in one piece, in which those of the letters are committed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import pack
from typing import Final
from uuid import UUID

from orm.rows import in_one_piece, nth_key
from orm.sql import Value
from resolvers.letter_bundles import IS_USER, NO_LETTER, nth_place

Told = tuple[tuple[UUID, UUID | None, UUID | None, bool], int]
"""A :class:`resolvers.promises.Reader`, and the place of the promise."""


def wide_statements(
    told: Sequence[Told], keys: bytes, news: str, values: Mapping[str, Value]
) -> list[tuple[str, dict[str, Value]]]:
    """Give the statements for readers who have a mailbox each, and what the statements carry."""
    mailboxes = [reader[0] for reader, _ in told]
    order = sorted(range(len(told)), key=mailboxes.__getitem__)  # as the indexes have them
    held = {"last": len(told) - 1, "mailboxes": in_one_piece([mailboxes[nth] for nth in order])}
    readers, traits, places = [], [], []
    for nth in order:
        (_, contact, user, writes), place = told[nth]
        readers.append(contact or user or mailboxes[nth])
        traits.append((0 if user is None else IS_USER) | (0 if writes else NO_LETTER))
        places.append(place)
    pieces = {
        "keys": b"".join([keys[16 * nth : 16 * nth + 16] for nth in order]),
        "readers": in_one_piece(readers),
        "traits": bytes(traits),
        "places": pack(f">{len(places)}H", *places),
    }
    return [(_HOLD, held), (_keep(news), {**held, **pieces, **values})]


# Planned for ten rows, as any array, not for a thousand, as a series: so a table of up to 5,000 mailboxes is read in
# one go, and in a larger one each is looked up.
_SERIES: Final = "unnest(ARRAY(SELECT generate_series(0, CAST(:last AS integer)))) AS nth"
_MAILBOX: Final = nth_key("CAST(:mailboxes AS bytea)")
_HOLD: Final = f"""
SELECT COUNT(*) FROM (
  SELECT m.id FROM (SELECT {_MAILBOX} AS mailbox_id FROM {_SERIES} OFFSET 0) AS given
  JOIN mailbox m ON m.id = given.mailbox_id ORDER BY m.id FOR NO KEY UPDATE OF m
) AS held
"""


@lru_cache(maxsize=2)
def _keep(news: str) -> str:
    return f"""
WITH given AS MATERIALIZED (
  SELECT nth, {nth_key("CAST(:keys AS bytea)")} AS id, {_MAILBOX} AS mailbox_id,
    {nth_place("CAST(:places AS bytea)")} AS place
  FROM {_SERIES}
),
news AS MATERIALIZED (SELECT * FROM {news}),
counted AS (
  UPDATE mailbox SET last_line = last_line + 1 FROM given WHERE mailbox.id = given.mailbox_id
  RETURNING given.nth, given.id, given.mailbox_id, given.place, mailbox.last_line AS line
),
lines AS (
  INSERT INTO notification (id, mailbox_id, line, kind, referral_id, referral_number, subject_number, numbers, at)
  SELECT c.id, c.mailbox_id, c.line, n.kind, n.referral_id, n.referral_number, n.subject_number, n.numbers, :at
  FROM counted c FULL JOIN news n ON n.place = c.place ORDER BY c.nth
)
INSERT INTO letter_bundle (at, keys, readers, traits, places, news)
SELECT :at, :keys, CAST(:readers AS bytea), :traits, :places, JSONB_AGG(JSONB_BUILD_OBJECT(
  'place', n.place, 'kind', n.kind, 'referral_id', n.referral_id, 'facts', n.facts)) FROM news n
"""
