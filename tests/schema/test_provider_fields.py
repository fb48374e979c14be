"""Provider profiles over GraphQL: what is asked for is shown, refusals name the field of the input."""

from __future__ import annotations

from typing import Any

import pytest

from resolvers.callers import Caller
from rules.roles import Role
from schema.ids import to_global
from schema.ports import Context
from tests.world.house import the_schema
from tests.world.world import World

HOUSE = the_schema()

PROFILE = """query($id: ID!) { provider(id: $id) {
  id name kind active inNoReferralStatus reachable regionalOffice { code name }
  noReferralPeriods { reason beginsAt liftedAt } sites { id kind county { name } city beds }
  contracts { id number beginsOn endsOn inForce }
  warnings { code sentence cites contactName counties { name } }
  contacts { id name email emailConfirmedAt emailBouncedAt userId active verifiedAt counties { fips name }
             warnings { code counties { name } } }
} }"""
COUNTIES = """mutation($i: SetContactCountiesInput!) { setContactCounties(input: $i) {
  contact { counties { name } warnings { code counties { name } } } userErrors { code field } } }"""
ADD = """mutation($i: AddContactInput!) { addContact(input: $i) {
  contact { id name active emailConfirmedAt } userErrors { code field message } } }"""


async def ask(who: Caller, query: str, **variables: Any) -> Any:
    result = await HOUSE.execute(query, variables, context_value=Context(who, "request"))
    assert result.errors is None, result.errors
    return result.data


@pytest.mark.requirement("PRF-03")
async def test_a_whole_profile_is_shown_in_one_query(world: World) -> None:
    home = await world.provider("Boone")
    await world.suspend(home.id)

    shown = (await ask(home.staff, PROFILE, id=to_global("Provider", home.id)))["provider"]

    assert (shown["name"], shown["kind"], shown["inNoReferralStatus"], shown["reachable"]) == (
        home.name,
        "RESIDENTIAL",
        True,
        True,
    )
    [contact] = shown["contacts"]
    assert (contact["userId"], [one["name"] for one in contact["counties"]]) == (home.staff.actor.label, ["Boone"])
    assert shown["noReferralPeriods"][0]["reason"] == "full"
    assert shown["contracts"][0]["inForce"] is True
    assert "COUNTY_WITHOUT_SITE" in {one["code"] for one in shown["warnings"]}


@pytest.mark.requirement("PRF-10")
async def test_counties_without_a_home_are_saved_and_named_in_the_payload(world: World) -> None:
    home = await world.provider()
    contact = to_global("Contact", home.contact_id)
    boone = await world.county("Boone")

    done = (await ask(home.staff, COUNTIES, i={"contactId": contact, "counties": [boone]}))["setContactCounties"]
    assert done["userErrors"] == []
    [warned] = [one for one in done["contact"]["warnings"] if one["code"] == "COUNTY_WITHOUT_SITE"]
    assert warned["counties"] == [{"name": "Boone"}]

    refused = (await ask(home.staff, COUNTIES, i={"contactId": contact, "counties": ["nowhere"]}))["setContactCounties"]
    assert (refused["contact"], refused["userErrors"]) == (None, [{"code": "UNKNOWN_COUNTY", "field": "counties"}])


@pytest.mark.requirement("PRF-04")
@pytest.mark.requirement("PRF-07")
async def test_a_contact_is_added_and_a_wrong_address_is_named_by_its_field(world: World) -> None:
    home, other = await world.provider("Boone"), await world.provider("Boone")
    new = {"providerId": to_global("Provider", home.id), "firstName": "Ann", "lastName": "E", "email": "a@b.example"}

    added = (await ask(home.staff, ADD, i=new))["addContact"]
    assert (added["contact"]["name"], added["contact"]["emailConfirmedAt"], added["userErrors"]) == ("Ann E", None, [])
    wrong = (await ask(home.staff, ADD, i={**new, "email": "ann"}))["addContact"]["userErrors"]
    assert [(one["code"], one["field"]) for one in wrong] == [("EMAIL_MALFORMED", "email")]
    [foreign] = (await ask(other.staff, ADD, i=new))["addContact"]["userErrors"]
    assert foreign["code"] == "PROVIDER_NOT_FOUND"


@pytest.mark.requirement("PRF-13")
async def test_the_office_carries_a_provider_from_entry_to_no_referral_status_and_back(world: World) -> None:
    office = await world.user(Role.PROVIDER_RELATIONS)

    async def do(name: str, fields: str, /, **given: Any) -> Any:
        query = (
            f"mutation($i: {name[0].upper()}{name[1:]}Input!) "
            f"{{ {name}(input: $i) {{ provider {{ {fields} }} userErrors {{ code }} }} }}"
        )
        answer = (await ask(office, query, i=given))[name]
        assert answer["userErrors"] == [], (name, answer)
        return answer["provider"]

    new = await do("upsertProvider", "id active", name="Harbor Light", kind="RESIDENTIAL")
    assert new["active"] is False
    key = new["id"]
    kept = await do(
        "upsertContract", "contracts { id number inForce }", providerId=key, number="C-1", beginsOn="2026-01-01"
    )
    assert kept["contracts"][0]["inForce"] is True
    site = await do("addSite", "sites { id beds }", providerId=key, kind="ISL", county="29019", beds=3)
    assert await do("removeSite", "sites { id }", siteId=site["sites"][0]["id"]) == {"sites": []}
    assert await do("activateProvider", "active", providerId=key) == {"active": True}
    assert await do("setNoReferralStatus", "inNoReferralStatus", providerId=key, reason="Full.") == {
        "inNoReferralStatus": True
    }
    assert await do("liftNoReferralStatus", "inNoReferralStatus", providerId=key) == {"inNoReferralStatus": False}
    assert await do("deactivateProvider", "active", providerId=key, reason="MERGED") == {"active": False}
    page = await ask(
        office, '{ providers(filter: {nameContains: "harbor", unreachable: true}) { totalCount nodes { id name } } }'
    )
    assert page["providers"] == {"totalCount": 1, "nodes": [{"id": key, "name": "Harbor Light"}]}


async def test_the_other_things_one_does_with_a_contact_answer_the_contact(world: World) -> None:
    home = await world.provider("Boone")
    key = to_global("Contact", home.contact_id)
    for name, more, field, value in (
        ("verifyContact", {}, "active", True),
        ("updateContact", {"title": "Intake"}, "title", "Intake"),
        ("linkContactUser", {"userId": None}, "userId", None),
        ("deactivateContact", {}, "active", False),
        ("activateContact", {}, "active", True),
    ):
        query = (
            f"mutation($i: {name[0].upper()}{name[1:]}Input!) "
            f"{{ {name}(input: $i) {{ contact {{ {field} }} userErrors {{ code }} }} }}"
        )
        answer = await ask(home.staff, query, i={"contactId": key, **more})
        assert answer[name] == {"contact": {field: value}, "userErrors": []}
    answer = await ask(
        home.staff, 'mutation { confirmContactEmail(input: {token: "x"}) { confirmed userErrors { code } } }'
    )
    assert answer["confirmContactEmail"] == {"confirmed": None, "userErrors": [{"code": "CONFIRMATION_NOT_FOUND"}]}
