"""Password resets: asked for at the door or on the telephone, answered by the support desk (000:9-20, 000:313-317).

Whoever asks at the door hears the same, whether there is such a user ID or not. A reset gives a password for one
sign-on, which has to be changed there (000:5); it is shown once, to the desk, and kept only as a hash.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from orm.models import Credential, SupportHours, Ticket, User
from resolvers.account_facts import contract_in_force_for
from resolvers.address_changes import forget_address_changes
from resolvers.callers import Caller, Desk, house
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.devices import forget_devices
from resolvers.help import support_windows
from resolvers.numbers import LAST_NUMBER, next_number
from resolvers.officers import holders_of, readers
from resolvers.one_time_secrets import give_secret, waits_for_release
from resolvers.patience import leave_in_step
from resolvers.phone_changes import phones_changed_at
from resolvers.promises import about
from resolvers.session_ends import end_all_sessions
from rules.accounts import normalize_user_id
from rules.errors import Conflict, Invalid, NotFound, Refusal
from rules.notices import NotificationKind
from rules.passwords import spoken_secret
from rules.resets import Proof, check_not_own, check_proof, check_resettable
from rules.roles import Role
from rules.support_hours import call_now, reset_due_at
from rules.text import clean_text
from rules.tickets import TicketChannel, TicketKind, TicketState, check_open

KIND = TicketKind.PASSWORD_RESET
_WHY_LIMIT = 300

RESET_ASKED = (
    "If there is such a user ID and a new password helps, the Customer Support Center calls back on the telephone "
    "number that is on file."
)
"""What everybody hears who asks for a reset at the door."""


@dataclass(slots=True)
class TemporaryPasswordView:
    """A password for one sign-on; it is nowhere else."""

    user_id: str
    one_time_secret: str
    expires_at: datetime


async def ask_for_reset(desk: Desk, user_id: str, request_id: str) -> None:
    """Take a stranger's wish for a reset. It never says whether there is such a user ID, nor how it stands.

    Every answer leaves at the end of a step of time. Nothing is hashed: strangers keep nobody from signing in.

    Raises:
        TooMany: more wishes at once than one process takes.
    """
    arrived = desk.patience.now()
    caller = Caller(desk, house(desk, "reset-door").actor, None, request_id)
    with desk.reset_wishes.one():
        user = await _find_user(user_id)
        with suppress(Conflict, NotFound):
            await take_reset_wish(caller, user.id if user else None)
        # The place is held until then: how soon it is free again would tell what the answer does not.
        await leave_in_step(desk.patience, arrived)


@operation("reset.ask", by=THE_HOUSE, cites="000:15-20; 000:313-317", at_the_door=True)
async def take_reset_wish(work: Work, user_pk: UUID | None) -> int:
    """Open a ticket for an account whose password can be reset: one at a time.

    Raises:
        NotFound: ``USER_NOT_FOUND``.
        Conflict: why a reset would not help, or ``RESET_OPEN``.
    """
    if user_pk is None:
        raise _no_such_user()
    return await _open(work, user_pk, TicketChannel.WEB)


async def open_reset(caller: Caller, user_id: str) -> int:
    """Write down a call to the support desk; give the ticket's number."""
    user = await _find_user(user_id)
    return await take_reset_call(caller, user.id if user else None)


@operation("reset.open", by={Role.SUPPORT_DESK}, cites="000:15-20; 000:313-317")
async def take_reset_call(work: Work, user_pk: UUID | None) -> int:
    """Open a ticket for somebody who called; give its number.

    Raises:
        NotFound: ``USER_NOT_FOUND``.
        Conflict: why a reset would not help, or ``RESET_OPEN`` with the number of the open ticket.
    """
    if user_pk is None:
        raise _no_such_user()
    return await _open(work, user_pk, TicketChannel.PHONE)


async def _check_resettable(work: Work, user: User) -> None:
    check_resettable(
        user.state,
        contract_active=await contract_in_force_for(user, work.now),
        release_pending=await waits_for_release(user.id),
    )


async def _open(work: Work, user_pk: UUID, channel: TicketChannel) -> int:
    work.about("user", user_pk)
    user = await User.filter(id=user_pk).select_for_update(no_key=True).get()
    await _check_resettable(work, user)
    known = await Ticket.filter(user_id=user_pk, kind=KIND, state=TicketState.OPEN).first()
    if known is not None:
        raise Conflict(f"Password reset {known.number} is open for this person already.", code="RESET_OPEN")
    windows = support_windows(await SupportHours.all())
    answering = call_now(windows, work.now)
    ticket = await Ticket.create(
        id=uuid4(),
        number=await next_number("ticket"),
        kind=KIND,
        channel=channel,
        user_id=user_pk,
        on_call=answering is None or answering.on_call,
        opened_at=work.now,
        opened_by_id=work.actor.id,
        due_at=reset_due_at(windows, work.now, work.policy.reset_response),
    )
    work.touches("ticket", [ticket.id])
    work.note(ticket=ticket.number, channel=str(channel), on_call=ticket.on_call)
    desks = [one for one in await holders_of(Role.SUPPORT_DESK) if one.id != work.actor.id]
    work.promise(about(readers(desks), NotificationKind.TICKET_OPENED, ticket.number))
    return ticket.number


async def resolve_reset(caller: Caller, number: int, proof: Proof) -> TemporaryPasswordView:
    """Make a password for one sign-on and carry the reset out; hashing holds no lock."""
    secret = spoken_secret(caller.desk.secrets.token())
    given = await carry_out_reset(caller, number, proof, await caller.desk.passwords.hash(secret))
    return TemporaryPasswordView(given.user_id, secret, given.expires_at)


@dataclass(frozen=True, slots=True)
class ResetCarriedOut:
    """Whose password was reset, and until when the new one signs on."""

    user_id: str
    expires_at: datetime


@operation("reset.resolve", by={Role.SUPPORT_DESK}, cites="000:5; 000:15-20")
async def carry_out_reset(work: Work, number: int, proof: Proof, password_hash: str) -> ResetCarriedOut:
    """Set a password for one sign-on, unlock the account, and end its sessions and known devices.

    Raises:
        NotFound: ``TICKET_NOT_FOUND``.
        Conflict: ``TICKET_CLOSED``, ``NUMBER_TOO_NEW``, or why a reset does not help any more.
        Denied: ``OWN_RESET``.
    """
    ticket = await _locked(work, number)
    user = await User.filter(id=ticket.user_id).select_for_update(no_key=True).get()
    await _check_resettable(work, user)
    check_proof(proof, (await phones_changed_at([user.id])).get(user.id), work.now)
    credential = await Credential.filter(user_id=user.id).select_for_update(no_key=True).get()
    expires_at = work.now + work.policy.reset_secret
    await give_secret(work, credential, password_hash, expires_at)
    await end_all_sessions(work, user.id, "password reset")
    await forget_devices(work, user.id)
    await forget_address_changes(work, user.id, "The password was reset.")
    await _answer(work, ticket, TicketState.DONE, proof=proof)
    work.note(proof=str(proof), unlocked=credential.locked_at is not None)
    return ResetCarriedOut(user.user_id, expires_at)


@operation("reset.refuse", by={Role.SUPPORT_DESK}, cites="000:15-20")
async def refuse_reset(work: Work, number: int, why: str) -> None:
    """Close a reset without one, with the reason.

    Raises:
        NotFound: ``TICKET_NOT_FOUND``.
        Conflict: ``TICKET_CLOSED``.
        Denied: ``OWN_RESET``.
        Invalid: there is no reason, or it cannot be kept.
    """
    ticket = await _locked(work, number)
    await _answer(work, ticket, TicketState.REFUSED, note=clean_text(why, field="why", limit=_WHY_LIMIT, required=True))


async def _locked(work: Work, number: int) -> Ticket:
    ticket = None
    if 0 < number <= LAST_NUMBER:
        ticket = await Ticket.filter(number=number, kind=KIND).select_for_update(no_key=True).first()
    if ticket is None:
        raise NotFound("There is no such password reset.", code="TICKET_NOT_FOUND")
    work.about("ticket", ticket.id)
    work.touches("user", [ticket.user_id])
    check_not_own(ticket.user_id, work.actor.person())
    check_open(ticket.state)
    return ticket


async def _answer(work: Work, ticket: Ticket, state: TicketState, *, proof: str = "", note: str = "") -> None:
    ticket.state = state
    ticket.answered_at, ticket.answered_by_id = work.now, work.actor.id
    ticket.proof, ticket.note = str(proof), note
    await ticket.save(update_fields=["state", "answered_at", "answered_by_id", "proof", "note"])
    work.note(ticket=ticket.number, state=str(state))


async def _find_user(user_id: str) -> User | None:
    try:
        _, canonical = normalize_user_id(user_id)
    except Invalid:
        return None
    return await User.filter(user_id=canonical).first()


def _no_such_user() -> Refusal:
    return NotFound("There is no such user ID.", code="USER_NOT_FOUND")
