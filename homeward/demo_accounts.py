"""The accounts of the demonstration world, as its file lists them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ACCOUNTS = "demo-accounts.json"


def kept_accounts(var: Path) -> list[dict[str, Any]]:
    """Read the accounts of the demonstration world; none before it is built."""
    path = var / ACCOUNTS
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []
