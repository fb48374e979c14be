"""What people are told, and in which words (001:139-174). Never who the person is: a number, never a name (NOT-23)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class NotificationKind(StrEnum):
    """What a mailbox line tells its reader."""

    REFERRAL_PUBLISHED = "REFERRAL_PUBLISHED"
    """A referral was published for the first time (001:139)."""
    REFERRAL_REPUBLISHED = "REFERRAL_REPUBLISHED"
    """A referral was published again after a change (001:139)."""
    REFERRAL_DELETED = "REFERRAL_DELETED"
    """A referral was deleted (001:139)."""
    REFERRAL_CLOSED = "REFERRAL_CLOSED"
    """A referral was closed: placement is finished (001:139, 001:201)."""
    PENDING_PLACEMENT_SET = "PENDING_PLACEMENT_SET"
    """A provider has been chosen; the referral stays open until the placement is final (001:213-217)."""
    PENDING_PLACEMENT_CLEARED = "PENDING_PLACEMENT_CLEARED"
    """The pending placement fell through; the referral looks for a provider again (001:213-217)."""
    RESPONSE_RECEIVED = "RESPONSE_RECEIVED"
    """A provider answered a referral (001:174)."""
    RESPONSE_EDITED = "RESPONSE_EDITED"
    """A provider changed its answer (001:275-279)."""
    REFERRALS_JOINED = "REFERRALS_JOINED"
    """Open referrals that a new provider, or a contact with a new county, has joined (001:167-168, POL-26)."""
    NO_REFERRAL_STATUS_LIFTED = "NO_REFERRAL_STATUS_LIFTED"
    """The status was lifted: all open referrals that were withheld, in one list (001:161-162)."""
    PROVIDER_UNREACHABLE = "PROVIDER_UNREACHABLE"
    """A provider that has the referral cannot be reached by e-mail any more (001:70, 001:154)."""
    PROVIDERS_SILENT = "PROVIDERS_SILENT"
    """Providers have not answered the referral in time (001:271)."""
    CONFIRM_ADDRESS = "CONFIRM_ADDRESS"
    """A contact is asked to confirm the e-mail address (PRF-06)."""
    ACCESS_REQUEST_SUBMITTED = "ACCESS_REQUEST_SUBMITTED"
    """The reader's access request was submitted (000:196)."""
    ACCESS_REQUEST_HELD = "ACCESS_REQUEST_HELD"
    """The reader's access request waits: the organization has no LSO (000:106)."""
    ACCESS_REQUEST_TO_DECIDE = "ACCESS_REQUEST_TO_DECIDE"
    """An access request waits for the reader's decision as LSO (000:198-201)."""
    ACCESS_REQUEST_TO_PROVISION = "ACCESS_REQUEST_TO_PROVISION"
    """An access request waits for the final approval (000:200-201)."""
    ACCESS_REQUEST_GRANTED = "ACCESS_REQUEST_GRANTED"
    """The roles of an access request were granted (000:203)."""
    ACCESS_REQUEST_DENIED = "ACCESS_REQUEST_DENIED"
    """An access request was denied as a whole (000:204-206)."""
    PROVISIONING_OVERDUE = "PROVISIONING_OVERDUE"
    """An approved access request was not provisioned within its 48 hours (000:203)."""
    FORM_TO_SIGN = "FORM_TO_SIGN"
    """An access form waits for the reader's signature (000:125, 001:34-37)."""
    FORM_TO_FORWARD = "FORM_TO_FORWARD"
    """A signed access form waits to be forwarded by the regional office (000:122)."""
    FORM_TO_CARRY_OUT = "FORM_TO_CARRY_OUT"
    """A forwarded access form waits to be carried out by OA (000:124-128)."""
    CREDENTIALS_TO_RELEASE = "CREDENTIALS_TO_RELEASE"
    """A new user ID waits to be released to its owner by the regional office (000:124-128)."""
    FORM_RETURNED = "FORM_RETURNED"
    """An access form was sent back with a reason."""
    FORM_DONE = "FORM_DONE"
    """An access form was carried out."""
    LSO_DESIGNATED = "LSO_DESIGNATED"
    """The reader was designated as Local Security Officer (000:64-84)."""
    LSO_CHANGED = "LSO_CHANGED"
    """Another Local Security Officer was designated for an organization (000:269-270)."""
    LSO_VACANT = "LSO_VACANT"
    """An organization has no Local Security Officer any more (000:105-106)."""
    LSO_SIGN_IN_DUE = "LSO_SIGN_IN_DUE"
    """The reader is LSO and has not signed in for weeks (000:26)."""
    LSO_UNREACHABLE = "LSO_UNREACHABLE"
    """An LSO has not signed in for 60 days, so new requests are held (POL-02)."""
    ACCESS_REVOKED = "ACCESS_REVOKED"
    """A person's access was revoked; the paperwork waits at the regional office (000:261-263)."""
    SUCCESSOR_NEEDED = "SUCCESSOR_NEEDED"
    """A duty has no holder any more (000:265-270)."""
    TICKET_OPENED = "TICKET_OPENED"
    """A ticket waits for the reader's office (002:299-305)."""
    RESET_OVERDUE = "RESET_OVERDUE"
    """A password reset was not answered within its 2 hours (000:18-19)."""
    INCIDENT_OPENED = "INCIDENT_OPENED"
    """Something happened that may be a breach of security (000:34-39)."""
    INCIDENT_TO_CONFIRM = "INCIDENT_TO_CONFIRM"
    """The LSO is asked about a person of the organization who was suspended (POL-08)."""
    PASSWORD_EXPIRES = "PASSWORD_EXPIRES"  # noqa: S105 - the name of a kind
    """The reader's password expires soon (POL-06)."""
    ACCOUNT_INACTIVE = "ACCOUNT_INACTIVE"
    """The reader's account will be disabled unless it is used (000:22-23)."""
    ACCOUNTS_DISABLED = "ACCOUNTS_DISABLED"
    """Accounts of the reader's organization were disabled (002:187-189)."""
    AUDIT_LIST_WAITS = "AUDIT_LIST_WAITS"
    """Accounts of the reader's organization are on the list of an audit: who has left is revoked (002:169-179)."""
    EMPLOYEE_LIST_WAITS = "EMPLOYEE_LIST_WAITS"
    """Employees of the reader's facility have not used their user IDs: who has left is told (002:294-296)."""
    MAINFRAME_LIST_MISSING = "MAINFRAME_LIST_MISSING"
    """No list of a mainframe's users was imported for the quarter (002:108-110)."""
    SSA_REPORT_READY = "SSA_REPORT_READY"
    """The report of providers to the Social Security Administration is there to be checked (002:349-353)."""
    REPORT_KEPT = "REPORT_KEPT"
    """A procedure has ended, and its report is kept (002:314, 002:358)."""
    CONTRACT_ENDS = "CONTRACT_ENDS"
    """The contract of a provider ends, or has ended; its user IDs are disabled then (002:355-357)."""
    CONFIRM_USER_ADDRESS = "CONFIRM_USER_ADDRESS"
    """The reader is asked to confirm a new e-mail address (000:302-310)."""
    REVIEW_OPENED = "REVIEW_OPENED"
    """User IDs were drawn for the quarterly system activity review (002:228-231)."""
    REVIEW_OVERDUE = "REVIEW_OVERDUE"
    """A system activity review was not completed in its quarter (002:117-119)."""
    SUPERVISOR_ASKED = "SUPERVISOR_ASKED"
    """The reader is asked, as supervisor, whether a person's access is needed (002:248-249)."""
    SUPERVISOR_ANSWERED = "SUPERVISOR_ANSWERED"
    """A supervisor has answered whether a person's access is needed (002:248-249)."""
    REVIEW_CHANGES_ACCESS = "REVIEW_CHANGES_ACCESS"
    """A review changes the access of a person whom the reader supervises (002:253-254)."""
    FINDING_OVERDUE = "FINDING_OVERDUE"
    """The date of a finding has passed, and it is not carried out (002:252-253)."""
    BREAK_GLASS_OPENED = "BREAK_GLASS_OPENED"
    """Somebody whose office sees no consumer data has opened a referral by break-glass (45 CFR 164.312(a)(2)(ii))."""
    BREAK_GLASS_REVIEWED = "BREAK_GLASS_REVIEWED"
    """A break-glass was reviewed by somebody else."""
    REQUEST_WAITS = "REQUEST_WAITS"
    """An access request has waited at one stage for days (SWP-05)."""
    FORM_WAITS = "FORM_WAITS"
    """An access form has waited at one stage for days (SWP-05)."""
    SWEEP_PARKED = "SWEEP_PARKED"
    """A timed duty was given up after its last try (SWP-01)."""
    OBLIGATION_DUE = "OBLIGATION_DUE"
    """An obligation of the risk-management programme is due soon (002:54-133)."""
    OBLIGATION_OVERDUE = "OBLIGATION_OVERDUE"
    """An obligation of the risk-management programme is overdue (002:54-133)."""
    COLLECTION_TO_ANSWER = "COLLECTION_TO_ANSWER"
    """The reader is a facility's Local Security Officer and is asked for the yearly collection (002:127-128)."""
    REMINDER = "REMINDER"
    """The open referrals of the last 30 days or more, in one list (001:157-159)."""


class Subject(StrEnum):
    """What the number of a line belongs to."""

    REFERRAL = "REFERRAL"
    """A referral."""
    ACCESS_REQUEST = "ACCESS_REQUEST"
    """An access request."""
    ACCESS_FORM = "ACCESS_FORM"
    """An access form."""
    INCIDENT = "INCIDENT"
    """An incident."""
    TICKET = "TICKET"
    """A ticket."""
    ACTIVITY_REVIEW = "ACTIVITY_REVIEW"
    """A system activity review."""
    REVIEW_FINDING = "REVIEW_FINDING"
    """A finding of a system activity review."""
    BREAK_GLASS = "BREAK_GLASS"
    """A break-glass."""
    OBLIGATION = "OBLIGATION"
    """An obligation of the risk-management programme."""
    PROVIDER_AUDIT = "PROVIDER_AUDIT"
    """An audit of provider accounts."""
    EMPLOYEE_REVIEW = "EMPLOYEE_REVIEW"
    """A review of employee user IDs."""
    SSA_REPORT = "SSA_REPORT"
    """A report to the Social Security Administration."""
    EVIDENCE = "EVIDENCE"
    """A kept report."""


class DeliveryState(StrEnum):
    """Where a promised letter stands."""

    QUEUED = "QUEUED"
    """Promised and waiting for its turn, or for its next try."""
    SENT = "SENT"
    """The mail server accepted it."""
    PARKED = "PARKED"
    """Given up after the last try, or refused for good: an administrator decides."""
    BOUNCED = "BOUNCED"
    """The mail server took it, and later reported that it could not be delivered."""
    CANCELLED = "CANCELLED"
    """No longer due when its turn came: the recipient has no address or may not hear it any more."""


TITLES: dict[NotificationKind, str] = {
    NotificationKind.REFERRAL_PUBLISHED: "Referral {number} was published",
    NotificationKind.REFERRAL_REPUBLISHED: "Referral {number} was published again",
    NotificationKind.REFERRAL_DELETED: "Referral {number} was deleted",
    NotificationKind.REFERRAL_CLOSED: "Referral {number} was closed",
    NotificationKind.PENDING_PLACEMENT_SET: "A placement is pending for referral {number}",
    NotificationKind.PENDING_PLACEMENT_CLEARED: "The placement of referral {number} is open again",
    NotificationKind.RESPONSE_RECEIVED: "A provider answered referral {number}",
    NotificationKind.RESPONSE_EDITED: "A provider changed its answer to referral {number}",
    NotificationKind.REFERRALS_JOINED: "Open referrals are waiting for your answer",
    NotificationKind.NO_REFERRAL_STATUS_LIFTED: "Your No Referral Status was lifted",
    NotificationKind.PROVIDER_UNREACHABLE: "A provider of referral {number} cannot be reached by e-mail",
    NotificationKind.PROVIDERS_SILENT: "Providers have not answered referral {number}",
    NotificationKind.CONFIRM_ADDRESS: "Please confirm your e-mail address",
    NotificationKind.ACCESS_REQUEST_SUBMITTED: "Your access request {number} was submitted",
    NotificationKind.ACCESS_REQUEST_HELD: "Access request {number} waits for a Local Security Officer",
    NotificationKind.ACCESS_REQUEST_TO_DECIDE: "Access request {number} waits for your decision",
    NotificationKind.ACCESS_REQUEST_TO_PROVISION: "Access request {number} waits for the final approval",
    NotificationKind.ACCESS_REQUEST_GRANTED: "Access request {number} was granted",
    NotificationKind.ACCESS_REQUEST_DENIED: "Access request {number} was denied",
    NotificationKind.PROVISIONING_OVERDUE: "Access request {number} is overdue for provisioning",
    NotificationKind.FORM_TO_SIGN: "Access form {number} waits for your signature",
    NotificationKind.FORM_TO_FORWARD: "Access form {number} waits to be forwarded",
    NotificationKind.FORM_TO_CARRY_OUT: "Access form {number} waits to be carried out",
    NotificationKind.CREDENTIALS_TO_RELEASE: "The user ID of access form {number} waits to be released",
    NotificationKind.FORM_RETURNED: "Access form {number} was sent back",
    NotificationKind.FORM_DONE: "Access form {number} was carried out",
    NotificationKind.LSO_DESIGNATED: "You are the Local Security Officer of your organization",
    NotificationKind.LSO_CHANGED: "An organization has another Local Security Officer",
    NotificationKind.LSO_VACANT: "An organization has no Local Security Officer",
    NotificationKind.LSO_SIGN_IN_DUE: "Please sign in: a Local Security Officer does so every 60 days",
    NotificationKind.LSO_UNREACHABLE: "A Local Security Officer cannot be reached",
    NotificationKind.ACCESS_REVOKED: "Access form {number}: a person's access was revoked",
    NotificationKind.SUCCESSOR_NEEDED: "A duty needs a new holder",
    NotificationKind.TICKET_OPENED: "Ticket {number} waits for you",
    NotificationKind.RESET_OVERDUE: "Password reset {number} is overdue",
    NotificationKind.INCIDENT_OPENED: "Incident {number} was opened",
    NotificationKind.INCIDENT_TO_CONFIRM: "Incident {number} waits for your answer",
    NotificationKind.PASSWORD_EXPIRES: "Your password expires soon",
    NotificationKind.ACCOUNT_INACTIVE: "Your user ID will be disabled unless you sign in",
    NotificationKind.ACCOUNTS_DISABLED: "User IDs of your organization were disabled",
    NotificationKind.AUDIT_LIST_WAITS: "Audit {number}: user IDs of your organization are not used",
    NotificationKind.EMPLOYEE_LIST_WAITS: "Review {number}: a list of user IDs waits for you",
    NotificationKind.MAINFRAME_LIST_MISSING: "No list of mainframe users was imported for this quarter",
    NotificationKind.SSA_REPORT_READY: "Report {number} to SSA is ready",
    NotificationKind.REPORT_KEPT: "Report {number} of a procedure is kept",
    NotificationKind.CONTRACT_ENDS: "The contract of a provider ends",
    NotificationKind.CONFIRM_USER_ADDRESS: "Please confirm your e-mail address",
    NotificationKind.REVIEW_OPENED: "System activity review {number} waits for you",
    NotificationKind.REVIEW_OVERDUE: "System activity review {number} is overdue",
    NotificationKind.SUPERVISOR_ASKED: "Review {number} asks whether a person's access is needed",
    NotificationKind.SUPERVISOR_ANSWERED: "A supervisor answered in review {number}",
    NotificationKind.REVIEW_CHANGES_ACCESS: "Access form {number}: a review changes a person's access",
    NotificationKind.FINDING_OVERDUE: "Finding {number} is overdue",
    NotificationKind.BREAK_GLASS_OPENED: "Break-glass {number} was opened",
    NotificationKind.BREAK_GLASS_REVIEWED: "Break-glass {number} was reviewed",
    NotificationKind.REQUEST_WAITS: "Access request {number} has waited for days",
    NotificationKind.FORM_WAITS: "Access form {number} has waited for days",
    NotificationKind.SWEEP_PARKED: "A timed duty of the house was not finished",
    NotificationKind.OBLIGATION_DUE: "Obligation {number} is due soon",
    NotificationKind.OBLIGATION_OVERDUE: "Obligation {number} is overdue",
    NotificationKind.COLLECTION_TO_ANSWER: "Please answer the yearly collection of your facility",
    NotificationKind.REMINDER: "Referrals that still look for a home",
}


def title(kind: NotificationKind, number: int | None) -> str:
    """Say in one line what happened: what, never to whom (NOT-23)."""
    return TITLES[kind].format(number=number)


_SUBJECTS: Mapping[NotificationKind, Subject] = MappingProxyType(
    {
        NotificationKind.ACCESS_REQUEST_SUBMITTED: Subject.ACCESS_REQUEST,
        NotificationKind.ACCESS_REQUEST_HELD: Subject.ACCESS_REQUEST,
        NotificationKind.ACCESS_REQUEST_TO_DECIDE: Subject.ACCESS_REQUEST,
        NotificationKind.ACCESS_REQUEST_TO_PROVISION: Subject.ACCESS_REQUEST,
        NotificationKind.ACCESS_REQUEST_GRANTED: Subject.ACCESS_REQUEST,
        NotificationKind.ACCESS_REQUEST_DENIED: Subject.ACCESS_REQUEST,
        NotificationKind.PROVISIONING_OVERDUE: Subject.ACCESS_REQUEST,
        NotificationKind.FORM_TO_SIGN: Subject.ACCESS_FORM,
        NotificationKind.FORM_TO_FORWARD: Subject.ACCESS_FORM,
        NotificationKind.FORM_TO_CARRY_OUT: Subject.ACCESS_FORM,
        NotificationKind.CREDENTIALS_TO_RELEASE: Subject.ACCESS_FORM,
        NotificationKind.FORM_RETURNED: Subject.ACCESS_FORM,
        NotificationKind.FORM_DONE: Subject.ACCESS_FORM,
        NotificationKind.ACCESS_REVOKED: Subject.ACCESS_FORM,
        NotificationKind.REVIEW_OPENED: Subject.ACTIVITY_REVIEW,
        NotificationKind.REVIEW_OVERDUE: Subject.ACTIVITY_REVIEW,
        NotificationKind.SUPERVISOR_ASKED: Subject.ACTIVITY_REVIEW,
        NotificationKind.SUPERVISOR_ANSWERED: Subject.ACTIVITY_REVIEW,
        NotificationKind.REVIEW_CHANGES_ACCESS: Subject.ACCESS_FORM,
        NotificationKind.FINDING_OVERDUE: Subject.REVIEW_FINDING,
        NotificationKind.TICKET_OPENED: Subject.TICKET,
        NotificationKind.RESET_OVERDUE: Subject.TICKET,
        NotificationKind.AUDIT_LIST_WAITS: Subject.PROVIDER_AUDIT,
        NotificationKind.EMPLOYEE_LIST_WAITS: Subject.EMPLOYEE_REVIEW,
        NotificationKind.SSA_REPORT_READY: Subject.SSA_REPORT,
        NotificationKind.REPORT_KEPT: Subject.EVIDENCE,
        NotificationKind.INCIDENT_OPENED: Subject.INCIDENT,
        NotificationKind.INCIDENT_TO_CONFIRM: Subject.INCIDENT,
        NotificationKind.BREAK_GLASS_OPENED: Subject.BREAK_GLASS,
        NotificationKind.BREAK_GLASS_REVIEWED: Subject.BREAK_GLASS,
        NotificationKind.REQUEST_WAITS: Subject.ACCESS_REQUEST,
        NotificationKind.FORM_WAITS: Subject.ACCESS_FORM,
        NotificationKind.OBLIGATION_DUE: Subject.OBLIGATION,
        NotificationKind.OBLIGATION_OVERDUE: Subject.OBLIGATION,
    }
)


def subject_of(kind: NotificationKind) -> Subject:
    """Say what the number of a kind belongs to; lines of the exchange, and lines without a number, to referrals."""
    return _SUBJECTS.get(kind, Subject.REFERRAL)


COMPLIANCE: frozenset[NotificationKind] = frozenset(
    {
        NotificationKind.PROVISIONING_OVERDUE,
        NotificationKind.RESET_OVERDUE,
        NotificationKind.LSO_VACANT,
        NotificationKind.LSO_UNREACHABLE,
        NotificationKind.SUCCESSOR_NEEDED,
        NotificationKind.INCIDENT_OPENED,
        NotificationKind.REVIEW_OVERDUE,
        NotificationKind.FINDING_OVERDUE,
        NotificationKind.BREAK_GLASS_OPENED,
        NotificationKind.SWEEP_PARKED,
        NotificationKind.OBLIGATION_OVERDUE,
        NotificationKind.MAINFRAME_LIST_MISSING,
    }
)
"""What tells an office that a promise of the documents was missed, or is about to be."""
