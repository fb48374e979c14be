"""One history in the house and in the model, side by side: the same step is taken in both, or refused by both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import Any
from uuid import UUID

import pytest

from orm.models import Contact as ContactRow
from orm.models import ContactCounty, Credential, Letter, Notification, ProviderKind, Session
from orm.models import Provider as ProviderRow
from resolvers.callers import Caller, Desk
from resolvers.contacts import NewContact, activate_contact, add_contact, deactivate_contact, set_contact_counties
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.no_referral_status import lift_no_referral_status, set_no_referral_status
from resolvers.outbox import claim_letters, mark_failed, mark_sent
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.providers import activate_provider, deactivate_provider
from resolvers.referral_entry import ReferralChange, create_referral, update_referral
from resolvers.referrals import close_referral, delete_referral, publish_referral
from resolvers.reminders import plan_reminders, remind_contact
from resolvers.responses import Answer, respond_to_referral
from resolvers.statements import accept_statement
from rules.calendar import local_date
from rules.errors import Refusal
from rules.policy import DEFAULTS
from rules.profiles import DeactivationReason
from rules.referrals import CloseOutcome, DeclineReason, Provision, ResponseKind
from rules.roles import Role
from tests.story.reference import Contact, Coordinator, Exchange, Line, Provider, Reader, Referral
from tests.world.clock import Clock
from tests.world.world import STATEMENT, World

COUNTIES = ("Adair", "Boone", "Clay")
COORDINATED = (frozenset({0}), frozenset({1}), frozenset({0, 2}))
MOST_REFERRALS = 4
ANSWERS = {
    ResponseKind.ACCEPT: Answer(ResponseKind.ACCEPT),
    ResponseKind.DECLINE: Answer(ResponseKind.DECLINE, decline_reason=DeclineReason.RATE),
    ResponseKind.TENTATIVE: Answer(ResponseKind.TENTATIVE, provision=Provision.STAFFING),
}

# What a world and a history are made of. Numbers point into what is there when the step is taken.


@dataclass(frozen=True)
class ContactSpec:
    counties: frozenset[int]
    active: bool
    address: bool


@dataclass(frozen=True)
class ProviderSpec:
    contacts: tuple[ContactSpec, ContactSpec]
    residential: bool
    active: bool


@dataclass(frozen=True)
class Step:
    act: str
    referral: int = 0
    provider: int = 0
    person: int = 0
    contact: int = 0
    counties: frozenset[int] = frozenset()
    statewide: bool = False
    answer: ResponseKind = ResponseKind.ACCEPT
    days: int = 1
    eager: bool = False
    """Whether, when it may not be taken with these numbers, it is taken with others."""


@dataclass
class Cast:
    """Who is there in every world, with what each is called in the house."""

    world: World
    fips: list[str]
    coordinators: list[Caller]
    staff: list[Caller]
    relations: Caller
    central: Caller
    providers: list[UUID]
    contacts: list[list[UUID]]


@dataclass
class Story:
    """One history in the house and in the model, side by side."""

    cast: Cast
    model: Exchange
    clock: Clock
    contacts: dict[Contact, UUID] = field(default_factory=dict)
    mailboxes: dict[Reader, UUID] = field(default_factory=dict)
    heard: dict[UUID, int] = field(default_factory=dict)
    live: dict[Reader, list[Line]] = field(default_factory=dict)

    @property
    def people(self) -> list[tuple[Reader, Caller, Provider | None]]:
        """Everybody with a user ID: they look at the grid and follow their mailboxes."""
        model = self.model
        staff = [
            (provider.contacts[0], who, provider)
            for provider, who in zip(model.providers, self.cast.staff, strict=True)
        ]
        return [
            *staff,
            *((one, who, None) for one, who in zip(model.coordinators, self.cast.coordinators, strict=True)),
        ]

    def sees(self, reader: Reader, provider: Provider | None, referral: Referral) -> bool:
        if provider is not None:
            return self.model.provider_sees(provider, referral)
        assert isinstance(reader, Coordinator)
        return self.model.coordinator_sees(reader, referral)


async def gather_cast(desk: Desk, clock: Clock) -> Cast:
    world = World(desk, clock)
    coordinators = [
        await world.coordinator(*(COUNTIES[county] for county in sorted(counties))) for counties in COORDINATED
    ]
    homes = [await world.provider() for _ in range(3)]
    everybody = [*coordinators, *(home.staff for home in homes)]
    for person in everybody:
        session = await Session.create(
            user_id=person.actor.person(),
            token_hash=str(person.actor.id),
            epoch=0,
            created_at=clock(),
            last_seen_at=clock(),
        )
        signed_on = replace(person, session_id=session.id)
        await accept_statement(signed_on, STATEMENT)
        everybody[everybody.index(person)] = signed_on
    await world.facility()
    return Cast(
        world=world,
        fips=[await world.county(name) for name in COUNTIES],
        coordinators=everybody[: len(coordinators)],
        staff=everybody[len(coordinators) :],
        relations=await world.user(Role.PROVIDER_RELATIONS),
        central=await world.user(Role.CENTRAL_STAFF),
        providers=[home.id for home in homes],
        contacts=[[home.contact_id, (await world.contact(home.id)).id] for home in homes],
    )


async def begin(cast: Cast, specs: tuple[ProviderSpec, ...], clock: Clock) -> Story:
    """Set the world up as the specification says, in the tables and in the model."""
    story = Story(cast, Exchange([], [], local_date(clock()), first=1001), clock)
    for counties, person in zip(COORDINATED, cast.coordinators, strict=True):
        coordinator = Coordinator(counties=counties)
        story.model.coordinators.append(coordinator)
        assert person.actor.mailbox_id is not None
        story.mailboxes[coordinator] = person.actor.mailbox_id
    for key, contact_keys, spec in zip(cast.providers, cast.contacts, specs, strict=True):
        kind = ProviderKind.RESIDENTIAL if spec.residential else ProviderKind.OTHER
        await ProviderRow.filter(id=key).update(kind=kind, active=spec.active)
        provider = Provider([], spec.residential, spec.active)
        story.model.providers.append(provider)
        for contact_key, one in zip(contact_keys, spec.contacts, strict=True):
            row = await ContactRow.get(id=contact_key)
            row.active, row.email = one.active, row.email if one.address else None
            await row.save()
            await ContactCounty.bulk_create(
                ContactCounty(contact_id=row.id, county_id=cast.fips[county], since=clock()) for county in one.counties
            )
            contact = Contact(address=one.address, counties=one.counties, active=one.active)
            provider.contacts.append(contact)
            story.contacts[contact], story.mailboxes[contact] = row.id, row.mailbox_id
    return story


@dataclass(frozen=True)
class Choice:
    """Who does something to what: places in the lists of the model."""

    person: int
    referral: Referral
    provider: int
    contact: Contact


Act = tuple[Callable[[Story, Choice, Step], bool], Callable[[Story, Choice, Step], Awaitable[Any]]]
"""The same act in the model and in the house."""


def _by_coordinator(act: Callable[[Exchange, Coordinator, Choice, Step], bool], call: Callable[..., Any]) -> Act:
    return (
        lambda story, one, step: act(story.model, story.model.coordinators[one.person], one, step),
        lambda story, one, step: call(story, story.cast.coordinators[one.person], one, step),
    )


def _by_relations(act: Callable[[Exchange, Provider, Choice, Step], bool], call: Callable[..., Any]) -> Act:
    return (
        lambda story, one, step: act(story.model, story.model.providers[one.provider], one, step),
        lambda story, one, step: call(story, story.cast.relations, one, step),
    )


ACTS: dict[str, Act] = {
    "publish": _by_coordinator(
        lambda model, by, one, _: model.publish(by, one.referral),
        lambda _, who, one, __: publish_referral(who, one.referral.number),
    ),
    "update": _by_coordinator(
        lambda model, by, one, step: model.update(by, one.referral, step.counties, statewide=step.statewide),
        lambda story, who, one, step: update_referral(who, one.referral.number, _change(story, step)),
    ),
    "exclude": _by_coordinator(
        lambda model, by, one, _: model.exclude(by, one.referral, model.providers[one.provider]),
        lambda story, who, one, _: exclude_provider(who, one.referral.number, _key(story, one), "Family."),
    ),
    "include": _by_coordinator(
        lambda model, by, one, _: model.include(by, one.referral, model.providers[one.provider]),
        lambda story, who, one, _: include_provider(who, one.referral.number, _key(story, one)),
    ),
    "set_pending": _by_coordinator(
        lambda model, by, one, _: model.set_pending(by, one.referral, model.providers[one.provider]),
        lambda story, who, one, _: set_pending_placement(who, one.referral.number, _key(story, one)),
    ),
    "clear_pending": _by_coordinator(
        lambda model, by, one, _: model.clear_pending(by, one.referral),
        lambda _, who, one, __: clear_pending_placement(who, one.referral.number),
    ),
    "close": _by_coordinator(
        lambda model, by, one, _: model.close(by, one.referral),
        lambda _, who, one, __: close_referral(who, one.referral.number, CloseOutcome.OTHER, None),
    ),
    "delete": _by_coordinator(
        lambda model, by, one, _: model.delete(by, one.referral),
        lambda _, who, one, __: delete_referral(who, one.referral.number, "A double."),
    ),
    "respond": (
        lambda story, one, step: story.model.respond(story.model.providers[one.provider], one.referral, step.answer),
        lambda story, one, step: respond_to_referral(
            story.cast.staff[one.provider], one.referral.number, ANSWERS[step.answer]
        ),
    ),
    "set_counties": _by_relations(
        lambda model, provider, one, step: model.set_counties(provider, one.contact, step.counties),
        lambda story, who, one, step: set_contact_counties(who, story.contacts[one.contact], _fips(story, step)),
    ),
    "add_contact": _by_relations(
        lambda model, provider, _, step: model.add_contact(provider, step.counties),
        lambda story, who, one, step: add_contact(
            who, _key(story, one), NewContact("New", "One", "new@example.org", counties=_fips(story, step))
        ),
    ),
    "activate_contact": _by_relations(
        lambda model, provider, one, _: model.activate_contact(provider, one.contact),
        lambda story, who, one, _: activate_contact(who, story.contacts[one.contact]),
    ),
    "deactivate_contact": _by_relations(
        lambda model, provider, one, _: model.deactivate_contact(provider, one.contact),
        lambda story, who, one, _: deactivate_contact(who, story.contacts[one.contact]),
    ),
    "activate": _by_relations(
        lambda model, provider, _, __: model.activate(provider),
        lambda story, who, one, _: activate_provider(who, _key(story, one)),
    ),
    "deactivate": _by_relations(
        lambda model, provider, _, __: model.deactivate(provider),
        lambda story, who, one, _: deactivate_provider(who, _key(story, one), DeactivationReason.CONTRACT_ENDED),
    ),
    "suspend": _by_relations(
        lambda model, provider, _, __: model.suspend(provider),
        lambda story, who, one, _: set_no_referral_status(who, _key(story, one), "Full."),
    ),
    "lift": _by_relations(
        lambda model, provider, _, __: model.lift(provider),
        lambda story, who, one, _: lift_no_referral_status(who, _key(story, one)),
    ),
    "remind": (lambda story, _, __: story.model.remind(), lambda story, _, __: _remind(story)),
}


async def take(story: Story, step: Step) -> None:
    """Take a step in the model and in the house: both do it, or both refuse."""
    story.clock.forward(seconds=1)
    model = story.model
    if step.act == "wait":
        await _wait(story, step.days)
    elif step.act in {"deliver", "fail"}:
        await _deliver(story, server_is_down=step.act == "fail")
    elif step.act == "create" and len(model.referrals) < MOST_REFERRALS:
        model.create(model.coordinators[step.person], step.counties, statewide=step.statewide)
        await _create(story, step)
    else:
        await _act(story, step)


async def _act(story: Story, step: Step) -> None:
    act, call = ACTS[step.act if step.act in ACTS else "publish"]
    # A refused step changes nothing in the model, so the choices are tried there until one may be taken.
    choices = list(_choices(story.model, step))
    chosen = next((one for one in choices if act(story, one, step)), None)
    if chosen is None:
        with pytest.raises(Refusal):
            await call(story, choices[0], step)
        return
    answer = await call(story, chosen, step)
    if step.act == "add_contact":
        contact, row = story.model.providers[chosen.provider].contacts[-1], await ContactRow.get(id=answer)
        story.contacts[contact], story.mailboxes[contact] = row.id, row.mailbox_id


def _choices(model: Exchange, step: Step) -> Iterator[Choice]:
    """Give what the step's numbers point at; an eager step goes on to whatever else there is."""
    places = product(
        _from(step.referral, len(model.referrals)),
        _from(step.provider, 3),
        _from(step.person, 3),
        _from(step.contact, 2),
    )
    for referral, provider, person, contact in places if step.eager else islice(places, 1):
        yield Choice(person, model.referrals[referral], provider, model.providers[provider].contacts[contact])


def _from(first: int, size: int) -> list[int]:
    return [(first + step) % size for step in range(size)]


def _key(story: Story, one: Choice) -> UUID:
    return story.cast.providers[one.provider]


def _fips(story: Story, step: Step) -> frozenset[str]:
    return frozenset(story.cast.fips[county] for county in step.counties)


def _change(story: Story, step: Step) -> ReferralChange:
    return ReferralChange(step.statewide, frozenset() if step.statewide else _fips(story, step))


async def _create(story: Story, step: Step) -> None:
    who = story.cast.coordinators[step.person]
    names = [] if step.statewide else [COUNTIES[county] for county in sorted(step.counties)]
    new = replace(await story.cast.world.new_referral(*names, primary=who), statewide=step.statewide)
    assert await create_referral(who, new) == story.model.referrals[-1].number


async def _remind(story: Story) -> None:
    for subject in await plan_reminders(story.clock(), DEFAULTS):
        assert await remind_contact(story.cast.world.house, subject.id) is subject.hit


async def _wait(story: Story, days: int) -> None:
    """Let days pass; people sign on again in the morning."""
    story.clock.forward(days=days)
    story.model.wait(local_date(story.clock()))
    await Session.all().update(created_at=story.clock(), last_seen_at=story.clock())
    await Credential.all().update(changed_at=story.clock())


async def _deliver(story: Story, *, server_is_down: bool) -> None:
    """Let the relay hand over what is due; who may not hear it any more gets nothing."""
    handed = story.model.deliver(server_is_down=server_is_down)
    expected = sorted((str(story.mailboxes[reader]), line) for reader, line in handed)
    desk = story.cast.world.desk
    claimed = await claim_letters(desk, 1000)
    for letter in claimed:
        if server_is_down:
            await mark_failed(desk, letter, "451 Try again later.", for_good=False)
        else:
            await mark_sent(desk, letter)
    rows = {row.id: row for row in await Letter.filter(id__in=[letter.id for letter in claimed])}
    boxes = await mailboxes_of_letters()
    assert sorted((boxes[one.id], line_of(rows[one.id])) for one in claimed) == expected


async def mailboxes_of_letters() -> dict[UUID, str]:
    letters = await Letter.all().select_related("contact", "user")
    return {letter.id: str((letter.contact or letter.user).mailbox_id) for letter in letters}  # type: ignore[union-attr]


def line_of(row: Letter | Notification) -> Line:
    if isinstance(row, Letter):
        number, numbers = row.facts.get("number"), row.facts.get("numbers", [])
    else:
        number, numbers = row.referral_number, row.numbers
    return row.kind, (number,) if number is not None else tuple(numbers)
