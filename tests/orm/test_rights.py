"""On PostgreSQL the house runs as a role that can read the trail and add to it, and do nothing else to it (AUD-03)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest

from orm.database import close_database, open_database
from orm.rights import RightsError, grant_to
from resolvers.break_glass import break_glass
from resolvers.callers import Desk
from resolvers.referral_views import view_referral
from resolvers.responses import Answer, respond_to_referral
from resolvers.sessions import sign_in
from resolvers.traces import trace_next_seal
from resolvers.trail_purge import purge_some
from rules.referrals import ResponseKind
from rules.roles import Role
from tests.conftest import ENGINE
from tests.world.clock import Clock
from tests.world.sealed_trail import SealedTrail
from tests.world.world import PASSWORD, World

pytestmark = pytest.mark.requirement("AUD-03")

TRAIL = ("audit_entry", "seal", "sealed_entry", "audit_trace", "signature")

_REPLACED = (
    'CREATE OR REPLACE FUNCTION "{}_written_once"() RETURNS trigger LANGUAGE plpgsql '
    "AS $body$ BEGIN RETURN NEW; END $body$"
)


@pytest.mark.skipif(ENGINE != "sqlite", reason="what a file of SQLite answers")
async def test_without_roles_nobody_is_given_rights(database_url: str) -> None:
    with pytest.raises(RightsError, match="Only PostgreSQL"):
        await grant_to(database_url, "homeward_app")


if ENGINE == "postgres":

    @pytest.fixture
    async def role(database_url: str) -> AsyncIterator[str]:
        """A role that owns nothing, with the rights of the house."""
        name = f"app {uuid4().hex[:8]}"
        owner = await asyncpg.connect(database_url)
        await owner.execute(f"CREATE ROLE \"{name}\" LOGIN PASSWORD 'invented'")
        try:
            assert set(TRAIL) < set(await grant_to(database_url, name))
            yield name
        finally:
            await owner.execute(f'DROP OWNED BY "{name}"')
            await owner.execute(f'DROP ROLE "{name}"')
            await owner.close()

    async def test_the_role_of_the_house_can_neither_change_the_trail_nor_take_down_what_protects_it(
        database_url: str, role: str
    ) -> None:
        connection = await asyncpg.connect(database_url)
        try:
            await connection.execute(f'SET SESSION AUTHORIZATION "{role}"')
            for table in TRAIL:
                await connection.execute(f"SELECT * FROM {table}")
                column = await connection.fetchval(
                    "SELECT column_name FROM information_schema.columns WHERE table_name = $1 LIMIT 1", table
                )
                for attempt in (
                    f"UPDATE {table} SET {column} = {column}",
                    f"DELETE FROM {table}",
                    f"TRUNCATE {table} CASCADE",
                    f"ALTER TABLE {table} DISABLE TRIGGER ALL",
                    f"DROP TRIGGER {table}_written_once ON {table}",
                    f"DROP TABLE {table} CASCADE",
                    f"ALTER TABLE {table} OWNER TO CURRENT_USER",
                    _REPLACED.format(table),
                    "SET session_replication_role = replica",
                ):
                    with pytest.raises(asyncpg.InsufficientPrivilegeError):
                        await connection.execute(attempt)
        finally:
            await connection.close()

    async def test_the_whole_house_works_with_these_rights(
        database_url: str, role: str, desk: Desk, clock: Clock, tmp_path: Path
    ) -> None:
        parts = urlsplit(database_url)
        host = parts.netloc.rpartition("@")[2]
        as_role = urlunsplit(parts._replace(netloc=f"{role.replace(' ', '%20')}:invented@{host}"))
        await open_database(as_role)
        try:
            world = World(desk, clock)
            boone, home = await world.coordinator("Boone"), await world.provider("Boone")
            number = await world.published(boone, "Boone")
            await sign_in(desk, boone.actor.label, PASSWORD, device="", request_id="r")
            await respond_to_referral(home.staff, number, Answer(ResponseKind.ACCEPT))
            await view_referral(home.staff, number=number)
            await world.user(Role.PRIVACY_OFFICER)
            await break_glass(await world.user(Role.CSO), number, "An emergency.")
            trail = SealedTrail(world, tmp_path)
            assert await trail.seal()
            assert await trace_next_seal() == 1
            assert await purge_some(world.house) == 0
            verdict = await trail.verify()
            assert (verdict.finding, verdict.seals) == (None, 1)
        finally:
            await close_database()

    async def test_a_role_that_could_take_the_triggers_down_or_is_not_there_is_refused(database_url: str) -> None:
        connection = await asyncpg.connect(database_url)
        owner = str(await connection.fetchval("SELECT current_user"))
        await connection.close()
        with pytest.raises(RightsError, match="owns the tables"):
            await grant_to(database_url, owner)
        with pytest.raises(RightsError, match="There is no role"):
            await grant_to(database_url, f"nobody {uuid4().hex}")
