"""The 30-day reminder: one letter per contact with the list of its open referrals (001:157-159)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, time
from typing import Any
from uuid import UUID

from orm.models import Contact
from orm.sql import fetch, to_instant, to_uuid
from resolvers.audience_facts import Providers, load_providers
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.promises import Promise, Reader
from resolvers.sweeps import Subject, Sweep
from rules.audience import ReferralFacts, audience
from rules.calendar import Daily, local_date
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.referrals import ReferralStatus, ResponseKind, age_in_days
from rules.reminders import OpenForReminder, ReminderFacts, ReminderVerdict, reminder_due


async def plan_reminders(now: datetime, policy: Policy) -> list[Subject]:
    """Judge every active contact of a provider that referrals have reached."""
    on = local_date(now)
    candidates = await _open_and_reached(None)
    providers = await load_providers(on, list({row["provider_id"] for row in candidates}))
    contacts = {contact.id: contact for contact in await Contact.filter(active=True).select_related("provider")}
    subjects = []
    for contact_id, verdict in _judge(candidates, providers, contacts, now, policy):
        contact = contacts[contact_id]
        subjects.append(
            Subject(
                id=contact_id,
                label=f"{contact.provider.name}: {contact.name}",
                hit=verdict.due,
                why=verdict.why,
                facts={"referrals": list(verdict.numbers), "overdue": sorted(verdict.overdue)},
            )
        )
    return sorted(subjects, key=lambda subject: subject.label)


@operation("referral.remind", by=THE_HOUSE, cites="001:157-159")
async def remind_contact(work: Work, contact_id: UUID) -> bool:
    """Promise the reminder to one contact, if it is still due under the lock; answer whether it was."""
    work.about("contact", contact_id)
    contact = await Contact.filter(id=contact_id, active=True).select_for_update(no_key=True).first()
    if contact is None:
        return False
    candidates = await _open_and_reached(contact.provider_id)
    providers = await load_providers(work.today, [contact.provider_id])
    verdict = dict(_judge(candidates, providers, {contact_id: contact}, work.now, work.policy)).get(contact_id)
    if verdict is None or not verdict.due:
        work.note(due=False)
        return False
    contact.last_reminded_on = work.today
    await contact.save(update_fields=["last_reminded_on"])
    work.promise(
        [
            Promise(
                [Reader.contact(contact)],
                NotificationKind.REMINDER,
                referral_id=None,
                number=None,
                numbers=verdict.numbers,
                facts={"overdue": sorted(verdict.overdue), "overdue_days": work.policy.referral_red.days},
                key=f"reminder:{contact_id}:{work.today}",
            )
        ]
    )
    work.note(due=True, referrals=list(verdict.numbers))
    return True


REMINDERS = Sweep(
    name="referral_reminders",
    title="Reminders of open referrals",
    cites="001:157-159",
    cadence=Daily(time(6, 0)),
    plan=plan_reminders,
    treat=remind_contact,
)


async def _open_and_reached(provider_id: UUID | None) -> list[dict[str, Any]]:
    """Load the pairs of an open referral and a provider it has reached, with the provider's answer."""
    narrowed = "" if provider_id is None else "AND rr.provider_id = :provider"
    rows = await fetch(
        "SELECT r.id, r.number, r.statewide, r.first_published_at, rr.provider_id, rr.at, o.kind, "
        "CASE WHEN x.id IS NULL THEN 0 ELSE 1 END AS excluded "
        "FROM referral r JOIN referral_reach rr ON rr.referral_id = r.id "
        "LEFT JOIN response o ON o.referral_id = r.id AND o.provider_id = rr.provider_id "
        "LEFT JOIN referral_exclusion x ON x.referral_id = r.id AND x.provider_id = rr.provider_id "
        "AND x.included_at IS NULL "
        f"WHERE r.status = 'OPEN' {narrowed}",
        **({} if provider_id is None else {"provider": provider_id}),
    )
    counties = await _preferred_counties()
    return [
        {
            **row,
            "id": to_uuid(row["id"]),
            "provider_id": to_uuid(row["provider_id"]),
            "counties": counties[to_uuid(row["id"])],
        }
        for row in rows
    ]


async def _preferred_counties() -> dict[UUID, set[str]]:
    counties: dict[UUID, set[str]] = defaultdict(set)
    for row in await fetch(
        "SELECT rc.referral_id, rc.county_id FROM referral_county rc JOIN referral r ON r.id = rc.referral_id "
        "WHERE r.status = 'OPEN'"
    ):
        counties[to_uuid(row["referral_id"])].add(row["county_id"])
    return counties


def _judge(
    candidates: list[dict[str, Any]],
    providers: Providers,
    contacts: dict[UUID, Contact],
    now: datetime,
    policy: Policy,
) -> list[tuple[UUID, ReminderVerdict]]:
    """Ask the audience rule for each pair, then the reminder rule for each contact."""
    on = local_date(now)
    by_provider = {provider.provider_id: provider for provider in providers.facts}
    open_for: dict[UUID, list[OpenForReminder]] = defaultdict(list)
    for row in candidates:
        provider = by_provider[row["provider_id"]]
        facts = ReferralFacts(
            referral_id=row["id"],
            status=ReferralStatus.OPEN,
            statewide=bool(row["statewide"]),
            preferred_counties=frozenset(row["counties"]),
            excluded_providers=frozenset({provider.provider_id}) if row["excluded"] else frozenset(),
        )
        published = to_instant(row["first_published_at"])
        entry = OpenForReminder(
            number=row["number"],
            reached_on=local_date(to_instant(row["at"])),
            response=ResponseKind(row["kind"]) if row["kind"] else None,
            age_days=age_in_days(published, None, now) or 0,
        )
        for contact_id in audience(facts, provider, on).contacts:
            open_for[contact_id].append(entry)
    return [
        (
            contact_id,
            reminder_due(ReminderFacts(contact_id, contacts[contact_id].last_reminded_on, tuple(listed)), on, policy),
        )
        for contact_id, listed in open_for.items()
        if contact_id in contacts
    ]
