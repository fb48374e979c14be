"""Where kept reports are also put, outside the house (SAR-11; 002:265)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """A kept report as the two files that leave the house: its content, and its print."""

    name: str
    content: bytes
    pdf: bytes


class EvidenceShelf(Protocol):
    """A place for reports outside the database, such as a share; it may be away for a while."""

    async def held(self) -> Collection[str]:
        """Name the reports that are there whole. Raises OSError while the place is away."""

    async def put(self, files: ReportFiles) -> None:
        """Put both files there, each whole or not at all. Raises OSError while the place is away."""
