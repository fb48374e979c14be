"""What the sign-in page of the demonstration says of each role: what somebody who sits down there may try first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from admin_ui.office import DemoAccount
from rules.roles import Role

NO_ROLE = "NO_ROLE"
"""Stands for the role of those who have none."""

WHAT_TO_TRY: Mapping[str, str] = MappingProxyType(
    {
        Role.PLACEMENT_COORDINATOR: "Look for a home for somebody: enter a referral, publish it, read the answers.",
        Role.TRANSITION_COORDINATOR: "The same for people who move out of a state facility.",
        Role.CONSUMER_REFERRAL_DB: "Find the referrals that reached you, open one, and accept it or decline.",
        Role.PROVIDER_PROFILE_UPDATE: "Keep the contacts and counties of a provider right.",
        Role.CENTRAL_STAFF: "See every referral of the state, and under Insight where homes are missing.",
        Role.ADMINISTRATOR: "See that the house runs: letters, timed duties, the trail.",
        Role.LSO: "Decide on access requests of your own people, and sign with your password.",
        Role.EXECUTIVE_DIRECTOR: "Say who is the Local Security Officer, and see what is under way for your people.",
        Role.PROVIDER_RELATIONS: "Forward access forms, look after providers, and see trends without people in them.",
        Role.CSO: "Read the trail, follow incidents, and review who has which access.",
        Role.PRIVACY_OFFICER: "See who looked at what, and break the glass with a reason.",
        Role.AUDITOR: "Read the whole trail, and change nothing.",
        Role.OA: "Create the user ID that a signed form asks for.",
        Role.ITSD_PROVISIONING: "Give the final approval to access requests within 48 hours.",
        Role.ITSD_ACCOUNT_MGMT: "Audit accounts, and disable those that nobody uses.",
        Role.SUPPORT_DESK: "Take a call of somebody who cannot sign in, and reset the password.",
        NO_ROLE: "Signs in, and may ask for access.",
    }
)


@dataclass(frozen=True, slots=True)
class DemoGroup:
    """The accounts of one role: one at once, others folded away, and how many are not listed."""

    name: str
    what_to_try: str
    accounts: Sequence[DemoAccount]
    others: Sequence[DemoAccount] = ()
    unlisted: int = 0
