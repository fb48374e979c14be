"""Operations that are known by their text: what GraphQL found out about them need not be found out again.

Parsing, limits, validation, arguments and selection depend on nothing but the text of a request (its document,
variables and operation name as they were sent) and on the schema. So when the same text comes for the second time and
was answered without an error, what was found out is kept with it: which use case is asked, with which arguments, and
how its rows are written. What depends on more (who asks, what they may see, the trail, refusals, time) is in the use
case, which is asked each time. Only the list of referrals is known in this way; any other text, and any that is unusual
(directives, several lists, fields that a row does not hold), goes to the ordinary executor each time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from graphql import FieldNode, GraphQLObjectType, GraphQLResolveInfo
from graphql.error import located_error
from graphql.execution.collect_fields import FieldDetails
from strawberry.types.execution import ExecutionResult

from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.referral_pages import PageReader
from resolvers.referral_views import list_referrals
from rules.bounded import Bounded
from schema.errors import public
from schema.fast_rows import only, row_form, selected
from schema.fast_writers import Collects, UnusualError, has_decisions
from schema.limits import too_late
from schema.ports import Context

MOST_OPERATIONS: Final = 256
MOST_MET: Final = 4_096
LONGEST: Final = 16 * 1024
"""Bytes of a text that is kept."""

_Show = Callable[[Page[Any]], Any]


@dataclass(frozen=True)
class Lesson:
    """What the ordinary executor has found out about a list in an operation that it carries out."""

    executor: Collects
    info: GraphQLResolveInfo[Any]
    type_: GraphQLObjectType
    details: list[FieldDetails]
    asked: Mapping[str, Any]


@dataclass(frozen=True)
class Operation:
    """An operation that asks for a list of referrals and for nothing else."""

    key: str
    asked: Mapping[str, Any]
    form: PageReader
    show: _Show
    root: tuple[tuple[str, str | None], ...]
    """The response names of the root, each with what stands there; None for the list."""
    nodes: list[FieldNode]
    """Where the list stands in the document, for errors."""

    async def answer(self, context: Context[Caller], time: timedelta) -> ExecutionResult:
        """Ask the use case, and show what it gives as the ordinary executor would; stop it when the time is over."""
        try:
            async with asyncio.timeout(time.total_seconds()) as limit:
                try:
                    page = await list_referrals(context.caller, **self.asked, form=self.form)
                except Exception as fault:  # noqa: BLE001 - told, or masked, in one place
                    error = public(located_error(fault, self.nodes, [self.key]), context.request_id)
                    return ExecutionResult(data=None, errors=[error])
        except TimeoutError:
            if not limit.expired():
                raise
            return ExecutionResult(data=None, errors=[too_late()])
        shown = self.show(page)
        return ExecutionResult(data={key: shown if it is None else it for key, it in self.root}, errors=None)


class Operations:
    """The operations that are known; bounded, and the one that was longest not asked for goes first.

    ``time`` is what an operation may take, as in the limits of the schema.
    """

    def __init__(self, time: timedelta, most: int = MOST_OPERATIONS) -> None:
        self.time = time
        self._known = Bounded[bytes, Operation | None](most)
        self._met = Bounded[int, None](MOST_MET)

    def __len__(self) -> int:
        return sum(it is not None for it in self._known.values())

    def find(self, text: bytes) -> Operation | None:
        """Give the operation of a request's text, if it is known."""
        return self._known.get(text)

    def learn(self, text: bytes, lesson: Lesson | None) -> None:
        """Take note of a text that the ordinary executor has answered without an error."""
        if lesson is None or len(text) > LONGEST or text in self._known:
            return
        if (met := hash(text)) not in self._met:
            self._met.keep(met, None)
            return
        try:
            self._known.keep(text, _operation(lesson))
        except UnusualError:
            self._known.keep(text, None)


def _operation(lesson: Lesson) -> Operation:
    executor, operation = lesson.executor, lesson.info.operation
    if operation.directives or has_decisions(operation.selection_set, executor.fragments):
        raise UnusualError
    key, root_type = str(lesson.info.path.key), lesson.info.parent_type
    root: list[tuple[str, str | None]] = []
    for node in operation.selection_set.selections:
        if not isinstance(node, FieldNode):
            raise UnusualError
        name = node.alias.value if node.alias else node.name.value
        if node.name.value == "__typename":
            root.append((name, root_type.name))
        elif name == key and node is lesson.details[0].node and len(lesson.details) == 1:
            root.append((name, None))
        else:
            raise UnusualError
    parts = selected(executor, lesson.type_, lesson.details)
    rows = only(it for it in parts.values() if it[0].node.name.value == "nodes")
    row_type: Any = lesson.type_.fields["nodes"].type
    while not isinstance(row_type, GraphQLObjectType):
        row_type = row_type.of_type
    shows = {name: _part(executor, lesson.type_, it) for name, it in parts.items()}
    return Operation(
        key,
        dict(lesson.asked),
        PageReader(row_form(executor, row_type, rows)),
        lambda page: {name: show(page) for name, show in shows.items()},
        tuple(dict(root).items()),
        [lesson.details[0].node],
    )


def _part(executor: Collects, type_: GraphQLObjectType, details: list[FieldDetails]) -> _Show:
    """Show one field of a connection."""
    match details[0].node.name.value:
        case "nodes":
            return lambda page: page.nodes
        case "totalCount":
            return lambda page: page.total_count
        case "__typename":
            return lambda _: type_.name
        case "pageInfo":
            fields = {name: it[0].node.name.value for name, it in _page_info(executor, type_, details).items()}
            return lambda page: {name: _PAGE_INFO[field](page) for name, field in fields.items()}
        case _:  # edges
            raise UnusualError


def _page_info(
    executor: Collects, type_: GraphQLObjectType, details: list[FieldDetails]
) -> Mapping[str, list[FieldDetails]]:
    below: Any = type_.fields["pageInfo"].type.of_type
    return selected(executor, below, details)


_PAGE_INFO: Final[Mapping[str, _Show]] = {
    "hasNextPage": lambda page: page.has_next_page,
    "hasPreviousPage": lambda page: page.has_previous_page,
    "startCursor": lambda page: page.cursors[0] if page.cursors else None,
    "endCursor": lambda page: page.cursors[-1] if page.cursors else None,
    "__typename": lambda _: "PageInfo",
}
