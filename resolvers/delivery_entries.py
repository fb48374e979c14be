"""What is written down of the deliveries of a round: an entry each, as if every line had been delivered alone.

Entries of one moment that show the same differ in who was told, in which session, and in the key of the line. So what
their leaves are made over is put in order once, with places for these, and filled in for each.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import orjson

from orm.models import Outcome
from resolvers.callers import Caller
from resolvers.line_sights import Seen
from resolvers.trail import LEAF, canonical, leaf_content
from resolvers.trail_alike import EntriesAlike
from resolvers.trail_entries import Entry
from rules.calendar import aware

_ACTOR_ID, _SESSION_ID, _LINE_ID = uuid4(), uuid4(), uuid4()
_ACTOR, _REQUEST = uuid4().hex, uuid4().hex
_PLACES: Final = (f'"{_ACTOR}"', str(_ACTOR_ID), f'"{_REQUEST}"', str(_SESSION_ID), str(_LINE_ID))
"""What stands in the places: nothing else can look like it."""


@dataclass(slots=True, eq=False)
class Reader:
    """Who is told, as the trail names them."""

    actor_id: UUID | None
    actor: str
    session_id: UUID | None
    request_id: str
    given: tuple[bytes, ...]
    """The same in the places of a leaf: JSON texts and, for the keys, what stands in one."""
    on_sheet: str
    """The same on a sheet (:mod:`resolvers.delivery_sheets`): JSON texts."""

    @classmethod
    def of(cls, caller: Caller) -> Reader:
        """Name a caller."""
        return cls.named(caller.actor.id, caller.actor.label, caller.session_id, caller.request_id)

    @classmethod
    def named(cls, actor_id: UUID | None, actor: str, session_id: UUID | None, request_id: str) -> Reader:
        """Name somebody as the trail does."""
        given = (
            orjson.dumps(actor), str(actor_id).encode(), orjson.dumps(request_id), str(session_id).encode(),
        )  # fmt: skip
        on_sheet = (b'%b,"%b",%b,"%b"' % given).decode()
        return cls(actor_id, actor, session_id, request_id, given, on_sheet)


@dataclass(slots=True)
class Deliveries:
    """Lines that were shown with the same: to whom each, and its key."""

    readers: Sequence[Reader]
    keys: Sequence[str]
    seen: Seen


def delivery_entries(act: str, told: Iterable[Deliveries], at: datetime, policy_version: str) -> EntriesAlike:
    """Make the entries of deliveries that were all made at one moment."""
    at = aware(at).astimezone(UTC)
    entries = EntriesAlike(at, act, Outcome.DONE, policy_version)
    for alike in told:
        form = _Form(act, alike.seen, at, policy_version)
        for reader, line_key in zip(alike.readers, alike.keys, strict=True):
            key = line_key.encode()
            entries.add(
                reader.actor_id, reader.actor, reader.session_id, reader.request_id, form.subjects(key), form.shown,
                form.leaf(reader, key),
            )  # fmt: skip
    return entries


class _Form:
    """The entries of those who were shown the same."""

    def __init__(self, act: str, seen: Seen, at: datetime, policy_version: str) -> None:
        subjects = {"notification": [str(_LINE_ID)], **{kind: sorted(ids) for kind, ids in seen.subjects.items()}}
        shown = sorted(seen.fields_shown)
        like = Entry(
            at=at, actor_id=_ACTOR_ID, actor=_ACTOR, session_id=_SESSION_ID, request_id=_REQUEST, act=act,
            outcome=Outcome.DONE, code="", about_id=None, subjects=subjects, shown=shown, facts={},
            policy_version=policy_version,
        )  # fmt: skip
        self.shown = orjson.dumps(shown).decode()
        self._before, self._after = orjson.dumps(subjects).decode().split(str(_LINE_ID))
        rest = canonical(leaf_content(like))
        self._order = sorted(range(len(_PLACES)), key=lambda number: rest.index(_PLACES[number].encode()))
        self._pieces: list[bytes] = []
        for number in self._order:
            piece, rest = rest.split(_PLACES[number].encode())
            self._pieces.append(piece)
        self._end = rest

    def subjects(self, key: bytes) -> str:
        """Name the line, and what was shown of its referral."""
        return f"{self._before}{key.decode()}{self._after}"

    def leaf(self, reader: Reader, key: bytes) -> str:
        """Hash what the entry says, as :func:`resolvers.trail.leaf_hash` does."""
        given = (*reader.given, key)
        content = bytearray(LEAF)
        for piece, number in zip(self._pieces, self._order, strict=True):
            content += piece
            content += given[number]
        content += self._end
        return hashlib.sha256(content).hexdigest()
