"""Draw the user IDs of a review from a numbered list that is kept, and draw them again (SAR-02; 002:228-231)."""

from __future__ import annotations

from dataclasses import dataclass

from orm.database import dialect
from orm.models import ActivityReview, ActivityReviewList
from orm.sql import fetch
from resolvers.activity_review_scope import READERS, review_numbered
from resolvers.desk import Reading, access
from rules.accounts import AccountState
from rules.draw import ALGORITHM, drawn_numbers, list_hash, picked
from rules.roles import Role

# One statement, so that the list is of one moment; it answers one text, however many accounts there are.
_LIST = {
    "sqlite": (
        "SELECT COUNT(*) AS size, COALESCE(GROUP_CONCAT(number || ' ' || user_id, CHAR(10)), '') AS lines FROM ("
        "SELECT ROW_NUMBER() OVER (ORDER BY user_id) AS number, user_id FROM user_account WHERE state <> :deleted "
        "ORDER BY user_id) listed"
    ),
    "postgres": (
        "SELECT COUNT(*) AS size, COALESCE(STRING_AGG(number || ' ' || user_id, CHR(10) ORDER BY number), '') AS lines "
        'FROM (SELECT ROW_NUMBER() OVER (ORDER BY user_id COLLATE "C") AS number, user_id FROM user_account '
        "WHERE state <> :deleted) listed"
    ),
}


@dataclass(frozen=True, slots=True)
class Draw:
    """A numbered list with its hash, and what was drawn from it by a seed."""

    lines: str
    size: int
    hash: str
    seed: str
    numbers: tuple[int, ...]
    user_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DrawCheck:
    """What drawing again from the kept list and seed gives, beside what is kept of the draw."""

    algorithm: str
    seed: str
    list_size: int
    list_hash: str
    list_hash_again: str
    numbers: list[int]
    numbers_again: list[int]
    user_ids_again: list[str]
    user_ids: list[str]
    lines: str

    @property
    def agrees(self) -> bool:
        """Say whether everything is as it was drawn."""
        return (
            self.list_hash == self.list_hash_again
            and self.numbers == self.numbers_again
            and self.user_ids == self.user_ids_again
        )


async def draw(seed: str, sample: int) -> Draw:
    """Number all user IDs that are not deleted, in their order, and draw from them."""
    [row] = await fetch(_LIST[dialect()], deleted=AccountState.DELETED)
    lines, size = str(row["lines"]), int(row["size"])
    numbers = drawn_numbers(seed, size, sample)
    return Draw(lines, size, list_hash(lines), seed, numbers, picked(lines, numbers))


@access("activity_review.redraw", by=READERS | {Role.SYSTEM}, cites="002:228-231")
async def check_draw(reading: Reading, number: int) -> DrawCheck:
    """Draw again from what is kept of a review, and compare.

    Raises:
        NotFound: there is no such review.
    """
    review = await review_numbered(reading, number)
    check = await _drawn_again(review)
    reading.note(agrees=check.agrees)
    return check


async def _drawn_again(review: ActivityReview) -> DrawCheck:
    lines = (await ActivityReviewList.get(review_id=review.id)).lines
    size = lines.count("\n") + 1 if lines else 0
    numbers = drawn_numbers(review.seed, size, review.sample_size)
    members = await review.members.all().order_by("place")  # type: ignore[attr-defined]
    return DrawCheck(
        algorithm=ALGORITHM,
        seed=review.seed,
        list_size=size,
        list_hash=review.list_hash,
        list_hash_again=list_hash(lines),
        numbers=list(review.numbers),
        numbers_again=list(numbers),
        user_ids_again=list(picked(lines, numbers)),
        user_ids=[member.drawn_user_id for member in members],
        lines=lines,
    )
