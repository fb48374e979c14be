"""Records by global id, and lists a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar, cast
from uuid import UUID

import strawberry

from resolvers.paging import Page
from schema.described import described_interface, described_type
from schema.ids import to_global

N = TypeVar("N")
V = TypeVar("V")


class HasKey(Protocol):
    """A view of a record with a key."""

    @property
    def id(self) -> UUID:
        """Give the key."""


@described_interface
class Node:
    """A record that can be fetched again by its id."""

    @strawberry.field
    def id(root: strawberry.Parent[HasKey], info: strawberry.Info) -> strawberry.ID:
        """The global id, opaque and stable."""
        return to_global(info._raw_info.parent_type.name, root.id)  # noqa: SLF001 - there is no public way


@described_type
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    """Whether there are rows after this page."""

    has_previous_page: bool
    """Whether there are rows before this page."""

    start_cursor: str | None
    """The cursor of the first row of this page."""

    end_cursor: str | None
    """The cursor of the last row of this page: pass it as `after` to get the next page."""


@described_type
class Edge(Generic[N]):
    """A row with its cursor."""

    cursor: str
    """The place of this row in the list."""

    node: N
    """The row."""


@described_type
class Connection(Generic[N]):
    """A page of a list. Pages go by key, so they stay where they are while rows come and go."""

    nodes: list[N]
    """The rows of this page."""

    edges: list[Edge[N]]
    """The rows of this page, each with its cursor."""

    page_info: PageInfo
    """Where this page stands in the list."""

    total_count: int | None
    """How many rows the whole list has; counted only when it is asked for."""


def connection_of(page: Page[V]) -> Connection[Any]:
    """Show a page of views as a connection; the views are the nodes."""
    nodes = cast("Sequence[Any]", page.nodes)
    return Connection(
        nodes=list(nodes),
        edges=[Edge(cursor=cursor, node=node) for cursor, node in zip(page.cursors, nodes, strict=True)],
        page_info=PageInfo(
            has_next_page=page.has_next_page,
            has_previous_page=page.has_previous_page,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        ),
        total_count=page.total_count,
    )


def shows(view: type) -> Callable[[Any, Any], bool]:
    """Tell GraphQL that a type shows views of this class (a view knows nothing of GraphQL)."""

    def is_type_of(value: Any, _: Any) -> bool:
        return isinstance(value, view)

    return is_type_of
