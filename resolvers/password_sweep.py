"""Reminders before a password expires, which the guide calls the main cause of lost access (000:6-8, POL-06)."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from orm.models import Credential, User
from orm.sql import fetch, to_instant, to_uuid
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.promises import Reader, about
from resolvers.sweeps import Subject, Sweep
from rules.accounts import AccountState
from rules.calendar import Daily, local_date
from rules.deadlines import reminder_of_password
from rules.notices import NotificationKind
from rules.passwords import expires_at
from rules.policy import Policy


async def plan_passwords(now: datetime, policy: Policy) -> list[Subject]:
    """List whose password expires within one of the policy's periods, and was not told so for it."""
    if not policy.password_reminders:
        return []
    # A day more than the longest period: days are counted in Chicago, the rule decides.
    longest = max(policy.password_reminders) + timedelta(days=1)
    rows = await fetch(
        "SELECT u.id, u.user_id, u.domain, c.changed_at, c.reminded_for_days "
        "FROM credential c JOIN user_account u ON u.id = c.user_id "
        "WHERE u.state = :active AND c.changed_at > :expired AND c.changed_at <= :near ORDER BY u.user_id",
        active=AccountState.ACTIVE,
        expired=now - policy.password_max_age,
        near=now - policy.password_max_age + longest,
    )
    subjects = []
    for row in rows:
        changed_at = to_instant(row["changed_at"])
        ahead = reminder_of_password(changed_at, row["reminded_for_days"], now, policy)
        if ahead is not None:
            label = f"{row['domain']}\\{row['user_id']}"
            why = f"The password expires on {local_date(expires_at(changed_at, policy))}."
            subjects.append(Subject(to_uuid(row["id"]), label, hit=True, why=why, facts={"days before": ahead}))
    return subjects


@operation("account.remind_of_password", by=THE_HOUSE, cites="000:6-8")
async def remind_of_password(work: Work, user_id: UUID) -> bool:
    """Remind a person of the password's expiry, once for each period and password; answer whether it was due."""
    work.about("user", user_id)
    credential = await Credential.filter(user_id=user_id).select_for_update(no_key=True).first()
    user = await User.filter(id=user_id, state=AccountState.ACTIVE).first()
    ahead = None
    if credential is not None and user is not None:
        ahead = reminder_of_password(credential.changed_at, credential.reminded_for_days, work.now, work.policy)
    work.note(due=ahead is not None, days_before=ahead)
    if user is None or ahead is None:
        return False
    await Credential.filter(user_id=user_id).update(reminded_for_days=ahead)
    work.promise(about([Reader.user(user)], NotificationKind.PASSWORD_EXPIRES, None))
    return True


PASSWORDS = Sweep(
    name="passwords",
    title="Passwords that expire soon",
    cites="000:6-8; POL-06",
    cadence=Daily(time(6, 0)),
    plan=plan_passwords,
    treat=remind_of_password,
)
