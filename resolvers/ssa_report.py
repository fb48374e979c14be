"""The snapshot of providers, and of persons with access, for the Social Security Administration (002:322-351).

It is taken provider by provider, each in a transaction of its own; what is written is never changed. When the last one
is there the report is whole, its hash is kept, and who has to do with it is told that it waits behind the sign-on.
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4, uuid5

from orm.models import Contract, Provider, ReportRecipient, RoleGrant, SsaPerson, SsaProvider, SsaReport, User
from orm.sql import fetch, to_uuid
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.numbers import next_number
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from resolvers.sweeps import Subject, Sweep
from rules.accounts import AccountState
from rules.calendar import local_date
from rules.errors import Conflict
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.reports import source
from rules.roles import Role
from rules.ssa import REPORTED, RecipientPurpose, SsaState, contract_line

_REPORTS: Final = UUID("d91e6f10-3c57-4d25-8a44-5b0c7e2d6f04")
_BATCH: Final = 500
_IN_USE: Final = (AccountState.ACTIVE, AccountState.SUSPENDED)
_REPORTED: Final = (
    "p.active OR EXISTS (SELECT 1 FROM user_account u WHERE u.provider_id = p.id AND u.state IN (:in_use))"
)


def report_key(period_from: date) -> UUID:
    """Give the key of the report of a period, known before there is one."""
    return uuid5(_REPORTS, period_from.isoformat())


async def plan_ssa_report(now: datetime, policy: Policy) -> list[Subject]:
    """List the report of the day's period, each provider in it, the people of the offices, and its end."""
    del policy  # a snapshot shows what is; the checks decide
    on = local_date(now)
    period = REPORTED.latest(on)
    label = f"Report of {period}"
    report = await SsaReport.filter(period_from=period).first()
    if report is not None and report.state is not SsaState.BEING_TAKEN:
        return [Subject(report.id, label, hit=False, why="The snapshot of this period is whole.", facts={})]
    providers = await _providers()
    why = f"{len(providers)} providers are in the snapshot."
    subjects = [Subject(report_key(period), label, hit=True, why=why, facts={"providers": len(providers)})]
    for key, name in providers:
        said = "Active, or with user IDs in use."
        subjects.append(Subject(key, name, hit=True, why=said, facts={}))
    offices = "People of the department with a role."
    subjects.append(Subject(_offices(period), "Offices and facilities", hit=True, why=offices, facts={}))
    whole = "The snapshot is whole; who has to do with it is told."
    return [*subjects, Subject(_end(period), f"End of {label.lower()}", hit=True, why=whole, facts={})]


async def treat_ssa_report(caller: Caller, subject: UUID) -> bool:
    """Enter the report, write a provider or the offices into it, or end the snapshot; answer whether it was due."""
    period = REPORTED.latest(local_date(caller.desk.clock()))
    if subject == report_key(period):
        return await open_ssa_report(caller)
    if subject == _offices(period):
        return await _write_offices(caller, report_key(period))
    if subject == _end(period):
        return await finish_snapshot(caller)
    return await write_provider(caller, subject)


@operation("ssa.open", by=THE_HOUSE, cites="002:338-350; 002:111-112")
async def open_ssa_report(work: Work) -> bool:
    """Enter the report of the period in which today lies."""
    period = REPORTED.latest(work.today)
    work.about("ssa_report", report_key(period))
    if await SsaReport.exists(id=report_key(period)):
        work.note(opened=False)
        return False
    report = await SsaReport.create(
        id=report_key(period),
        number=await next_number("ssa_report"),
        period_from=period,
        run_at=work.now,
        policy_version=work.policy.version,
    )
    work.note(opened=True, number=report.number)
    return True


@operation("ssa.write_provider", by=THE_HOUSE, cites="002:349-350; 002:355; POL-28")
async def write_provider(work: Work, provider_id: UUID) -> bool:
    """Write a provider and its people with access into the snapshot; answer whether it was not there yet.

    Raises:
        Conflict: ``SSA_SNAPSHOT_CLOSED``; the snapshot was not begun, or is whole.
    """
    work.touches("provider", [provider_id])
    report = await _being_taken(work)
    provider = await Provider.filter(id=provider_id).first()
    if provider is None or await SsaProvider.exists(report_id=report.id, provider_id=provider_id):
        work.note(written=False)
        return False
    contracts = await Contract.filter(provider_id=provider_id).order_by("begins_on", "number")
    line = contract_line([(one.begins_on, one.ends_on) for one in contracts], work.today)
    await SsaProvider.create(
        id=uuid4(),
        report_id=report.id,
        provider_id=provider_id,
        name=provider.name,
        contract_number=contracts[line.place].number if line.place is not None else "",
        begins_on=line.begins_on,
        ends_on=line.ends_on,
        standing=line.standing,
        accounts=await User.filter(provider_id=provider_id, state__in=_IN_USE).count(),
    )
    people = await User.filter(provider_id=provider_id, state=AccountState.ACTIVE)
    work.note(written=True, standing=str(line.standing), persons=await _write_people(report, people))
    return True


@operation("ssa.write_people", by=THE_HOUSE, cites="002:329-332; POL-28")
async def write_people(work: Work, user_ids: list[UUID]) -> int:
    """Write some people of the department into the snapshot; answer how many had access.

    Raises:
        Conflict: ``SSA_SNAPSHOT_CLOSED``.
    """
    report = await _being_taken(work)
    known = await SsaPerson.filter(report_id=report.id, user_id__in=user_ids).values_list("user_id", flat=True)
    people = await User.filter(id__in=user_ids, state=AccountState.ACTIVE).exclude(id__in=list(known))
    written = await _write_people(report, people)
    work.note(persons=written)
    return written


@operation("ssa.finish_snapshot", by=THE_HOUSE, cites="002:349-351")
async def finish_snapshot(work: Work) -> bool:
    """Keep the hash of a whole snapshot, and tell CSO, account management and report programmers that it is there.

    Raises:
        Conflict: ``SSA_SNAPSHOT_CLOSED``; ``SSA_SNAPSHOT_INCOMPLETE``: a provider is missing, so it is tried again.
    """
    report = await _being_taken(work)
    written = await SsaProvider.filter(report_id=report.id).values_list("provider_id", flat=True)
    if {key for key, _ in await _providers()} - {UUID(str(key)) for key in written}:
        raise Conflict("A provider is missing in the snapshot.", code="SSA_SNAPSHOT_INCOMPLETE")
    report.providers = len(written)
    report.persons = await SsaPerson.filter(report_id=report.id).count()
    report.snapshot_hash = await _hash(report)
    report.state, report.whole_at = SsaState.OPEN, work.now
    await report.save()
    programmers = ReportRecipient.filter(purpose=RecipientPurpose.PROGRAMMER, ended_at=None, user_id__not_isnull=True)
    keys = await programmers.values_list("user_id", flat=True)
    people = {one.id: one for role in (Role.CSO, Role.ITSD_ACCOUNT_MGMT) for one in await holders_of(role)}
    people |= {one.id: one for one in await User.filter(id__in=list(keys), state=AccountState.ACTIVE)}
    work.promise(about(readers(people.values()), NotificationKind.SSA_REPORT_READY, report.number))
    work.note(providers=report.providers, persons=report.persons, sha256=report.snapshot_hash)
    return True


REPORT_SSA = Sweep(
    name="report_ssa",
    title="Report of providers to SSA, and audit of contracts",
    cites="002:111-113; 002:338-351",
    cadence=REPORTED,
    plan=plan_ssa_report,
    treat=treat_ssa_report,
)


async def _being_taken(work: Work) -> SsaReport:
    key = report_key(REPORTED.latest(work.today))
    work.about("ssa_report", key)
    report = await SsaReport.filter(id=key, state=SsaState.BEING_TAKEN).select_for_update(no_key=True).first()
    if report is None:
        raise Conflict("The snapshot of this period is not being taken.", code="SSA_SNAPSHOT_CLOSED")
    return report


async def _providers() -> list[tuple[UUID, str]]:
    rows = await fetch(f"SELECT p.id, p.name FROM provider p WHERE {_REPORTED} ORDER BY p.name", in_use=list(_IN_USE))
    return [(to_uuid(row["id"]), row["name"]) for row in rows]


async def _write_offices(caller: Caller, report_id: UUID) -> bool:
    """Write the people without a provider, a batch at a time."""
    written, after = 0, ""
    while True:
        rows = await fetch(
            "SELECT u.id, u.user_id FROM user_account u WHERE u.provider_id IS NULL AND u.state = 'ACTIVE' "
            "AND u.user_id > :after AND NOT EXISTS (SELECT 1 FROM ssa_person s WHERE s.report_id = :report "
            f"AND s.user_id = u.id) ORDER BY u.user_id LIMIT {_BATCH}",
            report=report_id,
            after=after,
        )
        if not rows:
            return written > 0
        written += await write_people(caller, [to_uuid(row["id"]) for row in rows])
        after = rows[-1]["user_id"]


async def _write_people(report: SsaReport, people: list[User]) -> int:
    """Write down who holds a role at this moment: whoever holds none has no access."""
    roles: dict[UUID, list[str]] = {}
    for grant in await RoleGrant.filter(user_id__in=[one.id for one in people], ended_at=None).order_by("role"):
        roles.setdefault(grant.user_id, []).append(grant.role)
    persons = [
        SsaPerson(
            id=uuid4(),
            report_id=report.id,
            user_id=one.id,
            provider_id=one.provider_id,
            login=one.user_id,
            name=one.name,
            roles=roles[one.id],
        )
        for one in people
        if one.id in roles
    ]
    await SsaPerson.bulk_create(persons, batch_size=_BATCH)
    return len(persons)


async def _hash(report: SsaReport) -> str:
    """Hash the snapshot, a batch of lines at a time in their order, so that memory stays flat."""
    digest = hashlib.sha256()
    lines = await SsaProvider.filter(report_id=report.id).order_by("name")
    rows = [(one.name, one.contract_number, one.begins_on, one.ends_on, one.standing, one.accounts) for one in lines]
    digest.update(source("providers", rows).sha256.encode())
    after = ""
    while people := await SsaPerson.filter(report_id=report.id, login__gt=after).order_by("login").limit(_BATCH):
        persons = [(one.login, one.name, one.provider_id, " ".join(one.roles)) for one in people]
        digest.update(source("persons", persons).sha256.encode())
        after = people[-1].login
    return digest.hexdigest()


def _offices(period: date) -> UUID:
    return uuid5(_REPORTS, f"offices {period}")


def _end(period: date) -> UUID:
    return uuid5(_REPORTS, f"end {period}")
