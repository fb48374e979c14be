"""Read what people send: small URL-encoded forms and addresses, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request

from resolvers.paging import Page
from rules.errors import Invalid, TooMany
from rules.text import clean_text

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")

LARGEST_FORM = 16 * 1024  # bytes
_MOST_FIELDS = 200
"""The 115 counties, and what else a form asks for."""
_PATIENCE = 10.0  # seconds
_LONGEST_ADDRESS = 1000  # characters
_LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields as they came in; the last one of a name counts, as with the button that was pressed."""

    pairs: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, items: ImmutableMultiDict[str, str]) -> Fields:
        """Take over the fields of an address."""
        return cls(tuple(items.multi_items()))

    def raw(self, name: str) -> str:
        """Give a field untouched; empty when it is not there."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def all(self, name: str) -> list[str]:
        """Give every value of a field."""
        return [value for key, value in self.pairs if key == name]

    def text(self, name: str, limit: int = 100) -> str:
        """Give one line of text.

        Raises:
            Invalid: too long, or characters that cannot be shown.
        """
        return clean_text(self.raw(name), field=name, limit=limit)

    def number(self, name: str, what: str) -> int | None:
        """Give a number, or None for an empty field.

        Raises:
            Invalid: ``NUMBER_MALFORMED``; ``what`` names the number in the sentence.
        """
        text = self.raw(name).strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= _LARGEST_NUMBER):
            raise Invalid(f"{what} is a number, such as 1042.", code="NUMBER_MALFORMED", field=name)
        return int(text)

    def day(self, name: str) -> date | None:
        """Give a day, or None for an empty field.

        Raises:
            Invalid: ``DAY_MALFORMED``.
        """
        text = self.raw(name).strip()
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError as fault:
            raise Invalid("A day is written as 2026-03-31.", code="DAY_MALFORMED", field=name) from fault

    def key(self, name: str) -> UUID | None:
        """Give the key of a record that was chosen, or None for an empty field.

        Raises:
            Invalid: ``CHOICE_UNKNOWN``.
        """
        return self._chosen(name, UUID)

    def choice(self, name: str, kind: type[E]) -> E | None:
        """Give one of a few codes, or None for an empty field.

        Raises:
            Invalid: ``CHOICE_UNKNOWN``.
        """
        return self._chosen(name, kind)

    def _chosen(self, name: str, read: Callable[[str], T]) -> T | None:
        text = self.raw(name)
        if not text:
            return None
        try:
            return read(text)
        except ValueError as fault:
            raise Invalid("This is not one of the choices.", code="CHOICE_UNKNOWN", field=name) from fault


async def read_form(request: Request, largest: int = LARGEST_FORM) -> Fields:
    """Read a form of at most 16 KiB, unless said otherwise, that comes within 10 seconds.

    Raises:
        Invalid: ``FORM_MALFORMED``.
        TooMany: too large, or too slow.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise _malformed()
    body = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > largest:
                    raise TooMany("This form is too large.", code="FORM_TOO_LARGE")
    except TimeoutError as fault:
        raise TooMany("This form came in too slowly.", code="FORM_TOO_SLOW") from fault
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError as fault:
        raise _malformed() from fault
    return Fields(tuple(pairs))


def _malformed() -> Invalid:
    return Invalid("This form cannot be read.", code="FORM_MALFORMED")


def local_path(wanted: str) -> str:
    """Give the path to go on to if it is one of this site, else the home page: nobody is sent elsewhere."""
    acceptable = (
        wanted.startswith("/")
        and not wanted.startswith("//")
        and "\\" not in wanted
        and wanted.isascii()
        and wanted.isprintable()
        and len(wanted) <= _LONGEST_ADDRESS
    )
    if not acceptable:
        return "/"
    parts = urlsplit(wanted)
    leads_round = parts.path in {"/sign-in", "/sign-out", "/statement", "/cannot-sign-in"}
    return "/" if parts.scheme or parts.netloc or leads_round else wanted


def address(path: str, fields: Mapping[str, str | None] | Iterable[tuple[str, str | None]]) -> str:
    """Put an address together from the fields that have a value."""
    items = fields.items() if isinstance(fields, Mapping) else fields
    query = urlencode([(name, value) for name, value in items if value])
    return f"{path}?{query}" if query else path


def page_after(path: str, kept: Mapping[str, str], page: Page[Any]) -> str | None:
    """Give the address of the page after this one, if there is one."""
    return address(path, {**kept, "after": page.cursors[-1]}) if page.has_next_page else None
