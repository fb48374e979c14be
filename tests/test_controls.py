"""The map of controls says the truth: each control has a home, and every home exists (RSK-22)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAP = ROOT / "docs" / "controls.md"


@pytest.mark.requirement("RSK-22")
def test_every_file_that_the_map_of_controls_names_exists() -> None:
    rows = [line for line in MAP.read_text(encoding="utf-8").splitlines() if line.startswith("| 164.")]
    sections = {row.split("(")[0].removeprefix("| ") for row in rows}
    assert sections == {"164.308", "164.312", "164.316"}
    assert len({row.split("|")[1] for row in rows}) == len(rows) > 25
    for row in rows:
        _, _, control, lives, shown, _ = (cell.strip() for cell in row.split("|"))
        homes, tests = re.findall(r"`([^`]+)`", lives), re.findall(r"`([^`]+)`", shown)
        assert control
        assert homes
        assert tests, row
        for path in (*homes, *tests):
            assert (ROOT / path).is_file(), path
        assert all(path.startswith("tests/") for path in tests)
