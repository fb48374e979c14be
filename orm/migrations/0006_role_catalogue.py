"""The role catalogue (DAT-03), the shipped pair of incompatible roles (POL-20), the statements (DAT-08), the counters."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import orjson
from tortoise import migrations
from tortoise.migrations import operations as ops

REFERENCE = Path(__file__).parents[1] / "reference"
COUNTERS = ("access_request", "access_form", "incident", "ticket")
NUMBERS_BEGIN_AFTER = 1000
SHIPPED_AT = "2013-05-17 00:00:00+00:00"
PAIR = ("DATA_ENTRY", "REVIEWER", "ALLOWED_WITH_REASON", "The guide grants both to TCM supervisors (000:62-63).")
STATEMENTS = (
    ("CONFIDENTIALITY", "2026-1", "confidentiality-2026-1.txt", "2000-01-01"),
    ("TERMS", "2026-1", "terms-2026-1.txt", "2000-01-01"),
)

_TEXTS = ("code", "name", "description", "under", "training", "limits", "source", "active_from")
_FLAGS = ("optional", "administrative", "is_duty", "inactivity_exempt")
_NAMESPACE = UUID("5c5c2c1e-3f0e-4b0e-9a53-0a0c7d1e2f30")


async def load(_: Any, editor: Any) -> None:
    """Insert what every installation begins with; an installation may change it afterwards."""
    for row in csv.DictReader((REFERENCE / "roles.csv").read_text(encoding="utf-8").splitlines()):
        columns: dict[str, str] = {column: _text(row[column]) for column in _TEXTS}
        columns |= {flag: "TRUE" if row[flag] == "yes" else "FALSE" for flag in _FLAGS}
        columns |= {"division": _text(row["division"]) if row["division"] else "NULL"}
        columns |= {"available_to": _json(row["available_to"].split()), "includes": _json([])}
        await _insert(editor, "catalogue_role", columns)
    one, other, verdict, why = (_text(part) for part in PAIR)
    pair = {"one_role": one, "other_role": other, "verdict": verdict, "why": why, "set_at": _text(SHIPPED_AT)}
    await _insert(editor, "incompatible_pair", {"id": _text(str(uuid5(_NAMESPACE, "pair"))), **pair})
    for kind, version, file, effective_from in STATEMENTS:
        key = str(uuid5(_NAMESPACE, f"{kind} {version}"))
        text = (REFERENCE / file).read_text(encoding="utf-8").strip()
        values = {"id": key, "kind": kind, "version": version, "text": text, "effective_from": effective_from}
        await _insert(editor, "statement_text", {column: _text(value) for column, value in values.items()})
    for name in COUNTERS:
        await _insert(editor, "counter", {"name": _text(name), "value": str(NUMBERS_BEGIN_AFTER)})


async def _insert(editor: Any, table: str, columns: dict[str, str]) -> None:
    names, values = ", ".join(columns), ", ".join(columns.values())
    await editor.client.execute_script(f"INSERT INTO {table} ({names}) VALUES ({values})")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _json(value: list[str]) -> str:
    return _text(orjson.dumps(value).decode())


class Migration(migrations.Migration):
    """Load the reference data of the access office."""

    dependencies = [("homeward", "0005_access_guards")]

    operations = [ops.RunPython(load)]
