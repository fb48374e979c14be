"""The fast executor answers the same bytes as the ordinary one, whatever is asked and whatever the views hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime
from enum import Enum
from random import Random
from types import SimpleNamespace
from typing import Any, cast, get_args, get_origin, get_type_hints
from uuid import UUID

import orjson
import pytest
import strawberry
from asking import Asking
from graphql import GraphQLError, GraphQLObjectType, get_named_type
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strawberry.extensions import ValidationCache
from strawberry.types.execution import ExecutionContext, ExecutionResult

from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider
from resolvers.paging import Page
from resolvers.pending_placements import set_pending_placement
from resolvers.referral_shapes import ReferralView
from resolvers.responses import Answer, respond_to_referral
from rules.referrals import DeclineReason, Provision, ReferralStatus, ResponseKind
from rules.roles import Role
from schema.fast_execution import FastExecutor, Writers, fast_executor
from schema.house import build_schema
from schema.limits import KnownDocuments, Limits
from schema.nodes import Connection, connection_of
from schema.ports import Context
from schema.referral_types import Provider, Referral
from tests.world.world import World


@strawberry.type
class Asked:
    """A root without use cases: it shows the views that it is given."""

    page: Connection[Referral]
    maybe: Referral | None
    several: list[Referral | None]


class _Silent(strawberry.Schema):
    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Say nothing: most errors here are wanted."""


def _schema(executor: type[FastExecutor] | None) -> strawberry.Schema:
    return _Silent(
        Asked, types=[Referral, Provider], execution_context_class=executor,
        extensions=[lambda: KnownDocuments(maxsize=64), lambda: ValidationCache(maxsize=64)],
    )  # fmt: skip


ORDINARY, FAST = _schema(None), _schema(fast_executor())

ODD: tuple[Any, ...] = (
    None, 0, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, True, False, 1.5, "", "x", "OPEN", b"x", [], [None], {}, (),
    date(2026, 3, 2), datetime(2026, 3, 2, 15, tzinfo=UTC), UUID(int=7), ReferralStatus.OPEN, ResponseKind.DECLINE,
    object(), SimpleNamespace(id=UUID(int=7), name="x"), ValueError("told"), GraphQLError("told too"),
)  # fmt: skip


def _bytes(result: ExecutionResult | Any) -> bytes:
    return orjson.dumps({"data": result.data, "errors": [error.formatted for error in result.errors or ()]})


def _disturb(data: st.DataObject, view: Any) -> None:
    """Put something odd somewhere into a view."""
    while True:
        name = data.draw(st.sampled_from([it.name for it in dataclasses.fields(view)]))
        value = getattr(view, name)
        if isinstance(value, list) and value and data.draw(st.booleans()):
            place = data.draw(st.integers(0, len(value) - 1))
            if dataclasses.is_dataclass(value[place]) and data.draw(st.booleans()):
                view = value[place]
                continue
            value[place] = data.draw(st.sampled_from(ODD))
            return
        if dataclasses.is_dataclass(value) and data.draw(st.booleans()):
            view = value
            continue
        setattr(view, name, data.draw(st.sampled_from(ODD)))
        return


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_document_over_any_views_is_answered_with_the_same_bytes(data: st.DataObject) -> None:
    _executor(FAST).writers = Writers()
    views = data.draw(st.lists(st.from_type(ReferralView), max_size=3))
    for _ in range(data.draw(st.integers(0, 2)) if views else 0):
        _disturb(data, data.draw(st.sampled_from(views)))
    cursors = [str(place) for place in range(len(views))]
    page = Page(nodes=views, cursors=cursors, has_next_page=False, has_previous_page=True, total_count=len(views))
    asked = Asked(
        page=connection_of(page), maybe=cast("Any", views[0] if views else None), several=cast("Any", [None, *views]),
    )  # fmt: skip
    choose = Random(data.draw(st.integers(0, 2**32))).randrange
    document = Asking(ORDINARY._schema, choose).document(data.draw(st.sampled_from(["page", "maybe", "several"])))
    variables = {"yes": data.draw(st.booleans())} if "$yes" in document else {}

    due = _bytes(ORDINARY.execute_sync(document, variables, root_value=asked))

    for _ in range(3):  # met for the first time, prepared, and kept
        assert _bytes(FAST.execute_sync(document, variables, root_value=asked)) == due


def _full(hint: Any) -> Any:
    """Make a value of a type with something everywhere."""
    if get_origin(hint) is list:
        return [_full(get_args(hint)[0])]
    if type(None) in get_args(hint):
        return _full(next(it for it in get_args(hint) if it is not type(None)))
    if dataclasses.is_dataclass(hint):
        return hint(**{name: _full(below) for name, below in get_type_hints(hint).items()})  # type: ignore[operator]
    if issubclass(hint, Enum):
        return next(iter(hint))
    plain = {str: "x", int: 7, bool: True, date: date(2026, 3, 2), UUID: UUID(int=7)}
    return plain[hint] if hint in plain else datetime(2026, 3, 2, 15, tzinfo=UTC)


def _everything(type_: GraphQLObjectType) -> str:
    """Select every field there is."""
    parts = []
    for name, it in type_.fields.items():
        below = get_named_type(it.type)
        parts.append(f"{name} {_everything(below)}" if isinstance(below, GraphQLObjectType) else name)
    return "{ " + " ".join(parts) + " }"


def _holders(view: Any) -> Iterator[Any]:
    """Give a view and every view in it."""
    yield view
    for it in dataclasses.fields(view):
        value = getattr(view, it.name)
        for one in value if isinstance(value, list) else [value]:
            if dataclasses.is_dataclass(one):
                yield from _holders(one)


def test_each_field_of_each_view_is_answered_alike_whatever_it_holds() -> None:
    view = _full(ReferralView)
    asked = Asked(page=cast("Any", None), maybe=view, several=[])
    document = "{ maybe " + _everything(cast("GraphQLObjectType", ORDINARY._schema.get_type("Referral"))) + " }"
    _executor(FAST).writers = Writers()
    for _ in range(3):
        told = _bytes(FAST.execute_sync(document, root_value=asked))
    assert told == _bytes(ORDINARY.execute_sync(document, root_value=asked))
    assert b'"errors":[]' in told

    for holder in list(_holders(view)):
        for it in dataclasses.fields(holder):
            usual = getattr(holder, it.name)
            for odd in ODD:
                setattr(
                    holder, it.name, [odd] if isinstance(usual, list) and isinstance(odd, str | int | None) else odd
                )
                due, told = (_bytes(schema.execute_sync(document, root_value=asked)) for schema in (ORDINARY, FAST))
                assert told == due, (type(holder).__name__, it.name, odd)
            setattr(holder, it.name, usual)


def _executor(schema: strawberry.Schema) -> type[FastExecutor]:
    return cast("type[FastExecutor]", schema.execution_context_class)


GRID = """{ referrals {
  nodes {
    id number status age overdue publishedAt preferredCounties { fips name } consumer { id name birthDate gender }
    primaryCoordinator { id name email } pendingPlacement { since provider { id name } }
    ownResponse { id kind provision provider { name } }
  }
  edges { cursor node { ...Short } } pageInfo { hasNextPage endCursor } totalCount
} } fragment Short on Referral { __typename number facility { code name } }"""


async def _filled(world: World) -> list[Caller]:
    """Make a world with something of everything; give people who see different parts of it."""
    coordinator, colleague = await world.coordinator("Boone", "Clay"), await world.coordinator("Adair")
    home, other = await world.provider("Boone"), await world.provider("Boone", "Adair")
    numbers = [await world.published(coordinator, *counties) for counties in (("Boone",), ("Boone", "Clay"), ())]
    await world.draft(coordinator, "Clay")
    await respond_to_referral(home.staff, numbers[0], Answer(ResponseKind.ACCEPT))
    await respond_to_referral(
        other.staff, numbers[0], Answer(ResponseKind.DECLINE, None, DeclineReason.OTHER, "No bed.")
    )
    await respond_to_referral(
        home.staff, numbers[1], Answer(ResponseKind.TENTATIVE, next(iter(Provision)), None, "Perhaps — “soon”.")
    )
    await set_pending_placement(coordinator, numbers[0], home.id)
    await exclude_provider(coordinator, numbers[2], other.id, "family's wish")
    return [
        coordinator,
        colleague,
        home.staff,
        other.staff,
        await world.user(Role.CENTRAL_STAFF),
        await world.user(Role.CSO),
    ]


async def _asked(schema: strawberry.Schema, document: str, caller: Caller, **variables: object) -> bytes:
    return _bytes(await schema.execute(document, variables or None, Context(caller, caller.request_id)))


@pytest.mark.parametrize("seed", range(6))
async def test_the_whole_house_answers_random_documents_with_the_same_bytes_and_writes_the_same_down(
    world: World, seed: int
) -> None:
    random = Random(seed)
    limits = Limits(cost=10**9, depth=100, aliases=10**6, fragments=10**6, tokens=10**6, directives=10**6)
    ordinary, fast = build_schema(limits, is_fast=False), build_schema(limits)
    callers = await _filled(world)
    roots = ["referrals", "referrals(first: 2)", "referrals(first: 0)", "referral(number: 1)", "referral(number: 99)",
             "counties", "facilities", "notifications", "viewer", "coordinators",
             'referrals(after: "nonsense")']  # fmt: skip
    for _ in range(6):
        root, caller = random.choice(roots), random.choice(callers)
        document = Asking(ordinary._schema, random.randrange).document(root, depth=4)
        due = await _asked(ordinary, document, caller)
        noted = await world.entries("referral.list")
        for _ in range(3):
            assert await _asked(fast, document, caller) == due, document
        again = (await world.entries("referral.list"))[len(noted) :]
        for entry in again:
            assert (entry.subjects, entry.shown, entry.code) == (noted[-1].subjects, noted[-1].shown, noted[-1].code)


async def test_the_grid_is_written_by_a_kept_writer_and_shows_what_is_new_and_only_to_who_may_see_it(
    world: World,
) -> None:
    ordinary, fast = build_schema(is_fast=False), build_schema()
    callers = await _filled(world)
    for caller in callers * 3:
        assert await _asked(fast, GRID, caller) == await _asked(ordinary, GRID, caller)
    kept = len(_executor(fast).writers)
    assert kept

    number = await world.published(callers[0], "Boone")
    told = await _asked(fast, GRID, callers[0])
    assert f'"number":{number},'.encode() in told
    assert f'"number":{number},'.encode() not in await _asked(fast, GRID, callers[1])
    assert told == await _asked(ordinary, GRID, callers[0])
    assert len(_executor(fast).writers) == kept


async def test_what_is_asked_once_is_not_prepared_and_what_is_kept_is_bounded(world: World) -> None:
    fast = build_schema()
    coordinator = await world.coordinator("Boone")
    await world.published(coordinator, "Boone")
    executor = _executor(fast)
    executor.writers = Writers(most=3)
    for turn in range(10):
        await _asked(fast, f"{{ a{turn}: referrals {{ nodes {{ number }} }} }}", coordinator)
    assert len(executor.writers) == 0
    for turn in range(10):
        await _asked(fast, f"{{ a{turn}: referrals {{ nodes {{ number }} }} }}", coordinator)
    assert len(executor.writers) == 3


async def test_a_directive_is_decided_anew_each_time(world: World) -> None:
    fast = build_schema()
    coordinator = await world.coordinator("Boone")
    await world.published(coordinator, "Boone")
    document = "query($yes: Boolean!) { referrals { nodes { number status @include(if: $yes) } } }"
    for yes in (True, False, True, False):
        assert (b'"status"' in await _asked(fast, document, coordinator, yes=yes)) == yes
