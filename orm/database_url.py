"""The URL of a database, taken apart.

``sqlite:///var/homeward.db`` is a file below the working directory, ``sqlite:////srv/homeward.db`` (four strokes)
one from the root. ``postgres://user:password@host:5432/name`` is a server, ``postgres://user@/name?host=/run/postgresql``
one behind a socket.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, quote, unquote, urlsplit

Dialect = Literal["sqlite", "postgres"]

_POSTGRES_OPTIONS = {"host": "host", "sslmode": "ssl", "application_name": "application_name"}


@dataclass(frozen=True)
class DatabaseUrl:
    """Where the database is, taken apart."""

    dialect: Dialect
    path: Path | None = None
    settings: dict[str, Any] = field(default_factory=dict, repr=False)  # not shown: it holds the password

    @classmethod
    def parse(cls, url: str) -> Self:
        """Take a URL apart. Raise ValueError, without the URL in it, when it names no database we know."""
        parts = urlsplit(url)
        if parts.scheme == "sqlite":
            return cls._parse_sqlite(parts.netloc, unquote(parts.path))
        if parts.scheme not in {"postgres", "postgresql"}:
            raise ValueError("The database URL must start with sqlite:/// or postgres://")
        settings: dict[str, Any] = {
            "host": parts.hostname,
            "port": parts.port or 5432,
            "user": unquote(parts.username) if parts.username else None,
            "password": unquote(parts.password) if parts.password else None,
            "database": unquote(parts.path.removeprefix("/")) or None,
        }
        for name, value in parse_qsl(parts.query):
            if name not in _POSTGRES_OPTIONS:
                raise ValueError(f"The database URL has an option that is not known: {name}")
            settings[_POSTGRES_OPTIONS[name]] = value
        return cls("postgres", settings=settings)

    @classmethod
    def _parse_sqlite(cls, authority: str, path: str) -> Self:
        if authority or len(path) < 2:
            raise ValueError("Write sqlite:///folder/file.db, or sqlite:////folder/file.db from the root")
        return cls("sqlite", path=Path(path[1:]).absolute())


def sqlite_url(path: Path) -> str:
    """Name a file as a URL."""
    return f"sqlite:///{quote(str(path.absolute()))}"
