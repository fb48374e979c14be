"""Local Security Officers sign in at least once in 60 days: warned before, out of reach then (000:26-27, POL-02)."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from orm.models import LsoDesignation, User
from orm.sql import fetch, to_instant, to_uuid
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.lso_reach import facts_of, lso_is_out_of_reach
from resolvers.officers import Organization, lock_organization
from resolvers.promises import Reader, about
from resolvers.sweeps import Subject, Sweep
from rules.accounts import AccountState
from rules.calendar import Daily, in_words, local_date
from rules.inactivity import LsoFacts, LsoStep, judge_lso, lso_seen_on
from rules.notices import NotificationKind
from rules.policy import Policy


async def plan_lso_signin(now: datetime, policy: Policy) -> list[Subject]:
    """Judge every designated officer whose account is in use."""
    on = local_date(now)
    rows = await fetch(
        "SELECT d.id, d.begins_at, d.warned_for_days, d.unreachable_at, u.user_id, u.domain, u.last_sign_in_at, "
        "p.name AS provider, f.name AS facility "
        "FROM lso_designation d JOIN user_account u ON u.id = d.user_id "
        "LEFT JOIN provider p ON p.id = d.provider_id LEFT JOIN facility f ON f.code = d.facility_id "
        "WHERE d.ended_at IS NULL AND u.state = :active ORDER BY u.user_id, d.id",
        active=AccountState.ACTIVE,
    )
    subjects = []
    for row in rows:
        facts = LsoFacts(
            designated_at=to_instant(row["begins_at"]),
            last_sign_in_at=to_instant(row["last_sign_in_at"]) if row["last_sign_in_at"] else None,
            warned_for_days=row["warned_for_days"],
            unreachable=row["unreachable_at"] is not None,
        )
        verdict = judge_lso(facts, on, policy)
        if verdict.step is not LsoStep.NOTHING:
            label = f"{row['domain']}\\{row['user_id']} ({row['provider'] or row['facility']})"
            why = f"No sign-on since {in_words(lso_seen_on(facts))}."
            subjects.append(Subject(to_uuid(row["id"]), label, hit=True, why=why, facts={"step": str(verdict.step)}))
    return subjects


@operation("lso.sweep_signin", by=THE_HOUSE, cites="000:26-27")
async def treat_lso_signin(work: Work, designation_id: UUID) -> bool:
    """Warn an officer, or mark one as out of reach and hold what waits there; answer whether anything was due."""
    work.about("lso_designation", designation_id)
    found = await LsoDesignation.filter(id=designation_id).first()
    if found is not None:
        # The organization before the designation, as at a submission: nothing goes to the officer unseen meanwhile.
        await lock_organization(Organization(found.provider_id, found.facility_id))
    designation = await LsoDesignation.filter(id=designation_id, ended_at=None).select_for_update(no_key=True).first()
    officer = None
    if designation is not None and designation.user_id is not None:
        officer = await User.filter(id=designation.user_id, state=AccountState.ACTIVE).first()
    if designation is None or officer is None:
        work.note(step=str(LsoStep.NOTHING))
        return False
    verdict = judge_lso(facts_of(designation, officer), work.today, work.policy)
    work.note(step=str(verdict.step), days=verdict.days)
    if verdict.step is LsoStep.WARN:
        designation.warned_for_days = verdict.days
        await designation.save(update_fields=["warned_for_days"])
        work.promise(about([Reader.user(officer)], NotificationKind.LSO_SIGN_IN_DUE, None))
    elif verdict.step is LsoStep.UNREACHABLE:
        await lso_is_out_of_reach(work, designation)
    return verdict.step is not LsoStep.NOTHING


LSO_SIGNIN = Sweep(
    name="lso_signin",
    title="Local Security Officers who do not sign in",
    cites="000:26-27; POL-02",
    cadence=Daily(time(6, 0)),
    plan=plan_lso_signin,
    treat=treat_lso_signin,
)
