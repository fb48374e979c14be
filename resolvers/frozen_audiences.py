"""The audience of a publication as it was decided, frozen in its row, and the providers that the referral reached."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

import orjson

from orm.models import Publication, Referral
from orm.rows import in_one_piece, nth_key, side_by_side
from orm.sql import Value, dialect, fetch, to_uuid
from resolvers.desk import Work
from rules.audience import Reason, Verdict


def frozen_audience(work: Work, referral: Referral, verdicts: Mapping[UUID, Verdict]) -> Publication:
    """Give a publication with its audience, to be saved."""
    return Publication(
        referral_id=referral.id,
        number=referral.publications,
        at=work.now,
        by_id=work.actor.person(),
        audience=_document(verdicts),
    )


async def reach(publication: Publication, providers: Collection[UUID]) -> None:
    """Write down whom a referral reaches by a publication, if it had not.

    Whoever else could write down a reach waits: a change of a profile for the audience, an answer for the referral.
    """
    # Fetched, though it gives nothing back: what is executed PostgreSQL would prepare anew each time.
    if dialect() == "postgres":
        carried: dict[str, Value] = {"last": len(providers) - 1, "providers": in_one_piece(providers)}
        text = _REACH_IN_ONE_PIECE
    else:
        given, carried = side_by_side("given", {"provider_id": "uuid"}, [(provider,) for provider in providers])
        text = _REACH.format(given=given)
    await fetch(text, **carried, referral=publication.referral_id, at=publication.at)


async def audiences_of(publications: Collection[UUID]) -> dict[UUID, dict[UUID, Reason]]:
    """Give the audiences of publications: for each provider that was in the exchange then, why it is reached or not."""
    rows = await fetch("SELECT id, audience FROM publication WHERE id IN (:ids)", ids=list(publications))
    return {to_uuid(row["id"]): _audience(row["audience"]) for row in rows}


def _document(verdicts: Mapping[UUID, Verdict]) -> str:
    """Write an audience as JSON: for each reason the keys of its providers."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for provider, verdict in verdicts.items():
        by_reason[verdict.reason.value].append(str(provider))
    return orjson.dumps(by_reason).decode()


def _audience(document: str) -> dict[UUID, Reason]:
    return {
        UUID(provider): Reason(reason) for reason, providers in orjson.loads(document).items() for provider in providers
    }


_NEW = """
(NOT (SELECT EXISTS (SELECT 1 FROM referral_reach r WHERE r.referral_id = :referral)) OR NOT EXISTS (
  SELECT 1 FROM referral_reach r WHERE r.referral_id = :referral AND r.provider_id = a.provider_id LIMIT 1 OFFSET 0))
"""
"""Each provider is looked up only if the referral has reached any. The OFFSET keeps the plan of a probe for each."""
# In the order of the verdicts, in which lists go on where the instant is the same.
_INSERT = f"""
INSERT INTO referral_reach (referral_id, provider_id, at)
SELECT :referral, a.provider_id, :at FROM a WHERE {_NEW} ORDER BY a.nth
"""
_REACH = f"WITH a AS (SELECT row_number() OVER () AS nth, given.provider_id FROM {{given}}) {_INSERT}"
_REACH_IN_ONE_PIECE = f"""
WITH a AS MATERIALIZED (
  SELECT nth, {nth_key("CAST(:providers AS bytea)")} AS provider_id
  FROM generate_series(0, CAST(:last AS integer)) AS nth
) {_INSERT}
"""
