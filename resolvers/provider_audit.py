"""The audit of provider accounts: opened in February, June and October, account by account (002:141-203).

First the audit itself is entered, then a line for each account that is not used, then each provider's officers are
told once that a list waits. Two missed dates that run at the same moment are one audit of the facts of that moment.
"""

from __future__ import annotations

from collections import Counter as Tally
from datetime import UTC, date, datetime, time
from uuid import UUID, uuid4, uuid5

from orm.models import AuditedProvider, Provider, ProviderAudit, ProviderAuditLine, User
from resolvers.account_duties import hold_account, unused_accounts, use_of
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.numbers import next_number
from resolvers.officers import Organization, holders_of, liaisons_for, lso_and_deputies, readers
from resolvers.promises import about
from resolvers.sweeps import Subject, Sweep
from rules.accounts import AccountState
from rules.calendar import local_date, local_instant
from rules.errors import Conflict
from rules.inactivity import PROVIDER_DOMAIN, last_used_on
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.provider_audit import (
    AUDITED,
    AuditOutcome,
    AuditState,
    AuditVerdict,
    judge_at_audit,
    unused_before,
    window_ends_on,
)
from rules.roles import Role

_AUDITS = UUID("6b1f0f0a-50c4-4c1c-9b6e-2d7a2f6f1a01")
_NOBODY = datetime(1970, 1, 1, tzinfo=UTC)


def audit_key(period_from: date) -> UUID:
    """Give the key of the audit of a period, known before there is one."""
    return uuid5(_AUDITS, period_from.isoformat())


async def plan_provider_audit(now: datetime, policy: Policy) -> list[Subject]:
    """List the audit of the day's period, each account that is not used, and each provider whose officers are told."""
    on = local_date(now)
    period = AUDITED.latest(on)
    audit = await ProviderAudit.filter(period_from=period).first()
    accounts = await _accounts_in_scope()
    facts = {"accounts": accounts, "window ends": str(window_ends_on(on, policy))}
    why = f"{accounts} active accounts of providers are audited."
    if audit is not None and audit.state is AuditState.COMPLETED:
        return [Subject(audit.id, _label(period), hit=False, why="This audit is completed.", facts={})]
    subjects = [Subject(audit_key(period), _label(period), hit=True, why=why, facts=facts)]
    affected: Tally[UUID] = Tally()
    for account in await unused_accounts(
        provider_before=local_instant(unused_before(on, policy), time(0)),
        others_before=_NOBODY,
        provider_domain=PROVIDER_DOMAIN,
    ):
        listed = judge_at_audit(account.facts, on, policy)
        if listed is None:
            continue
        hit = listed.verdict is AuditVerdict.UNUSED
        verdict = {"verdict": str(listed.verdict)}
        # Who is exempt or held is entered, too: each report lists them (POL-04).
        subjects.append(Subject(account.id, account.label, hit=True, why=listed.why, facts=verdict))
        if account.provider_id is not None and (hit or listed.verdict is AuditVerdict.EXEMPT):
            affected[account.provider_id] += 1
    names = {one.id: one.name for one in await Provider.filter(id__in=list(affected)).only("id", "name")}
    subjects += [
        Subject(key, names[key], hit=True, why="Its officers are told.", facts={"accounts": affected[key]})
        for key in sorted(affected, key=lambda key: names[key])
    ]
    return subjects


async def treat_provider_audit(caller: Caller, subject: UUID) -> bool:
    """Enter the audit, a line of it, or tell a provider's officers; answer whether that was still to be done."""
    if subject == audit_key(AUDITED.latest(local_date(caller.desk.clock()))):
        return await open_provider_audit(caller)
    if await Provider.exists(id=subject):
        return await tell_of_audit(caller, subject)
    return await list_in_audit(caller, subject)


@operation("provider_audit.open", by=THE_HOUSE, cites="002:114-116; 002:145; 002:163")
async def open_provider_audit(work: Work) -> bool:
    """Enter the audit of the period in which today lies, with the last business day for answers."""
    period = AUDITED.latest(work.today)
    key = audit_key(period)
    work.about("provider_audit", key)
    if await ProviderAudit.exists(id=key):
        work.note(opened=False)
        return False
    audit = await ProviderAudit.create(
        id=key,
        number=await next_number("provider_audit"),
        period_from=period,
        opened_at=work.now,
        window_ends_on=window_ends_on(work.today, work.policy),
        accounts=await _accounts_in_scope(),
        policy_version=work.policy.version,
    )
    work.note(opened=True, number=audit.number, accounts=audit.accounts)
    return True


@operation("provider_audit.list", by=THE_HOUSE, cites="002:145-153; 002:163-167")
async def list_in_audit(work: Work, user_id: UUID) -> bool:
    """Enter a line for an account that is not used; answer whether there was none yet.

    Raises:
        Conflict: ``AUDIT_NOT_OPEN``; the audit was not entered, or is completed.
    """
    work.touches("user", [user_id])
    audit = await _open_audit(work)
    user = await hold_account(user_id)
    if user is None or await ProviderAuditLine.exists(audit_id=audit.id, user_id=user_id):
        work.note(listed=False)
        return False
    facts = await use_of(user_id)
    listed = judge_at_audit(facts, work.today, work.policy)
    if listed is None:
        work.note(listed=False)
        return False
    await ProviderAuditLine.create(
        id=uuid4(),
        audit_id=audit.id,
        user_id=user_id,
        provider_id=user.provider_id,
        last_used_on=last_used_on(facts),
        ever_used=facts.last_sign_in_at is not None,
        verdict=listed.verdict,
        why=listed.why,
        listed_at=work.now,
        outcome=listed.outcome,
        settled_at=None if listed.outcome is AuditOutcome.WAITING else work.now,
    )
    work.note(listed=True, verdict=str(listed.verdict))
    return True


@operation("provider_audit.tell", by=THE_HOUSE, cites="002:169-171; 002:173-179")
async def tell_of_audit(work: Work, provider_id: UUID) -> bool:
    """Tell a provider's officers once that a list waits; without an officer the directors and the liaisons hear it."""
    work.about("provider", provider_id)
    audit = await _open_audit(work)
    of_provider = ProviderAuditLine.filter(audit_id=audit.id, provider_id=provider_id)
    lines = await of_provider.exclude(verdict=AuditVerdict.HELD).count()
    if not lines or await AuditedProvider.exists(audit_id=audit.id, provider_id=provider_id):
        work.note(told=False)
        return False
    hearing = await officers_who_hear(Organization(provider_id=provider_id), work.today)
    await AuditedProvider.create(
        id=uuid4(), audit_id=audit.id, provider_id=provider_id, told_at=work.now, told=len(hearing)
    )
    work.promise(about(readers(hearing), NotificationKind.AUDIT_LIST_WAITS, audit.number))
    work.note(told=len(hearing), accounts=lines)
    return True


AUDIT_PROVIDER_ACCOUNTS = Sweep(
    name="audit_provider_accounts",
    title="Audit of provider accounts",
    cites="002:114-116; 002:141-203",
    cadence=AUDITED,
    plan=plan_provider_audit,
    treat=treat_provider_audit,
)


async def officers_who_hear(organization: Organization, on: date) -> list[User]:
    """List who is told of accounts of an organization: LSO and deputy, or else its directors and the liaisons."""
    officers = await lso_and_deputies(organization, on)
    if officers:
        return officers
    directors = await holders_of(Role.EXECUTIVE_DIRECTOR, provider_id=organization.provider_id)
    return [*directors, *await liaisons_for(organization)]


async def _open_audit(work: Work) -> ProviderAudit:
    audit = await ProviderAudit.filter(id=audit_key(AUDITED.latest(work.today)), state=AuditState.OPEN).first()
    if audit is None:
        raise Conflict("The audit of this period is not open.", code="AUDIT_NOT_OPEN")
    return audit


async def _accounts_in_scope() -> int:
    return await User.filter(domain=PROVIDER_DOMAIN, state=AccountState.ACTIVE).count()


def _label(period: date) -> str:
    return f"Audit of {period:%Y-%m}"
