"""The key that signs the seals over the trail, kept outside the database in a file with mode 0600 (AUD-03).

The file is JSON: the private key that signs now, and the public keys of all that ever did. A rotation forgets the old
private key, so whoever steals a key cannot sign anew what was sealed before it was made. The public keys are exported
as PEM and given to whoever verifies; the file itself is shared by the machines that seal, and backed up like the key
file of the documents.
"""

from __future__ import annotations

import base64
import hashlib
import json
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from homeward.secret_file import make_secret, replace_secret
from resolvers.seal_ports import SealKeyError

_PEM_END = b"-----END PUBLIC KEY-----"


@dataclass(frozen=True, slots=True)
class PublicSealKeys:
    """The :class:`resolvers.seal_ports.PublicKeys` of a house, by their ids."""

    keys: Mapping[str, Ed25519PublicKey]

    def knows(self, key_id: str) -> bool:
        """Say whether the key is among these."""
        return key_id in self.keys

    def fits(self, key_id: str, content: bytes, signature: str) -> bool:
        """Say whether this key has signed this content."""
        try:
            self.keys[key_id].verify(bytes.fromhex(signature), content)
        except (KeyError, ValueError, InvalidSignature):
            return False
        return True

    @property
    def pem(self) -> str:
        """Give the public keys for whoever verifies, one block each."""
        blocks = (key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in self.keys.values())
        return b"".join(blocks).decode()

    @classmethod
    def read(cls, pem: bytes) -> PublicSealKeys:
        """Read one or several PEM blocks.

        Raises:
            SealKeyError: it holds none, or something else.
        """
        blocks = [block + _PEM_END for block in pem.split(_PEM_END)[:-1]]
        try:
            keys = [load_pem_public_key(block.strip()) for block in blocks]
        except ValueError as fault:
            raise SealKeyError("This is not a public key in PEM, as `homeward audit public-key` writes it.") from fault
        ed25519 = [key for key in keys if isinstance(key, Ed25519PublicKey)]
        if not keys or len(ed25519) < len(keys):
            raise SealKeyError("This is not a public key of the seals. Write it with: homeward audit public-key")
        return cls({key_id_of(key): key for key in ed25519})


@dataclass(frozen=True, slots=True)
class _Signer:
    key_id: str
    key: Ed25519PrivateKey = field(repr=False)

    def sign(self, content: bytes) -> bytes:
        return self.key.sign(content)


@dataclass(frozen=True, slots=True)
class _Keys:
    private: Ed25519PrivateKey = field(repr=False)
    public: PublicSealKeys

    @property
    def content(self) -> bytes:
        public = {name: _text(key.public_bytes_raw()) for name, key in self.public.keys.items()}
        told = {"private": _text(self.private.private_bytes_raw()), "public": public}
        return json.dumps(told, indent=2).encode() + b"\n"


class SealKeyFile:
    """The :class:`resolvers.seal_ports.SealKeys` of this house, from its file; read again when it changes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._keys: _Keys | None = None

    def signer(self) -> _Signer:
        """Give the key that signs now."""
        private = self._fresh().private
        return _Signer(key_id_of(private.public_key()), private)

    def knows(self, key_id: str) -> bool:
        """Say whether a key signs now or did before."""
        return self._fresh().public.knows(key_id)

    @property
    def public(self) -> PublicSealKeys:
        """Give the public keys, those of former private keys too.

        Raises:
            SealKeyError: the file is missing, open to others, or damaged.
        """
        return self._fresh().public

    def _fresh(self) -> _Keys:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            raise SealKeyError(
                f"The key of the seals, {self._path}, is missing. Put it back from its backup; without it nothing is "
                "sealed, and nothing is lost: entries wait."
            ) from None
        seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        if self._keys is None or seen != self._seen:
            if stat.S_IMODE(status.st_mode) & 0o027:
                raise SealKeyError(f"The key of the seals is open to others: chmod 600 {self._path}")
            self._keys, self._seen = _read(self._path), seen
        return self._keys


def key_id_of(key: Ed25519PublicKey) -> str:
    """Name a key by its public half: the first 16 hex digits of the SHA-256 of its 32 bytes."""
    return f"seal-{hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]}"


def make_seal_key(path: Path) -> bool:
    """Make the key file, unless there is one; answer whether it was made. Safe to do at once twice."""
    return make_secret(path, _with_new_key({}).content)


def rotate_seal_key(path: Path) -> str:
    """Seal with a new key from now on, and forget the old private one; answer the new key's id.

    Raises:
        SealKeyError: there is no usable file.
    """
    keys = _with_new_key(SealKeyFile(path).public.keys)
    replace_secret(path, keys.content)
    return key_id_of(keys.private.public_key())


def _with_new_key(former: Mapping[str, Ed25519PublicKey]) -> _Keys:
    private = Ed25519PrivateKey.generate()
    public = private.public_key()
    return _Keys(private, PublicSealKeys({**former, key_id_of(public): public}))


def _read(path: Path) -> _Keys:
    try:
        told = json.loads(path.read_bytes())
        private = Ed25519PrivateKey.from_private_bytes(base64.b64decode(told["private"], validate=True))
        raw = [base64.b64decode(one, validate=True) for one in told["public"].values()]
        public = {key_id_of(key): key for key in map(Ed25519PublicKey.from_public_bytes, raw)}
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise SealKeyError(f"The file {path} is not a key of the seals. Put it back from its backup.") from fault
    if key_id_of(private.public_key()) not in public:
        raise SealKeyError(f"The key of the seals, {path}, is damaged. Put it back from its backup.")
    return _Keys(private, PublicSealKeys(public))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
