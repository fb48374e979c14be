"""Random worlds and random histories: grid, view, mailbox, letters, reminders and live events agree with the manual.

The manual, in plain sets, is :mod:`tests.story.reference`. Every history goes through the real use cases on the real
database, inside a transaction that is rolled back. More of them: ``HOMEWARD_EXAMPLES=500``.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import aclosing
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tortoise.transactions import in_transaction

from orm.models import Letter, Notification
from resolvers.callers import Caller, Desk
from resolvers.line_views import line_cursor
from resolvers.mailboxes import follow_mailbox
from resolvers.referral_search import ReferralFilter
from resolvers.referral_shapes import ReferralView
from resolvers.referral_views import list_referrals, view_referral
from resolvers.reminders import plan_reminders
from rules.calendar import local_date
from rules.errors import NotFound
from rules.notices import DeliveryState
from rules.policy import DEFAULTS
from rules.referrals import ReferralStatus, ResponseKind
from tests.story.reference import Line, Provider, Reader
from tests.story.side_by_side import (
    ACTS,
    COUNTIES,
    MOST_REFERRALS,
    ContactSpec,
    ProviderSpec,
    Step,
    Story,
    begin,
    gather_cast,
    line_of,
    mailboxes_of_letters,
    take,
)
from tests.world.clock import Clock
from tests.world.many_worlds import Forgotten, opened

EVERY_STATUS = ReferralFilter(statuses=frozenset(ReferralStatus))
EXAMPLES = os.environ.get("HOMEWARD_EXAMPLES")

mostly = st.sampled_from([True] * 6 + [False])
some_counties = st.frozensets(st.sampled_from(range(len(COUNTIES))), max_size=2)
contacts = st.builds(ContactSpec, counties=some_counties, active=mostly, address=mostly)
worlds = st.lists(
    st.builds(ProviderSpec, contacts=st.tuples(contacts, contacts), residential=mostly, active=mostly),
    min_size=3,
    max_size=3,
).map(tuple)


OFTEN = ("publish", "publish", "respond", "suspend", "lift", "set_counties")
steps = st.builds(
    Step,
    act=st.sampled_from([*ACTS, "create", "deliver", "fail", "wait", "wait", *OFTEN]),
    referral=st.integers(0, MOST_REFERRALS - 1),
    provider=st.integers(0, 2),
    person=st.integers(0, 2),
    contact=st.integers(0, 1),
    counties=some_counties,
    statewide=st.sampled_from([False, False, True]),
    answer=st.sampled_from(ResponseKind),
    days=st.sampled_from([1, 29, 30, 31]),
    eager=mostly,
)
openings = st.builds(
    lambda statewide, counties: [
        Step("create", statewide=statewide, counties=counties or frozenset({0})),
        Step("publish", eager=True),
    ],
    st.booleans(),
    some_counties,
)
histories = st.tuples(openings, st.lists(steps, min_size=10, max_size=25)).map(lambda parts: [*parts[0], *parts[1]])


async def agree(story: Story) -> None:
    """Compare everything that people get with what they should have got."""
    await _lines_agree(story)
    await _letters_agree(story)
    await _live_events_agree(story)
    for reader, who, provider in story.people:
        if provider is not None:
            await _grid_agrees(story, reader, who, provider)
    plan = {subject.id: tuple(subject.facts["referrals"]) for subject in await _hits(story)}
    assert plan == {story.contacts[contact]: numbers for contact, numbers in story.model.reminders_due().items()}


async def _hits(story: Story) -> list[Any]:
    return [subject for subject in await plan_reminders(story.clock(), DEFAULTS) if subject.hit]


async def _lines_agree(story: Story) -> None:
    lines: dict[UUID, list[Line]] = {mailbox: [] for mailbox in story.mailboxes.values()}
    for row in await Notification.all().order_by("mailbox_id", "line"):
        lines[row.mailbox_id].append(line_of(row))
    for reader, mailbox in story.mailboxes.items():
        assert lines[mailbox] == reader.lines


async def _letters_agree(story: Story) -> None:
    boxes = await mailboxes_of_letters()
    queued = await Letter.filter(state=DeliveryState.QUEUED)
    found = sorted((boxes[letter.id], line_of(letter)) for letter in queued)
    assert found == sorted(
        (str(box), line) for one, box in story.mailboxes.items() for line in [*one.queued, *one.late]
    )


async def _live_events_agree(story: Story) -> None:
    """Follow each mailbox from the last cursor: everything new comes, once, with the referral as it may be seen now."""
    for reader, who, provider in story.people:
        seen = story.live.setdefault(reader, [])
        async with aclosing(follow_mailbox(who, line_cursor(len(seen)), wanted={"referral.number"})) as events:
            for _ in reader.lines[len(seen) :]:
                event = await asyncio.wait_for(anext(events), 30)
                number = event.referral_number
                seen.append((event.kind, (number,) if number is not None else tuple(event.referral_numbers)))
                about = next((one for one in story.model.referrals if one.number == number), None)
                assert (event.referral is not None) is (about is not None and story.sees(reader, provider, about))
        assert seen == reader.lines


async def _grid_agrees(story: Story, reader: Reader, who: Caller, provider: Provider | None) -> None:
    page = await list_referrals(who, where=EVERY_STATUS, wanted={"number", "ownResponse", "pendingPlacement"})
    expected = [one for one in story.model.referrals if story.sees(reader, provider, one)]
    assert sorted(view.number for view in page.nodes) == [one.number for one in expected]
    for view in page.nodes:
        _row_agrees(story, view, provider)


def _row_agrees(story: Story, view: ReferralView, provider: Provider | None) -> None:
    referral = next(one for one in story.model.referrals if one.number == view.number)
    assert view.status is referral.status
    assert view.age == (referral.published_on and _age(story, referral.published_on, view))
    if provider is not None:
        assert (view.own_response.kind if view.own_response else None) is referral.answers.get(provider)
    assert (view.pending_placement is not None) is (referral.pending is not None)
    if view.pending_placement is not None:
        may_know = provider is None or provider is referral.pending
        chosen = view.pending_placement.provider
        assert (chosen and chosen.id) == (_key_of(story, referral.pending) if may_know else None)


def _age(story: Story, published_on: date, view: ReferralView) -> int:
    until = local_date(view.closed_at) if view.closed_at else story.model.today
    return (until - published_on) // timedelta(days=1)


def _key_of(story: Story, provider: Provider | None) -> UUID | None:
    return None if provider is None else story.cast.providers[story.model.providers.index(provider)]


async def views_agree(story: Story) -> None:
    """Open every referral as everybody: what exists in the grid can be viewed, and nothing else."""
    for reader, who, provider in story.people:
        await _grid_agrees(story, reader, who, provider)
        for referral in story.model.referrals:
            try:
                view = await view_referral(who, number=referral.number, wanted={"ownResponse", "pendingPlacement"})
            except NotFound:
                assert not story.sees(reader, provider, referral)
            else:
                assert story.sees(reader, provider, referral)
                _row_agrees(story, view, provider)
    assert len((await list_referrals(story.cast.central, where=EVERY_STATUS)).nodes) == len(story.model.referrals)


ALL_IS_WELL = tuple(
    ProviderSpec(
        (
            ContactSpec(frozenset({0}), active=True, address=True),
            ContactSpec(frozenset({1}), active=True, address=True),
        ),
        residential=True,
        active=True,
    )
    for _ in range(3)
)
CREATE = Step("create", counties=frozenset({0}))
PUBLISH, CLOSE, DELETE, REMIND = map(Step, ("publish", "close", "delete", "remind"))
DELIVER, FAIL = Step("deliver"), Step("fail")
SUSPEND, LIFT, EXCLUDE, INCLUDE = map(Step, ("suspend", "lift", "exclude", "include"))
ACCEPT, DECLINE = Step("respond"), Step("respond", answer=ResponseKind.DECLINE)
SET_PENDING, CLEAR_PENDING = Step("set_pending"), Step("clear_pending")
ACTIVATE, DEACTIVATE = Step("activate"), Step("deactivate")
REST, RETURN = Step("deactivate_contact"), Step("activate_contact")
OTHER_RESTS = Step("deactivate_contact", contact=1)
PUBLISH_SECOND = Step("publish", referral=1)


def _wait(days: int) -> Step:
    return Step("wait", days=days)


def _cover(*counties: int, contact: int = 0) -> Step:
    return Step("set_counties", contact=contact, counties=frozenset(counties))


RARE = {
    "whoever was included again hears at the next publish, whatever happens before": [
        *[CREATE, EXCLUDE, PUBLISH, INCLUDE, REST, RETURN, SUSPEND, LIFT, PUBLISH],
    ],
    "what was told before and withheld again is told when the status is lifted": [
        *[CREATE, PUBLISH, DELIVER, SUSPEND, PUBLISH, LIFT, SUSPEND, LIFT],
    ],
    "letters that had not left are withheld; those that had are not told again": [
        *[CREATE, PUBLISH, SUSPEND, LIFT, DELIVER, SUSPEND, LIFT],
    ],
    "a letter that is tried again later is withheld too": [
        *[CREATE, PUBLISH, FAIL, SUSPEND, _wait(1), DELIVER, LIFT, DELIVER],
    ],
    "the age goes on when a referral is published again": [CREATE, PUBLISH, _wait(30), PUBLISH, _wait(31), CLOSE],
    "a list that has not left leaves out what its reader is excluded from meanwhile": [
        *[CREATE, CREATE, REST, PUBLISH, PUBLISH_SECOND, DELIVER, RETURN, FAIL, EXCLUDE, _wait(1), DELIVER],
        *[REST, RETURN, _wait(30), REMIND, Step("exclude", referral=1), DELIVER],
    ],
    "who answered a referral whose counties were changed hears of its end, and keeps it": [
        *[Step("create", counties=frozenset({2})), PUBLISH, Step("update", counties=frozenset({0})), ACCEPT],
        *[SET_PENDING, CLEAR_PENDING, CLOSE],
    ],
    "what was withheld comes in one list, the one published first first": [
        *[CREATE, CREATE, SUSPEND, PUBLISH_SECOND, PUBLISH, LIFT],
    ],
    "a pending placement that was withheld is told when the status is lifted": [
        *[CREATE, PUBLISH, DELIVER, Step("respond", provider=1), SUSPEND, Step("set_pending", provider=1), LIFT],
    ],
    "who is suspended when a referral is closed hears nothing of it": [CREATE, PUBLISH, SUSPEND, CLOSE, LIFT],
    "who is excluded after having received it does not find it among the closed": [CREATE, PUBLISH, EXCLUDE, CLOSE],
    "a letter that has not left does not reach who is excluded now": [CREATE, PUBLISH, EXCLUDE, DELIVER],
    "an inactive contact's counties count for nothing": [
        *[Step("create", person=1, counties=frozenset({1})), OTHER_RESTS, Step("publish", person=1)],
    ],
    "counties that change are told with the next publish, not with the next change of a profile": [
        *[Step("create", counties=frozenset({1})), PUBLISH, Step("update", counties=frozenset({0}))],
        *[_cover(2, contact=1), Step("add_contact", counties=frozenset({0})), PUBLISH],
    ],
    "who joined by a county more hears of the end": [
        *[Step("create", counties=frozenset({1})), PUBLISH, _cover(0, 1), _cover(0), SET_PENDING, CLOSE],
    ],
    "who joined late has received it, and keeps it when it is closed": [
        *[CREATE, REST, OTHER_RESTS, PUBLISH, RETURN, CLOSE],
    ],
    "who never received it does not find it among the closed": [CREATE, EXCLUDE, PUBLISH, INCLUDE, CLOSE],
    "the alert that nobody can be written to leaves out excluded referrals": [
        *[CREATE, CREATE, PUBLISH, PUBLISH_SECOND, EXCLUDE, REST, OTHER_RESTS],
    ],
    "nobody is alerted about a provider that has left": [
        *[CREATE, PUBLISH, DEACTIVATE, REST, OTHER_RESTS, ACTIVATE, RETURN],
    ],
    "reminders come every 30 days, and not to who declined": [
        *[CREATE, PUBLISH, _wait(29), REMIND, _wait(1), REMIND, _wait(29), REMIND, _wait(1), REMIND, REMIND],
        *[DECLINE, _wait(30), REMIND, ACCEPT, REMIND, EXCLUDE, _wait(30), REMIND, INCLUDE, REMIND],
    ],
    "a placement is pending, falls through, and the referral is deleted": [
        *[CREATE, PUBLISH, ACCEPT, ACCEPT, SET_PENDING, EXCLUDE, SET_PENDING, DECLINE, CLEAR_PENDING, DELETE, DELETE],
    ],
}
"""Histories that chance seldom finds."""


class Stage:
    """Where histories are played: one cast, on one database, as it was before each of them."""

    def __init__(self, runner: asyncio.Runner, desk: Desk, clock: Clock) -> None:
        self._runner, self._clock, self._morning = runner, clock, clock.now
        self._cast = runner.run(gather_cast(desk, clock))

    def play(self, specs: tuple[ProviderSpec, ...], history: list[Step]) -> None:
        """Play a history, compare after each step, and forget it."""
        with pytest.raises(Forgotten):
            self._runner.run(self._play(specs, history))

    async def _play(self, specs: tuple[ProviderSpec, ...], history: list[Step]) -> None:
        self._clock.now = self._morning
        async with in_transaction():
            story = await begin(self._cast, specs, self._clock)
            for step in history:
                await take(story, step)
                await agree(story)
            await views_agree(story)
            raise Forgotten


@pytest.mark.requirement("NOT-12")
@pytest.mark.requirement("NOT-13")
@pytest.mark.requirement("NOT-22")
@pytest.mark.requirement("NOT-10")
def test_in_rare_histories_everybody_got_exactly_what_the_manual_says(
    database_url: str, desk: Desk, clock: Clock
) -> None:
    with opened(database_url) as runner:
        stage = Stage(runner, desk, clock)
        for name, history in RARE.items():
            try:
                stage.play(ALL_IS_WELL, history)
            except AssertionError as disagreement:
                disagreement.add_note(name)
                raise


@pytest.mark.requirement("REF-17")
@pytest.mark.requirement("SUB-03")
@pytest.mark.requirement("SUB-04")
@pytest.mark.requirement("NOT-24")
def test_whatever_happens_everybody_got_exactly_what_the_manual_says(
    database_url: str, desk: Desk, clock: Clock
) -> None:
    with opened(database_url) as runner:
        stage = Stage(runner, desk, clock)

        @settings(
            max_examples=int(EXAMPLES or 20),
            derandomize=EXAMPLES is None,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
        )
        @given(specs=worlds, history=histories)
        def each(specs: tuple[ProviderSpec, ...], history: list[Step]) -> None:
            stage.play(specs, history)

        each()
