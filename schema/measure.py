"""How large a document is: each fragment measured once, after those it spreads, whatever it expands to.

Strawberry's own depth and alias limiters expand every spread again: 774 bytes with 20 fragments, each spreading the
next one twice, held the event loop for 16 seconds. Here the work is linear in the document, and sums saturate.

The cost of a field is 1 plus that of its selection, times the page size when the field takes ``first`` or ``last``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    Undefined,
    VariableNode,
    get_named_type,
)

SATURATED = 10**9
_PAGE_ARGUMENTS = ("first", "last")


@dataclass(frozen=True)
class Size:
    """What a selection asks for after its fragments are expanded."""

    depth: int = 0
    introspection_depth: int = 0
    aliases: int = 0
    directives: int = 0
    fields: int = 0
    """The fields right here, not those below them: for an operation its root fields."""
    cost: int = 0
    page_size: int = 0
    """The largest page asked for."""

    def beside(self, other: Size) -> Size:
        """Add what stands next to this in the same selection."""
        return Size(
            depth=max(self.depth, other.depth),
            introspection_depth=max(self.introspection_depth, other.introspection_depth),
            aliases=_saturated(self.aliases + other.aliases),
            directives=_saturated(self.directives + other.directives),
            fields=_saturated(self.fields + other.fields),
            cost=_saturated(self.cost + other.cost),
            page_size=max(self.page_size, other.page_size),
        )


@dataclass(frozen=True)
class Measured:
    """The sizes of a document's operations, and how many nodes were looked at to find them."""

    operations: tuple[Size, ...]
    visits: int
    fragments: int = 0
    cyclic: bool = False


def measure(document: DocumentNode, schema: GraphQLSchema, variables: Mapping[str, object] | None = None) -> Measured:
    """Measure every operation of a document, each fragment once; cyclic fragments are told, not followed."""
    return _Measuring(document, schema, variables or {}).done()


class _Measuring:
    def __init__(self, document: DocumentNode, schema: GraphQLSchema, variables: Mapping[str, object]) -> None:
        self.schema = schema
        self.variables = variables
        self.visits = 0
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.operations: list[OperationDefinitionNode] = []
        self.sizes: dict[str, Size] = {}
        self.defaults: dict[str, int] = {}
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self.fragments.setdefault(definition.name.value, definition)
            elif isinstance(definition, OperationDefinitionNode):
                self.operations.append(definition)
                self._note_defaults(definition)

    def done(self) -> Measured:
        spreads = {name: set(self._spreads(fragment.selection_set)) for name, fragment in self.fragments.items()}
        try:
            order = list(TopologicalSorter(spreads).static_order())
        except CycleError:
            return Measured((), self.visits, len(self.fragments), cyclic=True)
        for name in order:
            if fragment := self.fragments.get(name):
                on = self.schema.get_type(fragment.type_condition.name.value)
                self.sizes[name] = self._selection(fragment.selection_set, on)
        return Measured(tuple(map(self._operation, self.operations)), self.visits, len(self.fragments))

    def _operation(self, node: OperationDefinitionNode) -> Size:
        root = self.schema.get_root_type(OperationType(node.operation))
        return _directed(self._selection(node.selection_set, root), node)

    def _note_defaults(self, operation: OperationDefinitionNode) -> None:
        """Keep the largest default that any operation gives a variable, so that a fragment has one size for all."""
        for definition in operation.variable_definitions or ():
            if isinstance(definition.default_value, IntValueNode):
                name, size = definition.variable.name.value, _literal(definition.default_value)
                self.defaults[name] = max(size, self.defaults.get(name, 0))

    def _selection(
        self, selected: SelectionSetNode, parent: GraphQLNamedType | None, names: set[str] | None = None
    ) -> Size:
        total = Size()
        names = set() if names is None else names
        for node in selected.selections:
            self.visits += 1
            if isinstance(node, FieldNode):
                size = self._field(node, parent, names)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                on = self.schema.get_type(condition.name.value) if condition else parent
                size = self._selection(node.selection_set, on, names)
            else:
                assert isinstance(node, FragmentSpreadNode)  # noqa: S101 - GraphQL knows three kinds of selection
                size = self.sizes.get(node.name.value, Size())
            total = total.beside(_directed(size, node))
        return total

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, names: set[str]) -> Size:
        """Measure a field; ``names`` are the response names that its selection has given away so far."""
        name = node.name.value
        field = _field_of(parent, name)
        below = Size()
        if node.selection_set:
            below = self._selection(node.selection_set, get_named_type(field.type) if field else None)
        response_name = node.alias.value if node.alias else name
        again = node.alias is not None or response_name in names
        names.add(response_name)
        aliases = _saturated(below.aliases + again)
        if name in ("__schema", "__type"):
            return replace(below, depth=1, introspection_depth=below.depth + 1, aliases=aliases, fields=1)
        page = self._page(node, field)
        return replace(
            below,
            depth=below.depth + 1,
            aliases=aliases,
            fields=1,
            cost=_saturated(1 + below.cost * (1 if page is None else max(page, 0))),
            page_size=max(below.page_size, page or 0),
        )

    def _page(self, node: FieldNode, field: GraphQLField | None) -> int | None:
        """Give the page size that a field is asked for, or its default; none for a field without pages."""
        given = {argument.name.value: argument for argument in node.arguments or ()}
        sizes: list[int] = []
        for name in _PAGE_ARGUMENTS:
            size = self._number(given[name]) if name in given else None
            if size is None and field and name in field.args and field.args[name].default_value is not Undefined:
                size = _as_int(field.args[name].default_value)
            if size is not None:
                sizes.append(size)
        return max(sizes, default=None)

    def _number(self, argument: ArgumentNode) -> int | None:
        value = argument.value
        if isinstance(value, IntValueNode):
            return _literal(value)
        if isinstance(value, VariableNode):
            name = value.name.value
            return _as_int(self.variables.get(name, self.defaults.get(name)))
        return None

    def _spreads(self, selected: SelectionSetNode) -> Iterator[str]:
        for node in selected.selections:
            self.visits += 1
            if isinstance(node, FragmentSpreadNode):
                yield node.name.value
            elif isinstance(node, FieldNode | InlineFragmentNode) and node.selection_set:
                yield from self._spreads(node.selection_set)


def _field_of(parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
    return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None


def _directed(size: Size, node: SelectionNode | OperationDefinitionNode) -> Size:
    if not node.directives:
        return size
    return replace(size, directives=_saturated(size.directives + len(node.directives)))


def _literal(node: IntValueNode) -> int:
    # Python refuses to read 5,000 digits, so a number that is surely too large is not read at all.
    return int(node.value) if len(node.value) <= 9 else (-1 if node.value.startswith("-") else SATURATED)


def _as_int(value: object) -> int | None:
    """Read a page size as GraphQL does, which takes 100.0 for 100; whatever else it is, GraphQL refuses it later."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(max(min(value, SATURATED), -1)) if value == value else None


def _saturated(number: int) -> int:
    return min(number, SATURATED)
