"""Reviews of employee user IDs, and lists of other systems (002:105-110, 002:271-314)."""

from __future__ import annotations

from typing import Any

import strawberry

from resolvers.employee_answers import verify_employment
from resolvers.employee_review_views import view_employee_review
from resolvers.mainframe_review import record_mainframe_deletion
from resolvers.user_lists import import_user_list, view_user_list
from schema.context import Info, caller_of
from schema.described import described_type
from schema.employee_review_inputs import ImportUserListInput, RecordMainframeDeletionInput, VerifyEmploymentInput
from schema.employee_review_payloads import (
    ImportUserListPayload,
    RecordMainframeDeletionPayload,
    VerifyEmploymentPayload,
)
from schema.errors import answered


@described_type
class EmployeeReviewMutations:
    """Reviews of employee user IDs, and lists of other systems (002:105-110, 002:271-314)."""

    @strawberry.mutation
    async def verify_employment(self, info: Info, input: VerifyEmploymentInput) -> VerifyEmploymentPayload:
        """Say of a listed employee whether they are still employed; who is not loses all access at once (002:294-305).

        Args:
            input: The employee and the answer.
        """

        async def verify() -> Any:
            caller = caller_of(info)
            await verify_employment(caller, input.number, input.user_id, input.answer, input.terminated_on)
            return await view_employee_review(caller, input.number)

        return await answered(VerifyEmploymentPayload, verify())

    @strawberry.mutation
    async def import_user_list(self, info: Info, input: ImportUserListInput) -> ImportUserListPayload:
        """Import a list of the users of another system, and compare it with the accounts (002:278-285, 002:307-308).

        Args:
            input: The system and its list.
        """

        async def bring_in() -> Any:
            number = await import_user_list(caller_of(info), input.system, input.csv)
            return await view_user_list(caller_of(info), number)

        return await answered(ImportUserListPayload, bring_in())

    @strawberry.mutation
    async def record_mainframe_deletion(
        self, info: Info, input: RecordMainframeDeletionInput
    ) -> RecordMainframeDeletionPayload:
        """Record that a mainframe ID was deleted; for account management (002:108-110).

        Args:
            input: The system and the ID.
        """
        work = record_mainframe_deletion(caller_of(info), input.system, input.user_id)
        return await answered(RecordMainframeDeletionPayload, work)
