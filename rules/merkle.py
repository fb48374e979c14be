"""The Merkle tree of RFC 6962: one hash that stands for many leaves in their order, and short proofs that one is there.

The split of the RFC (the left side is the largest power of two below the size) is the same as pairing neighbours, level
by level, and carrying an odd last one up, as it is done here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

DIGEST_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
"""The hash of a tree without leaves."""


def leaf_of(data: bytes) -> bytes:
    """Hash the data of one leaf: SHA-256 over 0x00 and the data, so that no leaf can pass for a node."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_of(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees to one: SHA-256 over 0x01, the left and the right."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Hash the leaves (hashed already) to the root."""
    level = list(leaves)
    while len(level) > 1:
        level = _level_above(level)
    return level[0] if level else EMPTY_ROOT


def path_of(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """Give the inclusion path of the leaf at a place, counted from 0: the neighbours on the way up, the lowest first.

    Raises:
        IndexError: there is no such place.
    """
    if not 0 <= place < len(leaves):
        raise IndexError(f"there are {len(leaves)} leaves; none has the place {place}")
    path: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        neighbour = place ^ 1
        if neighbour < len(level):
            path.append(level[neighbour])
        level = _level_above(level)
        place >>= 1
    return path


def _level_above(level: Sequence[bytes]) -> list[bytes]:
    above = [*map(node_of, level[::2], level[1::2])]
    above += level[len(above) * 2 :]
    return above


def root_by_path(leaf: bytes, place: int, count: int, path: Sequence[bytes]) -> bytes | None:
    """Give the root that a path leads to from a leaf of a tree with so many leaves; None if the path cannot be one."""
    if not 0 <= place < count:
        return None
    root, last = leaf, count - 1
    rest = list(reversed(path))
    while last:
        if place & 1 or place < last:
            if not rest:
                return None
            neighbour = rest.pop()
            root = node_of(neighbour, root) if place & 1 else node_of(root, neighbour)
        place, last = place >> 1, last >> 1
    return None if rest else root
