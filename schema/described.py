"""Docstrings are the SDL's descriptions: written once, in Python, and copied from there.

Strawberry ignores docstrings. These decorators stand in for ``strawberry.type``, ``input``, ``interface`` and ``enum``
and take the same arguments. What they copy:

- the docstring of the class to the type,
- the string literal under an attribute or an enum member to that field or value,
- the docstring of a resolver to its field, and its ``Args:`` section to the arguments.

A ``description=`` given by hand wins. ``undescribed`` names everything that is still mute.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from functools import cache
from itertools import pairwise
from typing import Any, TypeVar, dataclass_transform, overload

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

T = TypeVar("T", bound=type[Any])
E = TypeVar("E", bound=type[Enum])

_SECTIONS = ("Args:", "Arguments:", "Returns:", "Yields:", "Raises:")
_ARGUMENT = re.compile(r"\*{0,2}(?P<name>\w+)\s*(\([^)]*\))?:\s*(?P<text>.*)")
_LIST_LINE = re.compile(r"\s|[-*|]\s|\d+\.\s")


@overload
def described_type(cls: T, /) -> T: ...
@overload
def described_type(
    *, name: str | None = None, description: str | None = None, directives: Sequence[object] = ()
) -> Callable[[T], T]: ...
@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def described_type(cls: T | None = None, /, **options: Any) -> T | Callable[[T], T]:
    """Make a GraphQL type whose descriptions are its docstrings; options as for ``strawberry.type``."""
    return _described(strawberry.type, cls, options)


@overload
def described_input(cls: T, /) -> T: ...
@overload
def described_input(
    *,
    name: str | None = None,
    one_of: bool | None = None,
    description: str | None = None,
    directives: Sequence[object] = (),
) -> Callable[[T], T]: ...
@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def described_input(cls: T | None = None, /, **options: Any) -> T | Callable[[T], T]:
    """Make a GraphQL input whose descriptions are its docstrings; options as for ``strawberry.input``."""
    return _described(strawberry.input, cls, options)


@overload
def described_interface(cls: T, /) -> T: ...
@overload
def described_interface(
    *, name: str | None = None, description: str | None = None, directives: Sequence[object] = ()
) -> Callable[[T], T]: ...
@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def described_interface(cls: T | None = None, /, **options: Any) -> T | Callable[[T], T]:
    """Make a GraphQL interface whose descriptions are its docstrings; options as for ``strawberry.interface``."""
    return _described(strawberry.interface, cls, options)


@overload
def described_enum(cls: E, /) -> E: ...
@overload
def described_enum(
    cls: E,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    values: Mapping[Any, str] | None = None,
) -> E: ...
@overload
def described_enum(
    *, name: str | None = None, description: str | None = None, values: Mapping[Any, str] | None = None
) -> Callable[[E], E]: ...
def described_enum(
    cls: E | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    values: Mapping[Any, str] | None = None,
) -> E | Callable[[E], E]:
    """Make a GraphQL enum, here or of one that lives in another room (``described_enum(ReferralStatus)``).

    A value is described by ``values[member]``, else by the literal under the member, else by its ``label``.
    """

    def describe(enum: E) -> E:
        own = _own_docstring(enum)
        strawberry.enum(enum, name=name, description=description or (_reflowed(own) if own else None))
        definition: StrawberryEnumDefinition = enum.__strawberry_definition__  # type: ignore[attr-defined]
        literals = _attribute_docstrings(enum)
        for member, value in zip(enum, definition.values, strict=True):
            given = (values or {}).get(member)
            value.description = (
                value.description or given or literals.get(member.name) or getattr(member, "label", None)
            )
        return enum

    return describe if cls is None else describe(cls)


def undescribed(schema: strawberry.Schema) -> list[str]:
    """Name every type, field, argument, input field, enum value and directive that has no description."""
    graphql = schema._schema  # noqa: SLF001 - Strawberry has no public way to its graphql-core schema
    mute: list[str] = []
    for name, type_ in sorted(graphql.type_map.items()):
        if not (is_introspection_type(type_) or is_specified_scalar_type(type_)):
            mute += [place for place, text in _places(name, type_) if not (text or "").strip()]
    for directive in graphql.directives:
        if not is_specified_directive(directive):
            named = [(f"@{directive.name}", directive.description)]
            named += [(f"@{directive.name}({arg})", it.description) for arg, it in directive.args.items()]
            mute += [place for place, text in named if not (text or "").strip()]
    return mute


def _places(name: str, type_: GraphQLNamedType) -> Iterator[tuple[str, str | None]]:
    yield name, type_.description
    if isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        fields: dict[str, GraphQLField] = type_.fields
        for field_name, field in fields.items():
            yield f"{name}.{field_name}", field.description
            for argument_name, argument in field.args.items():
                yield f"{name}.{field_name}({argument_name})", argument.description
    elif isinstance(type_, GraphQLInputObjectType):
        for field_name, input_field in type_.fields.items():
            yield f"{name}.{field_name}", input_field.description
    elif isinstance(type_, GraphQLEnumType):
        for value_name, value in type_.values.items():
            yield f"{name}.{value_name}", value.description


def _described(decorate: Callable[..., Any], cls: T | None, options: dict[str, Any]) -> T | Callable[[T], T]:
    def describe(cls: T) -> T:
        # Read before Strawberry runs: ``dataclass`` writes a signature into an empty ``__doc__``.
        own = _own_docstring(cls)
        description = options.get("description") or (_reflowed(own) if own else None)
        made: T = decorate(cls, **{**options, "description": description})
        definition: StrawberryObjectDefinition = made.__strawberry_definition__
        literals = _attribute_docstrings(made)
        for field in definition.fields:
            _describe_field(field, literals.get(field.python_name))
        return made

    return describe if cls is None else describe(cls)


def _describe_field(field: StrawberryField, literal: str | None) -> None:
    resolver = field.base_resolver
    text, arguments = _parted(inspect.getdoc(resolver.wrapped_func) or "") if resolver else ("", {})
    if field.description is None:
        field.description = literal or text or None
    # Reading ``arguments`` pins the list on the field, so a generic type's copies keep the descriptions.
    for argument in field.arguments:
        if argument.description is None:
            argument.description = arguments.get(argument.python_name)


def _own_docstring(cls: type) -> str | None:
    text = cls.__dict__.get("__doc__")
    return inspect.cleandoc(text) if isinstance(text, str) else None


def _attribute_docstrings(cls: type) -> dict[str, str]:
    """Collect the literals under the attributes of a class and of the classes it inherits from; the nearest wins."""
    found: dict[str, str] = {}
    for owner in cls.__mro__:
        for attribute, text in _literals_of_module(owner.__module__).get(owner.__qualname__, {}).items():
            found.setdefault(attribute, text)
    return found


@cache
def _literals_of_module(module_name: str) -> dict[str, dict[str, str]]:
    """Read a module once: class (by qualified name) -> attribute -> the string literal right under it."""
    if module_name == "builtins" or module_name.split(".", maxsplit=1)[0] in sys.stdlib_module_names:
        return {}
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module_name]))
    except (OSError, TypeError, KeyError):
        return {}
    return dict(_classes(tree, ""))


def _classes(node: ast.AST, prefix: str) -> Iterator[tuple[str, dict[str, str]]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield prefix + child.name, dict(_literals(child.body))
            yield from _classes(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _classes(child, f"{prefix}{child.name}.<locals>.")
        elif isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):  # no expression has a class in it
            yield from _classes(child, prefix)


def _literals(body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement, following in pairwise(body):
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        if (
            isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
            and isinstance(following.value.value, str)
        ):
            text = _reflowed(inspect.cleandoc(following.value.value))
            yield from ((target.id, text) for target in targets if isinstance(target, ast.Name))


def _parted(docstring: str) -> tuple[str, dict[str, str]]:
    """Split a docstring into its description and what its ``Args:`` section says of each argument."""
    prose: list[str] = []
    arguments: dict[str, list[str]] = {}
    section, current = "", ""
    for line in docstring.splitlines():
        if line.strip() in _SECTIONS and not line.startswith(" "):
            section = line.strip()
        elif section and line and not line.startswith(" "):
            section = ""
            prose.append(line)
        elif section.startswith("Arg") and (match := _ARGUMENT.match(line.strip())) and _indent(line) <= 4:
            current = match["name"]
            arguments[current] = [match["text"]]
        elif section.startswith("Arg") and current:
            arguments[current].append(line.strip())
        elif not section:
            prose.append(line)
    return _reflowed("\n".join(prose)), {name: " ".join(filter(None, lines)) for name, lines in arguments.items()}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _reflowed(text: str) -> str:
    """Join the wrapped lines of each paragraph; a paragraph that holds a list or is indented stays as it is."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(
        part if any(map(_LIST_LINE.match, part.splitlines())) else " ".join(part.split("\n")) for part in paragraphs
    )
