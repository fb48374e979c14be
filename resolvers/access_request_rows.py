"""Read everything that access requests show, in a few statements for a whole page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from orm.models import (
    AccessDecision,
    AccessRequest,
    AccessRequestRole,
    AccessRequestStep,
    Facility,
    Provider,
    RegionalOffice,
    User,
)
from resolvers.access_request_facts import hash_of
from resolvers.referral_shapes import PersonView
from resolvers.role_catalogue import RoleView, roles_by_code

_CENTRAL_OFFICE = "Department of Mental Health"


@dataclass(frozen=True, slots=True)
class Rows:
    """What some requests show, by the key of the request or of the person."""

    lines: Mapping[UUID, Sequence[AccessRequestRole]]
    decisions: Mapping[UUID, Sequence[AccessDecision]]
    steps: Mapping[UUID, Sequence[AccessRequestStep]]
    people: Mapping[UUID, PersonView]
    user_ids: Mapping[UUID, str]
    roles: Mapping[str, RoleView]
    employers: Mapping[UUID, str]
    offices: Mapping[str, str]
    followed: Mapping[UUID, int]

    def person(self, key: UUID | None) -> PersonView | None:
        """Show a person, where there is one."""
        return self.people.get(key) if key else None

    def draft_hash(self, request: AccessRequest) -> str:
        """Hash a draft as it would be submitted now."""
        return hash_of(request, self.user_ids[request.requester_id], self.lines[request.id])


async def load_rows(requests: Sequence[AccessRequest]) -> Rows:
    """Read what these requests show."""
    keys = [request.id for request in requests]
    lines: dict[UUID, list[AccessRequestRole]] = defaultdict(list)
    for line in await AccessRequestRole.filter(request_id__in=keys).order_by("role_id"):
        lines[line.request_id].append(line)
    decisions: dict[UUID, list[AccessDecision]] = defaultdict(list)
    for decision in await AccessDecision.filter(request_id__in=keys).order_by("at", "stage"):
        decisions[decision.request_id].append(decision)
    steps: dict[UUID, list[AccessRequestStep]] = defaultdict(list)
    for step in await AccessRequestStep.filter(request_id__in=keys).order_by("line"):
        steps[step.request_id].append(step)
    followed = [request.follows_id for request in requests if request.follows_id]
    users = await _people(requests, [*decisions.values()], [*steps.values()])
    return Rows(
        lines=lines,
        decisions=decisions,
        steps=steps,
        people={user.id: PersonView(user.id, user.name, user.email, user.phone) for user in users},
        user_ids={user.id: user.user_id for user in users},
        roles=await roles_by_code(line.role_id for some in lines.values() for line in some),
        employers=await _employers(requests),
        offices={office.code: office.name for office in await RegionalOffice.filter(code__in=_offices(requests))},
        followed={one.id: one.number for one in await AccessRequest.filter(id__in=followed)},
    )


async def _people(
    requests: Sequence[AccessRequest],
    decisions: Sequence[Sequence[AccessDecision]],
    steps: Sequence[Sequence[AccessRequestStep]],
) -> list[User]:
    keys: set[UUID | None] = {key for request in requests for key in (request.requester_id, request.addressee_id)}
    keys |= {key for some in decisions for one in some for key in (one.decider_id, one.for_id)}
    keys |= {key for some in steps for one in some for key in (one.by_id, one.holder_id)}
    return await User.filter(id__in=[key for key in keys if key is not None])


async def _employers(requests: Sequence[AccessRequest]) -> dict[UUID, str]:
    """Name the organization of each request."""
    of_providers = [one.provider_id for one in requests if one.provider_id]
    of_facilities = [one.facility_id for one in requests if one.facility_id]
    providers = {one.id: one.name for one in await Provider.filter(id__in=of_providers)}
    facilities = {one.code: one.name for one in await Facility.filter(code__in=of_facilities)}
    return {
        one.id: (
            providers[one.provider_id]
            if one.provider_id
            else facilities[one.facility_id]
            if one.facility_id
            else _CENTRAL_OFFICE
        )
        for one in requests
    }


def _offices(requests: Sequence[AccessRequest]) -> list[str]:
    return sorted({request.regional_office_id for request in requests if request.regional_office_id})
