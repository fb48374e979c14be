"""Events that many are told at once: written once for all who asked in the same words, byte for byte as by GraphQL.

What an event of a subscription looks like depends on its document and on the view, and on nothing else, wherever
``schema.fast_writers`` can prepare a writer. Of the lines that a publishing writes to thousands of mailboxes only the
key and the cursor differ: they are left open in the text, and filled in for each reader.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any, Final
from uuid import uuid4

import orjson
from graphql import GraphQLObjectType, GraphQLResolveInfo, Node, get_named_type
from graphql.execution.collect_fields import CollectedFields, FieldDetails, FragmentDetails, collect_subfields

from resolvers.line_views import NotificationView, line_cursor
from rules.bounded import Bounded
from schema.fast_writers import Writer, has_decisions, object_writer
from schema.ids import to_global
from schema.ports import WayOut

MOST_FORMS: Final = 256
"""Kept at once; the one that was longest not asked for goes first."""

_KEY, _CURSOR = "key", "cursor"


@dataclass(frozen=True, slots=True)
class EventText:
    """An event as JSON, with places for the key and the cursor of each reader's own line."""

    pieces: tuple[bytes, ...]
    places: tuple[str, ...]
    type_name: str

    def for_each(self, keys: Iterable[str], lines: Iterable[int]) -> Iterable[bytes]:
        """Fill in key and number of each line."""
        return map(self._filled, keys, lines) if self.places else repeat(self.pieces[0])

    def _filled(self, key: str, line: int) -> bytes:
        text = bytearray(self.pieces[0])
        for place, piece in zip(self.places, self.pieces[1:], strict=True):
            text += (to_global(self.type_name, key) if place == _KEY else line_cursor(line)).encode()
            text += piece
        return bytes(text)


@dataclass(frozen=True, eq=False)
class EventForm:
    """How the events of a subscription are written; one for all who asked in the same words."""

    key: str
    type_name: str
    writer: Writer

    def write(self, view: NotificationView) -> EventText:
        """Write an event.

        Raises:
            Exception: it is unusual: the ordinary executor knows what to do.
        """
        key, cursor = uuid4(), uuid4().hex  # nothing else can look like these
        marks = {to_global(self.type_name, key).encode(): _KEY, cursor.encode(): _CURSOR}
        rest = self._json(replace(view, id=key, cursor=cursor))
        pieces, places = [], []
        while found := [(at, mark) for mark in marks if (at := rest.find(mark)) >= 0]:
            at, mark = min(found)
            pieces.append(rest[:at])
            places.append(marks[mark])
            rest = rest[at + len(mark) :]
        return EventText((*pieces, rest), tuple(places), self.type_name)

    def _json(self, view: NotificationView) -> bytes:
        return orjson.dumps({"data": {self.key: self.writer(view)}})


class EventForms:
    """The forms of a schema, by nodes of the document, which is parsed once for all who send it; bounded."""

    def __init__(self, most: int = MOST_FORMS) -> None:
        self._kept = Bounded[tuple[int, ...], tuple[list[Node], EventForm | None]](most)

    def __len__(self) -> int:
        return len(self._kept)

    def form(self, info: GraphQLResolveInfo[Any]) -> EventForm | None:
        """Give the form of a subscription's events; none where each has to be shown by the ordinary executor."""
        nodes: list[Node] = [info.operation, *info.field_nodes]
        key = tuple(map(id, nodes))
        kept = self._kept.get(key)
        if kept is not None:
            return kept[1]
        form = _form(info)
        # The nodes are kept with it: while they are, no other node can have their identity.
        self._kept.keep(key, (nodes, form))
        return form


class EventOutlet:
    """The outlet (:class:`resolvers.rounds.Outlet`) of one subscription on a websocket."""

    __slots__ = ("form", "send", "send_patiently")

    def __init__(self, way_out: WayOut, form: EventForm) -> None:
        self.form = form
        self.send = way_out.send
        self.send_patiently = way_out.send_patiently

    def write(self, view: NotificationView) -> EventText:
        """Write a line in the words of this subscription."""
        return self.form.write(view)


def event_outlet(way_out: WayOut | None, info: GraphQLResolveInfo[Any]) -> EventOutlet | None:
    """Make the outlet of a subscription, if its events can be written once for many and there is a way for them."""
    form = None if way_out is None else _FORMS.form(info)
    return None if way_out is None or form is None else EventOutlet(way_out, form)


def _form(info: GraphQLResolveInfo[Any]) -> EventForm | None:
    fragments = _Fragments(info)
    type_ = get_named_type(info.return_type)
    if (
        info.operation.directives
        or has_decisions(info.operation.selection_set, fragments.fragments)
        or not isinstance(type_, GraphQLObjectType)
    ):
        return None
    writer = object_writer(fragments, type_, [FieldDetails(node, None) for node in info.field_nodes])
    return None if writer is None else EventForm(str(info.path.key), type_.name, writer)


class _Fragments:
    """Finds out what is selected, as the executor does that will carry the operation out."""

    def __init__(self, info: GraphQLResolveInfo[Any]) -> None:
        self._info = info
        self.fragments = {name: FragmentDetails(it) for name, it in info.fragments.items()}

    def collect_subfields(self, type_: GraphQLObjectType, details: list[FieldDetails], /) -> CollectedFields:
        info = self._info
        return collect_subfields(info.schema, self.fragments, info.variable_values, info.operation, type_, details)


_FORMS: Final = EventForms()
