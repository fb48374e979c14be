"""What is told in a round: put together by what is said, to whom and in which words; written down, then sent.

The followers are proven, one text is written for all who are told the same in the same words, all entries are committed
together, and only then the texts leave. With whom anything is unusual (a session that ended, a refusal, a text that
cannot be shared, a socket that is full) goes on alone, as :mod:`resolvers.mailboxes` has it.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from time import monotonic
from typing import Final, Protocol, cast
from uuid import UUID

import structlog

from resolvers.callers import Caller
from resolvers.delivery_entries import Deliveries, Reader, delivery_entries
from resolvers.delivery_sheets import MANY, delivery_sheet, unfold_sheets
from resolvers.line_sights import NOTHING, Looks, Seen, look_together, onlooker_of
from resolvers.line_views import NotificationView, fields_of_referral, line_view
from resolvers.lines_beyond import Line, LinesAlike, Said
from resolvers.live_proofs import Look, Proof, prove
from resolvers.mailboxes import deliver_line, mailbox_of
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

    def for_each(self, keys: Iterable[str], lines: Iterable[int]) -> Iterable[bytes]:
        """Fill in key and number of each line; where the text has no place for them, it is the same object for all."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """How somebody wants to be told; one object for all who want the same."""

    form: Hashable
    """The words (:attr:`Outlet.form`)."""
    inner: frozenset[str]
    """What is asked for of the referral of a line."""
    looks: bool
    """Whether a referral is looked at: something of it was asked for, and may be seen."""
    kinds: frozenset[NotificationKind] | None
    """What is listened to; everything, if it is none."""


_manner: Final = lru_cache(maxsize=1_000)(Manner)


class Follower(Guest):
    """Somebody who follows a mailbox, and how far."""

    __slots__ = (
        "_caller", "_unsent", "_wants", "line", "mailbox", "mailbox_key", "manner", "onlooker", "outlet",
        "proof", "reader", "send",
    )  # fmt: skip

    def __init__(
        self, caller: Caller, outlet: Outlet, wanted: Collection[str], kinds: Collection[NotificationKind] | None
    ) -> None:
        super().__init__()
        self.mailbox = mailbox_of(caller.actor)
        self.mailbox_key = str(self.mailbox)
        self.line = 0
        self.outlet = outlet
        self.send = outlet.send
        heard = None if kinds is None else frozenset(kinds)
        self._wants = _manner(outlet.form, fields_of_referral(wanted), True, heard)
        self.caller = caller
        self.proof: Proof | None = None
        self._unsent: bytes | None = None

    @property
    def caller(self) -> Caller:
        """Say who follows, as last proven."""
        return self._caller

    @caller.setter
    def caller(self, caller: Caller) -> None:
        self._caller = caller
        self.reader: Reader | None = None
        wants = self._wants
        looks = bool(wants.inner) and caller.actor.has_any(READERS)
        self.onlooker = onlooker_of(caller.actor) if looks else None
        """As whom referrals are looked at."""
        self.manner = _manner(wants.form, wants.inner, looks, wants.kinds)

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
        room = self.caller.desk.followers
        with self.caller.desk.doorbell.attend(self.mailbox, self, room):
            await room.stay(self)
        unsent, self._unsent = self._unsent, None
        if unsent is not None:
            await self.outlet.send_patiently(unsent)

    def send_alone(self, unsent: bytes) -> None:
        """Let the follower go on alone with what could not be sent at once."""
        self._unsent = unsent
        self.send_out()


@dataclass(slots=True, eq=False)
class Telling:
    """What is told to all to whom the same is said in the same manner, and who see the same; with each one's line."""

    said: Said
    followers: Sequence[Follower]
    lines: Sequence[int]
    keys: Sequence[str]
    seen: Seen = NOTHING
    text: Text | None = None

    def part(self, those: Sequence[int]) -> Telling:
        """Give the telling of those who stand at these positions."""
        if len(those) == len(self.followers):
            return self
        return Telling(
            self.said,
            [self.followers[at] for at in those],
            [self.lines[at] for at in those],
            [self.keys[at] for at in those],
            self.seen,
            self.text,
        )

    def still_with(self, batch: Sequence[Guest]) -> Telling:
        """Leave out whoever was sent out: such a one is told alone, and may be back already, as somebody else."""
        return self.part([at for at, it in enumerate(self.followers) if it.batch is batch])

    def send_out(self) -> None:
        """Let each be told alone."""
        for it in self.followers:
            it.send_out()


def told_alike(found: Sequence[LinesAlike[int]], batch: Sequence[Follower]) -> list[Telling]:
    """Put together to whom the same is said in the same manner; what somebody does not listen to is passed over."""
    tellings = []
    for alike in found:
        everybody = [batch[place] for place in alike.places]
        whole = Telling(alike.said, everybody, alike.lines, alike.keys).still_with(batch)
        by_manner: dict[Manner, list[int]] = {}
        if len({it.manner for it in whole.followers}) == 1:
            by_manner[whole.followers[0].manner] = [*range(len(whole.followers))]
        else:
            for at, it in enumerate(whole.followers):
                by_manner.setdefault(it.manner, []).append(at)
        for manner, those in by_manner.items():
            telling = whole.part(those)
            if manner.kinds is None or alike.said.kind in manner.kinds:
                tellings.append(telling)
            else:
                for it, line in zip(telling.followers, telling.lines, strict=True):
                    it.line = line
    return tellings


async def prove_all(followers: Sequence[Follower]) -> Policy:
    """Prove everybody again; whoever is not there any more is sent out, and told so. Give the policy of the moment."""
    # Together, for both ask first whether anything has changed.
    _, policy = await asyncio.gather(send_out_who_has_gone(followers), current_policy(followers[0].caller.desk.clock()))
    return policy


async def send_out_who_has_gone(followers: Sequence[Follower], look: Look | None = None) -> None:
    """Prove everybody again, by what a look has found if there was one; whoever is not there any more is told alone."""
    for follower in await prove(followers, look):
        follower.send_out()


@dataclass(slots=True)
class Moment:
    """What is the same for all who are told at one moment: the policy, what was seen, and the texts of it."""

    policy: Policy
    looks: Looks = field(default_factory=dict)
    texts: dict[Hashable, tuple[Seen, Text]] = field(default_factory=dict)
    """By form, what is said and what was seen; that is kept with its text, so that nothing else has its identity."""
    said: dict[Hashable, Said] = field(default_factory=dict)

    def one_said(self, said: Said) -> Said:
        """Give one object for all that say the same, which share its texts."""
        return self.said.setdefault(said.content, said)


async def _sights(tellings: Sequence[Telling], moment: Moment) -> list[tuple[Telling, Seen | Exception]]:
    """Give who sees what at this moment; one looks for all who see the same, whatever is said and in whatever words."""
    sights: list[tuple[Telling, Seen | Exception]] = []
    looking: defaultdict[tuple[UUID, frozenset[str]], list[Telling]] = defaultdict(list)
    for telling in tellings:
        manner = telling.followers[0].manner
        if not manner.looks or telling.said.referral_id is None:
            sights.append((telling, NOTHING))
        else:
            looking[telling.said.referral_id, manner.inner].append(telling)
    for (referral_id, inner), those in looking.items():
        everybody = [it for telling in those for it in telling.followers]
        for group, seen in await look_together(everybody, referral_id, inner, moment.policy, moment.looks):
            sights += [(part, seen) for part in _among(group, those)]
    return sights


def _among(group: Sequence[Follower], tellings: Sequence[Telling]) -> list[Telling]:
    """Take those who see the same apart by what they are told; mostly all are told the same."""
    if len(tellings) == 1 and len(group) == len(tellings[0].followers):
        return [*tellings]
    among = {*group}
    parts = [it.part([at for at, one in enumerate(it.followers) if one in among]) for it in tellings]
    return [part for part in parts if part.followers]


async def prepared(tellings: Sequence[Telling], batch: Sequence[Follower], moment: Moment) -> list[Telling]:
    """Write what is to be told, once for all who are told the same; whoever has to be told alone is sent out."""
    found = []
    for telling, seen in await _sights(tellings, moment):
        those = telling.followers
        admitted = [
            at for at, it in enumerate(those) if it.batch is batch and (it.reader is not None or it.is_admitted())
        ]
        if admitted and _is_written(part := telling.part(admitted), seen, moment.texts):
            found.append(part)
    return found


def _is_written(telling: Telling, seen: Seen | Exception, texts: dict[Hashable, tuple[Seen, Text]]) -> bool:
    """Write what is told, unless it is unusual; then each is told alone."""
    first = telling.followers[0]
    try:
        telling.seen = seen = _seen(seen)
        key = (first.manner.form, id(telling.said), id(seen))
        if key not in texts:
            line = Line(UUID(telling.keys[0]), first.mailbox, telling.lines[0], telling.said)
            texts[key] = seen, first.outlet.write(line_view(line, seen.views))
        telling.text = texts[key][1]
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


async def written_down(tellings: Sequence[Telling], policy: Policy) -> bool:
    """Write all deliveries of the round into the trail; when that fails, nothing leaves."""
    told = [Deliveries([it.reader or it.admitted() for it in one.followers], one.keys, one.seen) for one in tellings]
    many = sum(len(one.keys) for one in tellings) >= MANY
    desk = tellings[0].followers[0].caller.desk
    write = delivery_sheet if many else delivery_entries
    try:
        await desk.trail.keep_all(write(deliver_line.act, told, desk.clock(), policy.version))
    except Exception as fault:  # noqa: BLE001 - each meets it again alone, and says it properly; nothing has left
        _log.warning("live.trail_not_written", error=type(fault).__name__)
        for telling in tellings:
            telling.send_out()
        return False
    if many:
        desk.trail.afterwards(unfold_sheets)
    return True


async def send(tellings: Sequence[Telling], batch: Sequence[Follower], proven_at: float) -> None:
    """Send to everybody who is still there, what is written down; after a slow commit all are proven once more."""
    if monotonic() - proven_at > _FRESH_SECONDS:
        await _prove_again(tellings, batch)
    sent = 0
    for telling in tellings:
        texts = cast("Text", telling.text).for_each(telling.keys, telling.lines)
        for it, line, text in zip(telling.followers, telling.lines, texts):  # noqa: B905 - of the texts there is no end
            if it.batch is batch:
                has_gone = it.send(text)  # if that fails, the line is still to be heard
                it.line = line
                if not has_gone:
                    it.send_alone(text)
            sent += 1
            if sent % _AT_A_STRETCH == 0:
                await asyncio.sleep(0)


async def _prove_again(tellings: Sequence[Telling], batch: Sequence[Follower]) -> None:
    """Send out whoever is not there any more, or has other roles or sees less than when the text was written."""
    followers = [it for telling in tellings for it in telling.followers]
    before = [it.caller for it in followers]
    policy = await prove_all(followers)
    for follower, caller in zip(followers, before, strict=True):
        if follower.caller != caller:
            follower.send_out()
    left = [part for telling in tellings if (part := telling.still_with(batch)).followers]
    for telling, seen in await _sights(left, Moment(policy)):
        if isinstance(seen, Exception) or seen.views.keys() != telling.seen.views.keys():
            telling.send_out()
