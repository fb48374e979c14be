"""What the pages need from the outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from resolvers.callers import Desk
from resolvers.outbox import ClaimedLetter


class WrittenLetter(Protocol):
    """A letter as its reader sees it."""

    @property
    def subject(self) -> str:
        """Its subject."""

    @property
    def text(self) -> str:
        """Its text part."""

    @property
    def html(self) -> str:
        """Its HTML part."""


class PostboxLetter(WrittenLetter, Protocol):
    """A letter that the demonstration's mail server took and kept; its HTML is as it came: not to be trusted."""

    @property
    def received_at(self) -> datetime:
        """When it came in."""

    @property
    def message_id(self) -> str:
        """Its Message-ID."""

    @property
    def sender(self) -> str:
        """Who sent it, by the SMTP conversation."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """To whom, by the SMTP conversation."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """An account of the demonstration world, offered on the sign-in page.

    ``note`` says what is special about it; it may be why it does not sign in.
    """

    user_id: str
    password: str
    name: str
    roles: tuple[str, ...]
    organization: str = ""
    note: str = ""
    signs_in: bool = True


@dataclass(frozen=True, slots=True)
class AdminOffice:
    """The desk that the pages call, and how this house shows itself.

    ``demo_accounts`` and ``postbox`` are there in demo mode only; the postbox is asked for the latest so many letters.
    ``letter_writer`` writes a promised letter as it would be sent, for the preview.
    ``origins`` are those under which the house is known beside its own host, such as the public one behind a proxy.
    """

    desk: Desk
    secure_cookies: bool
    title: str = "Homeward"
    demo_accounts: Callable[[], Sequence[DemoAccount]] | None = None
    postbox: Callable[[int], Sequence[PostboxLetter]] | None = None
    letter_writer: Callable[[ClaimedLetter], WrittenLetter] | None = None
    origins: frozenset[str] = frozenset()
