"""Asking for access through the real server, worker, broker and SMTP, as the README promises it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from homeward.demo.size import SMALL
from homeward.demo.world import build
from homeward.demo_postbox import DemoPostbox
from orm.models import AccessDecision, AccessRequest, Letter, RoleGrant, User
from resolvers.callers import Desk
from rules.approvals import RequestState
from rules.notices import DeliveryState, NotificationKind
from tests.story.running import running_house
from tests.story.scripts import run_script

SCRIPT = Path(__file__).parents[2] / "examples" / "ask_for_access.py"


@pytest.mark.requirement("ARA-01", "ARA-02", "ARA-07", "ARA-08", "ARA-09", "ARA-10", "ARA-14")
@pytest.mark.requirement("TRK-03", "TRK-04", "NOT-20")
async def test_a_role_is_asked_for_approved_twice_and_held_as_the_readme_tells_it(
    database: str, desk: Desk, broker: str, postbox: DemoPostbox, tmp_path: Path
) -> None:
    accounts = tmp_path / "demo-accounts.json"
    await build(desk, datetime.now(UTC), accounts, size=SMALL)

    async with running_house(database, broker, tmp_path, postbox) as house:
        told = await run_script(SCRIPT, house.address, accounts)

        number = int(told.split("Access request ")[1].split()[0])
        assert told.strip().splitlines()[-1].startswith("5. Granted")
        request = await AccessRequest.get(number=number)
        assert request.state is RequestState.GRANTED
        deciders = [one.decider_id for one in await AccessDecision.filter(request_id=request.id).order_by("at")]
        named = [(await User.get(id=one)).user_id for one in deciders]
        assert named == ["LSO.MARIGOLD", "ITSD.PROVISIONING"]
        assert await RoleGrant.filter(request_id=request.id, ended_at=None).count() == 1
        await _letters_went_out(postbox, number)


async def _letters_went_out(postbox: DemoPostbox, number: int) -> None:
    """See that requester, officer and desk each got the letter about their step."""
    wanted = {
        NotificationKind.ACCESS_REQUEST_SUBMITTED,
        NotificationKind.ACCESS_REQUEST_TO_DECIDE,
        NotificationKind.ACCESS_REQUEST_TO_PROVISION,
        NotificationKind.ACCESS_REQUEST_GRANTED,
    }
    async with asyncio.timeout(30):
        while True:
            letters = [one for one in await Letter.filter(kind__in=list(wanted)) if one.facts.get("number") == number]
            if {one.kind for one in letters} == wanted and all(one.state is DeliveryState.SENT for one in letters):
                break
            await asyncio.sleep(0.1)  # the rows are written by another process
    to_officer = next(one for one in letters if one.kind is NotificationKind.ACCESS_REQUEST_TO_DECIDE)
    assert to_officer.sent_to == (await User.get(user_id="LSO.MARIGOLD")).email
    subjects = " ".join(letter.subject for letter in postbox.letters(200))
    assert f"Access request {number} waits for your decision" in subjects
    assert f"Access request {number} was granted" in subjects
