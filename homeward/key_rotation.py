"""Make, renew and forget the key-encryption keys of the documents, from the command line."""

from __future__ import annotations

from collections.abc import Callable

from homeward.key_file import add_key, forget_keys, make_keys
from homeward.settings import Settings
from homeward.wiring import open_house
from resolvers.attachment_duties import keys_in_use, rotate_keys
from resolvers.callers import house

Say = Callable[[str], object]


def make_first_key(settings: Settings, say: Say) -> None:
    """Make the key file, unless there is one."""
    made = make_keys(settings.key_file)
    say(f"Made {settings.key_file}. Back it up." if made else f"{settings.key_file} is there already: left alone.")


async def rotate(settings: Settings, say: Say, *, forget_old: bool) -> int:
    """Wrap every document's key by a new key, or by the current one and forget the rest; answer the exit code."""
    async with open_house(settings.model_copy(update={"redis_url": ""})) as opened:
        if not forget_old:
            say(f"New key: {add_key(settings.key_file)}. Back up {settings.key_file}.")
        done, failed = await rotate_keys(house(opened.desk, "command line"))
        say(f"Wrapped anew: {done}. Failed: {failed}.")
        if forget_old:
            gone = forget_keys(settings.key_file, await keys_in_use())
            say(f"Forgotten: {', '.join(gone) or 'none'}.")
    return 1 if failed else 0
