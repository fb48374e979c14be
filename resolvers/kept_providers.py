"""The facts of all providers, kept in this process; of those that have changed, they are read again.

A publishing asks for the facts of every provider and contact, of which hardly any has changed since the last one. So
they are kept, those of one day for each open database: 1.2 KB for a provider with two contacts, 730 KB for 600.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from orm.marks import OfDatabase, Seen
from orm.provider_marks import changed_providers
from resolvers.audience_facts import Providers, load_providers

MOST_READ_AGAIN: Final = 100
"""If more have changed, all are read."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """Facts, and the look before they were read: whatever has changed since is found by the next one."""

    seen: Seen
    on: date
    providers: Providers


class _Room:
    """Where facts are kept, replaced as a whole: several may look, read and keep at the same time, or be cancelled."""

    def __init__(self) -> None:
        self.kept = _Kept(Seen(), date.min, Providers((), {}, {}))


_ROOMS: Final = OfDatabase(_Room)


async def all_providers(on: date, counties: Collection[str]) -> Providers:
    """Give all providers as they stand on a day, as :func:`load_providers` does; whoever gets them changes nothing.

    Whoever must miss no change asks under the lock of the audience, in its transaction. Contacts have all of their
    counties, or, where nothing may be kept, those of ``counties`` that they have.
    """
    room = _ROOMS.here()
    kept = room.kept
    changed = await changed_providers(kept.seen)
    if changed is None:
        return await load_providers(on, counties=counties)
    providers = await _as_they_are(kept, on, changed.providers)
    room.kept = _Kept(changed.seen, on, providers)
    return providers


async def _as_they_are(kept: _Kept, on: date, changed: frozenset[UUID] | None) -> Providers:
    if changed is None or on != kept.on or len(changed) > MOST_READ_AGAIN:
        return await load_providers(on)
    if not changed:
        return kept.providers
    names = {key: name for key, name in kept.providers.names.items() if key in changed}
    again = await load_providers(on, changed) if len(names) == len(changed) else None
    # Who comes, goes or has another name moves the others in the order of names, which only the database knows.
    if again is None or again.names != names:
        return await load_providers(on)
    facts = {provider.provider_id: provider for provider in again.facts}
    readers = dict(kept.providers.readers)
    for provider in kept.providers.facts:
        if provider.provider_id in facts:
            for contact in provider.contacts:
                del readers[contact.contact_id]
    return Providers(
        facts=tuple([facts.get(provider.provider_id, provider) for provider in kept.providers.facts]),
        names=kept.providers.names,
        readers=readers | dict(again.readers),
    )
