"""What a person may type: length, form and characters of free text and e-mail addresses.

Every refusal is an :class:`rules.errors.Invalid` naming the input field, and never repeats what was typed.
"""

from __future__ import annotations

import re
import unicodedata

from rules.errors import Invalid

NAME_LIMIT = 100
COMMENT_LIMIT = 4000
REASON_LIMIT = 500
EMAIL_LIMIT = 254
"""Characters in an address (RFC 5321)."""
EMAIL_LOCAL_LIMIT = 64

# Characters that a page cannot show as typed: controls, halves of a pair, line breaks in a one-line field.
_UNSHOWABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Direction overrides let a name be shown otherwise than it is stored.
_DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LINE_BREAK = re.compile("\r\n|[\r\u2028\u2029]")
# Composing accents makes a text up to about half as long; anything longer is refused before that slow step.
_COMPOSING = 2
# Unicode's limit of what stands on one letter (UAX 15). To compose more takes a time that grows with its square.
_MOST_MARKS = 30

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(\.{_LABEL})+")


def clean_text(value: str, *, field: str, limit: int, multiline: bool = False, required: bool = False) -> str:
    """Return the text trimmed and composed (NFC), with line breaks as ``\\n``; ``limit`` is in characters.

    Raises Invalid: TEXT_TOO_LONG, TEXT_MALFORMED (control characters, NUL, direction overrides, a line break in a
    one-line field, more than 30 marks on a letter), TEXT_REQUIRED.
    """
    text = value.strip()
    if len(text) > limit * _COMPOSING:
        raise _too_long(field, limit)
    if multiline:
        text = _LINE_BREAK.sub("\n", text)
    if any(_is_unshowable(character, multiline=multiline) for character in text) or _has_stack(text):
        raise _unshowable(field)
    text = unicodedata.normalize("NFC", text)
    if _has_stack(text):  # a few marks are two in the composed form
        raise _unshowable(field)
    if len(text) > limit:
        raise _too_long(field, limit)
    if required and not text:
        raise Invalid("Please fill this in.", code="TEXT_REQUIRED", field=field)
    return text


def full_name(first: str, last: str) -> str:
    """Give a name as people say it; of a deleted account only its user ID is left, in the place of the last name."""
    return f"{first} {last}".strip()


def clean_email(value: str, field: str) -> str:
    """Return the address trimmed, its domain in lower case.

    One plain address with a dotted domain, ASCII only; what the far server makes of it is proven by a confirmation
    letter (PRF-06). Raises Invalid EMAIL_MALFORMED.
    """
    address = value.strip()
    local, _, domain = address.rpartition("@")
    if (
        len(address) > EMAIL_LIMIT
        or len(local) > EMAIL_LOCAL_LIMIT
        or not _LOCAL.fullmatch(local)
        or not _DOMAIN.fullmatch(domain)
    ):
        raise Invalid(
            "This is not a complete e-mail address, such as name@example.org.", code="EMAIL_MALFORMED", field=field
        )
    return f"{local}@{domain.lower()}"


def _is_unshowable(character: str, *, multiline: bool) -> bool:
    if multiline and character in "\n\t":
        return False
    return character in _DIRECTION_OVERRIDES or unicodedata.category(character) in _UNSHOWABLE


def _has_stack(text: str) -> bool:
    if text.isascii():
        return False
    marks = 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character).startswith("M") else 0
        if marks > _MOST_MARKS:
            return True
    return False


def _unshowable(field: str) -> Invalid:
    return Invalid("This text has characters that cannot be shown.", code="TEXT_MALFORMED", field=field)


def _too_long(field: str, limit: int) -> Invalid:
    return Invalid(f"Please shorten this text to {limit} characters.", code="TEXT_TOO_LONG", field=field)
