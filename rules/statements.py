"""The texts that people accept: the confidentiality statement, the terms of a request (000:253, DAT-08)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class StatementKind(StrEnum):
    """Say what a text is for."""

    CONFIDENTIALITY = "CONFIDENTIALITY"
    """Accepted at sign-on, before anything else is seen (000:253)."""
    TERMS = "TERMS"
    """Agreed to with each access request (000:161-163)."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One version of a text, valid from a day on until a newer one is."""

    kind: StatementKind
    version: str
    text: str
    effective_from: date


def in_force(statements: Iterable[Statement], kind: StatementKind, on: date) -> Statement | None:
    """Give the newest text of a kind that is valid on a day."""
    valid = [one for one in statements if one.kind is kind and one.effective_from <= on]
    return max(valid, key=lambda one: (one.effective_from, one.version), default=None)
