"""The audit of provider accounts: listed, told, answered, ended, and kept (002:141-203)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from orm.models import Evidence, ProviderAudit, ProviderAuditLine, RoleGrant, SweepRun, User
from resolvers.callers import Caller
from resolvers.inactivity_sweep import INACTIVITY
from resolvers.people import view_viewer
from resolvers.provider_audit import AUDIT_PROVIDER_ACCOUNTS
from resolvers.provider_audit_answers import answer_audit, hold_in_audit
from resolvers.provider_audit_end import PROVIDER_AUDIT_END
from resolvers.provider_audit_views import list_audit_lines, list_provider_audits, view_provider_audit
from resolvers.revocation import Revocation, revoke_access
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_now
from rules.accounts import AccountState
from rules.deadlines import DeadlineKind
from rules.errors import Conflict, Denied, Invalid, NotFound
from rules.leaving import DisabledReason, RevocationReason
from rules.notices import NotificationKind
from rules.provider_audit import AuditAnswer, AuditOutcome, AuditState
from rules.roles import Role
from tests.world.audits import decided, due_now, reviews_mortality, unused_for
from tests.world.duties import account_of, heard, signs_in
from tests.world.office import Office
from tests.world.refusals import refused
from tests.world.world import World

WAITS = NotificationKind.AUDIT_LIST_WAITS
DISABLED = NotificationKind.ACCOUNTS_DISABLED


async def outcomes() -> dict[str, AuditOutcome]:
    lines = await ProviderAuditLine.all().select_related("user")
    return {line.user.user_id: line.outcome for line in lines}


async def audited(world: World) -> tuple[Office, dict[str, Caller]]:
    """Open the audit of June at a provider with people of every kind, where only the audit disables (POL-01)."""
    world.clock.now = datetime(2026, 6, 1, 15, tzinfo=UTC)
    await decided("inactivity.provider_90", "false")
    office = await Office.of(world)
    people = {name: await office.hire(Role.CONSUMER_REFERRAL_DB) for name in ("gone", "back", "idle", "held", "used")}
    people["exempt"] = await office.hire()
    await reviews_mortality(world, people["exempt"])
    for name, who in people.items():
        await unused_for(world, who, 180 if name == "used" else 181)
    assert await due_now(world, AUDIT_PROVIDER_ACCOUNTS, PROVIDER_AUDIT_END) == 2
    return office, people


def login(who: Caller) -> str:
    return who.actor.label


@pytest.mark.requirement("PAA-04")
async def test_a_cursor_tells_an_officer_nothing_of_the_accounts_of_another_provider(world: World) -> None:
    world.clock.now = datetime(2026, 6, 1, 15, tzinfo=UTC)
    await decided("inactivity.provider_90", "false")
    own, other = await Office.of(world), await Office.of(world)
    for office in (own, other):
        await unused_for(world, await office.hire(Role.CONSUMER_REFERRAL_DB), 181)
    await due_now(world, AUDIT_PROVIDER_ACCOUNTS)
    number = (await ProviderAudit.get()).number
    mine, theirs = await list_audit_lines(own.lso, number), await list_audit_lines(other.lso, number)

    across = list_audit_lines(own.lso, number, after=theirs.cursors[0])

    await refused(across, Invalid, "CURSOR_STALE", "provider_audit.lines")
    assert (await list_audit_lines(own.lso, number, after=mine.cursors[0])).nodes == []


@pytest.mark.requirement(
    "PAA-01", "PAA-02", "PAA-04", "PAA-05", "PAA-06", "PAA-07", "PAA-08", "PAA-09", "PAA-11", "NOT-21", "REV-07",
    "ROL-06", "SWP-07", "POL-04", "POL-33",
)  # fmt: skip
async def test_an_audit_lists_tells_waits_ten_business_days_disables_tells_again_and_is_kept(world: World) -> None:
    office, who = await audited(world)
    audit = await ProviderAudit.get()
    listed = {login(who[name]) for name in ("gone", "back", "idle", "held", "exempt")}
    assert (audit.period_from, audit.window_ends_on, audit.state) == (
        date(2026, 6, 1),
        date(2026, 6, 15),
        AuditState.OPEN,
    )
    assert set(await outcomes()) == listed
    assert await heard(world, office.lso, WAITS) == 1
    assert (await heard(world, office.director, WAITS), await heard(world, office.liaison, WAITS)) == (0, 0)

    # The officer sees the list, and the last day for the answers among what is due.
    seen = await list_audit_lines(office.lso, audit.number, count=True)
    assert ({line.user_id for line in seen.nodes}, seen.total_count) == (listed, 5)
    due = [one for one in (await view_viewer(office.lso)).deadlines if one.kind is DeadlineKind.AUDIT_ANSWER]
    assert [one.due_on for one in due] == [date(2026, 6, 16)]

    await revoke_access(office.lso, Revocation(login(who["gone"]), RevocationReason.LEFT))
    await signs_in_again(world, who["back"])
    await answer_audit(office.lso, audit.number, login(who["idle"]), AuditAnswer.EMPLOYED)
    await hold_in_audit(office.account_mgmt, audit.number, login(who["held"]), "On military leave.")

    world.clock.now = datetime(2026, 6, 15, 15, tzinfo=UTC)  # the last business day
    await due_now(world, PROVIDER_AUDIT_END)
    assert (await outcomes())[login(who["idle"])] is AuditOutcome.WAITING
    assert (await account_of(who["idle"])).state is AccountState.ACTIVE

    world.clock.forward(days=1)
    await due_now(world, PROVIDER_AUDIT_END)
    assert await outcomes() == {
        login(who["gone"]): AuditOutcome.REVOKED,
        login(who["back"]): AuditOutcome.SIGNED_IN,
        login(who["idle"]): AuditOutcome.DISABLED,
        login(who["held"]): AuditOutcome.HELD,
        login(who["exempt"]): AuditOutcome.EXEMPT,
    }
    idle = await account_of(who["idle"])
    assert (idle.state, idle.disabled_reason) == (AccountState.DISABLED, DisabledReason.INACTIVITY)
    assert "due to inactivity" in (idle.disabled_note or "")
    assert not await RoleGrant.filter(user_id=idle.id, ended_at=None).exists()
    assert await RoleGrant.filter(user_id=who["exempt"].actor.id, role="MORTALITY_REVIEW", ended_at=None).exists()
    assert {(await account_of(who[name])).state for name in ("held", "exempt", "used")} == {AccountState.ACTIVE}
    assert await heard(world, office.lso, DISABLED) == 1

    audit = await ProviderAudit.get()
    kept = await Evidence.get(number=audit.evidence_number)
    assert (audit.state, kept.procedure, kept.policy_version) == (
        AuditState.COMPLETED,
        "PROVIDER_ACCOUNT_AUDIT",
        "defaults+1",
    )
    for said in ("On military leave.", "EXEMPT", login(who["idle"])):
        assert said in kept.content
    for office_of in (office.cso, office.account_mgmt):
        assert await heard(world, office_of, NotificationKind.REPORT_KEPT) == 1

    # Whatever runs again finds nothing to do.
    for sweep in (AUDIT_PROVIDER_ACCOUNTS, PROVIDER_AUDIT_END):
        assert (await run_now(world.desk, sweep)).failures == {}
    assert (await heard(world, office.lso, WAITS), await heard(world, office.lso, DISABLED)) == (1, 1)
    assert (await ProviderAuditLine.all().count(), await Evidence.all().count()) == (5, 1)


async def signs_in_again(world: World, who: Caller) -> None:
    """Sign on with a password that has not expired."""
    world.clock.forward(hours=1)
    await signs_in(world, who)


@pytest.mark.requirement("PAA-05", "PAA-08", "PAA-11")
async def test_a_termination_is_told_of_an_exempt_account_too_and_ends_all_access_at_once(world: World) -> None:
    office, who = await audited(world)
    number = (await ProviderAudit.get()).number
    stranger = (await world.provider()).staff

    answer, hold = "provider_audit.answer", "provider_audit.hold"
    idle = login(who["idle"])
    terminated, employed = AuditAnswer.TERMINATED, AuditAnswer.EMPLOYED
    await refused(answer_audit(stranger, number, idle, terminated), NotFound, "ACCOUNT_NOT_FOUND", answer)
    await refused(hold_in_audit(office.lso, number, idle, "Why not."), Denied, "DENIED", hold)
    await refused(hold_in_audit(office.account_mgmt, number, idle, " "), Invalid, "TEXT_REQUIRED", hold)
    for listed, of in ((login(who["used"]), number), (idle, number + 1), (idle, 2**40)):
        await refused(answer_audit(office.lso, of, listed, employed), NotFound, "AUDIT_LINE_NOT_FOUND", answer)
    assert (await account_of(who["idle"])).state is AccountState.ACTIVE

    for name, by in (("exempt", office.lso), ("idle", office.account_mgmt)):
        revoked = await answer_audit(by, number, login(who[name]), AuditAnswer.TERMINATED, date(2026, 5, 29))
        assert revoked is not None
        assert len(revoked.tickets) == 1
        user = await account_of(who[name])
        assert (user.disabled_reason, user.terminated_on) == (DisabledReason.TERMINATED, date(2026, 5, 29))
        assert (await outcomes())[login(who[name])] is AuditOutcome.REVOKED
    await refused(answer_audit(office.lso, number, idle, employed), Conflict, "AUDIT_LINE_SETTLED", answer)
    await refused(hold_in_audit(office.account_mgmt, number, idle, "Too late."), Conflict, "AUDIT_LINE_SETTLED", hold)

    world.clock.forward(days=20)
    await due_now(world, PROVIDER_AUDIT_END)
    await refused(answer_audit(office.lso, number, login(who["held"]), employed), Conflict, "AUDIT_COMPLETED", answer)


@pytest.mark.requirement("POL-01")
async def test_where_unused_accounts_are_disabled_at_ninety_days_the_audit_finds_nobody_but_exempt_and_held(
    world: World,
) -> None:
    world.clock.now = datetime(2026, 6, 1, 15, tzinfo=UTC)
    office = await Office.of(world)
    idle, exempt, held = [await office.hire() for _ in range(3)]
    await reviews_mortality(world, exempt)
    for who in (idle, exempt, held):
        await unused_for(world, who, 181)
    await User.filter(id=held.actor.person()).update(state=AccountState.SUSPENDED)

    await due_now(world, INACTIVITY, AUDIT_PROVIDER_ACCOUNTS, PROVIDER_AUDIT_END)

    assert await outcomes() == {login(exempt): AuditOutcome.EXEMPT, login(held): AuditOutcome.HELD}
    assert (await account_of(idle)).disabled_reason is DisabledReason.INACTIVITY
    audit = await ProviderAudit.get()
    assert audit.state is AuditState.COMPLETED, "nobody has to be waited for"
    assert "found nobody but who is exempt or held" in (await Evidence.get(number=audit.evidence_number)).content


@pytest.mark.requirement("PAA-01", "SWP-07")
async def test_a_missed_audit_is_made_late_and_a_dry_run_shows_who_why_and_touches_nobody(world: World) -> None:
    office = await Office.of(world)
    await decided("inactivity.provider_90", "false")
    await due_now(world, AUDIT_PROVIDER_ACCOUNTS)
    assert not await SweepRun.exists(), "March is no month of an audit"
    await unused_for(world, office.employee, 100)

    as_of = datetime(2026, 6, 1, 15, tzinfo=UTC)
    report = await simulate_sweep(world.house, AUDIT_PROVIDER_ACCOUNTS, as_of)
    shown = {subject.label.rpartition("\\")[2]: subject for subject in report.subjects}
    assert shown[login(office.employee)].why == "Last used on 11/22/2025: more than 180 days ago."
    assert shown[office.provider_name].facts["accounts"] == 1
    assert (report.policy_version, await ProviderAudit.all().count()) == ("defaults+1", 0)

    world.clock.now = datetime(2026, 7, 20, 15, tzinfo=UTC)
    await SweepRun.create(name=AUDIT_PROVIDER_ACCOUNTS.name, due_on=date(2026, 2, 1), state="DONE")
    assert await due_now(world, AUDIT_PROVIDER_ACCOUNTS) == 1
    audit = await ProviderAudit.get()
    assert (audit.period_from, audit.window_ends_on) == (date(2026, 6, 1), date(2026, 8, 3))


@pytest.mark.requirement("PAA-04")
async def test_without_an_officer_the_director_and_the_liaison_hear_of_the_list_and_each_sees_the_own_people(
    world: World,
) -> None:
    office, other = await Office.of(world), await Office.of(world)
    await office.lose_lso()
    await decided("inactivity.provider_90", "false")
    world.clock.now = datetime(2026, 6, 1, 15, tzinfo=UTC)
    for who in (office.employee, other.employee):
        await unused_for(world, who, 300)
    await due_now(world, AUDIT_PROVIDER_ACCOUNTS)
    number = (await ProviderAudit.get()).number

    assert [await heard(world, who, WAITS) for who in (office.director, office.liaison, other.lso)] == [1, 1, 1]
    for officer, own in ((office.director, office.employee), (other.lso, other.employee)):
        assert [one.user_id for one in (await list_audit_lines(officer, number)).nodes] == [login(own)]
        assert (await view_provider_audit(officer, number)).listed == 1
    first = await list_audit_lines(office.account_mgmt, number, first=1, outcome=AuditOutcome.WAITING, count=True)
    second = await list_audit_lines(office.account_mgmt, number, first=1, after=first.cursors[0])
    assert first.total_count == 2
    assert {one.user_id for one in [*first.nodes, *second.nodes]} == {login(office.employee), login(other.employee)}
    assert (await list_provider_audits(office.cso, count=True)).total_count == 1
    nobody = (await world.provider()).staff
    assert (await list_provider_audits(nobody)).nodes == []
    await refused(view_provider_audit(nobody, number), NotFound, "AUDIT_NOT_FOUND", "provider_audit.view")
