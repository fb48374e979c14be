"""What the seals need from the outside: a key that is not in the database, and a book that is not there either."""

from __future__ import annotations

from typing import Protocol

from resolvers.seal_facts import SealFacts


class SealKeyError(Exception):
    """There is no key to seal with, or not the right one; the text says what to do and holds no secret."""


class PublicKeys(Protocol):
    """The public keys of the house: the one that signs now, and those that did before."""

    def knows(self, key_id: str) -> bool:
        """Say whether the key is one of the house's."""

    def fits(self, key_id: str, content: bytes, signature: str) -> bool:
        """Say whether this key of the house has signed this content; the signature is in hex, if it is one."""


class Signer(Protocol):
    """The key that signs now, as it was when it was asked for."""

    @property
    def key_id(self) -> str:
        """Name the key, in at most 40 characters."""

    def sign(self, content: bytes) -> bytes:
        """Sign."""


class SealKeys(Protocol):
    """Where the key is kept; it may be another one, or none, each time it is asked for."""

    def signer(self) -> Signer:
        """Give the key that signs now.

        Raises:
            SealKeyError: there is no usable one.
        """

    def knows(self, key_id: str) -> bool:
        """Say whether a key is the one that signs now, or one that did before it.

        Raises:
            SealKeyError: there is no usable key.
        """


class CheckpointBook(Protocol):
    """A place outside the database that seals are told to, so that even whoever has the key cannot seal anew unseen."""

    async def keep(self, seal: SealFacts) -> None:
        """Keep a seal for good.

        Raises:
            OSError: it could not be kept; it has to be told again.
        """
