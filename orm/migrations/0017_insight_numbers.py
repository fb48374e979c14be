"""Numbers for the insights that are kept by the tables themselves: what they are made of, and the triggers.

``insight_of_referral`` and ``insight_of_answer`` say what one referral and one answer count for, and where. Everything
else follows from the two: what changes is taken out as it was and put in as it is, and a count of all of it is a sum
over both. An answer counts only itself, a county only its own place, so rows of one statement do not meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

from orm.guards import Dialect, Narrow
from orm.migration_steps import Noted

GUARDS = (Narrow("referral", ("first_published_at", "number", "id"), "status = 'OPEN' AND acceptances = 0"),)

_CHICAGO = ZoneInfo("America/Chicago")
_CLOCK_FROM, _CLOCK_TO = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

_COLUMNS = "place, what, reason, month, days"
_PLACES = (
    ("'*'", "", ""),
    ("''", "", " AND r.statewide"),
    ("rc.county_id", " JOIN referral_county rc ON rc.referral_id = r.id", ""),
)
_HOME = "r.status = 'CLOSED' AND r.close_outcome IN ('PLACED', 'PLACED_ELSEWHERE')"


@dataclass(frozen=True, slots=True)
class Counting:
    """Where rows of a table change, take out what ``view`` says before, and put in what it says afterwards.

    ``about`` finds the cells of a row; of an update only one of ``columns`` counts, or that ``ends`` begins or stops to
    be true.
    """

    name: str
    table: str
    view: str
    about: Mapping[str, str]
    columns: tuple[str, ...]
    events: tuple[str, ...] = ("INSERT", "UPDATE", "DELETE")
    ends: str = ""

    def statements(self, dialect: Dialect) -> Iterator[str]:
        """Render for an engine."""
        for event in self.events:
            if event != "INSERT":
                yield from self._trigger(dialect, "BEFORE", event, "OLD", -1)
            if event != "DELETE":
                yield from self._trigger(dialect, "AFTER", event, "NEW", 1)

    def _trigger(self, dialect: Dialect, when: str, event: str, row: str, sign: int) -> Iterator[str]:
        name = f"insight_{self.name}_{event.lower()}_{when.lower()}"
        cells = " AND ".join(f"{column} = {row}.{of}" for column, of in self.about.items())
        count = (
            f"INSERT INTO insight_count ({_COLUMNS}, n, summed) SELECT {_COLUMNS}, {sign}, {_no(dialect)} FROM {self.view} WHERE {cells};"
        )
        if dialect == "sqlite":
            only = f" WHEN {self._changed('IS NOT')}" if event == "UPDATE" else ""
            yield f'CREATE TRIGGER "{name}" {when} {event} ON "{self.table}"{only} BEGIN {count} END'
            return
        only = f" WHEN ({self._changed('IS DISTINCT FROM')})" if event == "UPDATE" else ""
        lock = f"PERFORM 1 FROM referral WHERE id = {row}.referral_id FOR NO KEY UPDATE; "
        # Whoever changes an answer or a county holds the referral, or two could each overlook what the other does.
        held = "" if self.table == "referral" else lock
        yield (
            f'CREATE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ '
            f"BEGIN {held}{count} RETURN {'OLD' if event == 'DELETE' else 'NEW'}; END $body$"
        )
        yield (
            f'CREATE TRIGGER "{name}" {when} {event} ON "{self.table}" FOR EACH ROW{only} EXECUTE FUNCTION "{name}"()'
        )

    def _changed(self, differs: str) -> str:
        changes = [f"OLD.{column} {differs} NEW.{column}" for column in self.columns]
        if self.ends:
            changes.append(f"(OLD.{self.ends}) <> (NEW.{self.ends})")
        return " OR ".join(changes)


COUNTINGS = (
    Counting(
        "referral",
        "referral",
        "insight_of_referral",
        {"referral_id": "id"},
        ("status", "statewide", "first_published_at", "closed_at", "close_outcome"),
    ),
    Counting(
        "answers",
        "referral",
        "insight_of_answer",
        {"referral_id": "id"},
        ("statewide",),
        ("UPDATE",),
        ends="status = 'DELETED'",
    ),
    Counting(
        "answer",
        "response",
        "insight_of_answer",
        {"response_id": "id"},
        ("referral_id", "kind", "decline_reason", "answered_at"),
    ),
    *(
        Counting(
            f"county_{of}",
            "referral_county",
            f"insight_of_{of}",
            {"referral_id": "referral_id", "place": "county_id"},
            ("referral_id", "county_id"),
        )
        for of in ("referral", "answer")
    ),
)


def _acceptances(dialect: Dialect) -> Iterator[str]:
    """Keep with each referral how many answers accept it as they stand."""
    is_one = "{}.kind IN ('ACCEPT', 'TENTATIVE')"
    more = "UPDATE referral SET acceptances = acceptances {} 1 WHERE id = {}.referral_id;"
    moved = " AND NOT ({} AND OLD.referral_id = NEW.referral_id)"
    for event, row, sign, other in (
        ("INSERT", "NEW", "+", ""),
        ("DELETE", "OLD", "-", ""),
        ("UPDATE", "NEW", "+", "OLD"),
        ("UPDATE", "OLD", "-", "NEW"),
    ):
        name = f"insight_acceptances_{event.lower()}_{row.lower()}"
        only = is_one.format(row) + (moved.format(is_one.format(other)) if other else "")
        if dialect == "sqlite":
            yield f'CREATE TRIGGER "{name}" AFTER {event} ON "response" WHEN {only} BEGIN {more.format(sign, row)} END'
            continue
        yield (
            f'CREATE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ '
            f"BEGIN {more.format(sign, row)} RETURN NULL; END $body$"
        )
        yield f'CREATE TRIGGER "{name}" AFTER {event} ON "response" FOR EACH ROW WHEN ({only}) EXECUTE FUNCTION "{name}"()'


def _day(dialect: Dialect, column: str) -> str:
    """Say in SQL on which day in Chicago an instant lies."""
    if dialect == "postgres":
        return f"({column} AT TIME ZONE 'America/Chicago')::date"
    return f"date({_second(column)}, {_hours(column)})"


def _month(dialect: Dialect, column: str) -> str:
    if dialect == "postgres":
        return f"date_trunc('month', {column} AT TIME ZONE 'America/Chicago')::date"
    return f"date({_second(column)}, {_hours(column)}, 'start of month')"


def _second(column: str) -> str:
    """Cut off what SQLite would round up into the next day; its instants are kept in UTC."""
    return f"substr({column}, 1, 19)"


def _hours(column: str) -> str:
    return (
        f"(SELECT c.hours || ' hours' FROM chicago_clock c WHERE c.begins_at <= {_second(column)} "
        "ORDER BY c.begins_at DESC LIMIT 1)"
    )


def _days_between(dialect: Dialect, first: str, last: str) -> str:
    if dialect == "postgres":
        return f"({_day(dialect, last)} - {_day(dialect, first)})::text"
    return f"CAST(CAST(julianday({_day(dialect, last)}) - julianday({_day(dialect, first)}) AS INTEGER) AS TEXT)"


def _views(dialect: Dialect) -> Iterator[str]:
    no_days = "NULL::text" if dialect == "postgres" else "NULL"
    published, closed = _month(dialect, "r.first_published_at"), _month(dialect, "r.closed_at")
    took = _days_between(dialect, "r.first_published_at", "r.closed_at")
    of_referral = (
        ("'OPEN'", published, no_days, "r.status = 'OPEN'"),
        ("'PUBLISHED'", published, no_days, "r.first_published_at IS NOT NULL AND r.status <> 'DELETED'"),
        ("'HOME'", closed, took, _HOME),
    )
    yield "CREATE VIEW insight_of_referral AS " + " UNION ALL ".join(
        f"SELECT r.id AS referral_id, {place} AS place, {what} AS what, '' AS reason, {month} AS month, {days} AS days "
        f"FROM referral r{joined} WHERE {condition}{only}"
        for what, month, days, condition in of_referral
        for place, joined, only in _PLACES
    )
    yield "CREATE VIEW insight_of_answer AS " + " UNION ALL ".join(
        f"SELECT o.referral_id AS referral_id, o.id AS response_id, {place} AS place, o.kind AS what, "
        f"COALESCE(o.decline_reason, '') AS reason, {_month(dialect, 'o.answered_at')} AS month, {no_days} AS days "
        f"FROM response o JOIN referral r ON r.id = o.referral_id{joined} WHERE r.status <> 'DELETED'{only}"
        for place, joined, only in _PLACES
    )


def _no(dialect: Dialect) -> str:
    return "false" if dialect == "postgres" else "0"


def recount(dialect: Dialect) -> list[str]:
    """Count everything anew: after the triggers were not there, or rows were brought in without them."""
    joined = "STRING_AGG(days, ',')" if dialect == "postgres" else "GROUP_CONCAT(days, ',')"
    return [
        "DELETE FROM insight_count",
        f"INSERT INTO insight_count ({_COLUMNS}, n, summed) SELECT place, what, reason, month, {joined}, COUNT(*), "
        f"{'true' if dialect == 'postgres' else '1'} FROM (SELECT {_COLUMNS} FROM insight_of_referral UNION ALL "
        f"SELECT {_COLUMNS} FROM insight_of_answer) every GROUP BY place, what, reason, month",
        "UPDATE referral SET acceptances = y.n FROM (SELECT r.id, COUNT(o.id) AS n FROM referral r LEFT JOIN response o "
        "ON o.referral_id = r.id AND o.kind IN ('ACCEPT', 'TENTATIVE') GROUP BY r.id) y "
        "WHERE y.id = referral.id AND y.n <> acceptances",
    ]


def _clock_changes() -> list[tuple[datetime, int]]:
    """Give the instants at which Chicago's clocks change, and how many hours they are from UTC from then on."""
    changes = [(datetime(1, 1, 1, tzinfo=UTC), _hours_from_utc(_CLOCK_FROM))]
    at = _CLOCK_FROM
    while at < _CLOCK_TO:
        after = at + timedelta(days=1)
        if _hours_from_utc(after) != changes[-1][1]:
            while _hours_from_utc(at) == changes[-1][1]:
                at += timedelta(hours=1)
            changes.append((at, _hours_from_utc(at)))
        at = after
    return changes


def _hours_from_utc(at: datetime) -> int:
    offset = at.astimezone(_CHICAGO).utcoffset() or timedelta()
    return int(offset.total_seconds()) // 3600


async def put_up(_: Any, editor: Any) -> None:
    """Count what there is, and put up what keeps the numbers, for the engine at hand."""
    dialect = editor.client.capabilities.dialect
    run = editor.client.execute_script
    await run("ALTER TABLE referral ADD COLUMN acceptances INTEGER NOT NULL DEFAULT 0")
    if dialect == "sqlite":
        # It knows no time zones; PostgreSQL asks its own.
        await run("CREATE TABLE chicago_clock (begins_at TEXT NOT NULL PRIMARY KEY, hours INTEGER NOT NULL)")
        rows = ", ".join(f"('{at.replace(tzinfo=None).isoformat(' ')}', {hours})" for at, hours in _clock_changes())
        await run(f"INSERT INTO chicago_clock (begins_at, hours) VALUES {rows}")
    for statement in (*_views(dialect), *recount(dialect), *_acceptances(dialect)):
        await run(statement)
    for counting in COUNTINGS:
        for statement in counting.statements(dialect):
            await run(statement)
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await run(statement)


class Migration(migrations.Migration):
    """Keep the numbers of the insights."""

    dependencies = [("homeward", "0016_reading_indexes")]

    operations = [
        ops.CreateModel(
            name="InsightCount",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("place", fields.CharField(max_length=5)),
                ("what", fields.CharField(max_length=16)),
                ("reason", fields.CharField(default="", max_length=24)),
                ("month", fields.DateField()),
                ("n", fields.IntField()),
                ("days", fields.TextField(null=True, unique=False)),
                ("summed", fields.BooleanField(default=False)),
            ],
            options={
                "table": "insight_count",
                "app": "homeward",
                "indexes": [Index(fields=["place", "what", "month"]), Index(fields=["what", "month"])],
                "pk_attr": "id",
                "table_description": "So many more, or fewer, of one thing: a number is the sum of its rows, however many they are.",
            },
            bases=["Model"],
        ),
        Noted(model_name="Referral", name="acceptances", field=fields.IntField(default=0)),
        ops.RunPython(put_up),
    ]
