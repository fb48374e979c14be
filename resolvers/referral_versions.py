"""What a referral was like after each change: nothing of it is lost (001:139)."""

from __future__ import annotations

from collections.abc import Collection

from orm.models import Referral, ReferralCounty, ReferralVersion
from resolvers.desk import Work


async def counties_of(referral: Referral) -> list[str]:
    """Give the FIPS codes of the counties that a referral prefers, in order."""
    rows = await ReferralCounty.filter(referral_id=referral.id).order_by("county_id")
    return [row.county_id for row in rows]


async def save_version(work: Work, referral: Referral, act: str, counties: Collection[str] | None = None) -> None:
    """Save what was changed of a referral that is held, as its next version; its counties are read if not given."""
    referral.version += 1
    await referral.save()
    await write_version(work, referral, act, counties)


async def write_version(work: Work, referral: Referral, act: str, counties: Collection[str] | None = None) -> None:
    """Write down what a referral is like in the version that it has."""
    await ReferralVersion.create(
        referral_id=referral.id,
        version=referral.version,
        act=act,
        at=work.now,
        by_id=work.actor.person(),
        facts={
            "status": str(referral.status),
            "statewide": referral.statewide,
            "counties": await counties_of(referral) if counties is None else sorted(counties),
            "facility": referral.facility_id,
            "primary_coordinator": str(referral.primary_coordinator_id) if referral.primary_coordinator_id else None,
            "pending_provider": str(referral.pending_provider_id) if referral.pending_provider_id else None,
        },
    )
