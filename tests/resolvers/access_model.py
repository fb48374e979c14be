"""The approval chain in plain sets, as the documents tell it: what becomes of each attempt (000:31-36, 000:191-206).

It knows nothing of the house's own rules. People are known by their place in the cast.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

EXCLUSIVE = "FORBIDDEN"
WITH_REASON = "ALLOWED_WITH_REASON"


@dataclass
class Asked:
    """A request as the model sees it."""

    requester: int
    roles: frozenset[str]
    reasoned: bool
    state: str
    addressee: int | None = None
    capacity: str = ""
    first: int | None = None
    first_reasoned: bool = False
    last: int | None = None
    ended_by: int | None = None


@dataclass
class Model:
    """Who is who today, what is held, and what was asked for."""

    csos: frozenset[int]
    provisioning: frozenset[int]
    provider: frozenset[int]
    providers_roles: frozenset[str]
    lso: int | None
    directors: set[int]
    today: date
    deputies: list[tuple[int, date, date]] = field(default_factory=list)
    suspended: set[int] = field(default_factory=set)
    held: dict[int, set[str]] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    pairs: dict[frozenset[str], str] = field(default_factory=dict)
    requests: dict[int, Asked] = field(default_factory=dict)
    incidents: int = 0

    def asked_first(self, requester: int) -> tuple[int, str] | None:
        """Say who is asked first: the LSO; for the LSO's own request a director, else a CSO; never the requester."""
        if requester in self.provider:
            if self.lso is None or self.lso in self.suspended:
                return None
            if requester != self.lso:
                return self.lso, "LSO"
            for director in sorted(self.directors - self.suspended - {requester}):
                return director, "EXECUTIVE_DIRECTOR"
        for cso in sorted(self.csos - self.suspended - {requester}):
            return cso, "CSO"
        return None

    def standing_in(self) -> set[int]:
        """Say who stands in for the LSO today."""
        return {who for who, begins, ends in self.deputies if begins <= self.today <= ends} - self.suspended

    def in_office(self, who: int, capacity: str) -> bool:
        """Say whether a person holds an office, with an account in use."""
        if who in self.suspended:
            return False
        if capacity == "LSO":
            return who == self.lso
        return who in (self.directors if capacity == "EXECUTIVE_DIRECTOR" else self.csos)

    def cannot_hold(self, one: Asked) -> bool:
        """Say whether a role of a request cannot be granted today."""
        held = self.held.get(one.requester, set())
        return (
            not one.roles <= (self.providers_roles if one.requester in self.provider else frozenset())
            or bool(one.roles & (self.withdrawn | held))
            or EXCLUSIVE in self.verdicts(one)
        )

    def verdicts(self, one: Asked) -> set[str]:
        """Say which verdicts the new roles meet, with each other and with those that are held."""
        together = one.roles | self.held.get(one.requester, set())
        return {verdict for pair, verdict in self.pairs.items() if pair <= together and pair & one.roles}

    def submit(self, number: int, one: Asked) -> str:
        """Submit, or say why not."""
        if EXCLUSIVE in self.verdicts(one):
            return "INCOMPATIBLE_ROLES"
        if WITH_REASON in self.verdicts(one) and not one.reasoned:
            return "REASON_REQUIRED"
        self.requests[number] = one
        if self.cannot_hold(one):
            one.state, one.ended_by = "DENIED", one.requester
        else:
            self.address(one)
        return ""

    def address(self, one: Asked) -> None:
        """Send a request to whoever is asked first, or hold it."""
        to = self.asked_first(one.requester)
        one.state = "WITH_LSO" if to else "AWAITING_LSO"
        one.addressee, one.capacity = to or (None, "")

    def sees(self, who: int, one: Asked) -> bool:
        """Say whether a request exists for a person."""
        of_provider = one.requester in self.provider
        return (
            who in {one.requester, one.addressee, one.first, one.last, one.ended_by}
            or who in self.csos
            or (of_provider and (who == self.lso or who in self.standing_in()))
            or (who in self.provisioning and one.first is not None)
        )

    def decide(self, who: int, one: Asked, *, approve: bool, reasoned: bool, as_shown: bool) -> str:
        """Answer as LSO; give the code of the refusal, or nothing."""
        if who in self.suspended:
            return "ACCOUNT_NOT_IN_USE"
        if one.state != "WITH_LSO":
            if not self.sees(who, one):
                return "ACCESS_REQUEST_NOT_FOUND"
            return "NOT_AT_THIS_STAGE" if one.state == "AWAITING_LSO" else "ALREADY_DECIDED"
        assert one.addressee is not None
        stands_in = who in self.standing_in() and one.capacity == "LSO" and one.addressee == self.lso
        if who == one.requester or (who != one.addressee and not stands_in):
            self.suspend(who)
            self.incidents += 1
            return "SELF_APPROVAL" if who == one.requester and stands_in else "NOT_ADDRESSED_TO_YOU"
        if not self.in_office(one.addressee, one.capacity):
            self.address(one)
            return "READDRESSED"
        code = self._outcome(one, who, "AWAITING_PROVISIONING", approve=approve, reasoned=reasoned, as_shown=as_shown)
        if not code and one.ended_by != who:
            one.first, one.first_reasoned = who if approve else None, reasoned
            one.last = who
        return code

    def suspend(self, who: int) -> None:
        """Suspend somebody: what waited for them goes to the next, or is held."""
        self.suspended.add(who)
        for _, waiting in sorted(self.requests.items()):
            if waiting.state == "WITH_LSO" and waiting.addressee == who:
                self.address(waiting)

    def reinstate(self, who: int) -> None:
        """Let somebody back in; what was held for the LSO goes on."""
        self.suspended.discard(who)
        if who == self.lso:
            self.name_lso(who)

    def provision(self, who: int, one: Asked, *, approve: bool, reasoned: bool, as_shown: bool) -> str:
        """Give the final answer; give the code of the refusal, or nothing."""
        if who not in self.provisioning:
            return "DENIED"
        if who in self.suspended:
            return "ACCOUNT_NOT_IN_USE"
        if not self.sees(who, one):
            return "ACCESS_REQUEST_NOT_FOUND"
        if one.state != "AWAITING_PROVISIONING":
            return "ALREADY_DECIDED" if one.state in {"GRANTED", "DENIED", "WITHDRAWN"} else "NOT_AT_THIS_STAGE"
        if who == one.requester:
            return "SELF_APPROVAL"
        if who == one.first:
            return "SAME_DECIDER"
        reasoned_before = one.first_reasoned and approve
        code = self._outcome(
            one, who, "GRANTED", approve=approve, reasoned=reasoned or reasoned_before, as_shown=as_shown
        )
        if not code:
            one.last = who
        if one.state == "GRANTED":
            self.held.setdefault(one.requester, set()).update(one.roles)
        return code

    def _outcome(self, one: Asked, who: int, then: str, *, approve: bool, reasoned: bool, as_shown: bool) -> str:
        if not approve and not reasoned:
            return "REASON_REQUIRED"
        if not as_shown:
            return "REQUEST_CHANGED"
        if not approve:
            one.state, one.addressee = "DENIED", None
            return ""
        if one.requester in self.suspended:
            return "REQUESTER_NOT_IN_USE"
        if self.cannot_hold(one):
            one.state, one.addressee, one.ended_by = "DENIED", None, who
            return ""
        if WITH_REASON in self.verdicts(one) and not (reasoned or one.reasoned):
            return "REASON_REQUIRED"
        one.state, one.addressee = then, None
        return ""

    def withdraw(self, who: int, one: Asked) -> str:
        """Take a request back."""
        if who != one.requester:
            return "ACCESS_REQUEST_NOT_FOUND"
        if one.state in {"GRANTED", "DENIED", "WITHDRAWN"}:
            return "ALREADY_DECIDED"
        one.state, one.addressee = "WITHDRAWN", None
        return ""

    def end_lso(self) -> None:
        """Leave the provider without an LSO: what waits there is held."""
        self.lso = None
        self.deputies.clear()
        for one in self.requests.values():
            if one.state == "WITH_LSO" and one.requester in self.provider and not self._still_asked(one):
                one.state, one.addressee = "AWAITING_LSO", None

    def _still_asked(self, one: Asked) -> bool:
        return one.addressee is not None and self.in_office(one.addressee, one.capacity)

    def name_lso(self, who: int) -> None:
        """Designate an LSO: what was held goes on."""
        self.lso = who
        for _, one in sorted(self.requests.items()):
            if one.state == "AWAITING_LSO" and one.requester in self.provider:
                self.address(one)
