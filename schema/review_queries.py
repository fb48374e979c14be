"""System activity reviews (002:214-265)."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.activity_review_draws import check_draw
from resolvers.activity_review_rows import list_review_rows
from resolvers.activity_review_views import list_activity_reviews, view_activity_review
from resolvers.finding_patterns import view_finding_patterns
from resolvers.supervisor_questions import list_supervisor_questions
from rules.activity_reviews import ReviewState
from schema.context import Info, caller_of
from schema.described import described_type
from schema.finding_types import FindingPatterns
from schema.nodes import Connection, connection_of
from schema.review_row_types import ReviewRow
from schema.review_types import ActivityReview, DrawCheck
from schema.selection import is_wanted
from schema.supervisor_types import SupervisorQuestion


@described_type
class ReviewQueries:
    """System activity reviews (002:214-265)."""

    @strawberry.field
    async def activity_reviews(
        self, info: Info, state: ReviewState | None = None, first: int = 50, after: str | None = None
    ) -> Connection[ActivityReview]:
        """The system activity reviews, the newest first.

        Args:
            state: Only those that are open, or completed.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_activity_reviews(
                caller_of(info), state=state, first=first, after=after, count=is_wanted(info, "totalCount")
            )
        )

    @strawberry.field
    async def activity_review(self, info: Info, number: int) -> ActivityReview:
        """One system activity review; an error with the code REVIEW_NOT_FOUND when there is none.

        Args:
            number: The number of the review.
        """
        return cast("ActivityReview", await view_activity_review(caller_of(info), number))

    @strawberry.field
    async def activity_review_rows(
        self,
        info: Info,
        number: int,
        user_id: str,
        explained: bool | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[ReviewRow]:
        """What a drawn person did in the window of a review, the oldest first (002:239-241).

        Args:
            number: The number of the review.
            user_id: The drawn user ID, with or without its domain.
            explained: Only the rows that a rule explains, or only those that none does.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_review_rows(
                caller_of(info),
                number,
                user_id,
                explained=explained,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
            )
        )

    @strawberry.field
    async def check_draw(self, info: Info, number: int) -> DrawCheck:
        """The user IDs of a review, drawn again from what is kept, and compared (002:228-231).

        Args:
            number: The number of the review.
        """
        return cast("DrawCheck", await check_draw(caller_of(info), number))

    @strawberry.field
    async def supervisor_questions(self, info: Info) -> list[SupervisorQuestion]:
        """What the caller is asked as supervisor, the open questions first (002:248-249)."""
        return cast("list[SupervisorQuestion]", await list_supervisor_questions(caller_of(info)))

    @strawberry.field
    async def finding_patterns(self, info: Info) -> FindingPatterns:
        """The findings of all reviews, counted, and what was noted about procedures (002:257-259)."""
        return cast("FindingPatterns", await view_finding_patterns(caller_of(info)))
