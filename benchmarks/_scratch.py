"""A database for one benchmark: PostgreSQL that waits for its disk, as in production, or a SQLite file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import postgres_server


@contextmanager
def scratch_database(*, sqlite: bool = False) -> Iterator[str]:
    """Lend the URL of an empty database that ends with the block."""
    if sqlite:
        with tempfile.TemporaryDirectory(prefix="homeward-bench-") as scratch:
            yield f"sqlite:///{scratch}/benchmark.db"
    else:
        with postgres_server(is_durable=True) as url:
            yield url
