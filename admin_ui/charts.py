"""Draw numbers on the server: bars, columns and lines, each with a number or a word at every mark.

The macros stand in ``templates/insights/charts.html``. Whoever shows a chart shows the same numbers as a table beside
it: a chart is a second look, for those who see it. A number that is kept back is drawn as a hatched stub.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

_STUB = 0.03
"""How much of the whole is drawn for a number that is kept back: it says that there is one, and not how large."""

_WIDE = 640.0
_LABELS = 308.0
"""The room left of horizontal bars."""
_NUMBERS = 60.0
_BAR, _ROW = 20.0, 28.0
_HIGH = 200.0
_HEAD, _FOOT = 22.0, 26.0


@dataclass(frozen=True, slots=True)
class Point:
    """One number of a chart: None with ``kept_back`` where it may not be told, None without where there is none."""

    label: str
    value: int | None
    kept_back: bool = False
    strong: bool = False
    """Whether it stands out: late, beside its colour by a pattern and by words in the label."""

    @property
    def said(self) -> str:
        """Say the number in words."""
        return "kept back" if self.kept_back else "none" if self.value is None else f"{self.value:,}"


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar, a column or a dot as it is drawn; ``x`` and ``y`` are its upper left corner, or the middle of a dot."""

    point: Point
    x: float
    y: float
    wide: float
    high: float

    @property
    def middle(self) -> float:
        """Give the place of its label across."""
        return round(self.x + self.wide / 2, 1)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart as it is drawn. ``lines`` are the runs of a line, parted where a number is missing."""

    wide: float
    high: float
    marks: Sequence[Mark]
    lines: Sequence[str] = ()
    floor: float = 0.0


def bars(points: Sequence[Point]) -> Drawing:
    """Draw horizontal bars, for things with long names."""
    most = _most(points)
    room = _WIDE - _LABELS - _NUMBERS
    return Drawing(
        _WIDE,
        _ROW * len(points) + 4,
        [
            Mark(point, _LABELS, _ROW * row + 4, round(_share(point, most) * room, 1), _BAR)
            for row, point in enumerate(points)
        ],
    )


def columns(points: Sequence[Point]) -> Drawing:
    """Draw columns, for what has an order: months, ages."""
    most = _most(points)
    step = _WIDE / max(len(points), 1)
    room = _HIGH - _HEAD - _FOOT
    return Drawing(
        _WIDE,
        _HIGH,
        [
            Mark(
                point,
                round(step * (place + 0.14), 1),
                round(_HEAD + room * (1 - _share(point, most)), 1),
                round(step * 0.72, 1),
                round(room * _share(point, most), 1),
            )
            for place, point in enumerate(points)
        ],
        floor=_HIGH - _FOOT,
    )


def line(points: Sequence[Point]) -> Drawing:
    """Draw a line with a dot and a number at each place; where there is no number the line is open."""
    most = _most(points)
    step = _WIDE / max(len(points), 1)
    room = _HIGH - _HEAD - _FOOT
    marks = [
        Mark(point, round(step * (place + 0.5), 1), round(_HEAD + room * (1 - (point.value or 0) / most), 1), 0, 0)
        for place, point in enumerate(points)
    ]
    runs = [list(run) for there, run in groupby(marks, lambda mark: mark.point.value is not None) if there]
    return Drawing(
        _WIDE,
        _HIGH,
        marks,
        ["M" + "L".join(f"{mark.x},{mark.y}" for mark in run) for run in runs],
        floor=_HIGH - _FOOT,
    )


def _most(points: Sequence[Point]) -> int:
    return max((point.value or 0 for point in points), default=0) or 1


def _share(point: Point, most: int) -> float:
    return _STUB if point.kept_back else (point.value or 0) / most
