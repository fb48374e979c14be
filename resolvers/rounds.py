"""Rounds: what followers of this process hear at the same moment is proven, written down and sent for all at once.

A follower who has read everything waits in the room of the process. When the doorbell rings, one round serves all who
were called: their next lines in one statement, the proof of all their sessions in one more, one writing of the text for
all who are told the same in the same words, one commit of all their entries in the trail, and only then the sending. A
line each in a round, so that everybody is proven for each line. With whom anything is unusual (a session that ended, a
refusal, a text that cannot be shared, a socket that is full) goes on alone, as :mod:`resolvers.mailboxes` has it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Collection, Hashable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from time import monotonic
from typing import Final, Protocol, cast
from uuid import UUID

import structlog

from resolvers.callers import Caller
from resolvers.delivery_entries import Reader, delivery_entries
from resolvers.delivery_sheets import MANY, delivery_sheet, unfold_sheets
from resolvers.line_sights import NOTHING, Seen, look_together, onlooker_of
from resolvers.line_views import NotificationView, fields_of_referral, line_view
from resolvers.lines_beyond import Line, Said, all_lines_beyond
from resolvers.live_proofs import Proof, prove
from resolvers.mailboxes import begin_to_follow, catch_up, deliver_line, mailbox_of
from resolvers.register import current_policy
from resolvers.scope import READERS
from resolvers.waiting_room import Guest
from rules.errors import Refusal
from rules.notices import NotificationKind
from rules.policy import Policy

_FRESH_SECONDS: Final = 1.0
"""So old a proof may be when a line is sent; after a slow commit everybody is proven again."""
_AT_A_STRETCH: Final = 250
"""So many are sent to before others who wait for this process have a turn."""

_log = structlog.get_logger("homeward.live")


class Text(Protocol):
    """A line in the words of an outlet, with places for what is of each reader."""

    def of(self, key: UUID, line: int) -> bytes:
        """Fill in the line's key and number."""


class Outlet(Protocol):
    """Where the lines of one follower leave."""

    @property
    def form(self) -> Hashable:
        """Name the words in which lines are told: those with the same get the same text for the same view."""

    def write(self, view: NotificationView) -> Text:
        """Write a line for all of this form.

        Raises:
            Exception: it is unusual; each follower shows it alone.
        """

    def send(self, text: bytes) -> bool:
        """Send at once, and say whether that went."""

    async def send_patiently(self, text: bytes) -> None:
        """Send when the reader has made room; the reader's patience is limited."""


_Manner = tuple[int, int, bool]
"""The form of an outlet and what is asked for, by identity (who has them keeps them), and whether one may look."""


@lru_cache(maxsize=1_000)
def _one_manner(form: int, inner: int, may_look: bool) -> _Manner:
    """Give one object for all, which is then at hand when one after the other is asked for it."""
    return form, inner, may_look


@lru_cache(maxsize=1_000)
def _one_object(fields: frozenset[str]) -> frozenset[str]:
    return fields


class Follower(Guest):
    """Somebody who follows a mailbox, and how far."""

    __slots__ = (
        "_caller", "_form", "_has_to_ask", "_send", "_unsent", "ahead", "inner", "kinds", "line", "mailbox",
        "manner", "onlooker", "outlet", "proof", "reader",
    )  # fmt: skip

    def __init__(
        self, caller: Caller, outlet: Outlet, wanted: Collection[str], kinds: Collection[NotificationKind] | None
    ) -> None:
        super().__init__()
        self.mailbox = mailbox_of(caller.actor)
        self.line = 0
        self.outlet = outlet
        self._send = outlet.send
        self._form = outlet.form
        self.inner = _one_object(fields_of_referral(wanted))
        self.kinds = kinds
        self.caller = caller
        self.proof: Proof | None = None
        self.ahead: Sequence[Line] = ()
        """What is known to come next."""
        self._has_to_ask = False
        self._unsent: bytes | None = None

    @property
    def caller(self) -> Caller:
        """Say who follows, as last proven."""
        return self._caller

    @caller.setter
    def caller(self, caller: Caller) -> None:
        self._caller = caller
        self.reader: Reader | None = None
        looks = self.inner and caller.actor.has_any(READERS)
        self.onlooker = onlooker_of(caller.actor) if looks else None
        """As whom referrals are looked at, if anything of them was asked for and may be seen."""
        self.manner = _one_manner(id(self._form), id(self.inner), self.onlooker is not None)

    def admitted(self) -> Reader:
        """Say who is told, if the caller as last proven may be told a line.

        Raises:
            Refusal: the caller may not.
        """
        if self.reader is None:
            deliver_line.admit(self._caller.actor)
            self.reader = Reader.of(self._caller)
        return self.reader

    def is_admitted(self) -> bool:
        """Say whether the caller as last proven may be told a line; whoever may not hears that alone."""
        try:
            self.admitted()
        except Refusal:
            self.send_out()
            return False
        return True

    async def rest(self) -> None:
        """Hear in the rounds what comes, until something is unusual."""
        self.ahead = ()
        room = self.caller.desk.followers
        with self.caller.desk.doorbell.attend(self.mailbox, self, room.call_all):
            await room.stay(self)
        unsent, self._unsent = self._unsent, None
        if unsent is not None:
            await self.outlet.send_patiently(unsent)

    @staticmethod
    async def serve(guests: Sequence[Guest]) -> None:
        """Serve a round."""
        await _serve(cast("Sequence[Follower]", guests))

    def read_ahead(self, lines: Sequence[Line]) -> None:
        """Take note of what comes next; what the follower does not listen to is passed over."""
        kinds = self.kinds
        # While one line after the other is heard, nobody asks what a ring was for.
        self._has_to_ask = len(lines) > 1
        self.ahead = lines if kinds is None else [line for line in lines if line.said.kind in kinds]
        if not self.ahead and lines:
            self.line = lines[-1].line
            self.caller.desk.followers.call(self)

    def hear(self, text: Text) -> None:
        """Send the next line, if the follower is still there; with one that cannot be sent at once it goes alone.

        Whoever was sent out meanwhile, and is back already, was told alone, and has nothing ahead.
        """
        ahead = self.ahead
        if not self.is_here or not ahead:
            return
        line = ahead[0]
        told = text.of(line.id, line.line)
        has_gone = self._send(told)  # if that fails, the line is still to be heard
        self.ahead = ahead = ahead[1:]
        self.line = line.line
        if not has_gone:
            self._unsent = told
            self.send_out()
        elif ahead or self._has_to_ask:
            self.caller.desk.followers.call(self)


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
    follower = Follower(caller, outlet, wanted, kinds)
    follower.line = await begin_to_follow(caller, after)
    while True:
        async with aclosing(catch_up(follower, wanted, kinds)) as lines:
            async for line in lines:
                yield line
        await follower.rest()


@dataclass(slots=True, eq=False)
class _Telling:
    """What is told to all to whom the same is said in the same manner, and who see the same."""

    said: Said
    followers: list[Follower]
    seen: Seen = NOTHING
    text: Text | None = None

    def send_out(self) -> None:
        """Let each be told alone."""
        for it in self.followers:
            it.send_out()


async def _sights(
    tellings: Collection[_Telling], policy: Policy
) -> list[tuple[_Telling, list[Follower], Seen | Exception]]:
    """Give who sees what at this moment; one looks for all who see the same, whatever is said and in whatever words.

    Whoever was sent out and is back has nothing ahead, and looks no more.
    """
    sights: list[tuple[_Telling, list[Follower], Seen | Exception]] = []
    looking: defaultdict[tuple[UUID, frozenset[str]], list[tuple[_Telling, list[Follower]]]] = defaultdict(list)
    for telling in tellings:
        here = [it for it in telling.followers if it.is_here and it.ahead]
        if not here or here[0].onlooker is None or telling.said.referral_id is None:
            sights.append((telling, here, NOTHING))
        else:
            looking[telling.said.referral_id, here[0].inner].append((telling, here))
    for (referral_id, inner), parts in looking.items():
        everybody = [it for _, here in parts for it in here]
        for group, seen in await look_together(everybody, referral_id, inner, policy):
            sights += [(telling, those, seen) for telling, those in _by_telling(group, parts)]
    return sights


def _by_telling(
    group: list[Follower], parts: Sequence[tuple[_Telling, list[Follower]]]
) -> list[tuple[_Telling, list[Follower]]]:
    """Take those who see the same apart by what they are told; mostly all are told the same."""
    if len(parts) == 1:
        return [(parts[0][0], group)]
    among = set(group)
    return [(telling, those) for telling, here in parts if (those := [it for it in here if it in among])]


async def _serve(followers: Sequence[Follower]) -> None:
    """Give each follower the next line, if there is one."""
    asking = [it for it in followers if not it.ahead]
    if asking:
        found = await all_lines_beyond([(it.mailbox, it.line) for it in asking])
        for it, lines in zip(asking, found, strict=True):
            if lines and lines[0].line > it.line:  # else it was told alone meanwhile, and is called again
                it.read_ahead(lines)
    proven_at = monotonic()
    policy = await _prove(followers)
    tellings = await _prepared([it for it in followers if it.ahead and it.is_here], policy)
    if not tellings or not await _written_down(tellings, policy):
        return
    if monotonic() - proven_at > _FRESH_SECONDS:
        await _prove_again(tellings)
    told = [(it, one.text) for one in tellings if one.text for it in one.followers]
    for begin in range(0, len(told), _AT_A_STRETCH):
        for follower, text in told[begin : begin + _AT_A_STRETCH]:
            follower.hear(text)
        await asyncio.sleep(0)


async def _prove(followers: Sequence[Follower]) -> Policy:
    """Prove everybody again; whoever is not there any more is sent out, and told so. Give the policy of the moment."""
    # Together, for both ask first whether anything has changed.
    gone, policy = await asyncio.gather(prove(followers), current_policy(followers[0].caller.desk.clock()))
    for follower in gone:
        follower.send_out()
    return policy


async def _prepared(due: Sequence[Follower], policy: Policy) -> list[_Telling]:
    """Write what is to be told, once for all who are told the same; whoever has to be told alone is sent out."""
    gathered: dict[tuple[int, _Manner], _Telling] = {}
    for follower in due:
        said = follower.ahead[0].said
        key = id(said), follower.manner
        telling = gathered.get(key)
        if telling is None:
            telling = gathered[key] = _Telling(said, [])
        telling.followers.append(follower)
    texts: dict[Hashable, Text] = {}
    tellings = []
    for telling, group, seen in await _sights(gathered.values(), policy):
        those = [it for it in group if it.is_here and (it.reader is not None or it.is_admitted())]
        if those and _is_written(one := _Telling(telling.said, those), seen, texts):
            tellings.append(one)
    return tellings


def _is_written(telling: _Telling, seen: Seen | Exception, texts: dict[Hashable, Text]) -> bool:
    """Write what is told, unless it is unusual; then each is told alone."""
    first = telling.followers[0]
    try:
        telling.seen = seen = _seen(seen)
        key = (first.manner[0], id(telling.said), id(seen))
        if key not in texts:
            texts[key] = first.outlet.write(line_view(first.ahead[0], seen.views))
        telling.text = texts[key]
    except Refusal:
        telling.send_out()
    except Exception as fault:  # noqa: BLE001 - each meets it again alone, and says it properly
        _log.warning("live.shown_alone", error=type(fault).__name__)
        telling.send_out()
    return telling.text is not None


def _seen(seen: Seen | Exception) -> Seen:
    if isinstance(seen, Exception):
        raise seen
    return seen


async def _written_down(tellings: Sequence[_Telling], policy: Policy) -> bool:
    """Write all deliveries of the round into the trail; when that fails, nothing leaves."""
    told = [(it.admitted(), it.ahead[0].id, telling.seen) for telling in tellings for it in telling.followers]
    desk = tellings[0].followers[0].caller.desk
    write = delivery_entries if len(told) < MANY else delivery_sheet
    try:
        await desk.trail.keep_all(write(deliver_line.act, told, desk.clock(), policy.version))
    except Exception as fault:  # noqa: BLE001 - each meets it again alone, and says it properly; nothing has left
        _log.warning("live.trail_not_written", error=type(fault).__name__)
        for telling in tellings:
            telling.send_out()
        return False
    if len(told) >= MANY:
        desk.trail.afterwards(unfold_sheets)
    return True


async def _prove_again(tellings: Sequence[_Telling]) -> None:
    """Send out whoever is not there any more, or has other roles or sees less than when the text was written."""
    followers = [it for telling in tellings for it in telling.followers]
    before = [it.caller for it in followers]
    policy = await _prove(followers)
    for follower, caller in zip(followers, before, strict=True):
        if follower.caller != caller:
            follower.send_out()
    for telling, those, seen in await _sights(tellings, policy):
        if isinstance(seen, Exception) or seen.views.keys() != telling.seen.views.keys():
            for it in those:
                it.send_out()
