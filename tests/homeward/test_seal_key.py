"""The key of the seals: only its own process reads it, a rotation forgets the old one, the public keys can be given."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from homeward.seal_key import PublicSealKeys, SealKeyFile, make_seal_key, rotate_seal_key
from resolvers.seal_ports import SealKeyError

pytestmark = pytest.mark.requirement("AUD-03")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A new key."""
    path = tmp_path / "deep" / "seal-key.json"
    assert make_seal_key(path)
    return path


def test_a_new_key_is_for_its_owner_alone(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["seal-key.json"]


def test_a_key_that_is_there_is_left_alone(path: Path) -> None:
    before = path.read_bytes()
    assert not make_seal_key(path)
    assert path.read_bytes() == before


def test_two_who_make_the_key_at_once_end_with_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    monkeypatch.setattr(Path, "exists", lambda _: False)  # the other one was faster, right after the look
    assert not make_seal_key(path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["seal-key.json"]


def test_what_the_key_has_signed_fits_it_and_nothing_else(path: Path, tmp_path: Path) -> None:
    keys = SealKeyFile(path)
    signer = keys.signer()
    signature = signer.sign(b"content").hex()
    assert len(signature) == 128
    assert len(signer.key_id) <= 40
    assert keys.knows(signer.key_id)
    assert not keys.knows("seal-0")
    assert keys.public.fits(signer.key_id, b"content", signature)
    assert not keys.public.fits(signer.key_id, b"Content", signature)
    assert not keys.public.fits(signer.key_id, b"content", signature[:-2])
    assert not keys.public.fits(signer.key_id, b"content", "no hex")
    assert not keys.public.fits("seal-0", b"content", signature)
    make_seal_key(tmp_path / "other.json")
    other = SealKeyFile(tmp_path / "other.json")
    assert not other.public.fits(signer.key_id, b"content", signature)
    assert signer.key_id not in repr(other.signer())


def test_the_public_keys_travel_as_pem_that_other_programs_read(path: Path, tmp_path: Path) -> None:
    rotate_seal_key(path)
    keys = SealKeyFile(path)
    pem = keys.public.pem
    assert pem.count("-----BEGIN PUBLIC KEY-----") == 2
    assert PublicSealKeys.read(pem.encode()).keys.keys() == keys.public.keys.keys()
    assert PublicSealKeys.read(b"\n\n" + pem.replace("\n", "\r\n").encode()).knows(keys.signer().key_id)
    (tmp_path / "keys.pem").write_text(pem)
    shown = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(tmp_path / "keys.pem"), "-noout", "-text"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "ED25519" in shown.stdout


def test_the_private_key_stands_in_nothing_that_is_shown(path: Path) -> None:
    private = json.loads(path.read_text())["private"]
    keys = SealKeyFile(path)
    assert private not in keys.public.pem + repr(keys) + repr(keys.signer()) + repr(keys.public)


def test_a_rotation_seals_with_a_new_key_knows_the_old_and_forgets_its_private_half(path: Path) -> None:
    keys = SealKeyFile(path)
    old, old_private = keys.signer(), json.loads(path.read_text())["private"]
    signature = old.sign(b"content").hex()

    new_id = rotate_seal_key(path)

    assert keys.signer().key_id == new_id != old.key_id
    assert keys.knows(old.key_id)
    assert keys.public.fits(old.key_id, b"content", signature)
    assert old_private not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_can_read_or_write_is_not_used(path: Path, mode: int) -> None:
    path.chmod(mode)
    if mode == 0o640:  # as for the key file of the documents, the group may read it
        assert SealKeyFile(path).signer()
        return
    with pytest.raises(SealKeyError, match="chmod 600"):
        SealKeyFile(path).signer()


def test_a_missing_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SealKeyError, match="backup"):
        SealKeyFile(tmp_path / "nothing.json").signer()
    with pytest.raises(SealKeyError, match="backup"):
        rotate_seal_key(tmp_path / "nothing.json")
    assert not (tmp_path / "nothing.json").exists()


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"private": "AA==", "public": {}}', '{"private": 1, "public": {}}']
)
def test_a_damaged_key_says_so_without_its_content(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(SealKeyError, match="backup"):
        SealKeyFile(path).signer()


def test_a_key_file_without_its_own_public_half_is_damaged(path: Path) -> None:
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "public": {}}))
    with pytest.raises(SealKeyError, match="damaged"):
        SealKeyFile(path).signer()


def test_what_is_no_public_key_of_the_seals_is_refused() -> None:
    other = rsa.generate_private_key(65537, 2048).public_key()
    pem = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for text in (b"", b"nothing", pem, b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"):
        with pytest.raises(SealKeyError):
            PublicSealKeys.read(text)
