"""The house keeps its shape: arrows, names, words, and what the rules may know (DESIGN)."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter import configuration
from importlinter.application.use_cases import lint_imports

ROOT = Path(__file__).parents[1]
ROOMS = ("rules", "orm", "resolvers", "schema", "admin_ui", "workers", "homeward")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
GENERATED = {ROOT / "orm" / "migrations" / "0001_tables.py"}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}

# The library modules with which a rule could look at the world instead of being told.
THE_WORLD = {
    "asyncio", "concurrent", "ftplib", "getpass", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib",
    "pickle", "platform", "random", "secrets", "selectors", "shutil", "signal", "smtplib", "socket", "sqlite3", "ssl",
    "subprocess", "sys", "tempfile", "threading", "time", "urllib",
}  # fmt: skip

CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}

configuration.configure()


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def test_the_arrows_between_the_rooms_point_one_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))

    kept = lint_imports(config_filename=".importlinter", cache_dir=None, no_logo=True)

    said = capsys.readouterr().out
    assert kept, said
    assert "7 kept, 0 broken" in said


def test_every_room_is_under_the_contracts() -> None:
    contracts = (ROOT / ".importlinter").read_text(encoding="utf-8")
    roots = re.search(r"root_packages =\n((?: +\w+\n)+)", contracts)
    assert roots is not None
    assert set(roots[1].split()) == set(ROOMS)
    packages = {path.parent.name for path in ROOT.glob("*/py.typed")}
    assert packages == set(ROOMS), "a new room has to be put under the contracts"


def test_the_rules_import_nothing_but_the_language_and_never_look_at_the_world() -> None:
    for path in sorted((ROOT / "rules").rglob("*.py")):
        for imported in _imports(_tree(path)):
            top = imported.partition(".")[0]
            assert top == "rules" or top in sys.stdlib_module_names, f"{_named(path)} imports {imported}"
            assert top not in THE_WORLD, f"{_named(path)} imports {imported}"


def test_only_the_composition_root_asks_for_the_time() -> None:
    for path in MODULES:
        if path.is_relative_to(ROOT / "homeward"):
            continue
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in CLOCKS, f"{_named(path)}:{node.lineno} reads the clock"


def test_modules_are_named_after_what_they_are_about() -> None:
    for path in MODULES:
        assert BANNED_NAMES.isdisjoint(re.split(r"[/_.]", _named(path))), _named(path)


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        _named(path)
        for path in MODULES
        if path not in GENERATED and (tree := _tree(path)).body and not ast.get_docstring(tree)
    ]
    assert silent == []
