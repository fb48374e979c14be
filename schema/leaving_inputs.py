"""What revocations, incidents and tickets take. Only what may be set is listed."""

from __future__ import annotations

from datetime import date

import strawberry

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.outside_systems import OutsideSystemData
from resolvers.revocation import Revocation
from rules.breach import BreachAnswers
from rules.incidents import Finding, LsoAnswer
from rules.leaving import Duty, RevocationReason
from rules.tickets import TicketOutcome
from schema.described import described_input


@described_input
class SuccessorInput:
    """Who takes over a duty."""

    duty: Duty
    """The duty."""

    user_id: str
    """The successor's user ID. Referrals are handed over at once; for other duties the successor is told what to do."""


@described_input
class RevokeAccessInput:
    """A person whose access ends (000:261-263)."""

    user_id: str
    """The person's user ID, with or without its domain."""

    reason: RevocationReason
    """Why."""

    terminated_on: date | None = None
    """The last day of employment, not after today; today, unless said otherwise, where the person has left."""

    successors: list[SuccessorInput] = strawberry.field(default_factory=list)
    """Who takes over which duty, as far as it is known; access never waits for it."""

    note: str = ""
    """A note that is kept with the account, up to 300 characters."""

    def as_told(self) -> Revocation:
        """Say it to the use case."""
        named = tuple((one.duty, one.user_id) for one in self.successors)
        return Revocation(self.user_id, self.reason, self.terminated_on, named, self.note)


@described_input
class ReportIncidentInput:
    """Something that may be a breach of security, in the words of whoever saw it."""

    report: str
    """What was seen, up to 1,000 characters. It is read by the security offices only."""

    about_user_id: str = ""
    """The user ID of the person it is about, if it is about one. Whether it exists is not told."""


@described_input
class AnswerIncidentInput:
    """The Local Security Officer's answer about a person of the organization (POL-08)."""

    number: int
    """The number of the incident."""

    answer: LsoAnswer
    """The answer."""


@described_input
class BreachAnswersInput:
    """The definition of a breach as questions: all four are answered, and together they decide (002:15-19)."""

    unauthorized: bool
    """Was information acquired, accessed, used or disclosed without authorization?"""

    protected: bool
    """Was it protected health information?"""

    compromised: bool
    """Does that compromise the security or the privacy of the information?"""

    retainable: bool
    """Could whoever it was disclosed to reasonably have been able to retain it? If not, the exception applies."""

    def as_answers(self) -> BreachAnswers:
        """Say it to the use case."""
        return BreachAnswers(self.unauthorized, self.protected, self.compromised, self.retainable)


@described_input
class CloseIncidentInput:
    """The end of an incident."""

    number: int
    """The number of the incident."""

    finding: Finding
    """What it turned out to be."""

    reinstate: bool = False
    """Whether the suspended person is let back in; never after a breach."""

    note: str = ""
    """What was found, up to 1,000 characters."""

    breach: BreachAnswersInput | None = None
    """The questions of the definition, answered: they decide whether it was a breach."""


@described_input
class SuspendAccountInput:
    """An account that is not to be used until an incident is decided."""

    user_id: str
    """The person's user ID, with or without its domain."""

    why: str
    """Why, up to 1,000 characters; it becomes the report of the incident, where none is open."""


@described_input
class ReinstateAccountInput:
    """A suspended account that is to be used again."""

    user_id: str
    """The person's user ID, with or without its domain."""


@described_input
class CloseTicketInput:
    """A ticket that was answered."""

    number: int
    """The number of the ticket."""

    outcome: TicketOutcome
    """Whether it was done."""

    note: str = ""
    """What was done, or why nothing was, up to 300 characters; needed where nothing was."""


@described_input
class UpsertOutsideSystemInput:
    """A system of another agency, with all roles that open it."""

    code: str
    """Its short code, up to 20 characters; a new one enters a new system."""

    name: str
    """Its name."""

    agency: str
    """The agency that owns it, and is told when somebody leaves (002:303-305)."""

    mainframe: bool = False
    """Whether it runs on the mainframe."""

    active: bool = True
    """Whether it is in use."""

    roles: list[str] = strawberry.field(default_factory=list)
    """The codes of all catalogue roles that open it: the whole set."""

    def as_data(self) -> OutsideSystemData:
        """Say it to the use case."""
        return OutsideSystemData(self.code, self.name, self.agency, self.mainframe, self.active, frozenset(self.roles))
