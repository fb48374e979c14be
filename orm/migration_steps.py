"""Apply migrations in a fraction of the time that Tortoise's executor takes for a hundred tables.

Tortoise renders every related model anew after each single operation, and copies all of them before it. Operations that
only add are told to the models together here, and rendered once; the statements are the same. The state of the models
is carried from one migration to the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby

from tortoise.migrations import operations as ops
from tortoise.migrations.executor import MigrationExecutor, PlanStep
from tortoise.migrations.schema_editor import BaseSchemaEditor, SqliteSchemaEditor
from tortoise.migrations.schema_generator.state import State
from tortoise.migrations.schema_generator.state_apps import StateApps

_ONLY_ADD = (ops.CreateModel, ops.AddField, ops.AlterModelOptions)


class Noted(ops.AddField):
    """Tell the models of a column that is there: SQLite would rebuild the table and drop its guards."""

    leaves_tables_alone = True

    async def database_forward(self, *_: object) -> None:
        """Leave the table alone."""

    async def database_backward(self, *_: object) -> None:
        """Leave the table alone."""


class Restated(ops.AlterField):
    """Tell the models what a column holds now: SQLite would rebuild the table and drop its guards."""

    leaves_tables_alone = True

    async def database_forward(self, *_: object) -> None:
        """Leave the table alone."""

    async def database_backward(self, *_: object) -> None:
        """Leave the table alone."""


class PatientState(State):
    """The models between two migrations, which can wait with rendering until several changes are told."""

    _waiting: set[tuple[str, str]] | None = None

    @contextmanager
    def rendered_once(self) -> Iterator[None]:
        """Render what changes within this block once, at its end."""
        self._waiting = set()
        try:
            yield
        finally:
            waiting, self._waiting = self._waiting, None
            if waiting:
                super().reload_models(sorted(waiting))

    def reload_models(self, model_tuples: Iterable[tuple[str, str]]) -> None:
        """Render models anew, or note that they wait for it."""
        if self._waiting is None:
            super().reload_models(model_tuples)
        else:
            self._waiting.update(model_tuples)

    def reload_model(self, app_label: str, model_name: str) -> None:
        """Render a model anew, or note that it waits for it."""
        self.reload_models([(app_label, model_name)])


class Executor(MigrationExecutor):
    """Tortoise's executor, a migration at a time, with an editor that leaves SQLite's triggers in one piece."""

    async def ensure_ledger(self) -> None:
        """Create the table of applied migrations."""
        await self.recorder.ensure_schema(self._schema_editor(atomic=False))

    async def state_so_far(self) -> PatientState:
        """Build the models as the applied migrations leave them."""
        connections = {
            label: config.get("default_connection", "default") for label, config in self.loader.apps_config.items()
        }
        state = PatientState(models={}, apps=StateApps(default_connections=connections))
        applied = set(await self.recorder.applied_migrations())
        with state.rendered_once():
            for key in self._full_plan():
                if key in applied and (migration := self.loader.graph.nodes[key]) is not None:
                    for operation in migration.operations:
                        operation.state_forward(migration.app_label, state)
        return state

    async def apply(self, step: PlanStep, state: PatientState) -> None:
        """Apply one migration to the tables and to the models that the next one begins with, and note it."""
        migration, editor = step.migration, self._schema_editor(atomic=False)
        for only_add, group in groupby(migration.operations, _only_adds):
            operations = list(group)
            if only_add:
                with state.rendered_once():
                    for operation in operations:
                        operation.state_forward(migration.app_label, state)
                for operation in operations:
                    await operation.database_forward(migration.app_label, state, state, editor)
                continue
            for operation in operations:
                before = state if isinstance(operation, ops.RunPython) else state.clone()
                operation.state_forward(migration.app_label, state)
                await operation.database_forward(migration.app_label, before, state, editor)
        state.validate_relations_initialized()
        await self.recorder.record_applied(migration.app_label, migration.name)

    def _schema_editor(self, atomic: bool = True, collect_sql: bool = False) -> BaseSchemaEditor:
        if self.connection.capabilities.dialect == "sqlite":
            return _SqliteEditor(self.connection, atomic=atomic, collect_sql=collect_sql)
        return super()._schema_editor(atomic=atomic, collect_sql=collect_sql)


class _SqliteEditor(SqliteSchemaEditor):
    """Tortoise's editor splits a text at each semicolon; our connection knows where a statement ends."""

    async def _run_sql(self, sql: str) -> None:
        if self.collect_sql:
            await super()._run_sql(sql)
        else:
            await self.client.execute_script(sql)


def _only_adds(operation: ops.Operation) -> bool:
    return isinstance(operation, (*_ONLY_ADD, Noted))
