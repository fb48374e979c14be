"""What the letters say, by kind: what happened, and what to do next. Never to whom it happened (NOT-23)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from rules.notices import NotificationKind
from workers.access_words import ACCESS_WORDS
from workers.exchange_words import EXCHANGE_WORDS
from workers.review_words import REVIEW_WORDS
from workers.wording import Words

WORDS: Mapping[NotificationKind, Words] = MappingProxyType({**EXCHANGE_WORDS, **ACCESS_WORDS, **REVIEW_WORDS})
