"""Reviews of employee user IDs, and lists of other systems (002:105-110, 002:271-314)."""

from __future__ import annotations

from typing import cast

import strawberry

from resolvers.employee_review_views import list_employee_reviews, list_review_lines, view_employee_review
from resolvers.mainframe_review import list_mainframe_deletions
from resolvers.user_lists import list_user_list_rows, list_user_lists, view_user_list
from rules.user_lists import ListFinding
from schema.context import Info, caller_of
from schema.described import described_type
from schema.employee_review_types import EmployeeReview, EmployeeReviewLine, MainframeDeletion, UserList, UserListRow
from schema.nodes import Connection, connection_of
from schema.selection import is_wanted


@described_type
class EmployeeReviewQueries:
    """Reviews of employee user IDs, and lists of other systems (002:105-110, 002:271-314)."""

    @strawberry.field
    async def employee_reviews(
        self, info: Info, first: int = 50, after: str | None = None
    ) -> Connection[EmployeeReview]:
        """The reviews of employee user IDs, the newest first; a facility's contact gets those that were sent.

        Args:
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_employee_reviews(caller_of(info), first=first, after=after, count=is_wanted(info, "totalCount"))
        )

    @strawberry.field
    async def employee_review(self, info: Info, number: int) -> EmployeeReview:
        """One review; an error with the code REVIEW_NOT_FOUND when there is none for the caller.

        Args:
            number: The number of the review.
        """
        return cast("EmployeeReview", await view_employee_review(caller_of(info), number))

    @strawberry.field
    async def employee_review_lines(
        self, info: Info, number: int, unanswered: bool = False, first: int = 50, after: str | None = None
    ) -> Connection[EmployeeReviewLine]:
        """The employee IDs of a review that the caller sees, by facility (002:294-296).

        Args:
            number: The number of the review.
            unanswered: Only those that wait for an answer.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_review_lines(
                caller_of(info),
                number,
                unanswered=unanswered,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
            )
        )

    @strawberry.field
    async def user_lists(
        self, info: Info, system: str | None = None, first: int = 50, after: str | None = None
    ) -> Connection[UserList]:
        """The imported lists of users of other systems, the newest first (002:307-308).

        Args:
            system: Only those of the system with this code.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_user_lists(
                caller_of(info), system=system, first=first, after=after, count=is_wanted(info, "totalCount")
            )
        )

    @strawberry.field
    async def user_list(self, info: Info, number: int) -> UserList:
        """One imported list; an error with the code USER_LIST_NOT_FOUND when there is none.

        Args:
            number: The number of the list.
        """
        return cast("UserList", await view_user_list(caller_of(info), number))

    @strawberry.field
    async def user_list_rows(
        self,
        info: Info,
        number: int,
        finding: ListFinding | None = None,
        first: int = 50,
        after: str | None = None,
    ) -> Connection[UserListRow]:
        """What the comparison of an imported list with the accounts has found, by line (002:307-308).

        Args:
            number: The number of the list.
            finding: Only rows of which this was found.
            first: How many rows, at most 100.
            after: The cursor after which to go on.
        """
        return connection_of(
            await list_user_list_rows(
                caller_of(info),
                number,
                finding=finding,
                first=first,
                after=after,
                count=is_wanted(info, "totalCount"),
            )
        )

    @strawberry.field
    async def mainframe_deletions(self, info: Info) -> list[MainframeDeletion]:
        """The mainframe IDs that are still to be deleted, the longest unused first; at most a thousand."""
        return cast("list[MainframeDeletion]", await list_mainframe_deletions(caller_of(info)))
