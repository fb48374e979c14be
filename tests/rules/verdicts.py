"""What a rule says to what it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rules.errors import Refusal

TAKEN = "taken"


def verdict(rule: Callable[..., None], *given: Any, **named: Any) -> str:
    """Answer the code that a rule refuses with, or that it has taken what it was given."""
    try:
        rule(*given, **named)
    except Refusal as refused:
        return refused.code
    return TAKEN
