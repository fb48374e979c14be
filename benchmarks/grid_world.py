"""The world of the grid benchmark, made by set-based SQL: the same for every contestant, whatever its size.

600 providers with one contact each for 30 counties, 3,000 user IDs, four answers a referral, one referral in five open.
Every value is invented by its number, so two worlds of one size are alike but for their keys.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import asyncpg

from orm.database import migrate

Connection = Any  # asyncpg's, which has no types

PROVIDERS = 600
USERS = 3_000
COORDINATORS = 595
ANSWERS = 4
"""Of different providers to each referral."""

_PLACES = """
INSERT INTO facility (code, name, active) SELECT (100 + n)::text, 'Facility ' || n, true FROM generate_series(1, 10) n;
INSERT INTO provider (id, name, kind, address, city, zip_code, phone, fax, active, created_at)
    SELECT gen_random_uuid(), 'Provider ' || to_char(n, 'FM0000'), 'RESIDENTIAL', '', '', '', '', '', true,
        now() - interval '5 years'
    FROM generate_series(1, {providers}) n;
CREATE TEMP TABLE prov AS SELECT row_number() OVER (ORDER BY name) - 1 AS n, id FROM provider;
CREATE TEMP TABLE place AS SELECT row_number() OVER (ORDER BY fips) - 1 AS n, fips FROM county;
CREATE TEMP TABLE fac AS SELECT row_number() OVER (ORDER BY code) - 1 AS n, code FROM facility;
INSERT INTO contract (id, provider_id, number, begins_on)
    SELECT gen_random_uuid(), id, 'C' || n, date '2020-01-01' FROM prov;
"""

_PEOPLE = """
CREATE TEMP TABLE person AS SELECT n - 1 AS n, gen_random_uuid() AS id, gen_random_uuid() AS mailbox
    FROM generate_series(1, {users}) n;
INSERT INTO mailbox (id, last_line) SELECT mailbox, 0 FROM person;
INSERT INTO user_account (id, user_id, domain, first_name, last_name, title, email, phone, state, epoch, mailbox_id,
        provider_id, created_at)
    SELECT p.id, 'USER' || p.n, 'DMH', 'First' || p.n, 'Last' || p.n, '', 'user' || p.n || '@example.org', '555-0100',
        'ACTIVE', 0, p.mailbox, prov.id, now() - interval '1 year'
    FROM person p LEFT JOIN prov ON p.n >= {coordinators} AND prov.n = (p.n - {coordinators}) % {providers};
INSERT INTO credential (user_id, password_hash, changed_at, must_change, failures, version)
    SELECT id, 'none', now() - interval '1 day', false, 0, 0 FROM person;
INSERT INTO role_grant (id, user_id, role, granted_at, why)
    SELECT gen_random_uuid(), id,
        CASE WHEN n < {coordinators} THEN 'PLACEMENT_COORDINATOR' ELSE 'CONSUMER_REFERRAL_DB' END,
        now() - interval '1 year', '' FROM person;
INSERT INTO coordinator_county (id, user_id, county_id, kind)
    SELECT gen_random_uuid(), p.id, place.fips, 'PLACEMENT' FROM person p
    JOIN place ON place.n = p.n % 115 WHERE p.n < {coordinators};
INSERT INTO session (id, user_id, token_hash, device, epoch, created_at, last_seen_at, ended_why)
    SELECT gen_random_uuid(), id, encode(sha256(convert_to('grid-' || n, 'UTF8')), 'hex'), '', 0, now(), now(),
        '' FROM person;
INSERT INTO statement_acceptance (id, user_id, session_id, kind, version, at)
    SELECT gen_random_uuid(), s.user_id, s.id, t.kind, t.version, now() FROM session s CROSS JOIN statement_text t;
INSERT INTO contact (id, provider_id, user_id, mailbox_id, first_name, last_name, title, email, phone, active,
        created_at)
    SELECT gen_random_uuid(), prov.id, p.id, p.mailbox, 'First' || p.n, 'Last' || p.n, '',
        'user' || p.n || '@example.org', '', true, now() - interval '1 year'
    FROM prov JOIN person p ON p.n = {coordinators} + prov.n;
INSERT INTO contact_county (id, contact_id, county_id, since)
    SELECT gen_random_uuid(), c.id, place.fips, now() FROM contact c JOIN prov ON prov.id = c.provider_id
    JOIN generate_series(0, 29) k ON true JOIN place ON place.n = (prov.n * 7 + k * 3) % 115;
"""

_REFERRALS = """
CREATE TEMP TABLE wish AS SELECT n, gen_random_uuid() AS id, gen_random_uuid() AS consumer, n % 5 = 0 AS is_open,
        n % 10 = 5 OR n % 50 = 0 AS statewide, now() - interval '700 days' * (1 - n::float / {referrals}) AS published
    FROM generate_series(1, {referrals}) n;
INSERT INTO consumer (id, dmh_id, first_name, last_name, birth_date, gender, address, city, zip_code, created_at)
    SELECT consumer, 'D' || to_char(n, 'FM0000000'), 'Person' || n % 997, 'Family' || n % 9973,
        date '1950-01-01' + (n * 37 % 20000)::int, CASE n % 2 WHEN 0 THEN 'FEMALE' ELSE 'MALE' END,
        '12 Invented Street', 'Sampleton', '00000', published FROM wish;
INSERT INTO referral (id, number, status, statewide, consumer_id, facility_id, primary_coordinator_id, created_at,
        created_by_id, first_published_at, last_published_at, closed_at, close_outcome, version,
        publications, delete_reason)
    SELECT w.id, w.n, CASE WHEN is_open THEN 'OPEN' ELSE 'CLOSED' END, statewide, consumer, fac.code, p.id, published,
        p.id, published, published, CASE WHEN NOT is_open THEN now() END, CASE WHEN NOT is_open THEN 'OTHER' END,
        1, 1, ''
    FROM wish w JOIN fac ON fac.n = w.n % 10 JOIN person p ON p.n = w.n % {coordinators};
INSERT INTO referral_county (id, referral_id, county_id)
    SELECT gen_random_uuid(), w.id, place.fips FROM wish w JOIN generate_series(0, 2) k ON k <= w.n % 3
    JOIN place ON place.n = (w.n * 11 + k * 41) % 115 WHERE NOT statewide;
INSERT INTO response (id, referral_id, provider_id, version, kind, comments, answered_by_id, first_answered_at,
        answered_at)
    SELECT gen_random_uuid(), w.id, prov.id, 1, 'ACCEPT', '', p.id, published, published
    FROM wish w JOIN generate_series(0, {answers} - 1) k ON true
    JOIN prov ON prov.n = (w.n * 13 + k * 149) % {providers} JOIN person p ON p.n = {coordinators} + prov.n;
INSERT INTO pending_placement (id, referral_id, provider_id, set_at, set_by_id, ended_why)
    SELECT gen_random_uuid(), w.id, prov.id, now(), p.id, '' FROM wish w
    JOIN prov ON prov.n = w.n * 13 % {providers} JOIN person p ON p.n = w.n % {coordinators}
    WHERE is_open AND w.n % 20 = 0;
INSERT INTO referral_exclusion (id, referral_id, provider_id, reason, excluded_at, excluded_by_id)
    SELECT gen_random_uuid(), w.id, prov.id, 'invented', published, p.id FROM wish w
    JOIN prov ON prov.n = w.n % {providers} JOIN person p ON p.n = w.n % {coordinators} WHERE w.n % 25 = 0;
UPDATE referral r SET pending_provider_id = pp.provider_id FROM pending_placement pp WHERE pp.referral_id = r.id;
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who opens the grid: the bearer token, and the provider whose staff it is."""

    token: str
    provider_id: UUID


async def fill(url: str, referrals: int) -> None:
    """Make the tables in an empty database, and a world with so many referrals."""
    await migrate(url)
    sizes = {
        "providers": PROVIDERS,
        "users": USERS,
        "coordinators": COORDINATORS,
        "answers": ANSWERS,
        "referrals": referrals,
    }
    connection = await asyncpg.connect(url)
    try:
        await run_uncounted(connection, [script.format(**sizes) for script in (_PLACES, _PEOPLE, _REFERRALS)])
        # A large world takes longer than a session may idle.
        await connection.execute("UPDATE session SET created_at = now(), last_seen_at = now()")
        # Otherwise the statistics, and so the plans, would change in the middle of a run.
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


async def run_uncounted(connection: Connection, scripts: Sequence[str]) -> None:
    """Change very many referrals and answers, and count them for the insights once instead of row by row."""
    counted = ("referral", "referral_county", "response")
    async with connection.transaction():
        for table in counted:
            await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for script in scripts:
            await connection.execute(script)
        for statement in importlib.import_module("orm.migrations.0017_insight_numbers").recount("postgres"):
            await connection.execute(statement)
        await connection.execute(importlib.import_module("orm.migrations.0021_waiting_reaches").set_right())
        await connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in counted:
            await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


async def people(url: str, many: int) -> list[Person]:
    """Give so many people of different providers."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT provider_id, substr(user_id, 5) AS n FROM user_account WHERE user_id = ANY($1) ORDER BY user_id",
            [f"USER{COORDINATORS + number * 17 % PROVIDERS}" for number in range(many)],
        )
    finally:
        await connection.close()
    return [Person(f"grid-{row['n']}", row["provider_id"]) for row in rows]


@asynccontextmanager
async def changing(url: str, a_second: float) -> AsyncIterator[None]:
    """Change an answer so many times a second, each in a transaction of its own, while the block runs."""
    connection = await asyncpg.connect(url)
    numbers = Random(0)

    async def go() -> None:
        while True:
            await connection.execute(
                "UPDATE response SET version = version + 1 WHERE id = (SELECT o.id FROM response o JOIN referral r "
                "ON r.id = o.referral_id WHERE r.number >= $1 AND r.status = 'OPEN' ORDER BY r.number LIMIT 1)",
                1000 + numbers.randrange(100_000),
            )
            await asyncio.sleep(1 / a_second)

    changes = asyncio.create_task(go())
    try:
        yield
    finally:
        changes.cancel()
        with suppress(asyncio.CancelledError):
            await changes
        connection.terminate()


async def lists_written_down(url: str) -> tuple[int, int]:
    """Count the lists that the trail tells of, and the transactions that wrote them."""
    connection = await asyncpg.connect(url)
    try:
        row = await connection.fetchrow(
            "SELECT count(*) AS entries, count(DISTINCT xmin::text) AS commits FROM audit_entry "
            "WHERE act = 'referral.list' AND outcome = 'DONE'"
        )
    finally:
        await connection.close()
    return row["entries"], row["commits"]
