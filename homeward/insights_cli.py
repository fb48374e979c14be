"""The command line of the numbers behind the insights: ``homeward insights --help``."""

from __future__ import annotations

import asyncio
import sys

import typer

from homeward.settings import Settings

insights = typer.Typer(
    name="insights",
    help="The numbers that are kept for the pages of Insight: check them, and count them anew.",
    no_args_is_help=True,
)


@insights.command()
def check() -> None:
    """Count every referral and every answer anew and compare. Exit code 0: all numbers are right; 1: not, and how many.

    Only rows that were brought in, or changed, with the triggers off can have made one wrong.
    """
    from homeward.insight_counting import check as check_all  # noqa: PLC0415 - so that --help is quick

    sys.exit(asyncio.run(check_all(Settings(), typer.echo)))


@insights.command()
def recount() -> None:
    """Replace the kept numbers by a fresh count. Whoever changes a referral meanwhile waits until it is done."""
    from homeward.insight_counting import recount as recount_all  # noqa: PLC0415 - so that --help is quick

    sys.exit(asyncio.run(recount_all(Settings(), typer.echo)))
