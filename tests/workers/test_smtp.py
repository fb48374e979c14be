"""Letters leave this machine encrypted or not at all, and each answer of the mail server is understood."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from homeward.demo_postbox import Behaviour, DemoPostbox
from homeward.smtp import MailServer, SmtpPostman
from workers.relay import RefusedError, UnreachableError

TLS = Path(__file__).with_name("tls")
LETTER = b"Subject: hello\r\n\r\n.a line that begins with a dot\r\n"
SENDER, READER = "letters@exchange.example", "ada@provider.example"


class StrictServer:
    """Take letters over TLS only, from one account."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.mail_answer = "250 OK"
        self.data_answer = "250 OK"
        self.conversations = 0

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.conversations += 1
        session.host_name = hostname
        return responses

    async def handle_MAIL(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.mail_answer

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        self.taken.append(envelope.content)
        return self.data_answer


def _knows(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (b"house", b"p@ss/word")
    return AuthResult(success=known, handled=False)


@asynccontextmanager
async def tls_server(handler: StrictServer) -> AsyncIterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    loop = asyncio.get_running_loop()

    def converse() -> SMTP:
        return SMTP(
            handler,
            hostname="localhost",
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=_knows,
            loop=loop,
        )

    server = await loop.create_server(converse, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def mail_server(port: int, **changes: object) -> MailServer:
    settings: dict[str, object] = {
        "host": "127.0.0.1",
        "port": port,
        "username": "house",
        "password": "p@ss/word",
        "certificates": TLS / "certificate.pem",
        **changes,
    }
    return MailServer(**settings)  # type: ignore[arg-type]


async def test_letters_go_over_an_encrypted_connection_signed_in_and_kept() -> None:
    server = StrictServer()
    async with tls_server(server) as port:
        postman = SmtpPostman(mail_server(port))
        for _ in range(3):
            await postman.send(LETTER, SENDER, READER)
        await postman.close()
    assert server.taken == [LETTER] * 3
    assert server.conversations == 2  # before and after STARTTLS, for all three letters


@pytest.mark.parametrize(
    "changes",
    [{"certificates": None}, {"password": "wrong"}, {"plain": True, "username": None, "password": None}],
    ids=["a certificate nobody vouches for", "a wrong password", "no encryption"],
)
async def test_a_server_that_does_not_let_the_house_in_gets_no_letter_and_the_letter_stays(
    changes: dict[str, object],
) -> None:
    server = StrictServer()
    async with tls_server(server) as port:
        postman = SmtpPostman(mail_server(port, **changes))
        with pytest.raises((UnreachableError, RefusedError)) as failure:
            await postman.send(LETTER, SENDER, READER)
        await postman.close()
    assert not getattr(failure.value, "for_good", False)
    assert server.taken == []
    assert "p@ss" not in str(failure.value)


async def test_a_server_without_encryption_gets_no_letter_where_encryption_is_due(postbox: DemoPostbox) -> None:
    host, port = postbox.address
    postman = SmtpPostman(MailServer(host, port))
    with pytest.raises(UnreachableError):
        await postman.send(LETTER, SENDER, READER)
    assert (postbox.letters(), postbox.recipients_named) == ([], 0)


@pytest.mark.parametrize(
    ("answer", "for_good", "said"),
    [("552 5.3.4 Too long for ada@provider.example", True, "552 5.3.4"), ("452 No room", False, "452")],
)
async def test_a_refusal_of_the_text_is_understood_and_the_next_letter_goes(
    answer: str, for_good: bool, said: str
) -> None:
    server = StrictServer()
    server.data_answer = answer
    async with tls_server(server) as port:
        postman = SmtpPostman(mail_server(port))
        with pytest.raises(RefusedError) as refused:
            await postman.send(LETTER, SENDER, READER)
        server.data_answer = "250 OK"
        await postman.send(LETTER, SENDER, READER)
        await postman.close()
    assert (refused.value.for_good, str(refused.value)) == (for_good, said)
    assert server.conversations == 2


async def test_a_refusal_of_the_house_itself_gives_no_letter_up() -> None:
    server = StrictServer()
    server.mail_answer = "550 5.7.1 You may not send from here"
    async with tls_server(server) as port:
        postman = SmtpPostman(mail_server(port))
        with pytest.raises(RefusedError) as refused:
            await postman.send(LETTER, SENDER, READER)
        await postman.close()
    assert not refused.value.for_good


async def test_a_letter_that_is_given_up_half_way_does_not_spoil_the_next(postbox: DemoPostbox) -> None:
    host, port = postbox.address
    postman = SmtpPostman(MailServer.parse(f"smtp://{host}:{port}"))
    postbox.behaviour = Behaviour(hang=True)
    sending = asyncio.create_task(postman.send(b"Message-ID: <first>\r\n\r\n", SENDER, READER))
    await postbox.wait_for_hanging()
    sending.cancel()
    await asyncio.wait({sending})
    postbox.behaviour = Behaviour()
    await postman.send(b"Message-ID: <second>\r\n\r\n", SENDER, READER)
    await postman.close()
    assert [letter.message_id for letter in postbox.letters()] == ["<second>"]


async def test_nobody_at_home_is_told_from_a_refusal(postbox: DemoPostbox) -> None:
    host, port = postbox.address
    await postbox.stop()
    with pytest.raises(UnreachableError):
        await SmtpPostman(MailServer.parse(f"smtp://{host}:{port}")).send(LETTER, SENDER, READER)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1:2525", MailServer("127.0.0.1", 2525, plain=True)),
        ("smtp://[::1]:2525", MailServer("::1", 2525, plain=True)),
        ("smtp://mail.example.org", MailServer("mail.example.org", 587)),
        (
            "smtp://house:p%40ss%2Fword@mail.example.org:25",
            MailServer("mail.example.org", 25, username="house", password="p@ss/word"),
        ),
        ("smtps://mail.example.org", MailServer("mail.example.org", 465, encrypted_from_start=True)),
    ],
)
def test_a_url_means_encryption_everywhere_but_on_this_machine(url: str, expected: MailServer) -> None:
    assert MailServer.parse(url) == expected


@pytest.mark.parametrize(
    "make",
    [
        lambda: MailServer("mail.example.org", 25, plain=True),
        lambda: MailServer.parse("http://house:secret@mail.example.org"),
        lambda: MailServer.parse("secret"),
    ],
)
def test_what_would_send_letters_in_the_open_or_nowhere_is_refused(make: Callable[[], MailServer]) -> None:
    with pytest.raises(ValueError, match=r"letters leave|must look like") as refused:
        make()
    assert "secret" not in str(refused.value)


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(MailServer.parse("smtp://house:secret@mail.example.org"))


class ScriptedServer:
    """Take commands in a row; what it answers to the recipients and to DATA is decided by a test."""

    def __init__(self) -> None:
        self.rcpt_answers: list[str] = []
        self.mail_answers: list[str] = []
        self.data_answer_without_recipient = "554 5.5.1 No valid recipients"
        self.taken: list[bytes] = []
        self.pieces: list[bytes] = []
        self.connections = 0
        self.talks: set[asyncio.Task[None]] = set()

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak SMTP with PIPELINING until the house hangs up."""
        task = asyncio.current_task()
        assert task
        self.talks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._talk(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"220 here\r\n")
        recipients = 0
        while line := await reader.readline():
            self.pieces.append(line)
            answer = "250 well"
            if line.startswith(b"EHLO"):
                answer = "250-scripted\r\n250 PIPELINING"
            elif line.startswith(b"MAIL"):
                answer, recipients = self.mail_answers.pop(0) if self.mail_answers else "250 2.1.0 well", 0
            elif line.startswith(b"RCPT"):
                answer = self.rcpt_answers.pop(0) if self.rcpt_answers else "250-2.1.5 well\r\n250 2.1.5 well"
                recipients += answer.startswith("250")
            elif line == b"DATA\r\n":
                answer = "354 go on" if recipients else self.data_answer_without_recipient
            writer.write(answer.encode() + b"\r\n")
            if answer == "354 go on":
                self.taken.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 2.0.0 taken\r\n")


@asynccontextmanager
async def scripted(server: ScriptedServer) -> AsyncIterator[SmtpPostman]:
    listening = await asyncio.start_server(server.converse, "127.0.0.1", 0)
    postman = SmtpPostman(MailServer("127.0.0.1", listening.sockets[0].getsockname()[1], plain=True))
    try:
        yield postman
    finally:
        await postman.close()
        await asyncio.gather(*server.talks)
        listening.close()
        await listening.wait_closed()


async def test_a_server_that_takes_commands_in_a_row_gets_each_letter_whole_and_the_dots_doubled() -> None:
    server = ScriptedServer()
    async with scripted(server) as postman:
        for _ in range(3):
            await postman.send(LETTER, SENDER, READER)
    assert server.taken == [LETTER.replace(b"\r\n.", b"\r\n..") + b".\r\n"] * 3
    assert server.connections == 1
    assert server.pieces.count(b"MAIL FROM:<letters@exchange.example>\r\n") == 3
    assert server.pieces.count(b"RSET\r\n") == 0


@pytest.mark.parametrize("data_answer", ["554 5.5.1 No valid recipients", "354 go on"])
async def test_a_refused_recipient_among_commands_in_a_row_gets_nothing_and_the_next_letter_goes(
    data_answer: str,
) -> None:
    server = ScriptedServer()
    server.data_answer_without_recipient = data_answer
    server.rcpt_answers = ["250 fine", "550 5.1.1 ada@provider.example is not here"]
    async with scripted(server) as postman:
        await postman.send(LETTER, SENDER, READER)
        with pytest.raises(RefusedError) as refused:
            await postman.send(LETTER, SENDER, READER)
        await postman.send(LETTER, SENDER, READER)
    assert (refused.value.for_good, str(refused.value)) == (True, "550 5.1.1")
    whole = [text for text in server.taken if text]
    assert len(whole) == 2


async def test_a_server_that_takes_its_leave_between_two_letters_costs_no_try() -> None:
    server = ScriptedServer()
    server.mail_answers = ["250 well", "421 4.4.2 You were quiet for too long"]
    async with scripted(server) as postman:
        await postman.send(LETTER, SENDER, READER)
        await postman.send(LETTER, SENDER, READER)
    assert (len(server.taken), server.connections) == (2, 2)


async def test_an_address_that_could_carry_a_command_is_never_spoken() -> None:
    server = ScriptedServer()
    async with scripted(server) as postman:
        with pytest.raises(ValueError, match="cannot stand in a command"):
            await postman.send(LETTER, SENDER, "a@b.example>\r\nRCPT TO:<c@d.example")
    assert not any(b"RCPT" in line for line in server.pieces)


async def test_a_text_with_bare_ends_of_lines_cannot_end_the_letter_early() -> None:
    server = ScriptedServer()
    async with scripted(server) as postman:
        await postman.send(b"Subject: x\n\nbefore\n.\nMAIL FROM:<c@d.example>\r.\rafter", SENDER, READER)
    (text,) = server.taken
    assert text == b"Subject: x\r\n\r\nbefore\r\n..\r\nMAIL FROM:<c@d.example>\r\n..\r\nafter\r\n.\r\n"
