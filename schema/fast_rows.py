"""Writers for rows that never become views: one expression in Python, made out of what was selected.

Of a page of fifty rows with thirty fields each, every other way to write it costs more than the database takes to find
it. The expression is made only of the names of columns, the words of :mod:`resolvers.referral_flat`, and the response
names of the document, which are quoted. Where a selection asks for anything else there is no writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from graphql import GraphQLObjectType, is_list_type, is_non_null_type
from graphql.execution.collect_fields import FieldDetails
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from resolvers.referral_flat import CELLS, COUNTIES, COUNTY_IDS, DAYS, OBJECTS, Form, in_order
from schema.fast_writers import Collects, UnusualError
from schema.ids import to_global

_MOST_FIELDS: Final = 200


def row_form(executor: Collects, type_: GraphQLObjectType, details: list[FieldDetails]) -> Form:
    """Prepare what is selected of a referral.

    Raises:
        UnusualError: it is more than a row holds.
    """
    preparation = _Preparation(executor)
    expression = preparation.of_object(type_, details, "")
    columns = in_order(preparation.columns)
    each = f"for {', '.join(columns)} in rows for days in ({DAYS.expression if preparation.counts_days else None},)"
    source = f"lambda rows, {', '.join(_NAMES)}: [{expression} {each}]"
    write: Callable[..., list[dict[str, Any]]] = eval(source, {"to_global": to_global})  # noqa: S307 - see above

    def written(rows: Any, names: Mapping[str, Any]) -> list[dict[str, Any]]:
        return write(rows, *(names.get(name) for name in _NAMES))

    return Form(columns, written, preparation.county)


_NAMES: Final = ("age", "overdue", "years", "full_name", "tells_who", "counties")


class _Preparation:
    def __init__(self, executor: Collects) -> None:
        self._executor = executor
        self._fields = 0
        self.columns: list[str] = []
        self.counts_days = False
        self.county: Callable[[str, str], dict[str, Any]] | None = None

    def of_object(self, type_: GraphQLObjectType, details: list[FieldDetails], at: str) -> str:
        parts = [
            f"{key!r}: {self._of_field(type_, below, at)}"
            for key, below in selected(self._executor, type_, details).items()
        ]
        self._fields += len(parts)
        if self._fields > _MOST_FIELDS:
            raise UnusualError
        return "{" + ", ".join(parts) + "}"

    def _of_field(self, parent: GraphQLObjectType, details: list[FieldDetails], at: str) -> str:
        name = details[0].node.name.value
        if name == "__typename":
            return repr(parent.name)
        path = f"{at}{_python_name(parent, name)}"
        if path == COUNTIES:
            return self._of_counties(parent, details)
        if path in OBJECTS:
            below, _ = _below(parent, name)
            there = OBJECTS[path]
            self.columns += there.columns
            shown = self.of_object(below, details, f"{path}.")
            return shown if there.expression == "True" else f"({shown} if {there.expression} else None)"
        cell = CELLS.get(path)
        if cell is None:
            raise UnusualError
        self.columns += cell.columns
        self.counts_days = self.counts_days or {*DAYS.columns} <= {*cell.columns}
        return f"to_global({parent.name!r}, {cell.expression})" if name == "id" else f"({cell.expression})"

    def _of_counties(self, parent: GraphQLObjectType, details: list[FieldDetails]) -> str:
        below, is_list = _below(parent, details[0].node.name.value)
        fields = {
            key: below_it[0].node.name.value for key, below_it in selected(self._executor, below, details).items()
        }
        county = _county(fields, below.name)
        if not is_list or self.county is not None:  # asked twice, under two names
            raise UnusualError
        self.county = county
        self.columns.append(COUNTY_IDS)
        return f"counties[{COUNTY_IDS}]"


def selected(
    executor: Collects, type_: GraphQLObjectType, details: list[FieldDetails]
) -> Mapping[str, list[FieldDetails]]:
    """Give what is selected of an object by response name.

    Raises:
        UnusualError: a part of it is to be told later.
    """
    if any(it.defer_usage is not None or it.fragment_variable_values for it in details):
        raise UnusualError
    found: Mapping[str, list[FieldDetails]] = executor.collect_subfields(type_, details).grouped_field_set
    return found


def _county(fields: Mapping[str, str], type_name: str) -> Callable[[str, str], dict[str, Any]]:
    if not {*fields.values()} <= {"fips", "name", "__typename"}:
        raise UnusualError

    def show(fips: str, name: str) -> dict[str, Any]:
        known = {"fips": fips, "name": name, "__typename": type_name}
        return {key: known[field] for key, field in fields.items()}

    return show


def _below(parent: GraphQLObjectType, name: str) -> tuple[GraphQLObjectType, bool]:
    """Give the type of objects that a field shows, and whether it shows a list of them."""
    type_: Any = parent.fields[name].type
    is_list = False
    while not isinstance(type_, GraphQLObjectType):
        if not (is_list_type(type_) or is_non_null_type(type_)):
            raise UnusualError
        is_list = is_list or is_list_type(type_)
        type_ = type_.of_type
    return type_, is_list


def _python_name(parent: GraphQLObjectType, name: str) -> str:
    field = parent.fields.get(name)
    declared = None if field is None else field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(declared, StrawberryField):
        raise UnusualError
    return declared.python_name


def only(details: Iterable[list[FieldDetails]]) -> list[FieldDetails]:
    """Give the one field there is.

    Raises:
        UnusualError: there are several, or none.
    """
    found = list(details)
    if len(found) != 1:
        raise UnusualError
    return found[0]
