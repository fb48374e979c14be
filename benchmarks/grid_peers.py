"""The peers of the grid benchmark that npm brings, installed into a directory of their own and never into the project.

PostGraphile 5 reads the tables of the house with three functions that say what a provider sees; mercurius, with its JIT
or without, and graphql-yoga run the statement of the floor. Nobody is proven, and nothing that was shown written down.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncpg
import orjson

from benchmarks import _npm
from benchmarks.grid_callers import request
from benchmarks.grid_floor import OPEN_REFERRALS, SERVED
from benchmarks.grid_world import Person

_HERE = Path(__file__).with_name("grid_peers")
_STATEMENTS = "statements.json"

FUNCTIONS = """
CREATE FUNCTION open_referrals(provider uuid) RETURNS SETOF referral LANGUAGE sql STABLE ROWS 5000 AS $$
SELECT r.* FROM referral r WHERE r.status = 'OPEN'
AND (r.statewide OR EXISTS (SELECT 1 FROM referral_county rc WHERE rc.referral_id = r.id AND rc.county_id = ANY(
    ARRAY(SELECT cc.county_id FROM contact c JOIN contact_county cc ON cc.contact_id = c.id
    WHERE c.provider_id = provider AND c.active)) LIMIT 1 OFFSET 0))
AND NOT EXISTS (SELECT 1 FROM referral_exclusion x
    WHERE x.referral_id = r.id AND x.provider_id = provider AND x.included_at IS NULL)
ORDER BY r.first_published_at, r.number
$$;
CREATE FUNCTION referral_own_response(r referral, provider uuid) RETURNS response LANGUAGE sql STABLE AS $$
SELECT o.* FROM response o WHERE o.referral_id = r.id AND o.provider_id = provider $$;
CREATE FUNCTION referral_open_pending(r referral) RETURNS pending_placement LANGUAGE sql STABLE AS $$
SELECT pp.* FROM pending_placement pp WHERE pp.referral_id = r.id AND pp.ended_at IS NULL $$;
"""

_POSTGRAPHILE = """query Grid($provider: UUID!) { openReferrals(provider: $provider, first: 50) {
  nodes {
    number status statewide firstPublishedAt
    facilityByFacilityId { code name }
    consumerByConsumerId { firstName lastName dmhId birthDate gender }
    referralCountiesByReferralId { nodes { countyByCountyId { fips name } } }
    userAccountByPrimaryCoordinatorId { firstName lastName email phone }
    openPending { setAt }
    ownResponse(provider: $provider) { kind provision declineReason answeredAt }
  }
  pageInfo { hasNextPage }
} }"""

MERCURIUS = """query Grid($provider: ID!) { referrals(provider: $provider, first: 50) {
  nodes {
    number status statewide age overdue publishedAt
    facility { code name }
    consumer { firstName lastName dmhId birthDate gender }
    preferredCounties { fips name }
    primaryCoordinator { name email phone }
    pendingPlacement { since }
    ownResponse { kind provision declineReason answeredAt }
  }
  pageInfo { hasNextPage }
} }"""

Say = Callable[[str], object]


def install(directory: Path, say: Say) -> bool:
    """Install the peers, or say why they are left out."""
    return _npm.install(_HERE, directory, say)


async def prepare(url: str, directory: Path) -> None:
    """Put the functions for PostGraphile into the database, and the statements for the others into a file."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(FUNCTIONS)
    finally:
        await connection.close()
    (directory / _STATEMENTS).write_text(json.dumps([OPEN_REFERRALS, SERVED]), encoding="utf-8")


def postgraphile(directory: Path, url: str, port: int) -> list[str]:
    """Give the command that serves PostGraphile."""
    return _served(directory, "postgraphile.mjs", url, port)


def mercurius(directory: Path, url: str, port: int, *, jit: bool) -> list[str]:
    """Give the command that serves mercurius."""
    how = ["jit"] if jit else []
    return [*_served(directory, "mercurius.mjs", url, port), str(directory / _STATEMENTS), *how]


def yoga(directory: Path, url: str, port: int) -> list[str]:
    """Give the command that serves graphql-yoga."""
    return [*_served(directory, "yoga.mjs", url, port), str(directory / _STATEMENTS)]


def postgraphile_requests(people: Sequence[Person]) -> list[bytes]:
    """Ask PostGraphile for the grid of each."""
    return [_graphql(_POSTGRAPHILE, person) for person in people]


def mercurius_requests(people: Sequence[Person]) -> list[bytes]:
    """Ask for the grid of each whoever has the schema of mercurius."""
    return [_graphql(MERCURIUS, person) for person in people]


def _served(directory: Path, program: str, url: str, port: int) -> list[str]:
    return [_npm.node(directory), str(directory / program), url, str(port)]


def _graphql(document: str, person: Person) -> bytes:
    body = orjson.dumps({"query": document, "variables": {"provider": str(person.provider_id)}})
    return request("POST", "/graphql", body=body)
