"""Indexes for what the home pages and the insights count: acceptances, declines, answers and homes found."""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

from orm.guards import Narrow

GUARDS = (
    Narrow("response", ("referral_id",), "kind IN ('ACCEPT', 'TENTATIVE')"),
    Narrow("response", ("answered_at", "referral_id", "decline_reason"), "kind = 'DECLINE'"),
    Narrow("referral", ("closed_at", "first_published_at", "id"), "close_outcome IN ('PLACED', 'PLACED_ELSEWHERE')"),
)


async def put_up(_: Any, editor: Any) -> None:
    """Put up every index for the engine at hand."""
    dialect = editor.client.capabilities.dialect
    for guard in GUARDS:
        for statement in guard.statements(dialect):
            await editor.client.execute_script(statement)


class Migration(migrations.Migration):
    """Put up the indexes."""

    dependencies = [("homeward", "0015_trail_purge")]

    operations = [ops.RunPython(put_up)]
