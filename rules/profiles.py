"""The provider profile: contacts, their counties and addresses, contracts, and what is wrong with it (001:66-129)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from rules.errors import Conflict, Invalid, NotFound
from rules.policy import Policy

ALL_COUNTIES = 115
"""The 114 counties and the City of St. Louis (001:99)."""

MOST_BEDS = 500
"""More is a slip of the keyboard."""

LAST_YEAR = 2200


class ProfileWarning(StrEnum):
    """Say what keeps a provider, or one of its contacts, from getting its referrals."""

    NO_ACTIVE_CONTACT = "NO_ACTIVE_CONTACT"
    NO_COUNTY = "NO_COUNTY"
    NO_EMAIL = "NO_EMAIL"
    EMAIL_UNCONFIRMED = "EMAIL_UNCONFIRMED"
    EMAIL_BOUNCED = "EMAIL_BOUNCED"
    COUNTY_WITHOUT_SITE = "COUNTY_WITHOUT_SITE"
    NOT_VERIFIED = "NOT_VERIFIED"

    @property
    def sentence(self) -> str:
        """Say it to whoever keeps the profile."""
        return _WARNINGS[self][0]

    @property
    def cites(self) -> str:
        """Name the source lines."""
        return _WARNINGS[self][1]


_WARNINGS = {
    ProfileWarning.NO_ACTIVE_CONTACT: ("Without an active contact no referral reaches the provider.", "001:154"),
    ProfileWarning.NO_COUNTY: ("Without a county only statewide referrals come. Choosing them is urgent.", "001:121"),
    ProfileWarning.NO_EMAIL: ("Without an e-mail address no letter is sent.", "001:70"),
    ProfileWarning.EMAIL_UNCONFIRMED: ("The e-mail address was not confirmed yet; letters are sent to it.", "001:95"),
    ProfileWarning.EMAIL_BOUNCED: ("Letters to this e-mail address came back.", "001:70"),
    ProfileWarning.COUNTY_WITHOUT_SITE: ("The provider has no home in this county.", "001:99-101; 001:121"),
    ProfileWarning.NOT_VERIFIED: ("The contact has not verified this profile yet.", "001:70-72"),
}


class DeactivationReason(StrEnum):
    """Say why a provider leaves the exchange: a code, because the reason is kept in the trail (the values are ours)."""

    CONTRACT_ENDED = "CONTRACT_ENDED"
    """The contract has ended or was not renewed (002:355-357)."""
    NO_HOMES = "NO_HOMES"
    """It runs no homes any more."""
    MERGED = "MERGED"
    """Another provider has taken it over."""
    ENTERED_BY_MISTAKE = "ENTERED_BY_MISTAKE"
    """It should not have been entered."""
    OTHER = "OTHER"
    """Another reason."""


@dataclass(frozen=True, slots=True)
class ContactProfile:
    """What is judged of a contact; ``counties`` are FIPS codes."""

    contact_id: UUID
    active: bool
    email: bool
    confirmed: bool
    bounced: bool
    verified: bool
    counties: frozenset[str]


@dataclass(frozen=True, slots=True)
class Warned:
    """One thing that is wrong, with the contact it is about (none: the whole provider) and the counties."""

    warning: ProfileWarning
    contact_id: UUID | None = None
    counties: frozenset[str] = frozenset()


def contact_warnings(contact: ContactProfile, site_counties: Collection[str]) -> tuple[Warned, ...]:
    """Tell what is wrong with a contact; an inactive one is left in peace.

    A contact without a county is fine as long as it has chosen to hear of statewide referrals only; the manual calls
    the choice urgent, so it is warned (PRF-11).
    """
    if not contact.active:
        return ()
    strange = contact.counties.difference(site_counties)
    found = {
        ProfileWarning.NO_EMAIL: not contact.email,
        ProfileWarning.EMAIL_BOUNCED: contact.email and contact.bounced,
        ProfileWarning.EMAIL_UNCONFIRMED: contact.email and not contact.confirmed and not contact.bounced,
        ProfileWarning.NOT_VERIFIED: not contact.verified,
        ProfileWarning.NO_COUNTY: not contact.counties,
        ProfileWarning.COUNTY_WITHOUT_SITE: bool(strange),
    }
    return tuple(
        Warned(warning, contact.contact_id, strange if warning is ProfileWarning.COUNTY_WITHOUT_SITE else frozenset())
        for warning, holds in found.items()
        if holds
    )


def profile_warnings(contacts: Iterable[ContactProfile], site_counties: Collection[str]) -> tuple[Warned, ...]:
    """Tell what keeps a provider from getting its referrals, and what is wrong with each active contact."""
    active = [contact for contact in contacts if contact.active]
    if not active:
        return (Warned(ProfileWarning.NO_ACTIVE_CONTACT),)
    return tuple(warned for contact in active for warned in contact_warnings(contact, site_counties))


def takes_letters(*, active: bool, email: bool, bounced: bool) -> bool:
    """Say whether letters reach a contact: active, an address on file, none came back (001:70, 001:154).

    An unconfirmed address counts: the manual asks for one on file, and waiting would mean a referral missed.
    """
    return active and email and not bounced


def is_reachable(contacts: Iterable[ContactProfile]) -> bool:
    """Say whether letters reach at least one contact."""
    return any(takes_letters(active=one.active, email=one.email, bounced=one.bounced) for one in contacts)


def check_contact_counties(chosen: Collection[str], known: Collection[str], policy: Policy) -> None:
    """Allow counties that exist, and not all of them (001:99; 001:121-123; POL-11).

    Raises Invalid UNKNOWN_COUNTY, COUNTIES_ALL, COUNTIES_TOO_MANY (only where the policy is stricter than the manual).
    """
    distinct = frozenset(chosen)
    if not distinct.issubset(known):
        raise Invalid("This county does not exist.", code="UNKNOWN_COUNTY", field="counties")
    if len(distinct) >= ALL_COUNTIES:
        raise Invalid(
            "Do not select all counties. Select those in which you have a home; statewide referrals come anyway.",
            code="COUNTIES_ALL",
            field="counties",
        )
    if len(distinct) > policy.contact_most_counties:
        raise Invalid(
            f"Select at most {policy.contact_most_counties} counties.", code="COUNTIES_TOO_MANY", field="counties"
        )


def check_contract_period(begins: date, ends: date | None, others: Iterable[tuple[date, date | None]]) -> None:
    """Allow a period that ends after it begins and shares no day with another; without an end it is current (002:355).

    Raises Invalid CONTRACT_ENDS_BEFORE_IT_BEGINS, DATE_TOO_FAR; Conflict CONTRACT_OVERLAPS.
    """
    if ends is not None and ends < begins:
        raise Invalid("A contract cannot end before it begins.", code="CONTRACT_ENDS_BEFORE_IT_BEGINS", field="endsOn")
    for field, day in (("beginsOn", begins), ("endsOn", ends)):
        if day is not None and not 1900 <= day.year <= LAST_YEAR:
            raise Invalid("This date is too far away.", code="DATE_TOO_FAR", field=field)
    for other_begins, other_ends in others:
        if (other_ends is None or begins <= other_ends) and (ends is None or other_begins <= ends):
            raise Conflict("The provider has another contract in this period.", code="CONTRACT_OVERLAPS")


def check_beds(beds: int) -> None:
    """Allow none (not known) up to 500. Raises Invalid BEDS_OUT_OF_RANGE."""
    if not 0 <= beds <= MOST_BEDS:
        raise Invalid(f"A home has 0 to {MOST_BEDS} beds.", code="BEDS_OUT_OF_RANGE", field="beds")


def check_confirmation(
    *, asked_for: str, on_file: str | None, confirmed_at: datetime | None, expires_at: datetime, now: datetime
) -> None:
    """Allow a link once, until it expires, and only while the address it was sent to is still the one on file.

    Raises NotFound CONFIRMATION_NOT_FOUND; Conflict CONFIRMATION_USED, CONFIRMATION_EXPIRED.
    """
    if confirmed_at is not None:
        raise Conflict("This address was confirmed already; there is nothing to do.", code="CONFIRMATION_USED")
    if asked_for != on_file:
        raise no_such_confirmation()
    if now >= expires_at:
        raise Conflict(
            "This link has expired. Whoever keeps the provider profile can enter the address again.",
            code="CONFIRMATION_EXPIRED",
        )


def no_such_confirmation() -> NotFound:
    """Say that a link was not made here, or not for the address that is on file now: the same answer on purpose."""
    return NotFound("This link is not valid, or not any more.", code="CONFIRMATION_NOT_FOUND")
