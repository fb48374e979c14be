"""A Homeward that really runs: web server and worker as processes, a broker, an SMTP sink, the engine of this run."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from homeward.demo_postbox import DemoPostbox
from homeward.key_file import make_keys
from homeward.leash import Leash
from tests.servers import free_port

START_SECONDS = 60


@dataclass
class Process:
    """One process of the house, to be killed and started again."""

    name: str
    argv: list[str]
    env: dict[str, str]
    leash: Leash
    log: Path
    running: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it; what it says goes to a file."""
        with self.log.open("ab") as log:
            self.running = await asyncio.create_subprocess_exec(
                *self.argv,
                env=self.env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.leash.hold(self.running.pid)

    async def kill(self) -> None:
        """End it at once, without a word: kill -9."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """Ask it to end, and answer its exit code."""
        return await self._end(signal.SIGTERM)

    async def _end(self, how: signal.Signals) -> int:
        assert self.running is not None
        if self.running.returncode is None:
            self.running.send_signal(how)
        code = await asyncio.wait_for(self.running.wait(), 30)
        self.leash.release(self.running.pid)
        return code


@dataclass
class Running:
    """The running house."""

    address: str
    web: Process
    worker: Process
    postbox: DemoPostbox
    processes: list[Process] = field(default_factory=list)

    async def wait_until_ready(self) -> None:
        """Wait for the web server to answer."""
        async with asyncio.timeout(START_SECONDS), httpx.AsyncClient() as client:
            while True:
                try:
                    if (await client.get(f"{self.address}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                assert self.web.running is not None
                assert self.web.running.returncode is None, self.web.log.read_text()
                await asyncio.sleep(0.05)  # the server says in no other way that it listens


@asynccontextmanager
async def running_house(
    database_url: str, redis_url: str, directory: Path, postbox: DemoPostbox, **settings: str
) -> AsyncIterator[Running]:
    """Run the web server and the worker until the end of the block."""
    host, port = postbox.address
    web_port = free_port()
    env = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SMTP_URL": f"smtp://{host}:{port}",
        "HOST": "127.0.0.1",
        "PORT": str(web_port),
        "HOMEWARD_VAR": str(directory / "var"),
        "HOMEWARD_LOG_LEVEL": "INFO",
        **settings,
    }
    make_keys(directory / "var" / "keys.json")  # as an installation does, once, before it starts
    with Leash() as leash:

        def process(name: str, command: str) -> Process:
            argv = [sys.executable, "-W", "error::ResourceWarning", "-m", "homeward", command]
            return Process(name, argv, env, leash, directory / f"{name}.log")

        web, worker = process("web", "serve"), process("worker", "worker")
        house = Running(f"http://127.0.0.1:{web_port}", web, worker, postbox, [web, worker])
        try:
            await asyncio.gather(web.start(), worker.start())
            await house.wait_until_ready()
            yield house
        finally:
            for one in house.processes:
                if one.running is not None and one.running.returncode is None:
                    await one.stop()
