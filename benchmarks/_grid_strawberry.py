"""The page of the grid benchmark by Strawberry, in two ways: as most people write it, and over the floor's rows.

``python -m benchmarks._grid_strawberry usual|flat URL PORT`` serves one. The usual one reads objects of the ORM, and
what belongs to each by DataLoaders; the flat one makes its types of what one statement returns. Nobody is proven, and
nothing written down.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response as HttpResponse
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from tortoise.expressions import Q, Subquery

from benchmarks.grid_floor import Exchange, exchange
from orm import models
from orm.database import close_database, open_database
from orm.record import Record
from rules.referrals import ReferralStatus

C = TypeVar("C")


@strawberry.type
class Facility:
    """Where a referral begins."""

    code: str
    name: str


@strawberry.type
class Consumer:
    """Whom a referral is about."""

    first_name: str
    last_name: str
    dmh_id: str
    birth_date: date
    gender: str


@strawberry.type
class County:
    """A county that the family prefers."""

    fips: str
    name: str


@strawberry.type
class Person:
    """Who coordinates."""

    name: str
    email: str | None
    phone: str


@strawberry.type
class PendingPlacement:
    """That a provider has been chosen."""

    since: datetime


@strawberry.type
class Response:
    """What the caller's provider has answered."""

    kind: str
    provision: str | None
    decline_reason: str | None
    answered_at: datetime


@strawberry.type
class PageInfo:
    """Whether there is more."""

    has_next_page: bool


class Loaders:
    """What a request loads for many referrals at once."""

    def __init__(self) -> None:
        self.facilities: DataLoader[str, models.Facility] = _one_each(models.Facility, "code")
        self.consumers: DataLoader[UUID, models.Consumer] = _one_each(models.Consumer, "id")
        self.users: DataLoader[UUID, models.User] = _one_each(models.User, "id")
        self.pending: DataLoader[UUID, models.PendingPlacement | None] = _one_each(
            models.PendingPlacement, "referral_id", ended_at__isnull=True
        )
        self.counties: DataLoader[UUID, list[models.County]] = DataLoader(_counties)
        self.answers: DataLoader[tuple[UUID, UUID], models.Response | None] = DataLoader(_answers)


def _one_each(model: type[Record], key: str, **only: bool) -> DataLoader[Any, Any]:
    async def load(keys: list[Any]) -> list[Any]:
        found = {getattr(row, key): row for row in await model.filter(**{f"{key}__in": keys}, **only)}
        return [found.get(one) for one in keys]

    return DataLoader(load)


async def _counties(referrals: list[UUID]) -> list[list[models.County]]:
    found: dict[UUID, list[models.County]] = {referral: [] for referral in referrals}
    for row in await models.ReferralCounty.filter(referral_id__in=referrals).select_related("county"):
        found[row.referral_id].append(row.county)
    return [found[referral] for referral in referrals]


async def _answers(keys: list[tuple[UUID, UUID]]) -> list[models.Response | None]:
    referrals, providers = {referral for referral, _ in keys}, {provider for _, provider in keys}
    rows = await models.Response.filter(referral_id__in=referrals, provider_id__in=providers)
    found = {(row.referral_id, row.provider_id): row for row in rows}
    return [found.get(key) for key in keys]


Info = strawberry.Info[Loaders, None]


@strawberry.type(name="Referral")
class UsualReferral:
    """A line of the grid, which finds out the rest of itself."""

    row: strawberry.Private[models.Referral]
    provider: strawberry.Private[UUID]
    number: int
    status: str
    statewide: bool
    published_at: datetime | None

    @strawberry.field
    def age(self) -> int | None:
        """Count the days since it was published."""
        return (datetime.now(UTC) - self.published_at).days if self.published_at else None

    @strawberry.field
    def overdue(self) -> bool:
        """Tell whether that is too long ago."""
        return self.published_at is not None and (datetime.now(UTC) - self.published_at).days > 60

    @strawberry.field
    async def facility(self, info: Info) -> Facility:
        """Load it."""
        row = await info.context.facilities.load(self.row.facility_id)
        return Facility(code=row.code, name=row.name)

    @strawberry.field
    async def consumer(self, info: Info) -> Consumer:
        """Load it."""
        row = await info.context.consumers.load(self.row.consumer_id)
        return Consumer(
            first_name=row.first_name,
            last_name=row.last_name,
            dmh_id=row.dmh_id,
            birth_date=row.birth_date,
            gender=row.gender,
        )

    @strawberry.field
    async def preferred_counties(self, info: Info) -> list[County]:
        """Load them."""
        rows = await info.context.counties.load(self.row.id)
        return [County(fips=row.fips, name=row.name) for row in rows]

    @strawberry.field
    async def primary_coordinator(self, info: Info) -> Person | None:
        """Load it."""
        if self.row.primary_coordinator_id is None:
            return None
        row = await info.context.users.load(self.row.primary_coordinator_id)
        return Person(name=row.name, email=row.email, phone=row.phone)

    @strawberry.field
    async def pending_placement(self, info: Info) -> PendingPlacement | None:
        """Load it."""
        row = await info.context.pending.load(self.row.id)
        return PendingPlacement(since=row.set_at) if row else None

    @strawberry.field
    async def own_response(self, info: Info) -> Response | None:
        """Load it."""
        row = await info.context.answers.load((self.row.id, self.provider))
        if row is None:
            return None
        return Response(
            kind=row.kind,
            provision=row.provision,
            decline_reason=row.decline_reason,
            answered_at=row.answered_at,
        )


@strawberry.type(name="Referrals")
class UsualReferrals:
    """A page of the grid."""

    nodes: list[UsualReferral]
    page_info: PageInfo


@strawberry.type(name="Query")
class UsualQuery:
    """What can be asked."""

    @strawberry.field
    async def referrals(self, provider: strawberry.ID, first: int = 50) -> UsualReferrals:
        """Find the open ones that a provider may see."""
        who = UUID(provider)
        covered = models.ContactCounty.filter(contact__provider_id=who, contact__active=True)
        served = await covered.distinct().values_list("county_id", flat=True)
        near = models.ReferralCounty.filter(county_id__in=served).values("referral_id")
        excluded = models.ReferralExclusion.filter(provider_id=who, included_at__isnull=True).values("referral_id")
        shown = (
            models.Referral.filter(Q(statewide=True) | Q(id__in=Subquery(near)), status=ReferralStatus.OPEN)
            .exclude(id__in=Subquery(excluded))
            .order_by("first_published_at", "number")
        )
        rows = await shown.limit(first + 1)
        nodes = [
            UsualReferral(
                row=row,
                provider=who,
                number=row.number,
                status=row.status,
                statewide=row.statewide,
                published_at=row.first_published_at,
            )
            for row in rows[:first]
        ]
        return UsualReferrals(nodes=nodes, page_info=PageInfo(has_next_page=len(rows) > first))


@strawberry.type(name="Referral")
class FlatReferral:
    """A line of the grid."""

    number: int
    status: str
    statewide: bool
    age: int | None
    overdue: bool
    published_at: datetime | None
    facility: Facility
    consumer: Consumer
    preferred_counties: list[County]
    primary_coordinator: Person | None
    pending_placement: PendingPlacement | None
    own_response: Response | None


@strawberry.type(name="Referrals")
class FlatReferrals:
    """A page of the grid."""

    nodes: list[FlatReferral]
    page_info: PageInfo


@strawberry.type(name="Query")
class FlatQuery:
    """What can be asked."""

    @strawberry.field
    async def referrals(
        self, info: strawberry.Info[Exchange, None], provider: strawberry.ID, first: int = 50
    ) -> FlatReferrals:
        """Find the open ones that a provider may see."""
        rows = await info.context.open_to(UUID(provider))
        now = datetime.now(UTC)
        nodes = [_flat(row, info.context.counties, now) for row in rows[:first]]
        return FlatReferrals(nodes=nodes, page_info=PageInfo(has_next_page=len(rows) > first))


def _flat(row: Any, counties: dict[str, dict[str, str]], now: datetime) -> FlatReferral:  # noqa: ANN401 - asyncpg's row
    age = (now - row["first_published_at"]).days
    answer = Response(
        kind=row["kind"],
        provision=row["provision"],
        decline_reason=row["decline_reason"],
        answered_at=row["answered_at"],
    )
    return FlatReferral(
        number=row["number"],
        status=row["status"],
        statewide=row["statewide"],
        age=age,
        overdue=age > 60,
        published_at=row["first_published_at"],
        facility=Facility(code=row["facility_code"], name=row["facility_name"]),
        consumer=Consumer(
            first_name=row["first_name"],
            last_name=row["last_name"],
            dmh_id=row["dmh_id"],
            birth_date=row["birth_date"],
            gender=row["gender"],
        ),
        preferred_counties=[County(**counties[fips]) for fips in row["counties"]],
        primary_coordinator=Person(
            name=f"{row['coordinator_first']} {row['coordinator_last']}", email=row["email"], phone=row["phone"]
        ),
        pending_placement=PendingPlacement(since=row["pending_since"]) if row["pending_since"] else None,
        own_response=answer if row["kind"] else None,
    )


class Api(GraphQL[C, None], Generic[C]):
    """Strawberry's own endpoint, with a context for each request."""

    def __init__(self, query: type, context: Callable[[], C]) -> None:
        super().__init__(strawberry.Schema(query))
        self._context = context

    async def get_context(self, request: Request | WebSocket, response: HttpResponse | WebSocket) -> C:  # noqa: ARG002
        """Give it."""
        return self._context()


def usual(url: str) -> Starlette:
    """Give the application as most people write it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await open_database(url)
        yield
        await close_database()

    return Starlette(routes=[Route("/graphql", Api(UsualQuery, Loaders))], lifespan=lifespan)


def flat(url: str) -> Starlette:
    """Give the application that makes its types of flat rows."""
    kept: dict[str, Exchange] = {}

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with exchange(url) as kept["exchange"]:
            yield

    return Starlette(routes=[Route("/graphql", Api(FlatQuery, lambda: kept["exchange"]))], lifespan=lifespan)


def main(arguments: Sequence[str]) -> None:
    """Serve one of them."""
    how, url, port = arguments
    uvicorn.run({"usual": usual, "flat": flat}[how](url), port=int(port), access_log=False, log_level="warning")


if __name__ == "__main__":
    main(sys.argv[1:])
