"""The key file: the key-encryption keys that wrap the key of each document, kept outside the database.

A small JSON file with mode 0600. It is read again when it changes, so a rotation reaches running processes. Whoever
loses it has lost every document: back it up, apart from the database.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from homeward.secret_file import make_secret, replace_secret
from resolvers.file_ports import DamagedFileError, SealedKey

_KEY_BYTES = 32
_NONCE_BYTES = 12
_PURPOSE = b"homeward file key 1\0"


class KeyFileError(Exception):
    """The key file is missing, open to others, or not one; the text says what to do."""


@dataclass(frozen=True, slots=True)
class _Keys:
    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    @property
    def content(self) -> bytes:
        keys = {name: base64.b64encode(key).decode() for name, key in self.keys.items()}
        return json.dumps({"current": self.current, "keys": keys}, indent=2).encode() + b"\n"


class KeyFile:
    """The :class:`resolvers.file_ports.KeyRing` of this house, from its file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys = self._fresh()

    @property
    def current_id(self) -> str:
        """Name the key that wraps now."""
        return self._fresh().current

    def wrap(self, storage_id: UUID, file_key: bytes) -> SealedKey:
        """Wrap the key of a new file."""
        keys = self._fresh()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(keys.keys[keys.current]).encrypt(nonce, file_key, _bound_to(storage_id, keys.current))
        return SealedKey(storage_id, keys.current, base64.b64encode(nonce + sealed).decode())

    def unwrap(self, key: SealedKey) -> bytes:
        """Open the key of a file.

        Raises:
            DamagedFileError: it does not open, or the key that wrapped it is not in the file.
        """
        wrapping = self._fresh().keys.get(key.key_id)
        if wrapping is None:
            raise DamagedFileError("its key-encryption key is not in the key file")
        try:
            sealed = base64.b64decode(key.wrapped_key, validate=True)
            nonce, sealed = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
            return AESGCM(wrapping).decrypt(nonce, sealed, _bound_to(key.storage_id, key.key_id))
        except (binascii.Error, ValueError, InvalidTag) as fault:
            raise DamagedFileError("its key does not open") from fault

    def rewrap(self, key: SealedKey) -> SealedKey:
        """Wrap a file's key by the current key-encryption key instead.

        Raises:
            DamagedFileError: as :meth:`unwrap`.
        """
        return self.wrap(key.storage_id, self.unwrap(key))

    def _fresh(self) -> _Keys:
        """Give the keys, read anew if the file is another one than before."""
        try:
            status = self._path.stat()
        except FileNotFoundError:
            raise KeyFileError(
                f"The key file {self._path} is missing. Without it no document can be opened: put it back from its "
                "backup. For a new installation make one, once: homeward make-keys"
            ) from None
        seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        if seen != self._seen:
            if stat.S_IMODE(status.st_mode) & 0o027:
                raise KeyFileError(f"The key file {self._path} is open to others: chmod 600 {self._path}")
            self._keys, self._seen = _read(self._path), seen
        return self._keys


def make_keys(path: Path) -> bool:
    """Make a key file with a first key, unless there is one; answer whether it was made. Safe to do at once twice."""
    name = _new_name()
    return make_secret(path, _Keys(name, {name: secrets.token_bytes(_KEY_BYTES)}).content)


def add_key(path: Path) -> str:
    """Add a new key that wraps from now on; the old ones stay, to open. Answer its name."""
    with _alone(path):
        keys = _read(path)
        name = _new_name()
        replace_secret(path, _Keys(name, {**keys.keys, name: secrets.token_bytes(_KEY_BYTES)}).content)
    return name


def forget_keys(path: Path, in_use: set[str]) -> list[str]:
    """Drop the keys that wrap nothing any more, never the current one; answer their names."""
    with _alone(path):
        keys = _read(path)
        kept = {name: key for name, key in keys.keys.items() if name in in_use or name == keys.current}
        gone = sorted(keys.keys.keys() - kept.keys())
        if gone:
            replace_secret(path, _Keys(keys.current, kept).content)
    return gone


def _bound_to(storage_id: UUID, key_id: str) -> bytes:
    return _PURPOSE + storage_id.bytes + key_id.encode()


def _new_name() -> str:
    return f"key-{secrets.token_hex(6)}"


def _read(path: Path) -> _Keys:
    try:
        told = json.loads(path.read_bytes())
        keys = {str(name): base64.b64decode(key, validate=True) for name, key in told["keys"].items()}
        current = told["current"]
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise KeyFileError(f"The file {path} is not a key file. Put it back from its backup.") from fault
    if current not in keys or any(len(key) != _KEY_BYTES for key in keys.values()):
        raise KeyFileError(f"The key file {path} is damaged. Put it back from its backup.")
    return _Keys(current, keys)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
