"""Ask the schema of the house as somebody, without the wire."""

from __future__ import annotations

from typing import Any

from resolvers.callers import Caller
from schema.ports import Context
from tests.world.house import the_schema

HOUSE = the_schema()


async def ask(who: Caller, document: str, **variables: Any) -> dict[str, Any]:
    """Give the data of a document that has to be answered without an error."""
    result = await HOUSE.execute(document, variables, Context(who, "r-1"))
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


async def refusal(who: Caller, document: str, **variables: Any) -> object:
    """Give the code with which a document is refused as a whole."""
    result = await HOUSE.execute(document, variables, Context(who, "r-1"))
    assert result.errors, "it was answered"
    return (result.errors[0].extensions or {})["code"]
