"""A small schema with one of everything that the transport has to carry."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum

import strawberry
from starlette.requests import HTTPConnection

from rules.errors import Conflict, Denied, Invalid, NotFound, TooMany, Unauthenticated
from schema.described import described_enum, described_input, described_type
from schema.errors import Schema, UserError, answered
from schema.limits import Limits, extensions


class Colour(StrEnum):
    """What a kennel may be painted (001:1)."""

    RED = "red"
    """Like a barn."""
    BLUE = "blue"
    """Like the sky."""


described_enum(Colour)


@described_type
class Dog:
    """A dog that lives in the toy kennel."""

    name: str
    """What it answers to."""

    colour: Colour = Colour.RED
    """The paint of its kennel."""

    @strawberry.field
    def puppies(self, first: int = 10) -> list[Dog]:
        """List its puppies, oldest first.

        Args:
            first: How many, at most 100.
        """
        return [Dog(name=f"{self.name} {number}") for number in range(min(first, 3))]

    @strawberry.field
    def friend(self) -> Dog:
        """Find its friend."""
        return Dog(name=f"friend of {self.name}")


@described_input
class RenameInput:
    """A new name for a dog."""

    name: str
    """What it shall answer to."""

    new_name: str
    """What it shall answer to from now on."""


@described_type
class RenamePayload:
    """What became of a new name."""

    dog: Dog | None
    """The dog, if it may be called that."""

    user_errors: list[UserError]
    """Why it may not."""


@dataclass
class Kennel:
    """What the tests watch: closed subscriptions, and a door that resolvers wait at."""

    closed: int = 0
    barked: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    seen: list[object] = field(default_factory=list)
    signed_out: list[str] = field(default_factory=list)
    sign_out: Callable[[str], Awaitable[object]] | None = None


kennel = Kennel()


@dataclass(frozen=True)
class ToyCaller:
    """A person behind a request, by the session they proved."""

    person: str
    session: str

    def __str__(self) -> str:
        return f"{self.person} by {self.session}"


class ToyCallers:
    """Knows the sessions of the toy house: ``<person>-<number>`` is a session, by token and by cookie alike."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self.asked: list[str | None] = []

    async def authenticate(self, token: str | None, connection: HTTPConnection) -> ToyCaller | None:
        self.asked.append(token)
        session = token if token is not None else connection.cookies.get("session")
        if session is None:
            return None
        if session == "bug":
            raise KeyError("the secret value")
        if session == "expired-password":
            raise Denied("Change your password first.", code="PASSWORD_EXPIRED")
        if session == "flood":
            raise TooMany("Too many requests.")
        if "-" not in session or session in self.ended:
            raise Unauthenticated("Sign in again.")
        return ToyCaller(session.split("-", maxsplit=1)[0], session)

    async def renew(self, caller: ToyCaller, *, working: bool) -> ToyCaller | None:
        return None if caller.session in self.ended else caller

    def session_of(self, caller: ToyCaller) -> str:
        return caller.session

    def person_of(self, caller: ToyCaller) -> str:
        return caller.person


async def rename(name: str, new_name: str) -> str:
    """Refuse what the tests ask to be refused, by name."""
    refusals = {
        "nobody": NotFound("There is no such dog."),
        "guarded": Denied("You may not rename this dog."),
        "taken": Conflict("Another dog has this name."),
        "empty": Invalid("A dog needs a name.", field="new_name"),
        "signed out": Unauthenticated("Sign in again."),
        "flood": TooMany("Too many renames."),
    }
    if name in refusals:
        raise refusals[name]
    if name == "bug":
        secret = "the secret value"
        raise KeyError(f"{secret} {new_name}")
    return new_name


@described_type
class Query:
    """What may be asked."""

    @strawberry.field
    def hello(self) -> str:
        """Say hello."""
        return "hello"

    @strawberry.field
    def dogs(self, first: int = 20) -> list[Dog]:
        """List the dogs.

        Args:
            first: How many, at most 100.
        """
        return [Dog(name=f"dog {number}") for number in range(min(first, 3))]

    @strawberry.field
    async def dog(self, name: str, colour: Colour | None = None) -> Dog:
        """Find a dog.

        Args:
            name: What it answers to; some names are refused.
            colour: The paint of its kennel.
        """
        return Dog(name=await rename(name, name), colour=colour or Colour.RED)

    @strawberry.field
    async def slow(self) -> str:
        """Wait until the kennel opens."""
        await kennel.open.wait()
        return "open"

    @strawberry.field
    def whoami(self, info: strawberry.Info) -> str:
        """Tell the caller who they are."""
        kennel.seen.append(info.context)
        return str(info.context.caller)


@described_type
class Mutation:
    """What may be changed."""

    @strawberry.mutation
    async def rename_dog(self, input: RenameInput) -> RenamePayload:  # noqa: A002 - GraphQL's own word
        """Give a dog another name.

        Args:
            input: Which dog, and what it shall be called.
        """
        return await answered(RenamePayload, rename(input.name, input.new_name), lambda name: Dog(name=name))

    @strawberry.mutation
    async def sign_out(self, session: str) -> str:
        """End a session and its sockets, and write it down last.

        Args:
            session: Which.
        """
        if kennel.sign_out:
            await kennel.sign_out(session)
        await asyncio.sleep(0)
        kennel.signed_out.append(session)
        return session


@described_type
class Subscription:
    """What may be waited for."""

    @strawberry.subscription
    async def barks(self, info: strawberry.Info, up_to: int = 3, size: int = 1) -> AsyncIterator[str]:
        """Hear barks.

        Args:
            up_to: How many.
            size: How many letters each has.
        """
        kennel.seen.append(info.context)
        try:
            for number in range(up_to):
                kennel.barked += 1
                yield f"{number}".rjust(size, "w")
        finally:
            kennel.closed += 1

    @strawberry.subscription
    async def silence(self, info: strawberry.Info) -> AsyncIterator[str]:
        """Hear nothing until the kennel opens."""
        kennel.seen.append(info.context)
        try:
            await kennel.open.wait()
            yield "open"
        finally:
            kennel.closed += 1

    @strawberry.subscription
    async def broken(self, refused: bool = False) -> AsyncIterator[str]:
        """Hear one bark and then a fault.

        Args:
            refused: Whether the end is a refusal and no bug.
        """
        yield "woof"
        if refused:
            raise Unauthenticated("Sign in again.")
        raise KeyError("the secret value")


def toy_schema(limits: Limits | None = None) -> Schema:
    """Build the toy schema under the given limits, or the house's."""
    return Schema(Query, Mutation, Subscription, extensions=extensions(limits or Limits()))
