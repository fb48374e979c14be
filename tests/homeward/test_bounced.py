"""Bounced letters come in as the mail server pipes them; what is not one changes nothing (NOT-24, RFC 3464)."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from homeward.bounced import (
    FOREIGN,
    LARGEST,
    MALFORMED,
    TAKEN,
    TRY_AGAIN,
    MalformedNoticeError,
    Notice,
    hand_in,
    read_notice,
    take_bounced,
)
from homeward.settings import Settings
from orm.models import AuditEntry, Contact, Letter
from resolvers.outbox import claim_letters, mark_sent
from rules.notices import DeliveryState
from tests.world.world import World

LETTER = UUID("0198f2a4-0000-4000-8000-000000000001")
ROOT = Path(__file__).parents[2]

Recipient = tuple[str, str]
"""Action and status."""


def delivery_status(recipients: Iterable[Recipient]) -> MIMENonMultipart:
    part = MIMENonMultipart("message", "delivery-status")
    about_the_letter = Message()
    about_the_letter["Reporting-MTA"] = "dns; mail.example.net"
    blocks: list[Message | str] = [about_the_letter]
    for action, status in recipients:
        block = Message()
        block["Final-Recipient"] = "rfc822; nobody@example.net"
        block["Action"] = action
        block["Status"] = status
        block["Diagnostic-Code"] = "smtp; 550 No such mailbox nobody@example.net"
        blocks.append(block)
    part.set_payload(blocks)
    return part


def returned_letter(message_id: str) -> EmailMessage:
    letter = EmailMessage()
    letter["Message-ID"] = message_id
    letter["From"] = "letters@exchange.example"
    letter["To"] = "nobody@example.net"
    letter["Subject"] = "Referral 7 was published"
    letter.set_content("Please sign in.")
    return letter


def notification(
    *recipients: Recipient,
    letter_id: UUID | str = LETTER,
    headers_only: bool = False,
    reply_to: str = "",
    returned: bool = True,
) -> MIMEMultipart:
    """Write a notification as mail servers do."""
    report = MIMEMultipart("report")
    report.set_param("report-type", "delivery-status")
    report["From"] = "MAILER-DAEMON@mail.example.net"
    report["To"] = "letters@exchange.example"
    report["Subject"] = "Undelivered Mail Returned to Sender"
    report["Message-ID"] = f"<{uuid4()}@mail.example.net>"
    if reply_to:
        report["In-Reply-To"] = reply_to
    report.attach(MIMEText("Your letter could not be delivered."))
    report.attach(delivery_status(recipients or [("failed", "5.1.1")]))
    letter = returned_letter(f"<{letter_id}@exchange.example>")
    if returned and headers_only:
        headers = "".join(f"{name}: {value}\n" for name, value in letter.items())
        report.attach(MIMEText(headers, "rfc822-headers"))
    elif returned:
        report.attach(MIMEMessage(letter))
    return report


def read(*recipients: Recipient, **options: object) -> Notice:
    return read_notice(notification(*recipients, **options).as_bytes())  # type: ignore[arg-type]


def test_a_notification_names_the_letter_and_how_it_failed() -> None:
    assert read(("failed", "5.1.1")) == Notice(LETTER, "5.1.1")


def test_a_notification_with_the_headers_only_names_the_letter_too() -> None:
    assert read(headers_only=True) == Notice(LETTER, "5.1.1")


def test_a_notification_without_the_letter_names_it_by_what_it_replies_to() -> None:
    assert read(returned=False, reply_to=f"<{LETTER}@exchange.example>") == Notice(LETTER, "5.1.1")
    assert read(returned=False) == Notice(None, "5.1.1")


def test_the_returned_letter_counts_and_not_what_it_was_a_reply_to() -> None:
    assert read(letter_id="somebody-elses", reply_to=f"<{LETTER}@exchange.example>").letter_id is None


@pytest.mark.parametrize(
    ("recipients", "failure"),
    [
        ([("failed", "5.1.1 (bad destination mailbox)")], "5.1.1"),
        ([("FAILED", " 5.2.1")], "5.2.1"),
        ([("failed (no such user)", "5.1.1")], "5.1.1"),
        ([("failed", "5.1.10")], "5.1.10"),
        ([("delayed", "4.4.1")], None),
        ([("delayed", "5.1.1")], None),
        ([("relayed", "2.0.0")], None),
        ([("delivered", "2.1.5")], None),
        ([("expanded", "2.1.5")], None),
        ([("failed", "4.4.7")], None),
        ([("failed", "")], None),
        ([("failed", "no such mailbox")], None),
        ([("failed", "5.1.1.1")], None),
        ([("", "5.1.1")], None),
        ([("failed", "5.1.1"), ("failed", "5.2.1")], "5.1.1"),
        ([("failed", "5.1.1"), ("delivered", "2.1.5")], None),
    ],
)
def test_only_what_failed_for_good_is_a_failure(recipients: list[Recipient], failure: str | None) -> None:
    assert read(*recipients) == Notice(LETTER, failure)


def ordinary_letter() -> bytes:
    return returned_letter(f"<{LETTER}@exchange.example>").as_bytes()


def other_report() -> bytes:
    report = notification()
    report.set_param("report-type", "disposition-notification")
    return report.as_bytes()


def report_without_status() -> bytes:
    report = MIMEMultipart("report")
    report.set_param("report-type", "delivery-status")
    report.attach(MIMEText("Your letter could not be delivered."))
    report.attach(MIMEMessage(returned_letter(f"<{LETTER}@exchange.example>")))
    return report.as_bytes()


def report_without_recipients() -> bytes:
    report = notification()
    parts: list[Any] = report.get_payload()  # type: ignore[assignment]
    parts[1].set_payload([Message()])
    return report.as_bytes()


def status_inside_a_forwarded_letter() -> bytes:
    outer = EmailMessage()
    outer["Subject"] = "Look at this"
    outer.set_content("What does it mean?")
    outer.add_attachment(notification().as_bytes(), maintype="application", subtype="octet-stream")
    return outer.as_bytes()


def nested(depth: int) -> bytes:
    head = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(depth))
    return b'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n--x\n' + head


MALFORMED_MAIL = {
    "nothing": b"",
    "bytes": bytes(range(256)) * 4,
    "words": b"hello",
    "an ordinary letter": ordinary_letter(),
    "a read receipt": other_report(),
    "a report without a status": report_without_status(),
    "a report without recipients": report_without_recipients(),
    "a report in a forwarded letter": status_inside_a_forwarded_letter(),
    "a report without a body": b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n",
    "no boundary": b"Content-Type: multipart/report; report-type=delivery-status\n\nAction: failed\n",
    "letters within letters": nested(5000),
    "half of one": notification().as_bytes()[:400],
    "a letter too long": notification().as_bytes() + b"x" * LARGEST,
}


@pytest.mark.parametrize("kind", sorted(MALFORMED_MAIL))
def test_what_is_no_notification_is_refused_in_one_sentence(kind: str) -> None:
    with pytest.raises(MalformedNoticeError) as refused:
        read_notice(MALFORMED_MAIL[kind])
    assert "Nothing was changed." in str(refused.value)
    assert "@" not in str(refused.value)


def test_a_notification_cut_off_anywhere_never_blames_another_letter_and_never_crashes() -> None:
    raw = notification().as_bytes()
    for end in range(0, len(raw), 7):
        try:
            notice = read_notice(raw[:end])
        except MalformedNoticeError:
            continue
        assert notice.letter_id in {LETTER, None}
        assert notice.failure in {"5.1.1", None}


async def sent(world: World) -> Letter:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    await world.published(coordinator, "Boone")
    for letter in await claim_letters(world.desk, 10):
        await mark_sent(world.desk, letter)
    return await Letter.get(contact_id=home.contact_id)


async def handed_in(world: World, report: MIMEMultipart) -> tuple[int, str]:
    said: list[str] = []
    code = await hand_in(world.desk, read_notice(report.as_bytes()), said.append)
    return code, "\n".join(said)


@pytest.mark.requirement("NOT-24")
async def test_a_bounce_finds_its_letter_and_a_second_one_changes_nothing(world: World) -> None:
    letter = await sent(world)

    first = await handed_in(world, notification(letter_id=letter.id))
    bounced = await Letter.get(id=letter.id)
    second = await handed_in(world, notification(("failed", "5.2.1"), letter_id=letter.id))

    assert first == (TAKEN, f"Letter {letter.id} bounced: 5.1.1.")
    assert (bounced.state, bounced.last_error) == (DeliveryState.BOUNCED, "5.1.1")
    assert second == (TAKEN, "This bounce was known already.")
    assert (await Letter.get(id=letter.id)).last_error == "5.1.1"


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded"])
async def test_a_letter_on_its_way_is_not_a_bounce(world: World, action: str) -> None:
    letter = await sent(world)
    entries = await AuditEntry.all().count()

    code, said = await handed_in(world, notification((action, "5.1.1"), letter_id=letter.id))

    assert (code, said) == (TAKEN, "This reports no failure for good. Nothing was changed.")
    assert (await Letter.get(id=letter.id)).state is DeliveryState.SENT
    assert await AuditEntry.all().count() == entries


@pytest.mark.parametrize("letter_id", [LETTER, "20260302.1234", "not a key"])
async def test_a_bounce_of_a_letter_from_elsewhere_is_refused_and_changes_nothing(
    world: World, letter_id: UUID | str
) -> None:
    letter = await sent(world)

    code, said = await handed_in(world, notification(letter_id=letter_id))

    assert code == FOREIGN
    assert said.endswith("Nothing was changed.")
    assert (await Letter.get(id=letter.id)).state is DeliveryState.SENT
    assert await Contact.filter(email_bounced_at__isnull=False).count() == 0


async def test_the_command_takes_a_bounce_from_standard_input_and_says_no_with_its_exit_code(
    world: World, database_url: str, tmp_path: Path
) -> None:
    letter = await sent(world)
    env = {
        **os.environ,
        "DATABASE_URL": database_url,
        "HOMEWARD_VAR": str(tmp_path / "var"),
        "HOMEWARD_DEMO": "true",  # so that it makes its own keys
        "REDIS_URL": "",
    }

    async def pipe(raw: bytes) -> tuple[int | None, str]:
        program = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "homeward", "bounced"),
            cwd=ROOT,
            env=env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await program.communicate(raw)
        return program.returncode, out.decode()

    assert await pipe(b"hello") == (
        MALFORMED,
        "This is not a delivery status notification (RFC 3464). Nothing was changed.\n",
    )
    assert (await Letter.get(id=letter.id)).state is DeliveryState.SENT
    assert await pipe(notification(letter_id=letter.id).as_bytes()) == (TAKEN, f"Letter {letter.id} bounced: 5.1.1.\n")
    assert (await Letter.get(id=letter.id)).state is DeliveryState.BOUNCED


async def test_while_the_database_is_away_the_mail_server_is_asked_to_keep_the_bounce(tmp_path: Path) -> None:
    nowhere = "postgres://nobody@127.0.0.1:1/nowhere"
    without_database = Settings.model_validate({"var": tmp_path, "DATABASE_URL": nowhere, "demo": True})
    without_keys = Settings.model_validate({"var": tmp_path / "empty", "DATABASE_URL": nowhere})
    for closed in (without_database, without_keys):
        said: list[str] = []
        assert await take_bounced(closed, notification().as_bytes(), said.append) == TRY_AGAIN
        assert said == ["The house could not take it now. Try again later."]
