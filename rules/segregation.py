"""Segregation of duties: which roles do not go together in one hand (002:244-245, ARA-23, POL-20)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rules.errors import Invalid


class PairVerdict(StrEnum):
    """Say what becomes of two roles in one hand."""

    FORBIDDEN = "FORBIDDEN"
    """Never together (002:244-245)."""
    ALLOWED_WITH_REASON = "ALLOWED_WITH_REASON"
    """Together only with a reason, and shown in every review (POL-20)."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two roles that do not go together, by their codes, in either order."""

    first: str
    second: str
    verdict: PairVerdict

    @property
    def codes(self) -> frozenset[str]:
        """Give both codes."""
        return frozenset((self.first, self.second))


def ordered(first: str, second: str) -> tuple[str, str]:
    """Give two codes in the one order in which a pair is kept."""
    return (first, second) if first < second else (second, first)


def pairs_met(held: Iterable[str], asked: Iterable[str], matrix: Iterable[Pair]) -> tuple[Pair, ...]:
    """Find the pairs that the asked roles would make with each other or with those held; old ones are not named."""
    new = frozenset(asked)
    together = frozenset(held) | new
    return tuple(
        pair
        for pair in sorted(matrix, key=lambda pair: (pair.first, pair.second))
        if pair.first in together and pair.second in together and not new.isdisjoint((pair.first, pair.second))
    )


def has_reason(pair: Pair, reasons: Mapping[str, str]) -> bool:
    """Say whether the request says why on one of the two roles; ``reasons`` are by code, of the roles asked for."""
    return any(reasons.get(code) for code in pair.codes)


def forbidden(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    """Pick the pairs that are never allowed."""
    return tuple(pair for pair in pairs if pair.verdict is PairVerdict.FORBIDDEN)


def unexplained(pairs: Iterable[Pair], reasons: Mapping[str, str]) -> tuple[Pair, ...]:
    """Pick the pairs that are allowed with a reason, and have none."""
    return tuple(
        pair for pair in pairs if pair.verdict is PairVerdict.ALLOWED_WITH_REASON and not has_reason(pair, reasons)
    )


def codes_of(pairs: Iterable[Pair]) -> frozenset[str]:
    """Name the roles of these pairs."""
    return frozenset().union(*(pair.codes for pair in pairs))


def check_pairs(pairs: Collection[Pair], reasons: Mapping[str, str]) -> None:
    """Let a set of roles go on to be decided. Raises Invalid INCOMPATIBLE_ROLES, REASON_REQUIRED (field ``roles``)."""
    if forbidden(pairs):
        raise Invalid("Two of these roles do not go together.", code="INCOMPATIBLE_ROLES", field="roles")
    if unexplained(pairs, reasons):
        raise Invalid(
            "Two of these roles go together only with a reason. Say on one of them why.",
            code="REASON_REQUIRED",
            field="roles",
        )


def check_pair(first: str, second: str) -> tuple[str, str]:
    """Give two codes in their order. Raises Invalid SAME_ROLE for a role with itself."""
    if first == second:
        raise Invalid("Name two different roles.", code="SAME_ROLE", field="second")
    return ordered(first, second)
