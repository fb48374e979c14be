"""Lists that are taken out of the house as spreadsheets: it is written down before the first row leaves."""

from __future__ import annotations

from resolvers.desk import EVERYONE, Reading, access


@access("list.export", by=EVERYONE, cites="002:1-3; 002:221-223")
async def begin_export(reading: Reading, name: str, kind: str, *, narrowed: bool = False) -> None:
    """Write down that a list is taken out as a file; its rows come from the list's own use case, page by page."""
    reading.note(list=name, kind=kind, narrowed=narrowed)
