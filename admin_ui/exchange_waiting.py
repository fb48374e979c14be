"""What waits in the rooms of the exchange besides the counts of the grid."""

from __future__ import annotations

import asyncio

from admin_ui.waiting import Tone, Waiting
from resolvers.account_reach import LOCAL_OFFICERS
from resolvers.callers import Caller
from resolvers.coverage import COVERAGE_READERS, count_exchange
from resolvers.ending_contracts import list_ending_contracts
from resolvers.profile_scope import PROFILE_KEEPERS, PROVIDER_OFFICE
from resolvers.provider_search import ProviderFilter
from resolvers.provider_views import list_provider_profiles, view_provider_profile
from resolvers.receipts import RECEIPT_READERS
from resolvers.silent_list import list_silent_providers
from rules.profiles import ProfileWarning
from rules.roles import Role


async def placements_waiting(caller: Caller) -> list[Waiting]:
    """Overdue referrals that nobody accepted, accepted ones without a placement, counties where nobody is reached."""
    if not caller.actor.has_any(COVERAGE_READERS):
        return []
    counts = await count_exchange(caller)
    return [
        Waiting(
            "overdue referrals that nobody accepts",
            counts.overdue_unaccepted or 0,
            "/referrals?overdue=yes&unaccepted=yes",
            Tone.LATE,
            one="overdue referral that nobody accepts",
        ),
        Waiting(
            "accepted referrals without a placement",
            counts.accepted_unplaced or 0,
            "/referrals?accepted=yes&unplaced=yes",
            Tone.DUE,
            one="accepted referral without a placement",
        ),
        Waiting(
            "counties where no letter reaches a provider",
            counts.lacking_counties,
            "/coverage",
            Tone.DUE,
            one="county where no letter reaches a provider",
        ),
    ]


async def silence_waiting(caller: Caller) -> list[Waiting]:
    """Answers that providers owe: each is a provider that has had a referral for too long."""
    if not caller.actor.has_any(RECEIPT_READERS):
        return []
    silent = await list_silent_providers(caller, first=1, count=True)
    return [
        Waiting(
            "answers that providers owe",
            silent.total_count or 0,
            "/silent-providers",
            Tone.DUE,
            one="answer that a provider owes",
        )
    ]


async def profiles_waiting(caller: Caller) -> list[Waiting]:
    """Contacts of the own provider to verify; for the office, providers that nothing reaches or that cover nothing."""
    if caller.actor.has_any(PROVIDER_OFFICE):
        unreached = ProviderFilter(active=True, unreachable=True)
        bare = ProviderFilter(active=True, without_county=True)
        pages = await asyncio.gather(
            *(list_provider_profiles(caller, where=where, first=1, count=True) for where in (unreached, bare))
        )
        return [
            Waiting(
                "providers that no letter reaches",
                pages[0].total_count or 0,
                "/providers?unreachable=yes",
                Tone.LATE,
                one="provider that no letter reaches",
            ),
            Waiting(
                "providers that cover no county",
                pages[1].total_count or 0,
                "/providers?withoutCounty=yes",
                Tone.DUE,
                one="provider that covers no county",
            ),
        ]
    own = caller.actor.provider_id
    if own is None or not caller.actor.has_any(PROFILE_KEEPERS):
        return []
    profile = await view_provider_profile(caller, own, wanted={"contacts"})
    warned = [warning.code for one in profile.contacts if one.active for warning in one.warnings]
    return [
        Waiting(many, warned.count(warning), "/provider", tone, one=one) for warning, tone, one, many in _OF_CONTACTS
    ]


_OF_CONTACTS = (
    (ProfileWarning.NOT_VERIFIED, Tone.DUE, "contact to verify", "contacts to verify"),
    (ProfileWarning.NO_COUNTY, Tone.LATE, "contact that covers no county", "contacts that cover no county"),
    (
        ProfileWarning.EMAIL_BOUNCED,
        Tone.LATE,
        "address that letters come back from",
        "addresses that letters come back from",
    ),
)


async def contracts_waiting(caller: Caller) -> list[Waiting]:
    """Contracts that end: for who can have a new one entered, and for who is warned of it."""
    if not caller.actor.has_any(_WARNED):
        return []
    found = await list_ending_contracts(caller, first=1, count=True)
    return [
        Waiting(
            "contracts that end or have ended",
            found.total_count or 0,
            "/ending-contracts",
            Tone.DUE,
            one="contract that ends or has ended",
        )
    ]


_WARNED = LOCAL_OFFICERS | {Role.PROVIDER_RELATIONS}

EXCHANGE_PROVIDERS = (placements_waiting, silence_waiting, profiles_waiting, contracts_waiting)
