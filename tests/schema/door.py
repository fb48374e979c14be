"""The endpoint with and without known operations, for callers that the test chooses."""

from __future__ import annotations

from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import HTTPConnection

from resolvers.callers import Caller
from schema.fast_operations import Operations
from schema.house import build_schema
from schema.limits import Limits
from schema.transport import GraphQLEndpoint
from tests.world.house import the_schema

WIDE = Limits(cost=10**9, depth=100, aliases=10**6, fragments=10**6, tokens=10**6, directives=10**6)


class _Caller:
    """Takes everybody for the caller that the test chooses."""

    def __init__(self) -> None:
        self.chosen: Caller | None = None

    async def authenticate(self, _: str | None, __: HTTPConnection) -> Caller | None:
        return self.chosen

    async def renew(self, caller: Caller, *, working: bool) -> Caller | None:
        return caller

    def session_of(self, _: Caller) -> str:
        return ""

    def person_of(self, _: Caller) -> str:
        return ""


class Door:
    """The endpoint with and without known operations."""

    def __init__(self, limits: Limits = WIDE, most: int = 256) -> None:
        self.schema = the_schema(limits, is_fast=False)
        self.operations = Operations(limits.time, most=most)
        self._callers = _Caller()
        self._ordinary = self._client(GraphQLEndpoint(self.schema, self._callers))
        fast = GraphQLEndpoint(build_schema(limits), self._callers, operations=self.operations)
        self._fast = self._client(fast)

    async def ordinary(self, caller: Caller, document: str, **variables: object) -> bytes:
        return await self._ask(self._ordinary, caller, document, variables)

    async def fast(self, caller: Caller, document: str, **variables: object) -> bytes:
        return await self._ask(self._fast, caller, document, variables)

    def _client(self, endpoint: GraphQLEndpoint[Any]) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(Starlette(routes=endpoint.routes()))
        return httpx.AsyncClient(transport=transport, base_url="http://house", headers={"authorization": "Bearer x"})

    async def _ask(self, client: httpx.AsyncClient, caller: Caller, document: str, variables: object) -> bytes:
        self._callers.chosen = caller
        body = {"query": document, "variables": variables}
        answer = await client.post("/graphql", json=body, headers={"accept": "application/graphql-response+json"})
        return str(answer.status_code).encode() + answer.content
