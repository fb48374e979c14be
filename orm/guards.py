"""What the tables must never hold, said once and rendered for each engine.

Tortoise creates neither checks nor partial indexes nor triggers with a table, so a migration of their own carries
them. A migration lists its guards as data; a test asserts from the catalogue that each of them exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from orm.references import Refers

Dialect = Literal["sqlite", "postgres"]


@dataclass(frozen=True, slots=True)
class OnlyOne:
    """At most one row of a kind: a partial unique index."""

    table: str
    columns: tuple[str, ...]
    where: str

    @property
    def name(self) -> str:
        """Give the index name."""
        return f"one_{self.table}_{'_'.join(self.columns)}"

    def statements(self, _: Dialect) -> list[str]:
        """Render for an engine; both know partial indexes."""
        return [f'CREATE UNIQUE INDEX "{self.name}" ON "{self.table}" ({", ".join(self.columns)}) WHERE {self.where}']


@dataclass(frozen=True, slots=True)
class Narrow:
    """A partial index for a read that everyone does all day.

    What stands ``beside`` its key is only read, so that what asks for no more than this need not go to the table.
    """

    table: str
    columns: tuple[str, ...]
    where: str
    beside: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Give the index name."""
        return f"narrow_{self.table}_{'_'.join(self.columns)}"

    def statements(self, dialect: Dialect) -> list[str]:
        """Render for an engine; both know partial indexes, and only PostgreSQL columns beside the key."""
        key, beside = ", ".join(self.columns), ""
        if self.beside and dialect == "postgres":
            beside = f" INCLUDE ({', '.join(self.beside)})"
        elif self.beside:
            key = ", ".join((*self.columns, *self.beside))
        return [f'CREATE INDEX "{self.name}" ON "{self.table}" ({key}){beside} WHERE {self.where}']


@dataclass(frozen=True, slots=True)
class Holds:
    """A condition that each row of a table fulfils.

    PostgreSQL gets a check constraint. SQLite cannot add one without rebuilding the table, which would drop its other
    guards: there two triggers refuse the row.
    """

    table: str
    name: str
    condition: str

    def statements(self, dialect: Dialect) -> list[str]:
        """Render for an engine."""
        if dialect == "postgres":
            return [f'ALTER TABLE "{self.table}" ADD CONSTRAINT "{self.name}" CHECK ({self.condition})']
        columns = self.condition
        return [
            f'CREATE TRIGGER "{self.name}_{event.lower()}" BEFORE {event} ON "{self.table}" '
            f"WHEN EXISTS (SELECT 1 FROM (SELECT {self._new_columns()}) WHERE NOT ({columns})) "
            f"BEGIN SELECT RAISE(ABORT, '{self.name}'); END"
            for event in ("INSERT", "UPDATE")
        ]

    def _new_columns(self) -> str:
        words = sorted(set(_words(self.condition)))
        return ", ".join(f'NEW."{word}" AS "{word}"' for word in words)


@dataclass(frozen=True, slots=True)
class WrittenOnce:
    """Rows that nobody changes or deletes, not even the house: triggers refuse."""

    table: str

    @property
    def name(self) -> str:
        """Give the stem of the trigger names."""
        return f"{self.table}_written_once"

    def statements(self, dialect: Dialect) -> list[str]:
        """Render for an engine."""
        if dialect == "sqlite":
            return [
                f'CREATE TRIGGER "{self.name}_{event.lower()}" BEFORE {event} ON "{self.table}" '
                f"BEGIN SELECT RAISE(ABORT, '{self.table} is written once'); END"
                for event in ("UPDATE", "DELETE")
            ]
        error = "USING ERRCODE = 'integrity_constraint_violation'"
        body = f"BEGIN RAISE EXCEPTION '{self.table} is written once' {error}; END"
        refuse = f'EXECUTE FUNCTION "{self.name}"()'
        return [
            f'CREATE FUNCTION "{self.name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ {body} $body$',
            f'CREATE TRIGGER "{self.name}" BEFORE UPDATE OR DELETE ON "{self.table}" FOR EACH ROW {refuse}',
            f'CREATE TRIGGER "{self.name}_truncate" BEFORE TRUNCATE ON "{self.table}" FOR EACH STATEMENT {refuse}',
        ]


@dataclass(frozen=True, slots=True)
class Closed:
    """Rows that nobody changes or deletes once a column of them is filled in."""

    table: str
    column: str

    @property
    def name(self) -> str:
        """Give the stem of the trigger names."""
        return f"{self.table}_closed"

    def statements(self, dialect: Dialect) -> list[str]:
        """Render for an engine."""
        if dialect == "sqlite":
            return [
                f'CREATE TRIGGER "{self.name}_{event.lower()}" BEFORE {event} ON "{self.table}" '
                f"WHEN OLD.{self.column} IS NOT NULL BEGIN SELECT RAISE(ABORT, '{self.table} is closed'); END"
                for event in ("UPDATE", "DELETE")
            ]
        error = "USING ERRCODE = 'integrity_constraint_violation'"
        body = f"BEGIN RAISE EXCEPTION '{self.table} is closed' {error}; END"
        refuse = f'WHEN (OLD.{self.column} IS NOT NULL) EXECUTE FUNCTION "{self.name}"()'
        return [
            f'CREATE FUNCTION "{self.name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ {body} $body$',
            f'CREATE TRIGGER "{self.name}" BEFORE UPDATE OR DELETE ON "{self.table}" FOR EACH ROW {refuse}',
        ]


@dataclass(frozen=True, slots=True)
class Marked:
    """Rows whose changes leave a mark, by which those who keep answers know of them (:mod:`orm.eras`).

    With ``columns`` only changes of these count, beside rows that come or go.
    """

    table: str
    columns: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Give the stem of the trigger names."""
        return f"{self.table}_marked"

    @property
    def events(self) -> dict[str, str]:
        """Give what leaves a mark, by the end of the trigger's name."""
        update = f"UPDATE OF {', '.join(self.columns)}" if self.columns else "UPDATE"
        return {"insert": "INSERT", "update": update, "delete": "DELETE"}

    def statements(self, dialect: Dialect) -> list[str]:
        """Render for an engine."""
        if dialect == "sqlite":
            return [
                f'CREATE TRIGGER "{self.name}_{suffix}" AFTER {event} ON "{self.table}" '
                "BEGIN UPDATE change_mark SET changes = changes + 1; END"
                for suffix, event in self.events.items()
            ]
        events = " OR ".join([*self.events.values(), "TRUNCATE"])
        leave = "FOR EACH STATEMENT EXECUTE FUNCTION leave_change_mark()"
        return [f'CREATE TRIGGER "{self.name}" AFTER {events} ON "{self.table}" {leave}']


@dataclass(frozen=True, slots=True)
class MarksEach:
    """Rows whose changes leave a mark for each person, or provider, whom they are about, by which others know of them.

    ``whose`` selects the keys of those whom a ``{row}`` is about as ``id``; a person's mark may have a provider's key,
    which stands for all of its people. With ``columns`` only changes of these count, beside rows that come or go; those
    that come do not where ``comes`` is False.
    """

    table: str
    of: Literal["person", "provider"]
    whose: str = ""
    columns: tuple[str, ...] = ()
    comes: bool = True

    @property
    def name(self) -> str:
        """Give the stem of the trigger names."""
        return f"{self.table}_marks_{'people' if self.of == 'person' else 'providers'}"

    @property
    def events(self) -> dict[str, str]:
        """Give what leaves marks, by the end of the trigger's name."""
        update = f"UPDATE OF {', '.join(self.columns)}" if self.columns else "UPDATE"
        return {**({"insert": "INSERT"} if self.comes else {}), "update": update, "delete": "DELETE"}

    def statements(self, dialect: Dialect) -> list[str]:
        """Render for an engine."""
        rows = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}
        mark, key = f"{self.of}_mark", "user_id" if self.of == "person" else "provider_id"
        whose = self.whose or f"SELECT {{row}}.{key} AS id"
        if dialect == "sqlite":
            return [
                f'CREATE TRIGGER "{self.name}_{suffix}" AFTER {event} ON "{self.table}" BEGIN '
                + " ".join(f"INSERT INTO {mark} ({key}) {whose.format(row=row)};" for row in rows[suffix])
                + " END"
                for suffix, event in self.events.items()
            ]
        leave = (
            f"IF TG_OP <> '{{other}}' THEN INSERT INTO {mark} (xact, {key}) SELECT pg_current_xact_id(), p.id "
            "FROM ({whose}) p ON CONFLICT DO NOTHING; END IF;"
        )
        body = " ".join(
            leave.format(other=other, whose=whose.format(row=row))
            for other, row in (("INSERT", "OLD"), ("DELETE", "NEW"))
        )
        body, events = f"BEGIN {body} RETURN NULL; END", " OR ".join(self.events.values())
        run = f'FOR EACH ROW EXECUTE FUNCTION "{self.name}"()'
        return [
            f'CREATE FUNCTION "{self.name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ {body} $body$',
            f'CREATE TRIGGER "{self.name}" AFTER {events} ON "{self.table}" {run}',
        ]


def table_of_marks(of: Literal["person", "provider"], dialect: Dialect) -> list[str]:
    """Give the statements that make the table in which :class:`MarksEach` leaves its marks."""
    mark, key = f"{of}_mark", "user_id" if of == "person" else "provider_id"
    columns = {
        "sqlite": (
            f'"id" INTEGER PRIMARY KEY AUTOINCREMENT, "{key}" CHAR(36) NOT NULL, '
            '"at" TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP'
        ),
        "postgres": (
            f'"xact" xid8 NOT NULL, "{key}" uuid NOT NULL, "at" timestamptz NOT NULL DEFAULT now(), '
            f'PRIMARY KEY ("xact", "{key}")'
        ),
    }
    return [f'CREATE TABLE "{mark}" ({columns[dialect]})', f'CREATE INDEX "idx_{mark}_at" ON "{mark}" ("at")']


Guard = OnlyOne | Narrow | Holds | WrittenOnce | Closed | Marked | MarksEach | Refers


def _words(condition: str) -> list[str]:
    """Find the column names in a condition: the lower-case words outside quotes."""
    outside = condition.split("'")[::2]
    words = " ".join(outside).translate(str.maketrans("(),", "   ")).split()
    return [word for word in words if word.isidentifier() and word.islower()]


def catalogue_names(guard: Guard, dialect: Dialect) -> list[str]:
    """Name what the catalogue must list for a guard on an engine."""
    if isinstance(guard, OnlyOne | Narrow):
        return [guard.name]
    if isinstance(guard, Refers):
        return guard.catalogue_names(dialect)
    if isinstance(guard, Holds):
        return [guard.name] if dialect == "postgres" else [f"{guard.name}_insert", f"{guard.name}_update"]
    if isinstance(guard, Marked | MarksEach):
        return [guard.name] if dialect == "postgres" else [f"{guard.name}_{suffix}" for suffix in guard.events]
    if isinstance(guard, Closed) and dialect == "postgres":
        return [guard.name]
    if dialect == "postgres":
        return [guard.name, f"{guard.name}_truncate"]
    return [f"{guard.name}_update", f"{guard.name}_delete"]
