"""Incidents as people see them: all for the security offices, those of the own organization for its LSO (POL-08).

What a person reported in their own words, and who it was, only the offices see: the report may be about the LSO.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from orm.models import AccessRequest, Incident, Provider, User
from orm.sql import fetch, to_uuid
from resolvers.account_reach import Reach, reach_of
from resolvers.desk import EVERYONE, Reading, access
from resolvers.incidents import concerns, no_such_incident
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from resolvers.referral_shapes import ProviderRef
from rules.breach import BreachQuestion
from rules.incidents import Finding, IncidentKind, IncidentState, LsoAnswer
from rules.roles import Role

READS_ALL = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR})
"""Who sees every incident, with the words in which it was reported."""

_ORDER = "INCIDENT"


@dataclass(slots=True)
class IncidentView:
    """What may have been a breach, whom it concerns, and where it stands; None where the viewer may not see it."""

    id: UUID
    number: int
    kind: IncidentKind
    state: IncidentState
    user_id: str | None
    name: str | None
    provider: ProviderRef | None
    request_number: int | None
    devices: int | None
    suspended: bool
    opened_at: datetime
    report: str | None
    reported_by: str | None
    lso_answer: LsoAnswer | None
    lso_answered_at: datetime | None
    finding: Finding | None
    closed_at: datetime | None
    note: str | None
    breach_answers: list[BreachAnswerView] | None = None
    may_answer: bool = False
    """Whether the viewer is asked about the person; only where one incident is shown, as the next one."""
    may_close: bool = False


@dataclass(frozen=True, slots=True)
class BreachAnswerView:
    """A part of the definition of a breach, and what the Chief Security Officer answered (002:15-19)."""

    question: BreachQuestion
    answer: bool


@access("incident.list", by=EVERYONE, cites="000:34-39; 002:21-32")
async def list_incidents(
    reading: Reading,
    *,
    state: IncidentState | None = None,
    kind: IncidentKind | None = None,
    first: int = 50,
    after: str | None = None,
    count: bool = False,
) -> Page[IncidentView]:
    """List the incidents that the caller may see, the newest first; nobody sees one about themselves as LSO.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    reach = await _reach(reading)
    where, parameters = _condition(reading, reach)
    for column, value in (("state", state), ("kind", kind)):
        if value is not None:
            where.append(f"i.{column} = :{column}")
            parameters[column] = value
    total: int | None = None
    if count:
        counted = await fetch(f"SELECT COUNT(*) AS n FROM {_TABLES} WHERE {' AND '.join(where)}", **parameters)
        total = int(counted[0]["n"])
    if after is not None:
        where.append("i.number < :after")
        parameters["after"] = from_cursor(after, _ORDER, most=LAST_NUMBER)
    rows: list[dict[str, Any]] = []
    if total != 0:
        rows = await fetch(
            f"SELECT i.id FROM {_TABLES} WHERE {' AND '.join(where)} ORDER BY i.number DESC LIMIT :limit",
            **parameters,
            limit=size + 1,
        )
    keys = [to_uuid(row["id"]) for row in rows[:size]]
    views = await _views(keys, in_full=reach.everyone)
    reading.shows("incident", keys, ["incidents"])
    return page_of(views, lambda view: to_cursor(_ORDER, view.number), more=len(rows) > size, after=after, total=total)


@access("incident.view", by=EVERYONE, cites="000:34-39; 002:21-32")
async def view_incident(reading: Reading, number: int) -> IncidentView:
    """Show an incident.

    Raises:
        NotFound: there is no such incident for this person.
    """
    reach = await _reach(reading)
    incident = await Incident.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if incident is None or not (reach.everyone or await _is_shown_to_officer(reading, reach, incident)):
        raise no_such_incident()
    reading.about("incident", incident.id)
    reading.shows("incident", [incident.id], ["incident"])
    view = (await _views([incident.id], in_full=reach.everyone))[0]
    if incident.state is IncidentState.OPEN and incident.user_id != reading.actor.id:
        at_home = await reach_of(reading.actor, reading.today, everywhere=(), at_home={Role.LSO})
        view.may_answer = incident.lso_answer is None and await concerns(at_home, incident)
        view.may_close = reading.actor.has_any({Role.CSO})
    return view


async def incidents_about(reading: Reading, user: User) -> list[Incident]:
    """List the incidents about a person that exist for the viewer: nobody sees their own as LSO."""
    reach = await _reach(reading)
    if not reach.everyone and (user.id == reading.actor.id or not reach.covers(user)):
        return []
    return await Incident.filter(user_id=user.id)


async def _reach(reading: Reading) -> Reach:
    return await reach_of(reading.actor, reading.today, everywhere=READS_ALL, at_home={Role.LSO})


async def _is_shown_to_officer(reading: Reading, reach: Reach, incident: Incident) -> bool:
    return incident.user_id != reading.actor.id and await concerns(reach, incident)


_TABLES = "incident i LEFT JOIN user_account u ON u.id = i.user_id"


def _condition(reading: Reading, reach: Reach) -> tuple[list[str], dict[str, Any]]:
    if reach.everyone:
        return ["1 = 1"], {}
    people, parameters = reach.condition("u")
    return [
        f"(i.provider_id IN (:reach_providers) OR {people})",
        "(i.user_id IS NULL OR i.user_id <> :me)",
    ], {**parameters, "me": reading.actor.id}


async def _views(keys: list[UUID], *, in_full: bool) -> list[IncidentView]:
    if not keys:
        return []
    rows = {one.id: one for one in await Incident.filter(id__in=keys)}
    incidents = [rows[key] for key in keys]
    people = {one.user_id for one in incidents} | {one.opened_by_id for one in incidents}
    users = {one.id: one for one in await User.filter(id__in=[key for key in people if key])}
    providers = {
        one.id: one for one in await Provider.filter(id__in=[x.provider_id for x in incidents if x.provider_id])
    }
    requests = {
        one.id: one for one in await AccessRequest.filter(id__in=[x.request_id for x in incidents if x.request_id])
    }
    views = []
    for one in incidents:
        user = users.get(one.user_id) if one.user_id else None
        reporter = users.get(one.opened_by_id) if one.opened_by_id and one.report else None
        provider = providers.get(one.provider_id) if one.provider_id else None
        request = requests.get(one.request_id) if one.request_id else None
        devices = one.facts.get("devices")
        views.append(
            IncidentView(
                id=one.id,
                number=one.number,
                kind=one.kind,
                state=one.state,
                user_id=user.user_id if user else None,
                name=user.name if user else None,
                provider=ProviderRef(provider.id, provider.name) if provider else None,
                request_number=request.number if request else None,
                devices=devices if isinstance(devices, int) else None,
                suspended=one.suspended,
                opened_at=one.opened_at,
                report=(one.report or None) if in_full else None,
                reported_by=reporter.name if reporter and in_full else None,
                lso_answer=one.lso_answer,
                lso_answered_at=one.lso_answered_at,
                finding=one.finding,
                closed_at=one.closed_at,
                note=(one.note or None) if in_full else None,
                breach_answers=_answers(one) if in_full else None,
            )
        )
    return views


def _answers(incident: Incident) -> list[BreachAnswerView] | None:
    kept = incident.facts.get("breach")
    if not isinstance(kept, dict):
        return None
    return [BreachAnswerView(question, bool(kept.get(question))) for question in BreachQuestion]
