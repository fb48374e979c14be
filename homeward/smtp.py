"""The mail server, over kept SMTP connections: encrypted everywhere but on this machine, one recipient a letter."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self, cast
from urllib.parse import unquote, urlsplit

import aiosmtplib

from homeward.smtp_conversation import AnsweredNoError, Conversation, UnclearError
from workers.relay import RefusedError, UnreachableError

_STILL_THERE = 5.0  # seconds
_GOODBYE = 0.5  # seconds
_TAKES_LEAVE = 421


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where letters are handed in, and how."""

    host: str
    port: int
    encrypted_from_start: bool = False
    """TLS from the first byte (``smtps://``), instead of STARTTLS."""
    plain: bool = False
    """No encryption: only ever on loopback."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    certificates: Path | None = None
    """A file with further authorities to trust, for a house with a private one."""
    timeout: timedelta = timedelta(seconds=20)
    """How long one answer may take."""

    def __post_init__(self) -> None:
        if self.plain and not _is_loopback(self.host):
            raise ValueError("letters leave this machine encrypted or not at all")

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read ``smtp://user:password@host:587`` or ``smtps://…:465``.

        ``smtp`` means STARTTLS, except on loopback. Raises ValueError, without the URL in it.
        """
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("The mail server's URL must look like smtp://user:password@host:587 or smtps://host:465")
        encrypted = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if encrypted else 587),
            encrypted_from_start=encrypted,
            plain=not encrypted and _is_loopback(parts.hostname),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


class SmtpPostman:
    """Hand letters to one mail server; connections are kept for the next letter."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._kept: list[Conversation] = []
        self._tls = None if server.plain else _tls(server)

    async def send(self, message: bytes, sender: str, recipient: str) -> None:
        """Hand over one letter.

        Raises:
            RefusedError: the server refused it.
            UnreachableError: there is no server, or its answer is not known.
        """
        talk = await self._begin(sender, recipient)
        try:
            async with asyncio.timeout(self._server.timeout.total_seconds()):
                await talk.hand_over(message)
        except AnsweredNoError as no:
            self._keep(talk)
            raise _refused(no) from no
        except (UnclearError, TimeoutError) as fault:
            talk.hang_up()
            raise _unclear(fault) from fault
        except BaseException:
            # Nobody knows where the conversation stands: a later letter must not pick up its answers.
            talk.hang_up()
            raise
        self._keep(talk)

    async def close(self) -> None:
        """Say goodbye on every kept connection."""
        while self._kept:
            talk = self._kept.pop()
            with suppress(UnclearError, TimeoutError):
                async with asyncio.timeout(_GOODBYE):
                    await talk.quit()
            talk.hang_up()

    def _keep(self, talk: Conversation) -> None:
        if talk.can_go_on:
            self._kept.append(talk)

    async def _begin(self, sender: str, recipient: str) -> Conversation:
        """Begin the letter on a kept connection that is still alive, else on a new one.

        The text has not been handed over yet, so a letter loses nothing when it begins again on the next connection.
        """
        while self._kept:
            talk = self._kept.pop()
            with suppress(_GoneError):
                await self._try_to_begin(talk, sender, recipient, _STILL_THERE)
                return talk
        talk = await self._connect()
        try:
            await self._try_to_begin(talk, sender, recipient, self._server.timeout.total_seconds())
        except _GoneError as gone:
            raise _unclear(gone.__cause__ or gone) from gone
        return talk

    async def _try_to_begin(self, talk: Conversation, sender: str, recipient: str, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await talk.begin(sender, recipient)
        except AnsweredNoError as no:
            if no.code == _TAKES_LEAVE and no.to_sender:
                talk.hang_up()
                raise _GoneError from no
            self._keep(talk)
            raise _refused(no) from no
        except (UnclearError, TimeoutError) as fault:
            talk.hang_up()
            raise _GoneError from fault
        except BaseException:
            talk.hang_up()
            raise

    async def _connect(self) -> Conversation:
        server = self._server
        client = aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username,
            password=server.password,
            local_hostname=socket.gethostname(),  # the full name would be asked of a name server
            timeout=server.timeout.total_seconds(),
            use_tls=server.encrypted_from_start,
            start_tls=not (server.plain or server.encrypted_from_start),
            tls_context=self._tls,
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await _greet(client)
        except (aiosmtplib.SMTPException, OSError) as fault:
            # A refusal here is about the house (its password, its address), not about the letter: it is tried again.
            _abandon(client)
            raise UnreachableError(f"There is no way to the mail server ({_reason(fault)}).") from fault
        except BaseException:
            _abandon(client)
            raise
        return Conversation(
            cast("asyncio.Transport", client.transport),
            takes_commands_in_a_row=client.supports_extension("pipelining"),
        )


class _GoneError(Exception):
    """A conversation ended before a letter was handed over."""


def _refused(no: AnsweredNoError) -> RefusedError:
    # The sender is the house itself, the same for every letter: no letter is given up for its refusal.
    return RefusedError(no.code, for_good=no.code >= 500 and not no.to_sender, status=no.status)


def _unclear(fault: BaseException) -> UnreachableError:
    return UnreachableError(f"The mail server did not answer clearly ({str(fault) or type(fault).__name__}).")


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()  # a server of the old kind


def _reason(fault: Exception) -> str:
    code = f" {fault.code}" if isinstance(fault, aiosmtplib.SMTPResponseException) and fault.code > 0 else ""
    return f"{type(fault).__name__}{code}"


def _abandon(client: aiosmtplib.SMTP) -> None:
    # Asked for by name: the transports of uvloop are not of asyncio's classes.
    abort = getattr(client.transport, "abort", None)
    if abort is not None:
        abort()
    client.close()


def _tls(server: MailServer) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if server.certificates is not None:
        context.load_verify_locations(server.certificates)
    return context


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
