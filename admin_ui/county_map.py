"""Draw the counties of Missouri on the server: each a shape, told apart by a pattern beside its colour, named in words.

The macro stands in ``templates/maps/county_map.html``. Whoever shows a map shows the same as a table or a list beside
it: the map is a second look, for those who see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

_SHAPE = re.compile(r'<path id="c(\d{5})" d="M([^"]+)Z"><title>([^<]+)</title></path>')
_LABELS_BESIDE = {"29510": (508.0, 221.0)}
"""A county too small for its name has it beside: the City of St. Louis, across the river."""
MOST_BANDS = 5
"""Of the patterns there are six: one for none, five for more and more."""


@dataclass(frozen=True, slots=True)
class CountyShape:
    """One county as it is drawn: ``path`` in the map's units, and the middle of its label."""

    fips: str
    name: str
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Band:
    """One line of the legend: values from ``least`` on, up to the next band's."""

    label: str
    least: float


def level_of(value: float | None, legend: Sequence[Band]) -> int | None:
    """Give the place in the legend of a value; None where nothing is known, or it lies below the first band."""
    if value is None:
        return None
    return max((level for level, band in enumerate(legend) if band.least <= value), default=None)


def bands_of(values: Iterable[float], *, zero: str = "none") -> list[Band]:
    """Make a legend for counts: one band for none, and up to five that hold about equally many counties."""
    found = sorted({int(value) for value in values if value > 0})
    size = max(1, -(-len(found) // MOST_BANDS))
    starts = found[::size]
    legend = [Band(zero, 0)]
    for least, following in pairwise([*starts, None]):
        assert least is not None  # noqa: S101 - None only ends the pairs
        last = found[-1] if following is None else following - 1
        legend.append(Band(f"{least:,}" if least >= last else f"{least:,} to {last:,}", least))
    return legend


@cache
def county_shapes() -> tuple[CountyShape, ...]:
    """Read the 115 counties from the drawing, in the order of their names."""
    drawing = (Path(__file__).parent / "static" / "missouri-counties.svg").read_text(encoding="utf-8")
    shapes = [_shape(fips, points, name) for fips, points, name in _SHAPE.findall(drawing)]
    return tuple(sorted(shapes, key=lambda one: one.name))


def _shape(fips: str, drawn: str, name: str) -> CountyShape:
    points = [(float(x), float(y)) for x, _, y in (point.partition(",") for point in drawn.split("L"))]
    x, y = _LABELS_BESIDE.get(fips) or _middle(points)
    return CountyShape(fips, name, _relative(points), round(x, 1), round(y, 1))


def _relative(points: Sequence[tuple[float, float]]) -> str:
    """Write a ring in steps instead of places: it takes half the bytes."""
    (first_x, first_y), *_ = points
    steps = [f"{_short(ax)},{_short(ay)}" for ax, ay in _steps(points[:-1])]
    return f"M{_short(first_x)},{_short(first_y)}l{' '.join(steps)}z"


def _steps(points: Sequence[tuple[float, float]]) -> Iterable[tuple[float, float]]:
    return ((to_x - from_x, to_y - from_y) for (from_x, from_y), (to_x, to_y) in pairwise(points))


def _short(number: float) -> str:
    text = f"{number:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def _middle(ring: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Give the centre of gravity of a ring."""
    area = x = y = 0.0
    for (ax, ay), (bx, by) in pairwise(ring):
        cross = ax * by - bx * ay
        area += cross
        x += (ax + bx) * cross
        y += (ay + by) * cross
    return x / (3 * area), y / (3 * area)
