"""Write the letters: subject, text and HTML, from facts that can name nobody but the reader (NOT-23).

A letter carries the referral's number and a link that leads to signing in. Names, DMH IDs, birth dates, counties and
free text of a person have no attribute here to travel in.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.utils import parseaddr
from functools import cache, lru_cache
from typing import Any, Self
from uuid import UUID

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import escape

from resolvers.outbox import ClaimedLetter
from resolvers.promises import CONFIRM_TOKEN
from rules.errors import Invalid
from rules.leads import lead
from rules.notices import NotificationKind, title
from rules.text import clean_email
from workers.access_words import AGAINST_A_ROLE
from workers.exchange_words import EXCHANGE_WORDS
from workers.sheets import NAME, Sheet
from workers.wording import WHY_COORDINATOR, WHY_PROVIDER
from workers.words import WORDS

_COLUMN = 76
_ROLE_NAME = 80
_NOBODY = "colleague"
"""How a reader without a name is called."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")


class UnwritableAddressError(ValueError):
    """Say that a letter cannot be addressed; the address itself is not repeated."""


@dataclass(frozen=True, slots=True)
class LetterFacts:
    """All that a letter may say. ``recipient_name`` is the reader's own; nobody else's name can be in it.

    ``role_reasons`` are roles of the catalogue with what is against each, by its code (000:205): never a free text.
    """

    kind: NotificationKind
    number: int | None
    numbers: tuple[int, ...]
    overdue: frozenset[int]
    overdue_days: int | None
    to_provider: bool
    recipient_name: str
    base_url: str
    confirm_token: str = ""
    role_reasons: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, letter: ClaimedLetter, base_url: str) -> Self:
        """Take from a promised letter what may be said, and leave everything else behind."""
        return cls(
            kind=letter.kind,
            number=_number(letter.facts.get("number")),
            numbers=tuple(_numbers(letter.facts, "numbers")),
            overdue=frozenset(_numbers(letter.facts, "overdue")),
            overdue_days=_number(letter.facts.get("overdue_days")),
            to_provider=letter.to_provider,
            recipient_name=_one_line(letter.name),
            base_url=base_url.rstrip("/"),
            confirm_token=_token(letter.facts.get(CONFIRM_TOKEN)),
            role_reasons=tuple(_role_reasons(letter.facts.get("role_reasons"))),
        )

    def to_anyone(self) -> Self:
        """Give the facts with a place for the reader's name: what many letters share is made once for them all."""
        return replace(self, recipient_name=NAME)

    @property
    def link(self) -> str:
        """Lead to the record with the letter's number, or to a page; both ask for signing in first, or confirm."""
        if self.confirm_token:
            return f"{self.base_url}/confirm-address/{self.confirm_token}"
        return f"{self.base_url}{lead(self.kind, self.number)}"

    @property
    def is_of_exchange(self) -> bool:
        """Say whether the letter is about referrals, not about access."""
        return self.kind in EXCHANGE_WORDS

    def link_to(self, number: int) -> str:
        """Lead to one referral."""
        return f"{self.base_url}/referrals/{number}"


@dataclass(frozen=True, slots=True)
class Rendered:
    """What the reader sees."""

    subject: str
    text: str
    html: str


def render(facts: LetterFacts) -> Rendered:
    """Render the letter; the parts that many readers share are made once."""
    shared = _rendered_once(facts.to_anyone())
    name = _one_line(facts.recipient_name) or _NOBODY
    return Rendered(shared.subject, shared.text.replace(NAME, name), shared.html.replace(NAME, str(escape(name))))


def compose(facts: LetterFacts, *, letter_id: UUID, sender: str, recipient: str, at: datetime) -> bytes:
    """Put the message together as it goes over the wire; made again, it has the same Message-ID.

    Raises UnwritableAddressError when the recipient's address cannot stand in a header.
    """
    try:
        clean_email(recipient, "email")
    except Invalid:
        raise UnwritableAddressError from None
    name = _one_line(facts.recipient_name)
    return _sheet(facts, sender).filled_in(letter_id, at, recipient, name, name or _NOBODY)


def _sheet(facts: LetterFacts, sender: str) -> Sheet:
    # A letter with a secret link is for one reader only, and its secret stays in no cache.
    for_anyone = _sheet_for_anyone.__wrapped__ if facts.confirm_token else _sheet_for_anyone
    return for_anyone(facts.to_anyone(), sender)


@lru_cache(maxsize=256)
def _sheet_for_anyone(facts: LetterFacts, sender: str) -> Sheet:
    from_name, from_address = parseaddr(sender)
    shared = _rendered_once(facts)
    return Sheet.prepare(
        Address(from_name or "Homeward", addr_spec=from_address), shared.subject, shared.text, shared.html
    )


def _rendered_once(facts: LetterFacts) -> Rendered:
    # A letter with a secret link is for one reader only, and its secret stays in no cache.
    return (_render_for_anyone.__wrapped__ if facts.confirm_token else _render_for_anyone)(facts)


@lru_cache(maxsize=512)
def _render_for_anyone(facts: LetterFacts) -> Rendered:
    words = WORDS[facts.kind]
    subject = title(facts.kind, facts.number)
    values: dict[str, Any] = {
        "facts": facts,
        "subject": subject,
        "opening": words.opening.format(number=facts.number),
        "next_step": (facts.to_provider and words.for_provider) or words.for_coordinator,
        "button": words.button,
        "asks_to_sign_in": words.asks_to_sign_in,
        "why": WHY_PROVIDER if facts.to_provider else words.why or WHY_COORDINATOR,
        "late": f"open for more than {facts.overdue_days} days" if facts.overdue_days else "open for too long",
    }
    paper = _paper()
    return Rendered(
        subject=subject,
        text=paper.get_template("letter.txt").render(values),
        html=_inliner().inline(paper.get_template("letter.html").render(values)),
    )


@cache
def _paper() -> Environment:
    paper = Environment(
        loader=PackageLoader("workers"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    paper.filters["wrap"] = lambda text: textwrap.fill(text, _COLUMN, break_long_words=False, break_on_hyphens=False)
    return paper


@cache
def _inliner() -> CSSInliner:
    # The dark colours are a media query, which cannot be inlined; it has to stay in the head.
    return CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


def _one_line(name: str) -> str:
    """Give a name without anything that could end a header or hide what is shown."""
    shown = "".join(" " if unicodedata.category(character)[0] in "CZ" else character for character in name)
    return " ".join(shown.split())


def _token(value: object) -> str:
    return value if isinstance(value, str) and _TOKEN.fullmatch(value) else ""


def _role_reasons(value: object) -> Iterator[tuple[str, str]]:
    for pair in value if isinstance(value, list) else []:
        match pair:
            case [str(role), str(code)] if code in AGAINST_A_ROLE:
                yield _one_line(role)[:_ROLE_NAME], AGAINST_A_ROLE[code]


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _numbers(facts: Mapping[str, Any], key: str) -> Iterable[int]:
    listed = facts.get(key)
    return [number for each in listed if (number := _number(each)) is not None] if isinstance(listed, list) else []
