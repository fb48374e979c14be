"""A hundred thousand accounts judged by the sweep of unused ones and by the audit, and those that are due disabled.

Makes accounts of providers as rows in an empty database of its own: most in use, some exempt, some to be warned, and so
many to be disabled. The plan is asked, then the sweep runs through its ledger as a worker runs it. With ``--audit`` the
90-day sweep is off, and the audit of provider accounts does the work: listed, the window over, disabled, its report
kept. All the while somebody in another process signs on again and again: a write that holds an account as a sign-on
does.

Nobody else may be touched, nobody missed, and the longest of the sign-ons may take 100 ms more than the longest without
the sweep.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import TypeVar
from uuid import UUID, uuid4

from benchmarks._goals import Goal, kept, under
from benchmarks.publish_many import resident_bytes
from homeward.doorbell import LocalDoorbell
from homeward.hashing import Argon2Pool, production_hasher
from homeward.wiring import SystemSecrets
from orm.database import close_database, dialect, migrate, open_database
from orm.models import (
    Contract,
    Credential,
    Letter,
    Mailbox,
    PolicyVersion,
    Provider,
    ProviderAudit,
    ProviderAuditLine,
    ProviderKind,
    RoleGrant,
    User,
)
from orm.sql import execute
from resolvers.callers import Desk
from resolvers.inactivity_sweep import INACTIVITY
from resolvers.password_sweep import PASSWORDS
from resolvers.provider_audit import AUDIT_PROVIDER_ACCOUNTS
from resolvers.provider_audit_end import PROVIDER_AUDIT_END
from resolvers.register import current_policy
from resolvers.sweeps import run_due, run_now
from rules.accounts import AccountState
from rules.notices import NotificationKind
from rules.provider_audit import AuditOutcome, AuditState

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
ACCOUNTS_OF_A_PROVIDER = 100
TO_WARN = 200
EXEMPT = 100
MOST_SECONDS_TO_PLAN = 5.0
MOST_GROWTH = 64e6
"""How many bytes a run may add to the process, whatever the number of accounts."""
LONGEST_WAIT = 0.1
"""How many seconds longer than alone a sign-on may take beside the sweep."""
ALONE = 10.0
"""For how many seconds the sign-ons are measured alone, so that a busy machine is not blamed on the sweep."""
_BATCH = 5_000

R = TypeVar("R")

Say = Callable[[str], object]


def last_use(serial: int, due: int) -> datetime:
    """Say when the account with this number, from 0, was last used: first those that are due, then the others."""
    if serial < due:
        return NOW - timedelta(days=90 + serial % 300)
    if serial < due + TO_WARN:
        return NOW - timedelta(days=80)
    if serial < due + TO_WARN + EXEMPT:
        return NOW - timedelta(days=400)
    return NOW - timedelta(days=serial % 70)


async def fill(accounts: int, due: int, say: Say) -> None:
    """Write so many accounts, in this order: due, to be warned, exempt, in use."""
    begun = perf_counter()
    providers = [
        Provider(id=uuid4(), name=f"Provider {number:05}", kind=ProviderKind.OTHER, created_at=NOW)
        for number in range(max(1, accounts // ACCOUNTS_OF_A_PROVIDER))
    ]
    await Provider.bulk_create(providers, batch_size=1_000)
    await Contract.bulk_create(
        [Contract(provider_id=one.id, number=f"C{one.name[-5:]}", begins_on=date(2020, 1, 1)) for one in providers],
        batch_size=1_000,
    )
    for begin in range(0, accounts, _BATCH):
        await _fill_batch(range(begin, min(begin + _BATCH, accounts)), due, [one.id for one in providers])
    if dialect() == "postgres":
        await execute("ANALYZE")
    say(f"{accounts:,} accounts of {len(providers):,} providers written in {perf_counter() - begun:.1f} s")


async def _fill_batch(serials: range, due: int, providers: list[UUID]) -> None:
    mailboxes = [Mailbox(id=uuid4()) for _ in serials]
    await Mailbox.bulk_create(mailboxes, batch_size=1_000)
    users = [
        User(
            id=uuid4(),
            user_id=f"U{serial:06}",
            domain="EXTLCL",
            first_name="In",
            last_name=f"Vented{serial}",
            email=f"person{serial}@example.org",
            provider_id=providers[serial % len(providers)],
            mailbox_id=mailbox.id,
            created_at=NOW - timedelta(days=1000),
            last_sign_in_at=last_use(serial, due),
        )
        for serial, mailbox in zip(serials, mailboxes, strict=True)
    ]
    await User.bulk_create(users, batch_size=1_000)
    ages = [NOW - timedelta(days=serial % 60) for serial in serials]
    await Credential.bulk_create(
        [
            Credential(user_id=one.id, password_hash="", changed_at=changed)
            for one, changed in zip(users, ages, strict=True)
        ],
        batch_size=1_000,
    )
    await RoleGrant.bulk_create(
        [
            RoleGrant(
                user_id=user.id,
                role="MORTALITY_REVIEW" if due + TO_WARN <= serial < due + TO_WARN + EXEMPT else "BILLING",
                granted_at=NOW,
            )
            for serial, user in zip(serials, users, strict=True)
        ],
        batch_size=1_000,
    )


class SignOns:
    """Somebody in another process who signs on again and again, and how long each took."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.longest = 0.0

    async def during(self, work: Awaitable[R], say: Say, what: str) -> R:
        """Let somebody sign on while the work is done; say how long it took at most."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks._sign_ons", self.url, stdin=PIPE, stdout=PIPE
        )
        assert process.stdout is not None
        await process.stdout.readline()  # it has begun
        try:
            return await work
        finally:
            told, _ = await process.communicate(b"")  # nothing to say: its input ends, and so does it
            took = sorted(float(line) for line in told.split())
            self.longest = took[-1] if took else 0.0
            half = took[len(took) // 2] if took else 0.0
            say(f"sign-ons {what}: {len(took):,}, half within {half * 1e3:.1f} ms, longest {self.longest * 1e3:.1f} ms")


async def measure(url: str, accounts: int, due: int, say: Say, *, audit: bool) -> list[Goal]:
    """Fill, plan, run, and say how it goes."""
    await migrate(url)
    await open_database(url)
    passwords = Argon2Pool(production_hasher())
    clock = _Clock(NOW)
    desk = Desk(clock, LocalDoorbell(), passwords, SystemSecrets())
    try:
        await fill(accounts, due, say)
        sign_ons = SignOns(url)
        await sign_ons.during(asyncio.sleep(ALONE), say, "alone")
        alone = sign_ons.longest
        gc.collect()
        before = resident_bytes()
        work = _audit(desk, clock, say) if audit else _sweep(desk, due, say)
        planned = await sign_ons.during(work, say, "beside the sweep")
        gc.collect()
        grown = max(0, resident_bytes() - before)
        right = await (_is_right_after_audit(due) if audit else _is_right(due))
    finally:
        passwords.close()
        await close_database()
    return [
        under(f"seconds to plan over {accounts:,} accounts", planned, MOST_SECONDS_TO_PLAN),
        under("MB of memory more than before", grown / 1e6, MOST_GROWTH / 1e6),
        under("seconds longer that a sign-on beside it waits", sign_ons.longest - alone, LONGEST_WAIT),
        kept("exactly those who were due were touched", [] if right else ["others, or not all"]),
    ]


class _Clock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


async def _sweep(desk: Desk, due: int, say: Say) -> float:
    policy = await current_policy(NOW)
    begun = perf_counter()
    subjects = await INACTIVITY.plan(NOW, policy)
    planned = perf_counter() - begun
    hit = sum(one.hit for one in subjects)
    say(f"plan: {hit:,} hit and {len(subjects) - hit:,} exempt, {planned:.2f} s")
    begun = perf_counter()
    reminders = await PASSWORDS.plan(NOW, policy)
    say(f"plan of passwords: {len(reminders):,} hit, {perf_counter() - begun:.2f} s")
    begun = perf_counter()
    await run_due(desk, {INACTIVITY.name: INACTIVITY})
    took = perf_counter() - begun
    say(f"run: {due + TO_WARN:,} treated in {took:.1f} s, {(due + TO_WARN) / took:.0f} a second")
    return planned


async def _audit(desk: Desk, clock: _Clock, say: Say) -> float:
    """Open the audit, let the window pass, end it; answer for how long the longest plan took."""
    await PolicyVersion.create(
        number=1, key="inactivity.provider_90", value=False, effective_from=date(2020, 1, 1), decided_at=NOW
    )
    longest = 0.0
    for sweep, days in ((AUDIT_PROVIDER_ACCOUNTS, 0), (PROVIDER_AUDIT_END, 20)):
        clock.now = NOW + timedelta(days=days)
        policy = await current_policy(clock.now)
        begun = perf_counter()
        subjects = await sweep.plan(clock.now, policy)
        planned = perf_counter() - begun
        longest = max(longest, planned)
        begun = perf_counter()
        result = await run_now(desk, sweep)
        took = perf_counter() - begun
        say(
            f"{sweep.name}: planned {len(subjects):,} in {planned:.2f} s; treated {result.hit:,} in {took:.1f} s, "
            f"{result.hit / took:.0f} a second; {len(result.failures)} failed"
        )
    return longest


async def _is_right_after_audit(due: int) -> bool:
    audit = await ProviderAudit.get()
    disabled = await User.filter(state=AccountState.DISABLED).values_list("user_id", flat=True)
    ends = {one: await ProviderAuditLine.filter(outcome=one).count() for one in AuditOutcome}
    unused = [f"U{serial:06}" for serial in range(due) if NOW - last_use(serial, due) > timedelta(days=180)]
    return (
        audit.state is AuditState.COMPLETED
        and sorted(map(str, disabled)) == unused
        and ends[AuditOutcome.DISABLED] == len(unused)
        and ends[AuditOutcome.EXEMPT] == EXEMPT
        and sum(ends.values()) == len(unused) + EXEMPT
    )


async def _is_right(due: int) -> bool:
    disabled = await User.filter(state=AccountState.DISABLED).values_list("user_id", flat=True)
    warned = await Letter.filter(kind=NotificationKind.ACCOUNT_INACTIVE).values_list("user__user_id", flat=True)
    without_roles = await RoleGrant.filter(ended_at__isnull=False).count()
    return (
        sorted(map(str, disabled)) == [f"U{serial:06}" for serial in range(due)]
        and sorted(map(str, warned)) == [f"U{serial:06}" for serial in range(due, due + TO_WARN)]
        and without_roles == due
    )


def main(arguments: list[str]) -> list[Goal]:
    """Run with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks sweep_accounts", description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--due", type=int, default=500, help="how many of them are to be disabled")
    parser.add_argument("--audit", action="store_true", help="audit provider accounts, with the 90-day sweep off")
    parser.add_argument("--database", help="an empty PostgreSQL database; a scratch SQLite file without it")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as scratch:
        url = chosen.database or f"sqlite:///{Path(scratch)}/sweep_accounts.db"
        return asyncio.run(measure(url, chosen.accounts, chosen.due, print, audit=chosen.audit))
