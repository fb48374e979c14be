"""The floor of the grid benchmark: the same rows by Starlette and asyncpg, with nobody proven and nothing written down.

``python -m benchmarks.grid_floor URL PORT`` serves it. One flat statement returns exactly the columns that are shown;
the names of the counties are kept in the process. There is no GraphQL, so this is what a page of rows costs at least.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

OPEN_REFERRALS = """
SELECT r.number, r.status, r.statewide, r.first_published_at, f.code AS facility_code, f.name AS facility_name,
    c.first_name, c.last_name, c.dmh_id, c.birth_date, c.gender,
    u.first_name AS coordinator_first, u.last_name AS coordinator_last, u.email, u.phone,
    pp.set_at AS pending_since, o.kind, o.provision, o.decline_reason, o.answered_at,
    ARRAY(SELECT rc.county_id FROM referral_county rc WHERE rc.referral_id = r.id) AS counties
FROM referral r JOIN consumer c ON c.id = r.consumer_id JOIN facility f ON f.code = r.facility_id
LEFT JOIN user_account u ON u.id = r.primary_coordinator_id
LEFT JOIN pending_placement pp ON pp.referral_id = r.id AND pp.ended_at IS NULL
LEFT JOIN response o ON o.referral_id = r.id AND o.provider_id = $1
WHERE r.status = 'OPEN'
AND (r.statewide OR EXISTS (SELECT 1 FROM referral_county rc
    WHERE rc.referral_id = r.id AND rc.county_id = ANY($2) LIMIT 1 OFFSET 0))
AND NOT EXISTS (SELECT 1 FROM referral_exclusion x
    WHERE x.referral_id = r.id AND x.provider_id = $1 AND x.included_at IS NULL)
ORDER BY r.first_published_at, r.number LIMIT 51
"""

SERVED = """
SELECT DISTINCT cc.county_id FROM contact c JOIN contact_county cc ON cc.contact_id = c.id
WHERE c.provider_id = $1 AND c.active
"""


@dataclass(frozen=True)
class Exchange:
    """The database, and the counties by their codes."""

    pool: asyncpg.Pool
    counties: dict[str, dict[str, str]]

    async def open_to(self, provider: UUID) -> list[Any]:
        """Give the rows that a provider is shown, and one more if there is a next page."""
        async with self.pool.acquire() as connection:
            served = [row["county_id"] for row in await connection.fetch(SERVED, provider)]
            rows: list[Any] = await connection.fetch(OPEN_REFERRALS, provider, served)
        return rows


@asynccontextmanager
async def exchange(url: str) -> AsyncIterator[Exchange]:
    """Keep the connections to a database open, and nothing of it in mind but the counties."""

    async def keep_session(_: object) -> None:
        """Do nothing between two borrowers, as in the house."""

    async with asyncpg.create_pool(url, min_size=10, max_size=10, reset=keep_session) as pool:
        counties = await pool.fetch("SELECT fips, name FROM county")
        yield Exchange(pool, {row["fips"]: dict(row) for row in counties})


def build_app(url: str) -> Starlette:
    """Give the application."""
    kept: dict[str, Exchange] = {}

    async def grid(request: Request) -> Response:
        rows = await kept["exchange"].open_to(UUID(request.query_params["provider"]))
        now = datetime.now(UTC)
        nodes = [_node(row, kept["exchange"].counties, now) for row in rows[:50]]
        page = {"hasNextPage": len(rows) > 50}
        answer = orjson.dumps({"data": {"referrals": {"nodes": nodes, "pageInfo": page}}})
        return Response(answer, headers={"content-type": "application/json"})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with exchange(url) as kept["exchange"]:
            yield

    return Starlette(routes=[Route("/", grid)], lifespan=lifespan)


def _node(row: Any, counties: dict[str, dict[str, str]], now: datetime) -> dict[str, Any]:  # noqa: ANN401 - asyncpg's row
    age = (now - row["first_published_at"]).days
    return {
        "number": row["number"],
        "status": row["status"],
        "statewide": row["statewide"],
        "age": age,
        "overdue": age > 60,
        "publishedAt": row["first_published_at"],
        "facility": {"code": row["facility_code"], "name": row["facility_name"]},
        "consumer": {
            "firstName": row["first_name"],
            "lastName": row["last_name"],
            "dmhId": row["dmh_id"],
            "birthDate": row["birth_date"],
            "gender": row["gender"],
        },
        "preferredCounties": [counties[fips] for fips in row["counties"]],
        "primaryCoordinator": {
            "name": f"{row['coordinator_first']} {row['coordinator_last']}",
            "email": row["email"],
            "phone": row["phone"],
        },
        "pendingPlacement": {"since": row["pending_since"]} if row["pending_since"] else None,
        "ownResponse": {
            "kind": row["kind"],
            "provision": row["provision"],
            "declineReason": row["decline_reason"],
            "answeredAt": row["answered_at"],
        }
        if row["kind"]
        else None,
    }


if __name__ == "__main__":
    uvicorn.run(build_app(sys.argv[1]), port=int(sys.argv[2]), access_log=False, log_level="warning")
