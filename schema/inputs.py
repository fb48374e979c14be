"""What mutations and filters take. Only what may be set is listed."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Protocol, TypeVar

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.referral_search import ReferralFilter, TextFilter
from rules.referrals import CloseOutcome, DeclineReason, Gender, Provision, ReferralStatus, ResponseKind
from schema.described import described_enum, described_input

T = TypeVar("T")


@described_enum
class ReferralType(StrEnum):
    """Where the family is willing to move (001:101-107)."""

    STATEWIDE = "STATEWIDE"
    """Anywhere: every residential provider gets it."""

    COUNTY = "COUNTY"
    """To one or more counties: only providers who serve them get it."""


@described_input
class GuardianInput:
    """A guardian (001:246)."""

    name: str
    """The full name, up to 100 characters."""

    relationship: str = ""
    """What the guardian is to the consumer."""

    phone: str = ""
    """The telephone number."""

    email: str = ""
    """The e-mail address."""


@described_input
class ConsumerInput:
    """The person who looks for a home. A known DMH ID with the same birth date is the same person."""

    dmh_id: str
    """The id that the department knows the person by."""

    first_name: str
    """The first name, up to 100 characters."""

    last_name: str
    """The last name, up to 100 characters."""

    birth_date: date
    """The date of birth, not in the future."""

    gender: Gender
    """The gender on record."""

    address: str = ""
    """The street address."""

    city: str = ""
    """The city."""

    zip_code: str = ""
    """The ZIP code."""

    guardians: list[GuardianInput] = strawberry.field(default_factory=list)
    """The guardians."""


@described_input
class CreateReferralInput:
    """A new referral; it stays a draft until it is published."""

    facility_code: str
    """The three-digit code of the facility that it comes from (001:203)."""

    type: ReferralType
    """Statewide or by county."""

    preferred_counties: list[str] = strawberry.field(default_factory=list)
    """FIPS codes of the preferred counties; none on a statewide referral."""

    consumer: ConsumerInput
    """The person who looks for a home."""

    primary_coordinator_id: strawberry.ID | None = strawberry.UNSET
    """The primary coordinator; the caller when left out, nobody yet when null."""


@described_input
class UpdateReferralInput:
    """A change to a referral; what is left out stays. Providers hear of it at the next publishing."""

    number: int
    """The referral number."""

    type: ReferralType | None = None
    """Statewide or by county."""

    preferred_counties: list[str] | None = None
    """FIPS codes of all preferred counties: the whole set."""

    facility_code: str | None = None
    """The three-digit code of the facility that it comes from."""

    primary_coordinator_id: strawberry.ID | None = None
    """The primary coordinator."""


@described_input
class PublishReferralInput:
    """Which referral to publish, or to publish again."""

    number: int
    """The referral number."""

    version: int | None = None
    """The version that the person saw: a second click, or a change in between, is refused with REFERRAL_CHANGED."""


@described_input
class RespondToReferralInput:
    """The answer of the caller's provider, new or edited (001:273-279)."""

    number: int
    """The referral number."""

    kind: ResponseKind
    """Accept, decline, or accept with a provision."""

    provision: Provision | None = None
    """What a tentative answer depends on; required for it, and for nothing else."""

    decline_reason: DeclineReason | None = None
    """Why the provider declines; required for that, and for nothing else."""

    comments: str = ""
    """Anything to add, up to 4,000 characters."""


@described_input
class SetPendingPlacementInput:
    """Which provider was chosen, before the referral is closed (001:213-217)."""

    number: int
    """The referral number."""

    provider_id: strawberry.ID
    """A provider that accepted."""


@described_input
class ClearPendingPlacementInput:
    """Which referral looks for a provider again."""

    number: int
    """The referral number."""


@described_input
class CloseReferralInput:
    """How the search ended (001:201)."""

    number: int
    """The referral number."""

    outcome: CloseOutcome
    """How the search ended."""

    placed_with_id: strawberry.ID | None = None
    """The provider of the placement; required when placed with a provider of the exchange."""


@described_input
class DeleteReferralInput:
    """Which referral to delete, and why (001:139)."""

    number: int
    """The referral number."""

    reason: str
    """Why, up to 500 characters."""


@described_input
class ExcludeProviderInput:
    """Which provider the family does not want (001:153)."""

    number: int
    """The referral number."""

    provider_id: strawberry.ID
    """The provider."""

    reason: str
    """Why, up to 500 characters."""


@described_input
class IncludeProviderInput:
    """Which provider is included again; it is told at the next publishing (001:164-165)."""

    number: int
    """The referral number."""

    provider_id: strawberry.ID
    """The provider."""


@described_input
class ChangePasswordInput:
    """The current and the new password (000:284-310)."""

    current_password: str
    """The password that is in use."""

    new_password: str
    """At least 7 characters of 3 of the 4 groups, none of the last 24."""


@described_input
class TextComparison:
    """Compare a text without regard to capitals; all given comparisons have to hold."""

    eq: str | None = None
    """Equal to this."""

    in_: list[str] | None = strawberry.field(name="in", default=None)
    """Equal to one of these."""

    starts_with: str | None = None
    """Begins with this."""

    contains: str | None = None
    """Has this in it."""

    def as_filter(self) -> TextFilter:
        """Say it to the use case."""
        return TextFilter(self.eq, tuple(self.in_) if self.in_ is not None else None, self.starts_with, self.contains)


@described_input
class NumberComparison:
    """Compare a number; all given comparisons have to hold."""

    eq: int | None = None
    """Equal to this."""

    in_: list[int] | None = strawberry.field(name="in", default=None)
    """Equal to one of these."""


@described_input
class CodeComparison:
    """Compare a code; all given comparisons have to hold."""

    eq: str | None = None
    """Equal to this."""

    in_: list[str] | None = strawberry.field(name="in", default=None)
    """Equal to one of these."""


@described_input
class StatusComparison:
    """Compare a status; all given comparisons have to hold."""

    eq: ReferralStatus | None = None
    """Equal to this."""

    in_: list[ReferralStatus] | None = strawberry.field(name="in", default=None)
    """Equal to one of these."""


@described_input
class ReferralFilterInput:
    """Any combination of filters (001:183-187). Without a status, the open referrals."""

    status: StatusComparison | None = None
    """Open, closed, or both."""

    number: NumberComparison | None = None
    """The referral number."""

    last_name: TextComparison | None = None
    """The consumer's last name."""

    first_name: TextComparison | None = None
    """The consumer's first name."""

    dmh_id: TextComparison | None = None
    """The consumer's DMH ID."""

    facility_code: CodeComparison | None = None
    """The facility that it comes from."""

    county: CodeComparison | None = None
    """One of the preferred counties, by FIPS code."""

    overdue: bool | None = None
    """Open for more than 60 days, or not."""

    answered: bool | None = None
    """Answered by the caller's own provider, or not."""

    def as_filter(self) -> ReferralFilter:
        """Say it to the use case."""
        return ReferralFilter(
            statuses=_statuses(self.status),
            numbers=_chosen(self.number) if self.number else None,
            last_name=self.last_name.as_filter() if self.last_name else None,
            first_name=self.first_name.as_filter() if self.first_name else None,
            dmh_id=self.dmh_id.as_filter() if self.dmh_id else None,
            facility_codes=_chosen(self.facility_code) if self.facility_code else None,
            counties=_chosen(self.county) if self.county else None,
            overdue=self.overdue,
            answered=self.answered,
        )


def _statuses(comparison: StatusComparison | None) -> frozenset[ReferralStatus]:
    """Give the statuses that are asked for; the open ones when nothing is said about it (001:183)."""
    chosen = _chosen(comparison) if comparison else None
    return frozenset({ReferralStatus.OPEN}) if chosen is None else chosen


class _Comparison(Protocol[T]):
    """A comparison with one value or with several."""

    eq: T | None
    in_: list[T] | None


def _chosen(comparison: _Comparison[T]) -> frozenset[T] | None:
    """Give the values that satisfy a comparison; none given means no comparison."""
    sets = [frozenset(comparison.in_)] if comparison.in_ is not None else []
    if comparison.eq is not None:
        sets.append(frozenset({comparison.eq}))
    return frozenset.intersection(*sets) if sets else None
