"""Ask again, where a write begins, whether the person may still act (000:273-274).

A caller is proven when the request comes in. Between that and the write lies the queue of the hasher, which can be
long: whoever is revoked, suspended or signed out meanwhile finishes nothing. The own account is held until the write
ends, so that a revocation comes either before or after it.
"""

from __future__ import annotations

from collections.abc import Collection

from tortoise.connection import get_connection

from orm.sql import fetch
from resolvers.callers import Caller
from rules.accounts import AccountState
from rules.errors import Denied, Unauthenticated
from rules.roles import Role

_STANDING = (
    "SELECT u.state, u.epoch, s.ended_at, s.epoch AS session_epoch, (SELECT COUNT(*) FROM role_grant g "
    "WHERE g.user_id = u.id AND g.ended_at IS NULL AND g.role IN (:roles)) AS held "
    "FROM user_account u LEFT JOIN session s ON s.id = :session WHERE u.id = :person"
)


async def check_standing(caller: Caller, needed: Collection[Role] | None) -> None:
    """Let a person act whose account is in use, whose session stands, and who still holds one of the needed roles.

    Parts of the house stand always; ``needed`` is None where any person may act.

    Raises:
        Denied: ``ACCOUNT_NOT_IN_USE``, or the role has gone.
        Unauthenticated: the session has ended.
    """
    actor = caller.actor
    if actor.id is None:
        return
    roles = sorted(needed) if needed is not None else []
    # SQLite lets one writer in at a time, and knows no such lock.
    holding = " FOR NO KEY UPDATE OF u" if get_connection("default").capabilities.dialect == "postgres" else ""
    found = await fetch(_STANDING + holding, roles=roles or [""], session=caller.session_id, person=actor.id)
    if not found or found[0]["state"] != AccountState.ACTIVE:
        raise Denied("Your account is not in use any more.", code="ACCOUNT_NOT_IN_USE")
    row = found[0]
    ended = row["ended_at"] is not None or row["session_epoch"] != row["epoch"]
    if caller.session_id is not None and ended:
        raise Unauthenticated("Your session has ended. Please sign in again.")
    if roles and not row["held"]:
        raise Denied("Your roles do not allow this.")
