"""Writers for rows that never become views: expressions in Python, made out of what was selected.

Of a page of fifty rows with thirty fields each, every other way to write it costs more than the database takes to find
it. An expression is made only of the names of columns, the words of :mod:`resolvers.referral_flat`, and the response
names of the document, which are quoted. Where a selection asks for anything else there is no writer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from graphql import GraphQLObjectType, is_list_type, is_non_null_type
from graphql.execution.collect_fields import FieldDetails
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from resolvers.referral_flat import (
    ALWAYS,
    CELLS,
    COUNTIES,
    COUNTY_IDS,
    DAYS,
    OBJECTS,
    OF_THE_CALLER,
    Cell,
    Form,
    Show,
    is_own,
)
from schema.fast_writers import Collects, UnusualError
from schema.ids import to_global

_MOST_FIELDS: Final = 200
_OF_THE_DAY: Final = ("age", "overdue", "years", "full_name", "counties")
_OF_THE_CALLER: Final = ("full_name", *OF_THE_CALLER)


def row_form(executor: Collects, type_: GraphQLObjectType, details: list[FieldDetails]) -> Form:
    """Prepare what is selected of a referral.

    Raises:
        UnusualError: it is more than a row holds.
    """
    fields = {key: _Field(executor, type_, it) for key, it in selected(executor, type_, details).items()}
    counties = [field.county for field in fields.values() if field.county is not None]
    if sum(field.size for field in fields.values()) > _MOST_FIELDS or len(counties) > 1:
        raise UnusualError
    mine = [field for field in fields.values() if field.is_for_the_caller]
    ours = [field for field in fields.values() if not field.is_for_the_caller]
    own = _once(ALWAYS, *([column for column in field.columns if is_own(column)] for field in mine))
    passed = _once(*([column for column in field.columns if not is_own(column)] for field in mine))
    shared = _once(passed, *(field.columns for field in ours))

    # First what everybody is shown of a row: key and version, then finished fields, then columns that are passed on.
    days = DAYS.expression if any(field.counts_days for field in ours) else None
    finished = ", ".join(["key", "version", *(field.text for field in ours), *passed])
    share = _compiled(
        f"lambda rows, {', '.join(_OF_THE_DAY)}: [({finished}) "
        f"for {', '.join(['key', 'version', *shared])} in rows for days in ({days},)]",
        _OF_THE_DAY,
    )
    # Then the row of a caller, of which the finished fields are a part under these names.
    names = {id(field): f"shown{place}" for place, field in enumerate(ours)}
    row = ", ".join(f"{key!r}: {names.get(id(field), field.text)}" for key, field in fields.items())
    write = _compiled(
        f"lambda own, shared, {', '.join(_OF_THE_CALLER)}: [{{{row}}} for ({', '.join(own)}), "
        f"({', '.join(['_', '_', *names.values(), *passed])}) in zip(own, shared)]",
        _OF_THE_CALLER,
    )
    return Form(own, shared, share, write, counties[0] if counties else None)


def _compiled(source: str, names: Sequence[str]) -> Callable[..., list[Any]]:
    """Compile an expression over rows; its last parameters are the functions of these names."""
    function = eval(source, {"to_global": to_global, "zip": zip, "__builtins__": {}})  # noqa: S307 - made only of our words

    def written(*rows_and_names: Any) -> list[Any]:
        *rows, given = rows_and_names
        result: list[Any] = function(*rows, *(given.get(name) for name in names))
        return result

    return written


def _once(*columns: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for some in columns for column in some))


class _Field:
    """A field of a row: its expression, and what that needs."""

    def __init__(self, executor: Collects, type_: GraphQLObjectType, details: list[FieldDetails]) -> None:
        self._executor = executor
        self.size = 0
        self.columns: list[str] = []
        self.is_for_the_caller = False
        self.county: Show | None = None
        self.text = self._of_field(type_, details, "")

    @property
    def counts_days(self) -> bool:
        """Say whether the expression speaks of ``days``."""
        return {*DAYS.columns} <= {*self.columns}

    def _of_field(self, parent: GraphQLObjectType, details: list[FieldDetails], at: str) -> str:
        self.size += 1
        name = details[0].node.name.value
        if name == "__typename":
            return repr(parent.name)
        path = f"{at}{_python_name(parent, name)}"
        if path == COUNTIES:
            return self._of_counties(parent, details)
        if path in OBJECTS:
            there = self._needed(OBJECTS[path])
            shown = self._of_object(_below(parent, name), details, f"{path}.")
            return shown if there == "True" else f"({shown} if {there} else None)"
        if path not in CELLS:
            raise UnusualError
        text = self._needed(CELLS[path])
        return f"to_global({parent.name!r}, {text})" if name == "id" else f"({text})"

    def _of_object(self, type_: GraphQLObjectType, details: list[FieldDetails], at: str) -> str:
        fields = selected(self._executor, type_, details)
        return "{" + ", ".join(f"{key!r}: {self._of_field(type_, it, at)}" for key, it in fields.items()) + "}"

    def _of_counties(self, parent: GraphQLObjectType, details: list[FieldDetails]) -> str:
        below = _below(parent, details[0].node.name.value)
        fields = {key: it[0].node.name.value for key, it in selected(self._executor, below, details).items()}
        self.size += len(fields)
        self.county = _county(fields, below.name)
        self.columns.append(COUNTY_IDS)
        return f"counties[{COUNTY_IDS}]"

    def _needed(self, cell: Cell) -> str:
        """Give the expression of a cell, and take note of what it needs."""
        self.columns += cell.columns
        speaks_of_caller = any(f"{name}(" in cell.expression for name in OF_THE_CALLER)
        self.is_for_the_caller = self.is_for_the_caller or speaks_of_caller or any(map(is_own, cell.columns))
        return cell.expression


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


def _county(fields: Mapping[str, str], type_name: str) -> Show:
    if not {*fields.values()} <= {"fips", "name", "__typename"}:
        raise UnusualError

    def show(fips: str, name: str) -> dict[str, Any]:
        known = {"fips": fips, "name": name, "__typename": type_name}
        return {key: known[field] for key, field in fields.items()}

    return show


def _below(parent: GraphQLObjectType, name: str) -> GraphQLObjectType:
    """Give the type of the objects that a field shows, one or a list of them."""
    type_: Any = parent.fields[name].type
    while not isinstance(type_, GraphQLObjectType):
        if not (is_list_type(type_) or is_non_null_type(type_)):
            raise UnusualError
        type_ = type_.of_type
    return type_


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
