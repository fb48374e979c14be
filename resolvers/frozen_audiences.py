"""The audience of a publication as it was decided, frozen, and the providers that the referral has reached by it."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from orm.models import Publication
from orm.rows import side_by_side
from orm.sql import dialect, execute, fetch
from rules.audience import Verdict


async def freeze_audience(publication: Publication, verdicts: Mapping[UUID, Verdict]) -> None:
    """Write down the audience of a publication, and whom of it the referral reaches, if it had not.

    One statement on PostgreSQL, two on SQLite. Whoever else could write down a reach waits: a change of a profile for
    the audience, an answer for the referral.
    """
    rows = [(provider, verdict.eligible, verdict.reason) for provider, verdict in verdicts.items()]
    given, verdict_rows = side_by_side("given", {"provider_id": "uuid", "eligible": "boolean", "reason": "text"}, rows)
    of_referral = {"referral": publication.referral_id, "at": publication.at}
    if dialect() == "postgres":
        await fetch(_FREEZE_ALL.format(given=given), **verdict_rows, **of_referral, publication=publication.id)
    else:
        await execute(_FREEZE.format(given=given), **verdict_rows, publication=publication.id)
        await execute(_REACH, **of_referral, publication=publication.id)


# In the order of the verdicts, in which lists go on where the instant is the same. The OFFSET keeps the plan of a probe
# for each provider, however many the referral has reached before.
_FREEZE = """
INSERT INTO publication_audience (publication_id, provider_id, eligible, reason)
SELECT :publication, given.provider_id, given.eligible, given.reason FROM {given}
"""
_NOT_REACHED = """NOT EXISTS (
  SELECT 1 FROM referral_reach r WHERE r.referral_id = :referral AND r.provider_id = a.provider_id LIMIT 1 OFFSET 0)"""
_REACH = f"""
INSERT INTO referral_reach (referral_id, provider_id, at)
SELECT :referral, a.provider_id, :at FROM publication_audience a
WHERE a.publication_id = :publication AND a.eligible AND {_NOT_REACHED}
ORDER BY a.id
"""
_FREEZE_ALL = f"""
WITH a AS MATERIALIZED (SELECT row_number() OVER () AS nth, given.* FROM {{given}}),
frozen AS (
  INSERT INTO publication_audience (publication_id, provider_id, eligible, reason)
  SELECT :publication, provider_id, eligible, reason FROM a ORDER BY nth
)
INSERT INTO referral_reach (referral_id, provider_id, at)
SELECT :referral, provider_id, :at FROM a WHERE eligible AND {_NOT_REACHED}
ORDER BY nth
"""
