"""What the mutations of Local Security Officers take. Only what may be set is listed."""

from __future__ import annotations

from datetime import date

import strawberry

import schema.lso_types  # noqa: F401 - the enums are described before they are used
from resolvers.lso import LetterEntry, NewLso
from resolvers.officers import Organization
from rules.access_forms import Channel
from rules.errors import Invalid
from rules.lso import SUBJECT, LsoEnd
from schema.described import described_input
from schema.ids import key_of


def organization_named(provider_id: strawberry.ID | None, facility_code: str | None) -> Organization:
    """Read which organization is meant.

    Raises:
        Invalid: ``ONE_ORGANIZATION``; none was named, or two.
    """
    if (provider_id is None) is (facility_code is None):
        raise Invalid("Name a provider or a facility.", code="ONE_ORGANIZATION", field="providerId")
    if provider_id is not None:
        return Organization(provider_id=key_of("Provider", provider_id, field="providerId"))
    return Organization(facility_id=facility_code)


@described_input
class DesignationLetterInput:
    """The letter on the organization's letterhead (000:64-84). What is left out is as the house has it on record."""

    dated: date
    """The date of the letter."""

    organization: str | None = None
    """The name on the letterhead."""

    address: str | None = None
    """The street address."""

    city_state_zip: str | None = None
    """City, state and ZIP code."""

    phone: str | None = None
    """The telephone number."""

    fax: str | None = None
    """The fax number."""

    attention: str | None = None
    """The Provider Relations liaison it is addressed to."""

    regional_office: str | None = None
    """The regional office."""

    regional_office_address: str | None = None
    """The address of the regional office."""

    subject: str = SUBJECT
    """What it is about."""

    lso_name: str | None = None
    """The name of the officer."""

    lso_email: str | None = None
    """The e-mail address of the officer."""

    def as_letter(self) -> LetterEntry:
        """Say it to the use case."""
        return LetterEntry(
            self.dated,
            self.organization,
            self.address,
            self.city_state_zip,
            self.phone,
            self.fax,
            self.attention,
            self.regional_office,
            self.regional_office_address,
            self.subject,
            self.lso_name,
            self.lso_email,
        )


@described_input
class DesignateLsoInput:
    """Who is to be LSO. The executive director signs here; the regional office records a letter on paper."""

    provider_id: strawberry.ID | None = None
    """The provider; or a facility."""

    facility_code: str | None = None
    """The facility, by its code: its officer is designated by the CSO."""

    lso_user_id: str | None = None
    """The officer's user ID; left out while there is none: the letter names the person then."""

    letter: DesignationLetterInput
    """The letter."""

    channel: Channel = Channel.PORTAL
    """PORTAL when it is signed here; SCAN, FAX or MAIL when it is recorded from paper."""

    director_name: str = ""
    """Who signed the paper, as written."""

    user_id: str | None = None
    """The signer's own user ID, again, when it is signed here."""

    password: str | None = None
    """The signer's password, again, when it is signed here."""

    def as_new(self) -> NewLso:
        """Say it to the use case."""
        return NewLso(self.letter.as_letter(), self.channel, self.lso_user_id, self.director_name)


@described_input
class LsoSuccessorInput:
    """Who follows."""

    lso_user_id: str | None = None
    """The officer's user ID; left out while there is none."""

    letter: DesignationLetterInput
    """The letter that designates the successor."""

    channel: Channel = Channel.PORTAL
    """How the letter came."""

    director_name: str = ""
    """Who signed the paper, as written."""

    def as_new(self) -> NewLso:
        """Say it to the use case."""
        return NewLso(self.letter.as_letter(), self.channel, self.lso_user_id, self.director_name)


@described_input
class EndLsoInput:
    """A designation that ends; with a successor nothing is held (000:269-270)."""

    provider_id: strawberry.ID | None = None
    """The provider; or a facility."""

    facility_code: str | None = None
    """The facility, by its code."""

    why: LsoEnd
    """Why it ends."""

    successor: LsoSuccessorInput | None = None
    """Who follows in the same transaction."""

    user_id: str | None = None
    """The signer's own user ID, again, when the successor's letter is signed here."""

    password: str | None = None
    """The signer's password, again."""


@described_input
class AppointDeputyInput:
    """A person of the organization who stands in for its LSO."""

    provider_id: strawberry.ID | None = None
    """The provider; or a facility."""

    facility_code: str | None = None
    """The facility, by its code."""

    user_id: str
    """The deputy's user ID."""

    begins_on: date
    """The first day."""

    ends_on: date
    """The last day."""


@described_input
class EndDeputyInput:
    """A deputy who stands in no more."""

    deputy_id: strawberry.ID
    """Which deputy."""
