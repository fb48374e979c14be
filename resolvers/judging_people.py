"""What ties a person to records about other people: the own ones, and those of people one answers for (000:258-263)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from orm.models import AuditEntry
from orm.sql import fetch, to_uuid
from resolvers.account_reach import LOCAL_OFFICERS
from resolvers.officers import Organization
from rules.judgement import PERSONAL, PersonalRecord
from rules.roles import house_roles

_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def keys_named(entry: AuditEntry, kind: str) -> list[UUID]:
    """Give the keys of the records of a kind that an entry names; what is no key, the house never wrote."""
    texts = entry.subjects.get(kind, ())
    return [UUID(text) for text in texts if _KEY.fullmatch(text)]


@dataclass(frozen=True, slots=True)
class _Known:
    """One record about a person: whose it is, and the organization of that person."""

    owners: frozenset[UUID]
    organization: Organization
    open_to_colleagues: bool = False


@dataclass(frozen=True, slots=True)
class PersonalTies:
    """The organizations of some people, those they answer for, and the records about people of some entries."""

    homes: Mapping[UUID, Organization]
    answers_for: Mapping[UUID, frozenset[Organization]]
    known: Mapping[tuple[str, UUID], _Known]

    @property
    def providers(self) -> frozenset[UUID]:
        """Give the providers that these people work for."""
        return frozenset(home.provider_id for home in self.homes.values() if home.provider_id is not None)

    def provider_of(self, person: UUID | None) -> UUID | None:
        """Give the provider that a person works for, if it is one."""
        home = self.homes.get(person) if person is not None else None
        return home.provider_id if home is not None else None

    def records(self, entry: AuditEntry) -> tuple[PersonalRecord, ...]:
        """Say what tied the person to each record about a person of an entry."""
        person = entry.actor_id
        if person is None:
            return ()
        return tuple(self._record(person, kind, key) for kind in PERSONAL for key in keys_named(entry, kind))

    def _record(self, person: UUID, kind: str, key: UUID) -> PersonalRecord:
        known = self.known.get((kind, key))
        if known is None:
            return PersonalRecord(kind, own=kind == "user" and key == person)
        answers = known.organization in self.answers_for.get(person, frozenset())
        colleague = known.open_to_colleagues and known.organization == self.homes.get(person)
        return PersonalRecord(kind, own=person in known.owners, own_organization=answers or colleague)


async def load_personal_ties(people: Sequence[UUID], entries: Sequence[AuditEntry], on: date) -> PersonalTies:
    """Load what ties these people to the records about people in these entries."""
    named: dict[str, set[UUID]] = {kind: set() for kind in PERSONAL}
    for entry in entries:
        for kind in PERSONAL:
            named[kind].update(keys_named(entry, kind))
    homes = await _homes(sorted({*people, *named["user"]}, key=str))
    known = {("user", key): _Known(frozenset({key}), homes[key]) for key in named["user"] if key in homes}
    known |= await _requests(named["access_request"])
    known |= await _forms(named["access_form"])
    known |= await _incidents(named["incident"])
    mine = {person: homes[person] for person in people if person in homes}
    answers = await _answers_for(mine, on) if known else {}
    return PersonalTies(mine, answers, known)


async def _homes(people: Sequence[UUID]) -> dict[UUID, Organization]:
    rows = await fetch("SELECT id, provider_id, facility_id FROM user_account WHERE id IN (:people)", people=people)
    return {to_uuid(row["id"]): _organization(row["provider_id"], row["facility_id"]) for row in rows}


def _organization(provider: UUID | str | None, facility: str | None) -> Organization:
    provider_id = None if provider is None else to_uuid(provider)
    return Organization(provider_id, None if provider_id else facility)


async def _requests(keys: set[UUID]) -> dict[tuple[str, UUID], _Known]:
    if not keys:
        return {}
    asked = sorted(keys, key=str)
    deciders = await _people("SELECT request_id AS of, decider_id AS by FROM access_decision WHERE request_id", asked)
    rows = await fetch(
        "SELECT id, requester_id, addressee_id, provider_id, facility_id FROM access_request WHERE id IN (:asked)",
        asked=asked,
    )
    return {
        ("access_request", to_uuid(row["id"])): _Known(
            _keys(row["requester_id"], row["addressee_id"]) | deciders[to_uuid(row["id"])],
            _organization(row["provider_id"], row["facility_id"]),
        )
        for row in rows
    }


async def _forms(keys: set[UUID]) -> dict[tuple[str, UUID], _Known]:
    if not keys:
        return {}
    asked = sorted(keys, key=str)
    signers = await _people("SELECT form_id AS of, signer_id AS by FROM form_signature WHERE form_id", asked)
    rows = await fetch(
        "SELECT id, user_id, submitted_by_id, provider_id, facility_id FROM access_form WHERE id IN (:asked)",
        asked=asked,
    )
    return {
        ("access_form", to_uuid(row["id"])): _Known(
            _keys(row["user_id"], row["submitted_by_id"]) | signers[to_uuid(row["id"])],
            _organization(row["provider_id"], row["facility_id"]),
            open_to_colleagues=True,
        )
        for row in rows
    }


async def _incidents(keys: set[UUID]) -> dict[tuple[str, UUID], _Known]:
    if not keys:
        return {}
    rows = await fetch(
        "SELECT i.id, i.user_id, i.opened_by_id, i.provider_id, u.provider_id AS home, u.facility_id "
        "FROM incident i LEFT JOIN user_account u ON u.id = i.user_id WHERE i.id IN (:asked)",
        asked=sorted(keys, key=str),
    )
    return {
        ("incident", to_uuid(row["id"])): _Known(
            _keys(row["user_id"], row["opened_by_id"]),
            _organization(row["provider_id"] or row["home"], row["facility_id"]),
        )
        for row in rows
    }


def _keys(*values: UUID | str | None) -> frozenset[UUID]:
    return frozenset(to_uuid(value) for value in values if value is not None)


async def _people(statement: str, asked: Sequence[UUID]) -> dict[UUID, frozenset[UUID]]:
    found: dict[UUID, frozenset[UUID]] = defaultdict(frozenset)
    for row in await fetch(f"{statement} IN (:asked)", asked=asked):
        if row["by"] is not None:
            found[to_uuid(row["of"])] |= {to_uuid(row["by"])}
    return found


async def _answers_for(homes: Mapping[UUID, Organization], on: date) -> dict[UUID, frozenset[Organization]]:
    """Say for which organizations people answer: as officer or director of their own, as LSO, or as deputy."""
    people = sorted(homes, key=str)
    found: dict[UUID, set[Organization]] = defaultdict(set)
    for row in await fetch("SELECT user_id, role FROM role_grant WHERE user_id IN (:people)", people=people):
        if house_roles([row["role"]]) & LOCAL_OFFICERS:
            found[to_uuid(row["user_id"])].add(homes[to_uuid(row["user_id"])])
    for row in await fetch(
        "SELECT d.user_id, d.provider_id, d.facility_id FROM lso_designation d WHERE d.user_id IN (:people) "
        "UNION SELECT y.user_id, d.provider_id, d.facility_id FROM lso_deputy y "
        "JOIN lso_designation d ON d.id = y.designation_id WHERE y.user_id IN (:people) AND y.begins_on <= :today",
        people=people,
        today=on,
    ):
        found[to_uuid(row["user_id"])].add(_organization(row["provider_id"], row["facility_id"]))
    return {person: frozenset(one for one in places if not one.is_office) for person, places in found.items()}
