"""Who signs an access form, on the screen or on paper: the right person, once, and never for themselves (001:34-37)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from rules.access_forms import FormSigner, FormState
from rules.errors import Conflict, Denied, Invalid

PAPER_DAYS = 90
"""How many days a signature on paper is good for: no longer than it takes until an unused account is looked into.

An older one may be of somebody who held the office then, for a need that was then.
"""


@dataclass(frozen=True, slots=True)
class SignerFacts:
    """What must be known of whoever signs a form: how they stand to the form, and in which offices they act today."""

    is_the_person: bool
    of_the_organization: bool
    acts_as_lso: bool
    acts_as_director: bool
    has_signed: bool


def check_awaits(
    capacity: FormSigner, state: FormState, needed: frozenset[FormSigner], given: frozenset[FormSigner]
) -> None:
    """Let a signature be given that the form waits for.

    Raises Conflict FORM_HELD, FORM_STATE, SIGNATURE_NOT_NEEDED, ALREADY_SIGNED.
    """
    if state is FormState.AWAITING_LSO:
        raise Conflict(
            "The organization has no Local Security Officer; the form waits until one is designated.", code="FORM_HELD"
        )
    if capacity not in needed:
        raise Conflict("This form does not need this signature.", code="SIGNATURE_NOT_NEEDED")
    if capacity in given:
        raise Conflict("This signature was given already.", code="ALREADY_SIGNED")
    if state is not FormState.AWAITING_SIGNATURES:
        raise Conflict("This form waits for no signature.", code="FORM_STATE")


def check_signer(capacity: FormSigner, signer: SignerFacts) -> None:
    """Let only the right person sign, and nobody twice or for themselves (001:34-37, POL-18).

    Raises Denied NOT_THE_LSO, NOT_THE_DIRECTOR, NOT_OF_THIS_ORGANIZATION, OWN_FORM, SAME_SIGNER.
    """
    if capacity is FormSigner.LSO and not signer.acts_as_lso:
        raise Denied("Only the organization's Local Security Officer signs here.", code="NOT_THE_LSO")
    if capacity is FormSigner.EXECUTIVE_DIRECTOR and not signer.acts_as_director:
        raise Denied("Only the organization's executive director signs here.", code="NOT_THE_DIRECTOR")
    if capacity is FormSigner.SUPERVISOR and not signer.of_the_organization:
        raise Denied("The supervisor is a person of the same organization.", code="NOT_OF_THIS_ORGANIZATION")
    if signer.is_the_person:
        raise Denied("Nobody signs their own form.", code="OWN_FORM")
    if signer.has_signed:
        raise Denied("One person cannot give two signatures on a form.", code="SAME_SIGNER")


def check_paper_signature(
    name: str, on: date, today: date, *, person: Iterable[str], recorder: str, signed_by: Iterable[str]
) -> None:
    """Check what the regional office reads on a paper: who signed, and when.

    ``person`` are the names of whom the form is about, on the form and on the account; ``recorder`` is whoever enters
    the paper. Raises Invalid SIGNED_IN_FUTURE, SIGNED_TOO_LONG_AGO, Denied OWN_FORM, SAME_PERSON, SAME_SIGNER.
    """
    if on > today:
        raise Invalid("A paper cannot be signed on a day to come.", code="SIGNED_IN_FUTURE", field="signedOn")
    if (today - on).days > PAPER_DAYS:
        raise Invalid(
            f"A paper is good for {PAPER_DAYS} days. Have it signed anew.", code="SIGNED_TOO_LONG_AGO", field="signedOn"
        )
    if any(same_name(name, one) for one in person):
        raise Denied("Nobody signs their own form.", code="OWN_FORM")
    if same_name(name, recorder):
        raise Denied("Somebody else has to record a paper that bears your name.", code="SAME_PERSON")
    if any(same_name(name, other) for other in signed_by):
        raise Denied("One person cannot give two signatures on a form.", code="SAME_SIGNER")


def same_name(one: str, other: str) -> bool:
    """Say whether two written names are one, without regard to capitals and spaces."""
    return one.casefold().split() == other.casefold().split()
