"""Leaving: why an account ends, and which duties need a successor (000:258-278, 002:173-203).

Access is cut at once and never waits for a successor (000:41-42): a duty without one stays open, and is shown as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from rules.errors import Conflict, Denied, Invalid
from rules.roles import COORDINATORS, Role


class DisabledReason(StrEnum):
    """Say why an account was disabled; kept with it for ever (002:181-185)."""

    INACTIVITY = "INACTIVITY"
    """Not used for too long (000:22-23, 002:181-185)."""
    LEFT = "LEFT"
    """The person has left the organization (000:258-263)."""
    TERMINATED = "TERMINATED"
    """The employment was ended (002:147-149, 002:299-300)."""
    CONTRACT_ENDED = "CONTRACT_ENDED"
    """The provider is no longer under contract (002:356-357)."""
    SECURITY = "SECURITY"
    """After an incident (000:34-39)."""


class RevocationReason(StrEnum):
    """Say why somebody revokes a person's access; the other reasons are the house's own."""

    LEFT = "LEFT"
    """The person has left the organization (000:258-263)."""
    TERMINATED = "TERMINATED"
    """The employment was ended (002:147-149, 002:299-300)."""
    SECURITY = "SECURITY"
    """The person is still there, but may not be trusted with access any more (000:34-39)."""

    @property
    def as_disabled(self) -> DisabledReason:
        """Give the reason that is kept with the account."""
        return DisabledReason(self.value)

    @property
    def ends_employment(self) -> bool:
        """Say whether the person works there no longer, so that a last day belongs to it."""
        return self is not RevocationReason.SECURITY


class Duty(StrEnum):
    """Name a duty that must not stay without a holder (000:105-106, 000:136-137, 000:265-270)."""

    LSO = "LSO"
    """Local Security Officer: without one no request can be processed (000:106)."""
    HI_REPRESENTATIVE = "HI_REPRESENTATIVE"
    """DD Provider Representative for the Health Inventory process (000:265-267)."""
    HEALTH_INVENTORIES = "HEALTH_INVENTORIES"
    """The only person of a residential provider with access to Health Inventories (000:136-137)."""
    SOLE_CONTACT = "SOLE_CONTACT"
    """The only active contact of a provider: without one no referral arrives (001:70)."""
    PRIMARY_COORDINATOR = "PRIMARY_COORDINATOR"
    """Primary coordinator of open referrals (001:244)."""

    @property
    def next_step(self) -> str:
        """Say what has to be done so that somebody else holds the duty."""
        return _NEXT_STEPS[self][0]

    @property
    def cites(self) -> str:
        """Name the source lines."""
        return _NEXT_STEPS[self][1]


_NEXT_STEPS: Mapping[Duty, tuple[str, str]] = MappingProxyType(
    {
        Duty.LSO: (
            "The executive director designates a new Local Security Officer; until then requests are held.",
            "000:105-106; 000:269-270",
        ),
        Duty.HI_REPRESENTATIVE: (
            "Somebody else asks for the role of the DD Provider Representative by an access request.",
            "000:265-267",
        ),
        Duty.HEALTH_INVENTORIES: (
            "Somebody else asks for the role Health Inventories by an access request.",
            "000:136-137",
        ),
        Duty.SOLE_CONTACT: ("Add another contact to the provider profile, with its counties.", "001:70; 001:87-99"),
        Duty.PRIMARY_COORDINATOR: ("Name another coordinator as the primary one of the referrals.", "001:244"),
    }
)

HANDED_OVER: frozenset[Duty] = frozenset({Duty.PRIMARY_COORDINATOR})
"""Duties that the house hands to the successor itself; the others need a paper, a request or a contact of their own."""


@dataclass(frozen=True, slots=True)
class DutyFacts:
    """What a person holds at this moment, as far as a successor may be needed; ``primary_of`` are referral numbers."""

    designated_lso: bool
    hi_representative: bool
    last_with_health_inventories: bool
    only_contact: bool
    primary_of: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HeldDuty:
    """A duty that a person holds, with the numbers of the referrals it is about, if it is about referrals."""

    duty: Duty
    referrals: tuple[int, ...] = ()


def duties_held(facts: DutyFacts) -> tuple[HeldDuty, ...]:
    """List the duties that stay without a holder when the person leaves."""
    held = (
        (facts.designated_lso, HeldDuty(Duty.LSO)),
        (facts.hi_representative, HeldDuty(Duty.HI_REPRESENTATIVE)),
        (facts.last_with_health_inventories, HeldDuty(Duty.HEALTH_INVENTORIES)),
        (facts.only_contact, HeldDuty(Duty.SOLE_CONTACT)),
        (bool(facts.primary_of), HeldDuty(Duty.PRIMARY_COORDINATOR, facts.primary_of)),
    )
    return tuple(duty for holds, duty in held if holds)


@dataclass(frozen=True, slots=True)
class Successor:
    """Who is named for a duty, and what is known of that person; ``person`` is None where nobody has the user ID."""

    duty: Duty
    person: UUID | None
    active: bool
    same_organization: bool
    roles: frozenset[Role]


def check_successors(leaver: UUID, held: Iterable[HeldDuty], named: Iterable[Successor]) -> None:
    """Let only people succeed who can. Whoever asks does not learn which user IDs other organizations have.

    Raises:
        Invalid: field ``successors``: DUTY_NOT_HELD, SUCCESSOR_TWICE (two for one duty), SUCCESSOR_IS_LEAVER,
            NOT_A_COORDINATOR, SUCCESSOR_NOT_OF_ORGANIZATION.
    """
    duties = {one.duty for one in held}
    seen: set[Duty] = set()
    for one in named:
        if one.duty not in duties:
            raise _no_successor("DUTY_NOT_HELD", "The person does not hold this duty.")
        if one.duty in seen:
            raise _no_successor("SUCCESSOR_TWICE", "Name one successor for a duty.")
        seen.add(one.duty)
        if one.person == leaver:
            raise _no_successor("SUCCESSOR_IS_LEAVER", "Who leaves cannot be the successor.")
        if one.duty is Duty.PRIMARY_COORDINATOR:
            if not one.active or one.roles.isdisjoint(COORDINATORS):
                raise _no_successor("NOT_A_COORDINATOR", "This is not the user ID of a coordinator.")
        elif not one.active or not one.same_organization:
            raise _no_successor("SUCCESSOR_NOT_OF_ORGANIZATION", "This is not a user ID of the organization.")


def _no_successor(code: str, sentence: str) -> Invalid:
    return Invalid(sentence, code=code, field="successors")


def last_day(reason: RevocationReason, told: date | None, today: date) -> date | None:
    """Give the last day of employment: as told, else today; none while the person is still employed.

    Raises:
        Invalid: ``TERMINATED_IN_FUTURE``; access ends at once, so the last day is not after today.
    """
    if told is not None and told > today:
        raise Invalid(
            "Access ends at once, so the last day cannot be in the future.",
            code="TERMINATED_IN_FUTURE",
            field="terminatedOn",
        )
    return told if told is not None or not reason.ends_employment else today


def was_used_after(terminated_on: date | None, last_used_on: date | None) -> bool:
    """Say whether an account was used after its owner had left: a violation of confidentiality (000:277-278)."""
    return terminated_on is not None and last_used_on is not None and last_used_on > terminated_on


def check_not_self(actor: UUID, leaver: UUID) -> None:
    """Let nobody revoke the own access, in whatever office: somebody else has to know. Raises SELF_REVOCATION."""
    if actor == leaver:
        raise Denied("Nobody revokes the own access. Ask another office to do it.", code="SELF_REVOCATION")


def already_disabled() -> Conflict:
    """Say no to ending what has ended."""
    return Conflict("This account is disabled already.", code="ALREADY_DISABLED")


def already_deleted() -> Conflict:
    """Say no to anything with an ID that is gone for good."""
    return Conflict("This user ID was deleted; it is never used again.", code="ALREADY_DELETED")
