"""Several who try at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from rules.errors import Refusal


async def at_once(*attempts: Awaitable[Any]) -> list[Any]:
    """Let all go at the same moment; a refusal is an answer, anything else a fault."""
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*attempts, return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException) and not isinstance(answer, Refusal):
            raise answer
    return answers


def refusals(answers: list[Any]) -> list[Refusal]:
    """Give the refusals among the answers."""
    return [answer for answer in answers if isinstance(answer, Refusal)]
