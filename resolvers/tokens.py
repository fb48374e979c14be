"""Tokens: opaque, shown once, kept only as a hash."""

from __future__ import annotations

import hashlib


def hash_token(token: str) -> str:
    """Give the only form in which a token is kept."""
    # Half a surrogate pair can be sent in JSON; it is a wrong token, not a fault.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
