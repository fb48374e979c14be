"""The SQL that narrows and the rule that decides are equal, on random worlds (REF-17, REF-20, SRC-01, SRC-07)."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from strawberry.utils.str_converters import to_camel_case
from tortoise.models import Model
from tortoise.transactions import in_transaction

from orm.models import (
    Consumer,
    Contact,
    ContactCounty,
    Contract,
    CoordinatorCounty,
    Facility,
    Mailbox,
    NoReferralStatus,
    PendingPlacement,
    Provider,
    ProviderKind,
    Referral,
    ReferralCounty,
    ReferralExclusion,
    ReferralReach,
    Response,
    RoleGrant,
    User,
)
from resolvers.callers import Caller, Desk
from resolvers.desk import Reading, Work
from resolvers.line_sights import ALIKE, Seen, Sought, load_for_lines, look_for_all, onlooker_of
from resolvers.referral_search import ReferralFilter, ReferralOrder
from resolvers.referral_shapes import ReferralView
from resolvers.referral_views import list_referrals, view_referral
from resolvers.scope import READERS, providers_who_see, referral_to_answer, referral_to_change
from resolvers.sessions import actor_of
from rules.audience import ContactFacts, CoordinatorKind, ProviderFacts, ReferralFacts, audience
from rules.calendar import local_date
from rules.errors import NotFound
from rules.policy import DEFAULTS
from rules.referrals import CloseOutcome, Gender, Provision, ReferralStatus, ResponseKind
from rules.roles import COORDINATORS, Role
from tests.world.clock import Clock
from tests.world.many_worlds import Forgotten, opened

COUNTIES = ["29001", "29019", "29095", "29510"]
NOW = Clock().now
TODAY = local_date(NOW)
EVERY_STATUS = ReferralFilter(statuses=frozenset(ReferralStatus))
EXAMPLES = os.environ.get("HOMEWARD_EXAMPLES")

T = TypeVar("T")


# What a world is made of. Indices point into the world's own lists; identities are given when it is stored.


@dataclass(frozen=True)
class ContactSpec:
    active: bool
    counties: frozenset[str]


@dataclass(frozen=True)
class ProviderSpec:
    kind: ProviderKind
    active: bool
    contracts: tuple[tuple[int, int | None], ...]
    suspended: bool
    suspended_before: bool
    contacts: tuple[ContactSpec, ...]


@dataclass(frozen=True)
class PersonSpec:
    roles: frozenset[Role]
    former_roles: frozenset[Role]
    counties: frozenset[tuple[str, CoordinatorKind]]
    provider: int | None


@dataclass(frozen=True)
class ReferralSpec:
    status: ReferralStatus
    statewide: bool
    counties: frozenset[str]
    primary: int
    creator: int
    excluded: frozenset[int]
    included_again: frozenset[int]
    reached: frozenset[int]
    answered: dict[int, ResponseKind]
    pending: int | None
    published_ago: timedelta
    last_name: str
    birth_year: int
    gender: Gender
    facility: str


@dataclass(frozen=True)
class WorldSpec:
    providers: tuple[ProviderSpec, ...]
    people: tuple[PersonSpec, ...]
    referrals: tuple[ReferralSpec, ...]


some_counties = st.frozensets(st.sampled_from(COUNTIES), max_size=3)
mostly = st.sampled_from([True, True, True, False])
seldom = st.sampled_from([False, False, False, True])
people = st.integers(0, 7)
providers = st.integers(0, 3)
some_providers = st.frozensets(providers, max_size=2)

periods = st.tuples(st.sampled_from([-400, -30, -1, 0, 1]), st.sampled_from([None, None, -1, 0, 1, 30])).filter(
    lambda period: period[1] is None or period[0] <= period[1]
)

provider_specs = st.builds(
    ProviderSpec,
    kind=st.sampled_from([ProviderKind.RESIDENTIAL] * 6 + [ProviderKind.OTHER]),
    active=st.sampled_from([True] * 6 + [False]),
    contracts=st.lists(periods, max_size=2).map(tuple) | st.just(((-400, None),)) | st.just(((-9, 0), (1, None))),
    suspended=seldom,
    suspended_before=st.booleans(),
    contacts=st.lists(st.builds(ContactSpec, active=mostly, counties=some_counties), max_size=3).map(tuple)
    | st.builds(ContactSpec, active=st.just(True), counties=some_counties).map(lambda contact: (contact,)),
)

person_specs = st.builds(
    PersonSpec,
    roles=st.sampled_from(
        [
            frozenset({Role.PLACEMENT_COORDINATOR}),
            frozenset({Role.TRANSITION_COORDINATOR}),
            COORDINATORS,
            frozenset({Role.CONSUMER_REFERRAL_DB}),
            frozenset({Role.CONSUMER_REFERRAL_DB}),
            frozenset({Role.CONSUMER_REFERRAL_DB, Role.TRANSITION_COORDINATOR}),
            frozenset({Role.CENTRAL_STAFF}),
            frozenset({Role.ADMINISTRATOR}),
        ]
    ),
    former_roles=st.frozensets(st.sampled_from(sorted(COORDINATORS | {Role.CENTRAL_STAFF})), max_size=1),
    counties=st.frozensets(st.tuples(st.sampled_from(COUNTIES), st.sampled_from(CoordinatorKind)), max_size=3),
    provider=providers | st.none(),
)

referral_specs = st.builds(
    ReferralSpec,
    status=st.sampled_from([ReferralStatus.OPEN] * 4 + [*ReferralStatus]),
    statewide=seldom,
    counties=some_counties,
    primary=people,
    creator=people,
    excluded=some_providers,
    included_again=some_providers,
    reached=some_providers,
    answered=st.dictionaries(providers, st.sampled_from([ResponseKind.ACCEPT, ResponseKind.TENTATIVE]), max_size=2),
    pending=providers | st.none(),
    published_ago=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=70))
    | st.sampled_from([timedelta(0), timedelta(days=1), timedelta(days=60), timedelta(days=61)]),
    last_name=st.sampled_from(["Abel", "Bohm", "abel", "Cray"]),
    birth_year=st.integers(1950, 2000),
    gender=st.sampled_from(Gender),
    facility=st.sampled_from(["101", "205"]),
)

staff_of_each_provider = [
    PersonSpec(frozenset({Role.CONSUMER_REFERRAL_DB}), frozenset(), frozenset(), provider) for provider in range(4)
]

worlds = st.builds(
    WorldSpec,
    providers=st.lists(provider_specs, min_size=4, max_size=4).map(tuple),
    people=st.lists(person_specs, min_size=4, max_size=4).map(lambda others: (*staff_of_each_provider, *others)),
    referrals=st.lists(referral_specs, min_size=1, max_size=7).map(tuple),
)


# The model: who sees what, in as few words as the documents need.


def sees(world: WorldSpec, person: int, referral: ReferralSpec) -> bool:
    who = world.people[person]
    if who.roles & {Role.CENTRAL_STAFF, Role.ADMINISTRATOR}:
        return True
    as_coordinator = bool(who.roles & COORDINATORS) and coordinator_sees(who, person, referral)
    as_provider = Role.CONSUMER_REFERRAL_DB in who.roles and who.provider is not None
    return as_coordinator or (as_provider and provider_sees(world, who.provider or 0, referral))


def coordinator_sees(who: PersonSpec, person: int, referral: ReferralSpec) -> bool:
    if referral.status is ReferralStatus.DELETED:
        return False
    own = {county for county, kind in who.counties if f"{kind}_COORDINATOR" in who.roles}
    return referral.statewide or person in {referral.primary, referral.creator} or bool(own & counties_of(referral))


def provider_sees(world: WorldSpec, index: int, referral: ReferralSpec) -> bool:
    provider = world.providers[index]
    if index in referral.excluded:
        return False
    if referral.status is ReferralStatus.CLOSED:
        return index in referral.reached
    served = [contact.counties for contact in provider.contacts if contact.active]
    return (
        referral.status is ReferralStatus.OPEN
        and provider.kind is ProviderKind.RESIDENTIAL
        and provider.active
        and any(begins <= 0 and (ends is None or ends >= 0) for begins, ends in provider.contracts)
        and not provider.suspended
        and bool(served)
        and (referral.statewide or any(counties & counties_of(referral) for counties in served))
    )


def counties_of(referral: ReferralSpec) -> frozenset[str]:
    return frozenset() if referral.statewide else referral.counties


SORT_KEYS: dict[str, Callable[[Stored, int, int | None], Any]] = {
    # The oldest referral has the largest age, so the earliest instant is the largest key.
    "AGE": lambda world, r, _: -(world.published[r] or world.created[r]).timestamp(),
    "NUMBER": lambda world, r, _: world.numbers[r],
    "STATUS": lambda world, r, _: str(world.spec.referrals[r].status),
    "FACILITY": lambda world, r, _: world.spec.referrals[r].facility,
    "NAME": lambda world, r, _: (world.spec.referrals[r].last_name.lower(), world.first_names[r].lower()),
    "DMH_ID": lambda world, r, _: world.numbers[r],
    "BIRTH_DATE": lambda world, r, _: world.spec.referrals[r].birth_year,
    "GENDER": lambda world, r, _: str(world.spec.referrals[r].gender),
    "PENDING_PLACEMENT": lambda world, r, _: world.has_pending(r),
    "RESPONSE": lambda world, r, provider: str(
        world.spec.referrals[r].answered.get(-1 if provider is None else provider, "")
    ),
}


# The world as stored.


@dataclass
class Stored:
    spec: WorldSpec
    providers: list[UUID]
    people: list[Caller]
    numbers: list[int] = field(default_factory=list)
    keys: list[UUID] = field(default_factory=list)
    published: list[datetime | None] = field(default_factory=list)
    created: list[datetime] = field(default_factory=list)
    first_names: list[str] = field(default_factory=list)

    def has_pending(self, index: int) -> bool:
        referral = self.spec.referrals[index]
        return referral.status is ReferralStatus.OPEN and referral.pending is not None

    def visible_to(self, person: int) -> list[int]:
        return [index for index, referral in enumerate(self.spec.referrals) if sees(self.spec, person, referral)]

    def in_order(self, person: int, order: ReferralOrder) -> list[int]:
        who = self.spec.people[person]
        own = who.provider if Role.CONSUMER_REFERRAL_DB in who.roles else None
        name, _, direction = order.rpartition("_")
        visible = sorted(self.visible_to(person), key=lambda index: self.numbers[index])
        visible.sort(key=lambda index: SORT_KEYS[name](self, index, own), reverse=direction == "DESC")
        return [self.numbers[index] for index in visible]


class Rows:
    """Rows to be stored, a statement for each table."""

    def __init__(self) -> None:
        self._rows: dict[type[Model], list[Model]] = {}

    def add(self, row: T) -> T:
        self._rows.setdefault(type(row), []).append(row)  # type: ignore[arg-type]
        return row

    async def store(self) -> None:
        for model, rows in self._rows.items():
            await model.bulk_create(rows)


async def store(spec: WorldSpec, desk: Desk) -> Stored:
    rows = Rows()
    serial = count(1)
    for code in ("101", "205"):
        rows.add(Facility(code=code, name=f"Facility {code}"))
    provider_keys = [_add_provider(rows, provider, serial) for provider in spec.providers]
    users = [_add_person(rows, person, provider_keys, serial) for person in spec.people]
    stored = Stored(spec, provider_keys, [])
    for number, referral in enumerate(spec.referrals, start=2001):
        _add_referral(rows, referral, number, stored, users)
    await rows.store()
    for user, person in zip(users, spec.people, strict=True):
        stored.people.append(Caller(desk, await actor_of(user, person.roles)))
    return stored


def _add_provider(rows: Rows, spec: ProviderSpec, serial: Iterator[int]) -> UUID:
    provider = rows.add(
        Provider(id=uuid4(), name=f"Provider {next(serial)}", kind=spec.kind, active=spec.active, created_at=NOW)
    )
    for begins, ends in spec.contracts:
        rows.add(
            Contract(
                provider_id=provider.id,
                number=f"C{next(serial)}",
                begins_on=TODAY + timedelta(days=begins),
                ends_on=None if ends is None else TODAY + timedelta(days=ends),
            )
        )
    for on, lifted in ((spec.suspended, None), (spec.suspended_before, NOW)):
        if on:
            rows.add(NoReferralStatus(provider_id=provider.id, reason="full", begins_at=NOW, lifted_at=lifted))
    for contact in spec.contacts:
        mailbox = rows.add(Mailbox(id=uuid4()))
        row = rows.add(
            Contact(
                id=uuid4(),
                provider_id=provider.id,
                mailbox_id=mailbox.id,
                first_name="C",
                last_name="X",
                active=contact.active,
                created_at=NOW,
            )
        )
        for county in sorted(contact.counties):
            rows.add(ContactCounty(contact_id=row.id, county_id=county, since=NOW))
    return provider.id


def _add_person(rows: Rows, spec: PersonSpec, provider_keys: list[UUID], serial: Iterator[int]) -> User:
    mailbox = rows.add(Mailbox(id=uuid4()))
    number = next(serial)
    user = rows.add(
        User(
            id=uuid4(),
            user_id=f"P{number}",
            domain="DMH",
            first_name="P",
            last_name=f"P{number}",
            mailbox_id=mailbox.id,
            provider_id=None if spec.provider is None else provider_keys[spec.provider],
            created_at=NOW,
        )
    )
    for role in sorted(spec.roles):
        rows.add(RoleGrant(user_id=user.id, role=role, granted_at=NOW))
    for role in sorted(spec.former_roles - spec.roles):
        rows.add(RoleGrant(user_id=user.id, role=role, granted_at=NOW, ended_at=NOW))
    for county, kind in sorted(spec.counties):
        rows.add(CoordinatorCounty(user_id=user.id, county_id=county, kind=kind))
    return user


def _add_referral(rows: Rows, spec: ReferralSpec, number: int, stored: Stored, users: list[User]) -> None:
    was_published = spec.status in {ReferralStatus.OPEN, ReferralStatus.CLOSED}
    published = NOW - spec.published_ago if was_published else None
    created = NOW - spec.published_ago - timedelta(seconds=number)
    first_name = f"N{number % 3}"
    consumer = rows.add(
        Consumer(
            id=uuid4(),
            dmh_id=f"D{number:06}",
            first_name=first_name,
            last_name=spec.last_name,
            birth_date=date(spec.birth_year, 1, 1),
            gender=spec.gender,
            created_at=NOW,
        )
    )
    pending = spec.pending if spec.status is ReferralStatus.OPEN else None
    referral = rows.add(
        Referral(
            id=uuid4(),
            number=number,
            status=spec.status,
            statewide=spec.statewide,
            consumer_id=consumer.id,
            facility_id=spec.facility,
            primary_coordinator_id=users[spec.primary].id,
            pending_provider_id=None if pending is None else stored.providers[pending],
            created_at=created,
            created_by_id=users[spec.creator].id,
            first_published_at=published,
            last_published_at=published,
            closed_at=NOW if spec.status is ReferralStatus.CLOSED else None,
            close_outcome=CloseOutcome.OTHER if spec.status is ReferralStatus.CLOSED else None,
            deleted_at=NOW if spec.status is ReferralStatus.DELETED else None,
        )
    )
    for county in sorted(counties_of(spec)):
        rows.add(ReferralCounty(referral_id=referral.id, county_id=county))
    by = {"referral_id": referral.id, "excluded_by_id": users[0].id, "reason": "family", "excluded_at": NOW}
    for provider in sorted(spec.excluded):
        rows.add(ReferralExclusion(provider_id=stored.providers[provider], **by))
    for provider in sorted(spec.included_again):
        rows.add(ReferralExclusion(provider_id=stored.providers[provider], included_at=NOW, **by))
    for provider in sorted(spec.reached):
        rows.add(ReferralReach(referral_id=referral.id, provider_id=stored.providers[provider], at=NOW))
    for provider, kind in sorted(spec.answered.items()):
        rows.add(
            Response(
                id=uuid4(),
                referral_id=referral.id,
                provider_id=stored.providers[provider],
                kind=kind,
                provision=Provision.STAFFING if kind is ResponseKind.TENTATIVE else None,
                answered_by_id=users[0].id,
                first_answered_at=NOW,
                answered_at=NOW,
            )
        )
    if pending is not None:
        rows.add(
            PendingPlacement(
                referral_id=referral.id, provider_id=stored.providers[pending], set_at=NOW, set_by_id=users[0].id
            )
        )
    stored.numbers.append(number)
    stored.keys.append(referral.id)
    stored.published.append(published)
    stored.created.append(created)
    stored.first_names.append(first_name)


def _in_each_world(url: str, desk: Desk, check: Callable[[Stored, st.DataObject], Any], examples: int) -> None:
    with opened(url) as runner:

        async def in_one(spec: WorldSpec, data: st.DataObject) -> None:
            async with in_transaction():
                await check(await store(spec, desk), data)
                raise Forgotten

        @settings(
            max_examples=int(EXAMPLES or examples),
            derandomize=EXAMPLES is None,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if EXAMPLES else [Phase.generate],
        )
        @given(spec=worlds, data=st.data())
        def each(spec: WorldSpec, data: st.DataObject) -> None:
            with pytest.raises(Forgotten):
                runner.run(in_one(spec, data))

        each()


@pytest.mark.requirement("REF-20")
@pytest.mark.requirement("SRC-01")
def test_the_list_its_count_and_the_view_show_each_person_exactly_what_the_rule_says(
    database_url: str, desk: Desk
) -> None:
    async def check(world: Stored, _: st.DataObject) -> None:
        for person, caller in enumerate(world.people):
            visible = {world.numbers[index] for index in world.visible_to(person)}
            listed = await list_referrals(caller, where=EVERY_STATUS, first=100, count=True)
            assert [view.number for view in listed.nodes if view.number not in visible] == []
            assert {view.number for view in listed.nodes} == visible
            assert listed.total_count == len(visible)
            for number, key in zip(world.numbers, world.keys, strict=True):
                by_number, by_key = await _viewed(caller, number=number), await _viewed(caller, key=key)
                assert by_number == by_key == (number in visible)

    _in_each_world(database_url, desk, check, 25)


@pytest.mark.requirement("SRC-06")
@pytest.mark.requirement("SRC-07")
def test_paging_by_any_column_visits_every_referral_once_and_in_order(database_url: str, desk: Desk) -> None:
    async def check(world: Stored, data: st.DataObject) -> None:
        for person, caller in enumerate(world.people):
            for order in data.draw(st.lists(st.sampled_from(ReferralOrder), min_size=2, max_size=3, unique=True)):
                size = data.draw(st.integers(1, 3))
                assert await _paged(caller, order, size) == world.in_order(person, order), (order, size)

    _in_each_world(database_url, desk, check, 25)


@pytest.mark.requirement("REF-17")
def test_who_may_write_is_who_sees(database_url: str, desk: Desk) -> None:
    """Changing and answering load by the rule, the list by SQL: no one writes what they do not see."""

    async def check(world: Stored, _: st.DataObject) -> None:
        for person, caller in enumerate(world.people):
            who = world.spec.people[person]
            work = Work(caller, "test", NOW, DEFAULTS)
            for number, referral in zip(world.numbers, world.spec.referrals, strict=True):
                if who.roles & COORDINATORS or Role.CENTRAL_STAFF in who.roles:
                    editor_sees = Role.CENTRAL_STAFF in who.roles or coordinator_sees(who, person, referral)
                    assert await _found(referral_to_change(work, number)) == editor_sees
                if Role.CONSUMER_REFERRAL_DB in who.roles:
                    provider = who.provider
                    staff_see = provider is not None and provider_sees(world.spec, provider, referral)
                    assert await _found(referral_to_answer(work, number)) == staff_see

    _in_each_world(database_url, desk, check, 25)


@pytest.mark.requirement("SUB-03")
@pytest.mark.parametrize(
    "inner",
    [
        {"number", "status", "overdue", "consumer.name", "preferredCounties.name", "primaryCoordinator.name"},
        {"number", "ownResponse.kind", "pendingPlacement.provider.name"},
    ],
    ids=["what looks the same to all providers", "what is of one's own provider"],
)
def test_followers_who_look_together_see_what_each_sees_alone(database_url: str, desk: Desk, inner: set[str]) -> None:
    async def check(world: Stored, _: st.DataObject) -> None:
        for key, referral in zip(world.keys, world.spec.referrals, strict=True):
            they = frozenset(
                provider for index, provider in enumerate(world.providers) if provider_sees(world.spec, index, referral)
            )
            assert await providers_who_see(key, TODAY) == they
            sought = [Sought(it, onlooker_of(it.actor), key, frozenset(inner)) for it in world.people]
            seen = await look_for_all(sought)
            for one in sought:
                reading = Reading(one.caller, "mailbox.deliver", NOW, DEFAULTS)
                views = await load_for_lines(reading, [key], one.inner)
                alone = Seen(views, reading.subjects, reading.fields_shown)
                assert _as_shown(seen[one], inner) == _as_shown(alone, inner)

    _in_each_world(database_url, desk, check, 25)


def test_every_field_that_all_providers_share_is_one_of_the_view() -> None:
    of_the_view = {to_camel_case(name) for name in ReferralView.__slots__}
    assert of_the_view >= ALIKE
    assert of_the_view - ALIKE == {
        "pendingPlacement", "ownResponse", "responses", "exclusions", "publications", "timeline", "attachments",
    }  # fmt: skip


@settings(max_examples=60, derandomize=EXAMPLES is None, deadline=None, database=None)
@given(spec=worlds)
def test_the_model_of_this_test_and_the_one_audience_rule_say_the_same(spec: WorldSpec) -> None:
    keys = [uuid4() for _ in spec.providers]
    for index, provider in enumerate(spec.providers):
        in_force = [period for period in provider.contracts if period[0] <= 0 <= (period[1] or 0)]
        begins, ends = (in_force or [*provider.contracts, (None, None)])[0]  # type: ignore[list-item]
        facts = ProviderFacts(
            keys[index],
            provider.kind is ProviderKind.RESIDENTIAL,
            provider.active,
            None if begins is None else TODAY + timedelta(days=begins),
            None if ends is None else TODAY + timedelta(days=ends),
            provider.suspended,
            tuple(ContactFacts(uuid4(), one.active, True, one.counties) for one in provider.contacts),
        )
        for referral in spec.referrals:
            asked = ReferralFacts(
                uuid4(),
                referral.status,
                referral.statewide,
                counties_of(referral),
                frozenset(keys[excluded] for excluded in referral.excluded),
            )
            if referral.status is not ReferralStatus.CLOSED:
                assert audience(asked, facts, TODAY).eligible == provider_sees(spec, index, referral)


def _as_shown(seen: Seen | Exception, inner: set[str]) -> Seen:
    assert isinstance(seen, Seen)
    if "ownResponse.kind" in inner:
        return seen
    views = {
        key: dataclasses.replace(view, own_response=None, pending_placement=None) for key, view in seen.views.items()
    }
    return dataclasses.replace(seen, views=views)


async def _paged(caller: Caller, order: ReferralOrder, size: int) -> list[int]:
    numbers: list[int] = []
    after: str | None = None
    while True:
        page = await list_referrals(caller, where=EVERY_STATUS, order=order, first=size, after=after)
        numbers += [view.number for view in page.nodes]
        assert len(numbers) <= 2 * len(ReferralOrder), "the pages never end"
        assert page.has_previous_page is (after is not None)
        if not page.has_next_page:
            return numbers
        assert len(page.nodes) == size
        after = page.cursors[-1]


async def _viewed(caller: Caller, *, number: int | None = None, key: UUID | None = None) -> bool:
    assert caller.actor.has_any(READERS)
    return await _found(view_referral(caller, number=number, key=key))


async def _found(answer: Any) -> bool:
    try:
        await answer
    except NotFound:
        return False
    return True
