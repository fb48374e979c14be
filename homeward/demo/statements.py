"""The confidentiality statement in the demonstration: once for each person, so that the first query works at once."""

from __future__ import annotations

from uuid import uuid4

from homeward.demo import cast
from homeward.demo.stage import Stage
from orm.models import PolicyVersion, StatementAcceptance
from resolvers.numbers import next_number
from resolvers.statements import KIND, statement_in_force

REASON = "In the demonstration the statement is accepted once, so that the first query works at once."


async def ask_once(stage: Stage) -> None:
    """Record the decision that the statement is accepted once for each version, from the first day of the history."""
    await PolicyVersion.create(
        number=await next_number("policy"),
        key="confidentiality.each_session",
        value=False,
        effective_from=stage.story_day,
        decided_at=stage.clock.now,
        reason=REASON,
    )


async def accept_for_all(stage: Stage) -> None:
    """Let everybody have accepted the statement but the undecided."""
    statement = await statement_in_force(stage.today)
    if statement is None:
        return
    await StatementAcceptance.bulk_create(
        StatementAcceptance(id=uuid4(), user_id=person.key, kind=KIND, version=statement.version, at=stage.clock.now)
        for person in stage.people.values()
        if person.plan.user_id not in cast.UNDECIDED
    )
