"""Audits, reviews and reports as a program asks for them."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from orm.models import EmployeeReview, OutsideSystem, ProviderAudit, SsaReport
from resolvers.callers import Caller
from resolvers.employee_review import OPEN_EMPLOYEE_REVIEW
from resolvers.mainframe_review import MAINFRAME_REVIEW
from resolvers.provider_audit import AUDIT_PROVIDER_ACCOUNTS
from resolvers.ssa_report import REPORT_SSA
from rules.roles import Role
from schema.ids import to_global
from schema.ports import Context
from tests.world.audits import decided, due_now, unused_for
from tests.world.house import the_schema
from tests.world.office import Office, at_facility
from tests.world.world import World

HOUSE = the_schema()


async def ask(who: Caller, document: str, **variables: Any) -> dict[str, Any]:
    result = await HOUSE.execute(document, variables, Context(who, "r-1"))
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def do(who: Caller, mutation: str, kind: str, shows: str, **given: object) -> dict[str, Any]:
    document = f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ {shows} userErrors {{ code field }} }} }}"
    answer: dict[str, Any] = (await ask(who, document, input=given))[mutation]
    return answer


AUDIT = """query ($number: Int!) {
  providerAudits { totalCount nodes { id number } }
  providerAudit(number: $number) { periodFrom state windowEndsOn accounts listed waiting evidenceNumber }
  providerAuditLines(number: $number, outcome: WAITING) { totalCount nodes {
    id userId name provider { name } lastUsedOn everUsed verdict why answer heldWhy outcome } } }"""


async def test_an_officer_reads_the_list_and_answers_and_account_management_holds(world: World) -> None:
    world.clock.now = datetime(2026, 6, 1, 15, tzinfo=UTC)
    office = await Office.of(world)
    await decided("inactivity.provider_90", "false")
    await unused_for(world, office.employee, 200)
    await due_now(world, AUDIT_PROVIDER_ACCOUNTS)
    audit, login = await ProviderAudit.get(), office.employee.actor.label

    seen = await ask(office.lso, AUDIT, number=audit.number)
    assert seen["providerAudits"] == {
        "totalCount": 1,
        "nodes": [{"id": to_global("ProviderAudit", audit.id), "number": audit.number}],
    }
    assert (seen["providerAudit"]["windowEndsOn"], seen["providerAudit"]["waiting"]) == ("2026-06-15", 1)
    (line,) = seen["providerAuditLines"]["nodes"]
    assert (line["userId"], line["provider"], line["verdict"], line["answer"]) == (
        login,
        {"name": office.provider_name},
        "UNUSED",
        None,
    )
    answer, shows = ("answerProviderAudit", "AnswerProviderAuditInput"), "providerAudit { waiting }"
    given: dict[str, object] = {"number": audit.number, "userId": login}
    assert (await do(office.lso, *answer, shows, **given, answer="EMPLOYED"))["providerAudit"] == {"waiting": 1}
    hold = ("holdAuditedAccount", "HoldAuditedAccountInput", shows)
    assert (await do(office.account_mgmt, *hold, **given, why="On leave."))["userErrors"] == []
    done = await do(office.lso, *answer, shows, **given, answer="TERMINATED", terminatedOn="2026-05-29")
    assert done == {"providerAudit": {"waiting": 0}, "userErrors": []}
    again = await do(office.lso, *answer, shows, **given, answer="EMPLOYED")
    assert again == {"providerAudit": None, "userErrors": [{"code": "AUDIT_LINE_SETTLED", "field": None}]}


REVIEW = """query ($number: Int!) {
  employeeReviews { nodes { number sent } }
  employeeReview(number: $number) { id quarterFrom quarterTo state accounts listed unanswered }
  employeeReviewLines(number: $number, unanswered: true) { totalCount nodes {
    id userId facility daysUnused everUsed answer ticketNumbers } } }"""

LISTS = """query ($number: Int!) {
  userLists(system: "MF") { nodes { number rows employed unknown } }
  userList(number: $number) { id system sha256 notEnabled nameMismatches }
  userListRows(number: $number, finding: UNKNOWN) { totalCount nodes { line userId name lastUsedOn finding } }
  mainframeDeletions { id system userId lastUsedOn ticketNumber doneAt } }"""


async def test_a_contact_verifies_employment_and_lists_of_other_systems_come_as_text(world: World) -> None:
    world.clock.now = datetime(2027, 1, 1, 15, tzinfo=UTC)
    contact, employee = [await at_facility(world, "101", *roles) for roles in ((Role.HR_CONTACT,), ())]
    accounts = await world.user(Role.ITSD_ACCOUNT_MGMT)
    await unused_for(world, employee, 70)
    await due_now(world, OPEN_EMPLOYEE_REVIEW)
    number = (await EmployeeReview.get()).number

    seen = await ask(contact, REVIEW, number=number)
    assert seen["employeeReview"]["unanswered"] == 1
    (line,) = seen["employeeReviewLines"]["nodes"]
    assert (line["userId"], line["facility"], line["daysUnused"]) == (employee.actor.label, "101", 70)
    verify = ("verifyEmployment", "VerifyEmploymentInput", "employeeReview { unanswered }")
    done = await do(contact, *verify, number=number, userId=employee.actor.label, answer="TERMINATED")
    assert done == {"employeeReview": {"unanswered": 0}, "userErrors": []}

    await OutsideSystem.create(code="MF", name="A mainframe", agency="An agency", mainframe=True)
    bring_in = ("importUserList", "ImportUserListInput", "userList { number }")
    bad = await do(accounts, *bring_in, system="MF", csv="user_id,name\nA1\n")
    assert bad == {"userList": None, "userErrors": [{"code": "USER_LIST_MALFORMED", "field": "csv"}]}
    listed = await do(accounts, *bring_in, system="MF", csv="user_id,name,last_used\nA1,B C,2020-01-01\n")
    world.clock.now = datetime(2027, 1, 31, 15, tzinfo=UTC)
    await due_now(world, MAINFRAME_REVIEW)
    seen = await ask(accounts, LISTS, number=listed["userList"]["number"])
    assert seen["userLists"]["nodes"] == [
        {"number": listed["userList"]["number"], "rows": 1, "employed": 0, "unknown": 1}
    ]
    assert [row["userId"] for row in seen["userListRows"]["nodes"]] == ["A1"]
    assert [one["userId"] for one in seen["mainframeDeletions"]] == ["A1"]
    record = ("recordMainframeDeletion", "RecordMainframeDeletionInput", "mainframeDeletion { doneAt }")
    assert (await do(accounts, *record, system="MF", userId="A1"))["mainframeDeletion"]["doneAt"] is not None


REPORT = """query ($number: Int!) {
  ssaReports { nodes { number } }
  ssaReport(number: $number) { id state providers persons checked snapshotHash evidenceNumber changesEvidence
    deliveries { step doneOn document recipients } }
  ssaReportLines(number: $number) { totalCount nodes {
    id provider { id name } contractNumber beginsOn endsOn standing checkedBy disabled note correction } }
  ssaReportPersons(number: $number) { totalCount nodes { id userId provider roles } }
  reportRecipients { id purpose name email userId }
  ssaReportFile(number: $number, form: CSV) { name mediaType sha256 content } }"""


async def test_a_report_is_checked_corrected_approved_delivered_and_taken_out(world: World) -> None:
    world.clock.now = datetime(2026, 3, 15, 15, tzinfo=UTC)
    office = await Office.of(world)
    await due_now(world, REPORT_SSA)
    number = (await SsaReport.get()).number
    provider = to_global("Provider", office.provider_id)
    report = "ssaReport { state checked }"
    line: dict[str, object] = {"number": number, "providerId": provider}
    check = await do(office.account_mgmt, "checkSsaReportLine", "CheckSsaReportLineInput", report, **line, note="Seen.")
    assert check == {"ssaReport": {"state": "OPEN", "checked": 1}, "userErrors": []}
    await do(office.cso, "correctSsaReportLine", "CorrectSsaReportLineInput", report, **line, text="As told.")
    await do(office.cso, "approveSsaReport", "ApproveSsaReportInput", report, number=number)
    people = [{"name": "Recipient Example", "email": "ssa@example.org"}]
    setting = ("setReportRecipients", "SetReportRecipientsInput", "reportRecipients { purpose }")
    assert (await do(office.cso, *setting, purpose="SSA", recipients=people))["reportRecipients"] == [
        {"purpose": "SSA"}
    ]
    delivery = ("recordSsaDelivery", "RecordSsaDeliveryInput", report)
    sent = {"number": number, "step": "SENT_TO_SSA", "doneOn": "2026-03-15", "document": "definitions.pdf"}
    assert (await do(office.cso, *delivery, **sent))["ssaReport"]["state"] == "APPROVED"
    late = await do(office.cso, *delivery, **(sent | {"step": "FORWARDED", "doneOn": str(date(2026, 3, 16))}))
    assert late["userErrors"] == [{"code": "DELIVERY_DATE", "field": "doneOn"}]

    seen = await ask(office.cso, REPORT, number=number)
    (shown,) = seen["ssaReportLines"]["nodes"]
    assert (shown["provider"], shown["checkedBy"], shown["note"], shown["correction"]) == (
        {"id": provider, "name": office.provider_name},
        office.account_mgmt.actor.label,
        "Seen.",
        "As told.",
    )
    assert seen["ssaReport"]["deliveries"][0]["recipients"] == ["Recipient Example <ssa@example.org>"]
    assert seen["ssaReportPersons"]["totalCount"] == seen["ssaReport"]["persons"] > 0
    file = seen["ssaReportFile"]
    body = base64.b64decode(file["content"])
    assert (sha256(body).hexdigest(), office.provider_name in body.decode("utf-8-sig")) == (file["sha256"], True)
