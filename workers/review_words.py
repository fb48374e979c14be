"""What the letters say of audits, reviews, reports and the duties of the risk-management programme (002:105-265)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.notices import NotificationKind
from workers.wording import WHY_LSO, WHY_OBLIGATION, WHY_OFFICE, WHY_SUPERVISOR, Words

REVIEW_WORDS: Mapping[NotificationKind, Words] = MappingProxyType(
    {
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
            button="Open the report",
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
            button="Open the form",
            why=WHY_SUPERVISOR,
        ),
        NotificationKind.FINDING_OVERDUE: Words(
            opening="The date of finding {number} of a system activity review has passed, and it is not carried out.",
            for_coordinator="Sign in and see to it, or give it a new date.",
            button="Open the finding",
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
