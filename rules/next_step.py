"""What a person does next: the way from a new user ID to the daily work, a step at a time (000:3-5, 000:130-131)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class NextStep(StrEnum):
    """Say what a person does next."""

    CHANGE_PASSWORD = "CHANGE_PASSWORD"  # noqa: S105 - the name of a step
    """Change the password before any further action (000:3-5)."""
    ACCEPT_STATEMENT = "ACCEPT_STATEMENT"
    """Read and accept the confidentiality statement (000:253)."""
    CONFIRM_EMAIL = "CONFIRM_EMAIL"
    """Give an e-mail address that letters reach, and confirm it (000:26-27)."""
    DECIDE_REQUESTS = "DECIDE_REQUESTS"
    """Decide on access requests of others (000:198-201)."""
    REQUEST_ROLES = "REQUEST_ROLES"
    """Ask for roles in an access request, the ARA (000:130-131)."""
    AWAIT_LSO = "AWAIT_LSO"
    """Wait for the first approval of the own access request (000:198-200)."""
    AWAIT_PROVISIONING = "AWAIT_PROVISIONING"
    """Wait for the final approval of the own access request, within 48 hours (000:200-203)."""
    VERIFY_CONTACTS = "VERIFY_CONTACTS"
    """Verify the contacts of the provider profile (001:70-72)."""
    NOTHING = "NOTHING"
    """Nothing waits for the person; the daily work does."""

    @property
    def sentence(self) -> str:
        """Say it to the person."""
        return _SENTENCES[self]

    @property
    def cites(self) -> str:
        """Name the lines of the documents that it stands on; none for nothing."""
        return _CITES[self]


_SENTENCES: Mapping[NextStep, str] = MappingProxyType(
    {
        NextStep.CHANGE_PASSWORD: "Change your password before any further action.",
        NextStep.ACCEPT_STATEMENT: "Read and accept the confidentiality statement.",
        NextStep.CONFIRM_EMAIL: "Enter an e-mail address that reaches you, and follow the link in the letter to it.",
        NextStep.DECIDE_REQUESTS: "Access requests wait for your decision.",
        NextStep.REQUEST_ROLES: "Ask for the roles that you need in an access request.",
        NextStep.AWAIT_LSO: "Your access request waits for the Local Security Officer.",
        NextStep.AWAIT_PROVISIONING: "Your access request was approved and waits for ITSD Provisioning.",
        NextStep.VERIFY_CONTACTS: "Verify the contacts of your provider, so that referrals reach you.",
        NextStep.NOTHING: "Nothing waits for you.",
    }
)

_CITES: Mapping[NextStep, str] = MappingProxyType(
    {
        NextStep.CHANGE_PASSWORD: "000:3-5",
        NextStep.ACCEPT_STATEMENT: "000:253",
        NextStep.CONFIRM_EMAIL: "000:26-27",
        NextStep.DECIDE_REQUESTS: "000:198-201",
        NextStep.REQUEST_ROLES: "000:130-131",
        NextStep.AWAIT_LSO: "000:198-200",
        NextStep.AWAIT_PROVISIONING: "000:200-203",
        NextStep.VERIFY_CONTACTS: "001:70-72",
        NextStep.NOTHING: "",
    }
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a person has come.

    ``with_lso`` and ``with_provisioning`` are the person's own access requests; ``decisions_waiting`` those of others.
    """

    must_change_password: bool = False
    must_accept_statement: bool = False
    email_works: bool = True
    has_roles: bool = True
    with_lso: bool = False
    with_provisioning: bool = False
    decisions_waiting: bool = False
    contacts_to_verify: bool = False


def next_step(standing: Standing) -> NextStep:
    """Tell what a person does next; the first that applies.

    What keeps others waiting comes before what is one's own; whoever has roles verifies the profile before waiting for
    more of them.
    """
    if standing.must_change_password:
        return NextStep.CHANGE_PASSWORD
    if standing.must_accept_statement:
        return NextStep.ACCEPT_STATEMENT
    if not standing.email_works:
        return NextStep.CONFIRM_EMAIL
    if standing.decisions_waiting:
        return NextStep.DECIDE_REQUESTS
    if standing.has_roles and standing.contacts_to_verify:
        return NextStep.VERIFY_CONTACTS
    if standing.with_provisioning:
        return NextStep.AWAIT_PROVISIONING
    if standing.with_lso:
        return NextStep.AWAIT_LSO
    return NextStep.NOTHING if standing.has_roles else NextStep.REQUEST_ROLES
