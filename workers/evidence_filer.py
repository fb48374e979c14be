"""Put each kept report outside the house too, as PDF and JSON: what the place lacks is added, nothing is deleted."""

from __future__ import annotations

import structlog

from resolvers.callers import Desk, house
from resolvers.evidence import file_evidence, names_of_evidence
from resolvers.evidence_ports import EvidenceShelf

_log = structlog.get_logger("homeward.evidence")


class EvidenceFiler:
    """File what is not filed yet. While the place is away nothing is lost: the next tick catches up."""

    def __init__(self, desk: Desk, shelf: EvidenceShelf) -> None:
        self._desk = desk
        self._shelf = shelf

    async def __call__(self) -> int:
        """File the reports that the place lacks; answer how many."""
        caller = house(self._desk, "evidence filer")
        names = await names_of_evidence()
        filed = 0
        try:
            held = await self._shelf.held()
            for name, number in names.items():
                if name not in held:
                    await self._shelf.put(await file_evidence(caller, number))
                    filed += 1
        except OSError as fault:
            _log.warning("evidence.not_filed", error=type(fault).__name__, waiting=True)
        return filed
