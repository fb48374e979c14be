"""The key file: only its own process reads it, a rotation reaches whoever has it open, nothing opens by chance."""

from __future__ import annotations

import base64
import json
import stat
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from homeward.key_file import KeyFile, KeyFileError, add_key, forget_keys, make_keys
from resolvers.file_ports import DamagedFileError

FILE_KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A new key file."""
    path = tmp_path / "deep" / "keys.json"
    assert make_keys(path)
    return path


def test_a_new_key_file_is_for_its_owner_alone_and_holds_one_key(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = json.loads(path.read_text())
    assert list(told["keys"]) == [told["current"]]
    assert len(base64.b64decode(told["keys"][told["current"]])) == 32
    assert [one.name for one in path.parent.iterdir()] == ["keys.json"]


def test_a_key_file_that_is_there_is_left_alone(path: Path) -> None:
    before = path.read_bytes()
    assert not make_keys(path)
    assert path.read_bytes() == before


def test_two_who_make_the_first_key_at_once_end_with_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    monkeypatch.setattr(Path, "exists", lambda _: False)  # the other one was faster, right after the look
    assert not make_keys(path)
    assert path.read_bytes() == before


def test_a_wrapped_key_opens_again_and_shows_nothing_of_itself(path: Path) -> None:
    keys = KeyFile(path)
    sealed = keys.wrap(uuid4(), FILE_KEY)
    assert keys.unwrap(sealed) == FILE_KEY
    assert FILE_KEY not in base64.b64decode(sealed.wrapped_key)
    assert keys.wrap(sealed.storage_id, FILE_KEY).wrapped_key != sealed.wrapped_key
    assert len(sealed.key_id) <= 40
    assert len(sealed.wrapped_key) <= 200


def test_a_wrapped_key_opens_only_for_its_own_file_unchanged_by_the_key_that_wrapped_it(
    path: Path, tmp_path: Path
) -> None:
    keys = KeyFile(path)
    sealed = keys.wrap(uuid4(), FILE_KEY)
    changed = bytearray(base64.b64decode(sealed.wrapped_key))
    changed[20] ^= 1
    make_keys(tmp_path / "other.json")
    other = KeyFile(tmp_path / "other.json")
    wrong = [
        replace(sealed, storage_id=uuid4()),
        replace(sealed, wrapped_key=base64.b64encode(changed).decode()),
        replace(sealed, wrapped_key=""),
        replace(sealed, wrapped_key="no base64!"),
        replace(sealed, wrapped_key=sealed.wrapped_key[:40]),
        replace(sealed, key_id=""),
        replace(sealed, key_id=other.current_id),
    ]
    for one in wrong:
        with pytest.raises(DamagedFileError):
            keys.unwrap(one)
    with pytest.raises(DamagedFileError, match="not in the key file"):
        other.unwrap(sealed)


def test_a_new_key_reaches_a_process_that_runs_and_the_old_one_still_opens(path: Path) -> None:
    keys = KeyFile(path)
    old = keys.wrap(uuid4(), FILE_KEY)

    name = add_key(path)

    assert keys.current_id == name != old.key_id
    assert keys.wrap(uuid4(), FILE_KEY).key_id == name
    assert keys.unwrap(old) == FILE_KEY
    assert keys.rewrap(old).key_id == name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_only_keys_that_wrap_nothing_are_forgotten_and_never_the_current_one(path: Path) -> None:
    keys = KeyFile(path)
    first, second, third = keys.current_id, add_key(path), add_key(path)
    sealed = keys.wrap(uuid4(), FILE_KEY)

    assert forget_keys(path, {second}) == [first]
    assert forget_keys(path, {second}) == []
    assert forget_keys(path, set()) == [second]

    assert keys.current_id == third
    assert keys.unwrap(sealed) == FILE_KEY


def test_a_missing_key_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"is missing.*backup.*homeward make-keys"):
        KeyFile(tmp_path / "keys.json")


def test_a_key_file_that_goes_away_while_the_house_runs_wraps_nothing_more(path: Path) -> None:
    keys = KeyFile(path)
    path.unlink()
    with pytest.raises(KeyFileError):
        keys.wrap(uuid4(), FILE_KEY)


@pytest.mark.parametrize(("mode", "good"), [(0o600, True), (0o440, True), (0o604, False), (0o620, False)])
def test_a_key_file_that_others_can_read_is_not_used(path: Path, mode: int, good: bool) -> None:
    path.chmod(mode)
    if good:
        assert KeyFile(path).current_id
        return
    with pytest.raises(KeyFileError, match="open to others"):
        KeyFile(path)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "null",
        "{}",
        '{"current": "a", "keys": {}}',
        '{"current": "a", "keys": {"a": "c2hvcnQ="}}',
        '{"current": "a", "keys": {"a": "?"}}',
        '{"current": "a", "keys": {"a": 1}}',
    ],
)
def test_a_file_that_is_no_key_file_is_not_used_and_not_quoted(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(KeyFileError, match="Put it back from its backup") as no:
        KeyFile(path)
    assert "c2hvcnQ" not in str(no.value)
