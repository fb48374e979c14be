"""The malware scanner: clean is clean, found is found, and anything else is no verdict."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from homeward.clamd import Clamd, ClamdAddress
from resolvers.file_ports import DamagedFileError, ScannerAwayError, ScanVerdict
from tests.homeward.fake_clamd import EICAR, FakeClamd, fake_clamd
from tests.servers import free_port
from tests.world.documents import streamed

LONG = bytes(range(256)) * 2000


@pytest.fixture
async def clamd() -> AsyncIterator[FakeClamd]:
    """A scanner on loopback."""
    async with fake_clamd() as server:
        yield server


async def test_a_clean_file_is_scanned_whole_and_found_clean(clamd: FakeClamd) -> None:
    assert await Clamd(clamd.address).scan(streamed(LONG, 200_000)) == ScanVerdict(clean=True)
    assert clamd.scanned == [LONG]


async def test_a_scanner_behind_a_socket_of_this_machine_is_asked_the_same(tmp_path: Path) -> None:
    async with fake_clamd(tmp_path / "clamd.ctl") as clamd:
        assert await Clamd(clamd.address).scan(streamed(LONG)) == ScanVerdict(clean=True)
    assert clamd.scanned == [LONG]


async def test_malware_is_found_and_named(clamd: FakeClamd) -> None:
    verdict = await Clamd(clamd.address).scan(streamed(LONG + EICAR))
    assert verdict == ScanVerdict(clean=False, found="Eicar-Test-Signature")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\0",
        b"stream: \0",
        b"OK\0",
        b"stream: OKAY\0",
        b"stream: OK and more\0",
        b"220 mail ready\r\n",
        b"x" * 9000,
    ],
)
async def test_an_answer_that_is_no_verdict_is_none(clamd: FakeClamd, answer: bytes) -> None:
    clamd.answer = answer
    with pytest.raises(ScannerAwayError):
        await Clamd(clamd.address).scan(streamed(LONG))


async def test_a_scanner_that_takes_no_more_gives_no_verdict(clamd: FakeClamd) -> None:
    clamd.most = 100_000
    with pytest.raises(ScannerAwayError, match=r"no verdict: INSTREAM size limit exceeded|ConnectionResetError"):
        await Clamd(clamd.address).scan(streamed(LONG * 20))


async def test_a_clean_verdict_before_the_end_of_the_file_is_none(clamd: FakeClamd) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield LONG

    clamd.hasty = True
    with pytest.raises(ScannerAwayError, match="before the end"):
        await Clamd(clamd.address).scan(endless())


async def test_a_scanner_that_hangs_is_given_up(clamd: FakeClamd) -> None:
    clamd.hangs = True
    with pytest.raises(ScannerAwayError, match="TimeoutError"):
        await Clamd(clamd.address, timedelta(milliseconds=200)).scan(streamed(LONG))


async def test_a_scanner_that_is_not_there_is_away(tmp_path: Path) -> None:
    for address in (ClamdAddress("127.0.0.1", free_port()), ClamdAddress(path=str(tmp_path / "none"))):
        with pytest.raises(ScannerAwayError):
            await Clamd(address).scan(streamed(LONG))


async def test_what_is_wrong_with_the_content_is_not_the_scanner_s_fault(clamd: FakeClamd) -> None:
    async def damaged() -> AsyncIterator[bytes]:
        yield LONG
        raise DamagedFileError("segment 1 does not open")

    with pytest.raises(DamagedFileError):
        await Clamd(clamd.address).scan(damaged())
    assert clamd.scanned == []


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("tcp://127.0.0.1:3311", ClamdAddress("127.0.0.1", 3311)),
        ("tcp://localhost", ClamdAddress("localhost", 3310)),
        ("tcp://[::1]:3310", ClamdAddress("::1", 3310)),
        ("unix:///run/clamav/clamd.ctl", ClamdAddress(path="/run/clamav/clamd.ctl")),
    ],
)
def test_the_scanner_s_address_is_read(url: str, address: ClamdAddress) -> None:
    assert ClamdAddress.parse(url) == address


@pytest.mark.parametrize(
    "url",
    ["", "clamd", "tcp://", "tcp://scanner.example.org:3310", "tcp://10.0.0.7", "unix://clamd.ctl", "http://127.0.0.1"],
)
def test_documents_are_not_sent_unencrypted_to_another_machine(url: str) -> None:
    with pytest.raises(ValueError, match="on this machine"):
        ClamdAddress.parse(url)
