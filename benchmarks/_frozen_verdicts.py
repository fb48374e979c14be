"""Count what publishings have frozen."""

from __future__ import annotations

from orm.models import Publication
from resolvers.frozen_audiences import audiences_of


async def frozen_verdicts() -> int:
    """Give the number of verdicts in the audiences of all publications, one publication at a time."""
    keys = [publication.id for publication in await Publication.all().only("id")]
    return sum([len((await audiences_of([key]))[key]) for key in keys])
