"""What the GraphQL face needs from the rest of the house, and what it gives to resolvers.

The face does not know how a person proves who they are, where sessions live or how a session ends: it asks.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, Protocol, TypeVar

from starlette.requests import HTTPConnection

C = TypeVar("C")

Close = Callable[[int, str], Awaitable[None]]
"""Closes one websocket with a code and a reason; it returns within about a second."""


WIRE = "homeward.wire"
"""The extension of ASGI by which a server offers, for a websocket, its :class:`Wire`."""


class Wire(Protocol):
    """What frames are written to at once, past the server's coroutines."""

    write: Callable[[bytes], object] | None
    """Writes a frame; none while nothing can be written: the reader has left too much unread, or nobody is there.

    One attribute that the server sets when that changes, since it is asked for each of thousands.
    """

    def frame(self, text: bytes) -> bytes:
        """Put a text into a frame."""

    def cut(self) -> None:
        """Let nothing be written any more."""


class WayOut(Protocol):
    """The way of one operation's events to its subscriber."""

    def send(self, payload: bytes) -> bool:
        """Send an event at once, and say whether it went."""

    async def send_patiently(self, payload: bytes) -> None:
        """Send an event when the subscriber has made room; a patience that ends closes the websocket."""


@dataclass
class Context(Generic[C]):
    """What a resolver gets beside its arguments; one for each operation, on a websocket too."""

    caller: C
    request_id: str
    loaders: dict[str, Any] = field(default_factory=dict)
    """DataLoaders by name: made on first use, emptied after each event of a subscription so that none goes stale."""
    asked: Mapping[str, Any] | None = None
    """What the list at the root was asked for, once its resolver knows (``schema.fast_operations``)."""
    lesson: Any = None
    """What was found out about that list."""
    way_out: WayOut | None = None
    """Where the events of a subscription can leave without their task (``schema.way_out``), if there is such a way."""


class Callers(Protocol[C]):
    """Knows who calls."""

    async def authenticate(self, token: str | None, connection: HTTPConnection) -> C | None:
        """Find the caller by bearer token or, without one, by the page session's cookie of the connection.

        Raises: Unauthenticated, or answers none, when nobody is proven; another Refusal when somebody is, but may
        not use GraphQL now.
        """

    async def renew(self, caller: C, *, working: bool) -> C | None:
        """Prove a caller of a websocket again, as of this moment; none when the session has ended.

        Asked before each operation (``working``: the person does something) and before each event.
        """

    def session_of(self, caller: C) -> str:
        """Name the caller's session: what sign-out and revocation end."""

    def person_of(self, caller: C) -> str:
        """Name the person: websockets are counted by it."""


class SocketRegistry(Protocol):
    """Knows the open websockets of this process by session, so that they can be closed when it ends."""

    def register(self, session_key: str, close: Close) -> None:
        """Take note of an open websocket."""

    def unregister(self, session_key: str, close: Close) -> None:
        """Forget it."""


@dataclass(frozen=True)
class TransportLimits:
    """What one connection may cost."""

    body_bytes: int = 64 * 1024
    body_patience: timedelta = timedelta(seconds=10)
    frame_bytes: int = 64 * 1024
    """Give uvicorn the same as ``ws_max_size``, so that a larger frame is not even kept."""
    init_patience: timedelta = timedelta(seconds=5)
    send_patience: timedelta = timedelta(seconds=10)
    """How long a subscriber may leave a message unread before its websocket is closed (4410)."""
    close_patience: timedelta = timedelta(seconds=1)
    operations_per_socket: int = 10
    sockets_per_person: int = 5
    origins: tuple[str, ...] = ()
    """Origins beside our own from which pages may call with a cookie, such as the public one behind a proxy."""
