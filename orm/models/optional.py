"""A nullable choice, typed as what it holds: Tortoise types the field as if it were never null.

Each choice names its enum as its description. Without one, Tortoise lists the members there, and a new member would
ask for a migration that rebuilds the table.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar, cast

from tortoise import fields

E = TypeVar("E", bound=StrEnum)


def optional_choice(choices: type[E], max_length: int) -> E | None:
    """Make a column that holds one of the choices or nothing."""
    return cast(
        "E | None", fields.CharEnumField(choices, description=choices.__name__, max_length=max_length, null=True)
    )
