"""The file store: what is kept comes back byte for byte, or not at all; nothing readable reaches the disk."""

from __future__ import annotations

import asyncio
import hashlib
import os
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from homeward.file_store import MARK, SEGMENT, TAG, EncryptedFileStore
from homeward.key_file import KeyFile, make_keys
from resolvers.file_ports import DamagedFileError, KeptFile, SealedKey
from tests.world.clock import Clock
from tests.world.documents import streamed

SEALED = SEGMENT + TAG
LONG = os.urandom(3 * SEGMENT + 1000)


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told."""
    return Clock()


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    """A ring with one key."""
    make_keys(tmp_path / "keys.json")
    return KeyFile(tmp_path / "keys.json")


@pytest.fixture
def store(tmp_path: Path, keys: KeyFile, clock: Clock) -> EncryptedFileStore:
    """An empty store."""
    return EncryptedFileStore(tmp_path / "files", keys, clock)


async def read(
    store: EncryptedFileStore, kept: KeptFile, key: SealedKey | None = None, into: list[bytes] | None = None
) -> bytes:
    """Read all of a file; what was given before something went wrong is in ``into``."""
    given = [] if into is None else into
    async with aclosing(store.read(key or kept.key, kept.size)) as content:
        async for piece in content:
            given.append(piece)
    return b"".join(given)


def on_disk(tmp_path: Path, kept: KeptFile) -> Path:
    """Find the file."""
    return tmp_path / "files" / kept.key.storage_id.hex


@pytest.mark.parametrize(
    "size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 1, 3 * SEGMENT + 1000]
)
@pytest.mark.parametrize("piece", [1000, SEGMENT, 10**7])
async def test_a_file_comes_back_as_it_was_whatever_its_size(
    store: EncryptedFileStore, tmp_path: Path, size: int, piece: int
) -> None:
    content = LONG[:size]
    kept = await store.keep(streamed(content, piece))
    assert await read(store, kept) == content
    assert (kept.size, kept.sha256) == (size, hashlib.sha256(content).hexdigest())
    segments = max(1, -(-size // SEGMENT))
    assert on_disk(tmp_path, kept).stat().st_size == len(MARK) + size + segments * TAG


async def test_nothing_readable_reaches_the_disk_and_only_the_owner_may_look(
    store: EncryptedFileStore, tmp_path: Path
) -> None:
    secret = b"Fern Hollow needs a home near her sister. "
    kept = await store.keep(streamed(secret * 5000))
    path = on_disk(tmp_path, kept)
    assert b"Fern Hollow" not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    again = await store.keep(streamed(secret * 5000))
    assert on_disk(tmp_path, again).read_bytes()[: 2 * SEGMENT] != path.read_bytes()[: 2 * SEGMENT]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "a bit of the mark": lambda file: _flip(file, 3),
    "the first byte of the first segment": lambda file: _flip(file, len(MARK)),
    "the middle of the first segment": lambda file: _flip(file, len(MARK) + SEGMENT // 2),
    "the tag of the first segment": lambda file: _flip(file, len(MARK) + SEALED - 1),
    "a middle segment": lambda file: _flip(file, len(MARK) + SEALED + 77),
    "the tag of a middle segment": lambda file: _flip(file, len(MARK) + 2 * SEALED - TAG),
    "the last segment": lambda file: _flip(file, len(MARK) + 3 * SEALED),
    "the last byte": lambda file: _flip(file, len(file) - 1),
    "one byte less": lambda file: file[:-1],
    "one byte more": lambda file: file + b"\0",
    "one byte in front": lambda file: b"\0" + file,
    "cut after a segment": lambda file: file[: len(MARK) + 2 * SEALED],
    "cut to the mark": lambda file: file[: len(MARK)],
    "empty": lambda _: b"",
    "a segment more": lambda file: file + file[-SEALED:],
    "a segment twice": lambda file: file[: len(MARK) + SEALED] + file[len(MARK) :],
    "two segments exchanged": lambda file: b"".join(
        [file[: len(MARK)], _segment(file, 1), _segment(file, 0), file[len(MARK) + 2 * SEALED :]]
    ),
    "a segment put in the place of another": lambda file: b"".join(
        [file[: len(MARK) + SEALED], _segment(file, 0), file[len(MARK) + 2 * SEALED :]]
    ),
    "all zeros": lambda file: bytes(len(file)),
}


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_damaged_file_is_refused_and_no_unproven_byte_is_given(
    store: EncryptedFileStore, tmp_path: Path, damage: str
) -> None:
    kept = await store.keep(streamed(LONG))
    path = on_disk(tmp_path, kept)
    path.write_bytes(DAMAGE[damage](path.read_bytes()))

    given: list[bytes] = []
    with pytest.raises(DamagedFileError):
        await read(store, kept, into=given)

    assert LONG.startswith(b"".join(given))
    assert len(b"".join(given)) < len(LONG)


async def test_a_file_in_the_place_of_another_is_refused(store: EncryptedFileStore, tmp_path: Path) -> None:
    first, second = await store.keep(streamed(LONG)), await store.keep(streamed(LONG))
    on_disk(tmp_path, second).replace(on_disk(tmp_path, first))
    with pytest.raises(DamagedFileError, match="segment 0 does not open"):
        await read(store, first)
    with pytest.raises(DamagedFileError, match="it is missing"):
        await read(store, second)


async def test_another_file_s_key_opens_nothing(store: EncryptedFileStore) -> None:
    first, second = await store.keep(streamed(LONG)), await store.keep(streamed(LONG))
    stolen = SealedKey(first.key.storage_id, second.key.key_id, second.key.wrapped_key)
    with pytest.raises(DamagedFileError, match="its key does not open"):
        await read(store, first, stolen)


async def test_a_size_that_does_not_fit_is_refused_before_the_first_byte(store: EncryptedFileStore) -> None:
    kept = await store.keep(streamed(LONG))
    for size in (kept.size - 1, kept.size + 1, 0, SEGMENT):
        with pytest.raises(DamagedFileError, match="its length is another one"):
            await anext(store.read(kept.key, size))


async def test_a_file_that_was_cut_between_segments_is_refused_even_if_its_row_says_so_too(
    store: EncryptedFileStore, tmp_path: Path
) -> None:
    kept = await store.keep(streamed(LONG))
    path = on_disk(tmp_path, kept)
    path.write_bytes(path.read_bytes()[: len(MARK) + 2 * SEALED])
    given: list[bytes] = []
    with pytest.raises(DamagedFileError, match="segment 1 does not open"):
        await read(store, KeptFile(kept.key, 2 * SEGMENT, kept.sha256), into=given)
    assert b"".join(given) == LONG[:SEGMENT]


async def test_a_file_opens_under_its_own_name_only_even_if_two_had_the_same_key(
    store: EncryptedFileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("homeward.file_store.AESGCM.generate_key", lambda _: bytes(32))
    first, second = await store.keep(streamed(LONG)), await store.keep(streamed(LONG))
    on_disk(tmp_path, second).replace(on_disk(tmp_path, first))
    with pytest.raises(DamagedFileError, match="segment 0 does not open"):
        await read(store, first)


async def test_equal_segments_do_not_look_equal_on_the_disk(store: EncryptedFileStore, tmp_path: Path) -> None:
    kept = await store.keep(streamed(bytes(3 * SEGMENT)))
    file = on_disk(tmp_path, kept).read_bytes()
    assert len({_segment(file, number)[:SEGMENT] for number in range(3)}) == 3


async def test_a_file_is_read_with_a_key_that_was_wrapped_anew(store: EncryptedFileStore, keys: KeyFile) -> None:
    kept = await store.keep(streamed(LONG))
    assert await read(store, kept, keys.rewrap(kept.key)) == LONG


@pytest.mark.parametrize("sent", [0, 10, 200_000])
async def test_an_upload_that_breaks_off_leaves_nothing(store: EncryptedFileStore, tmp_path: Path, sent: int) -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield LONG[:sent]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await store.keep(breaks())

    assert list((tmp_path / "files").iterdir()) == []


async def test_a_cancelled_upload_leaves_nothing(store: EncryptedFileStore, tmp_path: Path) -> None:
    waiting = asyncio.Event()

    async def stalls() -> AsyncIterator[bytes]:
        yield LONG
        waiting.set()
        await asyncio.Event().wait()

    keeping = asyncio.create_task(store.keep(stalls()))
    await waiting.wait()
    assert [one.since for one in await store.found()] != []
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping
    assert list((tmp_path / "files").iterdir()) == []


async def test_the_store_lists_what_lies_in_it_with_the_time_it_was_kept(
    store: EncryptedFileStore, tmp_path: Path, clock: Clock
) -> None:
    kept = await store.keep(streamed(b"one"))
    clock.forward(hours=1)
    later = await store.keep(streamed(b"two"))
    (tmp_path / "files" / "README.txt").write_text("put here by somebody")

    found = {one.storage_id: one.since for one in await store.found()}

    assert set(found) == {kept.key.storage_id, later.key.storage_id}
    assert (found[later.key.storage_id] - found[kept.key.storage_id]).total_seconds() == 3600
    assert found[later.key.storage_id] == clock()


async def test_removing_takes_whole_and_begun_files_and_is_no_fault_twice(
    store: EncryptedFileStore, tmp_path: Path
) -> None:
    kept, begun = await store.keep(streamed(b"one")), uuid4()
    (tmp_path / "files" / f"{begun.hex}.part").write_bytes(b"cut")
    assert {one.storage_id for one in await store.found()} == {kept.key.storage_id, begun}
    for one in (kept.key.storage_id, begun, UUID(int=7), begun):
        await store.remove(one)
    assert list((tmp_path / "files").iterdir()) == []


def _flip(file: bytes, place: int) -> bytes:
    return file[:place] + bytes([file[place] ^ 0x40]) + file[place + 1 :]


def _segment(file: bytes, number: int) -> bytes:
    return file[len(MARK) + number * SEALED : len(MARK) + (number + 1) * SEALED]
