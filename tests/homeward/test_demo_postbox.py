"""Nothing leaves this machine: every letter of the demo arrives in a postbox that can be read."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest

from homeward.demo_postbox import LARGEST_LETTER, LISTED, Behaviour, DemoPostbox, Drop, kept_letters

NOON = datetime(2026, 12, 24, 18, 0, tzinfo=UTC)
SENDER, READER = "homeward@exchange.example", "intake@provider.example"


@pytest.fixture
async def postbox(tmp_path: Path) -> AsyncIterator[DemoPostbox]:
    box = DemoPostbox(tmp_path / "postbox", clock=lambda: NOON)
    await box.start()
    yield box
    await box.stop()


def letter(number: int = 1) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = SENDER, READER
    message["Subject"] = f"Referral R-{number} — new in your county"
    message["Message-ID"] = f"<r{number}@exchange.example>"
    message.set_content(f"Referral R-{number} waits for you.\n")
    message.add_alternative(f"<p>Referral <b>R-{number}</b> waits for you.</p>\n", subtype="html")
    return message


def names_in(directory: Path) -> list[str]:
    return sorted(path.name[:7] for path in directory.iterdir())


async def send(postbox: DemoPostbox, message: EmailMessage | bytes, *recipients: str) -> None:
    host, port = postbox.address
    async with aiosmtplib.SMTP(hostname=host, port=port, start_tls=False) as client:
        if isinstance(message, bytes):
            await client.sendmail(SENDER, list(recipients or (READER,)), message)
        else:
            await client.send_message(message, sender=SENDER, recipients=list(recipients or (READER,)))


async def test_a_letter_can_be_read_as_it_was_sent(postbox: DemoPostbox) -> None:
    await send(postbox, letter(), READER, "night@provider.example")
    (kept,) = postbox.letters()
    assert kept.subject == "Referral R-1 — new in your county"
    assert kept.text.splitlines() == ["Referral R-1 waits for you."]
    assert kept.html.splitlines() == ["<p>Referral <b>R-1</b> waits for you.</p>"]
    assert kept.message_id == "<r1@exchange.example>"
    assert kept.sender == SENDER
    assert kept.recipients == (READER, "night@provider.example")
    assert kept.received_at == NOON


async def test_the_latest_letters_come_first_and_no_more_than_asked_for(postbox: DemoPostbox, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        await send(postbox, letter(number))
    assert [kept.message_id[:3] for kept in kept_letters(tmp_path / "postbox", 2)] == ["<r3", "<r2"]
    assert len(postbox.letters(3)) == len(postbox.letters()) == 3


def test_the_list_ends_after_two_hundred_letters(tmp_path: Path) -> None:
    for number in range(1, LISTED + 2):
        said = f'{{"receivedAt": "{NOON.isoformat()}", "sender": "", "recipients": []}}'
        (tmp_path / f"{number:06d}-{0:012x}.eml").write_text(
            f"X-Homeward-Envelope: {said}\r\nMessage-ID: {number}\r\n\r\n"
        )
    listed = kept_letters(tmp_path)
    assert (listed[0].message_id, listed[-1].message_id) == ("201", "2")


async def test_letters_stay_and_their_order_goes_on_after_a_restart(tmp_path: Path) -> None:
    for number in (1, 2):
        box = DemoPostbox(tmp_path)
        await box.start()
        await send(box, letter(number))
        await box.stop()
    assert [kept.message_id[:3] for kept in kept_letters(tmp_path)] == ["<r2", "<r1"]
    assert names_in(tmp_path) == ["000001-", "000002-"]


def test_a_postbox_that_was_never_used_is_empty(tmp_path: Path) -> None:
    assert kept_letters(tmp_path / "postbox") == []


async def test_a_letter_being_written_is_not_listed(postbox: DemoPostbox, tmp_path: Path) -> None:
    (tmp_path / "postbox" / "000001-0123456789ab.eml.unfinished").write_bytes(b"half a let")
    assert postbox.letters() == []


async def test_a_letter_of_one_mebibyte_is_taken_and_one_byte_more_is_not(postbox: DemoPostbox) -> None:
    head = b"Subject: large\r\n\r\n"
    line = b"x" * 62 + b"\r\n"
    fits = head + line * ((LARGEST_LETTER - len(head)) // len(line))
    fits = fits[:-2] + b"x" * (LARGEST_LETTER - len(fits)) + b"\r\n"
    assert len(fits) == LARGEST_LETTER
    await send(postbox, fits)
    with pytest.raises(aiosmtplib.SMTPResponseException) as refusal:
        await send(postbox, b"X" + fits)
    assert refusal.value.code == 552
    assert [kept.subject for kept in postbox.letters()] == ["large"]


@pytest.mark.parametrize(
    "rubbish",
    [
        b"\xff\xfe not a letter at all",
        b"Content-Type: text/plain; charset=no-such-set\r\nSubject: =?no-such-set?q?x?=\r\n\r\nhello",
        b"Subject: =?utf-8?b?!!!?=\r\nContent-Type: multipart/mixed\r\nMessage-ID: <<<\r\n\r\nhello",
        b"X-Homeward-Envelope: forged\r\n\r\nhello",
    ],
)
async def test_rubbish_is_kept_and_breaks_no_list(postbox: DemoPostbox, rubbish: bytes) -> None:
    await send(postbox, rubbish)
    await send(postbox, letter(2))
    assert [kept.recipients for kept in postbox.letters()] == [(READER,), (READER,)]


@pytest.mark.parametrize(
    ("behaviour", "code"),
    [(Behaviour(refuse_recipients=True), 550), (Behaviour(defer_recipients=True), 451)],
)
async def test_it_refuses_or_defers_recipients_when_told_to_and_takes_them_again_later(
    postbox: DemoPostbox, behaviour: Behaviour, code: int
) -> None:
    postbox.behaviour = behaviour
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refusal:
        await send(postbox, letter(), READER)
    assert [each.code for each in refusal.value.recipients] == [code]
    assert (postbox.letters(), postbox.recipients_named) == ([], 1)
    postbox.behaviour = Behaviour()
    await send(postbox, letter())
    assert (len(postbox.letters()), postbox.recipients_named) == (1, 2)


@pytest.mark.parametrize(("drop", "kept"), [(Drop.BEFORE_KEEPING, 0), (Drop.AFTER_KEEPING, 1)])
async def test_it_drops_the_connection_when_told_to_before_or_after_keeping_the_letter(
    postbox: DemoPostbox, drop: Drop, kept: int
) -> None:
    postbox.behaviour = Behaviour(drop=drop)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(postbox, letter())
    assert len(postbox.letters()) == kept


async def test_it_hangs_when_told_to_until_it_is_released(postbox: DemoPostbox) -> None:
    postbox.behaviour = Behaviour(hang=True)
    sending = asyncio.create_task(send(postbox, letter()))
    await postbox.wait_for_hanging()
    assert postbox.letters() == []
    assert not sending.done()
    postbox.release()
    async with asyncio.timeout(10):
        await postbox.wait_for_letters(1)
        await sending
    assert len(postbox.letters()) == 1


async def test_a_hanging_conversation_is_cut_when_the_postbox_stops(postbox: DemoPostbox) -> None:
    postbox.behaviour = Behaviour(hang=True)
    sending = asyncio.create_task(send(postbox, letter()))
    await postbox.wait_for_hanging()
    async with asyncio.timeout(10):
        await postbox.stop()
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await sending
    assert postbox.letters() == []


async def test_it_answers_garbage_when_told_to(postbox: DemoPostbox) -> None:
    postbox.behaviour = Behaviour(answer_garbage=True)
    with pytest.raises(aiosmtplib.SMTPException):
        await send(postbox, letter())
    assert len(postbox.letters()) == 1


async def test_waiting_for_letters_that_are_there_already_does_not_wait(postbox: DemoPostbox) -> None:
    await send(postbox, letter())
    async with asyncio.timeout(timedelta(seconds=10).total_seconds()):
        await postbox.wait_for_letters(1)
    assert len(postbox.letters()) == 1
