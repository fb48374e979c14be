"""What is kept by key, at most so many: the one that was longest not asked for goes first.

Every room keeps something in this way (answers, writers, forms that were sent), and this is the room that all may use.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator, ValuesView
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """Values by key; bounded in number, not in size. A ``None`` is kept, but asking for it does not make it stay."""

    __slots__ = ("_find", "_kept", "_most", "_touch")

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()
        # Found once instead of at each look: it costs 10 ns more than an OrderedDict in place, and not 50.
        self._find = self._kept.get
        self._touch = self._kept.move_to_end

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[K]:
        """Give the keys, the next one to go first."""
        return iter(self._kept)

    def __contains__(self, key: K) -> bool:
        """Say whether there is something; that is not asking for it."""
        return key in self._kept

    def get(self, key: K) -> V | None:
        """Give what is kept under a key; it is now the last to go."""
        value = self._find(key)
        if value is not None:
            self._touch(key)
        return value

    def keep(self, key: K, value: V) -> None:
        """Keep something; what is one too many goes."""
        self._kept[key] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def values(self) -> ValuesView[V]:
        """Give what is kept."""
        return self._kept.values()

    def clear(self) -> None:
        """Keep nothing any more."""
        self._kept.clear()
