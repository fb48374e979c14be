"""Whose accounts a person looks after: an office all of them, an organization's officers those of its own people.

An account out of reach does not exist. That a person is LSO, director or deputy is asked at this moment, never taken
from what was shown before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from orm.gathering import Question
from orm.models import User
from orm.readings import fetch_often
from orm.sql import to_uuid
from resolvers.callers import Actor
from resolvers.desk import Work
from resolvers.officers import Organization, deputyships_of
from rules.accounts import normalize_user_id
from rules.errors import NotFound
from rules.roles import Role, house_roles

LOCAL_OFFICERS = frozenset({Role.LSO, Role.EXECUTIVE_DIRECTOR})
"""Who looks after the people of one organization: their own."""


@dataclass(frozen=True, slots=True)
class Reach:
    """The accounts that a person looks after: all, those of all providers, or those of some organizations."""

    everyone: bool = False
    all_providers: bool = False
    organizations: frozenset[Organization] = frozenset()

    def covers(self, user: User) -> bool:
        """Say whether an account is among them."""
        if self.everyone or (self.all_providers and user.provider_id is not None):
            return True
        return Organization.of(user) in self.organizations

    def condition(self, alias: str) -> tuple[str, dict[str, Any]]:
        """Say the same in SQL, of a ``user_account`` under its alias."""
        if self.everyone:
            return "1 = 1", {}
        facilities = {one.facility_id for one in self.organizations if one.facility_id}
        where = [
            f"{alias}.provider_id IN (:reach_providers)",
            f"({alias}.provider_id IS NULL AND {alias}.facility_id IN (:reach_facilities))",
        ]
        if self.all_providers:
            where.append(f"{alias}.provider_id IS NOT NULL")
        return f"({' OR '.join(where)})", {
            "reach_providers": sorted((one.provider_id for one in self.organizations if one.provider_id), key=str),
            "reach_facilities": sorted(facilities),
        }


async def reach_of(
    actor: Actor,
    on: date,
    *,
    everywhere: Collection[Role],
    at_providers: Collection[Role] = (),
    at_home: Collection[Role] = LOCAL_OFFICERS,
) -> Reach:
    """Say whose accounts an actor looks after on a day, for a use case that these roles may carry out.

    The deputy of today may whatever the LSO may.
    """
    organizations = {one.organization for one in await deputyships_of(actor.id, on)}
    held = await _HELD.ask(actor.id) if actor.id is not None else None
    roles = actor.roles & house_roles(held or ())
    if not roles.isdisjoint(at_home):
        organizations.add(Organization(actor.provider_id, None if actor.provider_id else actor.facility_id))
    return Reach(
        everyone=not roles.isdisjoint(everywhere),
        all_providers=not roles.isdisjoint(at_providers),
        organizations=frozenset(one for one in organizations if not one.is_office),
    )


async def _held(people: Sequence[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in await fetch_often(
        "SELECT user_id, role FROM role_grant WHERE user_id IN (:people) AND ended_at IS NULL", people=people
    ):
        found[to_uuid(row["user_id"])].append(row["role"])
    return found


_HELD: Final = Question(_held)


async def account_in_reach(reach: Reach, user_id: str) -> User:
    """Find an account by its user ID, with or without the domain.

    Raises:
        NotFound: there is no such account for this person.
        Invalid: ``USER_ID_MALFORMED``.
    """
    _, canonical = normalize_user_id(user_id)
    return _found(reach, await User.filter(user_id=canonical).first())


async def account_to_change(work: Work, reach: Reach, user_id: str) -> User:
    """Find an account like :func:`account_in_reach`, and hold it under its lock."""
    _, canonical = normalize_user_id(user_id)
    user = _found(reach, await User.filter(user_id=canonical).select_for_update(no_key=True).first())
    work.about("user", user.id)
    return user


def _found(reach: Reach, user: User | None) -> User:
    if user is None or not reach.covers(user):
        raise NotFound("There is no such account.", code="ACCOUNT_NOT_FOUND", field="userId")
    return user
