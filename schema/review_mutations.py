"""System activity reviews (002:214-265)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import strawberry

from resolvers.activity_review_completion import complete_activity_review
from resolvers.activity_review_judging import go_on_without_supervisor, judge_access
from resolvers.activity_review_views import view_activity_review
from resolvers.finding_patterns import note_procedure, view_finding_patterns
from resolvers.review_findings import close_finding, date_finding, open_finding
from resolvers.signing import hand_of
from resolvers.supervisor_questions import (
    answer_supervisor_question,
    ask_supervisor,
    list_supervisor_questions,
)
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.ids import key_of
from schema.review_inputs import (
    AnswerSupervisorQuestionInput,
    AskSupervisorInput,
    CloseFindingInput,
    CompleteActivityReviewInput,
    DateFindingInput,
    GoOnWithoutSupervisorInput,
    JudgeAccessInput,
    NoteProcedureInput,
    OpenFindingInput,
)
from schema.review_payloads import (
    AnswerSupervisorQuestionPayload,
    AskSupervisorPayload,
    CloseFindingPayload,
    CompleteActivityReviewPayload,
    DateFindingPayload,
    GoOnWithoutSupervisorPayload,
    JudgeAccessPayload,
    NoteProcedurePayload,
    OpenFindingPayload,
)


@described_type
class ReviewMutations:
    """System activity reviews (002:214-265)."""

    @strawberry.mutation
    async def judge_access(self, info: Info, input: JudgeAccessInput) -> JudgeAccessPayload:
        """Judge a row of a drawn person's log; of two who judge it at once the first wins (002:239-241).

        Args:
            input: The verdict.
        """
        work = judge_access(
            caller_of(info), input.number, input.user_id, input.entry, input.verdict, input.note,
            seen=input.seen_revision,
        )  # fmt: skip
        return await answered(JudgeAccessPayload, _review(info, input.number, work))

    @strawberry.mutation
    async def ask_supervisor(self, info: Info, input: AskSupervisorInput) -> AskSupervisorPayload:
        """Ask a drawn person's supervisor by letter whether the access is needed (002:248-249).

        Args:
            input: Whom to ask about whom.
        """
        work = ask_supervisor(caller_of(info), input.number, input.user_id, input.supervisor_user_id)
        return await answered(AskSupervisorPayload, _review(info, input.number, work))

    @strawberry.mutation
    async def go_on_without_supervisor(
        self, info: Info, input: GoOnWithoutSupervisorInput
    ) -> GoOnWithoutSupervisorPayload:
        """Say why the supervisor of a drawn person cannot answer.

        Args:
            input: The reason.
        """
        work = go_on_without_supervisor(caller_of(info), input.number, input.user_id, input.reason)
        return await answered(GoOnWithoutSupervisorPayload, _review(info, input.number, work))

    @strawberry.mutation
    async def open_finding(self, info: Info, input: OpenFindingInput) -> OpenFindingPayload:
        """Write down a discrepancy, and submit the corresponding access form (002:252-254).

        Args:
            input: The finding.
        """
        work = open_finding(caller_of(info), input.number, input.user_id, input.as_entry())
        return await answered(OpenFindingPayload, _review(info, input.number, work))

    @strawberry.mutation
    async def date_finding(self, info: Info, input: DateFindingInput) -> DateFindingPayload:
        """Say by when a finding is to be carried out.

        Args:
            input: The date.
        """
        work = date_finding(caller_of(info), input.number, input.due_on)
        return await answered(DateFindingPayload, _review(info, input.review_number, work))

    @strawberry.mutation
    async def close_finding(self, info: Info, input: CloseFindingInput) -> CloseFindingPayload:
        """Say how a finding was carried out that has no form on its way.

        Args:
            input: How.
        """
        work = close_finding(caller_of(info), input.number, input.note)
        return await answered(CloseFindingPayload, _review(info, input.review_number, work))

    @strawberry.mutation
    async def complete_activity_review(
        self, info: Info, input: CompleteActivityReviewInput
    ) -> CompleteActivityReviewPayload:
        """Complete a review that lacks nothing, and keep its report (002:262).

        Args:
            input: Which review.
        """
        work = complete_activity_review(caller_of(info), input.number)
        return await answered(CompleteActivityReviewPayload, _review(info, input.number, work))

    @strawberry.mutation
    async def answer_supervisor_question(
        self, info: Info, input: AnswerSupervisorQuestionInput
    ) -> AnswerSupervisorQuestionPayload:
        """Answer, as the supervisor who is asked, with user ID and password (002:248-249).

        Args:
            input: The signed answer.
        """

        async def answer() -> Any:
            key = key_of("SupervisorQuestion", input.question_id, field="questionId")
            caller = caller_of(info)
            hand = await hand_of(caller, input.user_id, input.password)
            await answer_supervisor_question(caller, key, input.answer, input.note, hand, input.content_hash)
            return next((one for one in await list_supervisor_questions(caller) if one.id == key), None)

        return await answered(AnswerSupervisorQuestionPayload, answer())

    @strawberry.mutation
    async def note_procedure(self, info: Info, input: NoteProcedureInput) -> NoteProcedurePayload:
        """Note what the findings say about a procedure; for the Chief Security Officer (002:257-259).

        Args:
            input: The note.
        """

        async def note() -> Any:
            await note_procedure(caller_of(info), input.text, input.review_number)
            return await view_finding_patterns(caller_of(info))

        return await answered(NoteProcedurePayload, note())


async def _review(info: Info, number: int, work: Awaitable[object]) -> Any:
    await work
    return await view_activity_review(caller_of(info), number)
