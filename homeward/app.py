"""The web application: the faces under one roof."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from uuid import UUID

import orjson
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from admin_ui import admin_routes, missing_page, session_token
from homeward.doorbell import RedisDoorbell
from homeward.office import open_office
from homeward.request_log import RequestLog
from homeward.wiring import House
from orm.database import ping
from schema.attachment_routes import AttachmentDoor
from schema.calendar_routes import CalendarDoor
from schema.evidence_routes import EvidenceDoor
from schema.fast_operations import Operations
from schema.house import build_schema
from schema.ide import GraphiQL
from schema.ide_tabs import STORY
from schema.identity import SessionCallers, session_key
from schema.limits import Limits
from schema.ports import TransportLimits
from schema.report_routes import ReportDoor
from schema.sign_in import SignInDoor
from schema.sockets import OpenSockets
from schema.transport import GraphQLEndpoint, recognised

_log = structlog.get_logger("homeward.web")


def build_app(house: House) -> Starlette:
    """Wire the faces to an open house."""
    settings = house.settings
    sockets = OpenSockets()
    office = open_office(house)

    async def close_sockets(sessions: Collection[UUID]) -> None:
        # At the same time: a slow reader in one session must not hold up the end of the next.
        await asyncio.gather(*(sockets.close_session(session_key(session)) for session in sessions))

    house.doorbell.when_sessions_end(close_sockets)
    callers = SessionCallers(house.desk, partial(session_token, office))
    limits = Limits()
    graphql = GraphQLEndpoint(
        build_schema(limits, is_fast=settings.fast_answers),
        callers,
        sockets=sockets,
        ide=GraphiQL(STORY) if settings.shows_ide else None,
        limits=TransportLimits(origins=(settings.base_url,)),
        operations=Operations(limits.time) if settings.fast_answers else None,
    )
    routes: list[BaseRoute] = [
        *graphql.routes("/graphql"),  # first, because it is asked most
        Route("/healthz", _healthz),
        Route("/readyz", _readyz(house)),
        *SignInDoor(house.desk).routes(),
        *ReportDoor(partial(recognised, callers)).routes(),
        *AttachmentDoor(graphql.recognise, partial(recognised, callers)).routes(),
        *EvidenceDoor(partial(recognised, callers)).routes(),
        *CalendarDoor(house.desk).routes(),
        *admin_routes(office),
    ]

    async def not_found(request: Request, _: Exception) -> Response:
        return await missing_page(office, request)

    return Starlette(routes=routes, middleware=[Middleware(RequestLog)], exception_handlers={404: not_found})


async def _healthz(_: Request) -> Response:
    """Say that the process answers."""
    return _json({"status": "ok"})


def _readyz(house: House) -> Callable[[Request], Awaitable[Response]]:
    """Say whether the house can do its work: without the database it cannot, without the broker it can, slower."""

    async def readyz(_: Request) -> Response:
        doorbell = house.doorbell
        broker = "none"
        if isinstance(doorbell, RedisDoorbell):
            broker = "ok" if doorbell.connected.is_set() else "away"
        try:
            async with asyncio.timeout(2):
                await ping()
        except Exception as fault:  # noqa: BLE001 - whatever it is, the house is not ready
            _log.warning("readyz.database", error=type(fault).__name__)
            return _json({"database": "away", "broker": broker}, 503)
        return _json({"database": "ok", "broker": broker})

    return readyz


def _json(content: object, status: int = 200) -> Response:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(orjson.dumps(content), status, headers=headers)
