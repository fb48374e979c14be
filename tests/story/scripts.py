"""Run the examples as a newcomer does."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path


async def run_script(script: Path, address: str, accounts: Path) -> str:
    """Run an example against a house; give what it printed."""
    code, out, err = await try_script(script, address, accounts)
    assert code == 0, err
    return out


async def try_script(script: Path, address: str, accounts: Path) -> tuple[int | None, str, str]:
    """Run an example; give its exit code, what it printed, and what it complained of."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), "--address", address, "--accounts", str(accounts),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 90)
    return process.returncode, out.decode(), err.decode()
