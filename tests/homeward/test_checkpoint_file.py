"""A checkpoint is a line that stays: added whole, never changed, read back as it was told (AUD-03)."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from homeward.checkpoint_file import CheckpointFile, CheckpointsRead
from resolvers.seal_facts import SealFacts

pytestmark = pytest.mark.requirement("AUD-03")

AT = datetime(2026, 3, 2, 15, 0, 0, 5, tzinfo=UTC)


def seal(number: int) -> SealFacts:
    return SealFacts(number, AT, 3, "a" * 64, "b" * 64, "seal-1", "c" * 128)


async def test_lines_are_added_and_read_back_as_they_were_told(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "book.jsonl"
    for number in (1, 2, 3):
        before = path.read_bytes() if path.exists() else b""
        await CheckpointFile(path).keep(seal(number))
        assert path.read_bytes().startswith(before)
    assert list(CheckpointsRead(path)) == [seal(1), seal(2), seal(3)]
    assert [one.hash for one in CheckpointsRead(path)] == [seal(1).hash, seal(2).hash, seal(3).hash]


async def test_several_who_add_at_once_do_not_mix_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "book.jsonl"
    await asyncio.gather(*(CheckpointFile(path).keep(seal(number)) for number in range(1, 41)))
    read = CheckpointsRead(path)
    assert sorted(one.number for one in read) == list(range(1, 41))
    assert read.torn == []


async def test_a_line_that_was_torn_does_not_take_the_next_one_with_it(tmp_path: Path) -> None:
    path = tmp_path / "book.jsonl"
    await CheckpointFile(path).keep(seal(1))
    path.write_bytes(path.read_bytes() + b'{"number": 2, "at"')
    await CheckpointFile(path).keep(seal(3))
    read = CheckpointsRead(path)
    assert list(read) == [seal(1), seal(3)]
    assert read.torn == [2]


async def test_a_line_for_which_the_disk_has_no_room_is_a_fault_and_is_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "book.jsonl"
    whole = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: whole(descriptor, line[:20]))
    with pytest.raises(OSError, match=r"No space left on device.*book\.jsonl"):
        await CheckpointFile(path).keep(seal(1))
    monkeypatch.undo()
    await CheckpointFile(path).keep(seal(1))
    read = CheckpointsRead(path)
    assert list(read) == [seal(1)]
    assert read.torn == [1]


@pytest.mark.parametrize("line", ["", "[]", "1", '"text"', "{}", '{"number": "1"}'])
def test_a_line_that_tells_no_seal_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "book.jsonl"
    path.write_text(line + "\n")
    read = CheckpointsRead(path)
    assert list(read) == []
    assert read.torn == [1]
