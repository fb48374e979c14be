"""The exchange in plain sets: who should have got what, as the manual says it (001:99-172, 001:213-217, 001:273-279).

It shares no code with the house but the names of kinds. A step that may not be taken answers False and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

from rules.notices import NotificationKind as News
from rules.referrals import ReferralStatus as Status
from rules.referrals import ResponseKind

Line = tuple[News, tuple[int, ...]]
"""What a mailbox line tells: its kind, and the referral numbers in its order."""

_TELLS_OF_A_REFERRAL = {
    News.REFERRAL_PUBLISHED,
    News.REFERRAL_REPUBLISHED,
    News.REFERRALS_JOINED,
    News.NO_REFERRAL_STATUS_LIFTED,
}
_MONTH = timedelta(days=30)


@dataclass(eq=False)
class Reader:
    """Somebody with a mailbox: what was told, and which letters have not left the house."""

    address: bool = True
    lines: list[Line] = field(default_factory=list)
    queued: list[Line] = field(default_factory=list)
    late: list[Line] = field(default_factory=list)
    """Letters that the mail server did not take, to be tried again another day."""

    def told(self, kind: News, *numbers: int) -> None:
        self.lines.append((kind, numbers))
        if self.address:
            self.queued.append((kind, numbers))

    def has_heard_of(self, number: int) -> bool:
        return any(number in numbers for _, numbers in self.lines)

    def was_sent(self, number: int) -> bool:
        return any(number in numbers for kind, numbers in self.lines if kind in _TELLS_OF_A_REFERRAL)


@dataclass(eq=False)
class Contact(Reader):
    """A contact of a provider."""

    counties: frozenset[int] = frozenset()
    active: bool = True
    reminded_on: date | None = None


@dataclass(eq=False)
class Coordinator(Reader):
    """A coordinator of some counties."""

    counties: frozenset[int] = frozenset()


@dataclass(eq=False)
class Provider:
    """A provider with its contacts."""

    contacts: list[Contact]
    residential: bool = True
    active: bool = True
    suspended: bool = False
    withheld: set[int] = field(default_factory=set)

    def reachable(self) -> bool:
        return any(contact.active and contact.address for contact in self.contacts)


@dataclass(eq=False)
class Referral:
    """A referral; without counties it is statewide, unless it is a draft that does not say yet."""

    number: int
    primary: Coordinator
    statewide: bool
    counties: frozenset[int]
    status: Status = Status.DRAFT
    published_on: date | None = None
    published_as: int = 0
    excluded: set[Provider] = field(default_factory=set)
    waits_for_publishing: set[Provider] = field(default_factory=set)
    reached_on: dict[Provider, date] = field(default_factory=dict)
    answers: dict[Provider, ResponseKind] = field(default_factory=dict)
    pending: Provider | None = None


class Exchange:
    """The world as it should be."""

    def __init__(self, providers: list[Provider], coordinators: list[Coordinator], today: date, first: int) -> None:
        self.providers = providers
        self.coordinators = coordinators
        self.today = today
        self.referrals: list[Referral] = []
        self._numbers: Iterator[int] = count(first)
        self._order: Iterator[int] = count(1)

    # Who sees, and who is told.

    def reaches(self, referral: Referral, provider: Provider, contact: Contact, *, suspended: bool) -> bool:
        """Say whether the manual lets a referral reach a contact, for a provider that is suspended or is not."""
        return (
            provider.residential
            and provider.active
            and not suspended
            and provider not in referral.excluded
            and contact.active
            and (referral.statewide or bool(contact.counties & referral.counties))
        )

    def contacts_for(self, referral: Referral, provider: Provider) -> list[Contact]:
        return [c for c in provider.contacts if self.reaches(referral, provider, c, suspended=provider.suspended)]

    def provider_sees(self, provider: Provider, referral: Referral) -> bool:
        if referral.status is Status.OPEN:
            return bool(self.contacts_for(referral, provider))
        return (
            referral.status is Status.CLOSED and provider in referral.reached_on and provider not in referral.excluded
        )

    def coordinator_sees(self, coordinator: Coordinator, referral: Referral) -> bool:
        return referral.status is not Status.DELETED and (
            coordinator is referral.primary or self.coordinator_hears(coordinator, referral)
        )

    def coordinator_hears(self, coordinator: Coordinator, referral: Referral) -> bool:
        return referral.statewide or bool(coordinator.counties & referral.counties)

    def _tell_coordinators(self, kind: News, referral: Referral) -> None:
        for coordinator in self.coordinators:
            if self.coordinator_hears(coordinator, referral):
                coordinator.told(kind, referral.number)

    def _tell_who_received_it(self, kind: News, referral: Referral) -> None:
        for provider in self.providers:
            hearing = [
                contact
                for contact in provider.contacts
                if self.reaches(referral, provider, contact, suspended=False)
                or (self._may_hear(provider, contact, referral) and contact.was_sent(referral.number))
            ]
            if provider.suspended:
                if hearing and (provider in referral.reached_on or referral.number in provider.withheld):
                    provider.withheld.add(referral.number)
            elif provider in referral.reached_on:
                for contact in hearing:
                    contact.told(kind, referral.number)

    def _may_hear(self, provider: Provider, contact: Contact, referral: Referral) -> bool:
        return provider.residential and provider.active and provider not in referral.excluded and contact.active

    # What coordinators do.

    def create(self, by: Coordinator, counties: frozenset[int], *, statewide: bool) -> bool:
        self.referrals.append(Referral(next(self._numbers), by, statewide, frozenset() if statewide else counties))
        return True

    def publish(self, by: Coordinator, referral: Referral) -> bool:
        if not self._may_change(by, referral) or not (referral.statewide or referral.counties):
            return False
        kind = News.REFERRAL_REPUBLISHED if referral.status is Status.OPEN else News.REFERRAL_PUBLISHED
        referral.status = Status.OPEN
        if referral.published_on is None:
            referral.published_on, referral.published_as = self.today, next(self._order)
        referral.waits_for_publishing.clear()
        for provider in self.providers:
            told = self.contacts_for(referral, provider)
            if told:
                referral.reached_on.setdefault(provider, self.today)
            for contact in told:
                contact.told(kind, referral.number)
            if provider.suspended and any(
                self.reaches(referral, provider, contact, suspended=False) for contact in provider.contacts
            ):
                provider.withheld.add(referral.number)
        self._tell_coordinators(kind, referral)
        return True

    def update(self, by: Coordinator, referral: Referral, counties: frozenset[int], *, statewide: bool) -> bool:
        if not self._may_change(by, referral):
            return False
        if referral.status is Status.OPEN and not (statewide or counties):
            return False
        referral.statewide, referral.counties = statewide, frozenset() if statewide else counties
        return True

    def exclude(self, by: Coordinator, referral: Referral, provider: Provider) -> bool:
        if not self._may_change(by, referral) or provider in referral.excluded or referral.pending is provider:
            return False
        referral.excluded.add(provider)
        return True

    def include(self, by: Coordinator, referral: Referral, provider: Provider) -> bool:
        if not self._may_change(by, referral) or provider not in referral.excluded:
            return False
        referral.excluded.remove(provider)
        referral.waits_for_publishing.add(provider)
        return True

    def set_pending(self, by: Coordinator, referral: Referral, provider: Provider) -> bool:
        if (
            not self._may_change(by, referral)
            or referral.status is not Status.OPEN
            or referral.pending is not None
            or provider in referral.excluded
            or referral.answers.get(provider) not in {ResponseKind.ACCEPT, ResponseKind.TENTATIVE}
        ):
            return False
        referral.pending = provider
        self._tell_who_received_it(News.PENDING_PLACEMENT_SET, referral)
        return True

    def clear_pending(self, by: Coordinator, referral: Referral) -> bool:
        if not self._may_change(by, referral) or referral.pending is None:
            return False
        referral.pending = None
        self._tell_who_received_it(News.PENDING_PLACEMENT_CLEARED, referral)
        return True

    def close(self, by: Coordinator, referral: Referral) -> bool:
        if not self._may_change(by, referral) or referral.status is not Status.OPEN:
            return False
        return self._end(referral, Status.CLOSED, News.REFERRAL_CLOSED)

    def delete(self, by: Coordinator, referral: Referral) -> bool:
        if not self._may_change(by, referral):
            return False
        return self._end(referral, Status.DELETED, News.REFERRAL_DELETED)

    def _end(self, referral: Referral, status: Status, kind: News) -> bool:
        was_published = referral.status is Status.OPEN
        referral.status, referral.pending = status, None
        if was_published:
            self._tell_who_received_it(kind, referral)
            self._tell_coordinators(kind, referral)
        return True

    def _may_change(self, by: Coordinator, referral: Referral) -> bool:
        return referral.status in {Status.DRAFT, Status.OPEN} and self.coordinator_sees(by, referral)

    # What providers do.

    def respond(self, provider: Provider, referral: Referral, kind: ResponseKind) -> bool:
        if referral.status is not Status.OPEN or not self.provider_sees(provider, referral):
            return False
        known = referral.answers.get(provider)
        if known is not kind:
            referral.answers[provider] = kind
            referral.reached_on.setdefault(provider, self.today)
            referral.primary.told(News.RESPONSE_EDITED if known else News.RESPONSE_RECEIVED, referral.number)
        return True

    def set_counties(self, provider: Provider, contact: Contact, counties: frozenset[int]) -> bool:
        return self._change(provider, lambda: setattr(contact, "counties", counties))

    def add_contact(self, provider: Provider, counties: frozenset[int]) -> bool:
        def add() -> None:
            contact = Contact(counties=counties)
            provider.contacts.append(contact)
            contact.told(News.CONFIRM_ADDRESS)

        return self._change(provider, add)

    def activate_contact(self, provider: Provider, contact: Contact) -> bool:
        def activate() -> None:
            contact.active = True
            contact.queued = [letter for letter in contact.queued if letter[0] is not News.CONFIRM_ADDRESS]
            contact.late = [letter for letter in contact.late if letter[0] is not News.CONFIRM_ADDRESS]
            if contact.address:
                contact.told(News.CONFIRM_ADDRESS)

        return not contact.active and self._change(provider, activate)

    def deactivate_contact(self, provider: Provider, contact: Contact) -> bool:
        return contact.active and self._change(provider, lambda: setattr(contact, "active", False))

    # What Provider Relations do.

    def activate(self, provider: Provider) -> bool:
        return not provider.active and self._change(provider, lambda: setattr(provider, "active", True))

    def deactivate(self, provider: Provider) -> bool:
        return provider.active and self._change(provider, lambda: setattr(provider, "active", False))

    def suspend(self, provider: Provider) -> bool:
        def suspend() -> None:
            provider.suspended = True
            for contact in provider.contacts:
                waiting = [*contact.queued, *contact.late]
                news = [letter for letter in waiting if letter[0] is not News.CONFIRM_ADDRESS]
                contact.queued = [letter for letter in contact.queued if letter not in news]
                provider.withheld.update(number for _, numbers in news for number in numbers)

        return not provider.suspended and self._change(provider, suspend)

    def lift(self, provider: Provider) -> bool:
        return provider.suspended and self._change(
            provider, lambda: setattr(provider, "suspended", False), News.NO_REFERRAL_STATUS_LIFTED
        )

    def _change(self, provider: Provider, change: Callable[[], None], kind: News = News.REFERRALS_JOINED) -> bool:
        """Change a profile; tell each contact, in one list, what is new to it; alert if nobody is left to write to."""
        open_ones = sorted(
            (one for one in self.referrals if one.status is Status.OPEN), key=lambda one: one.published_as
        )
        before = {(contact, one) for one in open_ones for contact in self.contacts_for(one, provider)}
        was_reachable = provider.reachable()
        change()
        for contact in provider.contacts:
            gained = [
                one
                for one in open_ones
                if contact in self.contacts_for(one, provider)
                and (contact, one) not in before
                and provider not in one.waits_for_publishing
            ]
            for one in gained:
                one.reached_on.setdefault(provider, self.today)
            again = provider.withheld if kind is News.NO_REFERRAL_STATUS_LIFTED else set()
            news = [one.number for one in gained if one.number in again or not contact.has_heard_of(one.number)]
            if news:
                contact.told(kind, *news)
        if kind is News.NO_REFERRAL_STATUS_LIFTED:
            provider.withheld.clear()
        if was_reachable and provider.active and not provider.reachable():
            for one in self.referrals:
                if one.status is Status.OPEN and provider in one.reached_on and provider not in one.excluded:
                    one.primary.told(News.PROVIDER_UNREACHABLE, one.number)
        return True

    # What time does.

    def reminders_due(self) -> dict[Contact, tuple[int, ...]]:
        """Say who is reminded today, and of which referrals, oldest first."""
        due: dict[Contact, tuple[int, ...]] = {}
        for provider in self.providers:
            for contact in provider.contacts:
                listed = [
                    one
                    for one in self.referrals
                    if one.status is Status.OPEN
                    and provider in one.reached_on
                    and contact in self.contacts_for(one, provider)
                    and one.answers.get(provider) is not ResponseKind.DECLINE
                ]
                rested = contact.reminded_on is None or self.today - contact.reminded_on >= _MONTH
                if rested and any(self.today - one.reached_on[provider] >= _MONTH for one in listed):
                    listed.sort(key=lambda one: (one.published_on or self.today, one.number))
                    due[contact] = tuple(one.number for one in listed)
        return due

    def remind(self) -> bool:
        """Remind whoever is due."""
        for contact, numbers in self.reminders_due().items():
            contact.reminded_on = self.today
            contact.told(News.REMINDER, *numbers)
        return True

    def wait(self, today: date) -> None:
        """Let days pass: late letters are due again."""
        self.today = today
        for reader, _ in self._readers():
            reader.queued += reader.late
            reader.late.clear()

    def deliver(self, *, server_is_down: bool = False) -> list[tuple[Reader, Line]]:
        """Say which letters are handed to the mail server; who may not hear it any more gets nothing, now or later."""
        handed: list[tuple[Reader, Line]] = []
        for reader, provider in self._readers():
            for letter in reader.queued:
                said = letter if provider is None else self._as_it_may_be_said(provider, reader, letter)
                if said is not None:
                    handed.append((reader, said))
                    if server_is_down:
                        reader.late.append(letter)
            reader.queued.clear()
        return handed

    def _as_it_may_be_said(self, provider: Provider, contact: Reader, letter: Line) -> Line | None:
        assert isinstance(contact, Contact)
        kind, numbers = letter
        if kind is News.CONFIRM_ADDRESS:
            return letter if contact.active else None
        excluded = {one.number for one in self.referrals if provider in one.excluded}
        kept = tuple(number for number in numbers if number not in excluded)
        return (kind, kept) if contact.active and not provider.suspended and kept else None

    def _readers(self) -> Iterator[tuple[Reader, Provider | None]]:
        yield from ((coordinator, None) for coordinator in self.coordinators)
        yield from ((contact, provider) for provider in self.providers for contact in provider.contacts)
