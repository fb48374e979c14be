"""The risk-management programme (002:54-133)."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.calendar_feeds import make_feed, revoke_feed
from resolvers.house_state import record_threat_level, view_house
from resolvers.lso_collection import answer_collection, view_collection
from resolvers.obligation_views import view_obligation
from resolvers.obligations import complete_obligation
from resolvers.risk_register import (
    approve_plan,
    record_plan,
    record_system_change,
    register_system,
    retire_system,
    upsert_regulation,
    view_registers,
)
from resolvers.sanctions import list_sanctions, record_sanction
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.risk_inputs import (
    AnswerLsoCollectionInput,
    ApprovePlanInput,
    CompleteObligationInput,
    CreateCalendarFeedInput,
    RecordPlanInput,
    RecordSanctionInput,
    RecordSystemChangeInput,
    RecordThreatLevelInput,
    RegisterSystemInput,
    RetireSystemInput,
    RevokeCalendarFeedInput,
    UpsertRegulationInput,
)
from schema.risk_payloads import (
    AnswerLsoCollectionPayload,
    ApprovePlanPayload,
    CompleteObligationPayload,
    CreateCalendarFeedPayload,
    RecordPlanPayload,
    RecordSanctionPayload,
    RecordSystemChangePayload,
    RecordThreatLevelPayload,
    RegisterSystemPayload,
    RetireSystemPayload,
    RevokeCalendarFeedPayload,
    UpsertRegulationPayload,
)


@described_type
class RiskMutations:
    """The risk-management programme (002:54-133)."""

    @strawberry.mutation
    async def complete_obligation(self, info: Info, input: CompleteObligationInput) -> CompleteObligationPayload:
        """Complete an obligation; the note and the named report become its kept evidence (002:54-133).

        Args:
            input: What was done.
        """
        caller = caller_of(info)

        async def work() -> Any:
            number = await complete_obligation(caller, input.as_completion())
            return await view_obligation(caller, number)

        return await answered(CompleteObligationPayload, work())

    @strawberry.mutation
    async def register_system(self, info: Info, input: RegisterSystemInput) -> RegisterSystemPayload:
        """Register a system; a new one opens its assessment (002:63-80).

        Args:
            input: The system.
        """
        caller = caller_of(info)

        async def work() -> Any:
            await register_system(caller, input.as_system())
            return await view_registers(caller)

        return await answered(RegisterSystemPayload, work())

    @strawberry.mutation
    async def record_system_change(self, info: Info, input: RecordSystemChangeInput) -> RecordSystemChangePayload:
        """Record a change of a system; its assessment is due a month later, or when it was anyway (002:68-77).

        Args:
            input: What changed.
        """
        caller = caller_of(info)

        async def work() -> Any:
            number = await record_system_change(caller, input.code, input.kind, input.note)
            return await view_obligation(caller, number)

        return await answered(RecordSystemChangePayload, work())

    @strawberry.mutation
    async def retire_system(self, info: Info, input: RetireSystemInput) -> RetireSystemPayload:
        """Say that a system is not in use any more.

        Args:
            input: Which system.
        """
        caller = caller_of(info)

        async def work() -> Any:
            await retire_system(caller, input.code)
            return await view_registers(caller)

        return await answered(RetireSystemPayload, work())

    @strawberry.mutation
    async def upsert_regulation(self, info: Info, input: UpsertRegulationInput) -> UpsertRegulationPayload:
        """Enter an operating regulation, or change it; it is reviewed at least every three years (002:83).

        Args:
            input: The regulation.
        """
        caller = caller_of(info)

        async def work() -> Any:
            await upsert_regulation(
                caller,
                input.code,
                input.title,
                input.effective_on,
                last_reviewed_on=input.last_reviewed_on,
                active=input.active,
            )
            return await view_registers(caller)

        return await answered(UpsertRegulationPayload, work())

    @strawberry.mutation
    async def record_plan(self, info: Info, input: RecordPlanInput) -> RecordPlanPayload:
        """Enter a version of a continuity or recovery plan (002:93-99).

        Args:
            input: The plan.
        """
        caller = caller_of(info)

        async def work() -> Any:
            await record_plan(caller, input.as_plan())
            return await view_registers(caller)

        return await answered(RecordPlanPayload, work())

    @strawberry.mutation
    async def approve_plan(self, info: Info, input: ApprovePlanInput) -> ApprovePlanPayload:
        """Approve a version of a plan; for a Chief Security Officer who did not enter it (002:93-99).

        Args:
            input: Which version, and until when.
        """
        caller = caller_of(info)

        async def work() -> Any:
            await approve_plan(caller, input.kind, input.version, input.expires_on)
            return await view_registers(caller)

        return await answered(ApprovePlanPayload, work())

    @strawberry.mutation
    async def record_threat_level(self, info: Info, input: RecordThreatLevelInput) -> RecordThreatLevelPayload:
        """Record the threat level; everybody who is signed on sees it (002:39-42).

        Args:
            input: The level.
        """
        caller = caller_of(info)

        async def work() -> Any:
            await record_threat_level(caller, input.level, input.note)
            return await view_house(caller)

        return await answered(RecordThreatLevelPayload, work())

    @strawberry.mutation
    async def record_sanction(self, info: Info, input: RecordSanctionInput) -> RecordSanctionPayload:
        """Record what a closed incident led to; for the Chief Security Officer (002:130-131).

        Args:
            input: The action.
        """
        caller = caller_of(info)

        async def work() -> Any:
            await record_sanction(caller, input.incident_number, input.kind, input.decided_on, input.note)
            return await list_sanctions(caller, input.incident_number)

        return await answered(RecordSanctionPayload, work())

    @strawberry.mutation
    async def answer_lso_collection(self, info: Info, input: AnswerLsoCollectionInput) -> AnswerLsoCollectionPayload:
        """Answer the collection of April for the own facility, as its Local Security Officer (002:127-128).

        Args:
            input: The answers.
        """
        caller = caller_of(info)

        async def work() -> Any:
            await answer_collection(caller, input.year, input.as_answers(), input.note)
            return await view_collection(caller, input.year)

        return await answered(AnswerLsoCollectionPayload, work())

    @strawberry.mutation
    async def create_calendar_feed(self, info: Info, input: CreateCalendarFeedInput) -> CreateCalendarFeedPayload:
        """Make a private link to the obligations that the caller may see, for the calendar on the desk.

        Args:
            input: Whether an earlier link ends.
        """
        return await answered(CreateCalendarFeedPayload, make_feed(caller_of(info), replace=input.replace))

    @strawberry.mutation
    async def revoke_calendar_feed(self, info: Info, input: RevokeCalendarFeedInput) -> RevokeCalendarFeedPayload:
        """End a private link: the own, or that of somebody else who has lost it.

        Args:
            input: Whose link.
        """
        return await answered(RevokeCalendarFeedPayload, revoke_feed(caller_of(info), input.user_id))
