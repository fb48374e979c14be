"""One machine needs no Redis: Homeward brings a broker of its own along."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import arq
import pytest
from arq.connections import RedisSettings
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import AuthenticationError
from redis.exceptions import ConnectionError as BrokerGoneError

from homeward.claim import AlreadyRunningError
from homeward.embedded_broker import BrokerError, EmbeddedBroker, broker_program, free_port

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def running(broker: EmbeddedBroker) -> AsyncIterator[Redis]:
    url = await broker.start()
    client = Redis.from_url(url, retry=Retry(ConstantBackoff(0.02), 250), retry_on_error=[BrokerGoneError])
    try:
        yield client
    finally:
        await client.aclose()
        await broker.stop()


async def server_pid(client: Redis) -> int:
    return int((await client.info("server"))["process_id"])


async def test_what_is_queued_is_still_there_after_a_restart(tmp_path: Path) -> None:
    async with running(EmbeddedBroker(tmp_path)) as client:
        await client.set("bell", "rung")
    async with running(EmbeddedBroker(tmp_path)) as client:
        assert await client.get("bell") == b"rung"


async def test_arq_queues_its_jobs_there(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    pool = await arq.create_pool(RedisSettings.from_dsn(await broker.start()))
    assert await pool.enqueue_job("wake_up") is not None
    assert len(await pool.queued_jobs()) == 1
    await pool.aclose()
    await broker.stop()


async def test_it_listens_on_loopback_only_and_to_those_who_know_its_password(tmp_path: Path) -> None:
    async with running(EmbeddedBroker(tmp_path)) as client:
        assert (await client.config_get("bind"))["bind"] == "127.0.0.1"
        port = (await client.config_get("port"))["port"]
        stranger = Redis(host="127.0.0.1", port=int(port))
        with pytest.raises(AuthenticationError):
            await stranger.ping()
        await stranger.aclose()


async def test_its_password_is_kept_from_other_users_of_the_machine(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path / "broker")
    password = (await broker.start()).removeprefix("redis://:").split("@")[0]
    pid = (tmp_path / "broker" / "pid").read_text().strip()
    ps = await asyncio.create_subprocess_exec("ps", "-ww", "-o", "args=", "-p", pid, stdout=asyncio.subprocess.PIPE)
    arguments = (await ps.communicate())[0].decode()
    await broker.stop()
    assert "valkey.conf" in arguments
    assert password not in arguments
    told = [
        path for path in (tmp_path / "broker").rglob("*") if path.is_file() and password in path.read_text("latin-1")
    ]
    assert told
    assert all(path.stat().st_mode & 0o077 == 0 for path in told)


async def test_a_broker_that_is_killed_comes_back_at_its_address_with_its_queue(tmp_path: Path) -> None:
    said: list[str] = []
    async with running(EmbeddedBroker(tmp_path, on_line=lambda _, line: said.append(line))) as client:
        await client.set("bell", "rung")
        first = await server_pid(client)
        os.kill(first, signal.SIGKILL)
        assert await client.get("bell") == b"rung"
        assert await server_pid(client) != first
    assert said == ["was ended by SIGKILL; starts again in 0.25 s"]


async def test_a_second_homeward_in_the_same_directory_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with running(EmbeddedBroker(tmp_path)) as client:
        with pytest.raises(AlreadyRunningError, match="Homeward runs already"):
            await EmbeddedBroker(tmp_path).start()
        assert await client.ping()


async def test_a_broker_left_behind_is_ended_first(tmp_path: Path) -> None:
    async with running(EmbeddedBroker(tmp_path)) as client:
        await client.set("bell", "rung")
    left_behind = await asyncio.create_subprocess_exec(
        broker_program(), tmp_path / "valkey.conf", stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    assert left_behind.stdout is not None
    await left_behind.stdout.readuntil(b"Ready to accept connections")
    said: list[str] = []
    async with running(EmbeddedBroker(tmp_path, on_line=lambda _, line: said.append(line))) as client:
        assert left_behind.returncode == 0
        assert await client.get("bell") == b"rung"
    assert said == [f"ends the broker that an earlier Homeward left behind (process {left_behind.pid})"]


async def test_a_stranger_who_got_the_number_of_an_old_broker_is_left_alone(tmp_path: Path) -> None:
    stranger = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
    (tmp_path / "pid").write_text(f"{stranger.pid}\n")
    async with running(EmbeddedBroker(tmp_path)) as client:
        assert await client.ping()
    assert stranger.returncode is None
    stranger.kill()
    assert await stranger.wait() == -signal.SIGKILL


async def test_a_port_that_was_taken_meanwhile_is_given_up_for_another(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = iter([taken.getsockname()[1], free_port()])
        async with running(EmbeddedBroker(tmp_path, find_port=lambda: next(ports))) as client:
            assert await client.ping()
    assert list(ports) == []


async def test_a_start_that_fails_says_why_and_holds_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        failing = EmbeddedBroker(tmp_path, find_port=lambda: int(taken.getsockname()[1]))
        with pytest.raises(BrokerError, match="no free port in 5 tries"):
            await failing.start()
    async with running(EmbeddedBroker(tmp_path)) as client:
        assert await client.ping()


async def test_a_damaged_file_is_put_aside_because_the_queue_is_never_the_truth(tmp_path: Path) -> None:
    async with running(EmbeddedBroker(tmp_path)) as client:
        await client.set("bell", "rung")
    (log,) = (tmp_path / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(b"*3\r\nno such thing\r\n" + log.read_bytes())
    said: list[str] = []
    async with running(EmbeddedBroker(tmp_path, on_line=lambda _, line: said.append(line))) as client:
        assert await client.get("bell") is None
    assert (tmp_path / "appendonlydir.damaged").is_dir()
    assert "nothing promised is lost" in said[-1]


async def test_the_broker_ends_when_its_homeward_is_killed(tmp_path: Path) -> None:
    parent = f"""
import asyncio
from pathlib import Path
from homeward.embedded_broker import EmbeddedBroker
async def main():
    print(await EmbeddedBroker(Path({str(tmp_path)!r})).start(), flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    homeward = await asyncio.create_subprocess_exec(
        sys.executable, "-c", parent, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert homeward.stdout is not None
    url = (await homeward.stdout.readline()).decode().strip()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.removesuffix("/0").rsplit(":", 1)[1]))
    homeward.kill()
    await homeward.wait()
    async with asyncio.timeout(10):
        assert await reader.read() == b""  # the connection ends with the broker
    writer.close()
