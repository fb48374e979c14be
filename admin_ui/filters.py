"""What a list can be narrowed by: how each filter is asked for, and whether it may stand in an address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, StrEnum

from admin_ui.forms import Fields
from admin_ui.rendering import words

Choices = Sequence[tuple[str, str]]


class Kind(StrEnum):
    """How a filter is asked for."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    CHOICE = "CHOICE"
    CHOICES = "CHOICES"
    """Any of several, as check boxes."""
    DAYS = "DAYS"
    """Two days, both included: ``name`` followed by ``From`` and ``To``."""
    DAY = "DAY"
    FLAG = "FLAG"


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter. A ``personal`` one tells something about a person: it is posted and never enters an address.

    ``usual`` are the choices that count where none is made.
    """

    name: str
    label: str
    kind: Kind = Kind.TEXT
    choices: Choices | Callable[[], Choices] = ()
    personal: bool = False
    hint: str = ""
    limit: int = 100
    usual: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Name the fields of the form that belong to it."""
        return (f"{self.name}From", f"{self.name}To") if self.kind is Kind.DAYS else (self.name,)

    def offered(self) -> Choices:
        """Give the choices of this moment: value and words."""
        return self.choices() if callable(self.choices) else self.choices


def coded(codes: Iterable[Enum]) -> Choices:
    """Offer codes in words."""
    return [(str(code.value), words(code.value)) for code in codes]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of a list, as typed; reading a value raises ``Invalid`` with its field when it cannot be read."""

    fields: Fields
    filters: Sequence[Filter]
    order: str = ""
    after: str | None = None
    posted: bool = False

    @classmethod
    def of(cls, fields: Fields, filters: Sequence[Filter], orders: Iterable[str], *, posted: bool) -> Asked:
        """Take from a form what is asked for; from an address only what may stand in one."""
        names = {name for one in filters if posted or not one.personal for name in one.names}
        kept = tuple((name, value[:200]) for name, value in fields.pairs if name in names)
        order = fields.raw("order")
        return cls(
            Fields(kept),
            filters,
            order if order in set(orders) else "",
            fields.raw("after") or None,
            posted,
        )

    @property
    def personal(self) -> bool:
        """Say whether a filter tells something about a person."""
        return any(self.fields.raw(one.name).strip() for one in self.filters if one.personal)

    @property
    def narrowed(self) -> bool:
        """Say whether any filter is filled in."""
        return self.personal or any(value for _, value in self.kept())

    def kept(self) -> list[tuple[str, str | None]]:
        """Give what may stand in an address; what is usual anyway is left out."""
        left_out = {name for one in self.filters if one.personal or self._is_usual(one) for name in one.names}
        return [(name, value.strip()) for name, value in self.fields.pairs if name not in left_out]

    def _is_usual(self, one: Filter) -> bool:
        return bool(one.usual) and set(self.chosen(one)) == set(one.usual)

    def chosen(self, one: Filter) -> tuple[str, ...]:
        """Give the choices made at a filter that are offered there, else the usual ones."""
        offered = {value for value, _ in one.offered()}
        return tuple(value for value in self.fields.all(one.name) if value in offered) or one.usual

    def text(self, name: str) -> str | None:
        """Give one line of text, or None for nothing."""
        return self.fields.text(name) or None

    def flag(self, name: str) -> bool:
        """Say whether a box is ticked."""
        return bool(self.fields.raw(name))

    def day(self, name: str) -> date | None:
        """Give a day, or None for nothing.

        Raises:
            Invalid: ``DAY_MALFORMED``.
        """
        return self.fields.day(name)
