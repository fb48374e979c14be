"""End sessions in the transaction of the reason, so that nothing can be done in them after the commit (002:221-222)."""

from __future__ import annotations

from uuid import UUID

from orm.models import Session
from resolvers.desk import Work


async def end_sessions(work: Work, sessions: list[UUID], why: str) -> None:
    """End these sessions in this transaction; their connections close right after the commit."""
    await Session.filter(id__in=sessions, ended_at=None).update(ended_at=work.now, ended_why=why)
    work.touches("session", sessions)
    work.sessions_ended.extend(sessions)


async def end_all_sessions(work: Work, user_pk: UUID, why: str) -> None:
    """End every session of a person."""
    live = await Session.filter(user_id=user_pk, ended_at=None).values_list("id", flat=True)
    await end_sessions(work, [UUID(str(session)) for session in live], why)
