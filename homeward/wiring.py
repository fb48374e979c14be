"""Open the house: the database, the doorbell, the hasher, and the desk that they make."""

from __future__ import annotations

import logging
import secrets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis

from homeward.clamd import Clamd, ClamdAddress
from homeward.doorbell import LocalDoorbell, RedisDoorbell
from homeward.file_store import EncryptedFileStore
from homeward.hashing import Argon2Pool, production_hasher
from homeward.key_file import KeyFile, KeyFileError, make_keys
from homeward.settings import Settings
from orm.database import close_database, open_database, pending_migrations
from orm.database_url import DatabaseUrl
from resolvers.callers import Desk
from resolvers.file_ports import FileRoom


class SystemSecrets:
    """Secrets from the operating system."""

    def token(self) -> str:
        """Give a new 256-bit token."""
        return secrets.token_urlsafe(32)


def system_clock() -> datetime:
    """Tell the time of this machine, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class House:
    """An open house: what the faces are wired to."""

    settings: Settings
    desk: Desk
    doorbell: LocalDoorbell


def open_files(settings: Settings) -> FileRoom:
    """Open the place for documents.

    Raises:
        SystemExit: the key file is missing or not usable, or the scanner's URL is wrong; it says what to do.
    """
    if settings.makes_its_keys:
        make_keys(settings.key_file)
    try:
        keys = KeyFile(settings.key_file)
        scanner = Clamd(ClamdAddress.parse(settings.clamd_url)) if settings.clamd_url else None
    except (KeyFileError, ValueError) as no:
        sys.exit(f"{no}")
    store = EncryptedFileStore(settings.files_directory, keys, system_clock)
    return FileRoom(store, keys, scanner, settings.attachment_limit)


@asynccontextmanager
async def open_house(settings: Settings) -> AsyncIterator[House]:
    """Open the database and listen at the doorbell; close both at the end."""
    settings.var.mkdir(parents=True, exist_ok=True)
    files = open_files(settings)
    await open_database(settings.database, pool=settings.pool)
    doorbell = RedisDoorbell(Redis.from_url(settings.redis_url)) if settings.redis_url else LocalDoorbell()
    passwords = Argon2Pool(production_hasher())
    desk = Desk(system_clock, doorbell, passwords, SystemSecrets(), files)
    try:
        if isinstance(doorbell, RedisDoorbell):
            await doorbell.start()
        yield House(settings, desk, doorbell)
    finally:
        await desk.followers.close()
        await desk.trail.drain()
        if isinstance(doorbell, RedisDoorbell):
            await doorbell.stop()
        passwords.close()
        await close_database()


async def require_tables(settings: Settings) -> None:
    """Go on only with tables that are up to date.

    Raises:
        SystemExit: migrations are missing.
    """
    path = DatabaseUrl.parse(settings.database).path
    empty = path is not None and not path.exists()
    if empty or await pending_migrations(settings.database):
        sys.exit("The tables are not up to date. Run `homeward migrate` first.")


def without_values(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Keep of an exception its type and its frames: a foreign exception's text may hold a value of a person."""
    for one in event.get("exception", ()):
        if isinstance(one, dict):
            one["exc_value"] = ""
            one["exc_notes"] = []
    return event


def _json(event: structlog.typing.EventDict, *, default: Callable[[Any], Any], **_: object) -> str:
    return orjson.dumps(event, default=default, option=orjson.OPT_NON_STR_KEYS).decode()


def configure_logs(level: str) -> None:
    """Log one JSON object a line to standard error; values of people never go in."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False)),
            without_values,
            structlog.processors.JSONRenderer(serializer=_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
