"""The encrypted file store: each document under a random name, sealed piece by piece with a key of its own.

A file is a mark, then segments of 64 KiB, each sealed by AES-256-GCM. The nonce is the number of the segment; it never
comes twice, because each file has its own random key. The number, whether it is the last one, and the file's name are
authenticated with it, so a segment that is changed, moved, left out, added or of another file does not open.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import ParamSpec, TypeVar
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from homeward.key_file import KeyFile
from orm.unbroken import finish
from resolvers.file_ports import DamagedFileError, FoundFile, KeptFile, SealedKey
from resolvers.ports import Clock

P = ParamSpec("P")
T = TypeVar("T")

MARK = b"HOMEWARD FILE 1\n"
SEGMENT = 64 * 1024
"""Plain bytes of a segment; only the last one may be shorter."""
TAG = 16
_BEGUN = ".part"


class EncryptedFileStore:
    """The :class:`resolvers.file_ports.FileStore` of this house: a directory outside everything that is served."""

    def __init__(self, directory: Path, keys: KeyFile, clock: Clock) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._keys = keys
        self._clock = clock

    async def keep(self, content: AsyncIterable[bytes]) -> KeptFile:
        """Keep a file; it is whole on the disk when this returns. Whatever ``content`` raises, nothing is kept."""
        storage_id, file_key = uuid4(), AESGCM.generate_key(256)
        key = self._keys.wrap(storage_id, file_key)
        begun, whole = self._begun(storage_id), self._whole(storage_id)
        digest = hashlib.sha256()
        size = 0
        try:
            sealing = _Sealing(begun, _Sealer(file_key, storage_id))
            try:
                async for piece in content:
                    digest.update(piece)
                    size += len(piece)
                    await _aside(sealing.take, piece)
                await _aside(sealing.end, self._clock())
            finally:
                sealing.close()
            await _aside(_into_place, begun, whole)
        except BaseException:
            with suppress(FileNotFoundError):
                begun.unlink()
            raise
        return KeptFile(key, size, digest.hexdigest())

    async def read(self, key: SealedKey, size: int) -> AsyncGenerator[bytes, None]:
        """Give the content piece by piece, each proven before it is given. Close the generator when done.

        Raises:
            DamagedFileError: the file is not the one that was kept.
        """
        sealer = _Sealer(self._keys.unwrap(key), key.storage_id)
        try:
            file = FileIO(self._whole(key.storage_id))
        except FileNotFoundError as fault:
            raise DamagedFileError("it is missing") from fault
        with file:
            last = max(0, (size - 1) // SEGMENT)
            if os.fstat(file.fileno()).st_size != len(MARK) + size + (last + 1) * TAG:
                raise DamagedFileError("its length is another one")
            if await _aside(_exactly, file, len(MARK)) != MARK:
                raise DamagedFileError("its mark is another one")
            for number in range(last + 1):
                length = (size - last * SEGMENT if number == last else SEGMENT) + TAG
                sealed = await _aside(_exactly, file, length)
                yield await _aside(sealer.open, sealed, number, last=number == last)

    async def remove(self, storage_id: UUID) -> None:
        """Remove a file, begun or whole; one that is not there is no fault."""
        await _aside(_remove, self._begun(storage_id), self._whole(storage_id))

    async def found(self) -> list[FoundFile]:
        """List what lies in the store, begun files too; what was not put there by the house is left alone."""
        return await _aside(_found, self._directory)

    def _whole(self, storage_id: UUID) -> Path:
        return self._directory / storage_id.hex

    def _begun(self, storage_id: UUID) -> Path:
        return self._directory / f"{storage_id.hex}{_BEGUN}"


class _Sealer:
    """Seal and open the segments of one file."""

    def __init__(self, file_key: bytes, storage_id: UUID) -> None:
        self._cipher = AESGCM(file_key)
        self._name = storage_id.bytes

    def seal(self, plain: bytes, number: int, *, last: bool) -> bytes:
        """Seal a segment."""
        return self._cipher.encrypt(_nonce(number), plain, self._bound_to(number, last))

    def open(self, sealed: bytes, number: int, *, last: bool) -> bytes:
        """Prove a segment and open it.

        Raises:
            DamagedFileError: it is not the one that was sealed in this place.
        """
        try:
            return self._cipher.decrypt(_nonce(number), sealed, self._bound_to(number, last))
        except InvalidTag as fault:
            raise DamagedFileError(f"segment {number} does not open") from fault

    def _bound_to(self, number: int, last: bool) -> bytes:
        return MARK + self._name + number.to_bytes(8, "big") + (b"\x01" if last else b"\x00")


class _Sealing:
    """A file that is being written, on a thread."""

    def __init__(self, path: Path, sealer: _Sealer) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._sealer = sealer
        self._plain = bytearray()
        self._number = 0
        self._file.write(MARK)

    def take(self, piece: bytes) -> None:
        """Take in a piece; the last segment waits, because it is marked as the last."""
        self._plain += piece
        while len(self._plain) > SEGMENT:
            self._write(bytes(self._plain[:SEGMENT]), last=False)
            del self._plain[:SEGMENT]

    def end(self, at: datetime) -> None:
        """Write the last segment and wait until everything is on the disk."""
        self._write(bytes(self._plain), last=True)
        self._file.flush()
        os.utime(self._file.fileno(), (at.timestamp(), at.timestamp()))
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _write(self, plain: bytes, *, last: bool) -> None:
        self._file.write(self._sealer.seal(plain, self._number, last=last))
        self._number += 1


async def _aside(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it on a thread, to its end whoever is cancelled meanwhile: a file in use must not be closed under it."""
    return await finish(asyncio.to_thread(do, *args, **kwargs))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


def _exactly(file: FileIO, length: int) -> bytes:
    read = bytearray()
    while len(read) < length and (more := file.read(length - len(read))):
        read += more
    return bytes(read)


def _into_place(begun: Path, whole: Path) -> None:
    begun.rename(whole)
    directory = os.open(whole.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _remove(*paths: Path) -> None:
    for path in paths:
        path.unlink(missing_ok=True)


def _found(directory: Path) -> list[FoundFile]:
    found = []
    for entry in os.scandir(directory):
        with suppress(ValueError, FileNotFoundError):
            storage_id = UUID(hex=entry.name.removesuffix(_BEGUN))
            found.append(FoundFile(storage_id, datetime.fromtimestamp(entry.stat().st_mtime, UTC)))
    return found
