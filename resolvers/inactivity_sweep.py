"""Provider accounts that are not used: warned, then disabled with their roles, and the LSO is told (000:22-24, POL-01).

Employees' accounts are listed by the dry run and left alone (POL-03), and so are holders of an exempt role (POL-04).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from orm.models import Notification, User
from resolvers.account_duties import hold_account, unused_accounts, use_of
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.endings import disable
from resolvers.officers import Organization, lso_and_deputies, readers
from resolvers.promises import Reader, about
from resolvers.sweeps import Subject, Sweep
from rules.accounts import AccountState
from rules.calendar import Daily, local_date, local_instant
from rules.inactivity import PROVIDER_DOMAIN, InactivityStep, judge_inactivity
from rules.leaving import DisabledReason
from rules.notices import NotificationKind
from rules.policy import Policy

_DAY = timedelta(days=1)


async def plan_inactivity(now: datetime, policy: Policy) -> list[Subject]:
    """Judge every account that is unused for long enough to be warned, disabled, or listed as exempt."""
    on = local_date(now)
    warned_from = policy.inactivity_delete - max(policy.inactivity_warnings, default=timedelta())
    accounts = await unused_accounts(
        provider_before=local_instant(on - warned_from + _DAY, time(0)),
        others_before=local_instant(on - policy.inactivity_employee + _DAY, time(0)),
        provider_domain=PROVIDER_DOMAIN,
    )
    subjects = []
    for account in accounts:
        verdict = judge_inactivity(account.facts, on, policy)
        if verdict.step is not InactivityStep.NOTHING:
            hit = verdict.step is not InactivityStep.EXEMPT
            facts = {"step": str(verdict.step)}
            subjects.append(Subject(account.id, account.label, hit=hit, why=verdict.why, facts=facts))
    return subjects


@operation("account.sweep_inactivity", by=THE_HOUSE, cites="000:22-24; 002:181-197")
async def treat_inactivity(work: Work, user_id: UUID) -> bool:
    """Warn the owner of an unused account, or disable it with its roles; answer whether anything was due."""
    work.about("user", user_id)
    user = await hold_account(user_id)
    if user is None:
        work.note(step=str(InactivityStep.NOTHING))
        return False
    facts = await use_of(user_id)
    verdict = judge_inactivity(facts, work.today, work.policy)
    work.note(step=str(verdict.step))
    if verdict.step is InactivityStep.WARN:
        work.promise(about([Reader.user(user)], NotificationKind.ACCOUNT_INACTIVE, None))
        return True
    if verdict.step is InactivityStep.DISABLE:
        await disable(work, user, DisabledReason.INACTIVITY, verdict.why)
        await _tell_lso(work, user)
        return True
    return False


INACTIVITY = Sweep(
    name="inactivity",
    title="Unused accounts of providers",
    cites="000:22-24; 002:181-197",
    cadence=Daily(time(6, 0)),
    plan=plan_inactivity,
    treat=treat_inactivity,
)


async def _tell_lso(work: Work, user: User) -> None:
    """Tell the LSO and who stands in once a day, however many accounts were disabled on it (002:187-189)."""
    today = local_instant(work.today, time(0))
    for officer in await lso_and_deputies(Organization.of(user), work.today):
        told = await Notification.filter(
            mailbox_id=officer.mailbox_id, kind=NotificationKind.ACCOUNTS_DISABLED, at__gte=today
        ).exists()
        if officer.id != user.id and officer.state is AccountState.ACTIVE and not told:
            work.promise(about(readers([officer]), NotificationKind.ACCOUNTS_DISABLED, None))
