"""Electronic signatures: user ID and password again, at the moment of signing, over what was shown (000:199-200).

A signature is bound to its signer, its meaning, its time and the hash of the content; a later change voids it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum


class Meaning(StrEnum):
    """Say what a signer declares."""

    APPROVE_AS_LSO = "APPROVE_AS_LSO"
    """The roles are needed for the person's work (000:198-201)."""
    DENY_AS_LSO = "DENY_AS_LSO"
    """The roles are not to be granted."""
    PROVISION = "PROVISION"
    """The roles are granted (000:200-203)."""
    DENY_PROVISIONING = "DENY_PROVISIONING"
    """The request is denied as a whole (000:204-205)."""
    FORM_AS_SUPERVISOR = "FORM_AS_SUPERVISOR"
    """The form is right; the signer is the person's supervisor (001:34)."""
    FORM_AS_LSO = "FORM_AS_LSO"
    """The form is right; the signer is the LSO (001:37)."""
    FORM_AS_EXECUTIVE_DIRECTOR = "FORM_AS_EXECUTIVE_DIRECTOR"
    """The form is right; the signer is the executive director."""
    DESIGNATE_LSO = "DESIGNATE_LSO"
    """The person named is the organization's Local Security Officer (000:64-84)."""
    ANSWER_NEED = "ANSWER_NEED"
    """The signer is the person's supervisor and says whether the access is needed (002:248-249)."""


def content_hash(content: Mapping[str, object]) -> str:
    """Hash what is shown to a signer: SHA-256 over canonical JSON, in hex. Values are texts, numbers, lists, dicts."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()
