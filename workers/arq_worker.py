"""The worker around arq, the one module that knows it: a cron job that ticks, on a queue that may come and go.

Redis carries wake-ups and is never the truth. The relay runs beside arq rather than below it, so that letters are sent
while Redis is away; the tick's guard does the same for the sweeps.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, timedelta
from typing import Any

import orjson
import structlog
from arq.connections import ArqRedis
from arq.cron import cron
from arq.worker import Worker, create_worker
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisGoneError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisSlowError

from resolvers.callers import Desk
from resolvers.sweeps import Sweep
from workers.relay import Relay
from workers.tick import OVERDUE, Duty, Tick

QUEUE = "homeward:queue"
HEALTH_KEY = "homeward:worker:health"
HEALTH_EVERY = timedelta(seconds=10)
TICK = "tick"
TICK_TIMEOUT = timedelta(minutes=30)
"""Longer than any sweep: the ledger's lease, not this, is what frees the run of a worker that died."""
DRAIN = timedelta(seconds=2.5)
"""How long a tick under way may take to end when the worker stops."""
RECONNECT = timedelta(seconds=1)
REDIS_TRIES = 8
"""How often a command is tried while Redis restarts: about five seconds."""
_GOODBYE = 0.5  # seconds

_log = structlog.get_logger("homeward.worker")


def queue_at(url: str) -> ArqRedis:
    """Reach the queue with the patience that outlasts a restart of Redis, and no more than that with one that hangs."""
    connections = ConnectionPool.from_url(
        url,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), REDIS_TRIES),
        retry_on_error=[RedisGoneError, RedisSlowError, OSError],
        socket_connect_timeout=1,
        socket_timeout=3,
    )
    return ArqRedis(connections, job_serializer=_to_json, job_deserializer=orjson.loads, default_queue_name=QUEUE)


def worker_settings(tick: Tick, queue: ArqRedis) -> dict[str, Any]:
    """Build the settings of arq's worker: a new set for each, since arq does not look at inherited ones."""

    async def ticks(ctx: dict[Any, Any], *_args: Any, **_kwargs: Any) -> int:  # noqa: ANN401, ARG001 - the form arq asks for
        return await tick()

    return {
        "cron_jobs": [cron(ticks, name=TICK, second=0, unique=True, run_at_startup=True, timeout=TICK_TIMEOUT)],
        "queue_name": QUEUE,
        "redis_pool": queue,
        "job_serializer": _to_json,
        "job_deserializer": orjson.loads,
        "job_timeout": TICK_TIMEOUT,
        "job_completion_wait": DRAIN.total_seconds(),
        "handle_signals": False,
        "health_check_key": HEALTH_KEY,
        "health_check_interval": HEALTH_EVERY,
        "keep_result": 0,
        "timezone": UTC,
    }


async def run_worker(
    desk: Desk,
    relay: Relay,
    sweeps: Mapping[str, Sweep],
    redis_url: str,
    stop: asyncio.Event,
    *,
    overdue: timedelta = OVERDUE,
    also: Mapping[str, Duty] | None = None,
) -> None:
    """Relay letters and tick until ``stop``; Redis may be missing at the start and at any time after."""
    tick = Tick(desk, sweeps, also)
    async with asyncio.TaskGroup() as duties:
        duties.create_task(relay.run(stop), name="relay")
        duties.create_task(tick.guard(stop, overdue), name="tick-guard")
        duties.create_task(_serve_queue(tick, redis_url, stop), name="queue")


async def _serve_queue(tick: Tick, redis_url: str, stop: asyncio.Event) -> None:
    """Serve the queue until ``stop``, with a new worker whenever Redis was away for longer than its patience."""
    stopping = asyncio.create_task(stop.wait())
    try:
        while not stop.is_set():
            queue = queue_at(redis_url)
            worker = create_worker(worker_settings(tick, queue))
            serving = asyncio.create_task(worker.async_run(), name="arq")
            try:
                await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if stop.is_set():
                    worker.handle_sig_wait_for_completion(signal.SIGTERM)
                await asyncio.wait({serving})
            finally:
                await _let_go(worker, queue, serving)
            if not serving.cancelled() and (fault := serving.exception()) is not None:
                _log.warning("worker.queue_lost", error=type(fault).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(RECONNECT.total_seconds()):
                    await stop.wait()
    finally:
        stopping.cancel()


async def _let_go(worker: Worker, queue: ArqRedis, serving: asyncio.Task[None]) -> None:
    """End the worker, whatever state its connections are in: arq's own way waits for an answer from Redis."""
    under_way = {serving, *worker.tasks.values()}
    for task in under_way:
        task.cancel()
    done, _ = await asyncio.wait(under_way, timeout=_GOODBYE)
    for task in done - {serving}:
        if not task.cancelled():
            task.exception()  # looked at, so that asyncio does not complain: arq has logged it
    with suppress(RedisError, OSError, TimeoutError):
        async with asyncio.timeout(_GOODBYE):
            await queue.delete(HEALTH_KEY)
    await queue.aclose(close_connection_pool=True)


def _to_json(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, default=repr)
