"""Audiences that were frozen row by row are the same documents after the migration, and as hard to change."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from tortoise.exceptions import IntegrityError

from orm.database import dialect, migrate
from orm.models import Publication, Referral
from orm.sql import execute, fetch
from resolvers.callers import Caller, Desk
from resolvers.frozen_audiences import audiences_of
from resolvers.referral_views import view_referral
from resolvers.referrals import publish_referral
from resolvers.why_not import why_not
from rules.audience import Reason
from rules.referrals import ReferralStatus
from tests.orm.earlier import earlier_migrations, opened
from tests.world.clock import Clock
from tests.world.world import World

pytestmark = pytest.mark.engine

FROZEN_IN_THE_ROW = "0029_frozen_audience"
GUARDS = {
    "sqlite": "SELECT name, sql AS text FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL "
    "AND tbl_name IN ('publication', 'provider') ORDER BY name",
    "postgres": "SELECT t.tgname AS name, CAST(t.tgenabled AS text) || pg_get_triggerdef(t.oid) || p.prosrc AS text "
    "FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
    "WHERE t.tgrelid IN ('publication'::regclass, 'provider'::regclass) AND NOT t.tgisinternal UNION ALL "
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid IN ('publication'::regclass, 'provider'::regclass) ORDER BY name",
}


async def _guards() -> dict[str, str]:
    """Give what guards publications and providers, each as the catalogue has it."""
    rows = await fetch(GUARDS[dialect()])
    return {row["name"]: row["text"] for row in rows if "publication_audience" not in row["name"]}


async def _freeze(referral: Referral, who: Caller, number: int, verdicts: dict[UUID, tuple[bool, str]]) -> UUID:
    """Write a publication and its audience as they were written then."""
    publication = uuid4()
    await execute(
        "INSERT INTO publication (id, referral_id, number, at, by_id) VALUES (:id, :referral, :number, :at, :by)",
        id=publication,
        referral=referral.id,
        number=number,
        at=who.desk.clock(),
        by=who.actor.id,
    )
    for provider, (eligible, reason) in verdicts.items():
        await execute(
            "INSERT INTO publication_audience (publication_id, provider_id, eligible, reason) "
            "VALUES (:publication, :provider, :eligible, :reason)",
            publication=publication,
            provider=provider,
            eligible=eligible,
            reason=reason,
        )
    return publication


async def _older_referral(world: World, who: Caller) -> Referral:
    number = await world.draft(who, "Boone")
    open_since = {"status": ReferralStatus.OPEN, "first_published_at": world.clock(), "publications": 3}
    await Referral.filter(number=number).update(**open_since)
    return await world.referral(number)


async def test_the_audience_of_an_older_publication_is_shown_as_before_and_cannot_be_changed(
    scratch_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: Desk, clock: Clock
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    await migrate(scratch_url, migrations=earlier_migrations(tmp_path, FROZEN_IN_THE_ROW))
    async with opened(scratch_url):
        world = World(desk, clock)
        coordinator = await world.coordinator("Boone")
        zinnia, aster = [await world.provider("Boone", name=name) for name in ("Zinnia", "Aster")]
        mint = await world.provider("Adair", name="Mint")
        referral = await _older_referral(world, coordinator)
        first = {zinnia.id: (True, "COUNTY"), mint.id: (False, "OTHER_COUNTIES"), aster.id: (True, "COUNTY")}
        second = first | {zinnia.id: (True, "STATEWIDE"), aster.id: (False, "EXCLUDED")}
        keys = [
            await _freeze(referral, coordinator, number, verdicts)
            for number, verdicts in enumerate((first, second, {}), start=1)
        ]
        guards = await _guards()

    assert (await migrate(scratch_url))[0] == FROZEN_IN_THE_ROW

    async with opened(scratch_url):
        assert await audiences_of(keys) == {
            key: {provider: Reason(reason) for provider, (_, reason) in verdicts.items()}
            for key, verdicts in zip(keys, (first, second, {}), strict=True)
        }
        view = await view_referral(
            coordinator, number=referral.number, wanted={"publications", "publications.audience"}
        )
        assert [
            [(member.provider.name, member.eligible, member.reason) for member in one.audience]
            for one in view.publications
        ] == [
            [("Aster", True, Reason.COUNTY), ("Mint", False, Reason.OTHER_COUNTIES), ("Zinnia", True, Reason.COUNTY)],
            [
                ("Aster", False, Reason.EXCLUDED),
                ("Mint", False, Reason.OTHER_COUNTIES),
                ("Zinnia", True, Reason.STATEWIDE),
            ],
            [],
        ]
        answer = await why_not(coordinator, referral.number, aster.id)
        assert [(one.eligible, one.reason) for one in answer.publications] == [
            (True, Reason.COUNTY),
            (False, Reason.EXCLUDED),
            (False, None),
        ]

        assert await _guards() == guards
        before = await fetch("SELECT * FROM publication ORDER BY number")
        attempts = ["UPDATE publication SET audience = '{}'", "DELETE FROM publication"]
        for attempt in [*attempts, *(["TRUNCATE publication CASCADE"] if dialect() == "postgres" else [])]:
            with pytest.raises(IntegrityError, match="publication is written once"):
                await execute(attempt)
        assert await fetch("SELECT * FROM publication ORDER BY number") == before

        await publish_referral(coordinator, referral.number)
        latest = await Publication.get(number=4)
        assert await audiences_of([latest.id]) == {
            latest.id: {aster.id: Reason.COUNTY, zinnia.id: Reason.COUNTY, mint.id: Reason.OTHER_COUNTIES}
        }


async def test_a_row_that_says_otherwise_than_its_reason_stops_the_migration_and_is_still_there(
    scratch_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: Desk, clock: Clock
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    await migrate(scratch_url, migrations=earlier_migrations(tmp_path, FROZEN_IN_THE_ROW))
    async with opened(scratch_url):
        world = World(desk, clock)
        coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
        await _freeze(await _older_referral(world, coordinator), coordinator, 1, {home.id: (True, "EXCLUDED")})
        guards = await _guards()

    with pytest.raises(IntegrityError, match="1 rows that say otherwise"):
        await migrate(scratch_url)

    async with opened(scratch_url):
        assert [row["reason"] for row in await fetch("SELECT reason FROM publication_audience")] == ["EXCLUDED"]
        assert await _guards() == guards
