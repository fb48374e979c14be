"""A requester's own request, under lock, and what must be true of whoever asks (000:160-161)."""

from __future__ import annotations

from orm.models import AccessRequest, User
from resolvers.access_request_sight import no_such_request
from resolvers.desk import Work
from resolvers.numbers import LAST_NUMBER
from rules.approvals import RequestState
from rules.errors import Conflict, Invalid
from rules.text import clean_email


async def myself(work: Work) -> User:
    """Load the caller's account under lock: a person's own requests change one after another."""
    return await User.filter(id=work.actor.person()).select_for_update(no_key=True).get()


async def own_request(work: Work, number: int) -> AccessRequest:
    """Load a request of the caller's under lock.

    Raises:
        NotFound: there is no such request of theirs.
    """
    request = None
    if 0 < number <= LAST_NUMBER:
        found = AccessRequest.filter(number=number, requester_id=work.actor.person())
        request = await found.select_for_update(no_key=True).first()
    if request is None:
        raise no_such_request()
    work.about("access_request", request.id)
    work.note(number=number)
    return request


def check_draft(request: AccessRequest) -> None:
    """Let a draft be changed or submitted. Raises Conflict ALREADY_SUBMITTED."""
    if request.state is not RequestState.DRAFT:
        raise Conflict("This request was submitted, or taken back.", code="ALREADY_SUBMITTED")


def address_on_file(email: str, user: User) -> str:
    """Give the address on file, which the stated one must be. Raises Invalid EMAIL_NOT_ON_FILE (ARA-03)."""
    stated = clean_email(email, "email") if email else ""
    if not user.email or stated.casefold() != user.email.casefold():
        raise Invalid(
            "This is not the address that we have on file for you. Update your profile first.",
            code="EMAIL_NOT_ON_FILE",
            field="email",
        )
    return user.email
