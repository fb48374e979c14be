"""One conversation with a mail server about letters, after aiosmtplib has connected, encrypted and signed in.

A command here is a line and a future, so that a letter costs the processor little. A server that says that it takes
commands in a row (PIPELINING, RFC 2920) gets the envelope in one piece.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from typing import NamedTuple

MOST_ANSWERED = 8192
"""Bytes; a longer answer is none."""

_ADDRESS = re.compile(r"[!-;=?-~]+")  # printable and without the brackets around it
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")
_BARE_ENDS = re.compile(rb"\r\n|\n|\r")


class AnsweredNoError(Exception):
    """The server said no: its code, the enhanced status if it gave one, and whether it said so to the sender."""

    def __init__(self, code: int, status: str, *, to_sender: bool = False) -> None:
        super().__init__(f"{code} {status}".strip())
        self.code = code
        self.status = status
        self.to_sender = to_sender


class UnclearError(Exception):
    """The connection is gone, or what came is no answer. The server's words are left out: they may name the reader."""


class _Answer(NamedTuple):
    code: int
    status: str

    def check(self, *good: int, to_sender: bool = False) -> None:
        if self.code not in good:
            if not 400 <= self.code < 600:
                raise UnclearError(f"an answer {self.code} out of turn")
            raise AnsweredNoError(self.code, self.status, to_sender=to_sender)


class Conversation(asyncio.Protocol):
    """Talk about one letter after the other. Whoever gives one up half way has to :meth:`hang_up`."""

    def __init__(self, transport: asyncio.Transport, *, takes_commands_in_a_row: bool) -> None:
        self._wire = transport
        self._in_a_row = takes_commands_in_a_row
        self._heard = bytearray()
        self._awaited: deque[asyncio.Future[_Answer]] = deque()
        self._in_mid_letter = False
        self._is_over = transport.is_closing()
        transport.set_protocol(self)

    @property
    def can_go_on(self) -> bool:
        """Say whether another letter may be tried here."""
        return not self._is_over and not self._wire.is_closing()

    async def begin(self, sender: str, recipient: str) -> None:
        """Say from whom to whom; the server waits for the text then. Nothing is handed over yet.

        Raises:
            AnsweredNoError: the server refused.
            UnclearError: the connection is gone, or its answer is none.
        """
        if not (_ADDRESS.fullmatch(sender) and _ADDRESS.fullmatch(recipient)):
            raise ValueError("an address that cannot stand in a command")
        mail, rcpt = b"MAIL FROM:<%s>\r\n" % sender.encode(), b"RCPT TO:<%s>\r\n" % recipient.encode()
        was_in_mid_letter, self._in_mid_letter = self._in_mid_letter, True
        if was_in_mid_letter:
            (await self._ask(b"RSET\r\n")[0]).check(250)
        if self._in_a_row:
            from_answer, to_answer, data_answer = self._ask(mail + rcpt + b"DATA\r\n", answers=3)
            answers = [await from_answer, await to_answer, await data_answer]
            if answers[2].code == 354 and (answers[0].code != 250 or answers[1].code not in (250, 251)):
                self.hang_up()  # it waits for a text that nobody shall get
        else:
            answers = [await self._ask(mail)[0]]
            answers[0].check(250, to_sender=True)
            answers.append(await self._ask(rcpt)[0])
            answers[1].check(250, 251)
            answers.append(await self._ask(b"DATA\r\n")[0])
        answers[0].check(250, to_sender=True)
        answers[1].check(250, 251)
        answers[2].check(354)

    async def hand_over(self, message: bytes) -> None:
        """Give the text of the letter that was begun.

        Raises:
            AnsweredNoError: the server refused.
            UnclearError: nobody knows whether it was taken.
        """
        (await self._ask(_as_data(message))[0]).check(250)
        self._in_mid_letter = False

    async def quit(self) -> None:
        """Say goodbye; raises UnclearError when nobody answers."""
        await self._ask(b"QUIT\r\n")[0]

    def hang_up(self) -> None:
        """Drop the connection at once; closing it politely could wait for a server that does not listen."""
        self._end("the connection was given up")
        self._wire.abort()

    def data_received(self, data: bytes) -> None:
        """Take the server's answers to whoever asked."""
        self._heard += data
        try:
            while (answer := _first_answer(self._heard)) is not None:
                if not self._awaited:
                    raise UnclearError("an answer that nobody asked for")
                asked = self._awaited.popleft()
                if not asked.done():
                    asked.set_result(answer)
            if len(self._heard) > MOST_ANSWERED:
                raise UnclearError("an answer without end")
        except UnclearError as fault:
            self._end(str(fault))
            self._wire.abort()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whoever waits for an answer that there will be none."""
        self._end("the connection is lost" if error is None else type(error).__name__)

    def _ask(self, line: bytes, answers: int = 1) -> list[asyncio.Future[_Answer]]:
        if not self.can_go_on:
            raise UnclearError("the connection is lost")
        loop = asyncio.get_running_loop()
        asked: list[asyncio.Future[_Answer]] = [loop.create_future() for _ in range(answers)]
        self._awaited.extend(asked)
        self._wire.write(line)
        return asked

    def _end(self, why: str) -> None:
        self._is_over = True
        while self._awaited:
            asked = self._awaited.popleft()
            if not asked.done():
                asked.set_exception(UnclearError(why))
                asked.exception()  # looked at: whoever gave up does not look any more


def _first_answer(heard: bytearray) -> _Answer | None:
    """Take the first whole answer out of what was heard; the status is that of its last line."""
    begin = 0
    while (end := heard.find(b"\n", begin)) >= 0:
        line = bytes(heard[begin : end + 1])
        begin = end + 1
        if not line[:3].isdigit() or line[3:4] not in b" -\r\n":
            raise UnclearError("what is no SMTP")
        if line[3:4] != b"-":
            del heard[:begin]
            found = _ENHANCED.match(line[4:].decode("ascii", "replace"))
            return _Answer(int(line[:3]), found.group() if found else "")
    return None


def _as_data(message: bytes) -> bytes:
    """Give a text as it is sent: whole lines, a dot doubled where a line begins with it, and the dot that ends it."""
    if not message.count(b"\n") == message.count(b"\r") == message.count(b"\r\n"):
        message = _BARE_ENDS.sub(b"\r\n", message)  # a bare end of line could be read as the end of the letter
    if not message.endswith(b"\r\n"):
        message += b"\r\n"
    if message.startswith(b"."):
        message = b"." + message
    return message.replace(b"\r\n.", b"\r\n..") + b".\r\n"
