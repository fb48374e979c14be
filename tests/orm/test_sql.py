"""One SQL text with named parameters says the same on both engines."""

# ruff: noqa: PT012 (what happens inside a transaction is the point)

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from engine_models import Colour, Counter, Sample
from engine_scratch import ENGINE
from tortoise.connection import get_connection
from tortoise.transactions import in_transaction

from orm.sql import compiled, execute, fetch, to_date, to_instant, to_json, to_uuid
from orm.statements import Kind, statement_kind

AT = datetime(2026, 1, 5, 14, 30, 15, 250, tzinfo=UTC)
DAY = date(2026, 1, 5)


def test_a_name_becomes_the_mark_of_each_driver() -> None:
    sql = "SELECT * FROM t WHERE a = :a AND b = :b AND c = :a"
    assert compiled(sql, {"a": 1, "b": 2}, "sqlite") == ("SELECT * FROM t WHERE a = ? AND b = ? AND c = ?", [1, 2, 1])
    assert compiled(sql, {"a": 1, "b": 2}, "postgres") == (
        "SELECT * FROM t WHERE a = $1 AND b = $2 AND c = $1",
        [1, 2],
    )


@pytest.mark.parametrize(
    "quoted",
    [
        "':no'",
        "'it''s :no'",
        '":no"',
        "x::no",
        "'a' || '::no'",
        "-- :no\n",
        "/* :no\n :no */",
        "$$ :no $$",
        "$f$ :no $f$",
    ],
)
def test_what_only_looks_like_a_name_stays_as_it_is(quoted: str) -> None:
    assert compiled(f"SELECT {quoted} , :yes", {"yes": 1}, "postgres") == (f"SELECT {quoted} , $1", [1])
    assert compiled(f"SELECT {quoted} , :yes", {"yes": 1}, "sqlite") == (f"SELECT {quoted} , ?", [1])


def test_a_list_becomes_marks_or_an_array() -> None:
    sql = "SELECT 1 WHERE a IN (:ids) AND b not  in ( :ids ) AND c = :c"
    assert compiled(sql, {"ids": (1, 2), "c": 3}, "sqlite") == (
        "SELECT 1 WHERE a IN (?, ?) AND b NOT IN (?, ?) AND c = ?",
        [1, 2, 1, 2, 3],
    )
    assert compiled(sql, {"ids": (1, 2), "c": 3}, "postgres") == (
        "SELECT 1 WHERE a = ANY($1) AND b <> ALL($1) AND c = $2",
        [[1, 2], 3],
    )


@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("SELECT :a", {}),
        ("SELECT :a", {"a": 1, "b": 2}),
        ("SELECT :a", {"a": [1]}),
        ("SELECT 1 WHERE 1 IN (:a)", {"a": 1}),
        ("SELECT 1 WHERE 1 IN (:a)", {"a": "text"}),
        ("SELECT :a", {"a": object()}),
        ("SELECT :a", {"a": timedelta(1)}),
        ("SELECT :a", {"a": datetime(2026, 1, 5)}),  # noqa: DTZ001 (the point of it)
    ],
)
@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_a_parameter_that_does_not_fit_is_refused(sql: str, params: dict[str, object], dialect: str) -> None:
    with pytest.raises(TypeError):
        compiled(sql, params, dialect)


def test_a_refused_parameter_is_named_but_not_shown() -> None:
    with pytest.raises(TypeError) as refusal:
        compiled("SELECT :a", {"a": ["secret"]}, "sqlite")
    assert "secret" not in str(refusal.value)


def test_values_are_stored_in_sqlite_as_the_orm_stores_them() -> None:
    key = UUID("7b1f8a52-5f0f-4c7e-9f4b-0a4bb7b0a001")
    chicago = datetime(2026, 1, 5, 8, 30, tzinfo=timezone(timedelta(hours=-6)))
    values = {
        "a": key,
        "b": chicago,
        "c": DAY,
        "d": True,
        "e": Colour.RED,
        "f": {"n": 1},
        "g": Decimal("1.50"),
        "h": None,
    }
    sql = "SELECT " + ", ".join(f":{name}" for name in values)
    assert compiled(sql, values, "sqlite")[1] == [
        "7b1f8a52-5f0f-4c7e-9f4b-0a4bb7b0a001",
        "2026-01-05 14:30:00+00:00",
        "2026-01-05",
        1,
        "red",
        '{"n":1}',
        "1.50",
        None,
    ]


@pytest.mark.engine
@pytest.mark.usefixtures("scratch")
async def test_a_row_of_the_orm_is_found_by_every_type_of_value() -> None:
    row = await Sample.create(at=AT, day=DAY, is_open=True, colour=Colour.BLUE, document={"n": 1})
    await Sample.create(at=AT - timedelta(microseconds=1), day=DAY, is_open=False, colour=Colour.RED, document={})
    chicago = AT.astimezone(timezone(timedelta(hours=-6)))
    found = await fetch(
        """SELECT id, at, day, document FROM sample
           WHERE id = :id AND at = :at AND at >= :at AND day = :day AND is_open = :yes AND colour = :colour""",
        id=row.id,
        at=chicago,
        day=DAY,
        yes=True,
        colour=Colour.BLUE,
    )
    assert [to_uuid(each["id"]) for each in found] == [row.id]
    assert (to_instant(found[0]["at"]), to_date(found[0]["day"]), to_json(found[0]["document"])) == (AT, DAY, {"n": 1})
    assert await fetch("SELECT 1 AS one FROM sample WHERE at > :at", at=AT) == []


@pytest.mark.engine
@pytest.mark.usefixtures("scratch")
async def test_a_row_written_in_sql_is_read_by_the_orm() -> None:
    key = uuid4()
    sql = """INSERT INTO sample (id, at, day, is_open, colour, document)
             VALUES (:id, :at, :day, :is_open, :colour, :document)"""
    document = {"n": 1}
    assert await execute(sql, id=key, at=AT, day=DAY, is_open=False, colour=Colour.RED, document=document) == 1
    row = await Sample.get(id=key, at=AT, day=DAY, is_open=False, colour=Colour.RED)
    assert (row.at, row.day, row.is_open, row.colour, row.document) == (AT, DAY, False, Colour.RED, document)


@pytest.mark.engine
@pytest.mark.usefixtures("scratch")
async def test_an_empty_list_holds_nothing_and_everything_is_outside_it() -> None:
    await Counter.bulk_create([Counter(id=number) for number in (1, 2, 3)])

    async def ids(sql: str, given: list[int]) -> list[int]:
        return [
            row["id"] for row in await fetch(f"SELECT id FROM scratch_counter WHERE {sql} ORDER BY id", given=given)
        ]

    assert await ids("id IN (:given)", [1, 3]) == [1, 3]
    assert await ids("id NOT IN (:given)", [1, 3]) == [2]
    assert await ids("id IN (:given)", []) == []
    assert await ids("id NOT IN (:given)", []) == [1, 2, 3]
    rows = [await Sample.create(at=AT, day=DAY, is_open=True, colour=Colour.RED, document={}) for _ in range(2)]
    found = await fetch("SELECT id FROM sample WHERE id IN (:given)", given={row.id for row in rows})
    assert {to_uuid(row["id"]) for row in found} == {row.id for row in rows}
    assert await fetch("SELECT id FROM sample WHERE id IN (:given)", given=[]) == []


@pytest.mark.engine
@pytest.mark.usefixtures("scratch")
async def test_a_statement_runs_inside_the_transaction_that_is_open() -> None:
    with pytest.raises(ZeroDivisionError):
        async with in_transaction():
            assert await execute("INSERT INTO scratch_counter (id, value) VALUES (:id, :value)", id=1, value=7) == 1
            assert await fetch("SELECT value FROM scratch_counter WHERE id = :id", id=1) == [{"value": 7}]
            raise ZeroDivisionError
    assert await fetch("SELECT value FROM scratch_counter WHERE id = :id", id=1) == []


@pytest.mark.engine
@pytest.mark.usefixtures("scratch")
async def test_a_changed_row_comes_back_from_the_statement_that_changed_it() -> None:
    await Counter.create(id=1, value=1)
    sql = "UPDATE scratch_counter SET value = value + :by WHERE id = :id AND value = :seen RETURNING value"
    assert await fetch(sql, by=5, id=1, seen=1) == [{"value": 6}]
    assert await fetch(sql, by=5, id=1, seen=1) == []
    assert await execute("UPDATE scratch_counter SET value = 0 WHERE value = :seen", seen=1) == 0
    assert await execute("UPDATE scratch_counter SET value = 0 WHERE value = :seen", seen=6) == 1


@pytest.mark.skipif(ENGINE != "sqlite", reason="the driver of PostgreSQL sees to it")
@pytest.mark.engine
@pytest.mark.usefixtures("scratch")
async def test_an_instant_without_a_time_zone_is_refused_and_any_other_is_kept_in_utc() -> None:
    query = get_connection("default").execute_query_dict
    chicago = AT.astimezone(timezone(timedelta(hours=-6)))
    assert await query("SELECT ? AS at", [chicago]) == [{"at": "2026-01-05 14:30:15.000250+00:00"}]
    with pytest.raises(ValueError, match="time zone"):
        await query("SELECT ? AS at", [AT.replace(tzinfo=None)])


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", Kind.READ),
        ("\n  select*from t", Kind.READ),
        ("-- note\nSELECT 'DELETE'", Kind.READ),
        ("SELECTED", Kind.OTHER),
        ("SELECT last_insert_rowid()", Kind.OTHER),
        ("SELECT changes()", Kind.OTHER),
        ("WITH x AS (SELECT 1) SELECT * FROM x", Kind.READ),
        ("WITH x AS (SELECT 1) SELECT 'update', \"delete\" FROM x -- insert", Kind.READ),
        ("WITH x AS (SELECT 1) UPDATE t SET a = 1", Kind.WRITE_IN_WITH),
        ("WITH x AS (INSERT INTO t VALUES (1) RETURNING id) SELECT * FROM x", Kind.WRITE_IN_WITH),
        ("WITH x AS (SELECT 1) SELECT replace(a, b, c) FROM x", Kind.WRITE_IN_WITH),
        ("INSERT INTO t VALUES (1)", Kind.WRITE),
        ("INSERT INTO t VALUES ('returning')", Kind.WRITE),
        ("insert into t values (1) returning id", Kind.WRITE_RETURNING),
        ("UPDATE t SET a = 1", Kind.WRITE),
        ("DELETE FROM t RETURNING *", Kind.WRITE_RETURNING),
        ("REPLACE INTO t VALUES (1)", Kind.WRITE),
        ("EXPLAIN SELECT 1", Kind.OTHER),
        ("PRAGMA foreign_keys", Kind.OTHER),
        ("BEGIN", Kind.OTHER),
        ("VALUES (1)", Kind.OTHER),
        ("", Kind.OTHER),
    ],
)
def test_only_what_is_surely_a_read_counts_as_one(sql: str, kind: Kind) -> None:
    assert statement_kind(sql) is kind
