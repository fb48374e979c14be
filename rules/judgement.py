"""Judge an entry of the trail: is there a rule by which this person had business with these records (002:239-241)?

:func:`judge` takes what was true when the entry was written and gives a verdict with its reason. Explained is what a
rule covers; unexplained is what somebody has to look at. A person's own words never enter here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from rules.roles import COORDINATORS, STAFF_SEEING_ALL, Role


class Ground(StrEnum):
    """Say by which rule an entry is explained, or what is missing; each value equals its name."""

    HOUSE = "HOUSE"
    OWN = "OWN"
    OWN_ORGANIZATION = "OWN_ORGANIZATION"
    EVERYONE = "EVERYONE"
    ROLE = "ROLE"
    CENTRAL_OFFICE = "CENTRAL_OFFICE"
    PRIMARY_COORDINATOR = "PRIMARY_COORDINATOR"
    COUNTY = "COUNTY"
    STATEWIDE = "STATEWIDE"
    AUDIENCE = "AUDIENCE"
    REVIEW = "REVIEW"
    BREAK_GLASS = "BREAK_GLASS"
    STOPPED = "STOPPED"
    FAULT = "FAULT"
    NO_SCOPE = "NO_SCOPE"
    NO_ROLE = "NO_ROLE"
    OTHER_PERSON = "OTHER_PERSON"
    NO_BREAK_GLASS = "NO_BREAK_GLASS"
    REFUSED_OFTEN = "REFUSED_OFTEN"
    UNKNOWN_ACT = "UNKNOWN_ACT"

    @property
    def explains(self) -> bool:
        """Say whether it explains an entry."""
        return self not in UNEXPLAINED

    @property
    def sentence(self) -> str:
        """Say it to a reviewer."""
        return _RULES[self][0]

    @property
    def cites(self) -> str:
        """Name the lines of the rule."""
        return _RULES[self][1]


UNEXPLAINED: frozenset[Ground] = frozenset(
    {
        Ground.NO_SCOPE,
        Ground.NO_ROLE,
        Ground.OTHER_PERSON,
        Ground.NO_BREAK_GLASS,
        Ground.REFUSED_OFTEN,
        Ground.UNKNOWN_ACT,
    }
)
"""What somebody has to look at."""

_RULES: Mapping[Ground, tuple[str, str]] = MappingProxyType(
    {
        Ground.HOUSE: ("The house did it by itself: a timed duty, or at the door before anybody was known.", "002:145"),
        Ground.OWN: ("It is about the person's own account, mailbox, requests or forms.", "000:229-240"),
        Ground.OWN_ORGANIZATION: ("It is about people of the organization that the person answers for.", "000:258-263"),
        Ground.EVERYONE: ("Everybody who is signed on may do this; it names no other person.", "000:235-240"),
        Ground.ROLE: ("The person held a role at that time whose work this is.", "002:239-241"),
        Ground.CENTRAL_OFFICE: ("The person worked for the central office, who see every referral.", "001:170-172"),
        Ground.PRIMARY_COORDINATOR: ("The person created the referral or is its primary coordinator.", "001:244"),
        Ground.COUNTY: ("The person coordinates a preferred county of the referral.", "001:170-172"),
        Ground.STATEWIDE: ("The referral was statewide, and the person a coordinator.", "001:141-144"),
        Ground.AUDIENCE: ("The person's provider had received the referral, or could see it.", "001:139-154"),
        Ground.REVIEW: ("The person reads the log by office.", "002:234-241"),
        Ground.BREAK_GLASS: (
            "It was opened by break-glass, with a reason, and is reviewed.",
            "45 CFR 164.312(a)(2)(ii)",
        ),
        Ground.STOPPED: ("The house refused it; nothing was shown or changed.", "002:221-222"),
        Ground.FAULT: ("It failed by a fault of the house; nothing was changed.", "002:221-222"),
        Ground.NO_SCOPE: ("No rule brings the person together with this referral at that time.", "002:239-241"),
        Ground.NO_ROLE: ("The person held no role at that time whose work this is.", "002:239-241"),
        Ground.OTHER_PERSON: ("It is about another person, whom the person does not answer for.", "002:239-241"),
        Ground.NO_BREAK_GLASS: ("It says break-glass, and none was open for this record at that time.", "002:239-241"),
        Ground.REFUSED_OFTEN: ("The person was refused again and again on this day.", "002:239-241"),
        Ground.UNKNOWN_ACT: ("The house knows no use case of this name.", "002:239-241"),
    }
)

REVIEWERS: frozenset[Role] = frozenset({Role.AUDITOR, Role.CSO, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR})
"""Who reads the log by office."""

PERSONAL: Mapping[str, frozenset[Role]] = MappingProxyType(
    {
        "user": frozenset(
            {
                Role.CSO,
                Role.PRIVACY_OFFICER,
                Role.AUDITOR,
                Role.ADMINISTRATOR,
                Role.ITSD_ACCOUNT_MGMT,
                Role.ITSD_PROVISIONING,
                Role.OA,
                Role.PROVIDER_RELATIONS,
                Role.SUPPORT_DESK,
            }
        ),
        "access_request": frozenset({Role.CSO, Role.AUDITOR, Role.ADMINISTRATOR, Role.ITSD_PROVISIONING}),
        "access_form": frozenset(
            {Role.CSO, Role.AUDITOR, Role.ADMINISTRATOR, Role.ITSD_ACCOUNT_MGMT, Role.OA, Role.PROVIDER_RELATIONS}
        ),
        "incident": frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR}),
    }
)
"""Records about a person, and the offices that see everybody's."""

_NO_CONSUMER_DATA = ("insights.", "duty.", "outbox.", "trail.", "break_glass.")
"""How acts begin that name referrals by number only, and whose reader need not see the referrals."""


@dataclass(frozen=True, slots=True)
class ReferralSight:
    """What tied a person to one referral when the entry was written."""

    own: bool = False
    """Created by the person, or the person was the primary coordinator."""
    statewide: bool = False
    county: bool = False
    """The person coordinates a preferred county."""
    received: bool = False
    """The person's provider had received it, or it reaches the provider now."""
    excluded: bool = False
    """The family had asked to leave the provider out."""


@dataclass(frozen=True, slots=True)
class PersonalRecord:
    """One record about a person that an entry names."""

    kind: str
    own: bool = False
    own_organization: bool = False
    """Its person works where the actor answers for people, as officer or deputy, or waits for colleagues to sign."""


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """What was true when an entry was written. ``may`` is None for an act that the house does not know."""

    act: str
    is_house: bool
    refused: bool = False
    failed: bool = False
    by_everyone: bool = False
    may: frozenset[Role] | None = frozenset()
    roles: frozenset[Role] = frozenset()
    referrals: tuple[ReferralSight, ...] = ()
    people: tuple[PersonalRecord, ...] = ()
    break_glass: bool | None = None
    """Whether the break-glass that the entry names was open; None if it names none."""
    refusals: int = 0
    """Accesses that were refused to the person on this day of Chicago, up to and with this one."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an entry is explained, and by what; unexplained as soon as one of its records is."""

    ground: Ground

    @property
    def explained(self) -> bool:
        """Say whether a rule covers it."""
        return self.ground.explains

    @property
    def sentence(self) -> str:
        """Say the reason to a reviewer."""
        return self.ground.sentence

    @property
    def cites(self) -> str:
        """Name the lines of the reason."""
        return self.ground.cites


def judge(facts: EntryFacts, *, refusals_pattern: int) -> Judgement:
    """Judge one entry; ``refusals_pattern`` refused accesses on one day are a pattern."""
    return Judgement(_ground(facts, refusals_pattern))


def is_refused_access(code: str) -> bool:
    """Say whether a refusal kept somebody from a record, rather than from a slip in a form."""
    return code == "DENIED" or code.endswith("NOT_FOUND")


def _ground(facts: EntryFacts, refusals_pattern: int) -> Ground:
    if facts.is_house:
        return Ground.HOUSE
    if facts.failed:
        return Ground.FAULT
    if facts.refused:
        return Ground.REFUSED_OFTEN if facts.refusals >= refusals_pattern else Ground.STOPPED
    if facts.may is None:
        return Ground.UNKNOWN_ACT
    if facts.break_glass is not None:
        return Ground.BREAK_GLASS if facts.break_glass else Ground.NO_BREAK_GLASS
    if not facts.by_everyone and facts.may.isdisjoint(facts.roles):
        return Ground.NO_ROLE
    if facts.referrals and not facts.act.startswith(_NO_CONSUMER_DATA):
        return _of_referrals(facts)
    return _of_office(facts)


def _of_referrals(facts: EntryFacts) -> Ground:
    grounds = [_of_referral(facts.roles, sight) for sight in facts.referrals]
    return next((ground for ground in grounds if not ground.explains), grounds[0])


def _of_referral(roles: frozenset[Role], sight: ReferralSight) -> Ground:
    if roles & STAFF_SEEING_ALL:
        return Ground.CENTRAL_OFFICE
    if roles & COORDINATORS:
        if sight.own:
            return Ground.PRIMARY_COORDINATOR
        if sight.county:
            return Ground.COUNTY
        if sight.statewide:
            return Ground.STATEWIDE
    if Role.CONSUMER_REFERRAL_DB in roles and sight.received and not sight.excluded:
        return Ground.AUDIENCE
    return Ground.NO_SCOPE


def _of_office(facts: EntryFacts) -> Ground:
    if not facts.by_everyone:
        return Ground.REVIEW if facts.act.startswith("trail.") else Ground.ROLE
    grounds = [_of_person(facts.roles, record) for record in facts.people]
    unexplained = next((ground for ground in grounds if not ground.explains), None)
    if unexplained is not None:
        return unexplained
    if grounds:
        return next((ground for ground in grounds if ground is not Ground.OWN), Ground.OWN)
    return Ground.OWN if facts.act.startswith(("mailbox.", "account.")) else Ground.EVERYONE


def _of_person(roles: frozenset[Role], record: PersonalRecord) -> Ground:
    if record.own:
        return Ground.OWN
    if roles & PERSONAL[record.kind]:
        return Ground.ROLE
    return Ground.OWN_ORGANIZATION if record.own_organization else Ground.OTHER_PERSON


class Purpose(StrEnum):
    """Say what an act was for; each value equals its name."""

    DUTY = "DUTY"
    """The work of the person's role, or the person's own affairs."""
    REVIEW = "REVIEW"
    """The log, or what was opened by break-glass, was reviewed."""
    BREAK_GLASS = "BREAK_GLASS"
    """An emergency."""
    HOUSE = "HOUSE"
    """A timed duty of the house, or what happens at its door."""


def purpose_of(act: str, told: object, *, is_house: bool) -> Purpose:
    """Say what an act was for; ``told`` is the purpose that its entry gives, where it is not that of the act."""
    if told == Purpose.BREAK_GLASS:
        return Purpose.BREAK_GLASS
    if is_house:
        return Purpose.HOUSE
    return Purpose.REVIEW if act.startswith(("trail.", "break_glass.")) else Purpose.DUTY
