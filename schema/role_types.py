"""The role catalogue, the roles that are held, and what does not go together (000:176-185, 002:244-245)."""

from __future__ import annotations

from datetime import date, datetime

import schema.enums  # noqa: F401 - the enums are described before they are used
from rules.organizations import Division, OrganizationKind, Under
from rules.segregation import PairVerdict
from schema.described import described_type


@described_type
class CatalogueRole:
    """A role of the catalogue: what it is for, who may ask for it, and what it asks of its holder (000:176-177)."""

    code: str
    """The code, as requests name it."""

    name: str
    """The name."""

    description: str
    """What it is for."""

    division: Division | None
    """The division it belongs to; null when it belongs to all."""

    available_to: list[OrganizationKind]
    """The kinds of organizations whose people may ask for it; empty when it comes by designation only."""

    under: Under
    """The organization under which it is asked for."""

    training: str
    """The training that it asks for."""

    limits: str
    """Whom it is limited to, in the words of the public list."""

    includes: list[str]
    """The functions that it includes."""

    optional: bool
    """Whether it is optional (000:219-220)."""

    administrative: bool
    """Whether it is administrative in nature (000:219-220)."""

    is_duty: bool
    """Whether it is a duty that needs a successor when its holder leaves (000:265-270)."""

    inactivity_exempt: bool
    """Whether its holders are exempt from the rules on inactivity (002:151-154)."""

    active_from: date | None
    """The first day on which it can be asked for."""

    withdrawn_on: date | None
    """The day from which it can be asked for no more."""

    source: str
    """The lines of the documents that name it."""


@described_type
class HeldRole:
    """A role that the caller holds (000:235-240)."""

    role: CatalogueRole
    """The role."""

    granted_at: datetime
    """Since when."""

    granted_by: str
    """Who gave the final approval; empty where it came with the account."""

    request_number: int | None
    """The access request by which it was granted."""


@described_type
class IncompatibleRoles:
    """Two roles that do not go together in one hand (002:244-245)."""

    first: CatalogueRole
    """The role whose code comes first."""

    second: CatalogueRole
    """The other role."""

    verdict: PairVerdict
    """What becomes of the two in one hand."""

    why: str
    """Why they do not go together."""

    set_at: datetime
    """Since when."""
