"""Know which providers have changed since one looked last (:mod:`orm.marks`, migration ``provider_marks``)."""

from __future__ import annotations

from typing import Final, NamedTuple
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.connection import get_connection

from orm.marks import Marks, Seen, each_of
from orm.readings import parts
from orm.sql import dialect, to_uuid

_MARKS: Final = Marks(
    "provider_mark",
    each_of(
        "provider_mark",
        "provider_id",
        "providers",
        beside="EXISTS (SELECT 1 FROM provider_mark m WHERE m.xact = pg_current_xact_id_if_assigned()) AS own",
    ),
)


class ChangedProviders(NamedTuple):
    """Whose marks are new since a look; None if nothing is known, so that any may have changed."""

    seen: Seen
    providers: frozenset[UUID] | None


async def changed_providers(since: Seen) -> ChangedProviders | None:
    """Look which providers have changed; None if what is read here must not be kept, nor what is kept be used.

    So it is in a transaction that has changed providers itself, since it may be rolled back; and on SQLite in every
    one, since its count would be given again. Any other on PostgreSQL reads what is committed.
    """
    if dialect() == "sqlite" and isinstance(get_connection("default"), TransactionalDBClient):
        return None
    look = await _MARKS.look(since)
    if dialect() == "postgres" and look.found["own"]:
        return None
    return ChangedProviders(look.seen, frozenset(map(to_uuid, parts(look.found["providers"]))) if look.knows else None)


async def forget_old_provider_marks() -> int:
    """Forget the marks of which every process has long taken note; give how many those were."""
    return await _MARKS.forget()
