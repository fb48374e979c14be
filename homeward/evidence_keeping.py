"""The kept reports from the command line, and the draw of a review drawn again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from homeward.settings import Settings
from homeward.wiring import open_house
from resolvers.activity_review_draws import DrawCheck, check_draw
from resolvers.callers import Caller, house
from resolvers.evidence import list_all_evidence, verify_evidence
from rules.calendar import CHICAGO
from rules.errors import Refusal

Say = Callable[[str], object]
Write = Callable[[bytes], object]
T = TypeVar("T")

_CALLER = "command line"


async def list_reports(settings: Settings, say: Say) -> int:
    """List the kept reports, the oldest first; answer the exit code."""
    for one in await _asked(settings, list_all_evidence):
        made = f"{one.made_at.astimezone(CHICAGO):%Y-%m-%d}"
        say(f"{one.number}  {made}  {one.procedure:<24}  {one.made_by:<24}  {one.content_hash}")
    return 0


async def verify_reports(settings: Settings, number: int | None, say: Say) -> int:
    """Make the hashes anew and say what was seen; answer the exit code."""
    try:
        verdicts = await _asked(settings, lambda caller: verify_evidence(caller, number))
    except Refusal as no:
        say(no.message)
        return 1
    for one in verdicts:
        if one.broken:
            say(f"NOT WHOLE. Report {one.number} ({one.procedure}) was changed: {', '.join(one.broken)}.")
    whole = sum(not one.broken for one in verdicts)
    say(f"{whole} of {len(verdicts)} reports are as they were kept.")
    return 0 if whole == len(verdicts) else 1


async def check_draw_again(settings: Settings, number: int, say: Say) -> int:
    """Draw a review again and say what came; answer the exit code."""
    check = await _draw(settings, number, say)
    if check is None:
        return 1
    say(check.algorithm)
    say(f"Seed: {check.seed}")
    say(f"List: {check.list_size} user IDs, SHA-256 {check.list_hash_again}")
    for list_number, user_id in zip(check.numbers_again, check.user_ids_again, strict=True):
        say(f"  {list_number}  {user_id}")
    say("The same was drawn." if check.agrees else "NOT THE SAME. What is kept of the draw was changed.")
    return 0 if check.agrees else 1


async def write_list(settings: Settings, number: int, write: Write, say: Say) -> int:
    """Write the numbered list of a review, byte for byte what was hashed; answer the exit code."""
    check = await _draw(settings, number, say)
    if check is None:
        return 1
    write(check.lines.encode())
    return 0


async def _draw(settings: Settings, number: int, say: Say) -> DrawCheck | None:
    try:
        return await _asked(settings, lambda caller: check_draw(caller, number))
    except Refusal as no:
        say(no.message)
        return None


async def _asked(settings: Settings, ask: Callable[[Caller], Awaitable[T]]) -> T:
    async with open_house(settings.model_copy(update={"redis_url": ""})) as opened:
        return await ask(house(opened.desk, _CALLER))
