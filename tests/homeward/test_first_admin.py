"""An installation begins with a few people who hold its offices; everybody else asks for access."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeward.first_admin import OFFICES, create_first_admin
from homeward.key_file import make_keys
from homeward.settings import Settings
from orm.database import close_database, open_database
from orm.models import Credential, RoleGrant, User
from rules.passwords import password_faults
from rules.policy import DEFAULTS
from rules.roles import Role


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    chosen = Settings(DATABASE_URL=database_url, var=tmp_path)
    make_keys(chosen.key_file)
    return chosen


@pytest.mark.parametrize("office", [Role.ADMINISTRATOR, Role.CSO, Role.OA])
async def test_the_first_holder_of_an_office_gets_a_password_to_be_changed(settings: Settings, office: Role) -> None:
    said: list[str] = []

    code = await create_first_admin(settings, "first.one", "First", "One", "first@example.org", said.append, office)

    assert code == 0
    password = said[0].rpartition(" ")[2]
    assert password_faults(password, DEFAULTS) == ()
    await open_database(settings.database)
    try:
        user = await User.get(user_id="FIRST.ONE")
        assert (await Credential.get(user_id=user.id)).must_change
        assert await RoleGrant.filter(user_id=user.id, ended_at=None).values_list("role", flat=True) == [str(office)]
    finally:
        await close_database()


@pytest.mark.parametrize("office", sorted(set(Role) - set(OFFICES)))
async def test_no_role_of_a_provider_or_of_a_county_is_given_past_the_approval_chain(
    settings: Settings, office: Role
) -> None:
    said: list[str] = []

    assert await create_first_admin(settings, "other", "O", "Ther", "other@example.org", said.append, office) == 2

    assert "Only an office of the department" in said[0]
    await open_database(settings.database)
    try:
        assert not await User.exists(user_id="OTHER")
    finally:
        await close_database()
