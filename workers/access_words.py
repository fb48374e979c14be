"""What the letters of the access office say: of requests, forms, officers, tickets, incidents and IDs (000:96-278)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.eligibility import Ineligibility
from rules.notices import NotificationKind
from workers.wording import NOTHING_TO_DO, WHY_ACCOUNT, WHY_LSO, WHY_LSO_CHANGED, WHY_OFFICE, Words

AGAINST_A_ROLE: Mapping[str, str] = MappingProxyType(
    {
        **{str(reason): reason.sentence for reason in Ineligibility},
        "DENIED_BY_LSO": "Your Local Security Officer denied it. Sign in to read the reason.",
        "DENIED_BY_PROVISIONING": "ITSD Provisioning denied it. Sign in to read the reason.",
    }
)
"""What a letter says of a role that was denied, by the code of the reason; an officer's own words stay inside."""

ACCESS_WORDS: Mapping[NotificationKind, Words] = MappingProxyType(
    {
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
            for_coordinator=NOTHING_TO_DO,
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
            button="See the officer",
            why=WHY_LSO_CHANGED,
        ),
        NotificationKind.LSO_VACANT: Words(
            opening=(
                "An organization has no Local Security Officer any more, so none of its requests can be processed."
            ),
            for_coordinator="Sign in to see which one, and ask it to designate a new officer.",
            button="See which one",
            why=WHY_OFFICE,
        ),
        NotificationKind.LSO_SIGN_IN_DUE: Words(
            opening="You are a Local Security Officer and have not signed in for weeks.",
            for_coordinator="Please sign in. After 60 days without it new requests of your organization are held.",
            button="See your account",
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
            button="See your account",
            why=WHY_ACCOUNT,
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
            button="Open the form",
            why=WHY_OFFICE,
        ),
    }
)
