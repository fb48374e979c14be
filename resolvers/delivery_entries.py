"""What is written down of the deliveries of a round: an entry each, as if every line had been delivered alone.

Entries of one moment that show the same differ in who was told, in which session, and in the key of the line. So what
their leaves are made over is put in order once, with places for these, and filled in for each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import orjson

from orm.models import Outcome
from resolvers.callers import Caller
from resolvers.line_sights import Seen
from resolvers.lines_beyond import Line
from resolvers.trail import LEAF, canonical, leaf_content
from resolvers.trail_entries import Entry
from rules.calendar import aware

Told = tuple[Caller, Line, Seen]
"""Who was told of which line, with what of its referral."""

_ACTOR_ID, _SESSION_ID, _LINE_ID = uuid4(), uuid4(), uuid4()
_ACTOR, _REQUEST = uuid4().hex, uuid4().hex
_PLACES: Final = (f'"{_ACTOR}"', str(_ACTOR_ID), f'"{_REQUEST}"', str(_SESSION_ID), str(_LINE_ID))
"""What stands in the places: nothing else can look like it."""


def delivery_entries(act: str, told: Sequence[Told], at: datetime, policy_version: str) -> list[Entry]:
    """Make the entries of deliveries that were all made at one moment, with their leaves."""
    at = aware(at).astimezone(UTC)
    forms: dict[int, _Form] = {}
    entries = []
    for caller, line, seen in told:
        form = forms.get(id(seen))
        if form is None:
            form = forms[id(seen)] = _Form(act, seen, at, policy_version)
        entries.append(form.entry(caller, line))
    return entries


class _Form:
    """The entries of those who were shown the same."""

    def __init__(self, act: str, seen: Seen, at: datetime, policy_version: str) -> None:
        self._subjects = {kind: sorted(ids) for kind, ids in seen.subjects.items()}
        self._like = Entry(
            at=at, actor_id=_ACTOR_ID, actor=_ACTOR, session_id=_SESSION_ID, request_id=_REQUEST, act=act,
            outcome=Outcome.DONE, code="", about_id=None, subjects=self._subjects_of(str(_LINE_ID)),
            shown=sorted(seen.fields_shown), facts={}, policy_version=policy_version,
        )  # fmt: skip
        rest = canonical(leaf_content(self._like))
        found = sorted((rest.index(place.encode()), number) for number, place in enumerate(_PLACES))
        self._order = [number for _, number in found]
        pieces = []
        for number in self._order:
            piece, rest = rest.split(_PLACES[number].encode())
            pieces.append(piece)
        self._pieces = [*pieces, rest]

    def entry(self, caller: Caller, line: Line) -> Entry:
        actor, key = caller.actor, str(line.id)
        given = (
            orjson.dumps(actor.label), _text(actor.id), orjson.dumps(caller.request_id), _text(caller.session_id),
            key.encode(),
        )  # fmt: skip
        content = bytearray(LEAF)
        for piece, number in zip(self._pieces, self._order, strict=False):
            content += piece
            content += given[number]
        content += self._pieces[-1]
        return replace(
            self._like, actor_id=actor.id, actor=actor.label, session_id=caller.session_id,
            request_id=caller.request_id, subjects=self._subjects_of(key), leaf=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip

    def _subjects_of(self, key: str) -> dict[str, list[str]]:
        return {"notification": [key], **self._subjects}


def _text(key: UUID | None) -> bytes:
    return str(key).encode()
