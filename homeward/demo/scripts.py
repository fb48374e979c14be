"""What happens in each search for a home: written down before the story begins.

All times are days before the end of the history.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from homeward.demo import cast
from homeward.demo.people import PeopleMaker
from homeward.demo.places import AREAS, Area, facility_of
from homeward.demo.size import DemoSize, Fate
from homeward.demo.stage import Person, Stage
from orm.models import ProviderKind
from resolvers.referral_entry import NewConsumer
from rules.roles import COORDINATORS

ENDED = frozenset({Fate.PLACED, Fate.PLACED_ELSEWHERE, Fate.WITHDRAWN, Fate.OTHER, Fate.DELETED, Fate.DELETED_DRAFT})
CHOOSING = frozenset({Fate.PENDING, Fate.PLACED})
"""Searches in which a provider is chosen."""

_OLDEST = 140


@dataclass(frozen=True, slots=True)
class Script:
    """One search: who looks for a home and where, who looks after it, and when what happens."""

    fate: Fate
    consumer: NewConsumer
    facility: str
    counties: tuple[str, ...]
    """Names; none means statewide."""
    primary: str | None
    author: str
    created: int
    published: int | None = None
    ended: int | None = None
    chosen: int | None = None
    falls_through: int | None = None
    """When the first choice is taken back, before another one is made."""
    excluded_at_first: bool = False
    excluded: int | None = None
    included: int | None = None
    widened: int | None = None
    republished: tuple[int, ...] = ()


def write_scripts(stage: Stage, people: PeopleMaker, size: DemoSize) -> list[Script]:
    """Write a script for every referral, so many of each fate."""
    homes = [home.plan for home in stage.homes.values() if home.plan.kind is ProviderKind.RESIDENTIAL]
    served = {county for home in homes for county in home.counties}
    steady = {county for home in homes if home.is_steady for county in home.counties}
    writer = _Writer(stage, people, served, steady, count(1))
    return [writer.script(fate, day) for fate, often in size.fates.items() for day in _days(stage, fate, often)]


def finale_script(stage: Stage, people: PeopleMaker) -> Script:
    """Write the script of the search in Boone county that is published in the last hour."""
    return Script(
        fate=Fate.YOUNG,
        consumer=people.consumer(0, stage.today),
        facility=facility_of(AREAS[0].code),
        counties=(cast.BOONE, "Callaway"),
        primary=cast.COORDINATOR,
        author=cast.COORDINATOR,
        created=1,
        published=0,
    )


def _days(stage: Stage, fate: Fate, often: int) -> Iterator[int]:
    """Say when the searches of one fate are published, spread over its time."""
    first, last = {
        Fate.DRAFT: (1, 20),
        Fate.YOUNG: (1, 60),
        Fate.OVERDUE: (61, _OLDEST),
        Fate.PENDING: (16, 100),
        Fate.DELETED: (20, 120),
        Fate.DELETED_DRAFT: (10, 120),
    }.get(fate, (32, _OLDEST))
    for place in range(often):
        # The youngest and the oldest of a fate lie on its borders: exactly 60 and 61 days old, for one.
        share = place / (often - 1) if often > 1 else 0.5
        wobble = stage.rng.randint(-2, 2) if 0 < place < often - 1 else 0
        yield max(first, min(last, round(first + share * (last - first)) + wobble))


@dataclass
class _Writer:
    stage: Stage
    people: PeopleMaker
    served: set[str]
    steady: set[str]
    """Counties in which a home can be chosen at any time."""
    numbers: Iterator[int]

    def script(self, fate: Fate, day: int) -> Script:
        """Write one script; ``day`` is when it is published, or entered if it stays a draft."""
        rng, number = self.stage.rng, next(self.numbers)
        in_boone = number % 6 == 4
        among = self.steady if fate in CHOOSING else self.served
        area = AREAS[0] if in_boone else rng.choices(AREAS, [len(among & set(area.counties)) for area in AREAS])[0]
        statewide = number % 6 == 3
        counties = () if statewide else self._counties(area, among, must=(cast.BOONE,) if in_boone else ())
        primary = self._coordinator(area, counties, memorable=in_boone)
        is_draft = fate in {Fate.DRAFT, Fate.DELETED_DRAFT}
        ended = self._end(fate, day)
        script = Script(
            fate=fate,
            consumer=self.people.consumer(number, self.stage.today),
            facility=facility_of(area.code),
            counties=counties,
            primary=None if is_draft and number % 3 == 0 else primary,
            author=primary if rng.random() < 0.8 else self._coordinator(area, counties),
            created=day if is_draft else day + rng.randint(0, 3),
            published=None if is_draft else day,
            ended=ended,
        )
        return replace(script, **self._turns(number, fate, day, ended))

    def _end(self, fate: Fate, day: int) -> int | None:
        if fate not in ENDED:
            return None
        shortest = 3 if fate is Fate.DELETED_DRAFT else 15
        return max(1, day - self.stage.rng.randint(shortest, 60))

    def _turns(self, number: int, fate: Fate, day: int, ended: int | None) -> dict[str, Any]:
        """Give some searches a turn: a choice that falls through, an exclusion, another county, a second publish."""
        if fate in {Fate.DRAFT, Fate.DELETED_DRAFT}:
            return {}
        rng, last = self.stage.rng, ended or 1
        turns: dict[str, Any] = {}
        republished: list[int] = []
        if fate in CHOOSING:
            chosen = day - 9 if fate is Fate.PENDING else max(last + 1, day - rng.randint(9, 30))
            turns["chosen"] = chosen
            if number % 2 == 0 and chosen - last > 5:
                turns["falls_through"] = chosen - 3
        elif day - last > 20 and number % 5 == 0:
            turns |= {"excluded_at_first": True, "included": day - 12}
            republished.append(day - 12)
        elif number % 7 == 4:
            turns["excluded"] = day - rng.randint(3, 6)
        if day - last > 30 and number % 4 == 2:
            turns["widened"] = day - 25
            republished.append(day - 25)
        if day - last > 70 and number % 2 == 0:
            republished.append(day - 60)
        return {**turns, "republished": tuple(republished)}

    def _counties(self, area: Area, among: set[str], must: tuple[str, ...]) -> tuple[str, ...]:
        """Choose one to four counties of an area, mostly such as have a home; one where a home is chosen in the end."""
        rng = self.stage.rng
        homes_there = [county for county in area.counties if county in among]
        choice = homes_there if among is self.steady or rng.random() < 0.9 else list(area.counties)
        wanted = min(rng.choice((1, 1, 2, 2, 3, 4)), len(choice))
        others = [county for county in choice if county not in must]
        return tuple(sorted({*must, *rng.sample(others, min(len(others), wanted - len(must)))}))

    def _coordinator(self, area: Area, counties: tuple[str, ...], *, memorable: bool = False) -> str:
        if memorable and self.stage.rng.random() < 0.7:
            return cast.COORDINATOR
        near = [person for person in self._coordinators() if person.plan.counties & set(counties or area.counties)]
        return self.stage.rng.choice(near).plan.user_id

    def _coordinators(self) -> Iterator[Person]:
        return (person for person in self.stage.people.values() if person.plan.roles & COORDINATORS)
