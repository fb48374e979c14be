"""Passwords that are guessed first: common words, seasons, runs on the keyboard, and the person's own names.

The guide asks for no such screen; the policy ``password.screen_common`` switches it on. The words were put together for
this house; numerals and signs around a word, capitals, and look-alikes such as ``@`` for ``a`` hide none of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

SHORTEST_OWN = 3
"""Letters of a name or of a part of the user ID from which on it counts."""

_SHORTEST_RUN = 3

_LIST = """
access account admin administrator agency baseball basketball batman birthday butterfly change changeme charlie
cheese chocolate coffee computer cookie cowboy default department diamond dolphin dragon family flower football
freedom friend friends god golf guest hammer happy harley hello hockey home homeward house hunter iloveyou internet
jesus jordan killer kitty letmein login lord love lovely master mental health michael missouri monkey mother mustang
ninja office orange passcode passphrase passw password peanut pepper phone please police pokemon princess private
provider purple rainbow ranger referral robert root sample school secret security service shadow silver soccer
softball state summer sunshine superman support system teacher temp temporary test testing thomas tigger tiger
trustno user welcome whatever winter work yankees
spring autumn fall
january february march april may june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec
monday tuesday wednesday thursday friday saturday sunday
dmh cimor extlcl stlouis kansascity jefferson columbia springfield cardinals chiefs royals blues rams
"""
_WORDS = frozenset(_LIST.split())

_RUNS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1234567890",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
)

_LOOKS_LIKE = (
    str.maketrans("0134578@$!+", "oieastbasit"),
    str.maketrans("0134578@$!|", "oleastbasll"),
)
"""What stands for a letter; 1 and its like are read as i and as l."""


def is_common(password: str, own: Iterable[str] = ()) -> bool:
    """Say whether a password is one that is guessed first; ``own`` are the person's user ID and names.

    It is one if nothing but common words, own names, runs of the keyboard and repeated characters is left of it without
    the numerals and signs around and between them; look-alikes are read as letters too.
    """
    words = _WORDS | {part for name in own for part in _parts(_plain(name))}
    plain = _plain(password)
    inside = re.sub(r"^[^a-z]+|[^a-z]+$", "", plain)
    readings = {"".join(_parts(plain, 1)), re.sub(r"[^a-z0-9]", "", plain)}
    readings |= {"".join(_parts(text.translate(letters), 1)) for text in (plain, inside) for letters in _LOOKS_LIKE}
    return any(_is_made_of(reading, words) for reading in readings)


def _plain(text: str) -> str:
    """Take capitals and accents away."""
    parted = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in parted if not unicodedata.combining(character))


def _parts(text: str, shortest: int = SHORTEST_OWN) -> list[str]:
    """Split a text at whatever is no letter."""
    return [part for part in re.split(r"[^a-z]+", text) if len(part) >= shortest]


def _is_made_of(text: str, words: Collection[str]) -> bool:
    """Say whether a text can be cut into words, runs and repetitions without a rest."""
    longest = max(len(word) for word in words)
    reached = [True] + [False] * len(text)
    for end in range(1, len(text) + 1):
        starts = range(max(0, end - longest), end)
        reached[end] = any(reached[start] and _is_piece(text[start:end], words) for start in starts)
    return reached[-1]


def _is_piece(piece: str, words: Collection[str]) -> bool:
    if piece in words:
        return True
    if len(piece) < _SHORTEST_RUN:
        return False
    return len(set(piece)) == 1 or any(piece in run or piece[::-1] in run for run in _RUNS)
