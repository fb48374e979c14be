"""Build the demonstration world, in one transaction: all of it is there, or nothing.

Providers and places are inserted; accounts, referrals, answers and reminders come about through the use cases, in the
order of a history that ends now. So versions, mailbox lines, letters, reach and trail are what they would be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from tortoise.transactions import in_transaction

from homeward.demo import cast
from homeward.demo.access_office import designate_officers, plan_access_office
from homeward.demo.accounts_file import list_accounts, write_accounts
from homeward.demo.activity_reviews import plan_activity_reviews
from homeward.demo.audits import plan_audits
from homeward.demo.clock import Agenda, SilentDoorbell, SteppingClock
from homeward.demo.help_rows import insert_help
from homeward.demo.letters import deliver_history
from homeward.demo.people import PeopleMaker
from homeward.demo.providers import plan_providers
from homeward.demo.risk_programme import plan_risk_programme
from homeward.demo.routine import open_account, plan_routine
from homeward.demo.rows import insert_contacts, insert_places, insert_providers
from homeward.demo.scripts import finale_script, write_scripts
from homeward.demo.searches import Searches
from homeward.demo.settled import settle
from homeward.demo.size import FULL, DemoSize
from homeward.demo.staff import plan_accounts
from homeward.demo.stage import QUIET, Stage
from homeward.demo.statements import accept_for_all, ask_once
from orm.models import AuditEntry, Counter, County, Provider, Referral, User
from resolvers.callers import Desk
from rules.calendar import aware
from rules.errors import Conflict
from rules.passwords import canonical_password

DAYS = 150
"""How long the history is."""

Progress = Callable[[str, int, int], None]
"""Told what is being built, how much of it is done, and of how much."""


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What was built; ``letters`` are those that wait for the relay."""

    providers: int
    users: int
    referrals: int
    trail_entries: int
    letters: int
    accounts_path: Path


async def is_built() -> bool:
    """Say whether the demonstration world is in this database. It is whole if it is there at all."""
    return await Provider.exists(id=cast.MARKER)


async def build(
    desk: Desk,
    now: datetime,
    accounts_path: Path,
    *,
    progress: Progress = lambda *_: None,
    size: DemoSize = FULL,
    seed: int = 7,
) -> DemoSummary:
    """Build the world with a history that ends at ``now``, and write the file of its accounts.

    One transaction holds everything, so a build that is killed leaves nothing behind. The file is written before the
    commit: a file without a world is replaced by the next build, a world without the file would keep everybody out.

    Raises:
        Conflict: ``DEMO_WORLD_EXISTS``, or ``DATABASE_NOT_EMPTY``: accounts with a known password have no place beside
            real ones.
        OSError: the file cannot be written.
    """
    ends = aware(now)
    begins = ends - timedelta(days=DAYS + 20)
    clock = SteppingClock(begins)
    password_hash = await desk.passwords.hash(canonical_password(cast.DEMO_PASSWORD))
    async with in_transaction():
        await _require_empty()
        stage = Stage(
            desk=replace(desk, clock=clock, doorbell=SilentDoorbell()),
            clock=clock,
            agenda=Agenda(clock, ends),
            rng=Random(seed),  # noqa: S311 - the same story every time
            now=ends,
            fips={county.name: county.fips for county in await County.all()},
        )
        people = PeopleMaker(stage.rng)
        await ask_once(stage)
        await _open_offices(stage, people, size, password_hash, progress)
        searches = await _play(stage, people, size, password_hash, progress)
        await accept_for_all(stage)
        waiting = await deliver_history(ends - QUIET)
        accounts = list_accounts(stage)
        write_accounts(accounts_path, accounts)
        progress("letters", 1, 1)
        return DemoSummary(
            providers=len(stage.homes),
            users=len(accounts),
            referrals=len(searches.all),
            trail_entries=await AuditEntry.all().count(),
            letters=waiting,
            accounts_path=accounts_path,
        )


async def _require_empty() -> None:
    await Counter.filter(name="referral").select_for_update().first()  # a second build waits here for the first
    if await is_built():
        raise Conflict("The demonstration world is here already.", code="DEMO_WORLD_EXISTS")
    if await User.exists() or await Provider.exists() or await Referral.exists():
        raise Conflict(
            "The demonstration world is built into an empty database only, never beside real accounts.",
            code="DATABASE_NOT_EMPTY",
        )


async def _open_offices(
    stage: Stage, people: PeopleMaker, size: DemoSize, password_hash: str, progress: Progress
) -> None:
    """Bring in places, providers, accounts and contacts, before the first day of the history."""
    await insert_places()
    await insert_help(stage)
    providers = plan_providers(stage.rng, size.providers)
    stage.homes = await insert_providers(stage, people, {cast.provider_key(plan.name): plan for plan in providers})
    plans = plan_accounts(stage.rng, people, size, providers)
    for done, plan in enumerate(plans, start=1):
        if plan.user_id == cast.FIRST_SIGN_IN:
            stage.agenda.at(
                stage.moment(2, 9, 15),
                open_account,
                stage,
                plan,
                password_hash,
                must_change=True,
            )
        else:
            stage.clock.move_to(stage.clock.now + timedelta(minutes=5))
            await open_account(stage, plan, password_hash)
        progress("accounts", done, len(plans))
    for home in stage.homes.values():
        home.staff = tuple(plan.user_id for plan in plans if plan.provider == home.plan.name and plan.answers)
    await insert_contacts(stage, people)
    await settle(stage)
    await designate_officers(stage)


async def _play(stage: Stage, people: PeopleMaker, size: DemoSize, password_hash: str, progress: Progress) -> Searches:
    """Enter everything on the agenda, then let it happen."""
    searches = Searches(stage)
    for script in write_scripts(stage, people, size):
        searches.begin(script)
    searches.plan_finale(finale_script(stage, people))
    plan_routine(stage, password_hash)
    plan_access_office(stage, people)
    plan_activity_reviews(stage)
    plan_risk_programme(stage)
    await plan_audits(stage)
    begins = stage.clock.now
    days = (stage.now - begins).days
    await stage.agenda.play(lambda at: progress("history", (at - begins).days, days))
    return searches
