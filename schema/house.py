"""The schema of the house, put together."""

from __future__ import annotations

from pathlib import Path

from graphql import lexicographic_sort_schema, print_schema

from schema.errors import Schema
from schema.fast_execution import fast_executor
from schema.limits import Limits, extensions
from schema.referral_types import Provider, Referral
from schema.roots import Mutation, Query, Subscription

SNAPSHOT = Path(__file__).with_name("schema.graphql")
"""The committed SDL: what clients stand on."""


def build_schema(limits: Limits | None = None, *, is_fast: bool = True) -> Schema:
    """Build the schema with its limits; a fast one answers the same, with writers for what it is often asked."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=[Referral, Provider],
        extensions=extensions(limits or Limits()),
        execution_context_class=fast_executor() if is_fast else None,
    )


def sorted_sdl(schema: Schema) -> str:
    """Print the schema as it is committed: in alphabetical order, with all descriptions."""
    return print_schema(lexicographic_sort_schema(schema._schema)) + "\n"  # noqa: SLF001 - there is no public way
