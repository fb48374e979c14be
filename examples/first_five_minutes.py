"""The main job in five minutes, over GraphQL, against a running Homeward.

    make run                                             # in one terminal
    .venv/bin/python examples/first_five_minutes.py      # in another

A coordinator publishes a referral, the right providers learn of it at once, one answers with a provision, a placement
is set and the referral is closed. Each step says what happened, and the script stops at the first thing that is wrong.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.websockets import WebsocketsTransport

CREATE = gql("""
  mutation Create($input: CreateReferralInput!) {
    createReferral(input: $input) { referral { number status } userErrors { code message field } }
  }""")
PREVIEW = gql("""
  query Preview($number: Int!) {
    previewPublish(number: $number) {
      eligibleCount unreachableCounties { name }
      verdicts { provider { id name } eligible reason contactCount }
    }
  }""")
PUBLISH = gql("""
  mutation Publish($number: Int!) {
    publishReferral(input: {number: $number}) { referral { number status } userErrors { code message field } }
  }""")
GRID = gql("""
  query Grid { referrals(first: 100) { totalCount nodes { number age overdue ownResponse { kind } } } }""")
VIEW = gql("""
  query View($number: Int!) {
    referral(number: $number) {
      number status facility { code name } primaryCoordinator { name email phone }
      consumer { name age gender guardians { name } } preferredCounties { name }
      pendingPlacement { since provider { name } }
      ownResponse { kind provision comments version versions { version kind provision } }
      responses { provider { name } kind provision versions { version } }
      timeline { at act by detail }
    }
  }""")
RESPOND = gql("""
  mutation Respond($input: RespondToReferralInput!) {
    respondToReferral(input: $input) { referral { ownResponse { kind provision version } } userErrors { code message } }
  }""")
PENDING = gql("""
  mutation Pending($number: Int!, $provider: ID!) {
    setPendingPlacement(input: {number: $number, providerId: $provider}) {
      referral { pendingPlacement { provider { name } } } userErrors { code message }
    }
  }""")
CLOSE = gql("""
  mutation Close($number: Int!, $provider: ID!) {
    closeReferral(input: {number: $number, outcome: PLACED, placedWithId: $provider}) {
      referral { status } userErrors { code message }
    }
  }""")
ACCEPT = """
  mutation Accept($input: AcknowledgeConfidentialityInput!) {
    acknowledgeConfidentiality(input: $input) { viewer { mustAcceptStatement } userErrors { code message } }
  }"""
END = gql("{ viewer { mailboxCursor } }")
FOLLOW = gql("""
  subscription Follow($after: String) {
    notifications(after: $after) { cursor kind title referralNumber referral { status consumer { name } } }
  }""")


def sign_in(address: str, account: dict[str, Any]) -> str:
    """Sign in and give the token; a program sends it as ``Authorization: Bearer``.

    When the answer says so, the confidentiality statement is accepted first. A person reads it before; so should you.
    """
    credentials = {"userId": account["user_id"], "password": account["password"]}
    answer = post(f"{address}/auth/sign-in", credentials)
    if answer["mustAcceptStatement"]:
        variables = {"input": {"version": answer["statementVersion"]}}
        post(f"{address}/graphql", {"query": ACCEPT, "variables": variables}, answer["token"])
    return str(answer["token"])


def post(url: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    """Send JSON and give the JSON that comes back."""
    headers = {"content-type": "application/json"} | ({"authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return dict(json.load(answer))


@asynccontextmanager
async def signed_in(address: str, account: dict[str, Any]) -> AsyncIterator[tuple[AsyncClientSession, Any]]:
    """Open an account: a session for queries and mutations, and its mailbox followed live."""
    token = await asyncio.to_thread(sign_in, address, account)
    http = AIOHTTPTransport(f"{address}/graphql", headers={"Authorization": f"Bearer {token}"})
    live = WebsocketsTransport(
        f"{address.replace('http', 'ws', 1)}/graphql",
        init_payload={"authorization": f"Bearer {token}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=http) as session, Client(transport=live) as socket:
        events: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

        end = (await session.execute(END))["viewer"]["mailboxCursor"]

        async def follow() -> None:
            # From the end of the mailbox on: whatever is written before the server has begun to listen is not missed.
            async for event in socket.subscribe(FOLLOW, variable_values={"after": end}):
                await events.put(event["notifications"])

        following = asyncio.create_task(follow())
        following.add_done_callback(lambda _: events.put_nowait(None))

        async def next_event(number: int, kind: str) -> dict[str, Any]:
            async with asyncio.timeout(30):
                while not following.done() or not events.empty():
                    event = await events.get()
                    if event is not None and (event["referralNumber"], event["kind"]) == (number, kind):
                        return event
            raise SystemExit(f"The mailbox cannot be followed any more: {following.exception()!r}")

        try:
            yield session, next_event
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


def expect(truth: object, otherwise: str) -> None:
    """Stop the story when something is not as it was promised."""
    if not truth:
        raise SystemExit(f"The story stops here: {otherwise}")


def done(answer: dict[str, Any]) -> Any:
    """Give a mutation's object, or stop with its errors."""
    (payload,) = answer.values()
    expect(not payload["userErrors"], f"refused: {payload['userErrors']}")
    return next(value for name, value in payload.items() if name != "userErrors")


async def story(address: str, accounts: dict[str, dict[str, Any]]) -> int:
    """Tell the story; answer the number of its referral."""
    cast = ("COORD.BOONE", "STAFF.MARIGOLD", "STAFF.LANTERN")
    async with (
        signed_in(address, accounts[cast[0]]) as (coordinator, coordinator_hears),
        signed_in(address, accounts[cast[1]]) as (marigold, marigold_hears),
        signed_in(address, accounts[cast[2]]) as (lantern, lantern_hears),
    ):
        boone = "29019"
        draft = done(
            await coordinator.execute(
                CREATE,
                variable_values={
                    "input": {
                        "facilityCode": await facility(coordinator),
                        "type": "COUNTY",
                        "preferredCounties": [boone],
                        "consumer": {
                            "dmhId": f"D-{secrets.randbelow(10**9):09}",
                            "firstName": "Wren",
                            "lastName": "Applegarth",
                            "birthDate": "1994-04-09",
                            "gender": "FEMALE",
                            "guardians": [{"name": "Juniper Applegarth", "relationship": "Sister"}],
                        },
                    }
                },
            )
        )
        number = draft["number"]
        print(f"1. {accounts[cast[0]]['name']} created referral {number} for Boone county. Nobody is told yet.")

        preview = (await coordinator.execute(PREVIEW, variable_values={"number": number}))["previewPublish"]
        providers = {verdict["provider"]["name"]: verdict for verdict in preview["verdicts"]}
        left_out = sum(not verdict["eligible"] for verdict in preview["verdicts"])
        print(f"2. It would reach {preview['eligibleCount']} providers and leave out {left_out}, each with its rule.")

        done(await coordinator.execute(PUBLISH, variable_values={"number": number}))
        for hears in (coordinator_hears, marigold_hears, lantern_hears):
            await hears(number, "REFERRAL_PUBLISHED")
        print("3. Published: the coordinator and both providers heard of it at once; their letters are at /mailbox.")

        grid = (await marigold.execute(GRID))["referrals"]
        ages = [row["age"] for row in grid["nodes"]]
        expect(ages == sorted(ages, reverse=True), "the grid is not sorted by age")
        view = (await marigold.execute(VIEW, variable_values={"number": number}))["referral"]
        print(f"4. {accounts[cast[1]]['organization']} sees {grid['totalCount']} open referrals, the oldest first,")
        print(
            f"   and opens {number}: {view['consumer']['name']}, {view['consumer']['age']}, {view['facility']['name']}."
        )

        answer = {"number": number, "kind": "TENTATIVE", "provision": "STAFFING", "comments": "From next month."}
        done(await marigold.execute(RESPOND, variable_values={"input": answer}))
        await coordinator_hears(number, "RESPONSE_RECEIVED")
        done(await marigold.execute(RESPOND, variable_values={"input": {**answer, "provision": "SITE_VISIT"}}))
        await coordinator_hears(number, "RESPONSE_EDITED")
        seen = (await coordinator.execute(VIEW, variable_values={"number": number}))["referral"]
        expect(len(seen["responses"][0]["versions"]) == 2, "an earlier version of the answer is missing")
        print("5. It accepted with a provision, then changed it: the coordinator heard both, both versions are kept.")

        chosen = providers[accounts[cast[1]]["organization"]]["provider"]["id"]
        done(await coordinator.execute(PENDING, variable_values={"number": number, "provider": chosen}))
        await lantern_hears(number, "PENDING_PLACEMENT_SET")
        other = (await lantern.execute(VIEW, variable_values={"number": number}))["referral"]
        expect(other["pendingPlacement"]["provider"] is None, "the others must not learn who was chosen")
        expect(other["responses"] == [], "a provider must not see another's answer")
        print("6. The placement is pending: the other provider was told that, and not with whom.")

        done(await coordinator.execute(CLOSE, variable_values={"number": number, "provider": chosen}))
        for hears in (marigold_hears, lantern_hears):
            await hears(number, "REFERRAL_CLOSED")
        print(f"7. Closed. See it all at {address}/referrals/{number} as the administrator.")
        return int(number)


async def facility(session: AsyncClientSession) -> str:
    """Choose the first facility."""
    return str((await session.execute(gql("{ facilities { code } }")))["facilities"][0]["code"])


def tell(story: Callable[[str, dict[str, Any]], Coroutine[Any, Any, int]], about: str) -> None:
    """Read where Homeward is and who plays, then tell the story."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--address", default="http://127.0.0.1:8000", help="where Homeward answers")
    parser.add_argument("--accounts", type=Path, default=Path("var/demo-accounts.json"), help="the demo accounts")
    given = parser.parse_args()
    if not given.accounts.exists():
        parser.error(f"there is no {given.accounts}: start Homeward first (make run), or name the file by --accounts")
    accounts = {account["user_id"]: account for account in json.loads(given.accounts.read_text())}
    try:
        asyncio.run(story(given.address.rstrip("/"), accounts))
    except urllib.error.URLError as no:
        parser.error(f"{given.address}: {no.reason}. Start Homeward first (make run), or name its address by --address")


if __name__ == "__main__":
    tell(story, __doc__ or "")
