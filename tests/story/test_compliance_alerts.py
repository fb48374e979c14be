"""Promises of the documents that were missed arrive live at whoever looks after them (SWP-05, LSO-06)."""

from __future__ import annotations

from pathlib import Path

import pytest

from orm.models import AuditEntry
from resolvers.callers import Desk
from resolvers.overdue import tell_overdue
from resolvers.people import view_viewer
from rules.approvals import RequestState
from rules.notices import NotificationKind
from rules.roles import Role
from tests.story.serving import served
from tests.story.test_live import connected
from tests.world.clock import Clock
from tests.world.duties import request_of, reset_for
from tests.world.office import Office
from tests.world.world import World

FOLLOW = "subscription($a: String) { complianceAlerts(after: $a) { cursor kind title subject subjectNumber } }"


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told: everything here runs in this process."""
    return Clock()


@pytest.mark.requirement("ARA-15")
@pytest.mark.requirement("PWD-12")
async def test_an_alert_arrives_as_the_time_runs_out_and_other_lines_are_passed_over(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    office = await Office.of(world)
    async with served(desk, tmp_path) as address, connected(address, office.cso.actor.label) as (socket, _):
        end = (await socket.ask("{ viewer { mailboxCursor } }"))["data"]["viewer"]["mailboxCursor"]
        following = await socket.start(FOLLOW, a=end)
        home = await world.provider("Boone")
        coordinator = await world.coordinator("Boone")
        await world.published(coordinator, "Boone")
        request = await request_of(office.employee, world, RequestState.AWAITING_PROVISIONING)
        world.clock.forward(hours=11)
        assert await tell_overdue(desk) == 0
        async with connected(address, home.staff.actor.label) as (other, _):
            elsewhere = await other.start(FOLLOW)
            assert elsewhere
            await request.filter(id=request.id).update(due_at=world.clock())
            world.clock.forward(seconds=1)
            assert await tell_overdue(desk) == 1
            event = (await socket.next(following))["data"]["complianceAlerts"]
    assert (event["kind"], event["subject"], event["subjectNumber"]) == (
        NotificationKind.PROVISIONING_OVERDUE,
        "ACCESS_REQUEST",
        request.number,
    )
    delivered = await AuditEntry.filter(act="mailbox.deliver").values_list("actor_id", flat=True)
    assert list(delivered) == [office.cso.actor.id], "each line shown is written down, and none was shown elsewhere"


@pytest.mark.requirement("SUB-01")
async def test_with_a_cursor_first_everything_missed_comes_and_only_what_is_an_alert(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    support = await world.user(Role.SUPPORT_DESK, Role.PLACEMENT_COORDINATOR, counties=["Boone"])
    end = (await view_viewer(support)).mailbox_cursor
    await world.published(support, "Boone")
    tickets = []
    for _ in range(2):
        tickets.append((await reset_for(await world.user(), world)).number)
        world.clock.forward(hours=2, seconds=1)
        await tell_overdue(desk)
        await world.published(support, "Boone")
    async with served(desk, tmp_path) as address, connected(address, support.actor.label) as (socket, _):
        following = await socket.start(FOLLOW, a=end)
        first = (await socket.next(following))["data"]["complianceAlerts"]
        second = (await socket.next(following))["data"]["complianceAlerts"]
        again = await socket.start(FOLLOW, a=first["cursor"])
        resumed = (await socket.next(again))["data"]["complianceAlerts"]
    assert [first["subjectNumber"], second["subjectNumber"]] == tickets
    assert resumed == second
