"""The people and providers of the demonstration world that the README and its examples know by name."""

from __future__ import annotations

from uuid import UUID, uuid5

DEMO_PASSWORD = "Homeward-Demo-7"  # noqa: S105 - printed for everyone to see, on invented accounts only
"""The password of every demonstration account."""

NAMESPACE = UUID("b9f6a8f2-5c0e-4c3b-9a67-0d3c6a1f7e21")

BOONE = "Boone"
"""The county in which the story of the README is told."""

COORDINATOR = "COORD.BOONE"
"""The placement coordinator of Boone county."""
TRANSITION_COORDINATOR = "TRANSITION.BOONE"
"""The transition coordinator of Boone county."""
MARIGOLD_STAFF = "STAFF.MARIGOLD"
"""Answers for Marigold Lane Homes, and is its first contact for Boone county."""
MARIGOLD_SECOND = "SECOND.MARIGOLD"
"""Answers for Marigold Lane Homes too, and is its second contact for Boone county."""
LANTERN_STAFF = "STAFF.LANTERN"
"""Answers for Lanternlight Living, and is its only contact, for Boone county among others."""
CENTRAL_STAFF = "CENTRAL.STAFF"
"""Works in the central office and sees every referral."""
ADMINISTRATOR = "ADMIN"
"""Administers Homeward."""
MARIGOLD_LSO = "LSO.MARIGOLD"
"""The Local Security Officer of Marigold Lane Homes."""
FACILITY_LSO = "LSO.FACILITY"
"""The Local Security Officer of the facility at which the coordinators of Boone county work."""
HR_CONTACT = "HR.FACILITY"
"""The Human Resources contact of that facility."""
MARIGOLD_DIRECTOR = "DIRECTOR.MARIGOLD"
"""The executive director of Marigold Lane Homes."""
PROVIDER_RELATIONS = "RELATIONS.CENTRAL"
"""The Provider Relations liaison of the regional office that Boone county belongs to."""
CHIEF_SECURITY_OFFICER = "CSO"
PRIVACY_OFFICER = "PRIVACY"
AUDITOR = "AUDITOR"
OA = "OA.DESK"
"""The Office of Administration, which creates user IDs."""
ITSD_PROVISIONING = "ITSD.PROVISIONING"
ITSD_ACCOUNTS = "ITSD.ACCOUNTS"
SUPPORT_DESK = "SUPPORT.DESK"

EXPIRED = "EXPIRED.PASSWORD"
"""Central staff whose password is older than 60 days: refused with PASSWORD_EXPIRED."""
LOCKED = "LOCKED.OUT"
"""Provider staff after too many wrong passwords: refused like a wrong password."""
FIRST_SIGN_IN = "FIRST.SIGNIN"
"""Provider staff with a first password: has to change it before any further action."""
UNDECIDED = (TRANSITION_COORDINATOR, PRIVACY_OFFICER)
"""Two people who have not accepted the confidentiality statement yet: it is shown to them first."""
SUSPENDED = "SUSPENDED.STAFF"
"""Provider staff who answered what was addressed to the LSO: suspended, refused like a wrong password."""
LEFT = "LEFT.STAFF"
"""Provider staff who left, and whose access was revoked: refused like a wrong password."""
DISABLED = "DISABLED.USER"
"""A liaison whose account is disabled: refused like a wrong password."""

UNUSED = "UNUSED.STAFF"
"""Provider staff whose account an audit has disabled: refused like a wrong password."""
RESIGNED = "RESIGNED.STAFF"
"""Provider staff of whom the LSO told in an audit that they had left: refused like a wrong password."""
REVIEWER = "REVIEWER.MARIGOLD"
"""Provider staff with access to Mortality Review, whom audits leave alone."""

CAST = (
    COORDINATOR,
    TRANSITION_COORDINATOR,
    MARIGOLD_STAFF,
    MARIGOLD_SECOND,
    LANTERN_STAFF,
    CENTRAL_STAFF,
    ADMINISTRATOR,
    MARIGOLD_LSO,
    FACILITY_LSO,
    HR_CONTACT,
    MARIGOLD_DIRECTOR,
    PROVIDER_RELATIONS,
    CHIEF_SECURITY_OFFICER,
    PRIVACY_OFFICER,
    AUDITOR,
    OA,
    ITSD_PROVISIONING,
    ITSD_ACCOUNTS,
    SUPPORT_DESK,
    EXPIRED,
    LOCKED,
    FIRST_SIGN_IN,
    SUSPENDED,
    LEFT,
    DISABLED,
    UNUSED,
    RESIGNED,
    REVIEWER,
)
"""In the order in which the accounts are listed; all others follow."""

MARIGOLD = "Marigold Lane Homes"
LANTERN = "Lanternlight Living"


def provider_key(name: str) -> UUID:
    """Give the fixed key of a demonstration provider."""
    return uuid5(NAMESPACE, f"provider:{name}")


MARKER = provider_key(MARIGOLD)
"""The provider whose presence says that the demonstration world is here."""
