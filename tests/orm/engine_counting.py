"""Count up a number a hundred times, as one of several processes that do."""

import asyncio
import sys

from engine_models import Counter
from tortoise.transactions import in_transaction

from orm.database import close_database, open_database


async def count_up(url: str, times: int) -> None:
    """Read, add one, write: the classic way to lose an update."""
    await open_database(url, synchronous="OFF", models="engine_models")
    try:
        for _ in range(times):
            async with in_transaction():
                counter = await Counter.select_for_update().get(id=1)
                counter.value += 1
                await counter.save()
    finally:
        await close_database()


asyncio.run(count_up(sys.argv[1], int(sys.argv[2])))
