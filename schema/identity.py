"""Who calls over GraphQL: the bearer token of a program, or the cookie of a page."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

from starlette.requests import HTTPConnection

from resolvers.callers import Caller, Desk
from resolvers.sessions import authenticate, still_there
from rules.errors import Unauthenticated


class SessionCallers:
    """The :class:`schema.ports.Callers` of the house: sessions from the table, roles of this moment."""

    def __init__(self, desk: Desk, page_token: Callable[[HTTPConnection], str | None]) -> None:
        self._desk = desk
        self._page_token = page_token

    async def authenticate(self, token: str | None, connection: HTTPConnection) -> Caller | None:
        """Find the caller by token, or by the cookie of a page."""
        token = token or self._page_token(connection)
        if token is None:
            return None
        request_id = str(getattr(connection.state, "request_id", None) or uuid4().hex)
        return await authenticate(self._desk, token, request_id)

    async def renew(self, caller: Caller, *, working: bool) -> Caller | None:
        """Prove the caller again, with the roles of this moment; none when the session has ended."""
        try:
            return await still_there(caller, working=working)
        except Unauthenticated:
            return None

    def session_of(self, caller: Caller) -> str:
        """Name the session: what sign-out and revocation end."""
        return session_key(caller.session_id)

    def person_of(self, caller: Caller) -> str:
        """Name the person."""
        return str(caller.actor.id)


def session_key(session_id: UUID | None) -> str:
    """Name a session for the registry of open websockets."""
    return str(session_id)
