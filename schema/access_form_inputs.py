"""What the mutations and filters of access forms take. Only what may be set is listed."""

from __future__ import annotations

from datetime import date

import strawberry

import schema.access_form_types  # noqa: F401 - the enums are described before they are used
from resolvers.access_form_queue import FormFilter
from resolvers.form_entry import FormEntry
from rules.access_forms import Application, Channel, FormKind, FormSigner, FormState
from rules.organizations import Division
from schema.described import described_input
from schema.ids import key_of


@described_input
class AccessFormFilterInput:
    """Any combination of filters."""

    states: list[FormState] | None = None
    """In any of these states."""

    kind: FormKind | None = None
    """Of this kind."""

    provider_id: strawberry.ID | None = None
    """For people of this provider."""

    regional_office: str | None = None
    """On the way through this regional office, by code; a liaison gets the own office unless said otherwise."""

    mine: bool = False
    """Only those that the caller has submitted, or that are about the caller."""

    def as_filter(self) -> FormFilter:
        """Say it to the use case."""
        provider = key_of("Provider", self.provider_id, field="filter.providerId") if self.provider_id else None
        return FormFilter(tuple(self.states or ()), self.kind, provider, self.regional_office, self.mine)


@described_input
class SubmitAccessFormInput:
    """An access form. For a CHANGE or ENABLE what is left out stays as it is."""

    kind: FormKind
    """What it asks for. REVOKE is refused: use revokeAccess, which writes the form itself."""

    channel: Channel = Channel.PORTAL
    """How it came: PORTAL from people of the organization; SCAN, FAX and MAIL are recorded by the regional office."""

    user_id: str | None = None
    """The person's user ID, for a CHANGE or ENABLE."""

    first_name: str = ""
    """The first name."""

    middle_initial: str = ""
    """The middle initial."""

    last_name: str = ""
    """The last name."""

    title: str = ""
    """What the person does."""

    city: str = ""
    """The city."""

    phone: str = ""
    """The telephone number."""

    email: str = ""
    """The person's own e-mail address; one that several people share is refused."""

    division: Division | None = None
    """The division; needed for a NEW."""

    provider_id: strawberry.ID | None = None
    """The provider, when it is not the own organization; only for papers."""

    facility_code: str | None = None
    """The facility by its three-digit code, when it is not the own organization; only for papers."""

    for_lso: bool = False
    """Whether a new person is to be the Local Security Officer: the executive director signs then (000:64-84).

    For a person who has a user ID it follows from the designation.
    """

    tcm_supervisor: bool = False
    """Whether the person has TCM supervisor responsibilities (000:62-63)."""

    create_user_id: bool = True
    """Whether "Create User ID and Password" is marked; a NEW needs it (000:121)."""

    applications: list[Application] | None = None
    """What is marked "Add"; left out, what the documents mark for this kind of organization (000:59-63, 001:27)."""

    change_request: str = ""
    """What is to be changed, in words, up to 500 characters."""

    effective_on: date | None = None
    """From when on."""

    confidentiality_version: str
    """The version of the confidentiality statement that was read and accepted with the form."""

    def as_entry(self) -> FormEntry:
        """Say it to the use case."""
        return FormEntry(
            kind=self.kind,
            channel=self.channel,
            user_id=self.user_id,
            first_name=self.first_name,
            middle_initial=self.middle_initial,
            last_name=self.last_name,
            title=self.title,
            city=self.city,
            phone=self.phone,
            email=self.email,
            division=self.division,
            provider_id=key_of("Provider", self.provider_id, field="providerId") if self.provider_id else None,
            facility_code=self.facility_code,
            for_lso=self.for_lso,
            tcm_supervisor=self.tcm_supervisor,
            create_user_id=self.create_user_id,
            applications=None if self.applications is None else tuple(self.applications),
            change_request=self.change_request,
            effective_on=self.effective_on,
            confidentiality_version=self.confidentiality_version,
        )


@described_input
class SignAccessFormInput:
    """A signature by user ID and password, over the content that was shown (001:34-37)."""

    number: int
    """The form."""

    capacity: FormSigner
    """In which capacity."""

    user_id: str
    """The signer's own user ID, again."""

    password: str
    """The signer's password, again."""

    content_hash: str
    """The `contentHash` of the form as it was shown."""


@described_input
class RecordPaperSignatureInput:
    """A signature that the regional office reads on a paper."""

    number: int
    """The form."""

    capacity: FormSigner
    """In which capacity it was given."""

    name: str
    """The name of the signer as written; as LSO only that of the officer or of a deputy."""

    signed_on: date
    """The day written next to it."""


@described_input
class ReturnAccessFormInput:
    """A form that goes back."""

    number: int
    """The form."""

    reason: str
    """Why, up to 300 characters; shown here and never mailed."""


@described_input
class WithdrawAccessFormInput:
    """A form that is taken back."""

    number: int
    """The form."""


@described_input
class ForwardAccessFormInput:
    """A form that goes on to the Office of Administration."""

    number: int
    """The form."""


@described_input
class IssueUserIdInput:
    """A form that the Office of Administration carries out."""

    number: int
    """The form."""

    user_id: str | None = None
    """The new user ID, for a NEW; it was never used before and will never be used again."""


@described_input
class ReleaseCredentialsInput:
    """A user ID that is handed out."""

    number: int
    """The form."""
