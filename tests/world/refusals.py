"""What every no has to keep: nothing changed, nothing was promised, and it was written down."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import pytest

from orm.models import AuditEntry, Outcome
from orm.sql import fetch
from rules.errors import Refusal

_TABLES = (
    "access_decision",
    "access_form",
    "access_request",
    "access_request_role",
    "access_request_step",
    "catalogue_role",
    "credential",
    "employee_review_line",
    "form_signature",
    "incident",
    "incompatible_pair",
    "lso_deputy",
    "lso_designation",
    "notification",
    "outbox",
    "provider_audit_line",
    "role_grant",
    "signature",
    "ssa_check",
    "ssa_report",
    "user_account",
    "user_list",
)


async def refused(work: Awaitable[object], kind: type[Refusal], code: str, act: str) -> Refusal:
    """Await a refusal of a kind and code by an act; see that no row differs afterwards and that the trail says so."""
    before = await _rows()
    with pytest.raises(kind) as no:
        await work
    assert no.value.code == code
    assert await _rows() == before, f"{act} was refused and changed something"
    entry = await AuditEntry.all().order_by("-id").first()
    assert entry is not None
    assert (entry.act, entry.outcome, entry.code) == (act, Outcome.REFUSED, code)
    return no.value


async def _rows() -> dict[str, list[dict[str, Any]]]:
    columns = dict.fromkeys(_TABLES, "*") | {"session": "id, ended_at"}  # when a session was used last may change
    return {table: sorted(await fetch(f"SELECT {it} FROM {table}"), key=str) for table, it in columns.items()}
