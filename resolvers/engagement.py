"""Whether a provider receives and uses the exchange: what was sent, read and answered since a day (001:271, RSP-08)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from statistics import median
from typing import Any
from uuid import UUID

from orm.models import Provider
from orm.sql import fetch, to_instant
from resolvers.desk import Reading, access
from resolvers.referral_shapes import ProviderRef
from resolvers.scope import EDITORS
from rules.calendar import local_instant
from rules.errors import Invalid, NotFound
from rules.roles import PROVIDER_ROLES, Role

SEES_EVERY_PROVIDER = EDITORS | {Role.ADMINISTRATOR, Role.PROVIDER_RELATIONS}
"""Who sees how any provider uses the exchange; a provider's own people see their own."""

_USUALLY = timedelta(days=90)


@dataclass(slots=True)
class EngagementView:
    """How a provider used the exchange since a Chicago day; letters are all letters to its contacts."""

    provider: ProviderRef
    since: date
    reached: int
    sent: int
    delivered: int
    bounced: int
    signed_in: int
    viewed: int
    answered: int
    median_hours_to_answer: float | None


@access("provider.engagement", by=SEES_EVERY_PROVIDER | PROVIDER_ROLES, cites="001:271")
async def view_engagement(reading: Reading, provider_id: UUID, since: date | None = None) -> EngagementView:
    """Count how a provider receives and uses the exchange, since a day or in the last 90 days.

    Raises:
        NotFound: there is no such provider, or not for this person.
        Invalid: ``SINCE_IN_FUTURE``.
    """
    since = reading.today - _USUALLY if since is None else since
    if since > reading.today:
        raise Invalid("Choose a day that is not in the future.", code="SINCE_IN_FUTURE", field="since")
    own = reading.actor.provider_id == provider_id and reading.actor.has_any(PROVIDER_ROLES)
    provider = await Provider.filter(id=provider_id).first()
    if provider is None or not (own or reading.actor.has_any(SEES_EVERY_PROVIDER)):
        raise NotFound("There is no such provider.", code="PROVIDER_NOT_FOUND", field="providerId")
    reading.about("provider", provider_id)
    begins = local_instant(since, time(0))
    letters = await _count(_LETTERS, provider_id, begins)
    hours = await _hours_to_answer(provider_id, begins)
    return EngagementView(
        provider=ProviderRef(provider.id, provider.name),
        since=since,
        reached=(await _count(_REACHED, provider_id, begins))["reached"],
        sent=letters["sent"],
        delivered=letters["delivered"],
        bounced=letters["bounced"],
        signed_in=(await _count(_SIGNED_IN, provider_id, begins))["signed_in"],
        viewed=(await _count(_VIEWED, provider_id, begins))["viewed"],
        answered=(await _count(_ANSWERED, provider_id, begins))["answered"],
        median_hours_to_answer=round(median(hours), 1) if hours else None,
    )


_LETTERS = (
    "SELECT COUNT(l.sent_at) AS sent, COUNT(CASE WHEN l.state = 'SENT' THEN 1 END) AS delivered, "
    "COUNT(CASE WHEN l.state = 'BOUNCED' THEN 1 END) AS bounced "
    "FROM outbox l JOIN contact c ON c.id = l.contact_id WHERE c.provider_id = :provider AND l.created_at >= :begins"
)

_REACHED = "SELECT COUNT(*) AS reached FROM referral_reach WHERE provider_id = :provider AND at >= :begins"

_SIGNED_IN = (
    "SELECT COUNT(*) AS signed_in FROM session s JOIN user_account u ON u.id = s.user_id "
    "WHERE u.provider_id = :provider AND s.created_at >= :begins"
)

_VIEWED = (
    "SELECT COUNT(DISTINCT e.about_id) AS viewed FROM audit_entry e JOIN user_account u ON u.id = e.actor_id "
    "WHERE u.provider_id = :provider AND e.act = 'referral.view' AND e.outcome = 'DONE' AND e.at >= :begins"
)

_ANSWERED = "SELECT COUNT(*) AS answered FROM response WHERE provider_id = :provider AND first_answered_at >= :begins"


async def _count(sql: str, provider_id: UUID, begins: datetime) -> dict[str, Any]:
    return (await fetch(sql, provider=provider_id, begins=begins))[0]


async def _hours_to_answer(provider_id: UUID, begins: datetime) -> list[float]:
    """Measure from the first reach to the first answer, for the answers given since; an earlier answer counts as 0."""
    rows = await fetch(
        "SELECT rr.at, o.first_answered_at FROM response o JOIN referral_reach rr "
        "ON rr.referral_id = o.referral_id AND rr.provider_id = o.provider_id "
        "WHERE o.provider_id = :provider AND o.first_answered_at >= :begins",
        provider=provider_id,
        begins=begins,
    )
    taken = (to_instant(row["first_answered_at"]) - to_instant(row["at"]) for row in rows)
    return [max(0.0, time_taken.total_seconds() / 3600) for time_taken in taken]
