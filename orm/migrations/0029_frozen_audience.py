"""The audience of a publication is a document in its row: for each reason the keys of the providers.

It is written once and read as a whole, and nobody looks for a provider in all of them. As 600 rows with two indexes and
their references it took a publishing longer than to decide it. Whether a provider was reached follows from its reason.
"""

from __future__ import annotations

from typing import Any

from tortoise import fields, migrations
from tortoise.exceptions import IntegrityError
from tortoise.migrations import operations as ops

from orm.guards import WrittenOnce, catalogue_names
from orm.migration_steps import Noted
from orm.references import Refers

GONE = (
    WrittenOnce("publication_audience"),
    Refers("publication_audience", (("publication_id", "publication"), ("provider_id", "provider"))),
)
"""Guards that go with their table."""

_UNLIKE = "SELECT COUNT(*) AS n FROM publication_audience WHERE eligible <> (reason IN ('STATEWIDE', 'COUNTY'))"
_DOCUMENT = """
SELECT '{' || COALESCE(STRING_AGG(part, ','), '') || '}' FROM (
  SELECT '"' || reason || '":["' || STRING_AGG(CAST(provider_id AS TEXT), '","') || '"]' AS part
  FROM publication_audience WHERE publication_id = publication.id GROUP BY reason) parts
"""


async def move(_: Any, editor: Any) -> None:
    """Write what is there as documents, while the guard of what is written once steps aside; take the old guards down.

    Raises IntegrityError if a row says otherwise than its reason, and so could not be told any more.
    """
    client = editor.client
    dialect, run = client.capabilities.dialect, client.execute_script
    [unlike] = await client.execute_query_dict(_UNLIKE)
    if unlike["n"]:
        raise IntegrityError(f"publication_audience has {unlike['n']} rows that say otherwise than their reason")
    await run("ALTER TABLE publication ADD COLUMN audience TEXT NOT NULL DEFAULT '{}'")
    if dialect == "postgres":
        # Keys cannot be pressed together, and to try takes twice as long as to write them.
        await run("ALTER TABLE publication ALTER COLUMN audience SET STORAGE EXTERNAL")
        await run("ALTER TABLE publication ALTER COLUMN audience DROP DEFAULT")
    aside, back = await _guard_of_changes(client, dialect)
    await run(aside)
    document = _DOCUMENT if dialect == "postgres" else _DOCUMENT.replace("STRING_AGG(", "GROUP_CONCAT(")
    await run(f"UPDATE publication SET audience = ({document})")
    await run(back)
    if dialect == "postgres":  # on SQLite they go with the table
        for name in [name for guard in GONE for name in catalogue_names(guard, dialect)]:
            await run(f'DROP FUNCTION IF EXISTS "{name}" CASCADE')


async def _guard_of_changes(client: Any, dialect: str) -> tuple[str, str]:
    """Give the statement that lets the guard against changes of a publication step aside, and the one that undoes it."""
    if dialect == "postgres":
        alter = 'ALTER TABLE publication {} TRIGGER "publication_written_once"'
        return alter.format("DISABLE"), alter.format("ENABLE")
    [guard] = await client.execute_query_dict(
        "SELECT name, sql FROM sqlite_master WHERE name = 'publication_written_once_update'"
    )
    return f'DROP TRIGGER "{guard["name"]}"', guard["sql"]


class Migration(migrations.Migration):
    """Keep the audience with its publication."""

    dependencies = [("homeward", "0028_letter_bundles")]

    operations = [
        ops.RunPython(move),
        ops.DeleteModel(name="PublicationAudience"),
        Noted(model_name="Publication", name="audience", field=fields.TextField(unique=False)),
    ]
