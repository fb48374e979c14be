"""Join open referrals: who gains sight of them by a change of the profile is told once, in one list (001:161-168).

A new provider, a new or reactivated contact, a county more, a contract that begins, a No Referral Status that is
lifted: all of them are a provider that stands differently after than before. So there is one function for all of them,
which asks the audience rule twice and tells the difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from orm.models import Notification, Provider, ReferralExclusion
from orm.rows import insert_rows
from orm.sql import fetch, to_instant, to_uuid
from resolvers.audience_facts import Providers, load_providers
from resolvers.audience_lock import change_audience
from resolvers.desk import Work
from resolvers.promises import Promise
from resolvers.reachability import can_be_reached, provider_became_unreachable
from rules.audience import ProviderFacts, ReferralFacts, audience
from rules.errors import NotFound
from rules.notices import NotificationKind
from rules.referrals import ReferralStatus

JOINED = (NotificationKind.REFERRALS_JOINED, NotificationKind.NO_REFERRAL_STATUS_LIFTED)
"""Lines with which a contact joined several referrals at once, by their numbers."""


@dataclass(slots=True)
class ProfileChange:
    """A change of a provider's profile in progress: how it is told, and of what even if it was known before."""

    provider: Provider
    kind: NotificationKind = NotificationKind.REFERRALS_JOINED
    withheld: set[UUID] = field(default_factory=set)


@asynccontextmanager
async def profile_change(work: Work, provider_id: UUID) -> AsyncIterator[ProfileChange]:
    """Hold a provider alone while its profile changes; then tell whom the change brings referrals, and who is lost.

    Raises:
        NotFound: there is no such provider.
    """
    await change_audience()
    provider = await Provider.filter(id=provider_id).select_for_update(no_key=True).first()
    if provider is None:
        raise no_such_provider()
    work.touches("provider", [provider_id])
    before = (await load_providers(work.today, [provider_id])).facts[0]
    was_reachable = await can_be_reached(provider_id)
    change = ProfileChange(provider)
    yield change
    await join_open_referrals(work, before, change)
    if was_reachable:
        await provider_became_unreachable(work, provider_id)


async def join_open_referrals(work: Work, before: ProviderFacts, change: ProfileChange) -> None:
    """Tell each contact, in one notice, of the open referrals that reach it now and did not ``before``, oldest first.

    Not of those it has a line of already, unless they were withheld meanwhile (001:161-162); nor of those from which
    the provider was excluded, and included again since the last publishing: these wait for the next one (001:164-165).
    """
    providers = await load_providers(work.today, [before.provider_id])
    after = providers.facts[0]
    if after == before:
        return
    gained: dict[UUID, list[_Open]] = defaultdict(list)
    for referral in await _open_referrals(before.provider_id):
        known = audience(referral.facts, before, work.today).contacts
        for contact in audience(referral.facts, after, work.today).contacts:
            if contact not in known:
                gained[contact].append(referral)
    if not gained:
        return
    await _reach(work, before.provider_id, {one.facts.referral_id for listed in gained.values() for one in listed})
    await _tell(work, providers, gained, change)


@dataclass(frozen=True, slots=True)
class _Open:
    """An open referral as one provider's rule sees it."""

    facts: ReferralFacts
    number: int


async def _open_referrals(provider_id: UUID) -> list[_Open]:
    """Load all open referrals that may be told to a provider, oldest first."""
    counties: dict[UUID, set[str]] = defaultdict(set)
    for row in await fetch(
        "SELECT rc.referral_id, rc.county_id FROM referral_county rc JOIN referral r ON r.id = rc.referral_id "
        "WHERE r.status = 'OPEN'"
    ):
        counties[to_uuid(row["referral_id"])].add(row["county_id"])
    rows = await fetch(
        "SELECT id, number, statewide, last_published_at FROM referral WHERE status = 'OPEN' "
        "ORDER BY first_published_at, number"
    )
    exclusions: dict[UUID, list[ReferralExclusion]] = defaultdict(list)
    for exclusion in await ReferralExclusion.filter(provider_id=provider_id, referral__status=ReferralStatus.OPEN):
        exclusions[exclusion.referral_id].append(exclusion)
    listed = []
    for row in rows:
        key = to_uuid(row["id"])
        ends = [exclusion.included_at for exclusion in exclusions[key]]
        if any(end is None or end >= to_instant(row["last_published_at"]) for end in ends):
            continue  # Excluded, or included again and to be told by the next publishing.
        facts = ReferralFacts(key, ReferralStatus.OPEN, bool(row["statewide"]), frozenset(counties[key]), frozenset())
        listed.append(_Open(facts, row["number"]))
    return listed


async def insert_reach(pairs: Iterable[tuple[UUID, UUID]], at: datetime) -> None:
    """Write down, for pairs of referral and provider, that the referral has reached the provider, if it had not."""
    rows = [{"referral_id": referral, "provider_id": provider, "at": at} for referral, provider in pairs]
    await insert_rows("referral_reach", rows, or_ignore=True)


async def _reach(work: Work, provider_id: UUID, referrals: Collection[UUID]) -> None:
    await insert_reach(((referral, provider_id) for referral in referrals), work.now)
    work.touches("referral", referrals)


async def _tell(work: Work, providers: Providers, gained: dict[UUID, list[_Open]], change: ProfileChange) -> None:
    known = await _Known.load([providers.readers[contact].mailbox_id for contact in gained])
    told = 0
    for contact, referrals in gained.items():
        reader = providers.readers[contact]
        numbers = tuple(
            referral.number
            for referral in referrals
            if referral.facts.referral_id in change.withheld or not known.has(reader.mailbox_id, referral)
        )
        if numbers:
            work.promise([Promise([reader], change.kind, referral_id=None, number=None, numbers=numbers)])
            told += 1
    work.note(joined=len({one.number for listed in gained.values() for one in listed}), contacts_told=told)


@dataclass(frozen=True, slots=True)
class _Known:
    """Which referrals a mailbox has a line of: one of its own, or a place in a list."""

    lines: frozenset[tuple[UUID, UUID]]
    listed: frozenset[tuple[UUID, int]]

    @classmethod
    async def load(cls, mailboxes: list[UUID]) -> _Known:
        rows = await fetch(
            "SELECT DISTINCT n.mailbox_id, n.referral_id FROM notification n JOIN referral r ON r.id = n.referral_id "
            "WHERE r.status = 'OPEN' AND n.mailbox_id IN (:mailboxes)",
            mailboxes=mailboxes,
        )
        digests = await Notification.filter(mailbox_id__in=mailboxes, kind__in=[*JOINED, NotificationKind.REMINDER])
        return cls(
            lines=frozenset((to_uuid(row["mailbox_id"]), to_uuid(row["referral_id"])) for row in rows),
            listed=frozenset((digest.mailbox_id, number) for digest in digests for number in digest.numbers),
        )

    def has(self, mailbox_id: UUID, referral: _Open) -> bool:
        """Say whether the mailbox tells of the referral already."""
        return (mailbox_id, referral.facts.referral_id) in self.lines or (mailbox_id, referral.number) in self.listed


def no_such_provider() -> NotFound:
    """Say that a provider does not exist, or not for this person."""
    return NotFound("There is no such provider.", code="PROVIDER_NOT_FOUND")
