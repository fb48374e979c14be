"""Every guard of the migrations is in the catalogue, refuses what it is for, and lets the good through."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from tortoise.exceptions import IntegrityError

import orm.migrations
from orm.database import dialect
from orm.faults import is_unique_violation
from orm.guards import Closed, Guard, Holds, Narrow, OnlyOne, WrittenOnce, catalogue_names
from orm.models import Credential, Letter, PolicyVersion
from orm.sql import execute, fetch
from resolvers.exclusions import exclude_provider
from resolvers.pending_placements import set_pending_placement
from resolvers.responses import Answer, respond_to_referral
from rules.referrals import DeclineReason, Provision, ResponseKind
from tests.orm.access_rows import plant_access_rows
from tests.orm.risk_rows import plant_risk_rows
from tests.world.audit_rows import plant_audit_rows
from tests.world.world import World

MIGRATIONS = [
    importlib.import_module(f"orm.migrations.{module.name}") for module in pkgutil.iter_modules(orm.migrations.__path__)
]
GONE: list[Guard] = [guard for migration in MIGRATIONS for guard in getattr(migration, "GONE", ())]
GUARDS: list[Guard] = [
    guard for migration in MIGRATIONS for guard in getattr(migration, "GUARDS", ()) if guard not in GONE
]


def _of(kind: type) -> list[Any]:
    return [pytest.param(guard, id=guard.name) for guard in GUARDS if isinstance(guard, kind)]


Row = dict[str, Any]


@dataclass(frozen=True)
class Planted:
    """Rows that break a guard, and rows just inside it, as changes to a good row ``of`` the story."""

    bad: tuple[Row, ...]
    good: tuple[Row, ...]
    of: str = "1 = 1"


DAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 18, tzinfo=UTC)

HOLDS: dict[str, Planted] = {
    "audit_line_settled_when_decided": Planted(
        bad=({"settled_at": NOON}, {"outcome": "DISABLED"}),
        good=({"outcome": "DISABLED", "settled_at": NOON},),
    ),
    "ssa_report_approved_with_evidence": Planted(
        bad=({"state": "APPROVED"}, {"state": "DELIVERED"}),
        good=({"state": "BEING_TAKEN"}, {"state": "APPROVED", "evidence_number": 1001}),
    ),
    "facility_code_has_3_digits": Planted(
        bad=({"code": "12"}, {"code": "12a"}, {"code": "a12"}, {"code": "1 2"}, {"code": ""}),
        good=({"code": "000"}, {"code": "999"}),
    ),
    "referral_dates_fit_its_status": Planted(
        of="status = 'OPEN'",
        bad=(
            {"status": "DRAFT", "pending_provider_id": None},
            {"first_published_at": None},
            {"status": "CLOSED", "pending_provider_id": None},
            {"status": "CLOSED", "pending_provider_id": None, "close_outcome": "OTHER"},
            {"status": "DELETED", "pending_provider_id": None},
            {"status": "LOST", "pending_provider_id": None},
        ),
        good=({"status": "DRAFT", "first_published_at": None, "pending_provider_id": None},),
    ),
    "pending_placement_only_while_open": Planted(
        of="status = 'OPEN'",
        bad=({"status": "DRAFT", "first_published_at": None},),
        good=({"pending_provider_id": None},),
    ),
    "open_referral_has_primary_coordinator": Planted(
        of="status = 'OPEN'",
        bad=({"primary_coordinator_id": None},),
        good=(
            {
                "primary_coordinator_id": None,
                "status": "DRAFT",
                "first_published_at": None,
                "pending_provider_id": None,
            },
        ),
    ),
    "tentative_answer_has_provision": Planted(
        of="kind = 'TENTATIVE'",
        bad=({"provision": None}, {"kind": "ACCEPT"}),
        good=({"provision": "BUDGET"}, {"kind": "ACCEPT", "provision": None}),
    ),
    "declining_answer_has_reason": Planted(
        of="kind = 'DECLINE'",
        bad=({"decline_reason": None}, {"kind": "ACCEPT"}),
        good=({"decline_reason": "RATE"}, {"kind": "ACCEPT", "decline_reason": None}),
    ),
    "contract_ends_after_it_begins": Planted(
        bad=({"begins_on": DAY, "ends_on": DAY - timedelta(days=1)},),
        good=({"begins_on": DAY, "ends_on": DAY}, {"begins_on": DAY, "ends_on": None}),
    ),
    "failures_are_counted_up": Planted(bad=({"failures": -1},), good=({"failures": 0}, {"failures": 4})),
    "letter_has_one_recipient": Planted(
        of="contact_id IS NOT NULL",
        bad=({"contact_id": None},),
        good=({},),
    ),
    "lso_has_one_organization": Planted(
        of="provider_id IS NOT NULL",
        bad=({"provider_id": None}, {"facility_id": "101"}),
        good=({"provider_id": None, "facility_id": "101", "ended_at": NOON}, {"ended_at": NOON}),
    ),
    "deputy_ends_after_it_begins": Planted(
        bad=({"begins_on": DAY, "ends_on": DAY - timedelta(days=1)},),
        good=({"begins_on": DAY, "ends_on": DAY},),
    ),
    "pair_is_ordered": Planted(
        bad=({"one_role": "B", "other_role": "A"}, {"one_role": "A", "other_role": "A"}),
        good=({"one_role": "A", "other_role": "B", "ended_at": NOON},),
    ),
    "request_has_one_employer": Planted(
        of="provider_id IS NOT NULL AND submission_key = '' AND follows_id IS NULL",
        bad=({"facility_id": "101"},),
        good=({"provider_id": None, "facility_id": "101"}, {"provider_id": None, "facility_id": None}),
    ),
    "submitted_request_says_when": Planted(
        of="state = 'GRANTED' AND submission_key = ''",
        bad=(
            {"submitted_at": None},
            {"submitted_at": None, "state": "DENIED"},
            {"submitted_at": None, "state": "WITH_LSO", "addressee_id": UUID(int=1)},
        ),
        good=({"submitted_at": None, "state": "DRAFT"}, {"submitted_at": None, "state": "WITHDRAWN"}),
    ),
    "addressed_request_has_addressee": Planted(
        of="state = 'WITH_LSO'",
        bad=({"addressee_id": None},),
        good=({"addressee_id": None, "state": "AWAITING_LSO"},),
    ),
    "review_is_completed_with_its_report": Planted(
        bad=(
            {"state": "COMPLETED"},
            {"completed_at": NOON},
            {"evidence_id": UUID(int=1)},
            {"state": "COMPLETED", "completed_at": NOON},
        ),
        good=({"overdue_told_at": NOON},),
    ),
    "supervisor_answers_signed": Planted(
        bad=({"answer": "NEEDED"}, {"answered_at": NOON}, {"answered_at": NOON, "answer": "NEEDED"}),
        good=({"answered_at": NOON, "answer": "NEEDED", "signature_id": UUID(int=1)},),
    ),
    "approved_request_has_due_time": Planted(
        of="state = 'AWAITING_PROVISIONING'",
        bad=({"due_at": None},),
        good=({"due_at": None, "state": "GRANTED"},),
    ),
    "break_glass_ends_after_it_begins": Planted(
        bad=({"expires_at": NOON, "opened_at": NOON},),
        good=({"expires_at": NOON + timedelta(seconds=1), "opened_at": NOON},),
    ),
    "break_glass_is_reviewed_by_somebody_else": Planted(
        bad=(
            {"finding": "JUSTIFIED"},
            {"reviewed_by_id": UUID(int=1)},
            {"finding": "JUSTIFIED", "reviewed_by_id": UUID(int=1)},
            {"finding": "JUSTIFIED", "reviewed_at": NOON},
            {"finding": "JUSTIFIED", "reviewed_at": NOON, "reviewed_by_id": UUID(int=1), "opened_by_id": UUID(int=1)},
        ),
        good=({"finding": "JUSTIFIED", "reviewed_at": NOON, "reviewed_by_id": UUID(int=1)},),
    ),
    "done_obligation_has_evidence": Planted(
        of="state = 'DONE'",
        bad=({"evidence_id": None}, {"done_at": None}),
        good=({"evidence_id": None, "done_at": None, "state": "OPEN", "subject": ""},),
    ),
    "approved_plan_expires": Planted(
        bad=({"expires_on": None}, {"approved_by_id": None}),
        good=({"expires_on": None, "approved_by_id": None, "approved_at": None},),
    ),
    "closed_collection_has_evidence": Planted(
        bad=({"year": 2101, "evidence_id": None},), good=({"year": 2102, "evidence_id": None, "closed_at": None},)
    ),
}

# What makes room for a second one; an end date where nothing else is said.
ENDED: Mapping[str, Row] = {
    "one_contact_provider_id_user_id": {"active": False},
    "one_access_request_requester_id_submission_key": {"submission_key": ""},
    "one_access_request_follows_id": {"state": "WITHDRAWN"},
    "one_ticket_user_id_kind": {"state": "DONE"},
    "one_incident_user_id_kind": {"state": "CLOSED"},
    "one_supervisor_question_member_id": {"withdrawn_at": NOON},
    "one_dated_obligation_code_subject": {"subject": ""},
    "one_outbox_key": {"key": None},
}

# How a row is closed.
CLOSING: Mapping[str, Row] = {
    "activity_review": {"state": "COMPLETED", "completed_at": NOON, "evidence_id": UUID(int=1)},
}

# What makes a copy of a row a row of its own.
FRESH: Mapping[str, tuple[str, ...]] = {
    "referral": ("number",),
    "contract": ("number",),
    "response": ("provider_id",),
    "credential": ("user_id",),
    "access_request": ("number",),
    "incident": ("number",),
    "ticket": ("number",),
    "activity_review": ("number", "quarter"),
    "break_glass": ("number",),
    "dated_obligation": ("number",),
    "calendar_feed": ("token_hash",),
    "plan": ("version",),
    "provider_audit_line": ("user_id",),
    "ssa_report": ("number", "period_from"),
}


@pytest.fixture
async def story(world: World) -> World:
    """Give a world in which every guarded table has rows."""
    coordinator = await world.coordinator("Boone")
    homes = [await world.provider("Boone") for _ in range(4)]
    number = await world.published(coordinator, "Boone")
    await respond_to_referral(homes[0].staff, number, Answer(ResponseKind.TENTATIVE, Provision.STAFFING))
    await respond_to_referral(
        homes[1].staff, number, Answer(ResponseKind.DECLINE, decline_reason=DeclineReason.STAFFING)
    )
    await set_pending_placement(coordinator, number, homes[0].id)
    await exclude_provider(coordinator, number, homes[2].id, "Too near.")
    await world.suspend(homes[3].id)
    await Letter.filter(id=(await world.letters(user_id=coordinator.actor.id))[0].id).update(key="once")
    await PolicyVersion.create(key="lso.signin_days", value=50, effective_from=DAY, decided_at=world.clock())
    await plant_access_rows(world, homes[0])
    await plant_risk_rows(world, homes[0].staff)
    await plant_audit_rows(world, homes[0])
    return world


def test_every_check_has_planted_rows() -> None:
    assert sorted(HOLDS) == sorted(guard.name for guard in GUARDS if isinstance(guard, Holds))


@pytest.mark.parametrize("guard", _of(object))
async def test_the_guard_is_in_the_catalogue(database: str, guard: Guard) -> None:
    assert database
    for name in catalogue_names(guard, dialect()):
        assert await _definition(name), f"{name} is not there"


async def test_guards_that_went_with_their_tables_have_left_nothing_behind(database: str) -> None:
    assert database
    assert GONE
    for name in {name for guard in GONE for name in catalogue_names(guard, dialect())}:
        assert not await _definition(name), f"{name} is still there"
        if dialect() == "postgres":
            assert await fetch("SELECT proname FROM pg_proc WHERE proname = :name", name=name) == []


@pytest.mark.parametrize("guard", [*_of(OnlyOne), *_of(Narrow)])
async def test_the_index_is_partial_and_as_strict_as_it_says(database: str, guard: OnlyOne | Narrow) -> None:
    assert database
    definition = (await _definition(guard.name)).upper()
    assert " WHERE " in definition
    assert ("UNIQUE INDEX" in definition) is isinstance(guard, OnlyOne)
    columns = (*guard.columns, *(guard.beside if isinstance(guard, Narrow) else ()))
    assert all(column.upper() in definition.partition(" WHERE ")[0] for column in columns)


@pytest.mark.parametrize("guard", _of(Holds))
async def test_a_bad_row_is_refused_when_it_is_written_and_when_it_is_changed(story: World, guard: Holds) -> None:
    planted = HOLDS[guard.name]
    original = (await fetch(f"SELECT * FROM {guard.table} WHERE {planted.of} LIMIT 1"))[0]
    key = _key_of(guard.table)
    for bad in planted.bad:
        with pytest.raises(IntegrityError, match=guard.name):
            await _insert(guard.table, await _copy(guard.table, original, bad))
        with pytest.raises(IntegrityError, match=guard.name):
            await _update(guard.table, {key: original[key]}, bad)
    assert await fetch(f"SELECT * FROM {guard.table} WHERE {key} = :key", key=original[key]) == [original]
    for good in planted.good:
        await _insert(guard.table, await _copy(guard.table, original, good))
        await _update(guard.table, {key: original[key]}, {name: good[name] for name in good if name != key})
        await _update(guard.table, {key: original[key]}, {name: original[name] for name in good if name != key})
    assert story


@pytest.mark.parametrize("guard", _of(OnlyOne))
async def test_a_second_one_is_refused_until_the_first_has_ended(story: World, guard: OnlyOne) -> None:
    found = await fetch(f"SELECT * FROM {guard.table} WHERE {guard.where} LIMIT 1")
    assert found, f"the story has no {guard.table}"
    original = found[0]

    with pytest.raises(IntegrityError) as refused:
        await _insert(guard.table, await _copy(guard.table, original, {}))
    assert is_unique_violation(refused.value)

    ended = ENDED.get(guard.name, {guard.where.split()[0]: story.clock()})
    await _update(guard.table, {"id": original["id"]}, ended)
    await _insert(guard.table, await _copy(guard.table, original, {}))


@pytest.mark.requirement("AUD-03")
@pytest.mark.parametrize("guard", _of(WrittenOnce))
async def test_what_is_written_once_is_neither_changed_nor_erased(story: World, guard: WrittenOnce) -> None:
    assert story
    before = await fetch(f"SELECT * FROM {guard.table}")
    assert before, f"the story has no {guard.table}"
    column = next(name for name in before[0] if name != _key_of(guard.table))
    attempts = [f"UPDATE {guard.table} SET {column} = {column}", f"DELETE FROM {guard.table}"]
    if dialect() == "postgres":
        attempts.append(f"TRUNCATE {guard.table} CASCADE")
    else:
        attempts.append(f"INSERT OR REPLACE INTO {guard.table} SELECT * FROM {guard.table}")

    for attempt in attempts:
        with pytest.raises(IntegrityError, match="is written once"):
            await execute(attempt)
    assert await fetch(f"SELECT * FROM {guard.table}") == before


@pytest.mark.requirement("SAR-10")
@pytest.mark.parametrize("guard", _of(Closed))
async def test_what_is_closed_is_neither_changed_nor_erased_and_was_open_to_change_before(
    story: World, guard: Closed
) -> None:
    assert story
    await execute(f"UPDATE {guard.table} SET {guard.column} = {guard.column}")
    [row] = await fetch(f"SELECT id FROM {guard.table}")
    await _update(guard.table, row, CLOSING[guard.table])
    closed = await fetch(f"SELECT * FROM {guard.table}")
    for attempt in (f"UPDATE {guard.table} SET {guard.column} = {guard.column}", f"DELETE FROM {guard.table}"):
        with pytest.raises(IntegrityError, match="is closed"):
            await execute(attempt)
    assert await fetch(f"SELECT * FROM {guard.table}") == closed


async def _definition(name: str) -> str:
    """Give what the engine's catalogue says of an index, trigger or check."""
    if dialect() == "sqlite":
        found = await fetch("SELECT sql AS text FROM sqlite_master WHERE name = :name", name=name)
    else:
        found = await fetch(
            "SELECT pg_get_indexdef(indexrelid) AS text FROM pg_index WHERE indexrelid = to_regclass(:name) UNION ALL "
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = :name AND tgenabled = 'O' UNION ALL "
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name AND convalidated",
            name=name,
        )
    return str(found[0]["text"]) if found else ""


def _key_of(table: str) -> str:
    return {
        "facility": "code",
        "credential": "user_id",
        "policy_version": "number",
        "seal": "number",
        "sealed_entry": "entry_id",
        "lso_collection": "year",
    }.get(table, "id")


_serial = count(5001)


async def _copy(table: str, original: Row, changes: Row) -> Row:
    fresh: Row = {"id": uuid4()} if _key_of(table) == "id" else {}
    for column in FRESH.get(table, ()):
        fresh[column] = next(_serial)
        if column == "provider_id":
            fresh[column] = await _unanswering_provider()
        elif column == "quarter":
            fresh[column] = f"Q{fresh[column]}"
        elif table in {"contract", "calendar_feed", "plan"}:
            fresh[column] = f"copy {fresh[column]}"
        elif column == "period_from":
            fresh[column] = DAY + timedelta(days=fresh[column])
        elif column == "user_id":
            fresh[column] = await _user_without_credential(original)
    return original | fresh | changes


async def _unanswering_provider() -> UUID | str:
    rows = await fetch("SELECT id FROM provider WHERE id NOT IN (SELECT provider_id FROM response) LIMIT 1")
    key: UUID | str = rows[0]["id"]
    return key


async def _user_without_credential(original: Row) -> UUID | str:
    free = await fetch("SELECT id FROM user_account WHERE id NOT IN (SELECT user_id FROM credential) LIMIT 1")
    if not free:
        await Credential.exclude(user_id=original["user_id"]).delete()
        return await _user_without_credential(original)
    key: UUID | str = free[0]["id"]
    return key


async def _insert(table: str, row: Row) -> None:
    columns, marks = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
    await execute(f'INSERT INTO "{table}" ({columns}) VALUES ({marks})', **row)


async def _update(table: str, where: Row, changes: Row) -> None:
    if changes:
        sets = ", ".join(f'"{name}" = :{name}' for name in changes)
        [(key, value)] = where.items()
        await execute(f'UPDATE "{table}" SET {sets} WHERE "{key}" = :the_key', **changes, the_key=value)
