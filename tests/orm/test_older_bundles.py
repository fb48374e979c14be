"""Letters that were tied before bundles were in one piece are untied after the migration, each to its own reader."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from orm.database import dialect, migrate
from orm.models import Contact, Letter
from orm.sql import execute, fetch
from resolvers.callers import Desk
from resolvers.letter_bundles import untie_bundles
from rules.notices import DeliveryState, NotificationKind
from tests.orm.earlier import earlier_migrations, opened
from tests.world.clock import Clock
from tests.world.world import World

pytestmark = pytest.mark.engine

IN_ONE_PIECE = "0031_in_one_piece"
TOLD = NotificationKind.REFERRAL_PUBLISHED
_TIE = """
INSERT INTO letter_bundle (at, ids, contact_ids, user_ids, places, news)
VALUES (:at, CAST(CAST(:ids AS text) AS uuid[]), CAST(CAST(:contacts AS text) AS uuid[]),
  CAST(CAST(:users AS text) AS uuid[]), CAST(CAST(:places AS text) AS integer[]), CAST(CAST(:news AS text) AS jsonb))
"""
_NEWS = '[{"place": 0, "kind": "%s", "facts": {"number": 7}}, {"place": 300, "kind": "%s", "facts": {"number": 8}}]'


def _array(values: list[object]) -> str:
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


async def _tied(clock: Clock, letters: list[tuple[UUID, UUID | None, UUID | None, int]]) -> None:
    """Tie letters as they were tied then."""
    ids, contacts, users, places = (_array(list(column)) for column in zip(*letters, strict=True))
    news = _NEWS % (TOLD, TOLD)
    await execute(_TIE, at=clock(), ids=ids, contacts=contacts, users=users, places=places, news=news)


async def test_what_is_tied_at_the_moment_of_the_migration_is_sent_afterwards(
    scratch_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: Desk, clock: Clock
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    await migrate(scratch_url, migrations=earlier_migrations(tmp_path, IN_ONE_PIECE))
    expected: dict[UUID, tuple[UUID | None, UUID | None, int]] = {}
    async with opened(scratch_url):
        world = World(desk, clock)
        home = await world.provider("Boone")
        contact, user = await Contact.filter(provider_id=home.id).first(), await world.user()
        assert contact is not None
        if dialect() == "postgres":
            for _ in range(2):
                some = [(uuid4(), contact.id, None, 0), (uuid4(), None, user.actor.id, 300)]
                await _tied(clock, [*some, (uuid4(), contact.id, None, 300)])
            for row in await fetch("SELECT ids, contact_ids, user_ids, places FROM letter_bundle"):
                for key, of, who, place in zip(
                    row["ids"], row["contact_ids"], row["user_ids"], row["places"], strict=True
                ):
                    expected[key] = (of, who, 7 if place == 0 else 8)
            assert len(expected) == 6

    assert (await migrate(scratch_url))[0] == IN_ONE_PIECE

    async with opened(scratch_url):
        assert await untie_bundles() == len(expected)
        letters = await Letter.filter(kind=TOLD)
        assert {one.id: (one.contact_id, one.user_id, one.facts["number"]) for one in letters} == expected
        assert {(one.state, one.due_at) for one in letters} <= {(DeliveryState.QUEUED, clock())}
        assert await untie_bundles() == 0
