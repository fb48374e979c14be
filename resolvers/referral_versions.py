"""What a referral was like after each change: nothing of it is lost (001:139)."""

from __future__ import annotations

from orm.models import Referral, ReferralCounty, ReferralVersion
from resolvers.desk import Work


async def counties_of(referral: Referral) -> list[str]:
    """Give the FIPS codes of the counties that a referral prefers, in order."""
    rows = await ReferralCounty.filter(referral_id=referral.id).order_by("county_id")
    return [row.county_id for row in rows]


async def save_version(work: Work, referral: Referral, act: str) -> None:
    """Save what was changed of a referral that is held, as its next version."""
    referral.version += 1
    await referral.save()
    await write_version(work, referral, act)


async def write_version(work: Work, referral: Referral, act: str) -> None:
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
            "counties": await counties_of(referral),
            "facility": referral.facility_id,
            "primary_coordinator": str(referral.primary_coordinator_id) if referral.primary_coordinator_id else None,
            "pending_provider": str(referral.pending_provider_id) if referral.pending_provider_id else None,
        },
    )
