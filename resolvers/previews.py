"""Show who would get a referral, and by which rule, before anybody is told."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, partial

from orm.readings import fetch_often
from resolvers.audience_facts import load_coordinators, referral_facts
from resolvers.desk import Reading, access
from resolvers.kept_providers import all_providers
from resolvers.referral_shapes import CountyView, ProviderRef
from resolvers.referral_views import load_numbered
from resolvers.scope import EDITORS
from rules.audience import Reason, coordinator_hears, reachable, would_be_audience
from rules.errors import NotFound
from rules.receipts import unreachable_counties


@dataclass(slots=True)
class ProviderVerdictView:
    """One provider's verdict and the rule behind it."""

    provider: ProviderRef
    eligible: bool
    reason: Reason
    sentence: str
    cites: str
    counties: list[CountyView]
    contact_count: int
    reachable_contact_count: int


@dataclass(slots=True)
class PublishPreview:
    """What publishing would do now: every provider with its verdict, and the coordinators who would hear."""

    verdicts: list[ProviderVerdictView]
    eligible_count: int
    coordinator_names: list[str]
    unreachable_counties: list[CountyView]


@access("referral.preview_publish", by=EDITORS, cites="001:139-172")
async def preview_publish(reading: Reading, number: int) -> PublishPreview:
    """Judge every provider as publishing would at this moment; nobody is told.

    Raises:
        NotFound: there is no such referral for this person.
    """
    views = await load_numbered(reading, number, frozenset())
    if not views:
        raise NotFound("There is no such referral.", code="REFERRAL_NOT_FOUND")
    reading.about("referral", views[0].id)
    facts = await referral_facts(views[0])
    providers, coordinators, names = await asyncio.gather(
        all_providers(reading.today, facts.preferred_counties),
        load_coordinators(counties=None if facts.statewide else facts.preferred_counties),
        _names(facts.preferred_counties),
    )
    verdicts: list[ProviderVerdictView] = []
    counties = cache(partial(_counties, names=names))
    for provider in providers.facts:
        verdict = would_be_audience(facts, provider, reading.today)
        told = [contact for contact in provider.contacts if contact.contact_id in verdict.contacts]
        verdicts.append(
            ProviderVerdictView(
                provider=ProviderRef(provider.provider_id, providers.names[provider.provider_id]),
                eligible=verdict.eligible,
                reason=verdict.reason,
                sentence=verdict.sentence,
                cites=verdict.cites,
                counties=list(counties(verdict.counties)),
                contact_count=len(verdict.contacts),
                reachable_contact_count=sum(map(reachable, told)),
            )
        )
    reading.shows("provider", (verdict.provider.id for verdict in verdicts), ["verdicts"])
    return PublishPreview(
        verdicts=verdicts,
        eligible_count=sum(verdict.eligible for verdict in verdicts),
        coordinator_names=[
            coordinators.people[one.user_id].name for one in coordinators.facts if coordinator_hears(facts, one)
        ],
        unreachable_counties=_counties(unreachable_counties(facts, providers.facts, reading.today), names),
    )


async def _names(fips: Collection[str]) -> dict[str, str]:
    if not fips:
        return {}
    rows = await fetch_often("SELECT fips, name FROM county WHERE fips IN (:fips)", fips=list(fips))
    return {row["fips"]: row["name"] for row in rows}


def _counties(fips: frozenset[str], names: dict[str, str]) -> list[CountyView]:
    return sorted((CountyView(code, names[code]) for code in fips), key=lambda county: county.name)
