"""The review of employee user IDs, the lists of other systems, and the mainframe (002:105-110, 002:271-314)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest

from orm.models import (
    CatalogueRole,
    EmployeeReview,
    EmployeeReviewLine,
    Evidence,
    MainframeReview,
    OutsideSystem,
    RoleGrant,
    Ticket,
    User,
    UserList,
)
from resolvers.callers import Caller
from resolvers.deletion_sweep import DELETE_DISABLED
from resolvers.employee_answers import verify_employment
from resolvers.employee_review import OPEN_EMPLOYEE_REVIEW
from resolvers.employee_review_end import EMPLOYEE_REVIEW_END
from resolvers.employee_review_views import list_employee_reviews, list_review_lines, view_employee_review
from resolvers.mainframe_review import (
    MAINFRAME_REVIEW,
    list_mainframe_deletions,
    record_mainframe_deletion,
)
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import run_now
from resolvers.user_lists import import_user_list, list_user_list_rows, list_user_lists, view_user_list
from rules.accounts import AccountState
from rules.employee_review import Employment, ReviewState
from rules.errors import Conflict, Denied, Invalid, NotFound
from rules.leaving import DisabledReason
from rules.notices import NotificationKind
from rules.roles import Role
from rules.tickets import TicketKind
from rules.user_lists import ListFinding
from tests.world.audits import decided, due_now, unused_for
from tests.world.duties import account_of, heard
from tests.world.office import at_facility
from tests.world.refusals import refused
from tests.world.world import World

WAITS = NotificationKind.EMPLOYEE_LIST_WAITS
VERIFY = "employee_review.verify"


async def reviewed(world: World, month: int) -> dict[str, Caller]:
    """Open the review of a quarter over people of two facilities and of an office."""
    world.clock.now = datetime(2027, month, 1, 15, tzinfo=UTC)
    people = {
        "hr": await at_facility(world, "101", Role.HR_CONTACT),
        "other_hr": await at_facility(world, "202", Role.HR_CONTACT),
        "cso": await world.user(Role.CSO),
        "accounts": await world.user(Role.ITSD_ACCOUNT_MGMT),
        "stays": await at_facility(world, "101", Role.CENTRAL_STAFF),
        "gone": await at_facility(world, "101", Role.CENTRAL_STAFF),
        "elsewhere": await at_facility(world, "202", Role.CENTRAL_STAFF),
        "office": await world.user(Role.CENTRAL_STAFF),
        "busy": await at_facility(world, "101"),
        "provider": (await world.provider()).staff,
    }
    for name in ("stays", "gone", "elsewhere", "office", "provider"):
        await unused_for(world, people[name], 60)
    await unused_for(world, people["busy"], 59)
    await due_now(world, OPEN_EMPLOYEE_REVIEW, EMPLOYEE_REVIEW_END)
    return people


@pytest.mark.requirement(
    "EMP-01", "EMP-02", "EMP-03", "EMP-04", "EMP-05", "EMP-06", "EMP-08", "EMP-09", "REV-08", "SWP-09", "POL-03",
)  # fmt: skip
async def test_each_facility_verifies_its_own_people_and_who_has_left_is_cut_with_tickets(world: World) -> None:
    who = await reviewed(world, 1)
    review = await EmployeeReview.get()
    lines = (await list_review_lines(who["cso"], review.number, count=True)).nodes
    login = {name: person.actor.label for name, person in who.items()}
    assert [(line.facility, line.user_id) for line in lines] == [
        *sorted(("101", login[name]) for name in ("stays", "gone")),
        ("202", login["elsewhere"]),
        (None, login["office"]),
    ]
    assert [await heard(world, who[name], WAITS) for name in ("hr", "other_hr", "cso")] == [1, 1, 1]
    assert {(await account_of(who[name])).state for name in ("stays", "gone", "office")} == {AccountState.ACTIVE}

    await OutsideSystem.create(code="SAM2", name="A finance system", agency="An agency")
    await CatalogueRole.filter(code="BILLING").update(system_id="SAM2")
    await RoleGrant.create(id=uuid4(), user_id=who["gone"].actor.person(), role="BILLING", granted_at=world.clock())
    number, hr = review.number, who["hr"]
    employed, terminated = Employment.EMPLOYED, Employment.TERMINATED
    await refused(verify_employment(hr, number, login["elsewhere"], terminated), NotFound, "ACCOUNT_NOT_FOUND", VERIFY)
    await refused(verify_employment(hr, number, login["busy"], employed), NotFound, "REVIEW_LINE_NOT_FOUND", VERIFY)
    await refused(verify_employment(who["stays"], number, login["gone"], terminated), Denied, "DENIED", VERIFY)

    assert await verify_employment(hr, number, login["stays"], employed) == []
    tickets = await verify_employment(hr, number, login["gone"], terminated, date(2026, 12, 31))
    gone = await account_of(who["gone"])
    assert (gone.state, gone.disabled_reason, gone.terminated_on) == (
        AccountState.DISABLED,
        DisabledReason.TERMINATED,
        date(2026, 12, 31),
    )
    opened = await Ticket.filter(number__in=tickets).order_by("number")
    assert [(one.kind, one.system_id) for one in opened] == [
        (TicketKind.ACCOUNT_MANAGEMENT, None),
        (TicketKind.AGENCY_NOTICE, "SAM2"),
    ]
    await refused(verify_employment(hr, number, login["stays"], terminated), Conflict, "EMPLOYMENT_ANSWERED", VERIFY)
    assert [one.user_id for one in (await list_review_lines(hr, number)).nodes] == sorted(
        (login["stays"], login["gone"])
    )
    assert (await view_employee_review(hr, number)).unanswered == 0
    first = await list_review_lines(who["accounts"], number, first=2, unanswered=True)
    assert [one.user_id for one in first.nodes] == [login["elsewhere"], login["office"]]
    assert (await list_review_lines(who["accounts"], number, first=2, after=first.cursors[1])).nodes == []
    of_another_facility = list_review_lines(hr, number, after=first.cursors[0])
    await refused(of_another_facility, Invalid, "CURSOR_STALE", "employee_review.lines")

    # The quarter ends with two lines that nobody answered: the report says so, and nobody was disabled for it.
    world.clock.now = datetime(2027, 3, 31, 18, tzinfo=UTC)
    await due_now(world, EMPLOYEE_REVIEW_END)
    assert (await EmployeeReview.get()).state is ReviewState.OPEN
    world.clock.forward(days=1)
    await due_now(world, EMPLOYEE_REVIEW_END, DELETE_DISABLED)
    review = await EmployeeReview.get()
    kept = await Evidence.get(number=review.evidence_number)
    assert (review.state, kept.procedure) == (ReviewState.COMPLETED, "EMPLOYEE_REVIEW")
    assert "1 EMPLOYED, 2 NOT ANSWERED, 1 TERMINATED" in kept.content
    assert await heard(world, who["cso"], NotificationKind.REPORT_KEPT) == 1
    assert (await account_of(who["gone"])).state is AccountState.DELETED, "60 days after"
    late = verify_employment(who["cso"], number, login["office"], employed)
    await refused(late, Conflict, "REVIEW_COMPLETED", VERIFY)


@pytest.mark.requirement("POL-05", "SWP-09")
async def test_a_list_that_is_not_sent_is_made_kept_and_asks_nobody_until_the_cso_wants_each(world: World) -> None:
    who = await reviewed(world, 4)
    review = await EmployeeReview.get()
    assert (review.sent, review.state, await EmployeeReviewLine.all().count()) == (False, ReviewState.COMPLETED, 4)
    assert [await heard(world, who[name], WAITS) for name in ("hr", "cso")] == [0, 0]
    assert "made and not sent" in (await Evidence.get(number=review.evidence_number)).content
    assert (await list_employee_reviews(who["hr"])).nodes == []
    await refused(view_employee_review(who["hr"], review.number), NotFound, "REVIEW_NOT_FOUND", "employee_review.view")
    assert (await list_employee_reviews(who["accounts"], count=True)).total_count == 1

    await decided("employee_list.each_quarter", "true")
    report = await simulate_sweep(world.house, OPEN_EMPLOYEE_REVIEW, datetime(2027, 7, 1, 15, tzinfo=UTC))
    assert report.subjects[0].facts == {"sent": True}
    assert {"101", "202", "OFFICES"} <= {str(one.facts.get("facility")) for one in report.subjects}
    world.clock.now = datetime(2027, 7, 2, 15, tzinfo=UTC)
    await due_now(world, OPEN_EMPLOYEE_REVIEW)
    assert await heard(world, who["hr"], WAITS) == 1
    await run_now(world.desk, OPEN_EMPLOYEE_REVIEW)
    assert await heard(world, who["hr"], WAITS) == 1
    listed = (await list_review_lines(who["hr"], (await EmployeeReview.filter(sent=True).get()).number)).nodes
    own = {line.user_id for line in listed}
    assert who["hr"].actor.label in own, "the contact has not signed on either"
    about_self = verify_employment(who["hr"], review.number + 1, who["hr"].actor.label, Employment.EMPLOYED)
    await refused(about_self, Denied, "SELF_VERIFICATION", VERIFY)


@pytest.mark.requirement("EMP-02", "EMP-07", "EMP-10", "SWP-09")
async def test_a_list_is_compared_with_the_accounts_and_mainframe_ids_unused_for_two_years_are_to_be_deleted(
    world: World,
) -> None:
    world.clock.now = datetime(2027, 1, 20, 15, tzinfo=UTC)
    cso, accounts = await world.user(Role.CSO), await world.user(Role.ITSD_ACCOUNT_MGMT)
    employed, other, left = [await world.user() for _ in range(3)]
    await User.filter(id=left.actor.person()).update(state=AccountState.DISABLED)
    await OutsideSystem.create(code="MF", name="A mainframe", agency="An agency", mainframe=True)
    await OutsideSystem.create(code="MF2", name="Another mainframe", agency="An agency", mainframe=True)
    name = (await account_of(employed)).name
    rows = [
        f"{employed.actor.label},{name},2025-01-31",
        f"{other.actor.label},Somebody Else,2025-02-01",
        f"{left.actor.label},{(await account_of(left)).name},",
        "NOBODY1,No Body,2020-05-05",
    ]
    good = "\n".join(["user_id,name,last_used", *rows])
    act = "user_list.import"
    await refused(import_user_list(cso, "MF", f"{good}\nBAD,,\n"), Invalid, "USER_LIST_MALFORMED", act)
    await refused(import_user_list(cso, "XX", good), NotFound, "SYSTEM_NOT_FOUND", act)
    await refused(import_user_list(employed, "MF", good), Denied, "DENIED", act)

    number = await import_user_list(accounts, "MF", good)
    found = await list_user_list_rows(cso, number, count=True)
    assert [(row.line, row.finding) for row in found.nodes] == [
        (2, ListFinding.EMPLOYED),
        (3, ListFinding.NAME_MISMATCH),
        (4, ListFinding.NOT_ENABLED),
        (5, ListFinding.UNKNOWN),
    ]
    second = await list_user_list_rows(cso, number, first=1, after=found.cursors[1])
    assert [row.line for row in second.nodes] == [4]
    assert [row.line for row in (await list_user_list_rows(cso, number, finding=ListFinding.UNKNOWN)).nodes] == [5]
    seen = await view_user_list(cso, number)
    assert (seen.employed, seen.name_mismatches, seen.not_enabled, seen.unknown) == (1, 1, 1, 1)
    assert (await list_user_lists(cso, system="MF", count=True)).total_count == await UserList.all().count() == 1

    world.clock.now = datetime(2027, 1, 31, 15, tzinfo=UTC)
    await due_now(world, MAINFRAME_REVIEW)
    await run_now(world.desk, MAINFRAME_REVIEW)
    asked = await list_mainframe_deletions(accounts)
    assert [(one.user_id, one.ticket_number is None) for one in asked] == [
        ("NOBODY1", True),
        (employed.actor.label, False),
    ]
    ticket = await Ticket.get(number=asked[1].ticket_number)
    assert (ticket.kind, ticket.system_id, ticket.user_id) == (TicketKind.AGENCY_NOTICE, "MF", employed.actor.id)
    assert (await account_of(employed)).state is AccountState.ACTIVE, "only the mainframe ID goes"
    reports = {one.title: one.content for one in await Evidence.filter(procedure="MAINFRAME_REVIEW")}
    assert len(reports) == await MainframeReview.all().count() == 2
    assert any("the deletion of 2 was asked for" in content for content in reports.values())
    assert any("nothing could be audited" in content for content in reports.values())
    assert await heard(world, cso, NotificationKind.MAINFRAME_LIST_MISSING) == 1

    assert (await record_mainframe_deletion(accounts, "MF", "nobody1")).done_at == world.clock()
    assert [one.user_id for one in await list_mainframe_deletions(accounts)] == [employed.actor.label]
    again = record_mainframe_deletion(accounts, "MF", "NOBODY1")
    await refused(again, NotFound, "DELETION_NOT_FOUND", "mainframe_review.record_deletion")
