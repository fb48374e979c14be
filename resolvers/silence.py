"""Providers that have a referral and do not answer: the coordinator is told of each once, after a policy's days.

The days count from the first time that the referral reached the provider; publishing it again does not start them
anew. Who may not answer (excluded, in No Referral Status, out of the audience) is exempt, and the dry run says why.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import UUID

from orm.models import Referral, SilenceAlert, User
from orm.sql import fetch, to_instant, to_uuid
from resolvers.audience_facts import load_providers
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.promises import Reader, about_referral
from resolvers.sweeps import Subject, Sweep
from rules.accounts import AccountState
from rules.audience import ReferralFacts, audience
from rules.calendar import Daily, local_date, local_instant
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.receipts import SilenceFacts, SilenceVerdict, silence
from rules.referrals import ReferralStatus


async def plan_silence(now: datetime, policy: Policy) -> list[Subject]:
    """Judge every open referral at every provider that has had it for longer than the policy's days."""
    pairs = await _judge(now, policy, None)
    hits: dict[UUID, list[_Pair]] = defaultdict(list)
    subjects: list[Subject] = []
    for pair in pairs:
        if pair.verdict.silent and pair.coordinator_active:
            hits[pair.referral_id].append(pair)
            continue
        why = "The primary coordinator's account is not active." if pair.verdict.silent else pair.verdict.why
        label = f"Referral {pair.number}: {pair.provider_name}"
        subjects.append(Subject(pair.provider_id, label, hit=False, why=why, facts={}))
    for referral_id, silent in hits.items():
        subjects.append(
            Subject(
                id=referral_id,
                label=f"Referral {silent[0].number}",
                hit=True,
                why=f"Silent for more than {policy.referral_silent.days} days: {len(silent)} of its providers.",
                facts={"providers": [pair.provider_name for pair in silent]},
            )
        )
    return sorted(subjects, key=lambda subject: subject.label)


@operation("referral.tell_silence", by=THE_HOUSE, cites="001:174; 001:271")
async def tell_silence(work: Work, referral_id: UUID) -> bool:
    """Tell the primary coordinator of a referral's silent providers, each of them once; answer whether there was one.

    One notice names no provider: the list of silent providers does.
    """
    work.about("referral", referral_id)
    referral = await Referral.filter(id=referral_id).select_for_update(no_key=True).first()
    if referral is None or referral.status is not ReferralStatus.OPEN:
        work.note(due=False)
        return False
    silent = [pair for pair in await _judge(work.now, work.policy, referral_id) if pair.verdict.silent]
    primary = await User.filter(id=referral.primary_coordinator_id, state=AccountState.ACTIVE).first()
    if not silent or primary is None:
        work.note(due=False)
        return False
    await SilenceAlert.bulk_create(
        SilenceAlert(referral_id=referral_id, provider_id=pair.provider_id, at=work.now) for pair in silent
    )
    work.promise(about_referral([Reader.user(primary)], NotificationKind.PROVIDERS_SILENT, referral))
    work.touches("provider", (pair.provider_id for pair in silent))
    work.note(due=True, number=referral.number, providers=len(silent))
    return True


SILENT_PROVIDERS = Sweep(
    name="silent_providers",
    title="Providers that do not answer",
    cites="001:174; 001:271",
    cadence=Daily(time(7, 0)),
    plan=plan_silence,
    treat=tell_silence,
)


@dataclass(frozen=True, slots=True)
class _Pair:
    """A referral at a provider, judged."""

    referral_id: UUID
    number: int
    provider_id: UUID
    provider_name: str
    coordinator_active: bool
    verdict: SilenceVerdict


async def _judge(now: datetime, policy: Policy, referral_id: UUID | None) -> list[_Pair]:
    """Ask the audience rule, then the rule of silence, for each pair that has lasted for the policy's days."""
    on = local_date(now)
    rows = await _reached_before(local_instant(on - policy.referral_silent, time(0)), referral_id)
    providers = await load_providers(on, {row["provider_id"] for row in rows})
    by_id = {provider.provider_id: provider for provider in providers.facts}
    counties = await _preferred_counties(referral_id)
    pairs = []
    for row in rows:
        provider = by_id[row["provider_id"]]
        facts = ReferralFacts(
            referral_id=row["referral_id"],
            status=ReferralStatus.OPEN,
            statewide=bool(row["statewide"]),
            preferred_counties=frozenset(counties[row["referral_id"]]),
            excluded_providers=frozenset({provider.provider_id}) if row["excluded"] else frozenset(),
        )
        verdict = silence(
            SilenceFacts(
                reached_on=local_date(to_instant(row["at"])),
                answered=bool(row["answered"]),
                audience=audience(facts, provider, on),
                told_of_on=local_date(to_instant(row["told_at"])) if row["told_at"] else None,
            ),
            on,
            policy,
        )
        pairs.append(
            _Pair(
                referral_id=row["referral_id"],
                number=row["number"],
                provider_id=provider.provider_id,
                provider_name=providers.names[provider.provider_id],
                coordinator_active=row["coordinator_state"] == AccountState.ACTIVE,
                verdict=verdict,
            )
        )
    return pairs


async def _reached_before(instant: datetime, referral_id: UUID | None) -> list[dict[str, Any]]:
    rows = await fetch(
        "SELECT r.id AS referral_id, r.number, r.statewide, u.state AS coordinator_state, rr.provider_id, rr.at, "
        "s.at AS told_at, CASE WHEN o.id IS NULL THEN 0 ELSE 1 END AS answered, "
        "CASE WHEN x.id IS NULL THEN 0 ELSE 1 END AS excluded "
        "FROM referral r JOIN referral_reach rr ON rr.referral_id = r.id "
        "LEFT JOIN user_account u ON u.id = r.primary_coordinator_id "
        "LEFT JOIN response o ON o.referral_id = r.id AND o.provider_id = rr.provider_id "
        "LEFT JOIN silence_alert s ON s.referral_id = r.id AND s.provider_id = rr.provider_id "
        "LEFT JOIN referral_exclusion x ON x.referral_id = r.id AND x.provider_id = rr.provider_id "
        "AND x.included_at IS NULL "
        f"WHERE r.status = 'OPEN' AND rr.at < :instant {_only(referral_id)} ORDER BY r.number, rr.id",
        instant=instant,
        **_chosen(referral_id),
    )
    return [
        {**row, "referral_id": to_uuid(row["referral_id"]), "provider_id": to_uuid(row["provider_id"])} for row in rows
    ]


async def _preferred_counties(referral_id: UUID | None) -> dict[UUID, set[str]]:
    counties: dict[UUID, set[str]] = defaultdict(set)
    for row in await fetch(
        "SELECT rc.referral_id, rc.county_id FROM referral_county rc JOIN referral r ON r.id = rc.referral_id "
        f"WHERE r.status = 'OPEN' {_only(referral_id)}",
        **_chosen(referral_id),
    ):
        counties[to_uuid(row["referral_id"])].add(row["county_id"])
    return counties


def _only(referral_id: UUID | None) -> str:
    return "" if referral_id is None else "AND r.id = :only"


def _chosen(referral_id: UUID | None) -> dict[str, UUID]:
    return {} if referral_id is None else {"only": referral_id}
