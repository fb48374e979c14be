"""The Local Security Officer: the letter that designates one, the deputy, and how well one can be reached (000:51-106).

"Local Security Coordinator", "LSO" and "Local HIPAA Security Officer" are one office, of a provider or of a facility
(POL-15).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.errors import Conflict, Invalid
from rules.text import NAME_LIMIT, clean_email, clean_text

SUBJECT = "LSO and Provider Staff w/ Access to CIMOR"
"""What the letter of the guide is about (000:80)."""

LONGEST_DEPUTY_DAYS = 92
"""How many days a deputy stands in at most: any three months. Who is away for longer has left (000:105-106)."""

_ORGANIZATION_LIMIT = 120
_PHONE_LIMIT = 30


class LsoScope(StrEnum):
    """Say for what kind of organization an LSO answers (POL-15)."""

    PROVIDER = "PROVIDER"
    """A provider under contract (000:51-52, 002:147-149)."""
    FACILITY = "FACILITY"
    """A facility of the department (002:44-46)."""


class LsoEnd(StrEnum):
    """Say why a designation ended; kept with it."""

    LEFT = "LEFT"
    """The officer has left the organization (000:105-106)."""
    NEW_DUTIES = "NEW_DUTIES"
    """The officer stays, with other duties."""
    REPLACED = "REPLACED"
    """Another person was designated (000:269-270)."""


@dataclass(frozen=True, slots=True)
class DesignationLetter:
    """A letter on the organization's letterhead, with all that the guide's example has (000:64-84)."""

    organization: str
    address: str
    city_state_zip: str
    phone: str
    fax: str
    dated: date
    attention: str
    regional_office: str
    regional_office_address: str
    subject: str
    lso_name: str
    lso_email: str


def check_letter(letter: DesignationLetter, scope: LsoScope, today: date) -> DesignationLetter:
    """Give the letter cleaned, when nothing of it is missing; a facility's may come without what only the letterhead of
    a provider has, and goes to the CSO.

    Raises Invalid TEXT_REQUIRED, TEXT_TOO_LONG, TEXT_MALFORMED, EMAIL_MALFORMED, LETTER_FROM_FUTURE, each with its
    field.
    """
    if letter.dated > today:
        raise Invalid("A letter cannot bear a date to come.", code="LETTER_FROM_FUTURE", field="letter.dated")
    of_provider = scope is LsoScope.PROVIDER
    return DesignationLetter(
        organization=_text(letter.organization, "organization", _ORGANIZATION_LIMIT),
        address=_text(letter.address, "address", _ORGANIZATION_LIMIT, required=of_provider),
        city_state_zip=_text(letter.city_state_zip, "cityStateZip", NAME_LIMIT, required=of_provider),
        phone=_text(letter.phone, "phone", _PHONE_LIMIT, required=of_provider),
        fax=_text(letter.fax, "fax", _PHONE_LIMIT, required=of_provider),
        dated=letter.dated,
        attention=_text(letter.attention, "attention", NAME_LIMIT),
        regional_office=_text(letter.regional_office, "regionalOffice", NAME_LIMIT, required=of_provider),
        regional_office_address=_text(
            letter.regional_office_address, "regionalOfficeAddress", _ORGANIZATION_LIMIT, required=of_provider
        ),
        subject=_text(letter.subject, "subject", _ORGANIZATION_LIMIT),
        lso_name=_text(letter.lso_name, "lsoName", 2 * NAME_LIMIT + 1),
        lso_email=clean_email(letter.lso_email, "letter.lsoEmail"),
    )


def _text(value: str, name: str, limit: int, *, required: bool = True) -> str:
    return clean_text(value, field=f"letter.{name}", limit=limit, required=required)


def letter_text(letter: DesignationLetter, signed: str) -> str:
    """Write the letter out as the guide's example stands (000:64-84); ``signed`` is the line of the signature."""
    head = [letter.organization, letter.address, letter.city_state_zip]
    lines = [line for line in head if line]
    lines += [f"Phone: {letter.phone}"] if letter.phone else []
    lines += [f"Fax: {letter.fax}"] if letter.fax else []
    to = [f"Attention: {', '.join(part for part in (letter.attention, letter.regional_office) if part)}"]
    to += [letter.regional_office_address] if letter.regional_office_address else []
    return "\n".join(
        [
            *lines,
            "",
            f"{letter.dated:%B} {letter.dated.day}, {letter.dated.year}",
            "",
            *to,
            "",
            f"{letter.attention}:",
            "",
            f"RE: {letter.subject}",
            "",
            f"Our Local Security Officer (HIPAA) is: {letter.lso_name}, {letter.lso_email}",
            "",
            "Sincerely,",
            signed,
            "",
        ]
    )


def names_this_person(letter_email: str, email: str) -> bool:
    """Say whether a letter is about the person with this address; addresses are compared without capitals."""
    return letter_email.casefold() == email.casefold()


def check_deputy_period(begins_on: date, ends_on: date, today: date, others: Iterable[tuple[date, date]]) -> None:
    """Check the days of a deputy, both included, against those on which the same person stands in already.

    Raises Invalid DEPUTY_ENDS_BEFORE_IT_BEGINS, DEPUTY_IN_PAST, DEPUTY_TOO_LONG (field ``endsOn``), Conflict
    ALREADY_DEPUTY.
    """
    if ends_on < begins_on:
        raise Invalid("It ends before it begins.", code="DEPUTY_ENDS_BEFORE_IT_BEGINS", field="endsOn")
    if ends_on < today:
        raise Invalid("These days are over.", code="DEPUTY_IN_PAST", field="endsOn")
    if (ends_on - begins_on).days >= LONGEST_DEPUTY_DAYS:
        raise Invalid(
            f"A deputy stands in for at most {LONGEST_DEPUTY_DAYS} days. For longer, designate another officer.",
            code="DEPUTY_TOO_LONG",
            field="endsOn",
        )
    if any(begins_on <= end and begin <= ends_on for begin, end in others):
        raise Conflict("This person stands in on some of these days already.", code="ALREADY_DEPUTY")


class LsoProblem(StrEnum):
    """Say why requests and letters may not reach a Local Security Officer."""

    VACANT = "VACANT"
    """Nobody is designated: no request can be processed (000:106)."""
    NO_USER_ID = "NO_USER_ID"
    """The person named in the letter has no user ID yet (000:99-100)."""
    ACCOUNT_NOT_ACTIVE = "ACCOUNT_NOT_ACTIVE"
    """The officer's account is suspended, disabled or deleted."""
    EMAIL_MISSING = "EMAIL_MISSING"
    """No e-mail address is on file, so no request is announced (000:26-29)."""
    EMAIL_BOUNCED = "EMAIL_BOUNCED"
    """Letters to the address came back (000:26-29)."""
    EMAIL_UNCONFIRMED = "EMAIL_UNCONFIRMED"
    """The address was never confirmed (000:26-29)."""
    NEVER_SIGNED_IN = "NEVER_SIGNED_IN"
    """The officer has never signed in."""
    UNREACHABLE = "UNREACHABLE"
    """No sign-in for 60 days: new requests are held until the next one (000:26, POL-02)."""


@dataclass(frozen=True, slots=True)
class LsoReach:
    """What must be known of a designation to say how well its officer can be reached."""

    has_user: bool
    active: bool
    email: bool
    bounced: bool
    confirmed: bool
    has_signed_in: bool
    unreachable: bool


def lso_problems(facts: LsoReach | None) -> tuple[LsoProblem, ...]:
    """Name all that is wrong, in the order of its weight; None stands for no designation (LSO-06, LSO-07, LSO-12)."""
    if facts is None:
        return (LsoProblem.VACANT,)
    if not facts.has_user:
        return (LsoProblem.NO_USER_ID,)
    found = {
        LsoProblem.ACCOUNT_NOT_ACTIVE: not facts.active,
        LsoProblem.EMAIL_MISSING: not facts.email,
        LsoProblem.EMAIL_BOUNCED: facts.email and facts.bounced,
        LsoProblem.EMAIL_UNCONFIRMED: facts.email and not facts.bounced and not facts.confirmed,
        LsoProblem.NEVER_SIGNED_IN: not facts.has_signed_in,
        LsoProblem.UNREACHABLE: facts.unreachable,
    }
    return tuple(problem for problem in LsoProblem if found.get(problem))
