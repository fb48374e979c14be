"""Who calls: an actor proven before anything else, with the desk that serves the call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from resolvers.file_ports import FileRoom
from resolvers.patience import STRANGERS_AT_ONCE, Places, RealPatience
from resolvers.ports import Clock, Doorbell, PasswordHasher, Patience, SecretSource
from resolvers.trail_room import TrailRoom
from resolvers.waiting_room import WaitingRoom
from rules.errors import Denied
from rules.roles import COORDINATORS, STAFF_SEEING_ALL, Role


@dataclass(frozen=True, slots=True)
class Desk:
    """The ports that every use case of this process shares."""

    clock: Clock
    doorbell: Doorbell
    passwords: PasswordHasher
    secrets: SecretSource
    files: FileRoom | None = None
    trail: TrailRoom = field(default_factory=TrailRoom)
    followers: WaitingRoom = field(default_factory=WaitingRoom)
    patience: Patience = field(default_factory=RealPatience)
    reset_wishes: Places = field(default_factory=Places)
    strangers: Places = field(default_factory=lambda: Places(STRANGERS_AT_ONCE))


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or a named part of the house, as known at the moment of the call; never from a token's claims."""

    id: UUID | None
    label: str
    roles: frozenset[Role] = frozenset()
    provider_id: UUID | None = None
    mailbox_id: UUID | None = None
    coordinator_counties: frozenset[str] = frozenset()
    must_change_password: bool = False
    must_accept_statement: bool = False
    facility_id: str | None = None
    regional_office_id: str | None = None

    @property
    def is_ready(self) -> bool:
        """Say whether nothing has to be done at the door before anything else (000:3-5, 000:253)."""
        return not (self.must_change_password or self.must_accept_statement)

    @property
    def is_provider_staff(self) -> bool:
        """Say whether the person answers referrals for a provider."""
        return Role.CONSUMER_REFERRAL_DB in self.roles and self.provider_id is not None

    @property
    def is_coordinator(self) -> bool:
        """Say whether the person is a Placement or Transition Coordinator."""
        return bool(self.roles & COORDINATORS)

    @property
    def sees_all_referrals(self) -> bool:
        """Say whether the person works for the central office (REF-20)."""
        return bool(self.roles & STAFF_SEEING_ALL)

    @property
    def counties_opened(self) -> frozenset[str] | None:
        """Give the counties of which the person may open every referral that is open; None for all (REF-20)."""
        if self.sees_all_referrals:
            return None
        return self.coordinator_counties if self.is_coordinator else frozenset()

    def has_any(self, roles: Iterable[Role]) -> bool:
        """Say whether the person holds one of these roles."""
        return not self.roles.isdisjoint(roles)

    def person(self) -> UUID:
        """Give the person's key.

        Raises:
            Denied: the actor is a part of the house, not a person.
        """
        if self.id is None:
            raise Denied("Only a person can do this.")
        return self.id


@dataclass(frozen=True, slots=True)
class Caller:
    """One call: who, in which session, under which request id, at which desk."""

    desk: Desk
    actor: Actor
    session_id: UUID | None = None
    request_id: str = field(default_factory=lambda: uuid4().hex)


def house(desk: Desk, name: str) -> Caller:
    """Call as a named part of the house itself: a sweep, the relay, the demonstration world."""
    return Caller(desk=desk, actor=Actor(id=None, label=f"system:{name}", roles=frozenset({Role.SYSTEM})))
