"""What every part of the story shares: the desk, the time, the dice, and who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import UUID

from homeward.demo.clock import Agenda, SteppingClock
from homeward.demo.providers import ProviderPlan
from homeward.demo.staff import AccountPlan
from orm.models import ProviderKind
from resolvers.callers import Actor, Caller, Desk, house
from rules.audience import contract_in_force
from rules.calendar import local_date, local_instant

_SATURDAY = 5
QUIET = timedelta(hours=1)
"""The last hour of the history belongs to its finale."""


@dataclass
class Person:
    """A user of the story, who can act in it."""

    plan: AccountPlan
    actor: Actor

    @property
    def key(self) -> UUID:
        """Give the key of the person's account."""
        return self.actor.person()


@dataclass
class Home:
    """A provider of the story with its state at the moment."""

    plan: ProviderPlan
    key: UUID
    contracts: tuple[tuple[date, date | None], ...]
    staff: tuple[str, ...] = ()
    suspended: bool = False
    active: bool = True
    has_contact: bool = True

    def can_answer(self, on: date) -> bool:
        """Say whether its staff still sees a referral that has reached it."""
        under_contract = any(contract_in_force(begins, ends, on) for begins, ends in self.contracts)
        in_exchange = self.active and self.plan.kind is ProviderKind.RESIDENTIAL
        return in_exchange and under_contract and not self.suspended and self.has_contact and bool(self.staff)


@dataclass
class Stage:
    """Where the story is played."""

    desk: Desk
    clock: SteppingClock
    agenda: Agenda
    rng: Random
    now: datetime
    fips: Mapping[str, str]
    """The codes of the counties by name."""
    people: dict[str, Person] = field(default_factory=dict)
    homes: dict[UUID, Home] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """Give the last day of the history."""
        return local_date(self.now)

    @property
    def story_day(self) -> date:
        """Give the day to which the story has come."""
        return local_date(self.clock.now)

    def call(self, user_id: str) -> Caller:
        """Let a person call, each time as a request of its own."""
        return Caller(self.desk, self.people[user_id].actor)

    def house(self, name: str) -> Caller:
        """Let a part of the house call."""
        return house(self.desk, name)

    def moment(self, days_ago: int, first_hour: int, last_hour: int, *, any_day: bool = False) -> datetime:
        """Give a moment in these office hours, so many days before the end; weekend work is done on the Friday."""
        on = self.today - timedelta(days=days_ago)
        if on.weekday() >= _SATURDAY and not any_day:
            on -= timedelta(days=on.weekday() - _SATURDAY + 1)
        return self._within(on, first_hour, last_hour)

    def later(self, first_day: int, last_day: int) -> datetime:
        """Give a moment some days from now in the story, or never; on a weekend it waits for the Monday."""
        on = self.story_day + timedelta(days=self.rng.randint(first_day, last_day))
        if on.weekday() >= _SATURDAY:
            on += timedelta(days=7 - on.weekday())
        when = self._within(on, 13, 15)
        return when if when <= self.now - QUIET else self.agenda.ends + timedelta(days=1)

    def _within(self, on: date, first_hour: int, last_hour: int) -> datetime:
        hour, rest = self.rng.randint(first_hour, last_hour), self.rng.randrange(3600)
        return local_instant(on, time(hour, rest // 60, rest % 60))
