"""Accounts: who may sign on, what a session may do, how long it lives, and what a user ID looks like (ACC, PWD)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.calendar import aware
from rules.errors import Invalid
from rules.passwords import is_expired, is_locked_after
from rules.policy import Policy
from rules.roles import Role

USER_ID_LIMIT = 64
DOMAIN_LIMIT = 15
"""Characters in a domain name, as in the directory."""

_PART = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?", re.ASCII | re.IGNORECASE)


class AccountState(StrEnum):
    """Say whether an account is in use; a deleted ID never comes back (000:23-24)."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    DISABLED = "DISABLED"
    DELETED = "DELETED"


class SignInVerdict(StrEnum):
    """Say what a right password leads to. Strangers never learn which (POL-13)."""

    OPEN = "OPEN"
    MUST_CHANGE_PASSWORD = "MUST_CHANGE_PASSWORD"  # noqa: S105 - the name of a verdict
    PASSWORD_EXPIRED = "PASSWORD_EXPIRED"  # noqa: S105 - the name of a verdict
    SECRET_EXPIRED = "SECRET_EXPIRED"  # noqa: S105 - the name of a verdict
    RESET_REQUIRED = "RESET_REQUIRED"
    LOCKED = "LOCKED"
    DISABLED = "DISABLED"
    SUSPENDED = "SUSPENDED"

    @property
    def opens_a_session(self) -> bool:
        """Say whether a session begins, if only to change the password."""
        return self in (SignInVerdict.OPEN, SignInVerdict.MUST_CHANGE_PASSWORD)

    @property
    def is_told(self) -> bool:
        """Say whether whoever knows the right password hears why no session begins; all others get the same answer."""
        return self in _TOLD

    @property
    def sentence(self) -> str:
        """Say to the person, after the right password, what is the matter and who helps."""
        return _SENTENCES[self]


_SENTENCES = {
    SignInVerdict.OPEN: "You are signed in.",
    SignInVerdict.MUST_CHANGE_PASSWORD: "Change your password before any further action.",
    SignInVerdict.PASSWORD_EXPIRED: "Your password has expired. Ask the Customer Support Center for a reset.",
    SignInVerdict.SECRET_EXPIRED: (
        "This password for one sign-on has expired. Ask whoever gave it to you, or the Customer Support Center, for a "
        "new one."
    ),
    SignInVerdict.RESET_REQUIRED: (
        "This password was good for one sign-on, and you did not change it then. Ask the Customer Support Center for a "
        "reset."
    ),
    SignInVerdict.LOCKED: "Your account is locked. Ask the Customer Support Center for a reset.",
    SignInVerdict.DISABLED: "Your account is disabled. Ask your Local Security Officer.",
    SignInVerdict.SUSPENDED: "Your account is suspended. Ask your Local Security Officer.",
}

_TOLD = frozenset({SignInVerdict.PASSWORD_EXPIRED, SignInVerdict.SECRET_EXPIRED, SignInVerdict.RESET_REQUIRED})


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What must be known of an account to let its owner in.

    ``password_changed_at`` is None when no password was ever set; ``contract_active`` is None for people without a
    provider. ``failures`` and ``locked`` are those of the device at hand. ``secret_expires_at`` is set while the
    password is one that somebody gave out for a single sign-on; ``secret_used`` says that this sign-on has been.
    """

    state: AccountState
    password_changed_at: datetime | None
    must_change_password: bool
    failures: int
    locked: bool
    roles: frozenset[Role]
    contract_active: bool | None
    secret_expires_at: datetime | None = None
    secret_used: bool = False


def may_sign_in(facts: AccountFacts, now: datetime, policy: Policy) -> SignInVerdict:
    """Tell what the right password leads to; the first that applies wins.

    Disabled (a deleted ID, the end of the provider's contract and a system actor count as such), suspended, locked, a
    password for one sign-on that was used or has expired (000:5), expired, to be changed, open. A temporary password
    ages like any other: an expired one leads to the support desk (000:9-15), only a young one leads to the change of
    password (000:3-5, PWD-13).
    """
    if facts.state in (AccountState.DISABLED, AccountState.DELETED) or Role.SYSTEM in facts.roles:
        return SignInVerdict.DISABLED
    if facts.contract_active is False:  # 002:356-357
        return SignInVerdict.DISABLED
    if facts.state != AccountState.ACTIVE:
        return SignInVerdict.SUSPENDED
    if facts.locked or is_locked_after(facts.failures, facts.roles, policy):
        return SignInVerdict.LOCKED
    if facts.secret_expires_at is not None:
        if facts.secret_used:
            return SignInVerdict.RESET_REQUIRED
        if now >= aware(facts.secret_expires_at):
            return SignInVerdict.SECRET_EXPIRED
    if facts.password_changed_at is None or is_expired(facts.password_changed_at, now, policy):
        return SignInVerdict.PASSWORD_EXPIRED
    if facts.must_change_password:
        return SignInVerdict.MUST_CHANGE_PASSWORD
    return SignInVerdict.OPEN


def session_expires_at(created_at: datetime, last_seen_at: datetime, policy: Policy) -> datetime:
    """Return the instant at which the session ends if its owner does nothing more."""
    return min(aware(last_seen_at) + policy.session_idle, aware(created_at) + policy.session_absolute)


def session_is_live(created_at: datetime, last_seen_at: datetime, now: datetime, policy: Policy) -> bool:
    """Say whether the session still stands; at the instant of its end it does not."""
    return now < session_expires_at(created_at, last_seen_at, policy)


def normalize_user_id(text: str) -> tuple[str | None, str]:
    """Return (domain or None, user ID) in capitals, from ``EXTLCL\\mytesta`` or ``mytesta`` (000:145-150, ACC-03).

    Letters A-Z, digits, and ``. _ -`` inside a name, ASCII only, so that no two IDs look alike.
    Raises Invalid USER_ID_MALFORMED.
    """
    domain, backslash, user_id = text.strip().rpartition("\\")
    if not _is_name(user_id, USER_ID_LIMIT) or (backslash and not _is_name(domain, DOMAIN_LIMIT)):
        raise Invalid(
            "This is not a user ID. It looks like MYTESTA or EXTLCL\\MYTESTA.", code="USER_ID_MALFORMED", field="userId"
        )
    return (domain.upper() or None, user_id.upper())


def _is_name(text: str, limit: int) -> bool:
    return len(text) <= limit and _PART.fullmatch(text) is not None
