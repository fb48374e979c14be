"""The command line: ``homeward --help``."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from homeward.audit_cli import audit
from homeward.evidence_cli import evidence, review_draw
from homeward.insights_cli import insights
from homeward.settings import Settings
from rules.roles import Role

app = typer.Typer(
    name="homeward",
    help="Homeward: the referral exchange and the access office of a state's department of mental health.\n\n"
    "Settings come from the environment: DATABASE_URL, REDIS_URL, SMTP_URL, PORT, HOMEWARD_VAR and others (README.md).",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(audit)
app.add_typer(evidence)
app.add_typer(insights)
app.command("review-draw")(review_draw)


@app.command()
def up() -> None:
    """Run everything on this machine: broker, database, demonstration world, web server, worker, mailbox.

    The first start builds the demonstration world; later starts keep what is in var/. Ctrl-C stops everything.
    """
    from homeward.whole import run_whole

    sys.exit(run_whole(Settings(demo=True)))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; HOST, else loopback.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on; PORT, else 8000.")] = None,
) -> None:
    """Run one web server. Any number may run beside each other on PostgreSQL and Redis."""
    with _collector_at_rest():
        from homeward.web import run
        from homeward.wiring import configure_logs

    settings = Settings()
    chosen = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update=chosen)
    configure_logs(settings.log_level)
    sys.exit(run(settings))


@app.command()
def worker() -> None:
    """Run one worker: it sends the letters and does the timed sweeps. Any number may run beside each other."""
    with _collector_at_rest():
        from homeward.timed import run
        from homeward.wiring import configure_logs

    settings = Settings()
    configure_logs(settings.log_level)
    sys.exit(run(settings))


@app.command()
def migrate(
    grant_to: Annotated[
        str, typer.Option(help="PostgreSQL: the role that the house runs as, which owns no table (docs/trail.md).")
    ] = "",
) -> None:
    """Bring the tables up to date. Safe to run from several machines at once: one does it, the others wait."""
    from orm.database import migrate as migrate_tables
    from orm.rights import RightsError
    from orm.rights import grant_to as give_rights

    settings = Settings()
    settings.var.mkdir(parents=True, exist_ok=True)
    applied = asyncio.run(migrate_tables(settings.database))
    typer.echo(f"Applied: {', '.join(applied)}." if applied else "Nothing to do: the tables are up to date.")
    if grant_to:
        try:
            once = asyncio.run(give_rights(settings.database, grant_to))
        except RightsError as no:
            sys.exit(str(no))
        typer.echo(f"{grant_to} may only read and add to: {', '.join(once)}.")


@app.command()
def demo() -> None:
    """Fill an empty database with the demonstration world, and write var/demo-accounts.json."""
    from homeward.demo_building import build_demo

    sys.exit(asyncio.run(build_demo(Settings(demo=True))))


@app.command()
def sweep(
    name: Annotated[str | None, typer.Argument(help="The sweep, such as referral-reminders.")] = None,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Look at this day (Chicago).")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who would be hit and why; nobody is.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the due dates of the coming year.")] = False,
) -> None:
    """Run a timed sweep now, or show what it would do on a day.

    Example: homeward sweep referral-reminders --as-of 2026-12-24 --dry-run
    """
    from homeward.sweeping import list_sweeps, run_sweep, simulate

    settings = Settings()
    if list_ or name is None:
        list_sweeps(typer.echo)
        return
    if as_of is not None and not dry_run:
        sys.exit("A sweep runs as of now. To look at another day, add --dry-run.")
    if dry_run:
        day = as_of.date() if as_of else None
        sys.exit(asyncio.run(simulate(settings, name, day, typer.echo)))
    sys.exit(asyncio.run(run_sweep(settings, name, typer.echo)))


@app.command()
def policy(
    key: Annotated[
        str | None, typer.Argument(help="One number, such as password.max_age_days, with its history.")
    ] = None,
    as_of: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The register of this day.")] = None,
) -> None:
    """Print the policy register: every number of the documents with its value and source, and where numbers meet.

    Example: homeward policy --as-of 2027-01-01
    """
    from homeward.policy_print import print_register

    day = as_of.date() if as_of else None
    sys.exit(asyncio.run(print_register(Settings(), key, day, typer.echo)))


@app.command()
def schema(
    write: Annotated[bool, typer.Option("--write", help="Write schema/schema.graphql.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 if schema/schema.graphql differs.")] = False,
) -> None:
    """Print the GraphQL schema, as it is committed."""
    from schema.house import SNAPSHOT, build_schema, sorted_sdl

    sdl = sorted_sdl(build_schema())
    if write:
        SNAPSHOT.write_text(sdl, encoding="utf-8")
        typer.echo(f"Wrote {SNAPSHOT}.")
    elif check:
        if SNAPSHOT.read_text(encoding="utf-8") != sdl:
            sys.exit("schema/schema.graphql differs from the schema. Write it anew: homeward schema --write")
        typer.echo("schema/schema.graphql is up to date.")
    else:
        typer.echo(sdl, nl=False)


@app.command("create-admin")
def create_admin(
    user_id: Annotated[str, typer.Argument(help="The user ID, with or without its domain.")],
    first_name: Annotated[str, typer.Option(prompt=True, help="First name.")],
    last_name: Annotated[str, typer.Option(prompt=True, help="Last name.")],
    email: Annotated[str, typer.Option(prompt=True, help="E-mail address.")],
    office: Annotated[Role, typer.Option(help="The office of the department that the person holds.")] = (
        Role.ADMINISTRATOR
    ),
) -> None:
    """Create the first holder of an office; prints a password that has to be changed at the first sign-on.

    An installation begins with an administrator, a CSO, OA, ITSD_PROVISIONING and a PROVIDER_RELATIONS liaison. All
    others get their user IDs by access form and their roles by access request.
    """
    from homeward.first_admin import create_first_admin

    sys.exit(asyncio.run(create_first_admin(Settings(), user_id, first_name, last_name, email, typer.echo, office)))


@app.command("import-help")
def import_help(
    file: Annotated[Path, typer.Argument(help="A CSV file; docs/help-file.md says how it is written.")],
) -> None:
    """Replace the help contacts and support hours by those of a file; a file with a wrong row is not taken at all."""
    from homeward.import_help import import_help as take

    sys.exit(asyncio.run(take(Settings(), file, typer.echo)))


@app.command("import-offices")
def import_offices(file: Annotated[Path, typer.Argument(help="A CSV file: fips, regional_office_code.")]) -> None:
    """Take over which regional office serves which county; a file with an unknown code is not taken at all."""
    from homeward.import_help import import_offices as take

    sys.exit(asyncio.run(take(Settings(), file, typer.echo)))


@app.command("make-keys")
def make_keys() -> None:
    """Make the key file of a new installation, once; one that is there is left alone. Back it up."""
    from homeward.key_rotation import make_first_key

    make_first_key(Settings(), typer.echo)


@app.command("rotate-keys")
def rotate_keys(
    forget_old: Annotated[
        bool, typer.Option("--forget-old", help="Make no new key; drop the old ones that wrap nothing any more.")
    ] = False,
) -> None:
    """Add a new key-encryption key and wrap the key of every document by it; the documents stay as they are.

    An older backup of the database still needs the older key file: keep both together.

    Example: homeward rotate-keys; and when every machine has the new key file: homeward rotate-keys --forget-old
    """
    from homeward.key_rotation import rotate

    sys.exit(asyncio.run(rotate(Settings(), typer.echo, forget_old=forget_old)))


@app.command()
def bounced() -> None:
    """Take one bounced letter from standard input, as a mail server pipes it (RFC 3464).

    Exit codes: 0 kept or nothing to keep, 65 malformed, 67 about no letter of this house, 75 try again later.
    Example, in the aliases of the mail server: homeward-bounces: "|homeward bounced"
    """
    from homeward.bounced import LARGEST, take_bounced

    sys.exit(asyncio.run(take_bounced(Settings(), sys.stdin.buffer.read(LARGEST + 1), typer.echo)))


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Import without the garbage collector, which would look at each new class again and again and find nothing."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def main() -> None:
    """Run the command line; what an installation got wrong is told in a sentence, not as a traceback."""
    from homeward.complaints import complaint

    try:
        app()
    except Exception as fault:
        sentence = complaint(fault)
        if sentence is None:
            raise
        sys.exit(sentence)
