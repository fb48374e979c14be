"""Say at the start what the house lacks to work as the documents ask, such as an assigned officer (RSK-01)."""

from __future__ import annotations

import structlog

from resolvers.callers import Desk
from resolvers.house_state import house_warnings

_log = structlog.get_logger("homeward.start")


async def warn_of_gaps(desk: Desk) -> None:
    """Log each warning; the house starts all the same, because nobody could be assigned otherwise."""
    for warning in await house_warnings(desk.clock()):
        _log.warning("house.warning", warning=str(warning))
