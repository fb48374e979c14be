"""Password resets by the support desk: for whom, on what proof, never for oneself (000:5, 000:15-20, 000:313-317)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from rules.accounts import AccountState
from rules.errors import Conflict, Denied


class Proof(StrEnum):
    """Say how a caller proved to the support desk who they are."""

    CALL_BACK = "CALL_BACK"
    """Called back on the telephone number that was on file before."""
    IN_PERSON = "IN_PERSON"
    """Came to the desk with a photo identification."""
    LSO_VOUCHED = "LSO_VOUCHED"
    """The Local Security Officer of the organization vouched for the person."""
    SUPERVISOR_VOUCHED = "SUPERVISOR_VOUCHED"
    """The supervisor of an employee of the department vouched for the person."""


NUMBER_SETTLES = timedelta(days=7)
"""How long a telephone number has to be on file before calling it back proves who somebody is."""

_NOT_BY_RESET = {
    AccountState.SUSPENDED: (
        "This account is suspended. The Chief Security Officer decides about it; a new password does not help."
    ),
    AccountState.DISABLED: (
        "This account is disabled. Only a new access form of the Local Security Officer enables it again."
    ),
    AccountState.DELETED: "This user ID was deleted. The person starts over with a new access form.",
}


def check_resettable(state: AccountState, *, contract_active: bool | None, release_pending: bool = False) -> None:
    """Allow a reset where a password is what keeps the person out; otherwise say what helps.

    Raises Conflict ACCOUNT_SUSPENDED, ACCOUNT_DISABLED, ACCOUNT_DELETED, CONTRACT_ENDED, RELEASE_PENDING.
    """
    if state is not AccountState.ACTIVE:
        raise Conflict(_NOT_BY_RESET[state], code=f"ACCOUNT_{state}")
    if contract_active is False:
        raise Conflict(
            "The contract of the person's organization has ended, so nobody there signs in. Ask Provider Relations.",
            code="CONTRACT_ENDED",
        )
    if release_pending:
        raise Conflict("This user ID was not released yet. The regional office releases it.", code="RELEASE_PENDING")


def check_proof(proof: Proof, phone_changed_at: datetime | None, now: datetime) -> None:
    """Call back only a number that was on file before: a new one proves nothing. Raises Conflict NUMBER_TOO_NEW.

    ``phone_changed_at`` is when the person last changed the own number, if ever.
    """
    if proof is Proof.CALL_BACK and phone_changed_at is not None and now - phone_changed_at < NUMBER_SETTLES:
        raise Conflict(
            f"The telephone number on file was changed less than {NUMBER_SETTLES.days} days ago, so calling it back "
            "proves nothing. Use another proof.",
            code="NUMBER_TOO_NEW",
        )


def check_not_own(person: UUID, desk: UUID) -> None:
    """Let nobody reset the own password: it would need no proof. Raises Denied OWN_RESET."""
    if person == desk:
        raise Denied("A colleague at the support desk has to do this for you.", code="OWN_RESET")
