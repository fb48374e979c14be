"""The pages in a real Chromium: the real app on loopback over the test's own database, one browser for all tests.

Every test here shares one event loop, because the browser lives in it; each has a context, a server and a world of its
own. They run once, on SQLite: a browser sees no engine.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, Page, async_playwright, expect

from admin_ui import cookie_name
from homeward.doorbell import LocalDoorbell
from homeward.settings import Settings
from homeward.wiring import House
from orm.database import close_database, open_database
from orm.models import User
from resolvers.callers import Caller, Desk
from resolvers.sessions import sign_in
from tests.browser.chromium import find
from tests.browser.walking import Telling, telling_templates
from tests.world.clock import Clock
from tests.world.house import the_app
from tests.world.world import PASSWORD, STATEMENT, World

HERE = Path(__file__).parent
PATIENCE_MS = 20_000
"""For what comes by itself: long, because only a test that fails waits for all of it, and machines are busy."""
expect.set_options(timeout=PATIENCE_MS)

Opens = Callable[..., Awaitable[Page]]
"""Opens a page for a person who has signed in, or for nobody; ``script=False`` without JavaScript."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let these share the loop of the browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One browser for all tests."""
    path = find()
    assert path, "no Chromium: run `make browser`"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def database(database_url: str) -> AsyncIterator[str]:
    """The database, open in the loop of the browser."""
    await open_database(database_url, synchronous="OFF")
    yield database_url
    await close_database()


@pytest_asyncio.fixture(loop_scope="session")
async def world(database: str, desk: Desk, clock: Clock) -> World:
    """A small world to be filled by the test."""
    return World(desk, clock)


@pytest.fixture
def is_demo() -> bool:
    """Whether the app offers accounts at the door and shows the letters that were caught."""
    return False


@pytest_asyncio.fixture(loop_scope="session")
async def site(world: World, tmp_path: Path, is_demo: bool) -> AsyncIterator[str]:
    """The address of the real app."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    settings = Settings(var=tmp_path, port=port, demo=is_demo)
    doorbell = world.desk.doorbell
    assert isinstance(doorbell, LocalDoorbell)
    app = Telling(the_app(House(settings, world.desk, doorbell)))
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1, ws="websockets-sansio")
    )
    with telling_templates():
        running = asyncio.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.005)
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        await running
    listening.close()


@pytest_asyncio.fixture(loop_scope="session")
async def opens(chromium: Browser, site: str, world: World) -> AsyncIterator[Opens]:
    """Open pages, each in a context of its own; whatever a page complains of fails the test."""
    complaints: list[str] = []
    async with AsyncExitStack() as contexts:

        async def open_for(person: Caller | None = None, *, script: bool = True) -> Page:
            context = await chromium.new_context(base_url=site, java_script_enabled=script, reduced_motion="reduce")
            contexts.push_async_callback(context.close)
            if person is not None:
                user = await User.get(id=person.actor.person())
                signed = await sign_in(
                    world.desk, user.user_id, PASSWORD, device="test", request_id="test", accepts=STATEMENT
                )
                await context.add_cookies([{"name": cookie_name(secure=False), "value": signed.token, "url": site}])
            page = await context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
            page.on(
                "console",
                lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None,
            )
            return page

        yield open_for
    assert complaints == []
