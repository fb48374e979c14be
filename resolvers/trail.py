"""Write the permanent record: who did or saw what, when, on which records, and how it ended (002:221-223)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Required, TypedDict, Unpack
from uuid import UUID

import orjson
from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection

from orm.models import AuditEntry, Outcome
from resolvers.callers import Caller
from resolvers.trail_entries import Entry, insert_entries
from rules.calendar import aware

LEAF = b"\x00"
"""Stands before what a leaf is made over (RFC 6962)."""


canonical: Final[Callable[[Mapping[str, Any]], bytes]] = partial(orjson.dumps, option=orjson.OPT_SORT_KEYS)
"""Give the one JSON text of an entry's content."""


def leaf_hash(content: Mapping[str, Any]) -> str:
    """Hash one entry's canonical JSON as an RFC 6962 leaf: SHA-256 over 0x00 and the bytes, in hex."""
    return hashlib.sha256(LEAF + canonical(content)).hexdigest()


def leaf_content(entry: AuditEntry | Entry) -> dict[str, Any]:
    """Give what the leaf of an entry is made over: everything but its number and the leaf itself."""
    return {
        "at": entry.at.isoformat(timespec="microseconds"),
        "actor_id": str(entry.actor_id) if entry.actor_id else None,
        "actor": entry.actor,
        "session_id": str(entry.session_id) if entry.session_id else None,
        "request_id": entry.request_id,
        "act": entry.act,
        "outcome": str(entry.outcome),
        "code": entry.code,
        "about_id": str(entry.about_id) if entry.about_id else None,
        "subjects": entry.subjects,
        "shown": entry.shown,
        "facts": entry.facts,
        "policy_version": entry.policy_version,
    }


async def write_entry(caller: Caller, act: str, outcome: Outcome, **content: Unpack[Content]) -> None:
    """Write one entry, as :func:`keep_entry` does."""
    await keep_entry(caller, made_entry(caller, act, outcome, **content))


class Content(TypedDict, total=False):
    """What an entry may say beside who acted, what that was and how it ended."""

    at: Required[datetime]
    code: str
    about_id: UUID | None
    subjects: Mapping[str, set[str]] | None
    shown: frozenset[str]
    facts: Mapping[str, Any] | None
    policy_version: str


def made_entry(
    caller: Caller,
    act: str,
    outcome: Outcome,
    *,
    at: datetime,
    code: str = "",
    about_id: UUID | None = None,
    subjects: Mapping[str, set[str]] | None = None,
    shown: frozenset[str] = frozenset(),
    facts: Mapping[str, Any] | None = None,
    policy_version: str = "",
) -> Entry:
    """Give an entry with its leaf."""
    entry = Entry(
        at=aware(at).astimezone(UTC),
        actor_id=caller.actor.id,
        actor=caller.actor.label,
        session_id=caller.session_id,
        request_id=caller.request_id,
        act=act,
        outcome=outcome,
        code=code,
        about_id=about_id,
        subjects={kind: sorted(ids) for kind, ids in (subjects or {}).items()},
        shown=sorted(shown),
        facts=dict(facts or {}),
        policy_version=policy_version,
    )
    entry.leaf = leaf_hash(leaf_content(entry))
    return entry


async def keep_entry(caller: Caller, entry: Entry) -> None:
    """Write one entry: inside a transaction it stands or falls with it; else return when it is committed.

    Raises:
        Exception: the entry could not be written; then nothing may be answered.
    """
    connection = get_connection("default")
    if isinstance(connection, TransactionalDBClient):
        await insert_entries(connection, [entry])
    else:
        await caller.desk.trail.keep(entry)
