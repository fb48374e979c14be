"""What the letters say, by kind: what happened, and what to do next. Never to whom it happened (NOT-23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rules.eligibility import Ineligibility
from rules.notices import NotificationKind


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one kind of letter; ``{number}`` is the referral's number."""

    opening: str
    for_coordinator: str
    """What to do next; also for people of the access office, who are told as users."""
    for_provider: str = ""
    """What to do next for a provider's contact, where such a letter goes to one."""
    button: str = "Open the referral"
    asks_to_sign_in: bool = True
    """Whether the page of the link asks who one is."""
    why: str = ""
    """Why a coordinator gets it, where that is not the ordinary reason."""


WHY_PROVIDER = (
    "You get this letter because your organization named you as a contact for referrals. "
    "To change that, ask the Provider Relations contact at your nearest Regional Office."
)
WHY_COORDINATOR = "You get this letter because you are a coordinator for this referral."
WHY_PRIMARY = "You get this letter because you are the primary coordinator of this referral."

WHY_ACCOUNT = "You get this letter because you have, or have asked for, a user ID of the department."
WHY_LSO = "You get this letter because you are the Local Security Officer of your organization, or stand in for it."
WHY_LSO_CHANGED = (
    "You get this letter because you were the Local Security Officer, direct the organization, or are a Chief Security "
    "Officer."
)
WHY_SUPERVISOR = "You get this letter because you supervise a person who has a user ID of the department."
WHY_OBLIGATION = "You get this letter because you answer for a part of the risk-management programme."
WHY_OFFICE = "You get this letter because your office looks after the access of others."

AGAINST_A_ROLE: Mapping[str, str] = MappingProxyType(
    {
        **{str(reason): reason.sentence for reason in Ineligibility},
        "DENIED_BY_LSO": "Your Local Security Officer denied it. Sign in to read the reason.",
        "DENIED_BY_PROVISIONING": "ITSD Provisioning denied it. Sign in to read the reason.",
    }
)
"""What a letter says of a role that was denied, by the code of the reason; an officer's own words stay inside."""

_NOTHING_TO_DO = "You do not have to do anything."

WORDS: Mapping[NotificationKind, Words] = MappingProxyType(
    {
        NotificationKind.REFERRAL_PUBLISHED: Words(
            opening="Referral {number} was published: somebody is looking for a home.",
            for_provider=(
                "Please sign in, read it, and answer: accept, accept tentatively, or decline. "
                "You can change your answer for as long as the referral is open."
            ),
            for_coordinator="Sign in to read it and to follow what the providers answer.",
        ),
        NotificationKind.REFERRAL_REPUBLISHED: Words(
            opening="Referral {number} was published again. It may have changed since you last read it.",
            for_provider=(
                "Please sign in and read it as it is now. If you have answered already, see whether your answer "
                "still holds; if you have not, please answer."
            ),
            for_coordinator="Sign in to read it as it is now and to follow what the providers answer.",
        ),
        NotificationKind.REFERRAL_DELETED: Words(
            opening="Referral {number} was deleted. It cannot be opened or answered any more.",
            for_provider=f"{_NOTHING_TO_DO} The other open referrals are on your list.",
            for_coordinator=f"{_NOTHING_TO_DO} The other referrals are on your list.",
            button="Open the list of referrals",
        ),
        NotificationKind.REFERRAL_CLOSED: Words(
            opening="Referral {number} was closed: the search for a home is over.",
            for_provider=f"{_NOTHING_TO_DO} It takes no more answers. Thank you for looking at it.",
            for_coordinator=f"{_NOTHING_TO_DO} It takes no more answers.",
        ),
        NotificationKind.PENDING_PLACEMENT_SET: Words(
            opening="A provider has been chosen for referral {number}. The placement is not final yet.",
            for_provider=(
                f"{_NOTHING_TO_DO} The referral stays open until the placement is final, and your answer stays on "
                "file. We will write again when it is closed, or if it looks for a provider again."
            ),
            for_coordinator=f"{_NOTHING_TO_DO} The referral stays open until the placement is final.",
        ),
        NotificationKind.PENDING_PLACEMENT_CLEARED: Words(
            opening="The pending placement of referral {number} did not go through. It looks for a provider again.",
            for_provider=(
                "If you can offer a home, please sign in and answer. If you have answered already, see whether your "
                "answer still holds."
            ),
            for_coordinator="Sign in to see the providers' answers.",
        ),
        NotificationKind.RESPONSE_RECEIVED: Words(
            opening="A provider has answered referral {number}.",
            for_provider="Sign in to read the answer.",
            for_coordinator=(
                "Sign in to read the answer. When you have chosen a provider, set the pending placement, so that the "
                "other providers know."
            ),
            button="Read the answer",
            why=WHY_PRIMARY,
        ),
        NotificationKind.RESPONSE_EDITED: Words(
            opening="A provider has changed its answer to referral {number}.",
            for_provider="Sign in to read the new answer.",
            for_coordinator="Sign in to read the new answer. The earlier one is kept beside it.",
            button="Read the answer",
            why=WHY_PRIMARY,
        ),
        NotificationKind.REMINDER: Words(
            opening="These referrals have reached you and are still open. The oldest come first.",
            for_provider=(
                "Please sign in and answer those that wait for an answer from you. If you can offer somebody a home, "
                "even with a condition, please say so."
            ),
            for_coordinator="Sign in to see what the providers have answered.",
            button="Open the list of referrals",
        ),
        NotificationKind.REFERRALS_JOINED: Words(
            opening="These open referrals are now on your list. The oldest come first.",
            for_provider=(
                "You get them because your organization, or the counties that you cover, joined the exchange's list "
                "for them. Please sign in, read them, and answer."
            ),
            for_coordinator="Sign in to see the referrals.",
            button="Open the list of referrals",
        ),
        NotificationKind.NO_REFERRAL_STATUS_LIFTED: Words(
            opening="Your organization's No Referral Status was lifted. These open referrals were withheld meanwhile.",
            for_provider="They are on your list now, the oldest first. Please sign in, read them, and answer.",
            for_coordinator="Sign in to see the referrals.",
            button="Open the list of referrals",
        ),
        NotificationKind.PROVIDER_UNREACHABLE: Words(
            opening="A provider that has received referral {number} cannot be reached by e-mail any more.",
            for_provider="Please sign in and check the addresses in your provider profile.",
            for_coordinator=(
                "Sign in to see which one. If its answer matters, please call it, and ask Provider Relations to have "
                "its profile put in order."
            ),
            button="See what became of it at each provider",
            why=WHY_PRIMARY,
        ),
        NotificationKind.PROVIDERS_SILENT: Words(
            opening="Some providers have had referral {number} for a while and have not answered.",
            for_provider="Please sign in and answer.",
            for_coordinator="Sign in to see which ones, and whether they have read it. A call may help.",
            button="See what became of it at each provider",
            why=WHY_PRIMARY,
        ),
        NotificationKind.CONFIRM_ADDRESS: Words(
            opening="Somebody entered this e-mail address for you as a contact for referrals.",
            for_provider=(
                "If that is right, please open the page and confirm it, so that referrals reach you. "
                "If it is not, do nothing: the address stays unconfirmed."
            ),
            for_coordinator="If that is right, please open the page and confirm it.",
            button="Confirm the address",
            asks_to_sign_in=False,
        ),
        NotificationKind.ACCESS_REQUEST_SUBMITTED: Words(
            opening="Your access request {number} was submitted.",
            for_coordinator=(
                "It goes to the Local Security Officer of your organization, and then to ITSD Provisioning. Sign in "
                "to see where it stands."
            ),
            button="See where it stands",
            why=WHY_ACCOUNT,
        ),
        NotificationKind.ACCESS_REQUEST_HELD: Words(
            opening="Access request {number} waits: your organization has no Local Security Officer at the moment.",
            for_coordinator=(
                "It goes on by itself as soon as one is designated. Ask your executive director who it will be."
            ),
            button="See where it stands",
            why=WHY_ACCOUNT,
        ),
        NotificationKind.ACCESS_REQUEST_TO_DECIDE: Words(
            opening="Access request {number} is addressed to you as Local Security Officer.",
            for_coordinator=(
                "Sign in, read it, and approve or deny it with your user ID and password. Only you may answer: an "
                "answer by anybody else ends that person's access."
            ),
            button="Read the request",
            why=WHY_LSO,
        ),
        NotificationKind.ACCESS_REQUEST_TO_PROVISION: Words(
            opening="Access request {number} was approved by the Local Security Officer.",
            for_coordinator="Sign in and decide within 48 hours.",
            button="Read the request",
            why=WHY_OFFICE,
        ),
        NotificationKind.ACCESS_REQUEST_GRANTED: Words(
            opening="Access request {number} was granted: the roles are in force.",
            for_coordinator="Sign in again to work with them.",
            button="See the roles",
            why=WHY_ACCOUNT,
        ),
        NotificationKind.ACCESS_REQUEST_DENIED: Words(
            opening="Access request {number} was denied as a whole.",
            for_coordinator=(
                "Sign in to read why. A corrected request can be made from it; it needs all approvals again."
            ),
            button="Read why",
            why=WHY_ACCOUNT,
        ),
        NotificationKind.PROVISIONING_OVERDUE: Words(
            opening=(
                "Access request {number} was approved, and its 48 hours have passed without a decision of ITSD "
                "Provisioning."
            ),
            for_coordinator="Sign in and see to it: somebody cannot work.",
            button="Read the request",
            why=WHY_OFFICE,
        ),
        NotificationKind.FORM_TO_SIGN: Words(
            opening="Access form {number} waits for your signature.",
            for_coordinator="Sign in, read it, and sign it with your user ID and password, or send it back.",
            button="Open the form",
            why=WHY_LSO,
        ),
        NotificationKind.FORM_TO_FORWARD: Words(
            opening="Access form {number} is signed and waits for your regional office.",
            for_coordinator="Sign in and forward it to the Office of Administration.",
            button="Open the form",
            why=WHY_OFFICE,
        ),
        NotificationKind.FORM_TO_CARRY_OUT: Words(
            opening="Access form {number} was forwarded to you.",
            for_coordinator="Sign in and carry it out.",
            button="Open the form",
            why=WHY_OFFICE,
        ),
        NotificationKind.CREDENTIALS_TO_RELEASE: Words(
            opening="A user ID was created for access form {number}.",
            for_coordinator="Sign in, release it, and hand the user ID and the one-time password to its owner.",
            button="Open the form",
            why=WHY_OFFICE,
        ),
        NotificationKind.FORM_RETURNED: Words(
            opening="Access form {number} was sent back, and nothing was done.",
            for_coordinator="Sign in to read why.",
            button="Open the form",
            why=WHY_ACCOUNT,
        ),
        NotificationKind.FORM_DONE: Words(
            opening="Access form {number} was carried out.",
            for_coordinator="You do not have to do anything.",
            button="Open the form",
            why=WHY_ACCOUNT,
        ),
        NotificationKind.LSO_DESIGNATED: Words(
            opening="You were designated as the Local Security Officer of your organization.",
            for_coordinator=(
                "Sign in at least once every 60 days and keep your e-mail address current: requests of your "
                "colleagues reach you there."
            ),
            button="See your office",
            why=WHY_ACCOUNT,
        ),
        NotificationKind.LSO_CHANGED: Words(
            opening="A letter designates another Local Security Officer for an organization.",
            for_coordinator="If that is news to you, call the Customer Support Center at once.",
            button="Sign in",
            why=WHY_LSO_CHANGED,
        ),
        NotificationKind.LSO_VACANT: Words(
            opening=(
                "An organization has no Local Security Officer any more, so none of its requests can be processed."
            ),
            for_coordinator="Sign in to see which one, and ask it to designate a new officer.",
            button="Sign in",
            why=WHY_OFFICE,
        ),
        NotificationKind.LSO_SIGN_IN_DUE: Words(
            opening="You are a Local Security Officer and have not signed in for weeks.",
            for_coordinator="Please sign in. After 60 days without it new requests of your organization are held.",
            button="Sign in",
            why=WHY_ACCOUNT,
        ),
        NotificationKind.LSO_UNREACHABLE: Words(
            opening=(
                "A Local Security Officer has not signed in for 60 days. New requests of the organization are held."
            ),
            for_coordinator="Sign in to see which one, and call the organization.",
            button="See which one",
            why=WHY_OFFICE,
        ),
        NotificationKind.ACCESS_REVOKED: Words(
            opening="A person's access was revoked at once. Access form {number} is the paperwork.",
            for_coordinator="Sign in to process it.",
            button="Open the form",
            why=WHY_OFFICE,
        ),
        NotificationKind.SUCCESSOR_NEEDED: Words(
            opening="A duty in your organization has no holder any more.",
            for_coordinator="Sign in to see which one, and name a successor.",
            button="See which one",
            why=WHY_LSO,
        ),
        NotificationKind.TICKET_OPENED: Words(
            opening="Ticket {number} waits for your office.",
            for_coordinator="Sign in and see to it.",
            button="Open the ticket",
            why=WHY_OFFICE,
        ),
        NotificationKind.RESET_OVERDUE: Words(
            opening="Password reset {number} was promised within 2 hours, which have passed.",
            for_coordinator="Sign in and see to it: somebody cannot work.",
            button="Open the ticket",
            why=WHY_OFFICE,
        ),
        NotificationKind.INCIDENT_OPENED: Words(
            opening="Incident {number} was opened: something happened that may be a breach of security.",
            for_coordinator="Sign in to read it and to decide.",
            button="Read the incident",
            why=WHY_OFFICE,
        ),
        NotificationKind.INCIDENT_TO_CONFIRM: Words(
            opening="A person of your organization was suspended in incident {number}.",
            for_coordinator=(
                "Sign in and say whether the person was allowed to act. Your organization is not blocked."
            ),
            button="Read the incident",
            why=WHY_LSO,
        ),
        NotificationKind.BREAK_GLASS_OPENED: Words(
            opening=(
                "Break-glass {number} was opened: somebody whose office sees no referrals can read one, for a short "
                "time."
            ),
            for_coordinator=(
                "Sign in and read who it was and why. Whoever did not open it closes the review with a finding, and "
                "may end it at once."
            ),
            button="Read who and why",
            why=WHY_OFFICE,
        ),
        NotificationKind.BREAK_GLASS_REVIEWED: Words(
            opening="Break-glass {number} was reviewed.",
            for_coordinator="Sign in to read the finding.",
            button="Read the finding",
            why=WHY_OFFICE,
        ),
        NotificationKind.PASSWORD_EXPIRES: Words(
            opening=(
                "Your password expires soon. Once it has, you are locked out until the Customer Support Center resets"
                " it."
            ),
            for_coordinator="Please sign in and change it now.",
            button="Change the password",
            why=WHY_ACCOUNT,
        ),
        NotificationKind.ACCOUNT_INACTIVE: Words(
            opening="You have not used your user ID for a long time. Unused user IDs are disabled and then deleted.",
            for_coordinator="Please sign in to keep it.",
            button="Sign in",
            why=WHY_ACCOUNT,
        ),
        NotificationKind.ACCOUNTS_DISABLED: Words(
            opening="User IDs of your organization were disabled because they were not used.",
            for_coordinator="Sign in to see which ones. If somebody still needs one, submit an access form.",
            button="See which ones",
            why=WHY_LSO,
        ),
        NotificationKind.AUDIT_LIST_WAITS: Words(
            opening=(
                "In audit {number} user IDs of your organization were found that nobody has used for a long time. "
                "They are disabled when the time that is named with the list is over."
            ),
            for_coordinator=(
                "Sign in to see the list. Revoke at once the access of who has left. Who is still there signs in "
                "within that time to keep the user ID."
            ),
            button="Open the list",
            why=WHY_LSO,
        ),
        NotificationKind.EMPLOYEE_LIST_WAITS: Words(
            opening="In review {number} user IDs of your facility were found that nobody has used for a long time.",
            for_coordinator="Sign in, open the list, and say of each person whether they are still employed.",
            button="Open the list",
            why=WHY_OFFICE,
        ),
        NotificationKind.MAINFRAME_LIST_MISSING: Words(
            opening="No list of the users of a mainframe system was imported for this quarter, so none was audited.",
            for_coordinator="Sign in, see which system it is, and ask its owner for the list.",
            button="Open the user lists",
            why=WHY_OFFICE,
        ),
        NotificationKind.SSA_REPORT_READY: Words(
            opening="Report {number} of the providers for the Social Security Administration is ready.",
            for_coordinator="Sign in to open it. It is not in this letter.",
            button="Open the report",
            why=WHY_OFFICE,
        ),
        NotificationKind.REPORT_KEPT: Words(
            opening="A procedure of your office has ended. Its report is kept under the number {number}.",
            for_coordinator="Sign in to read it.",
            button="Sign in",
            why=WHY_OFFICE,
        ),
        NotificationKind.CONTRACT_ENDS: Words(
            opening=(
                "The contract of a provider ends soon, or has ended. From the day after its last day the user IDs of "
                "the provider's people are disabled."
            ),
            for_coordinator="Sign in to see which one. If it was renewed, have the new contract entered.",
            button="See which one",
            why=WHY_OFFICE,
        ),
        NotificationKind.REVIEW_OPENED: Words(
            opening="User IDs were drawn for system activity review {number}.",
            for_coordinator="Sign in and look at what they did. The review is to be completed within the quarter.",
            button="Open the review",
            why=WHY_OFFICE,
        ),
        NotificationKind.REVIEW_OVERDUE: Words(
            opening="System activity review {number} was not completed within its quarter.",
            for_coordinator="Sign in to see what it still lacks.",
            button="Open the review",
            why=WHY_OFFICE,
        ),
        NotificationKind.SUPERVISOR_ASKED: Words(
            opening=(
                "System activity review {number} asks you, as supervisor, whether a person's access to the systems is "
                "needed."
            ),
            for_coordinator=(
                "Sign in to see whose access it is, and answer with your user ID and password. Nobody asks for them by "
                "letter or telephone."
            ),
            button="Read the question",
            why=WHY_SUPERVISOR,
        ),
        NotificationKind.SUPERVISOR_ANSWERED: Words(
            opening="A supervisor has answered your question in system activity review {number}.",
            for_coordinator="Sign in to read the answer.",
            button="Open the review",
            why=WHY_OFFICE,
        ),
        NotificationKind.REVIEW_CHANGES_ACCESS: Words(
            opening=(
                "A system activity review changes the access of a person whom you supervise. Access form {number} asks "
                "for it."
            ),
            for_coordinator="Sign in to see what changes, and whether your signature is needed.",
            button="Sign in",
            why=WHY_SUPERVISOR,
        ),
        NotificationKind.FINDING_OVERDUE: Words(
            opening="The date of finding {number} of a system activity review has passed, and it is not carried out.",
            for_coordinator="Sign in and see to it, or give it a new date.",
            button="Open the finding",
            why=WHY_OFFICE,
        ),
        NotificationKind.CONFIRM_USER_ADDRESS: Words(
            opening="Somebody entered this e-mail address for your user ID.",
            for_coordinator=(
                "If that was you, please open the page and confirm it. If it was not, do nothing: the address on file"
                " stays."
            ),
            button="Confirm the address",
            asks_to_sign_in=False,
            why=WHY_ACCOUNT,
        ),
        NotificationKind.REQUEST_WAITS: Words(
            opening="Access request {number} has been at the same stage for days.",
            for_coordinator="Sign in and decide it, or see to it that somebody does: a person waits.",
            button="Open the access request",
            why=WHY_OFFICE,
        ),
        NotificationKind.FORM_WAITS: Words(
            opening="Access form {number} has been at the same stage for days.",
            for_coordinator="Sign in and do your part, or see to it that somebody does: a person waits.",
            button="Sign in",
            why=WHY_OFFICE,
        ),
        NotificationKind.SWEEP_PARKED: Words(
            opening="A timed duty of the house failed for some of its subjects, at its last try, too.",
            for_coordinator="Sign in to see which one and why, mend the cause, and give it a new start.",
            button="Open the timed duties",
            why=WHY_OFFICE,
        ),
        NotificationKind.OBLIGATION_DUE: Words(
            opening="Obligation {number} of the risk-management programme is due soon.",
            for_coordinator="Sign in to see what it is, and complete it with its evidence.",
            button="Open the obligation",
            why=WHY_OBLIGATION,
        ),
        NotificationKind.OBLIGATION_OVERDUE: Words(
            opening="Obligation {number} of the risk-management programme is overdue.",
            for_coordinator="Sign in to see what it is. Complete it with its evidence, or see that somebody does.",
            button="Open the obligation",
            why=WHY_OBLIGATION,
        ),
        NotificationKind.COLLECTION_TO_ANSWER: Words(
            opening="In April the Chief Security Officer asks each facility how it keeps the regulation.",
            for_coordinator="Please sign in and answer for your facility before the end of the month.",
            button="Answer for your facility",
            why=WHY_LSO,
        ),
    }
)
