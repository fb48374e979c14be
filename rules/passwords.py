"""Passwords as Part VIII of the guide wants them (000:284-293): length, character groups, age and wrong entries.

Reuse of the last 24 is checked where the hashes are; :func:`history_depth` says how many of them count.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

from rules.calendar import aware
from rules.guessed_passwords import is_common
from rules.policy import Policy
from rules.roles import PRIVILEGED, Role

_SPOKEN_CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_SPOKEN_NUMERALS = "23456789"

LONGEST_WAIT = timedelta(seconds=30)
"""The most that a wrong entry on an unknown device delays the next one."""

LONGEST = 256
"""Characters. Longer entries cost hashing time and protect nobody."""


_LONGEST_ENTRY = LONGEST + 44
"""Characters of an entry that are looked at: more than any password has, so a cut one never fits."""

_COMPOSING = 4
"""So many characters, and no more, may become one when an accent is composed. To compose a long run of accents takes a
time that grows with its square, and strangers choose the entry: so only this many times as much is composed."""


class PasswordFault(StrEnum):
    """Say what is wrong with a new password."""

    TOO_SHORT = "TOO_SHORT"
    TOO_LONG = "TOO_LONG"
    TOO_FEW_GROUPS = "TOO_FEW_GROUPS"
    MALFORMED = "MALFORMED"
    PASSWORD_COMMON = "PASSWORD_COMMON"  # noqa: S105 - the name of a fault

    def sentence(self, policy: Policy) -> str:
        """Say to the person what to change."""
        match self:
            case PasswordFault.TOO_SHORT:
                return f"Use at least {policy.password_min_length} characters."
            case PasswordFault.TOO_LONG:
                return f"Use at most {LONGEST} characters."
            case PasswordFault.TOO_FEW_GROUPS:
                return (
                    f"Use at least {policy.password_min_groups} of these 4 groups: capital letters (A-Z), "
                    "small letters (a-z), numerals (0-9), other characters such as ! $ # %."
                )
            case PasswordFault.PASSWORD_COMMON:
                return "Choose one that is not guessed at once: no common words, seasons, runs of keys or own names."
        return "Use only characters that can be typed."


def canonical_password(candidate: str) -> str:
    """Return the one form of an entry that is checked and hashed: keyboards differ in how they compose an accent.

    Never fails, so that any entry can be verified: half a surrogate pair, which cannot be encoded, becomes U+FFFD.
    """
    return unicodedata.normalize("NFC", candidate).encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def entered_password(entry: str) -> str:
    """Return the form of an entry that is verified: one form, cut where no password that can be set is as long."""
    return canonical_password(entry[: _LONGEST_ENTRY * _COMPOSING])[:_LONGEST_ENTRY]


def password_faults(candidate: str, policy: Policy, own: Iterable[str] = ()) -> tuple[PasswordFault, ...]:
    """Return every fault of a new password; none means that it is strong enough (PWD-01, PWD-02).

    ``own`` are the person's user ID and names, for the screen against common passwords where the policy has it.

    The guide's groups are English: a letter outside A-Z and a-z, such as é, counts for the length but belongs to no
    group, since it is neither an English letter nor non-alphabetic. Anything else that is no letter and none of 0-9 is
    non-alphabetic, a space too.
    """
    if len(candidate) > LONGEST:
        return (PasswordFault.TOO_LONG,)
    password = unicodedata.normalize("NFC", candidate)
    faults = []
    if len(password) < policy.password_min_length:
        faults.append(PasswordFault.TOO_SHORT)
    if len({_group(character) for character in password} - {None}) < policy.password_min_groups:
        faults.append(PasswordFault.TOO_FEW_GROUPS)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in password):
        faults.append(PasswordFault.MALFORMED)
    if policy.password_screen_common and is_common(password, own):
        faults.append(PasswordFault.PASSWORD_COMMON)
    return tuple(faults)


def spoken_secret(token: str) -> str:
    """Return a password for one sign-on, drawn from a random token: good in form, and read out without doubt.

    Four groups of four without O and 0, I, l and 1: capitals and numerals, about 70 bits.
    """
    drawn = hashlib.sha256(token.encode()).digest()
    characters = [_SPOKEN_CAPITALS[drawn[0] % 24], _SPOKEN_NUMERALS[drawn[1] % 8]]
    characters += [(_SPOKEN_CAPITALS + _SPOKEN_NUMERALS)[byte % 32] for byte in drawn[2:16]]
    return "-".join("".join(characters[start : start + 4]) for start in range(0, 16, 4))


def history_depth(policy: Policy) -> int:
    """Return how many former passwords, the current one included, may not come back (000:287)."""
    return policy.password_history


def expires_at(changed_at: datetime, policy: Policy) -> datetime:
    """Return the instant from which a password no longer signs on (000:6; 000:286)."""
    return aware(changed_at) + policy.password_max_age


def is_expired(changed_at: datetime, now: datetime, policy: Policy) -> bool:
    """Say whether the password has reached its age: at 60 days to the second it has (PWD-04)."""
    return now >= expires_at(changed_at, policy)


def failures_until_locked(roles: Iterable[Role], policy: Policy) -> int:
    """Return how many wrong entries in a row lock an account with these roles (000:9-11, POL-07)."""
    if PRIVILEGED.isdisjoint(roles):
        return policy.password_max_failures_others
    return policy.password_max_failures_privileged


def is_locked_after(failures: int, roles: Iterable[Role], policy: Policy) -> bool:
    """Say whether so many wrong entries in a row lock the account (PWD-08)."""
    return failures >= failures_until_locked(roles, policy)


def is_too_soon(last_failure_at: datetime | None, failures: int, now: datetime) -> bool:
    """Say whether a try comes too soon after so many wrong ones in a row: within 2, 4, 8 … at most 30 seconds."""
    if last_failure_at is None or failures < 1:
        return False
    return now < aware(last_failure_at) + min(timedelta(seconds=2 ** min(failures, 10)), LONGEST_WAIT)


def is_known_device(last_seen_at: datetime, now: datetime, policy: Policy) -> bool:
    """Say whether a device on which a person signed in last at an instant still counts as known."""
    return now < aware(last_seen_at) + policy.device_known


def _group(character: str) -> str | None:
    if not character.isascii():
        return None if character.isalpha() else "non-alphabetic"
    if character.isupper():
        return "upper"
    if character.islower():
        return "lower"
    return "numeral" if character.isdigit() else "non-alphabetic"
