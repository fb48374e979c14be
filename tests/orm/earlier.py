"""Databases as they were before a migration."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from pkgutil import iter_modules

import orm.migrations
from orm.database import close_database, open_database


def earlier_migrations(directory: Path, until: str) -> str:
    """Make a package of the migrations before one; give its name."""
    package = directory / "earlier_migrations"
    package.mkdir()
    (package / "__init__.py").touch()
    for module in iter_modules(orm.migrations.__path__, "orm.migrations."):
        name = module.name.rpartition(".")[2]
        if name < until:
            text = f"from importlib import import_module\n\nMigration = import_module({module.name!r}).Migration\n"
            (package / f"{name}.py").write_text(text, encoding="utf-8")
    return package.name


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[None]:
    """Open a database for the block."""
    await open_database(url)
    try:
        yield
    finally:
        await close_database()
