"""References that are kept without a foreign key, where PostgreSQL's own would be asked for too often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orm.guards import Dialect


@dataclass(frozen=True, slots=True)
class Refers:
    """Rows that refer to rows of other tables, which are asked for once a statement, not once a row.

    PostgreSQL's own foreign keys look up and lock a parent for each row that is added; where a statement adds
    thousands, that took half of its time. So there the tables named here have none. Instead the rows that a
    statement has added are looked up together when it ends, each parent once; whoever deletes a parent, gives it
    another key or empties its table is refused while a row refers to it. Both first take the same lock, shared by all
    who add and alone for whoever deletes, and hold it until they commit: so of a reference and the end of its parent
    that meet, the later one sees the earlier. SQLite, where this costs next to nothing, keeps its foreign keys.
    """

    table: str
    parents: tuple[tuple[str, str], ...]
    """Each column that refers, and the table of which it holds an ``id``."""
    each: tuple[str, ...] = ()
    """The columns in which every row of a large statement may refer to another parent."""

    @property
    def name(self) -> str:
        """Give the name of the trigger on the table itself, and the stem of the others."""
        return f"{self.table}_refers"

    def statements(self, dialect: Dialect) -> list[str]:
        """Render for an engine; :data:`REFERENCES_MEET` has to be there before."""
        if dialect == "sqlite":
            return []
        return [*self._of_what_is_added(), *(it for column, parent in self.parents for it in self._of(column, parent))]

    def renewed(self) -> str:
        """Render for PostgreSQL what looks at added rows, to take the place of what does so."""
        return self._look_at_added().replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)

    def _of_what_is_added(self) -> list[str]:
        return [
            self._look_at_added(),
            (
                f'CREATE TRIGGER "{self.name}" AFTER INSERT ON "{self.table}" REFERENCING NEW TABLE AS added '
                f'FOR EACH STATEMENT EXECUTE FUNCTION "{self.name}"()'
            ),
        ]

    def _look_at_added(self) -> str:
        # One statement for a few rows, since a single row pays for it too. For many there is another one: a trigger's
        # plan lasts as long as its session, and this one is made when there are many rows for the first time.
        few = " ".join(_when(_FEW, column, parent) for column, parent in self.parents)
        many = " ".join(
            _when(_MANY if column in self.each else _FEW, column, parent) for column, parent in self.parents
        )
        tables = ", ".join(f"'\"{parent}\"'::regclass" for column, parent in self.parents if column in self.each)
        small = f"(SELECT MAX(reltuples) FROM pg_class WHERE oid IN ({tables})) < {_SMALL}"
        so_many = f"EXISTS (SELECT 1 FROM added OFFSET {_SO_MANY}) AND {small}"
        look = f"missing := (SELECT CASE WHEN {so_many} THEN '' {few} END);"
        if not self.each:
            look = f"missing := (SELECT CASE {few} END);"
        else:
            look += f" IF missing = '' THEN missing := (SELECT CASE {many} END); END IF;"
        fault = f"{self.table}.% refers to a row that is not there"
        return _function(
            self.name,
            f"{_MEET} {look} IF missing IS NOT NULL "
            f"THEN RAISE EXCEPTION '{fault}', missing USING ERRCODE = 'foreign_key_violation'; END IF; "
            "RETURN NULL;",
            "DECLARE missing text; ",
        )

    def _of(self, column: str, parent: str) -> list[str]:
        stem = f"{self.table}_{column}"
        kept, other = f"referred_{stem}", f"OLD.{column} IS DISTINCT FROM NEW.{column}"
        exists = f'EXISTS (SELECT 1 FROM "{parent}" WHERE id = NEW.{column})'
        refuse = self._refuse(column, parent)
        look = f"IF NEW.{column} IS NOT NULL AND NOT {exists} THEN {refuse} END IF;"
        used = f'IF EXISTS (SELECT 1 FROM "{self.table}" WHERE {column} = OLD.id) THEN {refuse} END IF;'
        full = f'IF EXISTS (SELECT 1 FROM "{self.table}" WHERE {column} IS NOT NULL) THEN {refuse} END IF;'
        return [
            _function(f"{stem}_moves", f"{_MEET} {look} RETURN NULL;"),
            (
                f'CREATE TRIGGER "{stem}_moves" AFTER UPDATE OF {column} ON "{self.table}" FOR EACH ROW WHEN ({other}) '
                f'EXECUTE FUNCTION "{stem}_moves"()'
            ),
            _function(kept, f"PERFORM references_meet(true); {used} RETURN NULL;"),
            f'CREATE TRIGGER "{kept}" AFTER DELETE ON "{parent}" FOR EACH ROW EXECUTE FUNCTION "{kept}"()',
            (
                f'CREATE TRIGGER "{kept}_key" AFTER UPDATE OF id ON "{parent}" FOR EACH ROW '
                f'WHEN (OLD.id <> NEW.id) EXECUTE FUNCTION "{kept}"()'
            ),
            _function(f"{kept}_all", f"PERFORM references_meet(true); {full} RETURN NULL;"),
            (
                f'CREATE TRIGGER "{kept}_all" BEFORE TRUNCATE ON "{parent}" FOR EACH STATEMENT '
                f'EXECUTE FUNCTION "{kept}_all"()'
            ),
        ]

    def catalogue_names(self, dialect: Dialect) -> list[str]:
        """Name what the catalogue must list on an engine."""
        if dialect == "sqlite":
            return []
        stems = [f"{self.table}_{column}" for column, _ in self.parents]
        of_parents = (f"referred_{stem}{end}" for stem in stems for end in ("", "_key", "_all"))
        return [self.name, *(f"{stem}_moves" for stem in stems), *of_parents]

    def _refuse(self, column: str, parent: str) -> str:
        fault = f"{self.table}.{column} refers to a row of {parent} that is not there"
        return f"RAISE EXCEPTION '{fault}' USING ERRCODE = 'foreign_key_violation';"


_LOCK = 0x52454652
"""The number of the advisory lock in PostgreSQL."""

# A transaction that reads what was when it began would not see what it has waited for.
REFERENCES_MEET = f"""CREATE FUNCTION references_meet(alone boolean) RETURNS void LANGUAGE plpgsql AS $body$ BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'references are only kept in transactions that read what is committed'
      USING ERRCODE = 'foreign_key_violation';
  END IF;
  IF alone THEN PERFORM pg_advisory_xact_lock({_LOCK}); ELSE PERFORM pg_advisory_xact_lock_shared({_LOCK}); END IF;
END $body$"""
"""What those who add a reference and those who delete a parent meet at, on PostgreSQL."""

# As good as always nobody is met, and then this is no statement of its own.
_MEET = (
    "IF current_setting('transaction_isolation') <> 'read committed' "
    f"OR NOT pg_try_advisory_xact_lock_shared({_LOCK}) THEN PERFORM references_meet(false); END IF;"
)


def _function(name: str, body: str, declare: str = "") -> str:
    return f'CREATE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS $body$ {declare}BEGIN {body} END $body$'


_SO_MANY = 200
_SMALL = 10_000
"""A table of so many parents is sooner read than a thousand of them are looked up, in 3 ms."""
# The OFFSET keeps the plan of a look at the key for each parent: one made for few rows would compare all with all.
_FEW = (
    "EXISTS (SELECT 1 FROM (SELECT DISTINCT {column} AS key FROM added WHERE {column} IS NOT NULL) a "
    'WHERE NOT EXISTS (SELECT 1 FROM "{parent}" p WHERE p.id = a.key LIMIT 1 OFFSET 0))'
)
# Counted, for whoever looks for one that is missing looks at each key alone; so a small table of parents is read once.
_MANY = (
    '(SELECT COUNT(*) FROM added a LEFT JOIN "{parent}" p ON p.id = a.{column} '
    "WHERE a.{column} IS NOT NULL AND p.id IS NULL) > 0"
)


def _when(condition: str, column: str, parent: str) -> str:
    return f"WHEN {condition.format(column=column, parent=parent)} THEN '{column}'"
