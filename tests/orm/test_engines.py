"""A cancelled task, a second process or a lost connection takes nothing from anybody else."""

# ruff: noqa: PT012 (what happens inside a transaction is the point)

import asyncio
import fcntl
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from pathlib import Path
from random import Random
from typing import Any

import aiosqlite
import asyncpg
import pytest
from engine_models import Counter, Entry
from engine_scratch import ENGINE, POOL, READERS, connections_too_many, whatever_is_held
from tortoise.connection import get_connection
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError, TransactionManagementError
from tortoise.transactions import in_transaction

from orm.database import open_database
from orm.postgres_driver import LOOKS_EVERY, RELEASE_WITHIN, drop, give_back
from orm.sqlite_engine import SqliteEngine, SqliteTransaction
from orm.sqlite_threads import Readers, connect
from orm.unbroken import finish

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("scratch")]
only_sqlite = pytest.mark.skipif(ENGINE != "sqlite", reason="SQLite has one writer")
only_postgres = pytest.mark.skipif(ENGINE != "postgres", reason="PostgreSQL has a pool")

LINES = 5  # of a whole batch
AT_ONCE = 20.0  # seconds that nothing here may take; a guard, not a measure
BEGUN: set[int] = set()  # batches whose transaction was opened


class CancelledAt:
    """Run ``work`` and cancel the task that awaits it at the given ones of its waits (1 is the first)."""

    def __init__(self, work: Coroutine[Any, Any, None], waits: set[int]) -> None:
        self.work, self.waits, self.waited = work, waits, 0

    def __await__(self) -> Generator[Any, Any, None]:
        step: Callable[[], Any] = lambda: self.work.send(None)  # noqa: E731
        while True:
            try:
                awaited = step()
            except StopIteration:
                return
            self.waited += 1
            task = asyncio.current_task()
            if self.waited in self.waits and task is not None:
                task.cancel()
            try:
                answer = yield awaited
            except BaseException as error:  # noqa: BLE001 (handed on to the work)
                step = lambda error=error: self.work.throw(error)  # noqa: E731
            else:
                step = lambda answer=answer: self.work.send(answer)  # noqa: E731


async def write_batch(batch: int, *, is_nested: bool = True) -> None:
    """Write the lines of a batch in one transaction, in every way there is."""
    async with in_transaction():
        BEGUN.add(batch)
        await Entry.create(batch=batch, line=1)
        if is_nested:
            async with in_transaction():
                await Entry.create(batch=batch, line=2)
        else:
            await Entry.create(batch=batch, line=2)
        assert await Entry.filter(batch=batch).count() == 2
        await Entry.bulk_create([Entry(batch=batch, line=3), Entry(batch=batch, line=4)])
        await asyncio.gather(Entry.create(batch=batch, line=5), Entry.filter(batch=batch).count())


async def lines_of(batch: int) -> int:
    return await Entry.filter(batch=batch).count()


async def cancelled_after(turns: int | None, again_after: int | None, work: Coroutine[Any, Any, None]) -> bool:
    """Run ``work`` as a task, cancel it after some turns of the loop; say whether a cancellation came in time."""
    task = asyncio.create_task(work)
    for pause in (turns, again_after):
        if pause is not None:
            for _ in range(pause):
                if task.done():
                    break
                await asyncio.sleep(0)
            task.cancel()
    await asyncio.wait((task,))
    if task.cancelled():
        return True
    task.result()
    return False


async def test_after_500_cancelled_transactions_nothing_is_locked_and_no_connection_is_missing() -> None:
    BEGUN.clear()
    chance, cancelled, kept, batches = Random(20_260_105), [], [], iter(range(100_000))

    async def somebody() -> None:
        while len(cancelled) < 500:
            batch = next(batches)
            work = write_batch(batch, is_nested=chance.random() < 0.5)
            if chance.random() < 0.2:  # somewhere, most often while it waits its turn
                turns, again = chance.randrange(500), chance.choice([None, chance.randrange(20)])
                came_in_time = await cancelled_after(turns, again, work)
            else:  # at any of its own waits, once or twice
                waits = {chance.randrange(1, 40), chance.randrange(1, 80)}
                came_in_time = await cancelled_after(None, None, _awaiting(CancelledAt(work, waits)))
            (cancelled if came_in_time else kept).append(batch)

    async with asyncio.timeout(30):
        await asyncio.gather(*(somebody() for _ in range(12)))

    async with asyncio.timeout(AT_ONCE):
        await write_batch(-1)
        assert await whatever_is_held() == []
        written = await Entry.all().values_list("batch", flat=True)
        counts = {batch: written.count(batch) for batch in set(written)}
    assert len(cancelled) >= 500
    assert len(kept) >= 50, "the storm must let some through"
    assert len(BEGUN.intersection(cancelled)) >= 50, "and must cut into open transactions"
    assert set(counts.values()) == {LINES}, "a batch is there as a whole or not at all"
    assert set(kept) <= set(counts)


@pytest.mark.parametrize("repeated", [False, True])
@pytest.mark.parametrize("is_nested", [False, True])
async def test_a_transaction_cancelled_at_any_of_its_waits_leaves_all_or_nothing(
    is_nested: bool, repeated: bool
) -> None:
    async with asyncio.timeout(30):
        await write_batch(0)
        for wait in range(1, 200):
            attempt = CancelledAt(write_batch(wait, is_nested=is_nested), {wait, wait + 1} if repeated else {wait})
            try:
                await asyncio.create_task(_awaiting(attempt))
            except asyncio.CancelledError:
                assert await whatever_is_held() == []
                assert await lines_of(wait) in {0, LINES}
            else:
                break
    steps = 7 + 2 * is_nested  # BEGIN, four writes, a count, COMMIT; SAVEPOINT and its RELEASE
    assert wait > steps, "the walk must have met every step of the transaction"
    assert await lines_of(wait) == LINES


async def _awaiting(work: Awaitable[None]) -> None:
    await work


async def test_a_first_connection_that_is_cancelled_leaves_the_next_one_whole() -> None:
    for wait in range(1, 50):
        await get_connection("default").close()
        try:
            await asyncio.create_task(_awaiting(CancelledAt(write_batch(wait), {wait})))
        except asyncio.CancelledError:
            async with asyncio.timeout(AT_ONCE):
                await write_batch(1000 + wait)
                assert await whatever_is_held() == []
            if ENGINE == "sqlite":
                assert (await get_connection("default").execute_query_dict("PRAGMA foreign_keys"))[0]["foreign_keys"]
        else:
            break
    assert wait > 8
    async with asyncio.timeout(AT_ONCE):
        while await connections_too_many() > 0:  # those that were closed take the server a moment
            pass


async def test_three_processes_that_count_lose_nothing_and_meet_no_locked_database(scratch: str) -> None:
    await Counter.create(id=1, value=0)
    paths = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    program = [sys.executable, str(Path(__file__).with_name("engine_counting.py")), scratch, "100"]
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(*program, env=environment, stdout=pipe, stderr=pipe) for _ in range(3)
    ]
    errors = [(await process.communicate())[1].decode() for process in processes]
    assert errors == ["", "", ""]
    assert (await Counter.get(id=1)).value == 300


@only_sqlite
async def test_a_writer_that_comes_again_at_once_goes_behind_the_one_that_waits(tmp_path: Path) -> None:
    order: list[str] = []
    file = tmp_path / "two_writers.db"

    async def write(engine: SqliteEngine, who: str, *, until: asyncio.Event) -> None:
        transaction = SqliteTransaction(engine)
        await transaction.take()
        await transaction.begin()
        order.append(who)
        await until.wait()
        await transaction.commit()
        await transaction.give_back()

    sweep, sign_on = (SqliteEngine(str(file), connection_name=name, journal_mode="WAL") for name in ("one", "two"))
    may_end, at_once = asyncio.Event(), asyncio.Event()
    at_once.set()
    first = asyncio.create_task(write(sweep, "the sweep", until=may_end))
    async with asyncio.timeout(AT_ONCE), asyncio.TaskGroup() as group:
        while not order:
            await asyncio.sleep(0)
        group.create_task(write(sign_on, "the sign-on", until=at_once))
        while not _is_taken(file.with_name("two_writers.db.turn")):
            await asyncio.sleep(0)
        may_end.set()
        await first
        group.create_task(write(sweep, "the sweep again", until=at_once))
    assert order == ["the sweep", "the sign-on", "the sweep again"]
    await sweep.close()
    await sign_on.close()


@only_sqlite
async def test_a_writer_that_is_kept_waiting_too_long_is_refused_and_a_turn_is_given_back(tmp_path: Path) -> None:
    file = tmp_path / "two_writers.db"
    holder = SqliteEngine(str(file), connection_name="one", journal_mode="WAL")
    hasty = SqliteEngine(str(file), connection_name="two", busy_timeout=5)
    held = SqliteTransaction(holder)
    await holder.execute_script("CREATE TABLE line (number INTEGER)")
    await held.take()
    await held.begin()
    with pytest.raises(OperationalError, match="locked"):
        await hasty.execute_query("INSERT INTO line VALUES (1)")
    assert not _is_taken(file.with_name("two_writers.db.turn"))
    await held.commit()
    await held.give_back()
    await hasty.execute_query("INSERT INTO line VALUES (1)")
    assert (await holder.execute_query("SELECT number FROM line"))[0] == 1
    await holder.close()
    await hasty.close()


def _is_taken(turn: Path) -> bool:
    with turn.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


async def test_a_reader_does_not_wait_for_an_open_transaction_and_sees_it_once_it_is_kept() -> None:
    is_written, may_end = asyncio.Event(), asyncio.Event()

    async def write_slowly() -> None:
        async with in_transaction():
            await Entry.create(batch=1, line=1)
            is_written.set()
            await may_end.wait()

    writer = asyncio.create_task(write_slowly())
    await is_written.wait()
    try:
        async with asyncio.timeout(AT_ONCE):
            assert [await lines_of(1) for _ in range(10)] == [0] * 10
    finally:
        may_end.set()
        await writer
    assert await lines_of(1) == 1


async def test_what_a_transaction_has_written_it_reads_back_before_anybody_else() -> None:
    async with in_transaction():
        await Entry.create(batch=1, line=1)
        assert await lines_of(1) == 1
    assert await lines_of(1) == 1


@only_sqlite
async def test_rows_that_are_looked_through_are_plain_and_those_that_whoever_looks_may_see() -> None:
    async def lines_looked_through() -> list[Any]:
        engine: Any = get_connection("default")
        return list(await engine.look_through(list, "SELECT batch, line FROM entry WHERE batch = ?", [1]))

    async with in_transaction():
        await Entry.create(batch=1, line=7)
        assert await lines_looked_through() == [(1, 7)]
        others: asyncio.Task[list[Any]] = asyncio.create_task(lines_looked_through(), context=Context())
        assert await others == []
    assert await lines_looked_through() == [(1, 7)]


@only_sqlite
async def test_whoever_looks_through_rows_and_stops_holds_nothing() -> None:
    await write_batch(1)
    engine: Any = get_connection("default")
    assert (await engine.look_through(next, "SELECT line FROM entry WHERE batch = ? ORDER BY line", [1])) == (1,)
    with pytest.raises(ZeroDivisionError) as failed:  # what went wrong is still held, with all it was about
        await engine.look_through(lambda rows: next(rows)[0] / 0, "SELECT line FROM entry", [])
    ended = (await engine.execute_query("PRAGMA wal_checkpoint(TRUNCATE)"))[1][0]
    assert (ended["busy"], failed.type) == (0, ZeroDivisionError), "the log cannot end while somebody still reads"


async def until_nothing_is_held() -> None:
    """Wait until the server has noticed, too; much sooner than what it was computing would have ended."""
    async with asyncio.timeout(LOOKS_EVERY + AT_ONCE):
        while await whatever_is_held():
            pass


@only_postgres
async def test_a_statement_whose_connection_was_dropped_ends_on_the_server_long_before_it_is_computed() -> None:
    engine = get_connection("default")
    pool, connection = await engine.borrow()
    computing = asyncio.create_task(connection.fetch(SLOW_READ))
    at_work = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query = $1 AND state = 'active'"
    async with asyncio.timeout(AT_ONCE):
        while not await engine.execute_query_dict(at_work, [SLOW_READ]):
            pass
    drop(connection)
    with pytest.raises(asyncpg.PostgresError):
        await computing
    await give_back(pool, connection)
    await until_nothing_is_held()


SLOW_READ = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000000) SELECT count(*) FROM n"


async def test_a_cancelled_read_is_cut_short_and_gives_its_connection_back() -> None:
    engine = get_connection("default")
    await lines_of(1)
    for turns in [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 500, 2000]:
        task = asyncio.create_task(engine.execute_query(SLOW_READ))
        for _ in range(turns):  # from "not begun" to "surely running"
            await asyncio.sleep(0)
        task.cancel()
        # A server may hear of the cancellation before it has begun to read; then the connection is dropped instead.
        done, _ = await asyncio.wait({task}, timeout=RELEASE_WITHIN + AT_ONCE)
        assert done
        assert task.cancelled()
        await until_nothing_is_held()
    if ENGINE == "sqlite":
        assert 1 <= engine.readers.opened <= READERS


async def test_reads_queue_for_the_readers_there_are_and_all_get_an_answer() -> None:
    await write_batch(1)
    async with asyncio.timeout(AT_ONCE):
        assert await asyncio.gather(*(lines_of(1) for _ in range(60))) == [LINES] * 60
    assert await whatever_is_held() == []


async def test_a_transaction_in_a_transaction_is_undone_alone() -> None:
    async with in_transaction():
        await Entry.create(batch=1, line=1)
        with pytest.raises(ZeroDivisionError):
            async with in_transaction():
                await Entry.create(batch=1, line=2)
                raise ZeroDivisionError
        async with in_transaction():
            await Entry.create(batch=1, line=3)
    assert await Entry.filter(batch=1).order_by("line").values_list("line", flat=True) == [1, 3]


async def test_a_time_limit_on_an_inner_transaction_undoes_it_and_lets_the_outer_go_on() -> None:
    async with in_transaction():
        await Entry.create(batch=1, line=1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0), in_transaction():
                await Entry.create(batch=1, line=2)
        await Entry.create(batch=1, line=3)
    assert await Entry.filter(batch=1).order_by("line").values_list("line", flat=True) == [1, 3]


async def test_a_transaction_with_a_cancelled_statement_is_never_kept() -> None:
    with pytest.raises(TransactionManagementError):
        async with in_transaction():
            await Entry.create(batch=1, line=1)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await Entry.create(batch=1, line=2)
    assert await lines_of(1) == 0
    assert await whatever_is_held() == []


@only_postgres
async def test_a_transaction_with_a_failed_statement_does_not_pass_for_kept() -> None:
    with pytest.raises(TransactionManagementError, match="rolled back"):
        async with in_transaction():
            await Entry.create(batch=1, line=1)
            with pytest.raises(IntegrityError):
                await Entry.create(batch=1, line=1)
    assert await lines_of(1) == 0


async def test_a_transaction_that_is_over_takes_no_more_statements() -> None:
    async with in_transaction() as transaction:
        await Entry.create(batch=1, line=1)
        await transaction.rollback()
        with pytest.raises(TransactionManagementError):
            await Entry.create(batch=1, line=2)
    with pytest.raises(TransactionManagementError):
        await transaction.execute_query("SELECT 1")
    assert await lines_of(1) == 0
    assert await whatever_is_held() == []


async def test_a_transaction_kept_by_hand_is_kept_and_hands_its_connection_back() -> None:
    async with in_transaction() as transaction:
        await Entry.create(batch=1, line=1)
        await transaction.commit()
    assert await lines_of(1) == 1
    assert await whatever_is_held() == []


async def test_many_rows_in_one_go_are_written_all_or_not_at_all() -> None:
    rows = [Entry(batch=1, line=line) for line in range(1, 500)]
    with pytest.raises(IntegrityError):
        await Entry.bulk_create([*rows, Entry(batch=1, line=1)])
    assert await lines_of(1) == 0
    for wait in range(1, 20):
        attempt = CancelledAt(_bulk(wait), {wait})
        try:
            await asyncio.create_task(_awaiting(attempt))
        except asyncio.CancelledError:
            assert await whatever_is_held() == []
            assert await lines_of(wait) in {0, 499}
        else:
            break
    assert await lines_of(wait) == 499


async def _bulk(batch: int) -> None:
    await Entry.bulk_create([Entry(batch=batch, line=line) for line in range(1, 500)])


async def test_a_script_inside_a_transaction_is_undone_with_it() -> None:
    script = (
        "INSERT INTO scratch_counter (id, value) VALUES (1, 1); INSERT INTO scratch_counter (id, value) VALUES (2, 2);"
    )
    with pytest.raises(ZeroDivisionError):
        async with in_transaction() as transaction:
            await transaction.execute_script(script)
            assert await Counter.all().count() == 2
            raise ZeroDivisionError
    assert await Counter.all().count() == 0
    await get_connection("default").execute_script(script)
    assert await Counter.all().count() == 2


async def test_the_number_of_rows_is_right_for_every_kind_of_statement() -> None:
    run = get_connection("default").execute_query
    assert await run("INSERT INTO scratch_counter (id, value) VALUES (1, 0), (2, 0), (3, 0)") == (3, [])
    assert await run("UPDATE scratch_counter SET value = 1 WHERE id > 1") == (2, [])
    assert await run("UPDATE scratch_counter SET value = 1 WHERE id > 9") == (0, [])
    assert (
        await run("WITH x AS (SELECT 3 AS id) UPDATE scratch_counter SET value = 7 WHERE id IN (SELECT id FROM x)")
    )[0] == 1
    count, rows = await run("UPDATE scratch_counter SET value = value + 1 WHERE id > 1 RETURNING value")
    assert (count, sorted(row["value"] for row in rows)) == (2, [2, 8])
    count, rows = await run("INSERT INTO scratch_counter (id, value) VALUES (4, 5) RETURNING id, value")
    assert (count, [dict(row) for row in rows]) == (1, [{"id": 4, "value": 5}])
    assert (await run("SELECT id FROM scratch_counter"))[0] == 4
    assert await run("DELETE FROM scratch_counter WHERE id > 1") == (3, [])
    assert await run("INSERT INTO scratch_counter (id, value) VALUES (1, 0) ON CONFLICT DO NOTHING") == (0, [])


async def test_a_guard_in_the_database_refuses_in_the_same_way_on_both_engines() -> None:
    await write_batch(1)
    with pytest.raises(IntegrityError, match="an entry is final"):
        await Entry.filter(batch=1, line=1).update(line=9)


async def test_finish_ends_its_work_and_only_then_lets_the_cancellation_go_on() -> None:
    steps: list[str] = []

    async def work() -> None:
        steps.append("begun")
        for _ in range(10):
            await asyncio.sleep(0)
        steps.append("ended")

    task = asyncio.create_task(finish(work()))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps == ["begun", "ended"]


@only_sqlite
async def test_a_commit_survives_a_power_failure_by_default(scratch: str) -> None:
    row = await get_connection("default").execute_query_dict("PRAGMA synchronous")
    assert row == [{"synchronous": 0}]  # the tests' own
    await open_database(scratch, models="engine_models")
    engine = get_connection("default")
    pragmas = {name: (await engine.execute_query_dict(f"PRAGMA {name}"))[0] for name in ("synchronous", "foreign_keys")}
    assert pragmas == {"synchronous": {"synchronous": 2}, "foreign_keys": {"foreign_keys": 1}}
    assert (await engine.execute_query_dict("PRAGMA journal_mode"))[0]["journal_mode"] == "wal"
    assert (await engine.execute_query_dict("PRAGMA busy_timeout"))[0]["timeout"] == 10_000


@only_sqlite
@pytest.mark.parametrize("turns", range(12))
async def test_a_reader_that_is_taken_while_it_opens_is_opened_again(turns: int) -> None:
    """Whoever comes while a reader opens may get it first; the one who opened it then opens another."""
    waiting = [await connect(":memory:", {"busy_timeout": 1000}) for _ in range(4)]

    async def at_hand() -> aiosqlite.Connection:
        await asyncio.sleep(0)
        return waiting.pop()

    readers = Readers(4, at_hand)
    first = asyncio.create_task(readers.read(lambda inner: inner.execute("SELECT 1").fetchall()))
    for _ in range(turns):
        await asyncio.sleep(0)
    others = [asyncio.create_task(readers.read(lambda inner: inner.execute("SELECT 1").fetchall())) for _ in range(3)]
    try:
        await asyncio.gather(first, *others)
        assert readers.idle == readers.opened <= 4
    finally:
        await asyncio.gather(first, *others, return_exceptions=True)
        await readers.close()
        for connection in waiting:
            await connection.close()


@only_sqlite
async def test_a_reader_is_not_able_to_write() -> None:
    engine = get_connection("default")
    await engine.execute_query("SELECT 1")
    with pytest.raises(Exception, match="readonly"):
        await engine.readers.read(lambda inner: inner.execute("DELETE FROM scratch_counter"))


async def lose_connection(transaction: Any) -> None:
    """Have the server cut the connection of a transaction."""
    pid = (await transaction.execute_query_dict("SELECT pg_backend_pid() AS pid"))[0]["pid"]
    await transaction._engine.execute_query("SELECT pg_terminate_backend($1)", [pid])


@only_postgres
async def test_a_connection_lost_in_a_transaction_is_replaced() -> None:
    for _ in range(2 * POOL):
        with pytest.raises(DBConnectionError):
            async with in_transaction() as transaction:
                await Entry.create(batch=1, line=1)
                await lose_connection(transaction)
                await Entry.create(batch=1, line=2)
    async with asyncio.timeout(AT_ONCE):
        await asyncio.gather(*(write_batch(batch) for batch in range(2, 2 + 2 * POOL)))
        assert await whatever_is_held() == []
    assert await lines_of(1) == 0


@only_postgres
async def test_an_error_in_a_transaction_is_told_even_when_the_connection_is_lost_too() -> None:
    for _ in range(2 * POOL):
        with pytest.raises(ZeroDivisionError):
            async with in_transaction() as transaction:
                await Entry.create(batch=1, line=1)
                await lose_connection(transaction)
                raise ZeroDivisionError
    async with asyncio.timeout(AT_ONCE):
        assert await lines_of(1) == 0
        assert await whatever_is_held() == []


@only_postgres
async def test_a_transaction_reads_committed_rows_whatever_the_server_prefers() -> None:
    engine = get_connection("default")
    name = (await engine.execute_query_dict("SELECT current_database() AS name"))[0]["name"]
    await engine.execute_script(f'ALTER DATABASE "{name}" SET default_transaction_isolation TO serializable')
    await engine.close()
    assert await engine.execute_query_dict("SHOW transaction_isolation") == [{"transaction_isolation": "serializable"}]
    async with in_transaction() as transaction:
        rows = await transaction.execute_query_dict("SHOW transaction_isolation")
    assert rows == [{"transaction_isolation": "read committed"}]
