"""The findings of all reviews by their own numbers: for the letters that name one, and for what is still open."""

from __future__ import annotations

from tortoise.expressions import Q
from tortoise.queryset import QuerySet

from orm.models import ReviewFinding
from resolvers.activity_review_scope import READERS
from resolvers.activity_review_views import FindingView, finding_view
from resolvers.desk import Reading, access
from resolvers.numbers import LAST_NUMBER
from resolvers.paging import Page, from_cursor, page_of, page_size, to_cursor
from rules.access_forms import FormState
from rules.errors import NotFound

_ORDER = "REVIEW_FINDING"


@access("review_finding.list", by=READERS, cites="002:252-259")
async def list_findings(
    reading: Reading, *, carried_out: bool | None = None, first: int = 50, after: str | None = None, count: bool = False
) -> Page[FindingView]:
    """List the findings of all reviews, the newest first; ``carried_out=False`` gives those that are still open.

    Raises:
        Invalid: a cursor or page size that cannot be.
    """
    size = page_size(first)
    found = ReviewFinding.all()
    if carried_out is not None:
        done = Q(closed_at__isnull=False) | Q(form__state=FormState.DONE)
        still_open = Q(closed_at__isnull=True) & (Q(form_id__isnull=True) | ~Q(form__state=FormState.DONE))
        found = found.filter(done if carried_out else still_open)
    total = await found.count() if count else None
    if after is not None:
        found = found.filter(number__lt=from_cursor(after, _ORDER, most=LAST_NUMBER))
    views = [] if total == 0 else await _views(reading, found.order_by("-number").limit(size + 1))
    more = len(views) > size
    return page_of(views[:size], lambda view: to_cursor(_ORDER, view.number), more=more, after=after, total=total)


@access("review_finding.view", by=READERS, cites="002:252-259")
async def view_finding(reading: Reading, number: int) -> FindingView:
    """Show a finding.

    Raises:
        NotFound: there is no such finding.
    """
    views = await _views(reading, ReviewFinding.filter(number=number)) if 0 < number <= LAST_NUMBER else []
    if not views:
        raise NotFound("There is no such finding.", code="FINDING_NOT_FOUND", field="number")
    return views[0]


async def _views(reading: Reading, found: QuerySet[ReviewFinding]) -> list[FindingView]:
    rows = await found.select_related("form", "member", "member__review")
    reading.shows("review_finding", [row.id for row in rows], ["finding"])
    reading.touches("user", [row.member.user_id for row in rows])
    return [finding_view(row, row.member, row.member.review.number) for row in rows]
