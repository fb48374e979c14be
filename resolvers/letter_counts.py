"""How many letters stand where: read what the outbox keeps, and add up its rows from time to time."""

from __future__ import annotations

from orm.readings import fetch_often
from orm.sql import dialect, execute, fetch
from resolvers.letter_bundles import untie_bundles
from rules.notices import DeliveryState

MANY = 2_000
"""So many rows are worth adding up."""


async def letter_counts() -> dict[DeliveryState, int]:
    """Count the letters in each state."""
    await untie_bundles()
    rows = await fetch_often("SELECT state, SUM(n) AS n FROM letter_count GROUP BY state")
    counted = {row["state"]: int(row["n"]) for row in rows}
    return {state: counted.get(state.value, 0) for state in DeliveryState}


async def add_up_letter_counts() -> int:
    """Replace the rows of each state by their sum, where they are many; give how many those were.

    It changes no number. One statement adds up exactly what it takes out, whatever others commit meanwhile.
    """
    if dialect() == "sqlite":
        return 0  # there is one row for each state
    waiting = int((await fetch("SELECT COUNT(*) AS n FROM letter_count"))[0]["n"])
    if waiting < MANY:
        return 0
    await execute(
        "WITH gone AS (DELETE FROM letter_count WHERE id IN (SELECT id FROM letter_count FOR UPDATE SKIP LOCKED) "
        "RETURNING state, n) INSERT INTO letter_count (state, n) SELECT state, SUM(n) FROM gone GROUP BY state"
    )
    return waiting
