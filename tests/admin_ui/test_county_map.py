"""The map of the counties: every county once, what it says in words, and a legend that fits."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import orm
from admin_ui.county_map import Band, bands_of, county_shapes, level_of
from admin_ui.rendering import macro

COUNTIES = Path(orm.__file__).parent / "reference" / "counties.csv"


def test_the_map_has_each_of_the_115_counties_once_under_its_code_and_its_name() -> None:
    with COUNTIES.open(encoding="utf-8") as file:
        listed = {row["fips"]: row["name"] for row in csv.DictReader(file)}

    assert {one.fips: one.name for one in county_shapes()} == listed
    assert len(county_shapes()) == 115


def test_a_map_says_in_words_and_by_pattern_what_its_colours_say() -> None:
    legend = [Band("not served", 0), Band("served", 1)]
    drawn = str(
        macro("maps/county_map.html:county_map")({"29019": 1, "29007": 0}, legend, {"29019": "/x"}, selected={"29019"})
    )

    assert '<a href="/x" aria-label="Boone: served, chosen">' in drawn
    assert '<path class="s" id="c29019" fill="url(#map-1)"' in drawn
    assert "<title>Audrain: not served</title>" in drawn
    assert "<title>Adair</title>" in drawn, "a county without a value has a name only"
    assert len(set(re.findall(r'id="c(\d{5})"', drawn))) == 115
    assert len(drawn.encode()) < 32_000, "a page with a map stays under 50 KB"


def test_a_legend_of_counts_has_a_band_for_none_and_at_most_five_for_the_rest() -> None:
    assert [band.label for band in bands_of([0, 0])] == ["none"]
    assert [band.label for band in bands_of([0, 1, 3, 3])] == ["none", "1 to 2", "3"]
    legend = bands_of(range(1, 1201), zero="no referral")
    assert [band.label for band in legend][:2] == ["no referral", "1 to 240"]
    assert len(legend) == 6
    assert [level_of(value, legend) for value in (0, 240, 241, 1200, None)] == [0, 1, 2, 5, None]
