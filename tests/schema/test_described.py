"""Whoever reads the schema reads the docstrings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Generic, TypeVar

import pytest
import strawberry

from schema.described import described_enum, described_input, described_interface, described_type, undescribed

T = TypeVar("T")


class Season(StrEnum):
    """When it is (002:7)."""

    WINTER = "winter"
    """Cold."""
    SUMMER = "summer"
    AUTUMN = "autumn"

    @property
    def label(self) -> str:
        return f"the {self.value}"


class Size(StrEnum):
    BIG = "big"
    SMALL = "small"


described_enum(Season, values={Season.SUMMER: "Warm."})
described_enum(Size, name="ShirtSize", description="How large.", values={"big": "Large.", "small": "Not large."})


@described_interface
class Thing:
    """Anything with an id."""

    id: strawberry.ID
    """Its id."""


@described_type
class Page(Generic[T]):
    """A page of things."""

    first: T
    """What comes first."""

    @strawberry.field
    def more(self, count: int, skip: int = 0) -> list[T]:
        """Give more of it.

        Args:
            count: How many,
                at most 100.
            skip (int): How many to leave out.

        Raises:
            Nothing.
        """
        return [self.first][skip:count]


@described_type(name="Coat")
class Garment(Thing):
    """A coat
    that keeps you warm (001:139).

    - in winter
    - in summer
    """

    warmth: int = strawberry.field(default=3, description="By hand.")
    """Never seen."""

    size: Size
    """How large it is."""


@described_input
class Wish:
    """What you want."""

    season: Season
    """For when."""


def any_coat() -> Page[Garment]:
    """Find some coats."""
    raise NotImplementedError


@described_type
class Query:
    """What may be asked."""

    coats: Page[Garment] = strawberry.field(resolver=any_coat)
    others: Page[Garment] = strawberry.field(resolver=any_coat)
    """Find other coats."""

    @strawberry.field
    async def wish(
        self, info: strawberry.Info, wish: Wish, note: Annotated[str, strawberry.argument(description="By hand.")] = ""
    ) -> Garment:
        """Ask for a coat.

        Args:
            wish: What you want.
            note: Never seen.
        """
        raise NotImplementedError


SCHEMA = strawberry.Schema(Query)


@pytest.mark.parametrize(
    ("place", "description"),
    [
        ("Coat", "A coat that keeps you warm (001:139).\n\n- in winter\n- in summer"),
        ("Coat.id", "Its id."),
        ("Coat.warmth", "By hand."),
        ("Coat.size", "How large it is."),
        ("Thing", "Anything with an id."),
        ("CoatPage", "A page of things."),
        ("CoatPage.first", "What comes first."),
        ("CoatPage.more", "Give more of it."),
        ("CoatPage.more.count", "How many, at most 100."),
        ("CoatPage.more.skip", "How many to leave out."),
        ("Query.coats", "Find some coats."),
        ("Query.others", "Find other coats."),
        ("Query.wish", "Ask for a coat."),
        ("Query.wish.wish", "What you want."),
        ("Query.wish.note", "By hand."),
        ("Wish", "What you want."),
        ("Wish.season", "For when."),
        ("Season", "When it is (002:7)."),
        ("Season.WINTER", "Cold."),
        ("Season.SUMMER", "Warm."),
        ("Season.AUTUMN", "the autumn"),
        ("ShirtSize", "How large."),
        ("ShirtSize.BIG", "Large."),
    ],
)
def test_what_a_docstring_says_is_what_the_schema_says(place: str, description: str) -> None:
    type_name, *path = place.split(".")
    found = SCHEMA._schema.type_map[type_name]
    for step in path:
        parts = getattr(found, "fields", None) or getattr(found, "args", None) or found.values  # type: ignore[attr-defined]
        found = parts[step]
    assert found.description == description


def test_a_schema_that_says_everything_has_nothing_undescribed() -> None:
    assert undescribed(SCHEMA) == []


@strawberry.enum
class Mood(StrEnum):
    GOOD = "good"


@strawberry.input
class Ask:
    mood: Mood


@strawberry.type(name="Query")
class Mute:
    @strawberry.field
    def answer(self, ask: Ask) -> str:
        """Ignored by Strawberry itself."""
        return ask.mood


def test_every_mute_place_is_named() -> None:
    assert undescribed(strawberry.Schema(Mute)) == [
        "Ask",
        "Ask.mood",
        "Mood",
        "Mood.GOOD",
        "Query",
        "Query.answer",
        "Query.answer(ask)",
    ]


def test_a_type_without_a_docstring_gets_no_made_up_one() -> None:
    @described_type(name="Query")
    class Silent:
        word: str
        """A word."""

    schema = strawberry.Schema(Silent)

    assert undescribed(schema) == ["Query"]
