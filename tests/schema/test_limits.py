"""No document, however small or clever, holds the house up."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import toy
from graphql import get_introspection_query, parse
from strawberry.types.execution import ExecutionResult

from schema.limits import Limits
from schema.measure import Measured, measure
from schema.ports import Context

SCHEMA = toy.toy_schema()


def measured(document: str, **variables: object) -> Measured:
    return measure(parse(document), SCHEMA._schema, variables)


async def run(document: str, limits: Limits | None = None, **variables: Any) -> ExecutionResult:
    schema = toy.toy_schema(limits) if limits else SCHEMA
    return await schema.execute(document, variables or None, Context("ada", "r-1"))


async def code(document: str, limits: Limits | None = None, **variables: Any) -> str | None:
    result = await run(document, limits, **variables)
    return str((result.errors[0].extensions or {})["code"]) if result.errors else None


def doubling(fragments: int) -> str:
    """Build a document whose fragments each spread the next one twice."""
    spread = "".join(f"fragment f{n} on Query{{...f{n + 1} ...f{n + 1}}}" for n in range(fragments))
    return "query{...f0}" + spread + f"fragment f{fragments} on Query{{a:hello}}"


def nested(levels: int) -> str:
    """Build a query that is so many levels deep."""
    return '{dog(name:"rex")' + "{friend" * (levels - 2) + "{name" + "}" * levels


async def test_twenty_doubling_fragments_are_measured_by_looking_at_each_node_twice() -> None:
    bomb = doubling(20)

    size = measured(bomb)

    assert len(bomb) < 800
    assert size.visits <= 90
    assert size.operations[0].aliases == 2**20
    assert await code(bomb) == "TOO_COMPLEX"


def test_the_work_grows_with_the_document_and_not_with_what_it_expands_to() -> None:
    assert measured(doubling(200)).visits - measured(doubling(100)).visits == 400
    assert measured(doubling(200)).operations[0].aliases == 10**9


async def test_fragments_that_spread_each_other_are_told_so() -> None:
    document = "{...a} fragment a on Query{...b} fragment b on Query{...a hello}"

    assert measured(document).cyclic
    assert await code(document) == "BAD_REQUEST"


@pytest.mark.parametrize(("levels", "answer"), [(12, None), (13, "TOO_COMPLEX")])
async def test_a_query_may_be_twelve_levels_deep(levels: int, answer: str | None) -> None:
    assert await code(nested(levels)) == answer


async def test_depth_counts_through_fragments() -> None:
    document = '{dog(name:"rex"){...a}} fragment a on Dog{friend{... on Dog{...b}}} fragment b on Dog{friend{name}}'

    assert measured(document).operations[0].depth == 4
    assert await code(document, Limits(depth=4)) is None
    assert await code(document, Limits(depth=3)) == "TOO_COMPLEX"


@pytest.mark.parametrize(("aliases", "answer"), [(30, None), (31, "TOO_COMPLEX")])
async def test_an_operation_may_have_thirty_aliases(aliases: int, answer: str | None) -> None:
    document = '{dog(name:"rex"){' + " ".join(f"a{n}:name" for n in range(aliases)) + "}}"

    assert await code(document) == answer


@pytest.mark.parametrize("repeated", ["name ", "friend{name} ", "... on Dog{friend{name}} "])
async def test_a_repeated_field_counts_as_an_alias(repeated: str) -> None:
    assert await code('{dog(name:"rex"){' + repeated * 31 + "}}") is None
    assert await code('{dog(name:"rex"){' + repeated * 32 + "}}") == "TOO_COMPLEX"


@pytest.mark.parametrize(("directives", "answer"), [(20, None), (21, "TOO_COMPLEX")])
async def test_an_operation_may_have_twenty_directives(directives: int, answer: str | None) -> None:
    ways = " ".join("...a @include(if:true)" for _ in range(directives - 2))
    document = '{dog(name:"rex") @skip(if:false) {' + ways + "}} fragment a on Dog{... on Dog @skip(if:true) {name}}"
    once = '{dog(name:"rex"){...a name @include(if:true)}} fragment a on Dog{' + "name @skip(if:true) " * (
        directives - 1
    )

    assert measured(document).operations[0].directives == 1 + 2 * (directives - 2)
    assert await code(once + "}") == answer


@pytest.mark.parametrize(("fields", "answer"), [(3, None), (4, "TOO_COMPLEX")])
async def test_root_fields_are_counted_after_fragments(fields: int, answer: str | None) -> None:
    document = "{hello " + "...a " * (fields - 1) + "} fragment a on Query{hello}"

    assert await code(document, Limits(root_fields=3)) == answer


@pytest.mark.parametrize(("fragments", "answer"), [(60, None), (61, "TOO_COMPLEX")])
async def test_a_document_may_have_sixty_fragments(fragments: int, answer: str | None) -> None:
    spreads = " ".join(f"...f{n}" for n in range(fragments))
    document = '{dog(name:"rex"){' + spreads + "}}" + "".join(f"fragment f{n} on Dog{{name}}" for n in range(fragments))

    assert await code(document) == answer


@pytest.mark.parametrize(("tokens", "answer"), [(8, None), (7, "TOO_COMPLEX")])
async def test_a_document_is_not_even_parsed_past_its_tokens(tokens: int, answer: str | None) -> None:
    assert await code("{dogs{name colour}} #", Limits(tokens=tokens)) == answer


@pytest.mark.parametrize(("size", "answer"), [(100, None), (101, "PAGE_TOO_LARGE"), (-1, None)])
async def test_a_page_holds_a_hundred_rows(size: int, answer: str | None) -> None:
    by_variable = "query($n:Int!){dogs(first:$n){name}}"

    assert await code(f"{{dogs(first:{size}){{name}}}}") == answer
    assert await code(by_variable, n=size) == answer
    assert await code(f"query($n:Int={size}){{...a}} fragment a on Query{{dogs(first:$n){{name}}}}") == answer


async def test_a_number_of_five_thousand_digits_is_refused_and_no_fault() -> None:
    digits = "9" * 5_000

    assert await code(f"{{dogs(first:{digits}){{name}}}}") == "PAGE_TOO_LARGE"
    assert await code(f'{{dog(name:"rex",colour:{digits}){{name}}}}') == "BAD_REQUEST"


def test_pages_multiply_what_is_below_them() -> None:
    document = "query($n:Int){dogs(first:10){name puppies(first:$n){name colour}}}"

    # 1 + 10 x (name + (1 + n x 2))
    assert measured(document, n=5).operations[0].cost == 1 + 10 * (1 + 1 + 5 * 2)
    assert measured(document, n=5.0).operations[0].cost == 121
    # Without a page size the argument's default counts: 10.
    assert measured(document).operations[0].cost == 1 + 10 * (1 + 1 + 10 * 2)


async def test_the_cost_is_taken_anew_for_other_variables_of_a_document_that_is_known_to_be_valid() -> None:
    document = "query($n:Int!){dogs(first:$n){puppies(first:$n){puppies(first:$n){name}}}}"

    assert await code(document, n=10) is None
    assert await code(document, n=100) == "TOO_COMPLEX"
    assert await code(document, n=10) is None


@pytest.mark.parametrize(("cost", "answer"), [(21, None), (20, "TOO_COMPLEX")])
async def test_the_cost_is_held_to_its_limit(cost: int, answer: str | None) -> None:
    assert await code("{dogs(first:10){name colour}}", Limits(cost=cost)) == answer


async def test_the_same_invalid_document_is_refused_the_same_way_each_time() -> None:
    first, second = await run("{dogs{nam}}"), await run("{dogs{nam}}")

    assert [error.formatted for error in first.errors or ()] == [error.formatted for error in second.errors or ()]


async def test_no_suggestions_are_made() -> None:
    found = (await run("{dogs{nam}}")).errors or []

    assert [error.message for error in found] == ["Cannot query field 'nam' on type 'Dog'."]


async def test_suggestions_are_made_where_that_is_wanted() -> None:
    schema = toy.toy_schema()
    schema.suggestions = True

    result = await schema.execute("{dogs{nam}}")

    assert "Did you mean 'name'?" in (result.errors or [])[0].message


async def test_a_signed_in_caller_may_ask_for_the_schema() -> None:
    assert await code(get_introspection_query(input_value_deprecation=True)) is None


@pytest.mark.parametrize("asking", ["{__schema{queryType{name}}}", '{__type(name:"Dog"){name}}'])
async def test_questions_about_the_schema_can_be_switched_off(asking: str) -> None:
    assert await code(asking) is None
    assert await code(asking, Limits(introspection=False)) == "DENIED"
    assert await code("{__typename}", Limits(introspection=False)) is None


async def test_an_endless_question_about_the_schema_is_refused() -> None:
    document = '{__type(name:"Dog"){' + "ofType{" * 18 + "name" + "}" * 20

    assert await code(document) == "TOO_COMPLEX"


async def test_an_operation_that_takes_too_long_is_stopped() -> None:
    toy.kennel.open = asyncio.Event()

    async with asyncio.timeout(30):
        result = await run("{hello slow}", Limits(time=timedelta(milliseconds=20)))

    assert result.data is None
    assert [(error.extensions or {})["code"] for error in result.errors or ()] == ["TIMEOUT"]


async def test_an_operation_that_is_done_in_time_is_answered() -> None:
    toy.kennel.open = asyncio.Event()
    running = asyncio.ensure_future(run("{slow}", Limits(time=timedelta(seconds=20))))
    await asyncio.sleep(0)
    toy.kennel.open.set()

    assert (await running).data == {"slow": "open"}
