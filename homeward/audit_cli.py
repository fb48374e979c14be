"""The command line of the trail: ``homeward audit --help``."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from homeward.settings import Settings

audit = typer.Typer(
    name="audit",
    help="The permanent record of what was read and changed: verify it, prove an entry, take entries out.",
    no_args_is_help=True,
)

_LARGEST_NUMBER = 2**63 - 1
_PublicKey = Annotated[
    Path | None,
    typer.Option(help="The public keys, as `audit public-key` wrote them once; else those of the key file."),
]


@audit.command()
def verify(
    public_key: _PublicKey = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="The checkpoints that left the house; else the file of this machine, if there.")
    ] = None,
) -> None:
    """Verify every entry, seal and signature. Exit code 0: whole; 1: not, and the first bad event is named.

    Use a public key and a checkpoint file that were kept elsewhere: those on this machine prove less.
    """
    from homeward.auditing import verify as verify_all  # noqa: PLC0415 - so that --help is quick

    sys.exit(asyncio.run(verify_all(Settings(), public_key, checkpoint, typer.echo)))


@audit.command()
def prove(
    entry: Annotated[int, typer.Argument(min=1, max=_LARGEST_NUMBER, help="The number of the entry.")],
) -> None:
    """Write the proof that an entry is in the sealed trail to standard output.

    Example: homeward audit prove 105 > entry-105.proof
    """
    from homeward.auditing import prove as prove_one  # noqa: PLC0415 - so that --help is quick

    sys.exit(asyncio.run(prove_one(Settings(), entry, _write, _complain)))


@audit.command("check-proof")
def check_proof(
    file: Annotated[Path, typer.Argument(help="A proof, as `audit prove` wrote it.")], public_key: _PublicKey = None
) -> None:
    """Check a proof; no database is needed. Exit code 0: it holds; 1: it does not."""
    from homeward.auditing import check  # noqa: PLC0415 - so that --help is quick

    sys.exit(check(Settings(), file, public_key, typer.echo))


@audit.command()
def export(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day (Chicago).")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day, included (Chicago).")],
) -> None:
    """Write the entries of some days to standard output, one JSON object a line. That it was done is an entry itself.

    Example: homeward audit export --from 2026-03-01 --to 2026-03-31 > march.jsonl
    """
    from homeward.auditing import export as export_days  # noqa: PLC0415 - so that --help is quick

    sys.exit(asyncio.run(export_days(Settings(), first.date(), last.date(), _write, _complain)))


@audit.command("public-key")
def public_key() -> None:
    """Write the public keys to standard output, in PEM: the one of the key that seals now, and the former ones.

    Example: homeward audit public-key > homeward-seals.pem
    """
    from homeward.auditing import show_public_key  # noqa: PLC0415 - so that --help is quick

    sys.exit(show_public_key(Settings(), _write, _complain))


@audit.command("rotate-key")
def rotate_key() -> None:
    """Seal with a new key from now on and forget the old private one; give the new public keys to whoever verifies."""
    from homeward.auditing import rotate  # noqa: PLC0415 - so that --help is quick

    sys.exit(rotate(Settings(), typer.echo))


def _write(content: bytes) -> None:
    sys.stdout.buffer.write(content)


def _complain(sentence: str) -> None:
    typer.echo(sentence, err=True)
