"""The mail server, over kept SMTP connections: encrypted everywhere but on this machine, one recipient a letter."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from workers.relay import RefusedError, UnreachableError

_STILL_THERE = 5.0  # seconds
_GOODBYE = 0.5  # seconds
_ENHANCED = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


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
        self._kept: list[aiosmtplib.SMTP] = []
        self._tls = None if server.plain else _tls(server)

    async def send(self, message: bytes, sender: str, recipient: str) -> None:
        """Hand over one letter.

        Raises:
            RefusedError: the server refused it.
            UnreachableError: there is no server, or its answer is not known.
        """
        client = await self._connection()
        try:
            await _hand_over(client, message, sender, recipient)
        except RefusedError:
            self._keep(client)
            raise
        except BaseException:
            # Nobody knows where the conversation stands: a later letter must not pick up its answers.
            _hang_up(client)
            raise
        self._keep(client)

    async def close(self) -> None:
        """Say goodbye on every kept connection."""
        while self._kept:
            client = self._kept.pop()
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=_GOODBYE)
            _hang_up(client)

    def _keep(self, client: aiosmtplib.SMTP) -> None:
        if client.is_connected:
            self._kept.append(client)

    async def _connection(self) -> aiosmtplib.SMTP:
        """Give a connection that is alive and at the beginning of a letter."""
        while self._kept:
            client = self._kept.pop()
            try:
                await client.rset(timeout=_STILL_THERE)
            except (aiosmtplib.SMTPException, OSError):
                _hang_up(client)
            except BaseException:
                _hang_up(client)
                raise
            else:
                return client
        return await self._connect()

    async def _connect(self) -> aiosmtplib.SMTP:
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
        except (aiosmtplib.SMTPException, OSError) as fault:
            # A refusal here is about the house (its password, its address), not about the letter: it is tried again.
            _hang_up(client)
            raise UnreachableError(f"There is no way to the mail server ({_reason(fault)}).") from fault
        except BaseException:
            _hang_up(client)
            raise
        return client


async def _hand_over(client: aiosmtplib.SMTP, message: bytes, sender: str, recipient: str) -> None:
    """Speak the envelope command by command, so that each answer is seen."""
    try:
        await client.mail(sender)
    except aiosmtplib.SMTPSenderRefused as fault:
        # The sender is the house itself, the same for every letter: no letter is given up for it.
        raise RefusedError(fault.code, for_good=False, status=_status(fault.message)) from fault
    except (aiosmtplib.SMTPException, OSError) as fault:
        raise _verdict(fault) from fault
    try:
        await client.rcpt(recipient)
        await client.data(message)
    except (aiosmtplib.SMTPException, OSError) as fault:
        raise _verdict(fault) from fault


def _verdict(fault: Exception) -> RefusedError | UnreachableError:
    """Tell a refusal from not knowing. The server's own words are left out: they may repeat the address."""
    if isinstance(fault, aiosmtplib.SMTPResponseException) and 400 <= fault.code < 600:
        return RefusedError(fault.code, for_good=fault.code >= 500, status=_status(fault.message))
    return UnreachableError(f"The mail server did not answer clearly ({_reason(fault)}).")


def _status(message: str) -> str:
    found = _ENHANCED.match(message)
    return found.group() if found else ""


def _reason(fault: Exception) -> str:
    code = f" {fault.code}" if isinstance(fault, aiosmtplib.SMTPResponseException) and fault.code > 0 else ""
    return f"{type(fault).__name__}{code}"


def _hang_up(client: aiosmtplib.SMTP) -> None:
    """Drop the connection at once; closing it politely could wait for a server that does not listen."""
    if isinstance(client.transport, asyncio.WriteTransport):
        client.transport.abort()
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
