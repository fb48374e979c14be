"""What a person leaves behind: duties, and what a revocation cuts (000:258-270)."""

from __future__ import annotations

from datetime import date

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.leaving_views import RevocationPreview as PreviewView
from rules.accounts import AccountState
from rules.leaving import Duty
from schema.described import described_type
from schema.ids import to_global
from schema.referral_types import Provider
from schema.user_account_types import UserAccount


@described_type
class HeldDuty:
    """A duty that stays without a holder when the person leaves."""

    duty: Duty
    """The duty."""

    next_step: str
    """What has to be done so that somebody else holds it."""

    cites: str
    """The lines of the source documents that it stands on."""

    handed_over: bool
    """Whether the house hands it to the named successor itself; the others need a paper, a request or a contact."""

    referral_numbers: list[int]
    """The referrals it is about, if it is about referrals."""


@described_type
class RevocationPreview:
    """What a revocation would cut and leave open at this moment; nothing is changed by looking."""

    @strawberry.field
    def id(root: strawberry.Parent[PreviewView]) -> strawberry.ID:
        """The global id of the person."""
        return to_global("Person", root.id)

    user_id: str
    """The user ID."""

    name: str
    """The full name."""

    state: AccountState
    """Whether the account is in use; one that is disabled cannot be revoked again."""

    terminated_on: date | None
    """The last day of employment, where it was told before."""

    duties: list[HeldDuty]
    """The duties that need a successor."""

    roles: list[str]
    """The codes of the roles that will end."""

    live_sessions: int
    """How many sessions will end."""

    contacts: int
    """How many active contacts will hear of no referral any more."""

    open_requests: list[int]
    """The numbers of the person's own access requests that will be withdrawn."""

    outside_systems: list[str]
    """The systems of other agencies whose owners will be asked to end the access there (002:303-305)."""


@described_type
class AccessRevocation:
    """A revocation that was carried out: access is cut, this is what follows."""

    account: UserAccount | None
    """The account as it is now; null, if it is not the caller's to see any more, such as a deputy's LSO."""

    access_form_number: int
    """The number of the access form that the house has written (000:261-263)."""

    ticket_numbers: list[int]
    """The tickets for account management, and to the agencies that own other systems (002:299-305)."""

    open_duties: list[HeldDuty]
    """The duties that have no holder now; who has to care was told."""

    incident_number: int | None
    """The incident that was opened, if the account had been used after the last day of employment (000:277-278)."""


@described_type
class OpenDuty:
    """A duty that nobody holds at this moment, of a provider or of one referral."""

    duty: Duty
    """The duty."""

    next_step: str
    """What has to be done so that somebody holds it."""

    cites: str
    """The lines of the source documents that it stands on."""

    provider: Provider | None
    """The provider without a holder; null where it is a referral."""

    referral_number: int | None
    """The referral without a primary coordinator in office."""


@described_type
class EndingContract:
    """A provider whose contract ends soon or has ended lately."""

    provider: Provider
    """The provider."""

    regional_office: str
    """The name of its regional office, which enters a new contract; empty where it has none."""

    last_day: date
    """The last day that a contract covers."""

    disabled_from: date
    """The day from which the user IDs of the provider's people are disabled, unless a new contract is entered."""

    ended: bool
    """Whether that day has come."""

    accounts: int
    """User IDs of the provider that are in use, or suspended."""
