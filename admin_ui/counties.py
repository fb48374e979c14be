"""Counties as a form gives them: ticked, or typed by name."""

from __future__ import annotations

from admin_ui.actions import Ask, Field
from admin_ui.county_map import county_shapes
from admin_ui.filters import Choices
from admin_ui.forms import Fields
from rules.errors import Invalid

_NAMED = "Named"


def county_choices() -> Choices:
    """Offer the counties by name."""
    return [(one.fips, one.name) for one in county_shapes()]


def county_fields(name: str, label: str, hint: str = "") -> tuple[Field, Field]:
    """Ask for counties: by names that are typed, and by check boxes."""
    return (
        Field(
            f"{name}{_NAMED}",
            f"{label}, by name",
            limit=500,
            hint="Names separated by commas, such as “Boone, St. Louis City”; they are added to the ticked ones.",
        ),
        Field(name, label, Ask.COUNTIES, hint=hint),
    )


def chosen_counties(given: Fields, name: str) -> frozenset[str]:
    """Give the FIPS codes of the counties that were ticked, and of those that were typed by name.

    Raises:
        Invalid: ``UNKNOWN_COUNTY``, a name that no county has.
    """
    by_name = {_plain(one.name): one.fips for one in county_shapes()}
    typed = [text.strip() for text in given.text(f"{name}{_NAMED}", 500).split(",") if text.strip()]
    unknown = [text for text in typed if _plain(text) not in by_name]
    if unknown:
        raise Invalid(f"There is no county named “{unknown[0]}”.", code="UNKNOWN_COUNTY", field=f"{name}{_NAMED}")
    return frozenset([*given.all(name), *(by_name[_plain(text)] for text in typed)])


def _plain(name: str) -> str:
    """Read “Saint Louis county” as “st. louis”, as people write it."""
    words = name.casefold().replace(".", "").removesuffix(" county").split()
    return " ".join("st" if word == "saint" else "ste" if word == "sainte" else word for word in words)
