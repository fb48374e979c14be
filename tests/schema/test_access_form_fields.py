"""Access forms and Local Security Officers over GraphQL: from the form to the secret in hand (000:51-131)."""

from __future__ import annotations

from typing import Any

import pytest

from orm.models import AccessForm, Credential, LsoDesignation, Outcome, Signature, User
from resolvers.callers import Caller
from rules.roles import Role
from schema.ids import to_global
from schema.ports import Context
from tests.world.house import the_schema
from tests.world.office import Office, at_facility
from tests.world.world import PASSWORD, STATEMENT, World

HOUSE = the_schema()

FORM = """number state kind userId firstName lastName email division organization regionalOffice liaison forLso missing
  applications { application printedPart } signatures { capacity signerName onPaper signedOn } contentHash edition
  provider { id name } createUserId submittedBy returnedWhy printed { html contentHash }"""
SUBMIT = f"""mutation($i: SubmitAccessFormInput!) {{ submitAccessForm(input: $i) {{
  accessForm {{ {FORM} }} userErrors {{ code field message }} }} }}"""
SIGN = """mutation($i: SignAccessFormInput!) { signAccessForm(input: $i) {
  accessForm { state missing } userErrors { code field message } } }"""
RELEASE = """mutation($i: ReleaseCredentialsInput!) { releaseCredentials(input: $i) {
  credentials { userId oneTimeSecret expiresAt } userErrors { code field } } }"""
LSO = """scope provider { name } facilityCode userId name email channel signedBy letter contentHash unreachableAt
  deputies { id userId name beginsOn endsOn standsInToday }"""
DESIGNATE = f"""mutation($i: DesignateLsoInput!) {{ designateLso(input: $i) {{
  lsoDesignation {{ {LSO} }} userErrors {{ code field message }} }} }}"""


def moves(name: str, input_type: str) -> str:
    return f"""mutation($i: {input_type}!) {{ {name}(input: $i) {{
      accessForm {{ state signatures {{ capacity }} }} userErrors {{ code field }} }} }}"""


async def ask(who: Caller, query: str, **variables: Any) -> Any:
    result = await HOUSE.execute(query, variables, context_value=Context(who, "request"))
    assert result.errors is None, result.errors
    return result.data


async def does(who: Caller, query: str, **values: Any) -> Any:
    """Run a mutation with one input; give its payload."""
    [payload] = (await ask(who, query, i=values)).values()
    return payload


async def refusal(who: Caller, query: str, **variables: Any) -> object:
    result = await HOUSE.execute(query, variables, context_value=Context(who, "request"))
    assert result.errors, "it was answered"
    return (result.errors[0].extensions or {})["code"]


def nova(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "NEW",
        "firstName": "Nova",
        "lastName": "Newcomer",
        "title": "Support Coordinator",
        "city": "Sampleton",
        "phone": "555-0142",
        "email": "nova@example.org",
        "division": "MRDD",
        "confidentialityVersion": STATEMENT,
        **changes,
    }


async def signs(who: Caller, number: int, capacity: str, **changes: Any) -> Any:
    values = {
        "number": number,
        "capacity": capacity,
        "userId": who.actor.label,
        "password": PASSWORD,
        "contentHash": (await AccessForm.get(number=number)).content_hash,
    }
    return await does(who, SIGN, **{**values, **changes})


@pytest.mark.requirement("ACC-04")
@pytest.mark.requirement("CPF-01")
@pytest.mark.requirement("CPF-11")
async def test_a_form_goes_from_the_supervisor_to_the_secret_in_hand(world: World) -> None:
    office = await Office.of(world)
    form = (await does(office.supervisor, SUBMIT, **nova()))["accessForm"]
    number = form["number"]
    assert (form["state"], form["kind"], form["userId"], form["forLso"]) == ("AWAITING_SIGNATURES", "NEW", None, False)
    assert (form["edition"], form["liaison"], form["missing"]) == ("TCM", "TCM_TAC", ["LSO", "SUPERVISOR"])
    assert form["applications"] == [{"application": "CONSUMER_REFERRALS", "printedPart": "Part 4, second section"}]
    assert form["provider"]["id"] == to_global("Provider", office.provider_id)
    assert "Newcomer" in form["printed"]["html"]
    assert form["printed"]["contentHash"] == form["contentHash"]

    assert (await signs(office.supervisor, number, "SUPERVISOR"))["accessForm"]["missing"] == ["LSO"]
    assert (await signs(office.lso, number, "LSO"))["accessForm"]["state"] == "WITH_REGIONAL_OFFICE"
    forwarded = await does(office.liaison, moves("forwardAccessForm", "ForwardAccessFormInput"), number=number)
    assert forwarded["accessForm"]["state"] == "WITH_OA"
    issue = moves("issueUserId", "IssueUserIdInput")
    assert (await does(office.oa, issue, number=number))["userErrors"] == [
        {"code": "USER_ID_REQUIRED", "field": "userId"}
    ]
    issued = await does(office.oa, issue, number=number, userId="nova1")
    assert issued == {
        "accessForm": {"state": "ISSUED", "signatures": [{"capacity": "SUPERVISOR"}, {"capacity": "LSO"}]},
        "userErrors": [],
    }
    released = (await does(office.liaison, RELEASE, number=number))["credentials"]
    assert (released["userId"], len(released["oneTimeSecret"])) == ("NOVA1", 19)
    assert (await does(office.oa, RELEASE, number=number)) == {
        "credentials": None,
        "userErrors": [{"code": "DENIED", "field": None}],
    }


@pytest.mark.requirement("LSO-14")
async def test_a_wrong_password_signs_nothing_and_is_counted(world: World) -> None:
    office = await Office.of(world)
    number = (await does(office.supervisor, SUBMIT, **nova()))["accessForm"]["number"]

    answer = await signs(office.lso, number, "LSO", password="Wrong-Word-1")
    assert [(one["code"], one["field"]) for one in answer["userErrors"]] == [("PASSWORD_WRONG", "password")]
    assert (await Credential.get(user_id=office.lso.actor.id)).failures == 1
    answer = await signs(office.lso, number, "LSO", userId=office.supervisor.actor.label)
    assert [(one["code"], one["field"]) for one in answer["userErrors"]] == [("SIGNER_IS_ANOTHER", "userId")]
    answer = await signs(office.lso, number, "LSO", contentHash="0" * 64)
    assert [one["code"] for one in answer["userErrors"]] == ["FORM_CHANGED"]
    assert not await Signature.exists()
    refused = [entry for entry in await world.entries("access_form.sign") if entry.outcome is Outcome.REFUSED]
    assert [entry.code for entry in refused] == ["FORM_CHANGED"]


async def test_a_signature_cannot_be_sent_twice(world: World) -> None:
    office = await Office.of(world)
    number = (await does(office.lso, SUBMIT, **nova()))["accessForm"]["number"]
    await signs(office.supervisor, number, "SUPERVISOR")
    again = await signs(office.supervisor, number, "SUPERVISOR")
    assert [one["code"] for one in again["userErrors"]] == ["ALREADY_SIGNED"]
    assert await Signature.all().count() == 1


@pytest.mark.requirement("CPF-10")
async def test_papers_go_the_same_way(world: World) -> None:
    office = await Office.of(world)
    provider = to_global("Provider", office.provider_id)
    sent = await does(office.liaison, SUBMIT, **nova(channel="SCAN", providerId=provider))
    number = sent["accessForm"]["number"]
    record = moves("recordPaperSignature", "RecordPaperSignatureInput")
    lso = (await User.get(id=office.lso.actor.person())).name
    for capacity, name in (("SUPERVISOR", "A Supervisor"), ("LSO", lso)):
        answer = await does(office.liaison, record, number=number, capacity=capacity, name=name, signedOn="2026-03-02")
    assert answer["accessForm"]["state"] == "WITH_REGIONAL_OFFICE"
    returned = await does(
        office.liaison, moves("returnAccessForm", "ReturnAccessFormInput"), number=number, reason="Page 2 is missing."
    )
    assert returned["accessForm"]["state"] == "RETURNED"
    mine = await does(office.lso, SUBMIT, **nova())
    withdrawn = await does(
        office.lso,
        moves("withdrawAccessForm", "WithdrawAccessFormInput"),
        number=mine["accessForm"]["number"],
    )
    assert withdrawn["accessForm"]["state"] == "WITHDRAWN"


async def test_a_refused_form_names_the_field_as_it_was_sent(world: World) -> None:
    office = await Office.of(world)
    for changes, code, field in (
        ({"email": "office@example.org"}, "EMAIL_SHARED", "email"),
        ({"kind": "REVOKE"}, "USE_REVOKE_ACCESS", "kind"),
        ({"providerId": "nonsense"}, "ID_MALFORMED", "providerId"),
        ({"facilityCode": "101"}, "ORGANIZATION_NOT_FOUND", "providerId"),
        ({"firstName": ""}, "TEXT_REQUIRED", "firstName"),
    ):
        answer = await does(office.lso, SUBMIT, **nova(**changes))
        assert answer["accessForm"] is None
        assert [(one["code"], one["field"]) for one in answer["userErrors"]] == [(code, field)]
    assert not await AccessForm.exists()


async def test_the_queue_is_a_page_and_a_foreign_form_does_not_exist(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    number = (await does(office.lso, SUBMIT, **nova()))["accessForm"]["number"]
    queue = """query($f: AccessFormFilterInput) { accessForms(filter: $f) {
      totalCount nodes { number missing } edges { cursor } pageInfo { hasNextPage } } }"""
    found = (await ask(office.liaison, queue, f={"states": ["AWAITING_SIGNATURES"], "kind": "NEW"}))["accessForms"]
    assert (found["totalCount"], [one["number"] for one in found["nodes"]]) == (1, [number])
    assert (await ask(other.lso, queue, f=None))["accessForms"]["totalCount"] == 0
    provider = {"providerId": to_global("Provider", office.provider_id), "mine": True}
    assert (await ask(office.lso, queue, f=provider))["accessForms"]["totalCount"] == 1
    one = "query($n: Int!) { accessForm(number: $n) { id number contentHash } }"
    assert (await ask(office.lso, one, n=number))["accessForm"]["number"] == number
    assert await refusal(other.lso, one, n=number) == "FORM_NOT_FOUND"
    assert await refusal(other.lso, one, n=-1) == "FORM_NOT_FOUND"


@pytest.mark.requirement("LSO-02")
@pytest.mark.requirement("LSO-13")
async def test_an_lso_is_designated_replaced_and_ended_over_graphql(world: World) -> None:
    office = await Office.of(world)
    provider = to_global("Provider", office.provider_id)
    letter = {"dated": "2026-03-02"}
    hand = {"userId": office.director.actor.label, "password": PASSWORD}

    answer = await does(
        office.director, DESIGNATE, providerId=provider, lsoUserId=office.employee.actor.label, letter=letter, **hand
    )
    assert answer["userErrors"] == []
    shown = answer["lsoDesignation"]
    assert (shown["scope"], shown["userId"], shown["channel"]) == ("PROVIDER", office.employee.actor.label, "PORTAL")
    assert "Our Local Security Officer (HIPAA) is:" in shown["letter"]

    end = (
        f"""mutation($i: EndLsoInput!) {{ endLso(input: $i) {{ lsoDesignation {{ {LSO} }} userErrors {{ code }} }} }}"""
    )
    successor = {
        "lsoUserId": office.supervisor.actor.label,
        "letter": letter,
        "channel": "FAX",
        "directorName": "A Director",
    }
    answer = await does(office.liaison, end, providerId=provider, why="LEFT", successor=successor)
    assert answer["lsoDesignation"]["userId"] == office.supervisor.actor.label
    assert answer["lsoDesignation"]["signedBy"] == "A Director (signed on paper)"
    answer = await does(office.director, end, providerId=provider, why="NEW_DUTIES")
    assert answer == {"lsoDesignation": None, "userErrors": []}
    assert not await LsoDesignation.exists(ended_at=None)

    unsigned = await does(office.director, DESIGNATE, providerId=provider, letter=letter)
    assert [one["code"] for one in unsigned["userErrors"]] == ["SIGNATURE_MISSING"]
    nowhere = await does(office.director, DESIGNATE, letter=letter)
    assert [(one["code"], one["field"]) for one in nowhere["userErrors"]] == [("ONE_ORGANIZATION", "providerId")]


@pytest.mark.requirement("LSO-16")
@pytest.mark.requirement("LSO-07")
async def test_deputies_facilities_and_the_health_of_officers_are_shown(world: World) -> None:
    office = await Office.of(world)
    provider = to_global("Provider", office.provider_id)
    appoint = f"""mutation($i: AppointDeputyInput!) {{ appointDeputy(input: $i) {{
      lsoDesignation {{ {LSO} }} userErrors {{ code }} }} }}"""
    days = {"beginsOn": "2026-03-02", "endsOn": "2026-03-02"}
    answer = await does(office.lso, appoint, providerId=provider, userId=office.employee.actor.label, **days)
    first, _ = answer["lsoDesignation"]["deputies"]
    assert (first["userId"], first["standsInToday"]) == (office.employee.actor.label, True)
    end = """mutation($i: EndDeputyInput!) { endDeputy(input: $i) {
      lsoDesignation { deputies { userId } } userErrors { code } } }"""
    answer = await does(office.lso, end, deputyId=first["id"])
    assert answer["lsoDesignation"]["deputies"] == [{"userId": office.deputy.actor.label}]

    officer = await at_facility(world, "101")
    hand = {"userId": office.cso.actor.label, "password": PASSWORD}
    answer = await does(
        office.cso,
        DESIGNATE,
        facilityCode="101",
        lsoUserId=officer.actor.label,
        letter={"dated": "2026-03-02"},
        **hand,
    )
    assert (answer["lsoDesignation"]["scope"], answer["lsoDesignation"]["facilityCode"]) == ("FACILITY", "101")
    one = "query($f: String) { lsoDesignation(facilityCode: $f) { userId } }"
    assert (await ask(officer, one, f="101"))["lsoDesignation"] == {"userId": officer.actor.label}
    assert await refusal(office.employee, one, f="101") == "ORGANIZATION_NOT_FOUND"

    health = """query($s: LsoScope!) { lsoHealth(scope: $s) { totalCount nodes {
      organization facilityCode userId name email problems designatedAt lastSignInAt provider { name } } } }"""
    found = (await ask(office.cso, health, s="PROVIDER"))["lsoHealth"]
    assert [(one["userId"], one["problems"]) for one in found["nodes"]] == [
        (office.lso.actor.label, ["EMAIL_UNCONFIRMED", "NEVER_SIGNED_IN"])
    ]
    assert (await ask(office.cso, health, s="FACILITY"))["lsoHealth"]["totalCount"] == 1
    assert await refusal(office.lso, health, s="PROVIDER") == "DENIED"


async def test_roles_come_with_the_office_only(world: World) -> None:
    office = await Office.of(world)
    viewer = "{ viewer { roles } }"
    assert (await ask(office.employee, viewer))["viewer"]["roles"] == []
    assert (await ask(await world.call_as(office.lso.actor.person()), viewer))["viewer"]["roles"] == [str(Role.LSO)]
