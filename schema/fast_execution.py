"""The ordinary executor, but for finished views whose selection is known: those are written by a prepared writer.

Everything else stays as it is: parsing, limits, arguments, resolvers and with them rights and the trail, errors, time.
A writer is kept for the nodes of a parsed document, and documents are parsed once (``schema.limits``), so a known
operation finds its writers by their identity. A selection is prepared when it is met for the second time: one that is
never asked again costs nothing more than before.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

from graphql import FieldNode, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetails
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from rules.bounded import Bounded
from schema.fast_operations import Lesson
from schema.fast_writers import Writer, object_writer

MOST_WRITERS: Final = 512
"""Kept at once; the one that was longest not asked for goes first."""
MOST_MET: Final = 4_096

_Key = tuple[str, *tuple[int, ...]]


class Writers:
    """The writers of a schema, by type and nodes of the document; bounded."""

    def __init__(self, most: int = MOST_WRITERS) -> None:
        self._kept = Bounded[_Key, tuple[list[FieldNode], Writer | None]](most)
        self._met = Bounded[_Key, None](MOST_MET)

    def __len__(self) -> int:
        return len(self._kept)

    def writer(self, executor: FastExecutor, type_: GraphQLObjectType, details: list[FieldDetails]) -> Writer | None:
        """Give the writer for what is selected of a type; None where there is none, or not yet."""
        key: _Key = (type_.name, *(id(it.node) for it in details))
        kept = self._kept.get(key)
        if kept is not None:
            return kept[1]
        if key not in self._met:
            self._met.keep(key, None)
            return None
        writer = object_writer(executor, type_, details)
        # The nodes are kept with it: while they are, no other node can have their identity.
        self._kept.keep(key, ([it.node for it in details], writer))
        return writer


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor with writers; :func:`fast_executor` makes the class for one schema."""

    writers: ClassVar[Writers]

    def complete_object_value(
        self,
        return_type: GraphQLObjectType,
        field_details_list: list[FieldDetails],
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Write a finished view at once; leave it to the ordinary executor where anything about it is unusual."""
        if position_context is None:
            if path.prev is None and getattr(info.context, "asked", None) is not None:
                info.context.lesson = Lesson(self, info, return_type, field_details_list, info.context.asked)
            writer = self.writers.writer(self, return_type, field_details_list)
            if writer is not None:
                try:
                    return writer(result)
                except Exception:  # noqa: BLE001, S110 - the ordinary executor meets it again, and says it properly
                    pass
        return super().complete_object_value(return_type, field_details_list, info, path, result, position_context)


def fast_executor() -> type[FastExecutor]:
    """Make an executor with writers of its own."""
    return type("FastExecutor", (FastExecutor,), {"writers": Writers()})
