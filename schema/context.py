"""What every resolver gets: the caller who was proven before the document was read."""

from __future__ import annotations

import strawberry

from resolvers.callers import Caller
from schema.ports import Context

Info = strawberry.Info[Context[Caller], None]


def caller_of(info: Info) -> Caller:
    """Give the person behind this operation."""
    return info.context.caller
