"""After any history of profiles and publishings, who has a line of which referral is what the rule says (REF-17)."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tortoise.transactions import in_transaction

from orm.models import Contact, Letter, Notification, ProviderKind, ReferralReach, WithheldNotice
from resolvers.callers import Caller, Desk
from resolvers.contacts import NewContact, activate_contact, add_contact, deactivate_contact, set_contact_counties
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.no_referral_status import lift_no_referral_status, set_no_referral_status
from resolvers.providers import ProviderData, activate_provider, deactivate_provider, upsert_provider
from resolvers.referral_views import list_referrals
from resolvers.referrals import close_referral, publish_referral
from rules.errors import Refusal
from rules.notices import NotificationKind
from rules.profiles import DeactivationReason
from rules.referrals import CloseOutcome
from rules.roles import Role
from tests.world.clock import Clock
from tests.world.many_worlds import Forgotten, opened
from tests.world.world import ProviderHome, World

COUNTIES = ["Adair", "Boone", "Pike"]
EXAMPLES = os.environ.get("HOMEWARD_EXAMPLES")
LISTS = (NotificationKind.REFERRALS_JOINED, NotificationKind.NO_REFERRAL_STATUS_LIFTED)


# The model: what the world is, and whom a referral reaches, in as few words as the manual needs.


@dataclass
class Person:
    id: UUID
    counties: frozenset[str]
    active: bool = True


@dataclass
class Home:
    real: ProviderHome
    people: list[Person]
    active: bool = True
    residential: bool = True
    suspended: bool = False


@dataclass
class Search:
    number: int
    counties: frozenset[str]
    open: bool = False
    excluded: set[int] = field(default_factory=set)
    waits_for_publishing: set[int] = field(default_factory=set)


@dataclass
class Model:
    homes: list[Home]
    searches: list[Search]
    told: dict[UUID, set[int]] = field(default_factory=dict)

    def reaches(self, search: Search, place: int, person: Person) -> bool:
        home = self.homes[place]
        return (
            search.open
            and home.residential
            and home.active
            and not home.suspended
            and place not in search.excluded
            and person.active
            and (not search.counties or bool(search.counties & person.counties))
        )

    def remember(self) -> None:
        """Whoever a referral reaches has been told, unless the next publishing is to tell it."""
        for search in self.searches:
            for place, home in enumerate(self.homes):
                for person in home.people:
                    if self.reaches(search, place, person) and place not in search.waits_for_publishing:
                        self.told.setdefault(person.id, set()).add(search.number)


# The steps of a history: each does the real thing, then says what it means. A refused one means nothing.

county_sets = st.frozensets(st.sampled_from(COUNTIES), max_size=2)
PROFILE = ["counties", "counties", "leave", "come_back", "come_back", "add", "deactivate", "activate", "activate"]
SUSPENSION = ["suspend", "lift", "lift", "other_kind", "residential", "residential"]
FAMILY = ["publish", "publish", "publish", "close", "exclude", "include", "include"]
steps = st.tuples(
    st.sampled_from(PROFILE) | st.sampled_from(SUSPENSION) | st.sampled_from(FAMILY),
    st.sampled_from([0, 0, 0, 1]),
    st.integers(0, 1),
    county_sets,
)


@dataclass(frozen=True)
class Turn:
    """Whom a step concerns, if it needs them."""

    place: int
    home: Home
    search: Search
    person: Person
    counties: frozenset[str]


@dataclass
class History:
    world: World
    model: Model
    coordinator: Caller
    office: Caller

    async def take(self, what: str, place: int, which: int, counties: frozenset[str]) -> None:
        home = self.model.homes[place]
        turn = Turn(place, home, self.model.searches[which], home.people[which % len(home.people)], counties)
        self.world.clock.forward(minutes=1)
        try:
            await getattr(self, what)(turn)
        except Refusal:
            return
        self.model.remember()

    async def publish(self, turn: Turn) -> None:
        await publish_referral(self.coordinator, turn.search.number)
        turn.search.open = True
        turn.search.waits_for_publishing.clear()

    async def close(self, turn: Turn) -> None:
        await close_referral(self.coordinator, turn.search.number, CloseOutcome.OTHER, None)
        turn.search.open = False

    async def exclude(self, turn: Turn) -> None:
        await exclude_provider(self.coordinator, turn.search.number, turn.home.real.id, "Family wish.")
        turn.search.excluded.add(turn.place)

    async def include(self, turn: Turn) -> None:
        await include_provider(self.coordinator, turn.search.number, turn.home.real.id)
        turn.search.excluded.discard(turn.place)
        turn.search.waits_for_publishing.add(turn.place)

    async def counties(self, turn: Turn) -> None:
        await set_contact_counties(self.office, turn.person.id, await self._codes(turn.counties))
        turn.person.counties = turn.counties

    async def leave(self, turn: Turn) -> None:
        await deactivate_contact(self.office, turn.person.id)
        turn.person.active = False

    async def come_back(self, turn: Turn) -> None:
        await activate_contact(self.office, turn.person.id)
        turn.person.active = True

    async def add(self, turn: Turn) -> None:
        new = NewContact("New", "Comer", "new@example.org", counties=frozenset(await self._codes(turn.counties)))
        turn.home.people.append(Person(await add_contact(self.office, turn.home.real.id, new), turn.counties))

    async def suspend(self, turn: Turn) -> None:
        await set_no_referral_status(self.office, turn.home.real.id, "Full.")
        turn.home.suspended = True

    async def lift(self, turn: Turn) -> None:
        await lift_no_referral_status(self.office, turn.home.real.id)
        turn.home.suspended = False

    async def deactivate(self, turn: Turn) -> None:
        await deactivate_provider(self.office, turn.home.real.id, DeactivationReason.NO_HOMES)
        turn.home.active = False

    async def activate(self, turn: Turn) -> None:
        await activate_provider(self.office, turn.home.real.id)
        turn.home.active = True

    async def other_kind(self, turn: Turn) -> None:
        await upsert_provider(self.office, turn.home.real.id, ProviderData(turn.home.real.name, ProviderKind.OTHER))
        turn.home.residential = False

    async def residential(self, turn: Turn) -> None:
        await upsert_provider(
            self.office, turn.home.real.id, ProviderData(turn.home.real.name, ProviderKind.RESIDENTIAL)
        )
        turn.home.residential = True

    async def _codes(self, counties: frozenset[str]) -> list[str]:
        return [await self.world.county(name) for name in sorted(counties)]


async def _begin(desk: Desk, spec: list[tuple[frozenset[str], frozenset[str]]]) -> History:
    world = World(desk, desk.clock if isinstance(desk.clock, Clock) else Clock())
    coordinator = await world.user(Role.CENTRAL_STAFF)
    primary = await world.coordinator(*COUNTIES)
    homes = []
    for mine, colleagues in spec[:2]:
        real = await world.provider(*sorted(mine))
        colleague = await world.contact(real.id, *sorted(colleagues))
        homes.append(Home(real, [Person(real.contact_id, mine), Person(colleague.id, colleagues)]))
    searches = [Search(await world.draft(primary, *sorted(wish)), wish) for wish, _ in spec[2:]]
    return History(world, Model(homes, searches), coordinator, await world.user(Role.PROVIDER_RELATIONS))


async def _check(history: History) -> None:
    for place, home in enumerate(history.model.homes):
        for person in home.people:
            await _check_mailbox(history.model.told.get(person.id, set()), await Contact.get(id=person.id))
        told = set().union(*(history.model.told.get(person.id, set()) for person in home.people))
        reached = await ReferralReach.filter(provider_id=home.real.id).values_list("referral__number", flat=True)
        assert {int(str(number)) for number in reached} == told
        seen = {view.number for view in (await list_referrals(home.real.staff)).nodes}
        assert seen == {
            search.number
            for search in history.model.searches
            if any(history.model.reaches(search, place, person) for person in home.people)
        }
        if not home.suspended:
            assert not await WithheldNotice.exists(provider_id=home.real.id, released_at=None)


async def _check_mailbox(told: set[int], contact: Contact) -> None:
    seen: set[int] = set()
    withheld = {
        notice.referral.number
        for notice in await WithheldNotice.filter(provider_id=contact.provider_id).select_related("referral")
    }
    for line in await Notification.filter(mailbox_id=contact.mailbox_id).order_by("line"):
        if line.kind in LISTS:
            again = seen.intersection(line.numbers)
            assert again <= (withheld if line.kind is NotificationKind.NO_REFERRAL_STATUS_LIFTED else set())
            assert len(set(line.numbers)) == len(line.numbers)
            letter = await Letter.get(id=line.letter_id)
            assert (letter.contact_id, letter.facts["numbers"]) == (contact.id, line.numbers)
            assert line.numbers
        seen.update(line.numbers)
        if line.referral_number and line.kind is not NotificationKind.PROVIDER_UNREACHABLE:
            seen.add(line.referral_number)
    assert seen == told


@pytest.mark.requirement("REF-17")
@pytest.mark.requirement("REF-18")
@pytest.mark.requirement("NOT-12")
@pytest.mark.requirement("NOT-14")
@pytest.mark.requirement("NOT-22")
def test_after_any_history_each_contact_has_heard_of_what_has_reached_it_and_of_nothing_else(
    database_url: str, desk: Desk
) -> None:
    async def live(spec: list[tuple[frozenset[str], frozenset[str]]], history_of: list[Any]) -> None:
        async with in_transaction():
            history = await _begin(desk, spec)
            for step in history_of:
                await history.take(*step)
            await _check(history)
            raise Forgotten

    with opened(database_url) as runner:
        _in_many_worlds(lambda spec, steps: runner.run(live(spec, steps)))


def _in_many_worlds(live: Callable[[Any, Any], Awaitable[None] | None]) -> None:
    @settings(
        max_examples=int(EXAMPLES or 25),
        derandomize=EXAMPLES is None,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
    )
    @given(
        spec=st.lists(st.tuples(county_sets, county_sets), min_size=4, max_size=4),
        history=st.lists(steps, min_size=25, max_size=40),
    )
    def each(spec: Any, history: Any) -> None:
        with pytest.raises(Forgotten):
            live(spec, history)

    each()
