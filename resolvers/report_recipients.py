"""Who gets the report to SSA, or is told of it: data of the installation, never code (002:350-351, 002:360-367)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from orm.models import ReportRecipient, User
from resolvers.desk import Reading, Work, access, operation
from resolvers.numbers import hold_series
from rules.accounts import AccountState, normalize_user_id
from rules.errors import Conflict, Invalid
from rules.roles import Role
from rules.ssa import RECIPIENTS_OF, DeliveryStep, RecipientPurpose
from rules.text import NAME_LIMIT, clean_email, clean_text

_MOST = 50


@dataclass(frozen=True, slots=True)
class NewRecipient:
    """A recipient as entered: somebody with a user ID, or a name with an address."""

    name: str = ""
    email: str = ""
    user_id: str = ""


@dataclass(slots=True)
class RecipientView:
    """A recipient of the report."""

    id: UUID
    purpose: RecipientPurpose
    name: str
    email: str
    user_id: str | None
    since: datetime


@operation("ssa.set_recipients", by={Role.CSO}, cites="002:350-351; 002:360-367")
async def set_report_recipients(work: Work, purpose: RecipientPurpose, recipients: Sequence[NewRecipient]) -> None:
    """Set all recipients for a purpose; those before end. Report programmers have user IDs, as the file stays inside.

    Raises:
        Invalid: too many, no name, no address, a user ID that is not in use.
    """
    if len(recipients) > _MOST:
        raise Invalid(f"Name at most {_MOST} recipients.", code="TOO_MANY_RECIPIENTS", field="recipients")
    # Of two who set them at once the later one ends what the earlier one has set.
    await hold_series("ssa_report")
    rows = [await _recipient(work, purpose, one) for one in recipients]
    await ReportRecipient.filter(purpose=purpose, ended_at=None).update(ended_at=work.now)
    for row in rows:
        await row.save(force_create=True)
    work.touches("report_recipient", [row.id for row in rows])
    work.note(purpose=str(purpose), recipients=len(rows))


@access("ssa.recipients", by={Role.CSO, Role.ITSD_ACCOUNT_MGMT, Role.AUDITOR}, cites="002:350-351; 002:360-367")
async def list_report_recipients(reading: Reading) -> list[RecipientView]:
    """List the recipients that are set, by purpose and name."""
    rows = await ReportRecipient.filter(ended_at=None).select_related("user").order_by("purpose", "name", "id")
    reading.shows("report_recipient", (row.id for row in rows), ["reportRecipients"])
    return [
        RecipientView(
            id=row.id,
            purpose=row.purpose,
            name=row.name,
            email=row.email,
            user_id=row.user.user_id if row.user is not None else None,
            since=row.since,
        )
        for row in rows
    ]


async def recipients_for(step: DeliveryStep) -> list[dict[str, Any]]:
    """Give the recipients of a step as they are set. Raises Conflict RECIPIENT_MISSING where there is none."""
    purposes = RECIPIENTS_OF[step]
    rows = await ReportRecipient.filter(purpose__in=purposes, ended_at=None).order_by("purpose", "name", "id")
    if purposes[0] not in {row.purpose for row in rows}:
        raise Conflict("Set the recipients of this step first.", code="RECIPIENT_MISSING")
    return [{"purpose": str(row.purpose), "name": row.name, "email": row.email} for row in rows]


async def is_programmer(user_id: UUID | None) -> bool:
    """Say whether a person is set as a report programmer."""
    return await ReportRecipient.exists(purpose=RecipientPurpose.PROGRAMMER, user_id=user_id, ended_at=None)


async def _recipient(work: Work, purpose: RecipientPurpose, new: NewRecipient) -> ReportRecipient:
    user = None
    if new.user_id or purpose is RecipientPurpose.PROGRAMMER:
        _, login = normalize_user_id(new.user_id)
        user = await User.filter(user_id=login, state=AccountState.ACTIVE).first()
        if user is None:
            raise Invalid("This user ID is not in use.", code="USER_ID_NOT_IN_USE", field="recipients")
    return ReportRecipient(
        id=uuid4(),
        purpose=purpose,
        user_id=user.id if user is not None else None,
        name=user.name
        if user is not None
        else clean_text(new.name, field="recipients", limit=NAME_LIMIT, required=True),
        email="" if user is not None else clean_email(new.email, "recipients"),
        since=work.now,
        set_by_id=work.actor.person(),
    )
