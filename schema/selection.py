"""What a caller asked for, as paths of field names: it decides what is read, and what is written down as shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField, Selection

from schema.context import Info


def wanted(info: Info, *below: str) -> frozenset[str]:
    """Give the paths of all fields selected below this field, or below one of its paths.

    ``wanted(info, "nodes", "edges.node")`` of a connection gives the paths of its rows, however they were asked for.
    """
    paths = {path for field in info.selected_fields for path in _paths(field.selections, "")}
    if not below:
        return frozenset(paths)
    return frozenset(
        path.removeprefix(f"{prefix}.") for prefix in below for path in paths if path.startswith(f"{prefix}.")
    )


def is_wanted(info: Info, name: str) -> bool:
    """Say whether a field right below this one was selected."""
    return name in wanted(info)


def _paths(selections: Iterable[Selection], prefix: str) -> Iterator[str]:
    for selection in selections:
        if isinstance(selection, FragmentSpread | InlineFragment):
            yield from _paths(selection.selections, prefix)
        elif isinstance(selection, SelectedField):
            path = f"{prefix}{selection.name}"
            yield path
            yield from _paths(selection.selections, f"{path}.")
