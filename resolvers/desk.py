"""The one door to the database.

``@operation`` gives a use case its transaction, its audit entry, its mailbox lines and its letters, all of them in
that one transaction, and rings the doorbell after the commit. ``@access`` does the same for reads: the entry is
committed before the answer leaves. A refused or failed attempt is written down too. Whoever is not named may not.

Operations never call operations: they share functions that take the :class:`Work`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Any, Concatenate, Generic, NoReturn, ParamSpec, TypeVar
from uuid import UUID

import structlog
from tortoise.exceptions import IntegrityError, OperationalError, ValidationError
from tortoise.transactions import in_transaction

from orm.eras import Era, current_era
from orm.faults import is_deadlock, is_too_long, is_unique_violation, is_unstorable
from orm.models import Outcome
from resolvers.callers import Actor, Caller
from resolvers.promises import Promise, keep_ready, made_ready
from resolvers.register import current_policy, policy_of
from resolvers.standing import check_standing
from resolvers.trail import keep_entry, made_entry
from resolvers.trail_entries import Entry
from rules.calendar import local_date
from rules.errors import Conflict, Denied, Invalid, Refusal
from rules.policy import Policy
from rules.roles import Role

P = ParamSpec("P")
R = TypeVar("R")

EVERYONE = frozenset(Role) - {Role.SYSTEM}
"""Whoever is signed on, with whatever role or none."""

THE_HOUSE = frozenset({Role.SYSTEM})
"""Only sweeps, the relay and other named parts of the house."""

_log = structlog.get_logger("homeward.desk")
_DEADLOCK_TRIES = 4


@dataclass(slots=True)
class _Record:
    """What the audit entry of this use case will say."""

    caller: Caller
    act: str
    now: datetime
    policy: Policy
    about_id: UUID | None = None
    subjects: dict[str, set[str]] = field(default_factory=dict)
    fields_shown: frozenset[str] = frozenset()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def actor(self) -> Actor:
        """Say who acts."""
        return self.caller.actor

    @property
    def today(self) -> date:
        """Give today's date in Chicago, where all dates of the documents are decided."""
        return local_date(self.now)

    def about(self, kind: str, subject: UUID) -> None:
        """Name the record that this use case is about; others are named with :meth:`touches`."""
        self.about_id = subject
        self.touches(kind, [subject])

    def touches(self, kind: str, subjects: Iterable[UUID | str]) -> None:
        """Name further records that were read or changed."""
        self.subjects.setdefault(kind, set()).update(map(str, subjects))

    def note(self, **facts: Any) -> None:  # noqa: ANN401 - facts are whatever JSON can say
        """Add facts to the entry: ids, numbers, states and counts, never a person's data.

        A number that JSON's readers cannot hold is noted as text: no entry may fail for what somebody asked.
        """
        self.facts.update({name: str(fact) if _is_beyond_json(fact) else fact for name, fact in facts.items()})

    def entry(self, outcome: Outcome, code: str = "") -> Entry:
        """Give the entry."""
        return made_entry(
            self.caller,
            self.act,
            outcome,
            at=self.now,
            code=code,
            about_id=self.about_id,
            subjects=self.subjects,
            shown=self.fields_shown,
            facts=self.facts,
            policy_version=self.policy.version,
        )

    async def write(self, outcome: Outcome, code: str = "") -> None:
        """Write the entry on the current connection."""
        await keep_entry(self.caller, self.entry(outcome, code))


@dataclass(slots=True)
class Work(_Record):
    """A write in progress: load under lock, check, change, promise; in that order."""

    promises: list[Promise] = field(default_factory=list)
    last: Callable[[], Awaitable[None]] | None = None
    """Something that is written when the body is through, and for which nothing in it waits."""
    rings: set[UUID] = field(default_factory=set)
    sessions_ended: list[UUID] = field(default_factory=list)

    def promise(self, promises: Iterable[Promise]) -> None:
        """Promise to tell; kept in this transaction."""
        self.promises.extend(promises)

    def ring(self, key: UUID) -> None:
        """Wake whoever follows a record live, after the commit."""
        self.rings.add(key)

    def refuse_and_keep(self, refusal: Refusal) -> NoReturn:
        """Refuse, but keep what was changed: a wrong password is refused *and* counted."""
        raise _Kept(refusal)


@dataclass(slots=True)
class Reading(_Record):
    """A read in progress: scoped rows in, and what was shown written down before the answer leaves.

    ``era`` was asked for when the read began: what is kept of it holds for this read.
    """

    era: Era | None = None

    def shows(self, kind: str, subjects: Iterable[UUID | str], fields: Iterable[str] = ()) -> None:
        """Name the records and the fields that the answer shows."""
        self.touches(kind, subjects)
        self.fields_shown = self.fields_shown | frozenset(fields)


class _Kept(Exception):  # noqa: N818 - carries a refusal out of a transaction that commits
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message)
        self.refusal = refusal


@dataclass(frozen=True)
class UseCase(Generic[P, R]):
    """A use case with its name, who may call it, and the source lines it carries out."""

    act: str
    by: frozenset[Role]
    cites: str
    writes: bool
    at_the_door: bool
    summary: str
    call: Callable[Concatenate[Caller, P], Awaitable[R]]

    def admit(self, actor: Actor) -> None:
        """Let the actor in, or not: denied by default.

        Raises:
            Denied: the actor holds none of the roles, or has to change the password or to accept the confidentiality
                statement first (000:3-5, 000:253).
        """
        if actor.must_change_password and not self.at_the_door:
            raise Denied("Change your password first.", code="PASSWORD_CHANGE_REQUIRED")
        if actor.must_accept_statement and not self.at_the_door:
            raise Denied("Read and accept the confidentiality statement first.", code="STATEMENT_NOT_ACCEPTED")
        if not (actor.has_any(self.by) or (self.by == EVERYONE and actor.id is not None)):
            raise Denied("Your roles do not allow this.")

    async def __call__(self, caller: Caller, *args: P.args, **kwargs: P.kwargs) -> R:
        """Do it for this caller."""
        return await self.call(caller, *args, **kwargs)


def _is_beyond_json(fact: object) -> bool:
    return isinstance(fact, int) and not -(2**63) <= fact < 2**63


USE_CASES: dict[str, UseCase[Any, Any]] = {}
"""Every use case of the house by name; the matrix test walks it with every role."""


def operation(
    act: str, *, by: Iterable[Role], cites: str, at_the_door: bool = False
) -> Callable[[Callable[Concatenate[Work, P], Awaitable[R]]], UseCase[P, R]]:
    """Make a function on :class:`Work` a use case that writes."""

    def enter(body: Callable[Concatenate[Work, P], Awaitable[R]]) -> UseCase[P, R]:
        async def call(caller: Caller, /, *args: P.args, **kwargs: P.kwargs) -> R:
            for attempt in range(1, _DEADLOCK_TRIES + 1):
                now = caller.desk.clock()
                work = Work(caller, act, now, await current_policy(now))
                try:
                    return await _carry_out(use_case, work, partial(body, work, *args, **kwargs))
                except Refusal:
                    raise
                except Exception as fault:
                    if is_deadlock(fault) and attempt < _DEADLOCK_TRIES:
                        continue
                    await _write_failure(work)
                    raise
            raise AssertionError("the last try returns or raises")

        use_case = _register(act, body, by, cites, call, writes=True, at_the_door=at_the_door)
        return use_case

    return enter


def access(
    act: str, *, by: Iterable[Role], cites: str, at_the_door: bool = False
) -> Callable[[Callable[Concatenate[Reading, P], Awaitable[R]]], UseCase[P, R]]:
    """Make a function on :class:`Reading` a use case that reads; no entry, no answer."""

    def enter(body: Callable[Concatenate[Reading, P], Awaitable[R]]) -> UseCase[P, R]:
        async def call(caller: Caller, /, *args: P.args, **kwargs: P.kwargs) -> R:
            now = caller.desk.clock()
            era = await current_era()
            reading = Reading(caller, act, now, await policy_of(era, now), era=era)
            try:
                use_case.admit(caller.actor)
                with _unkeepable_is_refused():
                    answer = await body(reading, *args, **kwargs)
            except Refusal as refusal:
                await reading.write(Outcome.REFUSED, refusal.code)
                raise
            except Exception:
                await _write_failure(reading)
                raise
            await reading.write(Outcome.DONE)
            return answer

        use_case = _register(act, body, by, cites, call, writes=False, at_the_door=at_the_door)
        return use_case

    return enter


@asynccontextmanager
async def under_way(write: Callable[[], Awaitable[None]] | None) -> AsyncIterator[None]:
    """Let the database write while this process goes on; the block must not speak to the database itself.

    The block awaits nothing, then, and whatever it needs of what is written waits until it is through.
    """
    if write is None:
        yield
        return
    task = asyncio.ensure_future(write())
    try:
        for _ in range(2):  # in the first turn it is written, and at the end of that turn sent
            await asyncio.sleep(0)
        yield
    finally:
        await task


async def _carry_out(use_case: UseCase[..., R], work: Work, body: Callable[[], Awaitable[R]]) -> R:
    """Run the body in one transaction with everything it promises; then ring, or say no."""
    answer: R
    refusal: Refusal | None = None
    try:
        use_case.admit(work.actor)
        async with in_transaction():
            await check_standing(work.caller, None if use_case.by >= EVERYONE else use_case.by)
            try:
                with _unkeepable_is_refused():
                    answer = await body()
            except _Kept as entered:
                refusal = entered.refusal
            async with under_way(work.last if refusal is None else None):
                ready = made_ready(work.promises, work.now)
                entry = work.entry(Outcome.DONE) if refusal is None else work.entry(Outcome.REFUSED, refusal.code)
            await keep_entry(work.caller, entry)
            # Last of all, for from here to the commit the mailboxes are held, and other publishers wait for them.
            kept = await keep_ready(ready)
    except Refusal as no:
        await work.write(Outcome.REFUSED, no.code)
        raise
    except IntegrityError as fault:
        if not is_unique_violation(fault):
            raise
        conflict = Conflict("Somebody else changed this at the same moment. Look again, then repeat.")
        await work.write(Outcome.REFUSED, conflict.code)
        raise conflict from fault
    doorbell = work.caller.desk.doorbell
    if work.sessions_ended:
        await doorbell.end_sessions(work.sessions_ended)
    if kept.mailboxes or work.rings:
        await doorbell.ring(kept.mailboxes | work.rings, letters=bool(kept.mailboxes), keys=kept.keys)
    if refusal is not None:
        raise refusal
    return answer


@contextmanager
def _unkeepable_is_refused() -> Iterator[None]:
    """Refuse a text that no record can hold, in one place: it is met wherever one is looked for or kept by it."""
    try:
        yield
    except ValidationError as fault:
        if not is_too_long(fault):
            raise
        raise Invalid("A text is longer than the house keeps it.", code="TEXT_TOO_LONG") from None
    except OperationalError as fault:
        if not is_unstorable(fault):
            raise
        raise Invalid("A text has characters that cannot be shown.", code="TEXT_MALFORMED") from None


async def _write_failure(record: _Record) -> None:
    """Write down that an attempt failed; if even that fails, the first fault is the one to be told."""
    try:
        await record.write(Outcome.FAILED)
    except Exception:  # noqa: BLE001 - the caller raises the first fault, whatever this one is
        _log.exception("audit.failure_not_written", act=record.act, request_id=record.caller.request_id)


def _register(
    act: str,
    body: Callable[..., Awaitable[R]],
    by: Iterable[Role],
    cites: str,
    call: Callable[Concatenate[Caller, P], Awaitable[R]],
    *,
    writes: bool,
    at_the_door: bool,
) -> UseCase[P, R]:
    allowed = frozenset(by)
    if not allowed or not cites or not body.__doc__:
        raise TypeError(f"{act}: a use case says who may do it, which lines it carries out, and what it does")
    if act in USE_CASES:
        raise TypeError(f"{act}: a use case exists once")
    use_case = UseCase(act, allowed, cites, writes, at_the_door, body.__doc__, call)
    USE_CASES[act] = use_case
    return use_case
