"""One person, one e-mail address (CPF-15): two who confirm the same one at the same moment are told apart by the table."""

from __future__ import annotations

from typing import Any

from tortoise import migrations
from tortoise.migrations import operations as ops

ONE_ADDRESS = (
    "CREATE UNIQUE INDEX one_user_account_email ON user_account (LOWER(email)) "
    "WHERE email IS NOT NULL AND state <> 'DELETED'"
)


async def put_up(_: Any, editor: Any) -> None:
    """Make the index; both engines know indexes over an expression."""
    await editor.client.execute_script(ONE_ADDRESS)


class Migration(migrations.Migration):
    """Let no two accounts have the same address."""

    dependencies = [("homeward", "0007_seals")]

    operations = [ops.RunPython(put_up)]
