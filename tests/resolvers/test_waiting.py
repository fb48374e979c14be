"""Requests and forms that stay where they are: whoever has to act is told, once for each stage (SWP-05)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from orm.models import AccessForm, AccessRequest, StageNotice
from resolvers.access_request_sight import request_in_sight
from resolvers.callers import Caller, house
from resolvers.overdue import tell_overdue
from resolvers.waiting import tell_waiting_form, tell_waiting_request
from rules.access_forms import FormState
from rules.approvals import RequestState
from rules.calendar import local_date
from rules.errors import NotFound
from rules.notices import NotificationKind
from tests.world.duties import request_of
from tests.world.forms import FORWARDED_FORM, PAPER_FORM, SIGNED_FORM, plant_forms
from tests.world.office import Office, told
from tests.world.world import World

REQUEST, FORM = NotificationKind.REQUEST_WAITS, NotificationKind.FORM_WAITS


async def heard(who: Caller) -> list[tuple[NotificationKind, int | None]]:
    return [line for line in await told(who) if line[0] in (REQUEST, FORM)]


@pytest.mark.requirement("SWP-05")
async def test_a_request_that_waits_for_days_is_told_once_for_each_stage(world: World) -> None:
    office = await Office.of(world)
    held = await request_of(office.employee, world, RequestState.AWAITING_LSO)
    addressed = await request_of(office.employee, world, RequestState.WITH_LSO, addressee_id=office.lso.actor.person())
    await request_of(office.employee, world, RequestState.GRANTED)
    world.clock.now += timedelta(days=5) - timedelta(seconds=1)
    assert await tell_overdue(world.desk) == 0
    world.clock.now += timedelta(seconds=1)
    assert [await tell_overdue(world.desk) for _ in range(3)] == [2, 0, 0]
    assert await heard(office.lso) == [(REQUEST, held.number), (REQUEST, addressed.number)]
    assert await heard(office.liaison) == [(REQUEST, held.number)]
    assert await heard(office.employee) == []
    today = local_date(world.clock())
    assert (await request_in_sight(office.liaison.actor, held.number, today)).id == held.id, "whoever is told may read"
    with pytest.raises(NotFound):
        await request_in_sight(office.liaison.actor, addressed.number, today)

    await AccessRequest.filter(id=held.id).update(
        state=RequestState.WITH_LSO, addressee_id=office.lso.actor.person(), state_since=world.clock()
    )
    world.clock.forward(days=5)
    assert [await tell_overdue(world.desk) for _ in range(2)] == [1, 0]
    assert len(await heard(office.lso)) == 3
    assert await StageNotice.all().count() == 3
    caller = house(world.desk, "overdue")
    assert await tell_waiting_request(caller, addressed.id) is False
    await AccessRequest.filter(id=addressed.id).update(state=RequestState.WITHDRAWN)
    assert await tell_waiting_request(caller, addressed.id) is False
    assert await tell_waiting_form(caller, addressed.id) is False


@pytest.mark.requirement("SWP-05")
async def test_a_form_that_waits_for_days_is_told_to_whoever_has_it_in_hand(world: World) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    await plant_forms(world, office.provider_id, office.employee)
    await AccessForm.filter(number=PAPER_FORM).update(submitted_by_id=office.employee.actor.id)
    await AccessForm.filter(number=14).update(state=FormState.DONE)
    world.clock.forward(days=5)
    assert [await tell_overdue(world.desk) for _ in range(2)] == [3, 0]
    assert await heard(office.employee) == [(FORM, PAPER_FORM)]
    assert await heard(office.liaison) == [(FORM, SIGNED_FORM)]
    assert await heard(office.oa) == [(FORM, FORWARDED_FORM)]
