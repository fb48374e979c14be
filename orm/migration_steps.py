"""Apply migrations in a fraction of the time that Tortoise's executor takes for a hundred tables.

Tortoise renders every related model anew after each single operation, and copies all of them before it. Operations that
only add are told to the models together here. Models are rendered when the next statement is made from them, and those
that nobody has changed not at all; the statements are the same. The state of the models is carried from one migration
to the next.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from tortoise.migrations import operations as ops
from tortoise.migrations.executor import MigrationExecutor, PlanStep
from tortoise.migrations.schema_editor import BaseSchemaEditor, SqliteSchemaEditor
from tortoise.migrations.schema_generator.state import ModelState, State
from tortoise.migrations.schema_generator.state_apps import StateApps

Key = tuple[str, str]
"""An app and a model."""

_ONLY_ADD = (ops.CreateModel, ops.AddField, ops.AddIndex, ops.AlterModelOptions)


class Noted(ops.AddField):
    """Tell the models of a column that is there: SQLite would rebuild the table and drop its guards."""

    async def database_forward(self, *_: object) -> None:
        """Leave the table alone."""

    async def database_backward(self, *_: object) -> None:
        """Leave the table alone."""


class Restated(ops.AlterField):
    """Tell the models what a column holds now: SQLite would rebuild the table and drop its guards."""

    async def database_forward(self, *_: object) -> None:
        """Leave the table alone."""

    async def database_backward(self, *_: object) -> None:
        """Leave the table alone."""


_LEAVES_TABLES_ALONE = (Noted, Restated, ops.AlterModelOptions)


class _Apps(StateApps):
    """Models that statements about their tables are made from. Nobody asks through them: that takes longest to prepare.

    So a ``RunPython`` works with the client of the editor.
    """

    def _build_initial_querysets(self) -> None:
        for app in self.apps.values():
            for model in app.values():
                if model._meta._inited:  # noqa: SLF001 - as Tortoise's own
                    model._meta.finalise_fields()  # noqa: SLF001
                    model._meta._generate_db_fields()  # noqa: SLF001
                    model._meta._resolve_index_expressions()  # noqa: SLF001


class PatientState(State):
    """The models between two migrations, rendered when a statement needs them, and only those that have changed."""

    def __init__(self, models: dict[Key, ModelState], apps: StateApps) -> None:
        super().__init__(models, apps)
        self._waiting: set[Key] = set()
        self._rendered: dict[Key, tuple[dict[str, Any], dict[str, Any]]] = {}

    def render(self) -> None:
        """Render what was told since the last time."""
        gone = self._rendered.keys() - self.models.keys()
        changed = {it for it in self._waiting if it in self.models and (gone or self._has_changed(it))}
        self._waiting.clear()
        for key in gone:
            del self._rendered[key]
        if changed & self._rendered.keys():  # with whoever refers to them, and so on
            super().reload_models(sorted(changed))
        elif changed:
            self._reload(changed)

    def reload_models(self, model_tuples: Iterable[Key]) -> None:
        """Note that models wait to be rendered."""
        self._waiting.update(model_tuples)

    def reload_model(self, app_label: str, model_name: str) -> None:
        """Note that a model waits to be rendered."""
        self._waiting.add((app_label, model_name))

    def _reload(self, models_to_reload: set[Key]) -> None:
        super()._reload(models_to_reload)
        for key in models_to_reload:
            self._rendered[key] = _content(self.models[key])

    def _has_changed(self, key: Key) -> bool:
        return self._rendered.get(key) != _content(self.models[key])


def _content(model: ModelState) -> tuple[dict[str, Any], dict[str, Any]]:
    return {**model.fields}, {**model.options}


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
        state = PatientState(models={}, apps=_Apps(default_connections=connections))
        applied = set(await self.recorder.applied_migrations())
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
                for operation in operations:
                    operation.state_forward(migration.app_label, state)
                if not all(map(_leaves_tables_alone, operations)):
                    state.render()
                for operation in operations:
                    await operation.database_forward(migration.app_label, state, state, editor)
                continue
            for operation in operations:
                if isinstance(operation, ops.RunPython):
                    await operation.database_forward(migration.app_label, state, state, editor)
                    continue
                state.render()
                before = state.clone()
                operation.state_forward(migration.app_label, state)
                state.render()
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
    return isinstance(operation, _ONLY_ADD) or _leaves_tables_alone(operation)


def _leaves_tables_alone(operation: ops.Operation) -> bool:
    return isinstance(operation, _LEAVES_TABLES_ALONE)
