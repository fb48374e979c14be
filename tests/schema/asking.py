"""Documents that somebody might send: any fields, aliases, fragments, repetitions and directives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

Choose = Callable[[int], int]
"""Chooses a number from 0 to one less than this."""


@dataclass
class Asking:
    """Write documents over a schema; ``choose`` decides."""

    schema: GraphQLSchema
    choose: Choose
    _fragments: list[str] = field(default_factory=list)
    _names: int = 0

    def document(self, root: str, depth: int = 4) -> str:
        """Ask for a root field that answers objects, with ``$yes`` to be sent as true."""
        query = cast("GraphQLObjectType", self.schema.query_type)
        type_ = cast("GraphQLObjectType", get_named_type(query.fields[root.partition("(")[0]].type))
        asked = f"{{ {self._alias()}{root} {self._below(type_, depth)} __typename }}"
        whole = " ".join([asked, *self._fragments])
        return f"query Asked($yes: Boolean! = true) {whole}" if "$yes" in whole else whole

    def _below(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        parts = [self._part(type_, depth) for _ in range(1 + self.choose(5))]
        return "{ " + " ".join(part for part in parts if part) + " __typename }"

    def _part(self, type_: GraphQLObjectType | GraphQLInterfaceType, depth: int) -> str:
        kind = self.choose(12) if depth > 0 else None
        if kind == 0:
            return f"... on {type_.name}{self._directive()} {self._below(type_, depth - 1)}"
        if kind == 1:
            return f"...{self._directive()} {self._below(type_, depth - 1)}"
        if kind == 2:
            name = self._name("F")
            self._fragments.append(f"fragment {name} on {type_.name} {self._below(type_, depth - 1)}")
            return f"...{name}{self._directive()}"
        names = sorted(name for name, it in type_.fields.items() if not it.args)
        name = names[self.choose(len(names))]
        below = get_named_type(type_.fields[name].type)
        if is_leaf_type(below):
            return f"{self._alias()}{name}{self._directive()}"
        if depth <= 0 or not isinstance(below, GraphQLObjectType | GraphQLInterfaceType):
            return ""
        return f"{self._alias()}{name}{self._directive()} {self._below(below, depth - 1)}"

    def _alias(self) -> str:
        return f"{self._name('a')}: " if self.choose(8) == 0 else ""

    def _directive(self) -> str:
        if self.choose(20):
            return ""
        return (" @include(if: $yes)", " @skip(if: $yes)", " @include(if: false)", " @skip(if: false)")[self.choose(4)]

    def _name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"
