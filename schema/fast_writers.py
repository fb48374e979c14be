"""Writers: what GraphQL would do with a finished view, field by field, prepared once for a selection.

The ordinary executor spends 6 microseconds on each field of each row to find out what it found out for the row before.
A writer knows it already: the attributes to read, the types to expect, the keys to answer. It is made only where there
is nothing to decide: plain attributes and ids of plain types, no directives, no arguments, no abstract types. Whatever
it meets that it did not expect (a missing value, another type, an exception) it leaves to the ordinary executor, which
begins again with the same view and finds the words for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from enum import Enum
from operator import attrgetter
from typing import Any, Final, Protocol, cast

from graphql import (
    FieldNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    InlineFragmentNode,
    SelectionSetNode,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

from schema.ids import to_global
from schema.nodes import Node

Writer = Callable[[Any], Any]
Read = Callable[[Any], Any]

_MOST_FIELDS: Final = 1_000
"""Of one writer; a larger selection is rare, and preparing it would hold up the others."""
_SMALLEST, _LARGEST = -(2**31), 2**31 - 1


class UnusualError(Exception):
    """Say that a writer has met what it was not made for: the ordinary executor knows what to do."""


class Collects(Protocol):
    """The part of an executor that finds out which fields a selection has."""

    fragments: dict[str, FragmentDetails]

    def collect_subfields(self, return_type: GraphQLObjectType, field_details_list: list[FieldDetails], /) -> Any:
        """Collect the fields below some fields."""


def object_writer(executor: Collects, type_: GraphQLObjectType, details: list[FieldDetails]) -> Writer | None:
    """Prepare what is selected of a view of this type; None where the ordinary executor has to do it."""
    if any(has_decisions(it.node.selection_set, executor.fragments) for it in details):
        return None
    try:
        return _Preparation(executor).of_object(type_, details)
    except UnusualError:
        return None


class _Preparation:
    def __init__(self, executor: Collects) -> None:
        self._executor = executor
        self._fields = 0

    def of_object(self, type_: GraphQLObjectType, details: list[FieldDetails]) -> Writer:
        if any(it.defer_usage is not None or it.fragment_variable_values for it in details):
            raise UnusualError
        selected = self._executor.collect_subfields(type_, details).grouped_field_set
        self._fields += len(selected)
        if self._fields > _MOST_FIELDS:
            raise UnusualError
        fields = [(key, self._of_field(type_, below)) for key, below in selected.items()]
        return _checked(type_, _object(fields))

    def _of_field(self, parent: GraphQLObjectType, details: list[FieldDetails]) -> Writer:
        node = details[0].node
        name = node.name.value
        if name == "__typename":
            return _constant(parent.name)
        field = parent.fields.get(name)
        if field is None or field.args or node.arguments:
            raise UnusualError
        return self._of_type(field.type, details, _reader(parent, field))

    def _of_type(self, type_: GraphQLOutputType, details: list[FieldDetails], read: Read) -> Writer:
        nullable = _nullable(type_)
        plain = _PLAIN.get(nullable.name) if isinstance(nullable, GraphQLScalarType) else None
        if plain is not None:
            return _required_plain(read, plain) if is_non_null_type(type_) else _optional_plain(read, plain)
        write = self._of_nullable(nullable, details)
        return _required(read, write) if is_non_null_type(type_) else _optional(read, write)

    def _of_nullable(self, type_: GraphQLOutputType, details: list[FieldDetails]) -> Writer:
        if is_list_type(type_):
            item = type_.of_type
            write = self._of_nullable(_nullable(item), details)
            return _list_of_required(write) if is_non_null_type(item) else _list_of_optional(write)
        if isinstance(type_, GraphQLObjectType):
            return self.of_object(type_, details)
        if isinstance(type_, GraphQLEnumType):
            return _enum(type_)
        if isinstance(type_, GraphQLScalarType) and type_.name in _SCALARS:
            return _SCALARS[type_.name]
        raise UnusualError


def _nullable(type_: GraphQLOutputType) -> GraphQLOutputType:
    return type_.of_type if is_non_null_type(type_) else type_


def _reader(parent: GraphQLObjectType, field: GraphQLField) -> Read:
    """Say how the value of a field is had from a view, if that is plain."""
    declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(declared, StrawberryField) or declared.extensions or declared.default_resolver is not getattr:
        raise UnusualError
    resolver = declared.base_resolver
    if resolver is None:
        return attrgetter(declared.python_name)
    function: Any = resolver.wrapped_func
    if function is _NODE_ID:
        return lambda view: to_global(parent.name, view.id)
    if inspect.iscoroutinefunction(function) or [*inspect.signature(function).parameters] != ["root"]:
        raise UnusualError
    return cast("Read", function)


def _field_of(type_: type, name: str) -> StrawberryField:
    fields = type_.__strawberry_definition__.fields  # type: ignore[attr-defined]
    return next(field for field in fields if isinstance(field, StrawberryField) and field.python_name == name)


_NODE_ID: Final = _field_of(Node, "id").base_resolver.wrapped_func  # type: ignore[union-attr]


def has_decisions(selections: SelectionSetNode | None, fragments: dict[str, FragmentDetails]) -> bool:
    """Say whether what is selected depends on more than the document: on a directive or on a fragment's variable."""
    return _has_decisions(selections, fragments, set())


def _has_decisions(selections: SelectionSetNode | None, fragments: dict[str, FragmentDetails], seen: set[str]) -> bool:
    for node in selections.selections if selections else ():
        if node.directives:
            return True
        if isinstance(node, FragmentSpreadNode):
            name = node.name.value
            fragment = fragments.get(name)
            if fragment is None or fragment.variable_signatures:
                return True
            if name in seen:
                continue
            seen.add(name)
            below: SelectionSetNode | None = fragment.definition.selection_set
        else:
            below = node.selection_set if isinstance(node, FieldNode | InlineFragmentNode) else None
        if _has_decisions(below, fragments, seen):
            return True
    return False


def _object(fields: Iterable[tuple[str, Writer]]) -> Writer:
    prepared = tuple(fields)

    def write(view: Any) -> dict[str, Any]:
        return {key: write_field(view) for key, write_field in prepared}

    return write


def _checked(type_: GraphQLObjectType, write: Writer) -> Writer:
    is_type_of = type_.is_type_of
    if is_type_of is None:
        return write

    def write_if_it_is_one(view: Any) -> Any:
        if is_type_of(view, cast("Any", None)) is not True:
            raise UnusualError
        return write(view)

    return write_if_it_is_one


def _required_plain(read: Read, plain: type) -> Writer:
    """Read and check in one step: most fields are texts."""

    def write(view: Any) -> Any:
        value = read(view)
        if type(value) is not plain:
            raise UnusualError
        return value

    return write


def _optional_plain(read: Read, plain: type) -> Writer:
    def write(view: Any) -> Any:
        value = read(view)
        if value is not None and type(value) is not plain:
            raise UnusualError
        return value

    return write


def _required(read: Read, write: Writer) -> Writer:
    return lambda view: write(read(view))


def _optional(read: Read, write: Writer) -> Writer:
    def write_if_there(view: Any) -> Any:
        value = read(view)
        return None if value is None else write(value)

    return write_if_there


def _list_of_required(write: Writer) -> Writer:
    return lambda values: [write(value) for value in _listed(values)]


def _list_of_optional(write: Writer) -> Writer:
    return lambda values: [None if value is None else write(value) for value in _listed(values)]


def _listed(values: Any) -> Iterator[Any]:
    if type(values) is not list and type(values) is not tuple:
        raise UnusualError
    return iter(values)


def _constant(text: str) -> Writer:
    return lambda _: text


def _enum(type_: GraphQLEnumType) -> Writer:
    names: dict[Enum, str] = {}

    def write(value: Any) -> str:
        if not isinstance(value, Enum):
            raise UnusualError
        name = names.get(value)
        if name is None:
            name = names[value] = str(type_.coerce_output_value(value))
        return name

    return write


def _plain(expected: type) -> Writer:
    def write(value: Any) -> Any:
        if type(value) is not expected:
            raise UnusualError
        return value

    return write


def _number(value: Any) -> int:
    if type(value) is not int or not _SMALLEST <= value <= _LARGEST:
        raise UnusualError
    return value


def _instant(value: Any) -> str:
    if type(value) is not datetime:
        raise UnusualError
    return value.isoformat()


def _day(value: Any) -> str:
    if type(value) is not date:
        raise UnusualError
    return value.isoformat()


_PLAIN: Final[dict[str, type]] = {"String": str, "ID": str, "Boolean": bool}
"""Scalars that leave the house as they are, if they are of exactly this type."""

_SCALARS: Final[dict[str, Writer]] = {
    **{name: _plain(expected) for name, expected in _PLAIN.items()},
    "Int": _number,
    "DateTime": _instant,
    "Date": _day,
}
