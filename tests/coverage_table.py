"""Write ``docs/coverage.md`` from the markers on the tests: ``python -m tests.coverage_table``.

``docs/requirements.csv`` says of each requirement where it lives, or why no test holds it. Which tests hold it is read
from ``@pytest.mark.requirement("ID")`` in the sources, so the table cannot promise a test that is not there.
"""

from __future__ import annotations

import ast
import csv
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
TABLE = ROOT / "docs" / "coverage.md"
HOMES = ROOT / "docs" / "requirements.csv"
_TESTS_SHOWN = 2

_HEAD = """# Which requirement lives where, and which test holds it

Written from the markers on the tests (`python -m tests.coverage_table`) and checked by a test.
`pytest -m requirement` runs what holds them all. The IDs are those of the rulebook; what is not in this table belongs
to work that has not been done yet.

| requirement | lives in | held by |
|---|---|---|
"""


def homes() -> dict[str, tuple[str, str]]:
    """Read for each requirement where it lives and, where no test holds it, why."""
    with HOMES.open(encoding="utf-8", newline="") as file:
        return {row["id"]: (row["lives_in"], row["reason"]) for row in csv.DictReader(file)}


@cache
def holders() -> dict[str, list[str]]:
    """Find for each requirement the tests that are marked with it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for test, requirement in _marked(ast.parse(path.read_text(encoding="utf-8"))):
            found[requirement].append(f"{path.relative_to(ROOT)}::{test}")
    return found


def render() -> str:
    """Give the table as it is committed."""
    held = holders()
    rows = []
    for requirement, (place, reason) in homes().items():
        tests = held.get(requirement, [])
        shown = "<br>".join(f"`{test.removeprefix('tests/')}`" for test in tests[:_TESTS_SHOWN])
        more = f"<br>and {len(tests) - _TESTS_SHOWN} more" if len(tests) > _TESTS_SHOWN else ""
        rows.append(f"| {requirement} | `{place}` | {shown + more if tests else reason} |")
    return _HEAD + "\n".join(rows) + "\n"


def _marked(tree: ast.Module) -> Iterator[tuple[str, str]]:
    everywhere = [node.value for node in tree.body if isinstance(node, ast.Assign) and _names_pytestmark(node)]
    for test in ast.walk(tree):
        if isinstance(test, ast.FunctionDef | ast.AsyncFunctionDef) and test.name.startswith("test"):
            for mark in [*test.decorator_list, *everywhere]:
                for requirement in _requirements(mark):
                    yield test.name, requirement


def _names_pytestmark(node: ast.Assign) -> bool:
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)


def _requirements(mark: ast.expr) -> Iterator[str]:
    for call in ast.walk(mark):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "requirement":
            yield from (arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


if __name__ == "__main__":
    TABLE.write_text(render(), encoding="utf-8")
