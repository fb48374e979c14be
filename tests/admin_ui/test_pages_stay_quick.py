"""Pages ask as many questions of the database for many records as for few, and the benchmark knows every room."""

from __future__ import annotations

import pytest

from admin_ui.rooms import ROOMS
from benchmarks.pages import PAGES
from orm.models import Provider
from rules.roles import Role
from tests.admin_ui.browser import Browser, SignsIn
from tests.world.counting import counting
from tests.world.world import World

_MANY = 6


@pytest.mark.parametrize(
    ("role", "path", "most"),
    [
        (Role.CSO, "/", 50),
        (Role.CENTRAL_STAFF, "/", 32),
        (Role.PROVIDER_RELATIONS, "/providers", 14),
        (Role.PROVIDER_RELATIONS, "/coverage", 9),
        (Role.CENTRAL_STAFF, "/referrals/new", 8),
        (Role.CENTRAL_STAFF, "/referrals/{number}/publish", 15),
        (Role.CENTRAL_STAFF, "/referrals/{number}/change", 10),
        (Role.ADMINISTRATOR, "/open-duties", 10),
        (Role.ADMINISTRATOR, "/access-requests", 13),
        (Role.ADMINISTRATOR, "/your-account", 16),
    ],
)
async def test_a_page_asks_no_more_for_many_records_than_for_few(
    world: World, signed_in: SignsIn, role: Role, path: str, most: int
) -> None:
    coordinator, home = await world.coordinator("Boone", "Cole"), await world.provider("Boone", "Cole")
    path = path.format(number=await world.published(coordinator, "Boone", "Cole"))
    page = await signed_in(await world.user(role))
    assert (await page.get(path)).status_code == 200  # what is asked once in a process, such as a plan, is asked now

    await Provider.filter(id=home.id).update(city="Elsewhere")  # so that nothing is kept
    few = await _statements(page, path)
    for number in range(_MANY):
        another = await world.coordinator("Boone", "Adair")
        await world.provider("Boone", "Cole", "Adair")
        await world.contact(home.id, "Boone", email=None if number % 2 else "")
        await world.published(another, "Boone")
    many = await _statements(page, path)

    assert many < few + _MANY, "not one more for each record"
    assert max(few, many) <= most


async def _statements(page: Browser, path: str) -> int:
    with counting() as heard:
        assert (await page.get(path)).status_code == 200
    # Who asks or writes down at the same moment goes together, now with more and now with fewer.
    return sum("change_mark" not in text and "INSERT INTO audit_entry" not in text for text in heard)


def test_the_benchmark_measures_every_room_as_somebody_for_whom_it_is_open() -> None:
    for room in (room for group in ROOMS.values() for room in group):
        roles = {role for role, path in PAGES if path == room.path}
        assert roles, f"{room.path} is measured by nobody"
        assert room.by is None or roles <= room.by, f"{room.path} is measured by somebody who may not enter"
