"""An operation that is known by its text is answered with the same bytes as by GraphQL, and writes the same down."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from datetime import timedelta
from random import Random

import orjson
import pytest
from asking import Asking
from door import Door
from graphql import GraphQLObjectType, get_named_type, is_leaf_type
from tortoise.transactions import in_transaction

from orm.models import Consumer, Outcome, PolicyVersion, Referral
from orm.sql import execute
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.referral_views import list_referrals
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.responses import Answer, respond_to_referral
from rules.referrals import CloseOutcome, DeclineReason, Provision, ResponseKind
from rules.roles import Role
from schema.fast_operations import LONGEST
from schema.limits import Limits
from tests.conftest import ENGINE
from tests.world.waiting import until_somebody_waits
from tests.world.world import World

PATIENCE = 30.0
"""Seconds that nothing here may take; a guard, not a measure."""


class _Rows:
    """Writes documents that ask for a page of rows: any fields in any order, aliases, fragments, repetitions."""

    def __init__(self, door: Door, random: Random) -> None:
        self._schema = door.schema._schema
        self._random = random
        self._fragments: list[str] = []
        self._names = 0

    def document(self, arguments: str) -> str:
        page = [f"{self._alias()}nodes {self._below('Referral')}"]
        page += self._random.sample(["totalCount", "__typename", f"pageInfo {{ {self._page_info()} }}"], 2)
        self._random.shuffle(page)
        root = [f"{self._alias()}referrals{arguments} {{ {' '.join(page)} }}"]
        root += ["__typename"] * self._random.randrange(2)
        self._random.shuffle(root)
        return " ".join([f"query Page {{ {' '.join(root)} }}", *self._fragments])

    def _page_info(self) -> str:
        names = ["hasNextPage", "hasPreviousPage", "startCursor", "endCursor", "__typename", "last: endCursor"]
        return " ".join(self._random.sample(names, 3))

    def _below(self, type_name: str) -> str:
        type_ = self._schema.get_type(type_name)
        assert isinstance(type_, GraphQLObjectType)
        parts = []
        for name in self._random.choices([*type_.fields, "__typename"], k=1 + self._random.randrange(8)):
            below = None if name == "__typename" else get_named_type(type_.fields[name].type)
            if name in _BEYOND.get(type_name, ()):
                continue
            if below is None or is_leaf_type(below):
                parts.append(f"{self._alias()}{name}")
            elif isinstance(below, GraphQLObjectType):
                # Fields that meet under one name must agree, so whatever has fields is mostly asked for once.
                label = "" if f"{name} {{" not in " ".join(parts) else f"again{self._name()}: "
                parts.append(f"{label}{name} {self._below(below.name)}")
        whole = " ".join(parts) or "__typename"
        match self._random.randrange(6):
            case 0:
                return f"{{ ... on {type_name} {{ {whole} }} __typename }}"
            case 1:
                name = f"F{self._name()}"
                self._fragments.append(f"fragment {name} on {type_name} {{ {whole} }}")
                return f"{{ ...{name} }}"
            case _:
                return f"{{ {whole} }}"

    def _alias(self) -> str:
        return f"a{self._name()}: " if self._random.randrange(5) == 0 else ""

    def _name(self) -> int:
        self._names += 1
        return self._names


_BEYOND = {
    "Referral": {"responses", "exclusions", "publications", "attachments", "timeline"},
    "Consumer": {"guardians"},
    "Response": {"versions"},
}
"""What a row does not hold."""


async def _filled(world: World, random: Random) -> list[Caller]:
    """Make a world with something of everything; give people who see different parts of it."""
    names = ("Boone", "Clay", "Adair", "Cole")
    coordinators = [await world.coordinator("Boone", "Clay"), await world.coordinator("Adair")]
    homes = [(await world.provider(*random.sample(names, 2))).staff for _ in range(3)]
    for _ in range(12):
        coordinator = random.choice(coordinators)
        number = await world.published(coordinator, *random.sample(names, random.randrange(4)))
        world.clock.forward(days=random.randrange(20))
        accepted = [home for home in homes if await _answers(home, number, random)]
        await _goes_on(coordinator, number, homes, accepted, random)
    await world.draft(coordinators[0], "Clay")
    others = [await world.user(role) for role in (Role.CENTRAL_STAFF, Role.ADMINISTRATOR, Role.CSO)]
    return [*coordinators, *homes, *others]


async def _answers(home: Caller, number: int, random: Random) -> bool:
    """Let a provider answer perhaps; say whether it has accepted."""
    if number not in await _numbers(home) or random.randrange(2):
        return False
    kind = random.choice([*ResponseKind])
    answer = Answer(
        kind,
        random.choice([*Provision]) if kind is ResponseKind.TENTATIVE else None,
        random.choice([*DeclineReason]) if kind is ResponseKind.DECLINE else None,
        random.choice(["Perhaps — “soon”.", 'A "quote", a \\ and more']),
    )
    await respond_to_referral(home, number, answer)
    return kind is not ResponseKind.DECLINE


async def _goes_on(
    coordinator: Caller, number: int, homes: list[Caller], accepted: list[Caller], random: Random
) -> None:
    match random.randrange(7):
        case 0:
            await close_referral(coordinator, number, CloseOutcome.OTHER, None)
        case 1:
            await delete_referral(coordinator, number, "entered twice")
        case 2 | 3 if accepted:
            await set_pending_placement(coordinator, number, accepted[0].actor.provider_id)
            if random.randrange(3) == 0:
                await clear_pending_placement(coordinator, number)
        case 4:
            await exclude_provider(coordinator, number, homes[0].actor.provider_id, "family's wish")
        case 5:
            await publish_referral(coordinator, number)


async def _numbers(caller: Caller) -> list[int]:
    return [view.number for view in (await list_referrals(caller)).nodes]


ROOTS = (
    "", "(first: 3)", "(first: 1, orderBy: NAME_DESC)", "(orderBy: RESPONSE_DESC)", "(orderBy: FACILITY_ASC, first: 4)",
    "(filter: {statuses: [OPEN, CLOSED, DRAFT, DELETED]})", "(filter: {statuses: [CLOSED]})",
    "(filter: {pending: true})", "(filter: {answered: true}, orderBy: NUMBER_DESC)",
    '(filter: {lastName: {contains: "a"}})',
    "(filter: {overdue: true})", "(orderBy: PENDING_PLACEMENT_DESC)", "(orderBy: BIRTH_DATE_ASC)",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
async def test_any_page_of_any_world_is_answered_with_the_same_bytes_and_written_down_alike(
    world: World, seed: int
) -> None:
    random = Random(seed)
    callers = await _filled(world, random)
    door = Door()
    for _ in range(12):
        document = _Rows(door, random).document(random.choice(ROOTS))
        for caller in random.sample(callers, 3):
            due = await door.ordinary(caller, document)
            noted = await world.entries("referral.list")
            for _ in range(3):
                assert await door.fast(caller, document) == due, document
            for entry in (await world.entries("referral.list"))[len(noted) :]:
                last = noted[-1]
                assert (entry.subjects, entry.shown, entry.code, entry.outcome, entry.facts, entry.about_id) == (
                    last.subjects, last.shown, last.code, last.outcome, last.facts, last.about_id
                )  # fmt: skip
    assert len(door.operations) >= 8  # most of them are known, or this test says nothing


@pytest.mark.parametrize("seed", range(3))
async def test_documents_that_ask_for_anything_are_answered_with_the_same_bytes_whether_known_or_not(
    world: World, seed: int
) -> None:
    random = Random(seed)
    callers = await _filled(world, random)
    door = Door()
    for _ in range(8):
        root = random.choice(
            ["referrals", "referrals(first: 2)", "referrals(first: 0)", 'referrals(after: "nonsense")']
        )
        document = Asking(door.schema._schema, random.randrange).document(root, depth=3)
        caller = random.choice(callers)
        due = await door.ordinary(caller, document)
        for _ in range(3):
            assert await door.fast(caller, document) == due, document


PAGE = "{ referrals { nodes { id number status consumer { lastName } pendingPlacement { provider { name } } } } }"


@pytest.mark.requirement("AUD-01")
async def test_a_known_page_is_asked_anew_each_time_and_shown_only_to_who_may_see_it(world: World) -> None:
    door = Door()
    coordinator, colleague = await world.coordinator("Boone"), await world.coordinator("Adair")
    home = await world.provider("Boone")
    nobody = await world.user(Role.CSO)
    first = await world.published(coordinator, "Boone")
    for _ in range(3):
        assert f'"number":{first},'.encode() in await door.fast(coordinator, PAGE)
    assert len(door.operations) == 1

    second = await world.published(coordinator, "Boone")
    told = await door.fast(coordinator, PAGE)
    assert f'"number":{second},'.encode() in told
    assert b'"number"' not in await door.fast(colleague, PAGE)
    refused = await door.fast(nobody, PAGE)
    assert orjson.loads(refused[3:])["errors"][0]["extensions"] == {"code": "DENIED"}
    assert refused == await door.ordinary(nobody, PAGE)
    last = (await world.entries("referral.list"))[-2:]
    assert [(it.outcome, it.actor_id) for it in last] == [(Outcome.REFUSED, nobody.actor.id)] * 2

    assert f'"number":{first},'.encode() in await door.fast(home.staff, PAGE)
    await exclude_provider(coordinator, first, home.id, "family's wish")
    assert f'"number":{first},'.encode() not in await door.fast(home.staff, PAGE)
    referral = await Referral.get(number=second)
    await Consumer.filter(id=referral.consumer_id).update(last_name="Newly-Married")
    assert b"Newly-Married" in await door.fast(home.staff, PAGE)


async def test_the_same_document_with_other_variables_is_another_operation(world: World) -> None:
    door = Door()
    coordinator = await world.coordinator("Boone")
    numbers = [await world.published(coordinator, "Boone") for _ in range(3)]
    document = "query($first: Int!) { referrals(first: $first) { nodes { number } } }"
    for _ in range(3):
        for first in (1, 3, 2):
            shown = orjson.loads((await door.fast(coordinator, document, first=first))[3:])["data"]["referrals"][
                "nodes"
            ]
            assert [node["number"] for node in shown] == numbers[:first]
    assert len(door.operations) == 3


UNUSUAL = (
    "query($yes: Boolean = true) { referrals { nodes { number status @include(if: $yes) } } }",
    "{ referrals { nodes { number } } again: referrals { nodes { status } } }",
    "{ referrals { nodes { number } } viewer { id } }",
    "{ referrals { edges { node { number } } } }",
    "{ referrals { nodes { number timeline { act } } } }",
    "{ referrals { nodes { consumer { guardians { name } } } } }",
    "{ referrals { a: nodes { number } b: nodes { status } } }",
    "{ referrals { nodes { a: preferredCounties { fips } b: preferredCounties { name } } } }",
    "{ ...All } fragment All on Query { referrals { nodes { number } } }",
    "{ __schema { queryType { name } } }",
    "{ viewer { id } }",
    "{ referrals { totalCount } }",
)


@pytest.mark.parametrize("document", UNUSUAL, ids=range(len(UNUSUAL)))
async def test_what_is_unusual_goes_to_the_ordinary_executor_each_time(world: World, document: str) -> None:
    door = Door()
    coordinator = await world.coordinator("Boone")
    await world.published(coordinator, "Boone")
    due = await door.ordinary(coordinator, document)
    assert b'"errors"' not in due
    for _ in range(3):
        assert await door.fast(coordinator, document) == due
    assert len(door.operations) == 0


async def test_what_was_refused_or_is_too_large_is_never_known_and_what_is_known_is_bounded(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    small = Door(Limits(page_size=5), most=3)
    for _ in range(3):
        assert b"PAGE_TOO_LARGE" in await small.fast(coordinator, "{ referrals(first: 6) { nodes { number } } }")
        assert b"PAGE_SIZE" in await small.fast(coordinator, "{ referrals(first: 0) { nodes { number } } }")
        await small.fast(coordinator, f"# {'x' * LONGEST}\n{{ referrals(first: 1) {{ nodes {{ number }} }} }}")
    assert len(small.operations) == 0
    for turn in range(10):
        for _ in range(2):
            await small.fast(coordinator, f"{{ a{turn}: referrals(first: 5) {{ nodes {{ number }} }} }}")
    assert len(small.operations) == 3


async def test_a_known_operation_that_takes_too_long_is_stopped_like_any_other(world: World) -> None:
    door = Door(Limits(time=timedelta(seconds=10)))
    coordinator = await world.coordinator("Boone")
    for _ in range(3):
        await door.fast(coordinator, PAGE)
    door.operations.time = timedelta(0)
    late = await door.fast(coordinator, PAGE)
    assert late == await Door(Limits(time=timedelta(0))).ordinary(coordinator, PAGE)
    assert b'"code":"TIMEOUT"' in late


async def test_a_policy_that_begins_is_met_by_the_next_page(world: World) -> None:
    door = Door()
    coordinator = await world.coordinator("Boone")
    await world.published(coordinator, "Boone")
    world.clock.forward(days=40)
    document = "{ referrals { nodes { age overdue } } }"
    for _ in range(3):
        assert b'"age":40,"overdue":false' in await door.fast(coordinator, document)
    await PolicyVersion.create(
        number=1, key="referral.red_days", value=30, effective_from=world.clock().date(), decided_at=world.clock(),
        reason="sooner",
    )  # fmt: skip
    assert b'"age":40,"overdue":true' in await door.fast(coordinator, document)


@pytest.mark.skipif(ENGINE != "postgres", reason="only PostgreSQL lets a reader wait for one table")
async def test_a_row_that_changes_while_a_page_is_read_is_read_anew_with_its_page(world: World) -> None:
    door = Door()
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    kept, taken = [await world.published(coordinator, "Boone") for _ in range(2)]
    for _ in range(3):
        assert f'"number":{taken},'.encode() in await door.fast(home.staff, PAGE)
    await execute("UPDATE county SET name = name")  # what was kept is read anew
    outside = copy_context()
    async with asyncio.timeout(PATIENCE):
        async with in_transaction():
            # Which rows there are is read without the consumers; what they are is not.
            await execute("LOCK TABLE consumer IN ACCESS EXCLUSIVE MODE")
            asked = asyncio.create_task(door.fast(home.staff, PAGE), context=outside)
            await until_somebody_waits()
            await exclude_provider(coordinator, taken, home.id, "family's wish")
        told = await asked
    assert f'"number":{kept},'.encode() in told
    assert f'"number":{taken},'.encode() not in told
