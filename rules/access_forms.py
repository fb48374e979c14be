"""The Contract Provider Access Request Form: kinds, signatures, and the way of the paper (000:57-131, 001:8-44)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from rules.accounts import AccountState
from rules.errors import Conflict, Denied


class FormKind(StrEnum):
    """Say what the form asks for."""

    NEW = "NEW"
    """A user ID for a person who has none (000:113)."""
    CHANGE = "CHANGE"
    """A change of name, level, provider or systems."""
    ENABLE = "ENABLE"
    """A disabled account to be used again (002:199-201)."""
    REVOKE = "REVOKE"
    """The end of a person's access (000:261-263)."""

    @property
    def has_person(self) -> bool:
        """Say whether the form is about a person who has a user ID already."""
        return self is not FormKind.NEW


class FormState(StrEnum):
    """Say where a form stands."""

    AWAITING_LSO = "AWAITING_LSO"
    """The organization has no LSO, so it is held until one is designated (000:106, 000:110-111)."""
    AWAITING_SIGNATURES = "AWAITING_SIGNATURES"
    """Signatures are missing; it cannot be forwarded (000:125)."""
    WITH_REGIONAL_OFFICE = "WITH_REGIONAL_OFFICE"
    """Signed; the regional office forwards it (000:95-96)."""
    WITH_OA = "WITH_OA"
    """Forwarded to the Office of Administration (000:122)."""
    ISSUED = "ISSUED"
    """OA has done it; a new ID waits to be released by the regional office (000:124-128)."""
    DONE = "DONE"
    """Carried out, and the person told."""
    RETURNED = "RETURNED"
    """Sent back with a reason; nothing was done."""
    WITHDRAWN = "WITHDRAWN"
    """Taken back by whoever submitted it."""

    @property
    def is_final(self) -> bool:
        """Say whether the form goes nowhere any more."""
        return self in (FormState.DONE, FormState.RETURNED, FormState.WITHDRAWN)

    @property
    def awaits_signers(self) -> bool:
        """Say whether signatures are missing, now or once there is an LSO."""
        return self in (FormState.AWAITING_LSO, FormState.AWAITING_SIGNATURES)


class FormSigner(StrEnum):
    """Say in which capacity a form is signed (001:34-37)."""

    SUPERVISOR = "SUPERVISOR"
    """The person's supervisor (001:34)."""
    LSO = "LSO"
    """The Local Security Officer, also called Local HIPAA Security Officer (001:37, POL-15)."""
    EXECUTIVE_DIRECTOR = "EXECUTIVE_DIRECTOR"
    """The executive director, where the form is for the LSO (000:64-84, POL-18)."""


class Channel(StrEnum):
    """Say how a paper came (001:43-44)."""

    PORTAL = "PORTAL"
    """Entered and signed here: authoritative (POL-19)."""
    SCAN = "SCAN"
    """Scanned and sent."""
    FAX = "FAX"
    """Faxed."""
    MAIL = "MAIL"
    """Sent by post."""
    HOUSE = "HOUSE"
    """Written by the house itself, as the paperwork of something that was done here."""


class Application(StrEnum):
    """Name an application or duty that the form's parts 4 and 5 list (000:59-63, 001:27)."""

    CONSUMER_REFERRALS = "CONSUMER_REFERRALS"
    """Consumer Referral DB: DD TCM entities and residential providers (000:59-60, 001:27)."""
    DATA_ENTRY = "DATA_ENTRY"
    """TCM logging, data entry: supervisors (000:62-63)."""
    REVIEWER = "REVIEWER"
    """TCM logging, reviewer: supervisors (000:62-63)."""


NEEDED: Mapping[FormKind, frozenset[FormSigner]] = MappingProxyType(
    {
        FormKind.NEW: frozenset({FormSigner.SUPERVISOR, FormSigner.LSO}),
        FormKind.CHANGE: frozenset({FormSigner.SUPERVISOR, FormSigner.LSO}),
        FormKind.ENABLE: frozenset({FormSigner.LSO}),
        FormKind.REVOKE: frozenset({FormSigner.LSO}),
    }
)
"""Which signatures each kind needs by default (POL-18)."""


def needed_signatures(kind: FormKind, *, for_lso: bool) -> frozenset[FormSigner]:
    """Say whose signatures a form needs; for the LSO's own form the executive director signs instead (POL-18)."""
    needed = NEEDED[kind]
    if for_lso:
        return needed - {FormSigner.LSO} | {FormSigner.EXECUTIVE_DIRECTOR}
    return needed


MOVES: Mapping[FormState, frozenset[FormState]] = MappingProxyType(
    {
        FormState.AWAITING_LSO: frozenset({FormState.AWAITING_SIGNATURES, FormState.RETURNED, FormState.WITHDRAWN}),
        FormState.AWAITING_SIGNATURES: frozenset(
            {FormState.AWAITING_LSO, FormState.WITH_REGIONAL_OFFICE, FormState.RETURNED, FormState.WITHDRAWN}
        ),
        FormState.WITH_REGIONAL_OFFICE: frozenset({FormState.WITH_OA, FormState.RETURNED, FormState.WITHDRAWN}),
        FormState.WITH_OA: frozenset({FormState.ISSUED, FormState.DONE, FormState.RETURNED}),
        FormState.ISSUED: frozenset({FormState.DONE}),
        FormState.DONE: frozenset(),
        FormState.RETURNED: frozenset(),
        FormState.WITHDRAWN: frozenset(),
    }
)
"""Where a form can go from each state."""

PAPER: frozenset[Channel] = frozenset({Channel.SCAN, Channel.FAX, Channel.MAIL})
"""The channels of papers that the regional office enters (001:43-44)."""

WITHDRAWN_FROM: frozenset[FormState] = frozenset(
    {FormState.AWAITING_LSO, FormState.AWAITING_SIGNATURES, FormState.WITH_REGIONAL_OFFICE}
)
"""While a form has not left for OA, whoever submitted it can take it back; the regional office can return it."""


def check_move(state: FormState, to: FormState) -> None:
    """Let a form go on. Raises Conflict FORM_STATE."""
    if to not in MOVES[state]:
        raise Conflict("This form is not in a state that allows this.", code="FORM_STATE")


def check_signed(missing: frozenset[FormSigner]) -> None:
    """Let only a signed form go on (000:125, CPF-08). Raises Conflict FORM_UNSIGNED, naming who has to sign."""
    if missing:
        names = ", ".join(sorted(_SIGNERS[one] for one in missing))
        raise Conflict(f"This form is not signed yet. Missing: {names}.", code="FORM_UNSIGNED")


_SIGNERS: Mapping[FormSigner, str] = MappingProxyType(
    {
        FormSigner.SUPERVISOR: "supervisor",
        FormSigner.LSO: "Local Security Officer",
        FormSigner.EXECUTIVE_DIRECTOR: "executive director",
    }
)


def check_may_be_issued(kind: FormKind, state: AccountState) -> None:
    """Check the account of a CHANGE or ENABLE, when it is asked for and when it is carried out (ACC-09, ACC-19).

    Raises Conflict ID_DELETED, NOT_DISABLED, ENABLE_FIRST.
    """
    if state is AccountState.DELETED:
        raise Conflict("This user ID was deleted and never comes back. Ask for a new one.", code="ID_DELETED")
    if kind is FormKind.ENABLE and state is not AccountState.DISABLED:
        raise Conflict("This account is not disabled.", code="NOT_DISABLED")
    if kind is not FormKind.ENABLE and state is AccountState.DISABLED:
        raise Conflict("This account is disabled. Ask for it to be enabled first.", code="ENABLE_FIRST")


def check_not_about(person: UUID, about: UUID | None, *, namesake: bool = False) -> None:
    """Let nobody forward or carry out their own form; ``namesake`` says that a new person's name is their own.

    Raises Denied OWN_FORM.
    """
    if person == about or namesake:
        raise Denied("Somebody else has to do this: the form is about you.", code="OWN_FORM")


def check_first_hand(person: UUID, earlier: Iterable[UUID | None]) -> None:
    """Let OA carry out only what others have entered, forwarded, and signed or recorded. Raises Denied SAME_PERSON."""
    if person in earlier:
        raise Denied("Somebody else has to do this: you had this form in hand before.", code="SAME_PERSON")


def check_no_incident(kind: FormKind, *, suspended_by_open: bool) -> None:
    """Enable nobody over the head of the CSO, who has still to decide about the person (POL-08).

    Raises Conflict INCIDENT_OPEN.
    """
    if kind is FormKind.ENABLE and suspended_by_open:
        raise Conflict(
            "An incident about this person is open. The Chief Security Officer decides first.", code="INCIDENT_OPEN"
        )
