"""Statements of a migration are made from models as all operations before have left them, rendered though few are."""

from __future__ import annotations

from typing import Any

import pytest
from tortoise import fields
from tortoise.migrations import operations as ops
from tortoise.migrations.schema_generator.state_apps import StateApps
from tortoise.models import Model

from orm.migration_steps import PatientState


def _model(name: str, **columns: Any) -> ops.CreateModel:
    key = ("id", fields.IntField(primary_key=True))
    return ops.CreateModel(name=name, fields=[key, *columns.items()], options={"table": name.lower(), "app": "a"})


def _home(related_name: str = "people") -> Any:
    return fields.ForeignKeyField("a.Home", related_name=related_name)


@pytest.fixture
def state() -> PatientState:
    return PatientState(models={}, apps=StateApps())


def _told(state: PatientState, *operations: Any) -> None:
    for operation in operations:
        operation.state_forward("a", state)
    state.render()


def _related(model: type[Model], name: str) -> Any:
    return model._meta.fields_map[name].related_model  # type: ignore[attr-defined]


def test_a_new_model_leaves_the_others_as_they_are_and_finds_them(state: PatientState) -> None:
    _told(state, _model("Home"))
    home = state.apps.get_model("a.Home")

    _told(state, _model("Person", home=_home()))

    person = state.apps.get_model("a.Person")
    assert state.apps.get_model("a.Home") is home
    assert _related(person, "home") is home
    assert _related(home, "people") is person


def test_whoever_refers_to_a_model_that_has_changed_finds_it_as_it_is_now(state: PatientState) -> None:
    _told(state, _model("Home"), _model("Person", home=_home()))
    before = state.apps.get_model("a.Home")

    _told(state, ops.AddField("Home", "beds", fields.IntField(default=0)))

    home = state.apps.get_model("a.Home")
    assert home is not before
    assert "beds" in home._meta.fields_map
    assert _related(state.apps.get_model("a.Person"), "home") is home


def test_a_model_that_was_deleted_leaves_its_name_at_others_to_the_next(state: PatientState) -> None:
    _told(state, _model("Home"), _model("Person", home=_home()))
    _told(state, ops.DeleteModel("Person"))
    assert "people" not in state.apps.get_model("a.Home")._meta.fields_map

    _told(state, _model("Resident", home=_home()))

    assert _related(state.apps.get_model("a.Home"), "people") is state.apps.get_model("a.Resident")


def test_what_waited_through_several_migrations_is_told_with_the_next_statement(state: PatientState) -> None:
    _told(state, _model("Home"))
    ops.AddField("Home", "beds", fields.IntField(default=0)).state_forward("a", state)
    assert "beds" not in state.apps.get_model("a.Home")._meta.fields_map, "nothing was rendered for a note"

    _told(state, _model("Person", home=_home()))

    home = state.apps.get_model("a.Home")
    assert "beds" in home._meta.fields_map
    assert _related(state.apps.get_model("a.Person"), "home") is home
