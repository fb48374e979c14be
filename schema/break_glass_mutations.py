"""Break the glass, end it, review it (45 CFR 164.312(a)(2)(ii))."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import strawberry

from resolvers.break_glass import break_glass, end_break_glass, review_break_glass
from resolvers.break_glass_views import view_break_glass
from schema.break_glass_inputs import BreakGlassInput, EndBreakGlassInput, ReviewBreakGlassInput
from schema.break_glass_payloads import BreakGlassPayload, EndBreakGlassPayload, ReviewBreakGlassPayload
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered


@described_type
class BreakGlassMutations:
    """Consumer data in an emergency, for those whose office sees none."""

    @strawberry.mutation
    async def break_glass(self, info: Info, input: BreakGlassInput) -> BreakGlassPayload:
        """Open one referral to the caller for a short time, to be read only; everybody who holds the office is told.

        Args:
            input: Which referral, and why.
        """
        work = break_glass(caller_of(info), input.referral_number, input.reason)
        return await answered(BreakGlassPayload, _shown(info, work))

    @strawberry.mutation
    async def end_break_glass(self, info: Info, input: EndBreakGlassInput) -> EndBreakGlassPayload:
        """End a break-glass before its time: the own one, or somebody else's.

        Args:
            input: Which one.
        """
        return await answered(EndBreakGlassPayload, _shown(info, end_break_glass(caller_of(info), input.number)))

    @strawberry.mutation
    async def review_break_glass(self, info: Info, input: ReviewBreakGlassInput) -> ReviewBreakGlassPayload:
        """Close the review of what somebody else has opened.

        Args:
            input: Which one, and what was found.
        """
        work = review_break_glass(caller_of(info), input.number, input.finding, input.note)
        return await answered(ReviewBreakGlassPayload, _shown(info, work))


async def _shown(info: Info, work: Awaitable[int]) -> Any:
    return await view_break_glass(caller_of(info), await work)
