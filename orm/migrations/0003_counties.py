"""The 115 counties by FIPS code (DAT-01), and the counter of the referral numbers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

COUNTIES = Path(__file__).parents[1] / "reference" / "counties.csv"
NUMBERS_BEGIN_AFTER = 1000


async def load(_: Any, editor: Any) -> None:
    """Insert counties and counter."""
    for row in csv.DictReader(COUNTIES.read_text(encoding="utf-8").splitlines()):
        values = ", ".join("'" + row[column].replace("'", "''") + "'" for column in ("fips", "name", "full_name", "kind"))
        await editor.client.execute_script(f"INSERT INTO county (fips, name, full_name, kind) VALUES ({values})")
    await editor.client.execute_script(f"INSERT INTO counter (name, value) VALUES ('referral', {NUMBERS_BEGIN_AFTER})")


class Migration(migrations.Migration):
    """Load the reference data that every installation has."""

    dependencies = [("homeward", "0002_guards")]

    operations = [ops.RunPython(load)]
