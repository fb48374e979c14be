"""Which roles of the catalogue a person may ask for, and why not the others (000:167-185, 000:209-220)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from rules.errors import Invalid
from rules.organizations import Division, OrganizationKind, Under
from rules.roles import Role

BY_DESIGNATION: frozenset[str] = frozenset({Role.LSO})
"""Roles that come with a designation letter and cannot be asked for (000:51-84)."""

HEALTH_INVENTORIES = "HEALTH_INVENTORIES"
"""The role that a residential provider needs a holder of (000:136-137)."""


class Ineligibility(StrEnum):
    """Say why a role cannot be granted to a person; one such role denies the whole request (000:177-179)."""

    BY_DESIGNATION_ONLY = "BY_DESIGNATION_ONLY"
    NOT_YET_ACTIVE = "NOT_YET_ACTIVE"
    WITHDRAWN = "WITHDRAWN"
    NOT_AVAILABLE_TO_PROVIDERS = "NOT_AVAILABLE_TO_PROVIDERS"
    NOT_FOR_THIS_ORGANIZATION = "NOT_FOR_THIS_ORGANIZATION"
    OTHER_DIVISION = "OTHER_DIVISION"
    OWN_ORGANIZATION_NEEDED = "OWN_ORGANIZATION_NEEDED"
    REGIONAL_OFFICE_NEEDED = "REGIONAL_OFFICE_NEEDED"
    ALREADY_HELD = "ALREADY_HELD"
    INCOMPATIBLE_ROLES = "INCOMPATIBLE_ROLES"

    @property
    def sentence(self) -> str:
        """Say it to the person who asked."""
        return _SENTENCES[self]


_SENTENCES = {
    Ineligibility.BY_DESIGNATION_ONLY: "This role comes with a designation letter; it cannot be asked for.",
    Ineligibility.NOT_YET_ACTIVE: "This role is not in use yet.",
    Ineligibility.WITHDRAWN: "This role was withdrawn from the catalogue.",
    Ineligibility.NOT_AVAILABLE_TO_PROVIDERS: "This role is not available to providers.",
    Ineligibility.NOT_FOR_THIS_ORGANIZATION: "This role is not for organizations of this kind.",
    Ineligibility.OTHER_DIVISION: "This role belongs to another division.",
    Ineligibility.OWN_ORGANIZATION_NEEDED: "Ask for this role in a second request, under your own organization.",
    Ineligibility.REGIONAL_OFFICE_NEEDED: "Ask for this role in a request under the regional office.",
    Ineligibility.ALREADY_HELD: "You hold this role already.",
    Ineligibility.INCOMPATIBLE_ROLES: "This role does not go together with another one asked for or held.",
}


@dataclass(frozen=True, slots=True)
class RoleFacts:
    """What the catalogue says of a role that decides who may hold it; ``division`` None means every division."""

    code: str
    division: Division | None
    available_to: frozenset[OrganizationKind]
    under: Under
    active_from: date
    withdrawn_on: date | None


def ineligible(
    role: RoleFacts,
    organization: OrganizationKind,
    division: Division,
    under: Under,
    on: date,
    held: Collection[str],
) -> Ineligibility | None:
    """Tell why a role cannot be granted on a day, or None when it can; ``held`` are codes (000:167-185).

    A role is in use from its first day on, and no more on the day it is withdrawn.
    """
    if role.code in BY_DESIGNATION:
        return Ineligibility.BY_DESIGNATION_ONLY
    if on < role.active_from:
        return Ineligibility.NOT_YET_ACTIVE
    if role.withdrawn_on is not None and on >= role.withdrawn_on:
        return Ineligibility.WITHDRAWN
    if organization not in role.available_to:
        return _not_for(role, organization)
    if role.division is not None and role.division is not division:
        return Ineligibility.OTHER_DIVISION
    if role.under is not under:
        return _elsewhere(role.under)
    return Ineligibility.ALREADY_HELD if role.code in held else None


def _not_for(role: RoleFacts, organization: OrganizationKind) -> Ineligibility:
    if organization.is_provider and not any(kind.is_provider for kind in role.available_to):
        return Ineligibility.NOT_AVAILABLE_TO_PROVIDERS
    return Ineligibility.NOT_FOR_THIS_ORGANIZATION


def _elsewhere(under: Under) -> Ineligibility:
    return Ineligibility.OWN_ORGANIZATION_NEEDED if under is Under.OWN else Ineligibility.REGIONAL_OFFICE_NEEDED


def may_ask_under(organization: OrganizationKind, under: Under) -> bool:
    """Say whether people of an organization may ask under it: their own one is for TCM entities (000:209-216)."""
    return under is Under.REGIONAL_OFFICE or organization is OrganizationKind.TCM


def check_may_ask_under(organization: OrganizationKind, under: Under) -> None:
    """Let people ask under what is theirs to ask under. Raises Invalid OWN_ORGANIZATION_NOT_POSSIBLE."""
    if not may_ask_under(organization, under):
        raise Invalid(
            "Only TCM entities with their own EOC ask under their own organization.",
            code="OWN_ORGANIZATION_NOT_POSSIBLE",
            field="under",
        )


class ReviewWarning(StrEnum):
    """Say what a requester should know before submitting; none of it stops the request."""

    HEALTH_INVENTORIES_WITHOUT_HOLDER = "HEALTH_INVENTORIES_WITHOUT_HOLDER"
    OWN_ORGANIZATION_REQUEST = "OWN_ORGANIZATION_REQUEST"
    NO_LSO = "NO_LSO"

    @property
    def sentence(self) -> str:
        """Say it to the requester."""
        return _WARNINGS[self]

    @property
    def cites(self) -> str:
        """Name the lines of the documents."""
        return _WARNING_LINES[self]


_WARNINGS = {
    ReviewWarning.HEALTH_INVENTORIES_WITHOUT_HOLDER: (
        "Nobody at this residential provider holds Health Inventories, which is required."
    ),
    ReviewWarning.OWN_ORGANIZATION_REQUEST: (
        "If you bill through CIMOR with your own EOC, make a second request under your own organization."
    ),
    ReviewWarning.NO_LSO: (
        "Your organization has no Local Security Officer at the moment; the request will wait until one is designated."
    ),
}

_WARNING_LINES = {
    ReviewWarning.HEALTH_INVENTORIES_WITHOUT_HOLDER: "000:136-137",
    ReviewWarning.OWN_ORGANIZATION_REQUEST: "000:209-216",
    ReviewWarning.NO_LSO: "000:106",
}


def review_warnings(
    organization: OrganizationKind, under: Under, *, has_health_inventories: bool, has_lso: bool
) -> tuple[ReviewWarning, ...]:
    """Tell what a requester should know; ``has_health_inventories`` counts what the request itself asks for."""
    warnings: list[ReviewWarning] = []
    if organization is OrganizationKind.RESIDENTIAL and not has_health_inventories:
        warnings.append(ReviewWarning.HEALTH_INVENTORIES_WITHOUT_HOLDER)
    if organization is OrganizationKind.TCM and under is Under.REGIONAL_OFFICE:
        warnings.append(ReviewWarning.OWN_ORGANIZATION_REQUEST)
    if not has_lso:
        warnings.append(ReviewWarning.NO_LSO)
    return tuple(warnings)
