"""Which kinds of organization a person works for: it decides which roles can be asked for (000:167-178)."""

from __future__ import annotations

import re
from enum import StrEnum

from rules.errors import NotFound

_FACILITY_CODE = re.compile("[0-9]{3}")


class Division(StrEnum):
    """Name the division of the department that a request is for (000:167)."""

    ADA = "ADA"
    """Alcohol and Drug Abuse."""
    CPS = "CPS"
    """Comprehensive Psychiatric Services."""
    MRDD = "MRDD"
    """Developmental Disabilities; the portal still uses the older name (000:167)."""


class OrganizationKind(StrEnum):
    """Name what kind of organization employs a person."""

    TCM = "TCM"
    """A Targeted Case Management entity under contract (000:51)."""
    RESIDENTIAL = "RESIDENTIAL"
    """A residential provider under contract (001:101)."""
    OTHER_PROVIDER = "OTHER_PROVIDER"
    """Any other provider under contract."""
    FACILITY = "FACILITY"
    """A facility of the department (002:44-46)."""
    OFFICE = "OFFICE"
    """The department's central office, or one of its regional offices."""

    @property
    def is_provider(self) -> bool:
        """Say whether the organization is a provider under contract rather than a part of the department."""
        return self in (OrganizationKind.TCM, OrganizationKind.RESIDENTIAL, OrganizationKind.OTHER_PROVIDER)


class Under(StrEnum):
    """Name the organization under which roles are asked for (000:167-168, 000:209-216)."""

    REGIONAL_OFFICE = "REGIONAL_OFFICE"
    """The local regional office: the ordinary case."""
    OWN = "OWN"
    """The own organization, for TCM entities that bill through CIMOR with their own EOC."""


def check_facility_named(code: str | None) -> None:
    """Refuse a code that no facility can have, as one that none has (001:203). Raises NotFound ORGANIZATION_NOT_FOUND.

    The database would not take it: it is too long, or has characters that it cannot keep.
    """
    if code is not None and not _FACILITY_CODE.fullmatch(code):
        raise NotFound("There is no such organization.", code="ORGANIZATION_NOT_FOUND", field="facilityCode")
