"""Play the searches for a home, each step through its use case, as coordinators and providers would do it."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from uuid import UUID

from homeward.demo import cast
from homeward.demo.answers import DELETE_REASONS, EXCLUSION_REASONS, answer_of, any_answer, second_thought
from homeward.demo.places import AREAS
from homeward.demo.scripts import CHOOSING, Script
from homeward.demo.size import Fate
from homeward.demo.stage import Home, Stage
from orm.models import ProviderKind, ReferralReach
from resolvers.callers import Caller
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.referral_entry import NewReferral, ReferralChange, create_referral, update_referral
from resolvers.referral_views import view_referral
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.responses import Answer, respond_to_referral
from rules.errors import Refusal
from rules.referrals import ACCEPTANCES, CloseOutcome, ReferralStatus, ResponseKind

_OUTCOMES = {
    Fate.PLACED: CloseOutcome.PLACED,
    Fate.PLACED_ELSEWHERE: CloseOutcome.PLACED_ELSEWHERE,
    Fate.WITHDRAWN: CloseOutcome.WITHDRAWN,
    Fate.OTHER: CloseOutcome.OTHER,
}


@dataclass
class Search:
    """One search with its state at the moment of the story."""

    script: Script
    number: int = 0
    status: ReferralStatus = ReferralStatus.DRAFT
    counties: frozenset[str] = frozenset()
    reached: dict[UUID, Home] = field(default_factory=dict)
    answers: dict[UUID, ResponseKind] = field(default_factory=dict)
    excluded: set[UUID] = field(default_factory=set)
    pending: UUID | None = None
    tried: set[UUID] = field(default_factory=set)

    @property
    def is_open(self) -> bool:
        """Say whether it looks for a home."""
        return self.status is ReferralStatus.OPEN


class Searches:
    """All searches of the story."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.all: list[Search] = []
        self._turns = count()

    def begin(self, script: Script) -> None:
        """Enter on the agenda what the script says."""
        stage, search = self.stage, Search(script)
        self.all.append(search)
        stage.agenda.at(stage.moment(script.created, 8, 8), self._create, search)
        if script.excluded_at_first:
            stage.agenda.at(stage.moment(script.published or 0, 9, 9), self._exclude_before, search)
        if script.published is not None:
            when = stage.moment(script.published, 10, 11, any_day=script.fate in {Fate.YOUNG, Fate.OVERDUE})
            stage.agenda.at(when, self.publish, search)
        if script.excluded is not None:
            stage.agenda.at(stage.moment(script.excluded, 16, 16), self._exclude_later, search)
        if script.included is not None:
            stage.agenda.at(stage.moment(script.included, 8, 8), self._include, search)
        if script.widened is not None:
            stage.agenda.at(stage.moment(script.widened, 9, 9), self._widen, search)
        for day in script.republished:
            stage.agenda.at(stage.moment(day, 10, 11), self.publish, search)
        if script.chosen is not None:
            stage.agenda.at(stage.moment(script.chosen, 16, 16), self.choose, search)
        if script.falls_through is not None:
            stage.agenda.at(stage.moment(script.falls_through, 9, 11), self._take_back, search)
            stage.agenda.at(stage.moment(script.falls_through - 1, 14, 15), self.choose, search)
        if script.ended is not None:
            stage.agenda.at(stage.moment(script.ended, 16, 16), self._end, search)

    def _editor(self, search: Search) -> Caller:
        """Let the primary coordinator act, or now and then somebody of the central office."""
        primary = search.script.primary or search.script.author
        return self.stage.call(cast.CENTRAL_STAFF if self.stage.rng.random() < 0.1 else primary)

    async def _create(self, search: Search) -> None:
        script, stage = search.script, self.stage
        search.counties = frozenset(script.counties)
        search.number = await create_referral(
            stage.call(script.author),
            NewReferral(
                facility_code=script.facility,
                statewide=not script.counties,
                consumer=script.consumer,
                preferred_counties=frozenset(stage.fips[county] for county in script.counties),
                primary_coordinator_id=stage.people[script.primary].key if script.primary else None,
            ),
        )
        if script.primary is None:
            await _refused(publish_referral(stage.call(script.author), search.number))

    async def publish(self, search: Search) -> None:
        """Publish, or publish again while the search is open; the homes that it reaches will think about it."""
        if search.status not in {ReferralStatus.DRAFT, ReferralStatus.OPEN}:
            return
        await publish_referral(self._editor(search), search.number)
        search.status = ReferralStatus.OPEN
        rows = await ReferralReach.filter(referral__number=search.number).values_list("provider_id", flat=True)
        homes = [home for key, home in self.stage.homes.items() if key in set(rows) and key not in search.reached]
        search.reached |= {home.key: home for home in homes}
        for home in homes:
            if self.stage.rng.random() < 0.42:
                self._let_think(search, home, any_answer(self.stage.rng), 1, 14)
        if search.script.fate in CHOOSING and homes and not search.pending:
            self._let_think(search, self.stage.rng.choice(homes), answer_of(self.stage.rng, ResponseKind.ACCEPT), 2, 5)

    def _let_think(self, search: Search, home: Home, answer: Answer, first_day: int, last_day: int) -> None:
        self.stage.agenda.at(self.stage.later(first_day, last_day), self.answer, search, home, answer)

    async def answer(self, search: Search, home: Home, answer: Answer) -> None:
        """Answer for a home, unless it may not any more; some homes think again later."""
        if not self.may_answer(search, home):
            return
        stage = self.stage
        staff = stage.rng.choice(home.staff)
        if stage.rng.random() < 0.5:
            await view_referral(stage.call(staff), number=search.number)
        await respond_to_referral(stage.call(staff), search.number, answer)
        is_first = home.key not in search.answers
        search.answers[home.key] = answer.kind
        if is_first and next(self._turns) % 4 == 1:
            self._let_think(search, home, second_thought(stage.rng, answer.kind), 2, 20)

    def may_answer(self, search: Search, home: Home) -> bool:
        """Say whether the home still sees the open search, and is not the one that was chosen."""
        if not search.is_open or home.key in search.excluded or home.key == search.pending:
            return False
        return home.can_answer(self.stage.story_day)

    async def choose(self, search: Search) -> None:
        """Choose a home that accepted; if none has yet, one is asked on the telephone and accepts."""
        if not search.is_open or search.pending is not None:
            return
        able = [home for home in search.reached.values() if self.may_answer(search, home)]
        willing = [home for home in able if search.answers.get(home.key) in ACCEPTANCES]
        home = next(iter([home for home in willing if home.key not in search.tried] or willing or able), None)
        if home is None:
            return
        if home not in willing:
            await self.answer(search, home, answer_of(self.stage.rng, ResponseKind.ACCEPT))
        await set_pending_placement(self._editor(search), search.number, home.key)
        search.pending = home.key
        search.tried.add(home.key)

    async def _take_back(self, search: Search) -> None:
        if search.is_open and search.pending is not None:
            await clear_pending_placement(self._editor(search), search.number)
            search.pending = None

    async def _end(self, search: Search) -> None:
        script, editor = search.script, self._editor(search)
        if script.fate in {Fate.DELETED, Fate.DELETED_DRAFT}:
            await delete_referral(editor, search.number, self.stage.rng.choice(DELETE_REASONS))
            search.status = ReferralStatus.DELETED
            return
        outcome = _OUTCOMES[script.fate]
        if outcome is CloseOutcome.PLACED:
            await self.choose(search)
        placed_with = search.pending if outcome is CloseOutcome.PLACED else None
        if outcome is CloseOutcome.PLACED and placed_with is None:
            outcome = CloseOutcome.PLACED_ELSEWHERE
        await close_referral(editor, search.number, outcome, placed_with)
        search.status = ReferralStatus.CLOSED
        late = next((home for home in search.reached.values() if home.staff and home.key not in search.answers), None)
        if late is not None and self.stage.rng.random() < 0.3:
            self.stage.agenda.at(self.stage.later(1, 3), self._answer_too_late, search, late)

    async def _answer_too_late(self, search: Search, home: Home) -> None:
        call = self.stage.call(home.staff[0])
        await _refused(respond_to_referral(call, search.number, any_answer(self.stage.rng)))

    async def _exclude_before(self, search: Search) -> None:
        homes = [
            home
            for home in self.stage.homes.values()
            if home.plan.kind is ProviderKind.RESIDENTIAL
            and (not search.counties or home.plan.counties & search.counties)
        ]
        if homes:
            await self._exclude(search, self.stage.rng.choice(homes))

    async def _exclude_later(self, search: Search) -> None:
        homes = [home for key, home in search.reached.items() if key != search.pending and key not in search.excluded]
        if search.is_open and homes:
            await self._exclude(search, self.stage.rng.choice(homes))

    async def _exclude(self, search: Search, home: Home) -> None:
        reason = self.stage.rng.choice(EXCLUSION_REASONS)
        await exclude_provider(self._editor(search), search.number, home.key, reason)
        search.excluded.add(home.key)

    async def _include(self, search: Search) -> None:
        if not search.is_open:
            return
        for key in sorted(search.excluded, key=str):
            await include_provider(self._editor(search), search.number, key)
        search.excluded.clear()

    async def _widen(self, search: Search) -> None:
        """Add a county in which the family would live too."""
        if not search.is_open or not search.counties:
            return
        area = next(area for area in AREAS if search.counties & set(area.counties))
        others = [county for county in area.counties if county not in search.counties]
        if others:
            search.counties |= {self.stage.rng.choice(others)}
            codes = frozenset(self.stage.fips[county] for county in search.counties)
            change = ReferralChange(preferred_counties=codes)
            await update_referral(self._editor(search), search.number, change)

    def plan_finale(self, first: Script) -> None:
        """Fill the last hour: one search is published, homes answer others."""
        stage, search = self.stage, Search(first)
        self.all.append(search)
        stage.agenda.at(stage.moment(first.created, 14, 14), self._create, search)
        stage.agenda.at(stage.now - timedelta(minutes=42), self.publish, search)
        for minutes in (40, 37, 34, 31, 28, 25, 22, 19, 16, 13, 10, 7, 4, 2):
            stage.agenda.at(stage.now - timedelta(minutes=minutes), self._answer_one)

    async def _answer_one(self) -> None:
        """Let a home answer that has not; the two that the README knows keep something to answer."""
        waiting = [
            (search, home)
            for search in reversed(self.all)
            for home in search.reached.values()
            if home.key not in search.answers and home.plan.name not in {cast.MARIGOLD, cast.LANTERN}
            if self.may_answer(search, home)
        ]
        if waiting:
            search, home = self.stage.rng.choice(waiting)
            await self.answer(search, home, any_answer(self.stage.rng))


async def _refused(attempt: Awaitable[object]) -> None:
    """Let somebody try what cannot be done: the trail keeps it."""
    with suppress(Refusal):
        await attempt
