"""Bring the tables up to date and fill them with the demonstration world."""

from __future__ import annotations

from homeward.demo.documents import add_documents
from homeward.demo.world import build, is_built
from homeward.demo_accounts import ACCOUNTS
from homeward.settings import Settings
from homeward.wiring import open_house
from orm.database import migrate


async def build_demo(settings: Settings) -> int:
    """Bring the tables up to date and fill an empty database with the demonstration world."""
    settings.var.mkdir(parents=True, exist_ok=True)
    await migrate(settings.database)
    async with open_house(settings.model_copy(update={"redis_url": ""})) as house:
        if await is_built():
            print("The demonstration world is there already.", flush=True)
            return 0
        print("Building the demonstration world (once, some seconds)", flush=True)
        await build(house.desk, house.desk.clock(), settings.var / ACCOUNTS, progress=_Progress())
        await add_documents(house.desk)
    return 0


class _Progress:
    """Say every tenth of the way."""

    def __init__(self) -> None:
        self._told: set[tuple[str, int]] = set()

    def __call__(self, what: str, done: int, of: int) -> None:
        tenth = 10 * done // max(of, 1)
        if (what, tenth) not in self._told:
            self._told.add((what, tenth))
            if tenth in {0, 5, 10}:
                print(f"  {what}: {done} of {of}", flush=True)
