"""What every test stands on: the real migrated database of one engine, a clock that moves only when told, a world."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import settings

from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool
from orm.database import close_database, migrate, open_database
from resolvers.callers import Desk
from tests.copies import Copies, database_of, on_server
from tests.own_core import stay_on_own_core
from tests.servers import postgres_server
from tests.warm import Warm
from tests.warm_files import File, Files
from tests.world.clock import Clock, NoWait, Tokens
from tests.world.world import World

ENGINE = os.environ.get("HOMEWARD_TEST_ENGINE", "sqlite")

LONG = [
    "test_every_page.py",
    "test_matrix.py",
    "test_demo_world.py",
    "test_kill.py",
    "test_fast.py",
    "test_access.py",
    "test_exchange.py",
    "test_story.py",
    "test_letters.py",
    "test_reference_model.py",
    "test_attachment_routes.py",
    "test_fast_operations.py",
    "test_access_machine.py",
    "test_access_decisions.py",
    "test_trail_walks.py",
    "test_first_steps.py",
    "test_access_story.py",
    "test_drift.py",
    "test_access_forms.py",
    "test_scope_worlds.py",
    "test_guards.py",
    "test_engines.py",
    "test_ten_thousand.py",
    "test_demo_letters.py",
    "test_sealer.py",
    "test_worker.py",
    "test_relay.py",
]
"""The files that take longest, in their order."""

# What is unset prints every fault in colours and with the source around each line, which takes longer than most tests.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.processors.format_exc_info,
        structlog.dev.ConsoleRenderer(colors=False),
    ]
)

# The same examples each time: a change is judged by what it changed. HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("same", derandomize=True)
settings.register_profile("search", derandomize=False, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes that share the tests keep out of each other's way."""
    shared: dict[str, Any] = getattr(config, "workerinput", {})
    if shared:
        stay_on_own_core(int(shared["workerid"].removeprefix("gw")), shared["workercount"])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test that asks for the database: those run on both engines. Begin with what takes longest."""
    for item in items:
        if "database_url" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.engine)
    # Files are shared out in this order, and a long one that came last would leave the other processes idle.
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONG)))


def pytest_collection(session: pytest.Session) -> None:
    """Let the garbage collector rest while the house and the tests are loaded: hardly anything of it is garbage."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let the garbage collector look neither at the house nor at the tests any more: they stay until the end."""
    gc.enable()
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def engine() -> str:
    """The engine of this process: never both in one."""
    return ENGINE


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server whose role may create databases."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def template(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A migrated database to copy from, made once."""
    if ENGINE == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('template')}/template.db"
    else:
        server = request.getfixturevalue("postgres")
        name = f"template_{uuid4().hex[:12]}"
        asyncio.run(on_server(server, f'CREATE DATABASE "{name}"'))
        url = database_of(server, name)
    asyncio.run(migrate(url))
    return url


@pytest.fixture(scope="session")
async def warm() -> AsyncIterator[Warm]:
    """Connections to PostgreSQL that one test leaves to the next."""
    warm = Warm()
    yield warm
    await warm.close()


@pytest.fixture(scope="session")
def copies(template: str, postgres: str, warm: Warm) -> Iterator[Copies]:
    """Databases on PostgreSQL, lent to one test after the other."""
    copies = Copies(postgres, urlsplit(template).path.removeprefix("/"), warm)
    yield copies
    copies.close()


@pytest.fixture(scope="session")
async def files(template: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Files]:
    """Databases on SQLite, lent to one test after the other with the connections to them."""
    files = Files(Path(urlsplit(template).path), tmp_path_factory.mktemp("files"))
    yield files
    await files.close()


@pytest.fixture
async def file(files: Files) -> AsyncIterator[File]:
    """A database on SQLite for a test that has it opened in this process."""
    file = files.lend()
    yield file
    await files.take_back(file)


@pytest.fixture
def database_url(template: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty migrated database of this test's own."""
    if ENGINE == "sqlite":
        if "database" in request.fixturenames:
            file: File = request.getfixturevalue("file")
            yield file.url
            return
        path = tmp_path / "homeward.db"
        shutil.copy(urlsplit(template).path, path)
        yield f"sqlite:///{path}"
        return
    copies: Copies = request.getfixturevalue("copies")
    copy = copies.lend()
    yield copy.url
    copies.take_back(copy)


@pytest.fixture
async def database(database_url: str, desk: Desk, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """The database, open in this process until the desk has nothing to do in it any more."""
    if ENGINE == "sqlite":
        file: File = request.getfixturevalue("file")
        with file.lending():
            await open_database(database_url, synchronous="OFF")
            yield database_url
            await _close(desk)
        return
    warm: Warm = request.getfixturevalue("warm")
    with warm.lending():
        await open_database(database_url)
        yield database_url
        await _close(desk)


async def _close(desk: Desk) -> None:
    """Close as the house does: what still runs would open the database anew."""
    await desk.followers.close()
    await desk.trail.drain()
    await close_database()


@pytest.fixture(scope="session")
def passwords() -> Iterator[Argon2Pool]:
    """The real hasher at a cost that tests can pay."""
    pool = Argon2Pool(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield pool
    pool.close()


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told; it begins on a Monday morning in Chicago."""
    return Clock()


@pytest.fixture
def desk(clock: Clock, passwords: Argon2Pool) -> Desk:
    """The desk of one process without a broker."""
    return Desk(clock=clock, doorbell=LocalDoorbell(), passwords=passwords, secrets=Tokens(), patience=NoWait())


@pytest.fixture
async def world(database: str, desk: Desk, clock: Clock) -> World:
    """A small world to be filled by the test."""
    return World(desk, clock)
