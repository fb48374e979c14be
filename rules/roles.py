"""Offices and access roles that the rules ask about.

The full role catalogue is data (ROL-01); these are the entries whose meaning the house itself must know. A role never
says *which* records: that is scope, and lives in :mod:`rules.audience`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """Name an office or an access that decides what a person may do; each value equals its name."""

    ADMINISTRATOR = "ADMINISTRATOR"
    CENTRAL_STAFF = "CENTRAL_STAFF"
    PLACEMENT_COORDINATOR = "PLACEMENT_COORDINATOR"
    TRANSITION_COORDINATOR = "TRANSITION_COORDINATOR"
    CONSUMER_REFERRAL_DB = "CONSUMER_REFERRAL_DB"
    PROVIDER_PROFILE_UPDATE = "PROVIDER_PROFILE_UPDATE"
    LSO = "LSO"
    EXECUTIVE_DIRECTOR = "EXECUTIVE_DIRECTOR"
    PROVIDER_RELATIONS = "PROVIDER_RELATIONS"
    ITSD_PROVISIONING = "ITSD_PROVISIONING"
    ITSD_ACCOUNT_MGMT = "ITSD_ACCOUNT_MGMT"
    SUPPORT_DESK = "SUPPORT_DESK"
    OA = "OA"
    CSO = "CSO"
    PRIVACY_OFFICER = "PRIVACY_OFFICER"
    AUDITOR = "AUDITOR"
    HR_CONTACT = "HR_CONTACT"
    SYSTEM = "SYSTEM"


TITLES: Mapping[Role, str] = MappingProxyType(
    {
        Role.ADMINISTRATOR: "System administrator of Homeward",
        Role.CENTRAL_STAFF: "Central office staff, who see every referral",
        Role.PLACEMENT_COORDINATOR: "Placement coordinator of one or more counties (001:171)",
        Role.TRANSITION_COORDINATOR: "Transition coordinator of one or more counties (001:171)",
        Role.CONSUMER_REFERRAL_DB: "Provider staff who see and answer referrals (000:59-60, 001:27)",
        Role.PROVIDER_PROFILE_UPDATE: "Provider staff who maintain the provider profile (000:185)",
        Role.LSO: "Local Security Officer of a provider or a facility (000:51-52, 002:44-46)",
        Role.EXECUTIVE_DIRECTOR: "Executive director of a provider, who designates the LSO (000:64-84)",
        Role.PROVIDER_RELATIONS: "Provider Relations liaison of a regional office (000:95-96, 001:286-288)",
        Role.ITSD_PROVISIONING: "ITSD Provisioning, the final approval of an access request (000:200-201)",
        Role.ITSD_ACCOUNT_MGMT: "ITSD account management, who audit and disable accounts (002:146-149)",
        Role.SUPPORT_DESK: "Customer Support Center, who reset passwords (000:15-20)",
        Role.OA: "Office of Administration, who create user IDs (000:99-100)",
        Role.CSO: "Chief Security Officer (002:21-32)",
        Role.PRIVACY_OFFICER: "Privacy Officer (002:21-32)",
        Role.AUDITOR: "Auditor, who reads the trail and changes nothing (002:221-222)",
        Role.HR_CONTACT: "Human Resources contact of a facility, who verifies employment (002:294-296)",
        Role.SYSTEM: "Homeward itself: sweeps and workers, never a person",
    }
)

COORDINATORS: frozenset[Role] = frozenset({Role.PLACEMENT_COORDINATOR, Role.TRANSITION_COORDINATOR})
"""Staff who create, publish and close referrals of their counties (001:170-172)."""

STAFF_SEEING_ALL: frozenset[Role] = frozenset({Role.CENTRAL_STAFF, Role.ADMINISTRATOR})
"""Staff whose view is not narrowed by county (REF-20)."""

PROVIDER_ROLES: frozenset[Role] = frozenset(
    {Role.CONSUMER_REFERRAL_DB, Role.PROVIDER_PROFILE_UPDATE, Role.LSO, Role.EXECUTIVE_DIRECTOR}
)
"""Roles held at a provider. Only CONSUMER_REFERRAL_DB opens referrals; an LSO sees no consumer data by that office."""

PRIVILEGED: frozenset[Role] = frozenset(
    {
        Role.LSO,
        Role.CSO,
        Role.ADMINISTRATOR,
        Role.PRIVACY_OFFICER,
        Role.ITSD_PROVISIONING,
        Role.ITSD_ACCOUNT_MGMT,
        Role.SUPPORT_DESK,
        Role.OA,
        Role.HR_CONTACT,
    }
)
"""Roles that decide about other people's access: locked out one wrong entry earlier (000:9-11, POL-07)."""


def house_roles(codes: Iterable[str]) -> frozenset[Role]:
    """Pick from the codes of held roles those that the house knows; the others open other systems."""
    known = frozenset(Role)
    return frozenset(Role(code) for code in codes if code in known)


GRANTABLE: frozenset[Role] = frozenset(Role) - {Role.SYSTEM}
"""Roles that a person can hold."""
