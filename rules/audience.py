"""The one audience rule: which provider, contact and coordinator a referral reaches, and why (001:99-107; 001:137-172).

The list, the view, the notices, the reminders, the live events and the preview all stand on :func:`audience`.
Facts are frozen, the date is an argument, and every answer carries its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from rules.referrals import ReferralStatus


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A contact of a provider; ``email`` says whether an address is on file that works, ``counties`` are FIPS codes."""

    contact_id: UUID
    active: bool
    email: bool
    counties: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """A provider on the day of the question; ``contract_begins`` is None when there is no contract."""

    provider_id: UUID
    residential: bool
    active: bool
    contract_begins: date | None
    contract_ends: date | None
    no_referral_status: bool
    contacts: tuple[ContactFacts, ...]


@dataclass(frozen=True, slots=True)
class ReferralFacts:
    """What decides whom a referral reaches; ``preferred_counties`` are FIPS codes."""

    referral_id: UUID
    status: ReferralStatus
    statewide: bool
    preferred_counties: frozenset[str]
    excluded_providers: frozenset[UUID]


class Reason(StrEnum):
    """Say why a referral reaches a provider, or why not."""

    STATEWIDE = "STATEWIDE"
    COUNTY = "COUNTY"
    NOT_PUBLISHED = "NOT_PUBLISHED"
    NOT_RESIDENTIAL = "NOT_RESIDENTIAL"
    NOT_ACTIVE = "NOT_ACTIVE"
    NO_CONTRACT = "NO_CONTRACT"
    NO_REFERRAL_STATUS = "NO_REFERRAL_STATUS"
    EXCLUDED = "EXCLUDED"
    NO_ACTIVE_CONTACT = "NO_ACTIVE_CONTACT"
    OTHER_COUNTIES = "OTHER_COUNTIES"

    @property
    def eligible(self) -> bool:
        """Say whether it is why a referral reaches a provider, and not why it does not."""
        return self is Reason.STATEWIDE or self is Reason.COUNTY

    @property
    def sentence(self) -> str:
        """Say the reason to a coordinator."""
        return _RULES[self][0]

    @property
    def cites(self) -> str:
        """Name the source lines of the reason."""
        return _RULES[self][1]


_RULES = {
    Reason.STATEWIDE: ("A statewide referral reaches every residential provider.", "001:141-144"),
    Reason.COUNTY: ("An active contact of the provider serves a preferred county.", "001:146-147"),
    Reason.NOT_PUBLISHED: ("The referral is not open.", "001:139; 001:199-201"),
    Reason.NOT_RESIDENTIAL: ("Referrals go to residential providers only.", "001:139"),
    Reason.NOT_ACTIVE: ("The provider is not active in the exchange.", "001:167-168"),
    Reason.NO_CONTRACT: ("The provider has no contract on this day.", "002:355-357"),
    Reason.NO_REFERRAL_STATUS: ("The provider is in No Referral Status.", "001:152"),
    Reason.EXCLUDED: ("The family asked to leave this provider out.", "001:153"),
    Reason.NO_ACTIVE_CONTACT: ("The provider has no active contact.", "001:154"),
    Reason.OTHER_COUNTIES: ("No active contact of the provider serves a preferred county.", "001:146-147"),
}


class Verdict(NamedTuple):
    """Answer whether a referral reaches a provider, and why.

    ``counties`` are the preferred counties that active contacts serve (empty for a statewide referral and for a no);
    ``contacts`` are the contacts to be told, in the provider's order (001:114-118). A tuple, because a publishing makes
    hundreds of them.
    """

    eligible: bool
    reason: Reason
    counties: frozenset[str] = frozenset()
    contacts: tuple[UUID, ...] = ()

    @property
    def sentence(self) -> str:
        """Say the reason to a coordinator."""
        return self.reason.sentence

    @property
    def cites(self) -> str:
        """Name the source lines of the reason."""
        return self.reason.cites


def audience(referral: ReferralFacts, provider: ProviderFacts, on: date) -> Verdict:
    """Tell whether an open referral reaches a provider on a day, and why.

    The first reason that applies is given, in this order: NOT_PUBLISHED, NOT_RESIDENTIAL, NOT_ACTIVE, NO_CONTRACT,
    NO_REFERRAL_STATUS, EXCLUDED, NO_ACTIVE_CONTACT, then STATEWIDE, or COUNTY against OTHER_COUNTIES. So a provider
    that gets nothing at all is told that, before anything about this one referral.
    """
    if referral.status != ReferralStatus.OPEN:
        return Verdict(eligible=False, reason=Reason.NOT_PUBLISHED)
    return _reach(referral, provider, on)


def would_be_audience(referral: ReferralFacts, provider: ProviderFacts, on: date) -> Verdict:
    """Tell the same as if the referral were open: for the preview of a draft, and for who is told of an end."""
    return _reach(referral, provider, on)


def contract_in_force(begins: date | None, ends: date | None, on: date) -> bool:
    """Say whether a contract covers the day, first and last day included; without an end it is current (002:355)."""
    return begins is not None and begins <= on and (ends is None or on <= ends)


def reachable(contact: ContactFacts) -> bool:
    """Say whether a letter can reach the contact (001:70); one whose address bounced, or who has none, gets a line."""
    return contact.active and contact.email


def _reach(referral: ReferralFacts, provider: ProviderFacts, on: date) -> Verdict:
    active = [contact for contact in provider.contacts if contact.active]
    obstacle = _obstacle(referral, provider, active, on)
    if obstacle is not None:
        return Verdict(eligible=False, reason=obstacle)
    if referral.statewide:
        return Verdict(eligible=True, reason=Reason.STATEWIDE, contacts=tuple([one.contact_id for one in active]))
    preferred = referral.preferred_counties
    told = [contact for contact in active if not preferred.isdisjoint(contact.counties)]
    if not told:
        return Verdict(eligible=False, reason=Reason.OTHER_COUNTIES)
    unserved = preferred.difference(*[one.counties for one in told])
    served = preferred - unserved if unserved else preferred
    return Verdict(True, Reason.COUNTY, served, tuple([one.contact_id for one in told]))


def _obstacle(
    referral: ReferralFacts, provider: ProviderFacts, active: Sequence[ContactFacts], on: date
) -> Reason | None:
    if not provider.residential:
        return Reason.NOT_RESIDENTIAL
    if not provider.active:
        return Reason.NOT_ACTIVE
    if not contract_in_force(provider.contract_begins, provider.contract_ends, on):
        return Reason.NO_CONTRACT
    if provider.no_referral_status:
        return Reason.NO_REFERRAL_STATUS
    if provider.provider_id in referral.excluded_providers:
        return Reason.EXCLUDED
    if not active:
        return Reason.NO_ACTIVE_CONTACT
    return None


class CoordinatorKind(StrEnum):
    """Say in which office a coordinator works for a county (001:171)."""

    PLACEMENT = "PLACEMENT"
    TRANSITION = "TRANSITION"


@dataclass(frozen=True, slots=True)
class CoordinatorFacts:
    """A person who may coordinate; without a kind nobody is a coordinator. ``counties`` are FIPS codes."""

    user_id: UUID
    kinds: frozenset[CoordinatorKind]
    counties: frozenset[str]


def coordinator_hears(referral: ReferralFacts, coordinator: CoordinatorFacts) -> bool:
    """Say whether a coordinator is told of a publish, re-publish, delete or close (001:170-172).

    A county referral: Placement and Transition Coordinators of its counties. A statewide one: all coordinators.
    """
    if not coordinator.kinds:
        return False
    return referral.statewide or bool(coordinator.counties & referral.preferred_counties)


def coordinator_sees(referral: ReferralFacts, coordinator: CoordinatorFacts, *, primary: bool) -> bool:
    """Say whether a coordinator sees a referral: own counties, statewide, and where primary; drafts alike (REF-20)."""
    return primary or coordinator_hears(referral, coordinator)
