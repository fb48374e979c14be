"""Which rooms a person finds: the navigation, by role. What is not listed is refused by the use case all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from resolvers.access_logs import LOG_READERS
from resolvers.account_reach import LOCAL_OFFICERS
from resolvers.account_views import READS_ALL as ACCOUNT_READERS
from resolvers.activity_review_scope import READERS as ACTIVITY_READERS
from resolvers.break_glass_views import BREAK_GLASS_READERS
from resolvers.callers import Caller
from resolvers.coverage import COVERAGE_READERS
from resolvers.employee_review_views import REVIEW_READERS
from resolvers.ending_contracts import READS_ALL as CONTRACT_READERS
from resolvers.evidence import EVIDENCE_READERS
from resolvers.incident_views import READS_ALL as INCIDENT_READERS
from resolvers.insights import INSIGHT_READERS
from resolvers.lso_collection import COLLECTION_READERS
from resolvers.lso_health import HEALTH_READERS
from resolvers.obligation_views import OBLIGATION_READERS
from resolvers.office_reads import POSTMASTERS
from resolvers.open_duties import DUTY_READERS
from resolvers.policies import POLICY_READERS
from resolvers.provider_audit_views import READS_ALL as AUDIT_READERS
from resolvers.receipts import RECEIPT_READERS
from resolvers.risk_register import REGISTER_READERS, REGISTRARS
from resolvers.scope import READERS
from resolvers.ssa_views import SEES_PERSONS
from resolvers.sweep_views import SWEEP_READERS
from resolvers.trail_reads import TRAIL_READERS
from resolvers.user_lists import LIST_READERS
from rules.roles import Role
from rules.tickets import QUEUES

PROVIDER_KEEPERS = frozenset({Role.PROVIDER_PROFILE_UPDATE, Role.CONSUMER_REFERRAL_DB})
"""Who keeps the profile of the own provider."""


class Group(StrEnum):
    """The parts of the house, in the order of the navigation."""

    EXCHANGE = "Exchange"
    ACCESS = "Access"
    CALENDAR = "Calendar"
    TRAIL = "Trail"
    INSIGHT = "Insight"
    HOUSE = "House"


@dataclass(frozen=True, slots=True)
class Room:
    """A place to go, and what one does there; ``by`` is None for everybody who has signed in."""

    path: str
    name: str
    about: str
    by: frozenset[Role] | None = None


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """The rooms of a part of the house that are open for a person."""

    name: str
    rooms: Sequence[Room]

    def holds(self, path: str) -> bool:
        """Say whether an address lies in one of the rooms."""
        return any(path == room.path or path.startswith(f"{room.path}/") for room in self.rooms)


_AUDITED = AUDIT_READERS | {Role.LSO, Role.EXECUTIVE_DIRECTOR}
_LOOK_AFTER = ACCOUNT_READERS | LOCAL_OFFICERS | {Role.PROVIDER_RELATIONS}
_CONTRACTS = CONTRACT_READERS | LOCAL_OFFICERS
_INCIDENTS = INCIDENT_READERS | {Role.LSO}

ROOMS: dict[Group, tuple[Room, ...]] = {
    Group.EXCHANGE: (
        Room("/referrals", "Referrals", "The grid: people who look for a home, the oldest first.", READERS),
        Room("/provider", "Your profile", "Contacts, the counties they cover, your homes.", PROVIDER_KEEPERS),
        Room("/providers", "Providers", "Who offers homes, and whether referrals reach them.", COVERAGE_READERS),
        Room("/silent-providers", "Silent providers", "Who has a referral and does not answer.", RECEIPT_READERS),
        Room("/coverage", "Counties served", "Where a letter reaches a provider, and where none.", COVERAGE_READERS),
    ),
    Group.ACCESS: (
        Room("/access-requests", "Access requests", "Roles: what you asked for, what waits for your decision."),
        Room(
            "/provisioning",
            "Final approval",
            "Requests that are due within 48 hours.",
            frozenset({Role.ITSD_PROVISIONING}),
        ),
        Room("/forms", "Access forms", "User IDs: new, changed, enabled; each form with its signatures."),
        Room(
            "/resets", "Password resets", "Who waits for a password, due in two hours.", frozenset({Role.SUPPORT_DESK})
        ),
        Room("/accounts", "Users", "The people you look after: roles, sessions, deadlines; revoke.", _LOOK_AFTER),
        Room("/ending-contracts", "Contracts that end", "Whose user IDs end with the contract, and when.", _CONTRACTS),
        Room("/lso", "Security officer", "Who approves access in your organization, and who stands in."),
        Room("/lso/health", "All officers", "How well each security officer can be reached.", HEALTH_READERS),
        Room("/roles", "Roles", "What each is for, who can hold it, what does not go together."),
        Room("/incidents", "Incidents", "What may have been a breach; report, answer, close.", _INCIDENTS),
        Room("/incidents/report", "Report an incident", "A shared password, an unknown sign-on, a page left open."),
        Room("/tickets", "Tickets", "What your office has to do for an account.", frozenset(QUEUES)),
        Room("/outside-systems", "Outside systems", "Systems of other agencies.", frozenset(QUEUES)),
        Room("/open-duties", "Open duties", "What nobody holds at this moment.", DUTY_READERS),
        Room("/your-account", "Your account", "What to do next, and what ends when."),
    ),
    Group.CALENDAR: (
        Room("/obligations", "Obligations", "What the risk programme asks for, by when, of whom.", OBLIGATION_READERS),
        Room("/obligations/year", "The year", "All obligations in their months.", OBLIGATION_READERS),
        Room("/risk", "Systems and plans", "What is assessed, reviewed and kept up to date.", REGISTER_READERS),
        Room("/lso-collection", "Collection of April", "What the facilities answer.", COLLECTION_READERS),
        Room("/threat", "Threat level", "What everybody is told above every page.", REGISTRARS),
        Room("/audits", "Provider audits", "Unused user IDs of providers: answers, what became of them.", _AUDITED),
        Room("/reviews/employees", "Employee reviews", "Unused user IDs of employees, by facility.", REVIEW_READERS),
        Room("/user-lists", "User lists", "Lists of other systems, compared with the accounts.", LIST_READERS),
        Room("/ssa", "Reports to SSA", "Checked, approved, delivered.", SEES_PERSONS),
        Room("/reviews/activity", "Activity reviews", "User IDs drawn each quarter, looked at.", ACTIVITY_READERS),
        Room("/sweeps", "Timed duties", "What the house does by itself: when, for whom, how it went.", SWEEP_READERS),
        Room("/policies", "Policy register", "Every number of the documents, with its history.", POLICY_READERS),
    ),
    Group.TRAIL: (
        Room("/trail", "Audit trail", "Who did or saw what, on which records.", TRAIL_READERS),
        Room("/access-logs/person", "What a person did", "Each entry of a user ID, judged by rule.", LOG_READERS),
        Room("/access-logs/referral", "Who looked at a referral", "Over the years accounted for.", LOG_READERS),
        Room("/access-logs/mine", "What I did", "What the house wrote down of you."),
        Room("/break-glass", "Break-glass", "Opened in an emergency, and reviewed by others.", BREAK_GLASS_READERS),
        Room("/seals", "Seals", "Whether the trail is whole, and how to verify it outside.", TRAIL_READERS),
        Room("/evidence", "Evidence", "The reports in which the procedures ended.", EVIDENCE_READERS),
    ),
    Group.INSIGHT: (
        Room("/insights/counties", "Counties", "Where homes are missing: the map, and the numbers.", INSIGHT_READERS),
        Room("/insights/declines", "Reasons for declining", "Why providers say no.", INSIGHT_READERS),
        Room("/insights/time", "Time to a home", "How many days it takes.", INSIGHT_READERS),
        Room("/insights/waiting", "Who waits", "How old the open referrals are.", INSIGHT_READERS),
    ),
    Group.HOUSE: (
        Room("/notifications", "Notifications", "What you were told, line by line."),
        Room("/outbox", "Outbox", "Letters that were promised: sent, waiting, parked.", POSTMASTERS),
    ),
}
_POSTBOX = Room("/mailbox", "Demo mailbox", "The e-mails of this demonstration; nothing leaves this machine.")


def may_enter(caller: Caller, path: str) -> bool:
    """Say whether the room in which an address lies is open for this caller, so that no link leads to a refusal."""
    rooms = [room for group in ROOMS.values() for room in group if f"{path}/".startswith(f"{room.path}/")]
    return all(room.by is None or caller.actor.has_any(room.by) for room in rooms)


def groups_of(caller: Caller | None, *, postbox: bool) -> list[OpenGroup]:
    """List the rooms that are open for this caller, in their groups; a group without one is not there."""
    is_ready = caller is not None and caller.actor.is_ready
    groups = []
    for group, rooms in ROOMS.items():
        found = [room for room in rooms if is_ready and caller and (room.by is None or caller.actor.has_any(room.by))]
        if group is Group.HOUSE and postbox:
            found.append(_POSTBOX)
        if found:
            groups.append(OpenGroup(group.value, found))
    return groups
