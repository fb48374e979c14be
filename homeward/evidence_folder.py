"""A folder, often a share, in which the kept reports are found without the house (SAR-11; 002:265)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from resolvers.evidence_ports import ReportFiles

_PART = ".part"


class EvidenceFolder:
    """The :class:`resolvers.evidence_ports.EvidenceShelf` of an installation. It never deletes or overwrites a report.

    The folder itself is not made: where a share is not mounted, reports would fall below its mount point unseen.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def held(self) -> Collection[str]:
        """Name the reports of which both files are there."""
        return await asyncio.to_thread(self._held)

    async def put(self, files: ReportFiles) -> None:
        """Write both files beside their places, wait until the disk has them, and rename them: whole or not there."""
        await asyncio.to_thread(self._put, files)

    def _held(self) -> frozenset[str]:
        names = {place.name for place in self._path.iterdir()}
        return frozenset(name.removesuffix(".pdf") for name in names if name.endswith(".pdf") and _json(name) in names)

    def _put(self, files: ReportFiles) -> None:
        for ending, body in (("json", files.content), ("pdf", files.pdf)):
            place = self._path / f"{files.name}.{ending}"
            if not place.exists():
                self._write(place, body)

    def _write(self, place: Path, body: bytes) -> None:
        part = place.with_name(f".{place.name}.{uuid4().hex}{_PART}")
        try:
            with part.open("xb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            part.replace(place)
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise


def _json(pdf: str) -> str:
    return f"{pdf.removesuffix('.pdf')}.json"
