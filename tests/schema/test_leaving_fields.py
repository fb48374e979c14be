"""Leaving, incidents and tickets as a program asks for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from orm.models import AccessForm, CatalogueRole, Contract, User
from resolvers.callers import Caller
from rules.accounts import AccountState
from rules.calendar import local_date
from rules.roles import Role
from schema.ids import to_global
from schema.ports import Context
from tests.world.house import the_schema
from tests.world.office import Office
from tests.world.world import World

HOUSE = the_schema()


async def ask(who: Caller, document: str, **variables: Any) -> dict[str, Any]:
    result = await HOUSE.execute(document, variables, Context(who, "r-1"))
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def refusal(who: Caller, document: str, **variables: Any) -> object:
    result = await HOUSE.execute(document, variables, Context(who, "r-1"))
    assert result.errors, "it was answered"
    return (result.errors[0].extensions or {})["code"]


REVOKE = """mutation ($input: RevokeAccessInput!) { revokeAccess(input: $input) {
  userErrors { code field }
  revocation { accessFormNumber ticketNumbers incidentNumber openDuties { duty handedOver nextStep referralNumbers }
    account { id userId name state disabledReason disabledNote terminatedOn roles provider { name } } } } }"""

PREVIEW = """query ($userId: String!) { previewRevocation(userId: $userId) {
  id userId state duties { duty cites } roles liveSessions contacts openRequests outsideSystems } }"""


async def test_a_person_is_previewed_and_revoked_and_a_second_time_refused(world: World) -> None:
    office = await Office.of(world)
    lso = office.lso.actor

    seen = (await ask(office.director, PREVIEW, userId=lso.label))["previewRevocation"]
    assert (seen["userId"], seen["state"], seen["roles"]) == (lso.label, "ACTIVE", ["LSO"])
    assert seen["id"] == to_global("Person", lso.person())
    assert [held["duty"] for held in seen["duties"]] == ["LSO"]

    given = {
        "userId": f"EXTLCL\\{lso.label}",
        "reason": "TERMINATED",
        "terminatedOn": "2026-03-01",
        "successors": [{"duty": "LSO", "userId": office.supervisor.actor.label}],
        "note": "Said at the desk.",
    }
    answer = (await ask(office.director, REVOKE, input=given))["revokeAccess"]
    done = answer["revocation"]
    assert answer["userErrors"] == []
    assert done["openDuties"] == [
        {
            "duty": "LSO",
            "handedOver": False,
            "nextStep": "The executive director designates a new Local Security Officer; until then requests are held.",
            "referralNumbers": [],
        }
    ]
    assert (len(done["ticketNumbers"]), done["incidentNumber"]) == (1, None)
    assert done["account"] == {
        "id": to_global("Person", lso.person()),
        "userId": lso.label,
        "name": (await User.get(id=lso.id)).name,
        "state": "DISABLED",
        "disabledReason": "TERMINATED",
        "disabledNote": "Said at the desk.",
        "terminatedOn": "2026-03-01",
        "roles": [],
        "provider": {"name": office.provider_name},
    }
    again = (await ask(office.director, REVOKE, input={"userId": lso.label, "reason": "LEFT"}))["revokeAccess"]
    assert again == {"revocation": None, "userErrors": [{"code": "ALREADY_DISABLED", "field": None}]}
    late = {"userId": office.employee.actor.label, "reason": "LEFT", "terminatedOn": "2026-03-03"}
    assert (await ask(office.director, REVOKE, input=late))["revokeAccess"]["userErrors"] == [
        {"code": "TERMINATED_IN_FUTURE", "field": "terminatedOn"}
    ]
    assert await refusal(office.employee, PREVIEW, userId=lso.label) == "ACCOUNT_NOT_FOUND"


async def test_a_deputy_who_revokes_the_lso_is_told_that_it_was_done(world: World) -> None:
    office = await Office.of(world)
    world.clock.forward(days=7)
    given = {"userId": office.lso.actor.label, "reason": "LEFT"}
    answer = (await ask(office.deputy, REVOKE, input=given))["revokeAccess"]
    assert answer["userErrors"] == []
    assert answer["revocation"]["account"] is None, "with the office of the LSO the deputy's has ended, too"
    assert answer["revocation"]["accessFormNumber"] == (await AccessForm.get(user_id=office.lso.actor.id)).number
    assert (await User.get(id=office.lso.actor.id)).state is AccountState.DISABLED


SUSPEND = """mutation ($input: SuspendAccountInput!) { suspendAccount(input: $input) {
  userErrors { code } suspension { incidentNumber account { state } } } }"""
ANSWER = """mutation ($input: AnswerIncidentInput!) { answerIncident(input: $input) {
  userErrors { code } incident { number state lsoAnswer report } } }"""
CLOSE = """mutation ($input: CloseIncidentInput!) { closeIncident(input: $input) {
  userErrors { code } incident { state finding note } } }"""
REINSTATE = """mutation ($input: ReinstateAccountInput!) { reinstateAccount(input: $input) {
  userErrors { code message } account { state } } }"""
REPORT = """mutation ($input: ReportIncidentInput!) { reportIncident(input: $input) {
  userErrors { code } incidentNumber } }"""
INCIDENTS = """query ($state: IncidentState) { incidents(state: $state) {
  totalCount nodes { number kind userId suspended } } }"""
INCIDENT = """query ($number: Int!) { incident(number: $number) { kind report reportedBy provider { name } } }"""


async def test_a_person_is_suspended_answered_for_and_reinstated(world: World) -> None:
    office = await Office.of(world)
    label = office.employee.actor.label

    answer = (await ask(office.lso, SUSPEND, input={"userId": label, "why": "Seen twice."}))["suspendAccount"]
    number = answer["suspension"]["incidentNumber"]
    assert answer["suspension"]["account"] == {"state": "SUSPENDED"}
    listed = (await ask(office.cso, INCIDENTS, state="OPEN"))["incidents"]
    assert listed == {
        "totalCount": 1,
        "nodes": [{"number": number, "kind": "REPORTED", "userId": label, "suspended": True}],
    }
    answered = (await ask(office.lso, ANSWER, input={"number": number, "answer": "EXPLAINED"}))["answerIncident"]
    assert answered["incident"] == {"number": number, "state": "OPEN", "lsoAnswer": "EXPLAINED", "report": None}
    breach = {"number": number, "finding": "BREACH", "reinstate": True}
    assert (await ask(office.cso, CLOSE, input=breach))["closeIncident"]["userErrors"] == [{"code": "BREACH_FOUND"}]
    closing = {"number": number, "finding": "UNFOUNDED", "note": "A screen was shared in a training."}
    closed = (await ask(office.cso, CLOSE, input=closing))["closeIncident"]
    assert closed["incident"]["finding"] == "UNFOUNDED"
    back = (await ask(office.cso, REINSTATE, input={"userId": label}))["reinstateAccount"]
    assert back == {"userErrors": [], "account": {"state": "ACTIVE"}}


async def test_a_disabled_account_is_told_that_it_needs_a_form(world: World) -> None:
    office = await Office.of(world)
    await User.filter(id=office.employee.actor.id).update(state=AccountState.DISABLED)
    answer = await ask(office.cso, REINSTATE, input={"userId": office.employee.actor.label})
    [error] = answer["reinstateAccount"]["userErrors"]
    assert error["code"] == "FORM_NEEDED"
    assert "new access form" in error["message"]


async def test_a_report_is_read_by_the_security_offices_only(world: World) -> None:
    office = await Office.of(world)
    given = {"report": "Odd.", "aboutUserId": office.supervisor.actor.label}
    number = (await ask(office.employee, REPORT, input=given))["reportIncident"]["incidentNumber"]
    reporter = (await User.get(id=office.employee.actor.id)).name
    assert (await ask(office.cso, INCIDENT, number=number))["incident"] == {
        "kind": "REPORTED",
        "report": "Odd.",
        "reportedBy": reporter,
        "provider": {"name": office.provider_name},
    }
    seen = (await ask(office.lso, INCIDENT, number=number))["incident"]
    assert (seen["report"], seen["reportedBy"]) == (None, None)
    assert await refusal(office.employee, INCIDENT, number=number) == "INCIDENT_NOT_FOUND"


UPSERT = """mutation ($input: UpsertOutsideSystemInput!) { upsertOutsideSystem(input: $input) {
  userErrors { code field } outsideSystem { code name agency mainframe active roles } } }"""
TICKETS = """query ($kind: TicketKind) { tickets(kind: $kind, state: OPEN) {
  totalCount nodes { number kind channel userId formNumber system { code agency } } } }"""
TICKET = """query ($number: Int!) { ticket(number: $number) { state answeredBy note } }"""
CLOSE_TICKET = """mutation ($input: CloseTicketInput!) { closeTicket(input: $input) {
  userErrors { code } ticket { state note } } }"""


async def test_an_agency_is_told_by_a_ticket_that_account_management_closes(world: World) -> None:
    office = await Office.of(world)
    system = {"code": "sys-a", "name": "System A", "agency": "An agency", "roles": ["LSO"]}
    assert (await ask(office.account_mgmt, UPSERT, input=system))["upsertOutsideSystem"]["outsideSystem"] == {
        "code": "SYS-A",
        "name": "System A",
        "agency": "An agency",
        "mainframe": False,
        "active": True,
        "roles": ["LSO"],
    }
    assert (await CatalogueRole.get(code="LSO")).system_id == "SYS-A"
    assert (await ask(office.cso, "{ outsideSystems { code roles } }"))["outsideSystems"] == [
        {"code": "SYS-A", "roles": ["LSO"]}
    ]
    given = {"userId": office.lso.actor.label, "reason": "LEFT"}
    done = (await ask(office.director, REVOKE, input=given))["revokeAccess"]["revocation"]
    assert (await ask(office.account_mgmt, TICKETS, kind="AGENCY_NOTICE"))["tickets"] == {
        "totalCount": 1,
        "nodes": [
            {
                "number": done["ticketNumbers"][1],
                "kind": "AGENCY_NOTICE",
                "channel": "HOUSE",
                "userId": office.lso.actor.label,
                "formNumber": done["accessFormNumber"],
                "system": {"code": "SYS-A", "agency": "An agency"},
            }
        ],
    }
    closing = {"number": done["ticketNumbers"][1], "outcome": "DONE", "note": "Asked by letter."}
    closed = (await ask(office.account_mgmt, CLOSE_TICKET, input=closing))["closeTicket"]
    assert closed == {"userErrors": [], "ticket": {"state": "DONE", "note": "Asked by letter."}}
    assert (await ask(office.cso, TICKET, number=closing["number"]))["ticket"]["state"] == "DONE"
    assert await refusal(office.lso, TICKET, number=closing["number"]) == "DENIED"


ACCOUNTS = """query ($filter: AccountFilterInput) { accounts(filter: $filter, first: 100) {
  totalCount nodes { userId state locked openIncidents lastSignInAt } } }"""
ACCOUNT = (
    """query ($userId: String!) { account(userId: $userId) { userId domain provider { id } facility { code } } }"""
)
DUTIES = """query ($duty: Duty) { openDuties(duty: $duty) {
  totalCount nodes { duty nextStep cites provider { name } referralNumber } } }"""


async def test_accounts_and_open_duties_are_asked_for_by_those_who_look_after_them(world: World) -> None:
    office = await Office.of(world)
    provider = to_global("Provider", office.provider_id)
    found = (await ask(office.cso, ACCOUNTS, filter={"providerId": provider, "state": "ACTIVE"}))["accounts"]
    assert found["totalCount"] == await User.filter(provider_id=office.provider_id).count()
    assert (await ask(office.employee, ACCOUNTS))["accounts"] == {"totalCount": 0, "nodes": []}
    assert await refusal(office.cso, ACCOUNTS, filter={"providerId": "nonsense"}) == "ID_MALFORMED"
    one = (await ask(office.lso, ACCOUNT, userId=office.employee.actor.label))["account"]
    assert one == {
        "userId": office.employee.actor.label,
        "domain": "EXTLCL",
        "provider": {"id": provider},
        "facility": None,
    }
    await office.lose_lso()
    duties = (await ask(office.director, DUTIES, duty="LSO"))["openDuties"]
    assert (duties["totalCount"], duties["nodes"][0]["provider"]["name"]) == (1, office.provider_name)
    for nobody in (office.employee, await world.user(Role.OA)):
        assert (await ask(nobody, DUTIES))["openDuties"] == {"totalCount": 0, "nodes": []}


ENDING = """query { endingContracts(first: 10) { totalCount nodes {
  provider { name } regionalOffice lastDay disabledFrom ended accounts } } }"""


async def test_contracts_that_end_are_asked_for_by_those_who_are_told_of_them(world: World) -> None:
    office = await Office.of(world)
    last_day = local_date(world.clock()) + timedelta(days=20)
    await Contract.filter(provider_id=office.provider_id).update(ends_on=last_day)
    for who in (office.liaison, office.lso, office.cso):
        found = (await ask(who, ENDING))["endingContracts"]
        assert found["totalCount"] == 1
        (one,) = found["nodes"]
        assert (one["provider"]["name"], one["lastDay"]) == (office.provider_name, last_day.isoformat())
        assert one["ended"] is False
    assert (await ask(office.employee, ENDING))["endingContracts"] == {"totalCount": 0, "nodes": []}
