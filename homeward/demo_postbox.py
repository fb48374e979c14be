"""The demo postbox: an SMTP server on loopback that keeps every letter and sends none on.

Each letter is a file, so another process can list them: `kept_letters(directory)`. How the server behaves can be
changed while it runs, to show and to test what happens when a mail server refuses, waits, hangs or talks nonsense.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import EmailMessage
from enum import StrEnum
from pathlib import Path
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

LARGEST_LETTER = 1024 * 1024  # bytes
LISTED = 200
_ENVELOPE = b"X-Homeward-Envelope: "  # the first line of each file: the SMTP conversation, as JSON
_NAME = re.compile(r"\d{6,}-[0-9a-f]{12}\.eml")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Drop(StrEnum):
    """When the connection is cut while a letter is handed over."""

    NEVER = "never"
    BEFORE_KEEPING = "before keeping"
    AFTER_KEEPING = "after keeping, before the answer"


@dataclass(frozen=True)
class Behaviour:
    """How the server treats letters; the default takes them all."""

    refuse_recipients: bool = False
    """Answer 550 to each recipient."""
    defer_recipients: bool = False
    """Answer 451 to each recipient."""
    drop: Drop = Drop.NEVER
    """Cut the connection at the end of a letter."""
    hang: bool = False
    """Answer nothing at the end of a letter until released; then keep it."""
    answer_garbage: bool = False
    """Keep the letter and answer something that is not SMTP."""


TAKE_ALL = Behaviour()


@dataclass(frozen=True)
class ReceivedLetter:
    """A letter as it arrived; `sender` and `recipients` are those of the SMTP conversation."""

    received_at: datetime
    message_id: str
    sender: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    html: str


class DemoPostbox:
    """Take letters on a loopback port and keep them in `directory`."""

    def __init__(
        self,
        directory: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        behaviour: Behaviour = TAKE_ALL,
        clock: Callable[[], datetime] = _utc_now,
    ) -> None:
        self.behaviour = behaviour
        self.recipients_named = 0
        self._directory = directory
        self._host = host
        self._port = port
        self._clock = clock
        self._released = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._connections: set[_Conversation] = set()
        self._changed = asyncio.Condition()
        self._count = 0
        self._hanging = 0

    async def start(self) -> tuple[str, int]:
        """Listen, and answer where: host and port."""
        self._directory.mkdir(parents=True, exist_ok=True)
        self._count = max(map(_arrival, _files(self._directory)), default=0)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._converse, self._host, self._port)
        return self.address

    @property
    def address(self) -> tuple[str, int]:
        """Tell where it listens: host and port."""
        assert self._server is not None, "the postbox was not started"  # noqa: S101 - a mistake in our own code
        host, port = self._server.sockets[0].getsockname()[:2]
        return str(host), int(port)

    async def stop(self) -> None:
        """Stop listening and cut the conversations under way."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await asyncio.gather(*(conversation.cut() for conversation in list(self._connections)))
            await server.wait_closed()

    def letters(self, limit: int = LISTED) -> list[ReceivedLetter]:
        """List the letters kept, the latest first."""
        return kept_letters(self._directory, limit)

    def release(self) -> None:
        """Let the letters that hang go on."""
        self._released.set()
        self._released = asyncio.Event()

    async def wait_for_letters(self, count: int) -> None:
        """Wait until `count` letters have been kept since the directory was empty."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._count >= count)

    async def wait_for_hanging(self, count: int = 1) -> None:
        """Wait until `count` letters hang."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._hanging >= count)

    # aiosmtpd calls these by their names and sends the client what they answer.

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take, refuse or defer a recipient."""
        self.recipients_named += 1
        if self.behaviour.refuse_recipients:
            return "550 5.1.1 No such mailbox here"
        if self.behaviour.defer_recipients:
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Recipient taken"

    async def handle_DATA(  # noqa: N802
        self, conversation: "_Conversation", _session: Session, envelope: Envelope
    ) -> str:
        """Keep a letter, or fail at it as told."""
        behaviour = self.behaviour
        if behaviour.hang:
            await self._hang()
        if behaviour.drop is Drop.BEFORE_KEEPING:
            await conversation.drop()
        await self._keep(envelope)
        if behaviour.drop is Drop.AFTER_KEEPING:
            await conversation.drop()
        return "who is there?" if behaviour.answer_garbage else "250 2.0.0 Letter kept"

    async def _hang(self) -> None:
        released = self._released
        async with self._changed:
            self._hanging += 1
            self._changed.notify_all()
        try:
            await released.wait()
        finally:
            self._hanging -= 1

    async def _keep(self, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        conversation = {
            "receivedAt": self._clock().isoformat(),
            "sender": envelope.mail_from or "",
            "recipients": envelope.rcpt_tos,
        }
        message_id = str(message_from_bytes(content, policy=policy.compat32).get("Message-ID", ""))
        name = f"{self._count + 1:06d}-{hashlib.sha256(message_id.encode(errors='replace')).hexdigest()[:12]}.eml"
        unfinished = self._directory / f"{name}.unfinished"
        unfinished.write_bytes(_ENVELOPE + json.dumps(conversation).encode("ascii") + b"\r\n" + content)
        unfinished.replace(self._directory / name)  # a reader sees a whole letter or none
        async with self._changed:
            self._count += 1
            self._changed.notify_all()

    def _converse(self) -> "_Conversation":
        return _Conversation(self, self._connections)


class _Conversation(SMTP):
    """One connection; it counts itself among the open ones."""

    def __init__(self, postbox: DemoPostbox, connections: set["_Conversation"]) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            postbox,
            data_size_limit=LARGEST_LETTER,
            enable_SMTPUTF8=True,
            hostname="localhost",  # else the name server would be asked
            ident="Homeward demo postbox",
            loop=loop,
        )
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count in."""
        self._wire = cast("asyncio.Transport", transport)
        self._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Count out."""
        self._connections.discard(self)
        super().connection_lost(error)

    async def cut(self) -> None:
        """Cut the connection and wait until its task has ended."""
        self._wire.abort()
        if self._handler_coroutine is not None:
            await asyncio.wait({self._handler_coroutine})

    async def drop(self) -> None:
        """Cut the connection from within its own task, which ends here."""
        self._wire.abort()
        await asyncio.get_running_loop().create_future()  # the loss of the connection cancels it


def kept_letters(directory: Path, limit: int = LISTED) -> list[ReceivedLetter]:
    """List the letters kept in `directory`, the latest first; any process may ask."""
    if not directory.is_dir():
        return []
    latest_first = sorted(_files(directory), key=_arrival, reverse=True)
    return [_read(path) for path in latest_first[:limit]]


def _files(directory: Path) -> list[Path]:
    return [path for path in directory.iterdir() if _NAME.fullmatch(path.name)]


def _arrival(path: Path) -> int:
    return int(path.name.split("-")[0])


def _read(path: Path) -> ReceivedLetter:
    first, _, content = path.read_bytes().partition(b"\r\n")
    conversation = json.loads(first.removeprefix(_ENVELOPE))
    message = message_from_bytes(content, policy=policy.default)
    return ReceivedLetter(
        received_at=datetime.fromisoformat(conversation["receivedAt"]),
        message_id=_header(content, "Message-ID"),
        sender=conversation["sender"],
        recipients=tuple(conversation["recipients"]),
        subject=_header(content, "Subject"),
        text=_body(message, "plain"),
        html=_body(message, "html"),
    )


def _header(content: bytes, name: str) -> str:
    """Answer a header in plain words; the lenient parser, because anything may arrive here."""
    raw = str(message_from_bytes(content, policy=policy.compat32).get(name, ""))
    try:
        return str(make_header(decode_header(raw))).replace("\r\n", "").strip()
    except (LookupError, ValueError, HeaderParseError):
        return raw


def _body(message: EmailMessage, kind: str) -> str:
    try:
        part = message.get_body((kind,))
        return "" if part is None else str(part.get_content())
    except (LookupError, ValueError, AttributeError):  # an unknown character set, or no letter at all
        return ""
