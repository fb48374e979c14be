"""What the documents of referrals need from the outside: a place for files, the keys, and a malware scanner.

Nothing decrypted ever touches a disk: a store takes and gives plain bytes, and keeps sealed ones.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


class DamagedFileError(Exception):
    """A kept file is not what was kept: missing, changed, cut, longer, another one, or its key does not open."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ScannerAwayError(Exception):
    """The malware scanner gave no verdict; the file has to be scanned again later."""


@dataclass(frozen=True, slots=True)
class SealedKey:
    """The key of one file, wrapped by the key-encryption key that ``key_id`` names; bound to ``storage_id``."""

    storage_id: UUID
    key_id: str
    wrapped_key: str


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that has reached the disk: what opens it again, its size in bytes and the SHA-256 of its content."""

    key: SealedKey
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that lies in the store, whole or begun, and since when."""

    storage_id: UUID
    since: datetime


@dataclass(frozen=True, slots=True)
class ScanVerdict:
    """What the scanner says; ``found`` names what it found."""

    clean: bool
    found: str = ""


class FileStore(Protocol):
    """Keep files encrypted, under random names."""

    async def keep(self, content: AsyncIterable[bytes]) -> KeptFile:
        """Keep a file; it is whole on the disk when this returns. Whatever ``content`` raises, nothing is kept."""

    def read(self, key: SealedKey, size: int) -> AsyncGenerator[bytes, None]:
        """Give the content piece by piece, each proven before it is given. Close the generator when done.

        Raises:
            DamagedFileError: the file is not the one that was kept.
        """

    async def remove(self, storage_id: UUID) -> None:
        """Remove a file; one that is not there is no fault."""

    async def found(self) -> list[FoundFile]:
        """List what lies in the store, begun files too."""


class KeyRing(Protocol):
    """Hold the key-encryption keys; the newest one wraps."""

    @property
    def current_id(self) -> str:
        """Name the key that wraps now."""

    def rewrap(self, key: SealedKey) -> SealedKey:
        """Wrap a file's key by the current key-encryption key instead.

        Raises:
            DamagedFileError: it does not open, or the key that wrapped it is not on the ring.
        """


class Scanner(Protocol):
    """Look for malware."""

    async def scan(self, content: AsyncIterable[bytes]) -> ScanVerdict:
        """Scan a content that is given piece by piece.

        Raises:
            ScannerAwayError: there is no verdict.
        """


@dataclass(frozen=True, slots=True)
class FileRoom:
    """What this house keeps documents with; ``size_limit`` is in bytes."""

    store: FileStore
    keys: KeyRing
    scanner: Scanner | None
    size_limit: int
