"""The command line of the kept reports: ``homeward evidence --help``, and of the draw of a system activity review."""

from __future__ import annotations

import asyncio
import sys
from typing import Annotated

import typer

from homeward.settings import Settings

evidence = typer.Typer(
    name="evidence",
    help="The kept reports of the procedures: list them, and verify that they are as they were kept.",
    no_args_is_help=True,
)

_LARGEST_NUMBER = 2**31 - 1


@evidence.command("list")
def list_() -> None:
    """List the kept reports: number, day, procedure, maker, and the hash of the content."""
    from homeward.evidence_keeping import list_reports  # noqa: PLC0415 - so that --help is quick

    sys.exit(asyncio.run(list_reports(Settings(), typer.echo)))


@evidence.command()
def verify(
    number: Annotated[
        int | None, typer.Argument(min=1, max=_LARGEST_NUMBER, help="Only this report; else all of them.")
    ] = None,
) -> None:
    """Make the hashes of the kept reports anew. Exit code 0: all are as they were kept; 1: not, and it says which.

    Example: homeward evidence verify 1001
    """
    from homeward.evidence_keeping import verify_reports  # noqa: PLC0415 - so that --help is quick

    sys.exit(asyncio.run(verify_reports(Settings(), number, typer.echo)))


def review_draw(
    number: Annotated[int, typer.Argument(min=1, max=_LARGEST_NUMBER, help="The number of the review.")],
    check: Annotated[
        bool, typer.Option("--check", help="Draw again and compare. Exit code 0: the same; 1: not.")
    ] = False,
) -> None:
    """Write the numbered list that a system activity review was drawn from, or draw from it again.

    Example: homeward review-draw 1001 > list.txt; sha256sum list.txt; homeward review-draw 1001 --check
    """
    from homeward.evidence_keeping import check_draw_again, write_list  # noqa: PLC0415 - so that --help is quick

    if check:
        sys.exit(asyncio.run(check_draw_again(Settings(), number, typer.echo)))
    sys.exit(asyncio.run(write_list(Settings(), number, sys.stdout.buffer.write, typer.echo)))
