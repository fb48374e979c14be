"""The life of a referral: draft, open, closed or deleted, and what may be done to it when (REF, RSP).

``check_*`` functions return nothing when the step is allowed and raise a refusal with a stable code when it is not.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import Self
from uuid import UUID

from rules.calendar import local_date
from rules.errors import Conflict, Invalid
from rules.policy import Policy

OLDEST_PERSON_YEARS = 130


class _Labelled(StrEnum):
    """A code with the words a page shows for it (DAT-04)."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        code = str.__new__(cls, value)
        code._value_ = value
        code.label = label
        return code


class ReferralStatus(_Labelled):
    """Say how far the search for a home has come (001:199-201)."""

    DRAFT = "DRAFT", "Draft, not yet published"
    OPEN = "OPEN", "Open: still trying to place"
    CLOSED = "CLOSED", "Closed: placement is finished"
    DELETED = "DELETED", "Deleted"


class ResponseKind(_Labelled):
    """Say what a provider answered (001:273-274)."""

    ACCEPT = "ACCEPT", "Accept placement"
    DECLINE = "DECLINE", "Decline placement"
    TENTATIVE = "TENTATIVE", "Tentatively accept (needs a provision)"


class Provision(_Labelled):
    """Say on what condition a provider accepts (001:273-274; the values are proposed)."""

    SITE_VISIT = "SITE_VISIT", "After meeting the person"
    STAFFING = "STAFFING", "When staffing is in place"
    VACANCY_DATE = "VACANCY_DATE", "When the bed is free"
    HOUSEMATE_MATCH = "HOUSEMATE_MATCH", "After a housemate match"
    BUDGET = "BUDGET", "When rate/budget is approved"
    CLINICAL = "CLINICAL", "After clinical or nursing review"
    HOME_MODIFICATION = "HOME_MODIFICATION", "After home modification"


class DeclineReason(_Labelled):
    """Say why a provider does not consider a referral, so that trends show (001:265-267; the values are proposed)."""

    NO_VACANCY = "NO_VACANCY", "No vacancy"
    LOCATION = "LOCATION", "Outside the area served"
    BEHAVIOR_NEEDS = "BEHAVIOR_NEEDS", "Behavioural support needs beyond capacity"
    MEDICAL_NEEDS = "MEDICAL_NEEDS", "Medical or nursing needs beyond capacity"
    HOUSEMATE_MATCH = "HOUSEMATE_MATCH", "No compatible housemates"
    STAFFING = "STAFFING", "Staffing"
    RATE = "RATE", "Rate"
    MISSING_INFORMATION = "MISSING_INFORMATION", "Documents missing or out of date"
    ACCESSIBILITY = "ACCESSIBILITY", "Home is not accessible"
    OTHER = "OTHER", "Other (comment required)"


class AttachmentKind(_Labelled):
    """Name a document that travels with a referral (001:250-252)."""

    CONSUMER_PROFILE = "CONSUMER_PROFILE", "Consumer Profile"
    PCP = "PCP", "Person Centered Plan"
    BSP = "BSP", "Behavior Support Plan"
    NURSING_REVIEW = "NURSING_REVIEW", "Last Nursing Review / HIPS"


class SiteKind(_Labelled):
    """Name a kind of home that a provider runs (001:101)."""

    ISL = "ISL", "Individualized Supported Living"
    GROUP_HOME = "GROUP_HOME", "Group Home"


class CloseOutcome(_Labelled):
    """Say how the search ended (REF-06; the values are proposed)."""

    PLACED = "PLACED", "Placed with a provider of the exchange"
    PLACED_ELSEWHERE = "PLACED_ELSEWHERE", "Placed elsewhere"
    WITHDRAWN = "WITHDRAWN", "Withdrawn by the person or the family"
    OTHER = "OTHER", "Other"


class Gender(_Labelled):
    """Say the gender on the consumer's record (001:211; the values are proposed)."""

    FEMALE = "FEMALE", "Female"
    MALE = "MALE", "Male"
    OTHER = "OTHER", "Other"
    UNKNOWN = "UNKNOWN", "Not known"


ACCEPTANCES: frozenset[ResponseKind] = frozenset({ResponseKind.ACCEPT, ResponseKind.TENTATIVE})
"""Answers after which a provider can be chosen: a tentative one is an acceptance with a condition (001:213-217)."""


def check_publishable(status: ReferralStatus, has_primary: bool, statewide: bool, counties: Collection[str]) -> None:
    """Allow the first publish of a draft and the re-publish of an open referral (001:139, REF-14).

    Raises Conflict REFERRAL_NOT_OPEN; Invalid PRIMARY_COORDINATOR_REQUIRED, COUNTIES_REQUIRED.
    """
    if status not in (ReferralStatus.DRAFT, ReferralStatus.OPEN):
        raise _not_open()
    if not has_primary:
        raise Invalid(
            "Name a primary coordinator before publishing.",
            code="PRIMARY_COORDINATOR_REQUIRED",
            field="primaryCoordinatorId",
        )
    if not statewide and not counties:
        raise Invalid(
            "Choose at least one preferred county, or make the referral statewide.",
            code="COUNTIES_REQUIRED",
            field="preferredCounties",
        )


def check_counties(statewide: bool, fips: Collection[str], known: Collection[str]) -> None:
    """Allow only counties that exist, and none on a statewide referral (REF-02); a draft may still have none.

    Raises Invalid STATEWIDE_HAS_NO_COUNTIES, UNKNOWN_COUNTY.
    """
    if statewide and fips:
        raise Invalid(
            "A statewide referral has no preferred counties.",
            code="STATEWIDE_HAS_NO_COUNTIES",
            field="preferredCounties",
        )
    if any(county not in known for county in fips):
        raise Invalid("This county does not exist.", code="UNKNOWN_COUNTY", field="preferredCounties")


def check_response(
    status: ReferralStatus,
    kind: ResponseKind,
    provision: Provision | None,
    decline_reason: DeclineReason | None,
    comments: str | None,
) -> None:
    """Allow an answer, new or edited, while the referral is open (001:273-275, POL-24).

    Raises Conflict REFERRAL_CLOSED, REFERRAL_NOT_OPEN; Invalid PROVISION_REQUIRED, PROVISION_NOT_ALLOWED,
    DECLINE_REASON_REQUIRED, DECLINE_REASON_NOT_ALLOWED, COMMENT_REQUIRED.
    """
    if status == ReferralStatus.CLOSED:
        raise Conflict("This referral is closed; placement is finished.", code="REFERRAL_CLOSED")
    if status != ReferralStatus.OPEN:
        raise _not_open()
    _check_provision(kind, provision)
    _check_decline_reason(kind, decline_reason)
    if decline_reason == DeclineReason.OTHER and not (comments or "").strip():
        raise Invalid("Say the other reason in a comment.", code="COMMENT_REQUIRED", field="comments")


def _check_provision(kind: ResponseKind, provision: Provision | None) -> None:
    if kind == ResponseKind.TENTATIVE and provision is None:
        raise Invalid("Choose a provision to accept tentatively.", code="PROVISION_REQUIRED", field="provision")
    if kind != ResponseKind.TENTATIVE and provision is not None:
        raise Invalid("Only a tentative answer has a provision.", code="PROVISION_NOT_ALLOWED", field="provision")


def _check_decline_reason(kind: ResponseKind, decline_reason: DeclineReason | None) -> None:
    if kind == ResponseKind.DECLINE and decline_reason is None:
        raise Invalid("Choose a reason for declining.", code="DECLINE_REASON_REQUIRED", field="declineReason")
    if kind != ResponseKind.DECLINE and decline_reason is not None:
        raise Invalid(
            "Only a declining answer has a reason for declining.",
            code="DECLINE_REASON_NOT_ALLOWED",
            field="declineReason",
        )


def check_pending_placement(
    status: ReferralStatus, response_kind_of_provider: ResponseKind | None, current_pending: UUID | None
) -> None:
    """Allow one pending placement at a time, with a provider that accepted, tentatively or not (001:213-217, REF-19).

    ``current_pending`` is the provider already pending; it is cleared before another one is chosen.
    Raises Conflict REFERRAL_NOT_OPEN, PENDING_PLACEMENT_SET, PROVIDER_HAS_NOT_ACCEPTED.
    """
    if status != ReferralStatus.OPEN:
        raise _not_open()
    if current_pending is not None:
        raise Conflict(
            "A placement is pending already; clear it before choosing another provider.", code="PENDING_PLACEMENT_SET"
        )
    if response_kind_of_provider not in ACCEPTANCES:
        raise Conflict(
            "This provider has not accepted the referral.", code="PROVIDER_HAS_NOT_ACCEPTED", field="providerId"
        )


def check_closable(status: ReferralStatus) -> None:
    """Allow an open referral to be closed (001:201). Raises Conflict REFERRAL_NOT_OPEN."""
    if status != ReferralStatus.OPEN:
        raise _not_open()


def check_deletable(status: ReferralStatus) -> None:
    """Allow a draft or an open referral to be deleted (001:139); a closed one stays as the record of a placement.

    Raises Conflict REFERRAL_NOT_OPEN.
    """
    if status not in (ReferralStatus.DRAFT, ReferralStatus.OPEN):
        raise _not_open()


def check_birth_date(birth_date: date, today: date) -> None:
    """Allow birth dates from 130 years ago to today. Raises Invalid BIRTH_DATE_IN_FUTURE, BIRTH_DATE_TOO_OLD."""
    if birth_date > today:
        raise Invalid("This birth date is in the future.", code="BIRTH_DATE_IN_FUTURE", field="birthDate")
    if age_in_years(birth_date, today) > OLDEST_PERSON_YEARS:
        raise Invalid(
            f"This birth date is more than {OLDEST_PERSON_YEARS} years ago.",
            code="BIRTH_DATE_TOO_OLD",
            field="birthDate",
        )


def check_facility_code(code: str) -> None:
    """Allow three digits, 0 to 9 (001:203). Raises Invalid FACILITY_CODE_MALFORMED."""
    if not re.fullmatch(r"[0-9]{3}", code):
        raise Invalid("A facility code has 3 digits.", code="FACILITY_CODE_MALFORMED", field="facilityCode")


def age_in_days(first_published_at: datetime | None, closed_at: datetime | None, now: datetime) -> int | None:
    """Count the days a referral has been active, in America/Chicago dates; a draft has no age (001:219, POL-22).

    Re-publishing does not start again, closing stops the count.
    """
    if first_published_at is None:
        return None
    return (local_date(closed_at or now) - local_date(first_published_at)).days


def is_overdue(age: int | None, policy: Policy) -> bool:
    """Say whether the list shows the age (days) in red: older than 60 days (001:225-227)."""
    return age is not None and age > policy.referral_red.days


def age_in_years(birth_date: date, on: date) -> int:
    """Count completed years; who was born on 29 February completes one on 1 March in other years."""
    return on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))


def _not_open() -> Conflict:
    return Conflict("This referral is not open.", code="REFERRAL_NOT_OPEN")
