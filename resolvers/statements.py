"""The confidentiality statement: read and accepted before anything else is seen, and written down with its version.

Each session asks anew, as the guide has it (000:253); the policy may ask once for each person and version instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from orm.models import Session, StatementAcceptance, StatementText
from resolvers.desk import EVERYONE, Reading, Work, access, operation
from rules.calendar import local_date
from rules.errors import Conflict, NotFound
from rules.policy import Policy
from rules.statements import Statement, StatementKind, in_force

KIND = StatementKind.CONFIDENTIALITY


@dataclass(slots=True)
class StatementView:
    """The text to be accepted."""

    version: str
    text: str


async def statement_in_force(on: date) -> Statement | None:
    """Give the confidentiality statement of a day."""
    rows = await StatementText.filter(kind=KIND, effective_from__lte=on)
    return in_force((Statement(row.kind, row.version, row.text, row.effective_from) for row in rows), KIND, on)


async def version_to_accept(user_pk: UUID, session_id: UUID, now: datetime, policy: Policy) -> str | None:
    """Give the version that the person has still to accept; None when there is nothing to accept any more."""
    known = await StatementText.filter(kind=KIND).values_list("version", "effective_from")
    statement = in_force((Statement(KIND, version, "", since) for version, since in known), KIND, local_date(now))
    if statement is None or await has_accepted(user_pk, session_id, statement.version, policy):
        return None
    return statement.version


@access("account.statement", by=EVERYONE, cites="000:253", at_the_door=True)
async def view_statement(reading: Reading) -> StatementView:
    """Show the confidentiality statement in force.

    Raises:
        NotFound: ``STATEMENT_NOT_FOUND``; this installation has none.
    """
    statement = await statement_in_force(reading.today)
    if statement is None:
        raise NotFound("There is no confidentiality statement.", code="STATEMENT_NOT_FOUND")
    reading.note(version=statement.version)
    return StatementView(statement.version, statement.text)


@operation("account.accept_statement", by=EVERYONE, cites="000:253", at_the_door=True)
async def accept_statement(work: Work, version: str) -> None:
    """Accept the statement in force for this session; accepted again, it stays accepted once.

    Raises:
        Conflict: ``STATEMENT_OUTDATED``; another version is in force.
    """
    person = work.actor.person()
    work.about("user", person)
    statement = await statement_in_force(work.today)
    if statement is None or statement.version != version:
        raise Conflict(
            "Another version of the confidentiality statement is in force. Read that one, then accept it.",
            code="STATEMENT_OUTDATED",
        )
    work.note(version=version)
    session_id = work.caller.session_id
    if session_id is not None:
        await Session.filter(id=session_id).select_for_update(no_key=True).first()
        if await StatementAcceptance.exists(session_id=session_id, kind=KIND, version=version):
            work.note(repeated=True)
            return
    acceptance = await StatementAcceptance.create(
        id=uuid4(), user_id=person, session_id=session_id, kind=KIND, version=version, at=work.now
    )
    work.touches("statement_acceptance", [acceptance.id])


async def has_accepted(user_pk: UUID, session_id: UUID, version: str, policy: Policy) -> bool:
    """Say whether a version was accepted: in this session, or by this person if the policy asks only once."""
    accepted = StatementAcceptance.filter(kind=KIND, version=version)
    if policy.confidentiality_each_session:
        return await accepted.filter(session_id=session_id).exists()
    return await accepted.filter(user_id=user_pk).exists()
