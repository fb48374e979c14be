"""Open an incident in the transaction of what caused it: suspend, tell the CSO, ask the LSO (000:31-36, POL-08)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from orm.models import AccessRequest, Incident, User
from resolvers.desk import Work
from resolvers.endings import suspend as suspend_account
from resolvers.numbers import next_number
from resolvers.officers import Organization, holders_of, lso_and_deputies, readers
from resolvers.promises import about
from resolvers.request_steps import organization_of
from rules.accounts import AccountState
from rules.incidents import IncidentKind
from rules.notices import NotificationKind
from rules.roles import Role


async def open_incident(
    work: Work,
    kind: IncidentKind,
    user: User | None,
    *,
    request: AccessRequest | None = None,
    suspend: bool = False,
    facts: dict[str, Any] | None = None,
    report: str = "",
) -> Incident:
    """Write an incident down, tell the Chief Security Officers, and ask the LSO about whoever was suspended.

    ``user`` is whom it concerns, held under its lock where the account is to be suspended; the organization never is
    (POL-08). With a request the LSO of its organization is asked, otherwise that of the person. ``facts`` are codes,
    numbers and counts; ``report`` is a person's own words and is never mailed.
    """
    suspended = suspend and user is not None and user.state is AccountState.ACTIVE
    asked = organization_of(request) if request is not None else Organization.of(user) if user else Organization()
    incident = await Incident.create(
        id=uuid4(),
        number=await next_number("incident"),
        kind=kind,
        user_id=user.id if user else None,
        provider_id=asked.provider_id,
        request_id=request.id if request else None,
        facts=facts or {},
        report=report,
        suspended=suspended,
        opened_at=work.now,
        opened_by_id=work.actor.id,
    )
    work.touches("incident", [incident.id])
    work.note(incident=incident.number, incident_kind=str(kind), suspended=suspended)
    officers = [one for one in await holders_of(Role.CSO) if user is None or one.id != user.id]
    work.promise(about(readers(officers), NotificationKind.INCIDENT_OPENED, incident.number))
    if user is not None and suspended:
        await suspend_account(work, user)
        lso = [one for one in await lso_and_deputies(asked, work.today) if one.id != user.id]
        work.promise(about(readers(lso), NotificationKind.INCIDENT_TO_CONFIRM, incident.number))
    return incident
