"""Receipts, silent providers, the history of an audience and engagement, as a program asks for them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from resolvers.callers import Caller
from resolvers.outbox import claim_letters, mark_sent
from rules.audience import Reason
from schema.ids import to_global
from schema.ports import Context
from tests.world.house import the_schema
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


def provider_id(key: UUID) -> str:
    return to_global("Provider", key)


RECEIPTS = """query ($number: Int!) { referralReceipts(number: $number) {
  provider { id name } verdict reachedAt silentSince contacts { name stages { stage at detail } } } }"""


async def test_receipts_answer_the_chain_of_each_contact(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    for letter in await claim_letters(world.desk, 10):
        await mark_sent(world.desk, letter)

    (receipt,) = (await ask(coordinator, RECEIPTS, number=number))["referralReceipts"]

    now = world.clock().isoformat()
    assert receipt["provider"] == {"id": provider_id(home.id), "name": home.name}
    assert (receipt["verdict"], receipt["reachedAt"], receipt["silentSince"]) == ("DELIVERED", now, now)
    assert [step["stage"] for step in receipt["contacts"][0]["stages"]] == ["TOLD", "QUEUED", "ACCEPTED"]
    assert await refusal(home.staff, RECEIPTS, number=number) == "DENIED"
    assert await refusal(coordinator, RECEIPTS, number=number + 1) == "REFERRAL_NOT_FOUND"


SILENT = """query ($first: Int, $days: Int) { silentProviders(first: $first, olderThanDays: $days) {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { provider { name } referralNumber silentDays viewedAt toldAt } } }"""


async def test_silent_providers_come_in_pages_and_are_counted_when_asked(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    names = [(await world.provider("Boone")).name for _ in range(2)]
    number = await world.published(coordinator, "Boone")
    world.clock.forward(days=8)

    page = (await ask(coordinator, SILENT, first=1))["silentProviders"]

    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (2, True)
    assert page["nodes"] == [
        {
            "provider": {"name": names[0]},
            "referralNumber": number,
            "silentDays": 8,
            "viewedAt": None,
            "toldAt": None,
        }
    ]
    assert await refusal(coordinator, SILENT, days=-1) == "DAYS_OUT_OF_RANGE"


WHY = """query ($number: Int!, $provider: ID!) { whyNot(number: $number, providerId: $provider) {
  provider { name } reachedAt eligibleNow reasonNow sentenceNow
  publications { number at eligible reason sentence cites } events { at kind detail } } }"""


async def test_why_not_answers_with_the_frozen_reason_and_its_source(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home = await world.provider("Adair")
    number = await world.published(coordinator, "Boone")

    answer = (await ask(coordinator, WHY, number=number, provider=provider_id(home.id)))["whyNot"]

    assert answer["publications"] == [
        {
            "number": 1,
            "at": world.clock().isoformat(),
            "eligible": False,
            "reason": "OTHER_COUNTIES",
            "sentence": Reason.OTHER_COUNTIES.sentence,
            "cites": Reason.OTHER_COUNTIES.cites,
        }
    ]
    assert (answer["reachedAt"], answer["events"], answer["reasonNow"]) == (None, [], "OTHER_COUNTIES")
    assert await refusal(coordinator, WHY, number=number, provider="nonsense") == "ID_MALFORMED"


ENGAGEMENT = """query ($provider: ID!, $since: Date) { engagement(providerId: $provider, since: $since) {
  provider { name } since reached sent delivered bounced signedIn viewed answered medianHoursToAnswer } }"""


async def test_engagement_answers_counts_since_a_day(world: World) -> None:
    coordinator = await world.coordinator("Boone")
    home, other = await world.provider("Boone"), await world.provider("Boone")
    await world.published(coordinator, "Boone")

    found = (await ask(home.staff, ENGAGEMENT, provider=provider_id(home.id), since="2026-03-01"))["engagement"]

    assert found.pop("provider") == {"name": home.name}
    assert found.pop("since") == "2026-03-01"
    assert found == {
        "reached": 1,
        "sent": 0,
        "delivered": 0,
        "bounced": 0,
        "signedIn": 0,
        "viewed": 0,
        "answered": 0,
        "medianHoursToAnswer": None,
    }
    assert await refusal(home.staff, ENGAGEMENT, provider=provider_id(other.id)) == "PROVIDER_NOT_FOUND"


PUBLISH = """mutation ($number: Int!) { publishReferral(input: {number: $number}) {
  referral { number publications { audience { reason sentence cites } } }
  unreachableCounties { fips name } userErrors { code } } }"""


async def test_publishing_answers_with_the_counties_where_nobody_could_be_reached(world: World) -> None:
    coordinator = await world.coordinator("Boone", "Cole")
    await world.provider("Boone")
    number = await world.draft(coordinator, "Boone", "Cole")

    payload = (await ask(coordinator, PUBLISH, number=number))["publishReferral"]

    assert payload["unreachableCounties"] == [{"fips": await world.county("Cole"), "name": "Cole"}]
    (audience,) = payload["referral"]["publications"][0]["audience"]
    assert audience == {"reason": "COUNTY", "sentence": Reason.COUNTY.sentence, "cites": Reason.COUNTY.cites}
    refused = (await ask(coordinator, PUBLISH, number=10**6))["publishReferral"]
    assert refused == {"referral": None, "unreachableCounties": [], "userErrors": [{"code": "REFERRAL_NOT_FOUND"}]}
