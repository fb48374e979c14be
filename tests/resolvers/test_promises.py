"""Whoever is told gets each line and each letter once, in the order of the promises, whatever the news are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import RFC_4122, UUID

import pytest
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from orm.faults import is_unique_violation
from orm.models import Letter, Mailbox, Notification
from orm.rows import ids_as_texts, ids_in_one_piece, side_by_side
from orm.sql import dialect, execute, fetch, to_json
from resolvers import lines_beyond, promises
from resolvers.letter_recipients import _DUE
from resolvers.lines_beyond import lines_by_keys
from resolvers.promises import _GIVEN, _NEWS, Promise, Reader, _keep_all, keep
from rules.notices import NotificationKind
from tests.conftest import ENGINE
from tests.world.counting import counting
from tests.world.world import World

KIND = NotificationKind.REQUEST_WAITS
ODD = (
    'She said "no"',
    "back\\slash",
    "{braces, and commas}",
    "NULL",
    "",
    "Zoë’s",
    "line\nbreak\ttab",
    "a'quote",
    "\\",
    '"',
)


async def _readers(world: World, many: int) -> list[Reader]:
    people = [await world.user() for _ in range(many)]
    return [Reader(who.actor.mailbox_id, None, who.actor.id, has_address=True) for who in people]


async def _told(reader: Reader) -> list[tuple[int, int | None]]:
    rows = await Notification.filter(mailbox_id=reader.mailbox_id).order_by("line")
    return [(row.line, row.subject_number) for row in rows]


async def test_several_news_for_one_reader_stand_in_the_order_in_which_they_were_promised(world: World) -> None:
    one, two, three = await _readers(world, 3)
    news = [
        Promise([one, two], KIND, None, 1),
        Promise([two, three], KIND, None, 2),
        Promise([one, two], KIND, None, 1),  # which both have heard
        Promise([two], KIND, None, 3),
    ]

    assert (await keep(news, world.clock())).mailboxes == {one.mailbox_id, two.mailbox_id, three.mailbox_id}
    assert (await keep([Promise([two], KIND, None, 4)], world.clock())).mailboxes == {two.mailbox_id}

    assert await _told(one) == [(1, 1)]
    assert await _told(two) == [(1, 1), (2, 2), (3, 3), (4, 4)]
    assert await _told(three) == [(1, 2)]
    for reader, last in ((one, 1), (two, 4), (three, 1)):
        assert (await Mailbox.get(id=reader.mailbox_id)).last_line == last
        letters = {letter.id: letter.facts["number"] for letter in await Letter.filter(user_id=reader.user_id)}
        lines = await Notification.filter(mailbox_id=reader.mailbox_id)
        assert letters == {line.id: line.subject_number for line in lines}
    for rows in (await Notification.all(), await Letter.all()):
        assert len({row.id for row in rows}) == len(rows) == 6


async def test_keys_follow_one_another_in_the_order_of_the_promises(world: World) -> None:
    readers = await _readers(world, 30)
    news = [Promise([reader], KIND, None, place) for place, reader in enumerate(readers)]
    known: set[UUID] = set()
    for statement in (1, 2, 3):
        await keep([*news, Promise(readers[:5], KIND, None, 99)], world.clock())
        new = sorted(await Notification.exclude(id__in=known), key=lambda line: line.id)
        assert [line.subject_number for line in new] == [*range(30), *[99] * 5]
        known |= {line.id for line in new}
        assert len(known) == 35 * statement, "two statements of one instant have no key in common"
    assert {letter.id for letter in await Letter.all()} == known
    milliseconds = int(world.clock().timestamp() * 1000)
    assert {(key.version, key.int >> 80) for key in known} == {(7, milliseconds)}


def test_keys_are_in_order_however_many_and_one_tells_nothing_of_the_next() -> None:
    at = datetime(2026, 3, 2, 15, 0, 0, 999_500, tzinfo=UTC)
    keys = [UUID(text) for text in ids_as_texts(ids_in_one_piece(10_000, at))]
    assert keys == sorted(keys)
    assert {(key.version, key.variant) for key in keys} == {(7, RFC_4122)}
    assert [str(key) for key in keys[:1]] != ids_as_texts(ids_in_one_piece(1, at))
    unknown = [key.int & (1 << 60) - 1 for key in keys]
    assert len({*unknown, *(one - other for one, other in pairwise(unknown))}) == 2 * len(keys) - 1
    assert ids_as_texts(ids_in_one_piece(0, at)) == []


async def test_a_promise_that_names_itself_is_kept_once_and_any_other_as_often_as_it_is_made(world: World) -> None:
    one, two = await _readers(world, 2)
    named, plain = Promise([one], KIND, None, 1, key="once"), Promise([one, two], KIND, None, 1)
    for promise in (named, plain, plain):
        await keep([promise], world.clock())
    before = (await Notification.all().count(), await Letter.all().count())
    assert before == (5, 5)

    with pytest.raises(IntegrityError) as refused:
        async with in_transaction():
            await keep([Promise([two], KIND, None, 2), named], world.clock())

    assert is_unique_violation(refused.value)
    assert (await Notification.all().count(), await Letter.all().count()) == before
    await keep([Promise([one], KIND, None, 1, key="another")], world.clock())


async def test_who_has_no_address_gets_the_line_alone_and_a_key_names_its_letter(world: World) -> None:
    one, two = await _readers(world, 2)
    await keep(
        [Promise([one._replace(has_address=False), two], KIND, None, 1), Promise([two], KIND, None, 2, key='a "key"')],
        world.clock(),
    )
    assert (await _told(one), await _told(two)) == ([(1, 1)], [(1, 1), (2, 2)])
    [first, second] = await Notification.filter(mailbox_id=two.mailbox_id).order_by("line")
    assert {letter.id: letter.key for letter in await Letter.all()} == {first.id: None, second.id: 'a "key"'}


async def test_facts_arrive_as_they_were_given(world: World) -> None:
    readers = await _readers(world, len(ODD))
    await keep(
        [
            Promise([reader], KIND, None, place, numbers=(place, 7), facts={"text": text, "list": [None, 1.5]})
            for place, (reader, text) in enumerate(zip(readers, ODD, strict=True))
        ],
        world.clock(),
    )
    for place, (reader, text) in enumerate(zip(readers, ODD, strict=True)):
        [letter], [line] = await Letter.filter(user_id=reader.user_id), await Notification.filter(subject_number=place)
        assert letter.facts == {"number": place, "numbers": [place, 7], "text": text, "list": [None, 1.5]}
        assert line.numbers == [place, 7]


async def test_rows_that_travel_as_columns_arrive_as_they_were_given(world: World) -> None:
    rows = [(place, text, {"of": text}, place % 2 == 0) for place, text in enumerate(ODD)] + [(99, None, [1], False)]
    columns = {"place": "integer", "said": "text", "facts": "jsonb", "even": "boolean"}
    for some in (rows, []):
        given, carried = side_by_side("given", columns, some)
        found = await fetch(f"SELECT * FROM {given} ORDER BY place", **carried)
        assert [(row["place"], row["said"], to_json(row["facts"]), bool(row["even"])) for row in found] == some
    assert world


async def test_many_news_take_as_many_statements_as_one(world: World) -> None:
    readers = await _readers(world, 6)
    heard = []
    for some in (readers[:1], readers):
        with counting() as statements:
            await keep([Promise([reader], KIND, None, at) for at, reader in enumerate(some)], world.clock())
        heard.append(len(statements))
    assert heard == [2, 2] if dialect() == "postgres" else heard == [3, 3]


@pytest.mark.skipif(ENGINE != "postgres", reason="SQLite makes an index of its own for such a join")
@pytest.mark.parametrize("tied", [False, True])
async def test_readers_find_their_news_in_one_go_however_many_those_are(world: World, tied: bool) -> None:
    given, _ = side_by_side("given", _GIVEN, [])
    news, _ = side_by_side("news", _NEWS, [])
    text = _keep_all(given, news, tied=tied).replace(":at", "now()")
    for column in (*(f"given_{name}" for name in _GIVEN), *(f"news_{name}" for name in _NEWS)):
        text = text.replace(f":{column}", "'{}'")
    plan = "\n".join(row["QUERY PLAN"] for row in await fetch(f"EXPLAIN {text}"))
    assert "Hash Full Join" in plan
    assert world


_DUE_NOW = _DUE.replace(":now", "CURRENT_TIMESTAMP").replace(":most", "9")
_NEXT_DUE = "SELECT MIN(due_at) FROM outbox WHERE state = 'QUEUED'"
_PARKED = "SELECT id FROM outbox l WHERE l.state = 'PARKED' ORDER BY created_at DESC, id DESC"


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        pytest.param(_DUE_NOW, "narrow_outbox_due_at_id", id="due"),
        pytest.param(_NEXT_DUE, "narrow_outbox_due_at_id", id="next due"),
        pytest.param(
            _PARKED,
            "narrow_outbox_created_at_id",
            id="parked",
            marks=pytest.mark.skipif(ENGINE != "postgres", reason="SQLite draws no conclusion from IN"),
        ),
    ],
)
async def test_what_is_queued_and_what_is_parked_have_an_index_of_their_own(
    world: World, asked: str, index: str
) -> None:
    async with in_transaction():
        if dialect() == "postgres":  # which would read all of a table that has no rows
            await execute("SET LOCAL enable_seqscan = off")
            await execute("SET LOCAL enable_bitmapscan = off")
        plan = await fetch(f"EXPLAIN {'' if dialect() == 'postgres' else 'QUERY PLAN '}{asked}")
    assert index in str(plan)
    assert world


@pytest.mark.parametrize("many", [1, 4])
async def test_many_lines_are_found_by_ranges_of_their_keys_that_hold_them_all_and_no_other(
    world: World, monkeypatch: pytest.MonkeyPatch, many: int
) -> None:
    monkeypatch.setattr(promises, "WIDE", 4)
    monkeypatch.setattr(promises, "_FIRST_RANGE", 1)
    monkeypatch.setattr(promises, "_RANGE", 2)
    readers = await _readers(world, 4)
    before = await keep([Promise(readers[:1], KIND, None, 1)], world.clock() - timedelta(seconds=1))
    kept = await keep([Promise(readers[:many], KIND, None, 2)], world.clock())
    assert before.keys == ()
    assert [it.lines for it in kept.keys] == ([1, 2, 1] if many == 4 else [])
    found = [await lines_by_keys(it) for it in kept.keys]
    assert [[alike.said.subject_number for alike in one or ()] for one in found] == [[2]] * len(kept.keys)
    assert {it for one in found for alike in one or () for it in alike.places} == (
        {str(it.mailbox_id) for it in readers} if many == 4 else set()
    )


async def test_lines_that_are_not_all_there_are_not_found_by_their_keys(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promises, "WIDE", 1)
    readers = await _readers(world, 3)
    kept = await keep([Promise(readers, KIND, None, 1)], world.clock())
    (keys,) = kept.keys
    assert await lines_by_keys(keys)
    assert await lines_by_keys(keys._replace(lines=4)) is None, "fewer than were said"
    monkeypatch.setattr(lines_beyond, "_STRANGERS", 0)
    assert await lines_by_keys(keys) is None, "as many as are read at most"
    assert await lines_by_keys(keys._replace(first=keys.last, last=keys.first)) is None, "nonsense"
