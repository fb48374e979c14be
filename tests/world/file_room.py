"""A real place for documents in a scratch directory, and ways to look at it and to damage it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from homeward.file_store import EncryptedFileStore
from homeward.key_file import KeyFile, make_keys
from orm.models import Attachment
from resolvers.callers import Caller, Desk
from resolvers.file_ports import FileRoom, Scanner
from resolvers.sessions import authenticate, sign_in
from tests.world.clock import Clock
from tests.world.world import PASSWORD, STATEMENT

LIMIT = 1024 * 1024


def file_room(directory: Path, clock: Clock, scanner: Scanner | None = None, limit: int = LIMIT) -> FileRoom:
    """Open a place for documents below a directory; its key file is ``keys.json``."""
    make_keys(directory / "keys.json")
    keys = KeyFile(directory / "keys.json")
    return FileRoom(EncryptedFileStore(directory / "files", keys, clock), keys, scanner, limit)


def with_files(desk: Desk, directory: Path, clock: Clock, scanner: Scanner | None = None) -> Desk:
    """Give a desk a place for documents."""
    return replace(desk, files=file_room(directory, clock, scanner))


def files_in(directory: Path) -> list[Path]:
    """List what lies in the store."""
    return sorted((directory / "files").iterdir())


async def file_of(directory: Path, attachment_id: object) -> Path:
    """Find the file of a document."""
    return directory / "files" / (await Attachment.get(id=attachment_id)).storage_id


async def in_session(caller: Caller) -> Caller:
    """Sign a person of the world in, as for a new browser."""
    desk = caller.desk
    signed_in = await sign_in(desk, caller.actor.label, PASSWORD, device="test", request_id="test", accepts=STATEMENT)
    return await authenticate(desk, signed_in.token, "test")
