"""What the timed duties look for: requests that wait, resets that were asked for, lines that came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from orm.models import AccessRequest, Ticket, User
from resolvers.callers import Caller
from resolvers.numbers import next_number
from resolvers.register import current_policy
from resolvers.sessions import sign_in
from resolvers.sweeps import Subject, Sweep
from rules.approvals import RequestState, StandsInAs
from rules.notices import NotificationKind
from rules.tickets import TicketChannel, TicketKind
from tests.world.world import PASSWORD, World


async def account_of(who: Caller) -> User:
    """Read a person's account as it is now."""
    return await User.get(id=who.actor.person())


async def heard(world: World, who: Caller, kind: NotificationKind) -> int:
    """Count the lines of a kind in a person's mailbox."""
    return [line for line, _ in await world.lines(who.actor.mailbox_id)].count(kind)


async def signs_in(world: World, who: Caller) -> None:
    """Let a person sign on with the right password."""
    await sign_in(world.desk, who.actor.label, PASSWORD, device="test", request_id=uuid4().hex)


async def planned(world: World, sweep: Sweep) -> list[Subject]:
    """Ask a sweep whom it would concern now."""
    now = world.clock()
    return await sweep.plan(now, await current_policy(now))


async def steps(world: World, sweep: Sweep) -> dict[str, str]:
    """Give the step that is due for each subject that is hit, by the last word of its label."""
    return {one.label.rpartition("\\")[2]: str(one.facts.get("step")) for one in await planned(world, sweep) if one.hit}


async def request_of(who: Caller, world: World, state: RequestState, **values: Any) -> AccessRequest:
    """Put an access request of a person into a state, as a row."""
    usual: dict[str, Any] = {"submitted_at": None if state is RequestState.DRAFT else world.clock()}
    if state is RequestState.WITH_LSO:
        usual |= {"addressee_id": uuid4(), "addressed_as": StandsInAs.LSO}
    if state is RequestState.AWAITING_PROVISIONING:
        usual["due_at"] = world.clock() + timedelta(hours=48)
    return await AccessRequest.create(
        id=uuid4(),
        number=await next_number("access_request"),
        requester_id=who.actor.person(),
        provider_id=who.actor.provider_id,
        state=state,
        state_since=world.clock(),
        created_at=world.clock(),
        **(usual | values),
    )


async def reset_for(who: Caller, world: World, kind: TicketKind = TicketKind.PASSWORD_RESET) -> Ticket:
    """Open a ticket for a person that is due in two hours, as a row."""
    return await Ticket.create(
        id=uuid4(),
        number=await next_number("ticket"),
        kind=kind,
        channel=TicketChannel.PHONE,
        user_id=who.actor.person(),
        opened_at=world.clock(),
        due_at=world.clock() + timedelta(hours=2),
    )
