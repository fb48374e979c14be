"""Whatever people try, in whatever order: no role without both decisions by the right people (ARA-22, ARA-24).

Random people, roles, deputies, vacancies and times drive the real use cases on the real database, inside a transaction
that is rolled back; beside it runs the model of :mod:`tests.resolvers.access_model`. More: ``HOMEWARD_EXAMPLES=300``.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter as Tally
from collections import defaultdict
from collections.abc import Awaitable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from tortoise.transactions import in_transaction

from orm.database import close_database, open_database
from orm.models import (
    AccessDecision,
    AccessRequest,
    AccessRequestStep,
    Incident,
    LsoDesignation,
    RoleGrant,
    Signature,
    User,
)
from resolvers.access_request_views import Inbox, list_access_requests
from resolvers.access_requests import submit_access_request, withdraw_access_request
from resolvers.callers import Caller, Desk
from resolvers.desk import THE_HOUSE, USE_CASES, Work, operation
from resolvers.officers import Organization
from resolvers.role_catalogue import set_incompatible_roles, withdraw_role
from resolvers.vacancies import end_designation, release
from rules.accounts import AccountState
from rules.approvals import Stage
from rules.calendar import local_date
from rules.errors import Refusal
from rules.roles import Role
from rules.segregation import PairVerdict
from tests.resolvers.access_model import Asked, Model
from tests.world.clock import Clock
from tests.world.office import NEXT_WEEK, Office, deputized, designated
from tests.world.requests import REGIONAL_OFFICE_USER, TERMS, decide, draft, provision, untouched
from tests.world.world import World

EXAMPLES = os.environ.get("HOMEWARD_EXAMPLES")
ROLES = ("BILLING", "DATA_ENTRY", REGIONAL_OFFICE_USER, "REVIEWER")
NOT_FOR_PROVIDERS = "CENTRAL_STAFF"
_READDRESSED = {"access_request", "access_request_step", "notification", "outbox"}
_INCIDENT = {"incident", "user_account", "session", *_READDRESSED}
MAY_CHANGE = {"NOT_ADDRESSED_TO_YOU": _INCIDENT, "SELF_APPROVAL": _INCIDENT, "READDRESSED": _READDRESSED}
"""What a refusal may change; any other changes nothing. What waited for who is suspended goes to somebody else."""

T = TypeVar("T")

people = st.integers(0, 10)
answers = st.sampled_from([True, True, True, False])
seldom = st.sampled_from([False, False, False, False, True])
chosen_roles = st.frozensets(st.sampled_from(ROLES), min_size=1, max_size=2)
which = st.integers(0, 30)
two_roles = st.frozensets(st.sampled_from(ROLES), min_size=2, max_size=2)
EVENTS = (
    *("the LSO goes", "an LSO comes", "an LSO comes", "a deputy", "a director", "a director"),
    *("reinstated", "reinstated", "days pass", "days pass", "days pass", "taken back"),
)


@operation("test.machine_end_lso", by=THE_HOUSE, cites="000:105-106")
async def _end_lso(work: Work, key: Any) -> None:
    """End a designation."""
    designation = await LsoDesignation.filter(id=key).select_for_update(no_key=True).get()
    await end_designation(work, designation, "TEST")


@operation("test.machine_release", by=THE_HOUSE, cites="000:106")
async def _release(work: Work, office: Office) -> None:
    """Let go on what was held."""
    await release(work, office.organization)


USE_CASES.pop(_end_lso.act)  # these are no use cases of the house
USE_CASES.pop(_release.act)


@dataclass
class Cast:
    """Everybody, by their place; gathered once, as everything was before each example."""

    runner: asyncio.Runner
    world: World
    office: Office
    people: list[Caller]
    lso: int
    deputy: int
    director: int
    csos: frozenset[int]
    provisioning: frozenset[int]
    provider: frozenset[int]

    def model(self) -> Model:
        """Begin a model."""
        today = local_date(self.world.clock())
        return Model(
            csos=self.csos,
            provisioning=self.provisioning,
            provider=self.provider,
            providers_roles=frozenset(ROLES),
            lso=self.lso,
            directors={self.director},
            today=today,
            pairs={frozenset({"DATA_ENTRY", "REVIEWER"}): "ALLOWED_WITH_REASON"},
            deputies=[(self.deputy, *NEXT_WEEK)],
        )


async def _gather(runner: asyncio.Runner, desk: Desk, clock: Clock) -> Cast:
    world = World(desk, clock)
    office = await Office.of(world)
    staff = [office.employee, office.supervisor, office.lso, office.deputy, office.director, await office.hire()]
    both = await world.user(Role.CSO, Role.ITSD_PROVISIONING)
    others = [both, office.provisioning, await world.user(Role.ITSD_PROVISIONING)]
    stranger = await world.provider()
    lso = await world.user(Role.LSO, provider_id=stranger.id)
    await designated(world, Organization(provider_id=stranger.id), lso)
    # The house asks officers in the order of their user IDs, and the model in the order of their places.
    people = sorted([*staff, office.cso, *others, lso], key=lambda who: who.actor.label)
    at = {who.actor.label: place for place, who in enumerate(people)}

    def places(*some: Caller) -> frozenset[int]:
        return frozenset(at[who.actor.label] for who in some)

    return Cast(
        runner,
        world,
        office,
        people,
        lso=at[office.lso.actor.label],
        deputy=at[office.deputy.actor.label],
        director=at[office.director.actor.label],
        csos=places(office.cso, both),
        provisioning=places(*others),
        provider=places(*staff),
    )


class Chain(RuleBasedStateMachine):
    """The chain, driven and compared."""

    cast: ClassVar[Cast]
    seen: ClassVar[Tally[str]]

    def begin(self) -> None:
        """Begin in a transaction that is never committed."""
        self.world, self.office, self.people = self.cast.world, self.cast.office, self.cast.people
        self.world.clock.now = Clock().now
        self.keys = {who.actor.person(): place for place, who in enumerate(self.people)}
        self.designation: LsoDesignation | None = self.office.designation
        self.transaction = in_transaction()
        self.run(self.transaction.__aenter__())
        self.model = self.cast.model()

    def teardown(self) -> None:
        """Forget everything."""
        if hasattr(self, "transaction"):
            self.seen.update(one.state for one in self.model.requests.values())
            self.run(self.transaction.__aexit__(RuntimeError, RuntimeError("forget"), None))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do it on the one loop."""
        return self.cast.runner.run(work)

    async def _attempt(self, work: Awaitable[Any]) -> str:
        """Try; give the code of the refusal, and hold that it changed nothing but what it may."""
        before = await untouched()
        code = ""
        try:
            await work
        except Refusal as refusal:
            code = refusal.code
        self.seen[code] += 1
        if code:
            after = await untouched()
            assert {table for table in after if after[table] != before[table]} <= MAY_CHANGE.get(code, set()), code
        return code

    async def _who(self, index: int) -> Caller:
        return await self.world.call_as(self.people[index].actor.person())

    def _pick(self, at: int, state: str) -> tuple[int, Asked]:
        """Pick a request, mostly one that is in a state."""
        fit = [number for number, one in sorted(self.model.requests.items()) if one.state == state]
        numbers = fit if fit and at % 4 else sorted(self.model.requests)
        number = numbers[at % len(numbers)]
        return number, self.model.requests[number]

    @initialize(first=st.lists(st.tuples(which, chosen_roles), min_size=3, max_size=5))
    def ask_first(self, first: list[tuple[int, frozenset[str]]]) -> None:
        """Have some requests to begin with."""
        self.begin()
        for at, roles in first:
            self.ask(at, roles, reasoned=True, wrong=False)

    @rule(at=which, roles=chosen_roles, reasoned=answers, wrong=seldom)
    def ask(self, at: int, roles: frozenset[str], reasoned: bool, wrong: bool) -> None:
        """Ask for roles."""
        staff = sorted(self.model.provider - self.model.suspended)
        if not staff:
            return
        who = staff[at % len(staff)]
        roles = roles | {NOT_FOR_PROVIDERS} if wrong else roles

        async def attempt() -> tuple[int, str]:
            caller = await self._who(who)
            number = await draft(caller, *sorted(roles), reason="Because." if reasoned else "")
            return number, await self._attempt(submit_access_request(caller, number, f"key {number}", TERMS))

        number, code = self.run(attempt())
        assert code == self.model.submit(number, Asked(who, roles, reasoned, "DRAFT"))

    @rule(who=people, at=which, right=answers, approve=answers, reasoned=answers, wrong=seldom)
    def answer_as_lso(self, who: int, at: int, right: bool, approve: bool, reasoned: bool, wrong: bool) -> None:
        """Answer at the first stage, mostly as somebody who may."""
        if not self.model.requests:
            return
        number, one = self._pick(at, "WITH_LSO")
        if right and one.addressee is not None:
            who = one.addressee if at % 2 else next(iter(self.model.standing_in()), one.addressee)
        self._decide(Stage.LSO, who, number, one, approve=approve, reasoned=reasoned, wrong=wrong)

    @rule(who=people, at=which, right=answers, approve=answers, reasoned=answers, wrong=seldom)
    def provision(self, who: int, at: int, right: bool, approve: bool, reasoned: bool, wrong: bool) -> None:
        """Answer at the final stage, mostly as somebody who may."""
        if not self.model.requests:
            return
        number, one = self._pick(at, "AWAITING_PROVISIONING")
        if right:
            who = sorted(self.model.provisioning)[at % len(self.model.provisioning)]
        self._decide(Stage.PROVISIONING, who, number, one, approve=approve, reasoned=reasoned, wrong=wrong)

    def _decide(
        self, stage: Stage, who: int, number: int, one: Asked, *, approve: bool, reasoned: bool, wrong: bool
    ) -> None:
        async def attempt() -> str:
            sign = decide if stage is Stage.LSO else provision
            reason, shown = "Because." if reasoned else "", "0" * 64 if wrong else ""
            return await self._attempt(sign(await self._who(who), number, approve=approve, reason=reason, shown=shown))

        predict = self.model.decide if stage is Stage.LSO else self.model.provision
        assert self.run(attempt()) == predict(who, one, approve=approve, reasoned=reasoned, as_shown=not wrong)

    @rule(at=which)
    def go_on(self, at: int) -> None:
        """Let whoever has a request approve it."""
        if not self.model.requests:
            return
        number, one = self._pick(at, "AWAITING_PROVISIONING" if at % 2 else "WITH_LSO")
        if one.state == "WITH_LSO" and one.addressee is not None:
            self._decide(Stage.LSO, one.addressee, number, one, approve=True, reasoned=True, wrong=False)
        elif one.state == "AWAITING_PROVISIONING":
            fit = sorted(self.model.provisioning - {one.first, one.requester})
            self._decide(Stage.PROVISIONING, fit[at % len(fit)], number, one, approve=True, reasoned=False, wrong=False)

    @rule(event=st.sampled_from(EVENTS), at=which)
    def happen(self, event: str, at: int) -> None:
        """Let something happen around the requests."""
        who = sorted(self.model.provider)[at % len(self.model.provider)]
        if event == "days pass":
            self.world.clock.forward(days=1 + at % 5)
            self.model.today = local_date(self.world.clock())
        elif event == "taken back" and self.model.requests:
            number, one = self._pick(at, "WITH_LSO")
            self._take_back(one.requester if at % 3 else who, number, one)
        elif event == "the LSO goes" and self.designation is not None:
            self.run(_end_lso(self.world.house, self.designation.id))
            self.designation = None
            self.model.end_lso()
        elif event == "an LSO comes" and self.designation is None and who not in self.model.suspended:
            self.designation = self.run(self._named(who))
            self.model.name_lso(who)
        elif event == "a deputy" and self.designation is not None and who != self.model.lso:
            begins = self.model.today + timedelta(days=at % 3)
            ends = begins + timedelta(days=at % 4)
            self.run(deputized(self.world, self.designation, self.people[who], begins, ends))
            self.model.deputies.append((who, begins, ends))
        elif event == "a director":
            self.run(self._changed_director(who))
            self.model.directors ^= {who}
        elif event == "reinstated" and self.model.suspended:
            who = sorted(self.model.suspended)[at % len(self.model.suspended)]
            self.run(self._reinstated(who))
            self.model.reinstate(who)

    @rule(pair=two_roles, verdict=st.none() | st.sampled_from(PairVerdict), catalogue=st.booleans(), sure=seldom)
    def change_the_rules(self, pair: frozenset[str], verdict: PairVerdict | None, catalogue: bool, sure: bool) -> None:
        """Withdraw a role or take it in again; or say that two do not go together, or do."""
        if not (sure or self.model.withdrawn):
            return
        if catalogue:
            role = min(self.model.withdrawn | pair)
            on = None if role in self.model.withdrawn else self.model.today
            self.run(withdraw_role(self.office.cso, role, on))
            self.model.withdrawn ^= {role}
            return
        first, second = sorted(pair)
        self.run(set_incompatible_roles(self.office.cso, first, second, verdict, "Because."))
        self.model.pairs.pop(pair, None)
        if verdict is not None:
            self.model.pairs[pair] = str(verdict)

    def _take_back(self, who: int, number: int, one: Asked) -> None:
        async def attempt() -> str:
            return await self._attempt(withdraw_access_request(await self._who(who), number))

        assert self.run(attempt()) == self.model.withdraw(who, one)

    async def _named(self, who: int) -> LsoDesignation:
        made = await designated(self.world, self.office.organization, await self._who(who))
        await _release(self.world.house, self.office)
        return made

    async def _reinstated(self, who: int) -> None:
        await User.filter(id=self.people[who].actor.person()).update(state=AccountState.ACTIVE)
        if who == self.model.lso:
            await _release(self.world.house, self.office)

    async def _changed_director(self, who: int) -> None:
        key = self.people[who].actor.person()
        if who in self.model.directors:
            held = RoleGrant.filter(user_id=key, role=Role.EXECUTIVE_DIRECTOR, ended_at=None)
            await held.update(ended_at=self.world.clock())
        else:
            await RoleGrant.create(user_id=key, role=Role.EXECUTIVE_DIRECTOR, granted_at=self.world.clock())

    @invariant()
    def all_is_as_the_documents_say(self) -> None:
        """Compare the database with the model, and hold what must never be."""
        if hasattr(self, "model"):
            self.run(self._compare())

    async def _compare(self) -> None:
        requests = {one.number: one for one in await AccessRequest.exclude(submitted_at=None)}
        assert set(requests) == set(self.model.requests)
        steps: dict[Any, list[AccessRequestStep]] = defaultdict(list)
        for step in await AccessRequestStep.all().order_by("line"):
            steps[step.request_id].append(step)
        for number, one in self.model.requests.items():
            row = requests[number]
            assert row.state == one.state, number
            assert (self.keys.get(row.addressee_id) if row.addressee_id else None) == one.addressee
            assert [step.line for step in steps[row.id]] == list(range(1, len(steps[row.id]) + 1))
            assert steps[row.id][-1].state is row.state
        suspended = await User.filter(state=AccountState.SUSPENDED)
        assert {self.keys[user.id] for user in suspended} == self.model.suspended
        assert await Incident.all().count() == self.model.incidents
        await self._grants_are_right({row.id: row for row in requests.values()})

    async def _grants_are_right(self, requests: dict[Any, AccessRequest]) -> None:
        grants = await RoleGrant.exclude(request_id=None)
        live = [(grant.user_id, grant.role) for grant in await RoleGrant.filter(ended_at=None)]
        assert len(live) == len(set(live)), "a role is held twice"
        decisions: dict[Any, list[AccessDecision]] = defaultdict(list)
        for one in await AccessDecision.all():
            decisions[one.request_id].append(one)
        signatures = {signature.id: signature for signature in await Signature.all()}
        held: dict[int, set[str]] = defaultdict(set)
        for grant in grants:
            held[self.keys[grant.user_id]].add(grant.role)
            request, signed = requests[grant.request_id], decisions[grant.request_id]
            assert (request.state, request.requester_id) == ("GRANTED", grant.user_id)
            assert {(one.stage, one.approved) for one in signed} == {(stage, True) for stage in Stage}
            assert len({request.requester_id, *(one.decider_id for one in signed)}) == 3, "three people"
            for one in signed:
                signature = signatures[one.signature_id]
                assert (signature.signer_id, signature.content_hash) == (one.decider_id, request.content_hash)
        assert held == {who: roles for who, roles in self.model.held.items() if roles}

    @invariant()
    def the_inbox_holds_what_one_may_decide(self) -> None:
        """Everybody's inbox is what they could decide on right now."""
        if not hasattr(self, "model"):
            return

        async def compare() -> None:
            for who in self.model.provider | self.model.csos:
                page = await list_access_requests(await self._who(who), Inbox.TO_DECIDE)
                mine = [
                    number
                    for number, one in sorted(self.model.requests.items())
                    if one.state == "WITH_LSO"
                    and who != one.requester
                    and (who == one.addressee or (one.capacity == "LSO" and self._deputised(who)))
                ]
                assert [view.number for view in page.nodes] == mine

        if len(self.model.requests) % 3 == 1:
            self.run(compare())

    def _deputised(self, who: int) -> bool:
        return any(one == who and begins <= self.model.today <= ends for one, begins, ends in self.model.deputies)


async def _open(url: str) -> None:
    await (open_database(url, synchronous="OFF") if url.startswith("sqlite") else open_database(url))


@pytest.mark.requirement("ARA-01")
@pytest.mark.requirement("ARA-22")
@pytest.mark.requirement("ARA-24")
@pytest.mark.requirement("LSO-09")
def test_whatever_people_try_no_role_is_held_without_both_decisions_by_the_right_people(
    database_url: str, desk: Desk, clock: Clock
) -> None:
    with asyncio.Runner() as runner:
        runner.run(_open(database_url))
        try:
            Chain.cast, Chain.seen = runner.run(_gather(runner, desk, clock)), Tally()
            run_state_machine_as_test(
                Chain,
                settings=settings(
                    max_examples=int(EXAMPLES or 15),
                    stateful_step_count=30,
                    derandomize=EXAMPLES is None,
                    deadline=None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                    phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
                ),
            )
        finally:
            runner.run(close_database())
    # The machine went where it matters.
    assert {"GRANTED", "DENIED", "NOT_ADDRESSED_TO_YOU", "REQUEST_CHANGED", "ALREADY_DECIDED"} <= set(Chain.seen)
