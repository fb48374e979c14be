"""Everything on one machine: what ``make run`` starts."""

from __future__ import annotations

import asyncio
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack, suppress

from homeward.claim import AlreadyRunningError, claim
from homeward.demo import cast
from homeward.demo_accounts import ACCOUNTS, kept_accounts
from homeward.demo_postbox import DemoPostbox
from homeward.embedded_broker import BrokerError, EmbeddedBroker
from homeward.listening import listen
from homeward.settings import Settings
from homeward.supervisor import Program, prefixed, stop_on_signals, supervise
from orm.quick_look import is_complete


def run_whole(settings: Settings) -> int:
    """Start everything and keep it up until Ctrl-C; answer the exit code."""
    listen(settings.host, settings.port).close()
    try:
        with claim(settings.var):
            return asyncio.run(_run(settings))
    except (AlreadyRunningError, BrokerError) as no:
        _say(str(no))
        return 1


async def _run(settings: Settings) -> int:
    async with AsyncExitStack() as open_things:
        stop = open_things.enter_context(stop_on_signals())
        servers = await _servers(settings, open_things)
        if not await is_complete(settings.database, cast.MARKER):
            # Imported only now: a start that finds everything there has no need of the whole house in this process.
            from homeward.demo_building import build_demo

            code = await build_demo(settings)
            if code or stop.is_set():
                return code
        programs = _programs(settings, servers)
        telling = asyncio.create_task(_tell_when_ready(settings))
        try:
            return await supervise(programs, on_line=prefixed(_say, programs), stop=stop)
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling


async def _servers(settings: Settings, open_things: AsyncExitStack) -> dict[str, str]:
    """Start the broker and the mail catcher that the installation does not bring along."""
    servers = {"REDIS_URL": settings.redis_url}
    if not settings.redis_url:
        broker = EmbeddedBroker(settings.var / "broker", on_line=lambda name, line: _say(f"{name}: {line}"))
        servers["REDIS_URL"] = await broker.start()
        open_things.push_async_callback(broker.stop)
    # Always, whatever SMTP_URL says: no letter of the demonstration leaves the machine.
    postbox = DemoPostbox(settings.var / "postbox")
    host, port = await postbox.start()
    open_things.push_async_callback(postbox.stop)
    servers["SMTP_URL"] = f"smtp://{host}:{port}"
    return servers


def _programs(settings: Settings, servers: Mapping[str, str]) -> list[Program]:
    shared = {
        **servers,
        "HOMEWARD_VAR": str(settings.var),
        "HOMEWARD_DEMO": "true",
        "HOST": settings.host,
        "PORT": str(settings.port),
        "HOMEWARD_LOG_LEVEL": os.environ.get("HOMEWARD_LOG_LEVEL", "WARNING"),
    }
    homeward = [sys.executable, "-m", "homeward"]
    return [Program("web", [*homeward, "serve"], shared), Program("worker", [*homeward, "worker"], shared)]


async def _tell_when_ready(settings: Settings) -> None:
    """Say where everything is, once the server answers."""
    address = _address(settings)
    # The server says in no other way that it listens.
    while not await asyncio.to_thread(_answers, f"{address}/readyz"):  # noqa: ASYNC110
        await asyncio.sleep(0.1)
    for line in welcome(settings):
        _say(line)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _address(settings: Settings) -> str:
    return f"http://{settings.host}:{settings.port}"


def welcome(settings: Settings) -> Iterator[str]:
    """Say where everything is, who can sign in, and what to try."""
    address = _address(settings)
    yield ""
    yield f"Homeward is up:  {address}"
    yield f"  pages          {address}/            sign in with an account below"
    yield f"  GraphQL        {address}/graphql     in a browser: an IDE with the story in tabs"
    yield f"  letters        {address}/mailbox     nothing leaves this machine"
    yield ""
    yield f"Accounts to begin with (all of them: {settings.var / ACCOUNTS}):"
    for account in kept_accounts(settings.var)[:6]:
        yield "  {user_id:16} {password:18} {name}, {organization}".format(**account)
    yield ""
    yield "Try: sign in as the coordinator, publish a referral, and see the letter at /mailbox;"
    yield "     or run the whole story:"
    yield f"     .venv/bin/python examples/first_five_minutes.py{_elsewhere(settings)}"
    yield f"Ctrl-C stops everything; what you did stays in {settings.var}/."
    yield ""


def _elsewhere(settings: Settings) -> str:
    """Give what the script has to be told of a house that is not where it looks by itself."""
    usual = Settings.model_fields
    told = ""
    if (settings.host, settings.port) != (usual["host"].default, usual["port"].default):
        told += f" --address {_address(settings)}"
    if settings.var != usual["var"].default:
        told += f" --accounts {settings.var / ACCOUNTS}"
    return told


def _say(line: str) -> None:
    print(line, flush=True)
