"""Sign on again and again in a process of its own, until standard input ends: ``python -m benchmarks._sign_ons URL``.

Each time an account is held and written as at a sign-on. Prints, a line each, how many seconds it took.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from itertools import cycle
from time import perf_counter

from tortoise.transactions import in_transaction

from orm.database import close_database, open_database
from orm.models import Credential, User

EVERY = 0.02
_ACCOUNTS = 200


async def sign_on_again_and_again(url: str) -> None:
    """Sign on until standard input ends."""
    await open_database(url)
    ended = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    try:
        keys = (
            await User.filter(user_id__gte="U000900").order_by("user_id").limit(_ACCOUNTS).values_list("id", flat=True)
        )
        for key in cycle(keys):
            if ended.done():
                return
            begun = perf_counter()
            async with in_transaction():
                await Credential.filter(user_id=key).select_for_update(no_key=True).first()
                await User.filter(id=key).select_for_update(no_key=True).first()
                await User.filter(id=key).update(last_sign_in_at=datetime.now(UTC))
            print(perf_counter() - begun, flush=True)
            await asyncio.sleep(EVERY)
    finally:
        await close_database()


if __name__ == "__main__":
    asyncio.run(sign_on_again_and_again(sys.argv[1]))
