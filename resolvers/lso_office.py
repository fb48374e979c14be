"""The office of a Local Security Officer, held or vacant: whose it is, and what is known of its letter (000:64-106)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resolvers.desk import EVERYONE, Reading, access
from resolvers.lso import known_of_letter
from resolvers.lso_views import organization_in_sight
from resolvers.officers import Organization


@dataclass(frozen=True, slots=True)
class LsoOfficeView:
    """An organization that has an officer, or should; ``letter`` is what its designation letter begins with."""

    name: str
    letter: Mapping[str, str]


@access("lso.office", by=EVERYONE, cites="000:64-84; 000:105-106")
async def view_lso_office(reading: Reading, organization: Organization) -> LsoOfficeView:
    """Show the organization of an officer and what the house would fill in on its letter.

    Raises:
        NotFound: ``ORGANIZATION_NOT_FOUND``; the organization does not exist for this person.
    """
    provider, facility = await organization_in_sight(reading, organization)
    if provider is not None:
        reading.about("provider", provider.id)
    return LsoOfficeView(
        provider.name if provider else facility.name if facility else "", await known_of_letter(organization)
    )
