"""Ask for a role, over GraphQL, against a running Homeward: who approves it, and how one follows it live.

    make run                                          # in one terminal
    .venv/bin/python examples/ask_for_access.py       # in another

An employee asks for a role, the Local Security Officer approves it by signing, ITSD Provisioning grants it. The
employee sees each step as it happens. Each run asks for a role that the employee does not hold yet.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Any

from first_five_minutes import done, expect, sign_in, tell
from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.websockets import WebsocketsTransport

ME = gql("{ viewer { email } accessRequestTerms { version } }")
ROLES = gql("""
  query Roles { availableRoles(division: MRDD) { code name description } }""")
CREATE = gql("""
  mutation Create($email: String!) {
    createAccessRequest(input: {email: $email, division: MRDD}) {
      accessRequest { number } userErrors { code message field }
    }
  }""")
CHOOSE = gql("""
  mutation Choose($input: SetRequestedRolesInput!) {
    setRequestedRoles(input: $input) { accessRequest { number } userErrors { code message field } }
  }""")
REVIEW = gql("""
  query Review($number: Int!) {
    accessRequest(number: $number) {
      state heldBy nextStep dueAt contentHash holder { name }
      review { ready missing contentHash problems { because } }
      roles { role { name } reason }
      timeline { state heldBy holder { name } since dueAt }
    }
  }""")
SUBMIT = gql("""
  mutation Submit($input: SubmitAccessRequestInput!) {
    submitAccessRequest(input: $input) { accessRequest { number state } userErrors { code message field } }
  }""")
DECIDE = gql("""
  mutation Decide($input: DecideAccessRequestInput!) {
    decideAccessRequest(input: $input) { accessRequest { state dueAt } userErrors { code message field } }
  }""")
HELD = gql("{ myCurrentRoles { role { code name } grantedAt requestNumber } }")
FOLLOW = gql("""
  subscription Follow($number: Int!) {
    accessRequestEvents(number: $number, after: 0) { line step { state heldBy } }
  }""")


@asynccontextmanager
async def signed_in(address: str, account: dict[str, Any]) -> AsyncIterator[tuple[AsyncClientSession, Client]]:
    """Open an account: a session for queries and mutations, and a client for what is followed live."""
    token = await asyncio.to_thread(sign_in, address, account)
    http = AIOHTTPTransport(f"{address}/graphql", headers={"Authorization": f"Bearer {token}"})
    live = WebsocketsTransport(
        f"{address.replace('http', 'ws', 1)}/graphql",
        init_payload={"authorization": f"Bearer {token}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=http) as session:
        yield session, Client(transport=live)


async def story(address: str, accounts: dict[str, dict[str, Any]]) -> int:
    """Tell the story; answer the number of its request."""
    employee, officer, desk = (accounts[one] for one in ("STAFF.MARIGOLD", "LSO.MARIGOLD", "ITSD.PROVISIONING"))
    async with (
        signed_in(address, employee) as (asks, live),
        signed_in(address, officer) as (approves, _),
        signed_in(address, desk) as (grants, _),
    ):
        offered = (await asks.execute(ROLES))["availableRoles"]
        expect(offered, f"{employee['name']} holds every role that the organization may have")
        role = offered[0]
        print(f"1. {employee['name']} may ask for {len(offered)} roles, and chooses: {role['name']}.")

        me = await asks.execute(ME)
        number = done(await asks.execute(CREATE, variable_values={"email": me["viewer"]["email"]}))["number"]
        chosen = {"number": number, "roles": [{"code": role["code"], "reason": "Part of my work."}]}
        done(await asks.execute(CHOOSE, variable_values={"input": chosen}))
        review = (await asks.execute(REVIEW, variable_values={"number": number}))["accessRequest"]["review"]
        expect(review["ready"], f"the review finds {review['missing']} {review['problems']}")
        print(f"2. Access request {number} was reviewed: nothing is missing, nothing is against it.")

        async with live as socket, aclosing(socket.subscribe(FOLLOW, variable_values={"number": number})) as steps:
            seen: list[str] = []

            async def until(state: str) -> None:
                async with asyncio.timeout(30):
                    async for event in steps:
                        seen.append(event["accessRequestEvents"]["step"]["state"])
                        if seen[-1] == state:
                            return

            send = {
                "number": number,
                "idempotencyKey": secrets.token_hex(8),
                "agreedTermsVersion": me["accessRequestTerms"]["version"],
                "contentHash": review["contentHash"],
            }
            for _ in range(2):  # a second click changes nothing
                done(await asks.execute(SUBMIT, variable_values={"input": send}))
            await until("WITH_LSO")
            print(f"3. Submitted, once for two clicks. It waits for the Local Security Officer, {officer['name']}.")

            shown = (await approves.execute(REVIEW, variable_values={"number": number}))["accessRequest"]
            await decide(approves, officer, number, "LSO", shown["contentHash"])
            await until("AWAITING_PROVISIONING")
            where = (await asks.execute(REVIEW, variable_values={"number": number}))["accessRequest"]
            print(f"4. {officer['name']} signed with user ID and password. It is with {where['heldBy']} now,")
            print(f"   due {datetime.fromisoformat(where['dueAt']):%A, %B %d, %H:%M UTC}.")

            await decide(grants, desk, number, "PROVISIONING", shown["contentHash"])
            await until("GRANTED")
            expect(seen == sorted(set(seen), key=seen.index), "a step came twice")

        held = {one["role"]["code"]: one for one in (await asks.execute(HELD))["myCurrentRoles"]}
        expect(held[role["code"]]["requestNumber"] == number, "the role does not say where it comes from")
        print(f"5. Granted: {employee['name']} holds {role['name']}, by access request {number}.")
        return int(number)


async def decide(session: AsyncClientSession, account: dict[str, Any], number: int, stage: str, shown: str) -> None:
    """Approve at a stage, by signing over exactly what was shown."""
    signature = {"userId": account["user_id"], "password": account["password"], "contentHash": shown}
    answer = {"number": number, "stage": stage, "approve": True, **signature}
    done(await session.execute(DECIDE, variable_values={"input": answer}))


if __name__ == "__main__":
    tell(story, __doc__ or "")
