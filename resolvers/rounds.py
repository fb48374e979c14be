"""Rounds: what followers of this process hear at the same moment is proven, written down and sent for all at once.

A follower who has read everything waits in the room of the process. When the doorbell rings, one round serves all who
were called: their next lines in one statement, the proof of all their sessions in one more, one writing of the text for
all who are told the same in the same words, one commit of all their entries in the trail, and only then the sending. A
line each in a round, so that everybody is proven for each line. What many get at once has rounds of its own
(:mod:`resolvers.wide_rounds`); with whom anything is unusual goes on alone, as :mod:`resolvers.mailboxes` has it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing
from time import monotonic
from typing import Any, cast

from resolvers.callers import Caller
from resolvers.line_views import NotificationView
from resolvers.lines_beyond import next_lines
from resolvers.mailboxes import begin_to_follow, catch_up
from resolvers.ports import KeyRange
from resolvers.tellings import Follower, Moment, Outlet, prepared, prove_all, send, told_alike, written_down
from resolvers.waiting_room import Guest, WaitingRoom
from resolvers.wide_rounds import serve_wide
from rules.notices import NotificationKind


class _Follower(Follower):
    """Somebody who follows, and is served in rounds."""

    __slots__ = ()

    @staticmethod
    async def serve(guests: Sequence[Guest]) -> None:
        """Serve a round."""
        await _serve(cast("Sequence[Follower]", guests))

    @staticmethod
    async def serve_by_keys(
        room: WaitingRoom, attending: Mapping[str, Sequence[Any]], keys: Sequence[KeyRange]
    ) -> None:
        """Serve what many get at once."""
        await serve_wide(room, attending, keys)


async def follow_in_rounds(
    caller: Caller,
    after: str | None,
    *,
    outlet: Outlet,
    wanted: Collection[str] = frozenset(),
    kinds: Collection[NotificationKind] | None = None,
) -> AsyncGenerator[NotificationView, None]:
    """Follow the caller's mailbox as :func:`follow_mailbox` does; what is usual leaves by the outlet.

    What is given here is what has to be shown alone: all that was there before, and whatever is unusual.

    Raises:
        Unauthenticated: the session has ended.
        Denied: the password is to be changed, or the statement to be accepted first.
        Invalid: the cursor is malformed.
    """
    follower = _Follower(caller, outlet, wanted, kinds)
    follower.line = await begin_to_follow(caller, after)
    while True:
        async with aclosing(catch_up(follower, wanted, kinds)) as lines:
            async for line in lines:
                yield line
        await follower.rest()


async def _serve(followers: Sequence[Follower]) -> None:
    """Give each follower the next line, if there is one."""
    found, behind = await next_lines([it.mailbox_key for it in followers], [it.line for it in followers])
    proven_at = monotonic()
    policy = await prove_all(followers)
    followers[0].caller.desk.followers.call_all([followers[place] for place in behind])
    tellings = await prepared(told_alike(found, followers), followers, Moment(policy))
    if tellings and await written_down(tellings, policy):
        await send(tellings, followers, proven_at)
