"""Find providers: every filter in any combination."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from orm.models import ProviderKind
from resolvers.desk import Reading
from resolvers.profile_scope import sees_only_own
from resolvers.searching import escaped, is_storable


@dataclass(frozen=True, slots=True)
class ProviderFilter:
    """Any combination of filters; ``county`` is the FIPS code of one that an active contact covers.

    ``unreachable`` asks for those to whom no letter can go, ``without_county`` for those that cover none.
    """

    name: str | None = None
    kind: ProviderKind | None = None
    active: bool | None = None
    county: str | None = None
    no_referral_status: bool | None = None
    unreachable: bool | None = None
    without_county: bool | None = None


def provider_conditions(where: ProviderFilter, reading: Reading) -> tuple[list[str], dict[str, Any]]:
    """Say in SQL which providers of this person, as ``p``, are asked for, and with which parameters."""
    conditions, parameters = ["1 = 1"], dict[str, Any]()
    if sees_only_own(reading.actor):
        conditions.append("p.id = :own")
        parameters["own"] = reading.actor.provider_id
    if not all(map(is_storable, (where.name, where.county))):
        return ["1 = 0"], {}
    if where.name is not None:
        conditions.append("LOWER(p.name) LIKE LOWER(CAST(:name AS TEXT)) ESCAPE '!'")
        parameters["name"] = f"%{escaped(where.name.strip())}%"
    if where.kind is not None:
        conditions.append("p.kind = :kind")
        parameters["kind"] = where.kind
    if where.active is not None:
        conditions.append("p.active" if where.active else "NOT p.active")
    if where.county is not None:
        conditions.append(
            "EXISTS (SELECT 1 FROM contact_county cc JOIN contact c ON c.id = cc.contact_id "
            "WHERE c.provider_id = p.id AND c.active AND cc.county_id = :county)"
        )
        parameters["county"] = where.county
    if where.no_referral_status is not None:
        conditions.append(
            f"{'' if where.no_referral_status else 'NOT '}EXISTS "
            "(SELECT 1 FROM no_referral_status s WHERE s.provider_id = p.id AND s.lifted_at IS NULL)"
        )
    if where.unreachable is not None:
        conditions.append(
            f"{'NOT ' if where.unreachable else ''}EXISTS (SELECT 1 FROM contact c WHERE c.provider_id = p.id "
            "AND c.active AND c.email IS NOT NULL AND c.email <> '' AND c.email_bounced_at IS NULL)"
        )
    if where.without_county is not None:
        conditions.append(
            f"{'NOT ' if where.without_county else ''}EXISTS (SELECT 1 FROM contact_county cc "
            "JOIN contact c ON c.id = cc.contact_id WHERE c.provider_id = p.id AND c.active)"
        )
    return conditions, parameters
