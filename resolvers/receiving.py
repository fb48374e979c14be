"""Which providers get referrals at all, in SQL as the audience rule says it (001:150-154); tests hold the two equal."""

from __future__ import annotations

from typing import Final

IS_RECEIVING: Final = (
    "p.active AND p.kind = 'RESIDENTIAL' "
    "AND NOT EXISTS (SELECT 1 FROM no_referral_status n WHERE n.provider_id = p.id AND n.lifted_at IS NULL) "
    "AND EXISTS (SELECT 1 FROM contract k WHERE k.provider_id = p.id AND k.begins_on <= :today "
    "AND (k.ends_on IS NULL OR k.ends_on >= :today))"
)
"""The condition on ``provider p`` under which it takes part on the day ``:today``, before contacts and counties."""
