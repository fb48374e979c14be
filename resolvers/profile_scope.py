"""Who keeps and who sees provider profiles. Another provider's profile does not exist for a provider's staff."""

from __future__ import annotations

from uuid import UUID

from resolvers.callers import Actor
from resolvers.joining import no_such_provider
from rules.roles import COORDINATORS, STAFF_SEEING_ALL, Role

PROVIDER_OFFICE = frozenset({Role.PROVIDER_RELATIONS, Role.CENTRAL_STAFF})
"""Who enters providers and contracts, activates, and sets and lifts No Referral Status."""

PROFILE_KEEPERS = PROVIDER_OFFICE | {Role.PROVIDER_PROFILE_UPDATE, Role.CONSUMER_REFERRAL_DB}
"""Who keeps contacts and their counties: the office for all, a provider's staff for their own (000:185; 001:87)."""

PROFILE_READERS = PROFILE_KEEPERS | COORDINATORS | STAFF_SEEING_ALL
"""Who sees profiles at all."""


def keeps(actor: Actor, provider_id: UUID) -> bool:
    """Say whether a keeper of profiles keeps this one."""
    return actor.has_any(PROVIDER_OFFICE) or actor.provider_id == provider_id


def sees_only_own(actor: Actor) -> bool:
    """Say whether a reader of profiles sees no other than that of the own provider."""
    return not actor.has_any(PROVIDER_OFFICE | COORDINATORS | STAFF_SEEING_ALL)


def check_keeps(actor: Actor, provider_id: UUID) -> None:
    """Let through who keeps this profile.

    Raises:
        NotFound: it is another provider's.
    """
    if not keeps(actor, provider_id):
        raise no_such_provider()
