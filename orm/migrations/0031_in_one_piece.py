"""What a publishing to hundreds of readers writes is looked at, and kept, in one piece: on PostgreSQL.

The parents of many rows are looked up by reading all of a small table of parents once, not by a probe for each; the
letters of a bundle lie in it as bytes, as they came, and nobody makes arrays of them; and the keys of those whom an
entry of the trail touches, which cannot be pressed together, are not tried to be.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from tortoise import migrations
from tortoise.migrations import operations as ops

_GONE: Final = frozenset({"publication_audience"})
_PIECES: Final = ("keys", "readers", "traits", "places")
_BUNDLES: Final = (
    'ALTER TABLE "letter_bundle" ' + ", ".join(f'ADD COLUMN "{piece}_in_one" bytea' for piece in _PIECES),
    # What is tied at this moment stays so. Whoever is not a contact is a user.
    """UPDATE letter_bundle b SET keys_in_one = l.keys, readers_in_one = l.readers, traits_in_one = l.traits,
      places_in_one = l.places
    FROM (
      SELECT o.id, STRING_AGG(uuid_send(l.id), '' ORDER BY l.nth) AS keys,
        STRING_AGG(uuid_send(COALESCE(l.contact_id, l.user_id)), '' ORDER BY l.nth) AS readers,
        STRING_AGG(SET_BYTE('0', 0, CASE WHEN l.user_id IS NULL THEN 0 ELSE 1 END), '' ORDER BY l.nth) AS traits,
        STRING_AGG(int2send(CAST(l.place AS smallint)), '' ORDER BY l.nth) AS places
      FROM letter_bundle o, unnest(o.ids, o.contact_ids, o.user_ids, o.places) WITH ORDINALITY
        AS l(id, contact_id, user_id, place, nth)
      GROUP BY o.id
    ) l WHERE l.id = b.id""",
    'ALTER TABLE "letter_bundle" DROP COLUMN "ids", DROP COLUMN "contact_ids", DROP COLUMN "user_ids", '
    'DROP COLUMN "places"',
    *(f'ALTER TABLE "letter_bundle" RENAME COLUMN "{piece}_in_one" TO "{piece}"' for piece in _PIECES),
    'ALTER TABLE "letter_bundle" '
    + ", ".join(f'ALTER COLUMN "{piece}" SET NOT NULL, ALTER COLUMN "{piece}" SET STORAGE EXTERNAL' for piece in _PIECES),
)


async def put_up(_: Any, editor: Any) -> None:
    """Renew what looks at references, and bring bundles and entries into their form."""
    if editor.client.capabilities.dialect == "sqlite":
        return
    run = editor.client.execute_script
    for refers in import_module("orm.migrations.0022_wide_publishing").REFERENCES:
        if refers.table not in _GONE:
            await run(refers.renewed())
    for statement in _BUNDLES:
        await run(statement)
    await run('ALTER TABLE "audit_entry" ALTER COLUMN "subjects" SET STORAGE EXTERNAL')


class Migration(migrations.Migration):
    """Look at many rows, and keep them, in one piece."""

    dependencies = [("homeward", "0030_waits_of_the_unanswered")]

    operations = [ops.RunPython(put_up)]
