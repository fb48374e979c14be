"""How much one operation may ask for and how long it may take, whichever way it came.

The document is measured before GraphQL validates it, because some of GraphQL's own rules are quadratic. Page sizes
may be variables, so it is measured for each set of page sizes although it is validated only once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from graphql import DocumentNode, GraphQLSchema, GraphQLSyntaxError
from strawberry.extensions import MaxTokensLimiter, ParserCache, SchemaExtension, ValidationCache

from schema.errors import BAD_REQUEST, TOO_COMPLEX, PublicError, refused
from schema.measure import SATURATED, Measured, measure


@dataclass(frozen=True)
class Limits:
    """What one operation may ask for. Every number is the largest that is still answered."""

    tokens: int = 2_000
    depth: int = 12
    introspection_depth: int = 18
    """Below ``__schema`` and ``__type``: the standard introspection query nests ``ofType`` nine times."""
    aliases: int = 30
    """Aliases, and fields repeated in one selection: GraphQL compares each of those with each other."""
    fragments: int = 60
    """Fragments in a document, for the same reason."""
    directives: int = 20
    root_fields: int = 20
    page_size: int = 100
    cost: int = 20_000
    introspection: bool = True
    time: timedelta = timedelta(seconds=30)
    """For a query or a mutation, and for a subscription to begin."""
    cached_documents: int = 256


def excess(measured: Measured, limits: Limits) -> PublicError | None:
    """Say which limit a document passes, if any: the first one, with what was asked and what is allowed."""
    if measured.cyclic:
        return refused(BAD_REQUEST, "A fragment may not spread itself.")
    if measured.fragments > limits.fragments:
        return _too_complex(measured.fragments, "fragments", limits.fragments)
    for size in measured.operations:
        if size.page_size > limits.page_size:
            message = f"A page holds at most {limits.page_size} rows, not {size.page_size}."
            return refused("PAGE_TOO_LARGE", message)
        if size.introspection_depth and not limits.introspection:
            return refused("DENIED", "This server does not answer questions about its schema.")
        for what, asked, allowed in (
            ("levels deep", size.depth, limits.depth),
            ("levels deep into the schema", size.introspection_depth, limits.introspection_depth),
            ("aliases and repeated fields", size.aliases, limits.aliases),
            ("directives", size.directives, limits.directives),
            ("fields at the root", size.fields, limits.root_fields),
            ("in cost", size.cost, limits.cost),
        ):
            if asked > allowed:
                return _too_complex(asked, what, allowed)
    return None


def _too_complex(asked: int, what: str, allowed: int) -> PublicError:
    told = f"{asked:,}" if asked < SATURATED else "far too many"
    return refused(TOO_COMPLEX, f"This operation asks for too much: {told} {what}, at most {allowed:,}.")


class KnownDocuments(ParserCache):
    """Parse a document once; one that cannot be parsed is left to Strawberry.

    Strawberry's own cache raises in that case, which on a websocket ends the operation with a traceback.
    """

    def on_parse(self) -> Iterator[None]:
        """Look the document up, or parse it."""
        context = self.execution_context
        if context.query:
            with suppress(GraphQLSyntaxError):
                context.graphql_document = self.cached_parse_document(context.query, **context.parse_options)
        yield


class LimitedValidation(ValidationCache):
    """Measure the document with this request's page sizes, then validate it or take the verdict from the cache."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(maxsize=limits.cached_documents)
        self.limits = limits

    def on_validate(self) -> Iterator[None]:
        """Put the verdict where Strawberry looks for it; too large a document is never validated."""
        context = self.execution_context
        document, schema = context.graphql_document, context.schema._schema  # noqa: SLF001 - there is no public way
        if document is not None:
            measured = _measure_cached(document, schema, _numbers(context.variables))
            passed = excess(measured, self.limits)
            if len(measured.operations) > 1 and context._provided_operation_name is None:  # noqa: SLF001 - nor to this
                # Strawberry would run the first one.
                passed = refused(BAD_REQUEST, "Which operation? `operationName` must name one of the document's.")
            found = [passed] if passed else self.cached_validate_document(schema, document, context.validation_rules)
            # A copy: the schema's ``process_errors`` writes into the list, and the cache keeps its own.
            context.pre_execution_errors = list(found)
        yield


class TimeLimit(SchemaExtension):
    """Stop an operation that takes too long; what it had begun is cancelled, so its transaction is rolled back."""

    def __init__(self, time: timedelta) -> None:
        super().__init__()
        self.time = time

    async def on_execute(self) -> AsyncIterator[None]:
        """Cancel the execution when the time is over."""
        try:
            async with asyncio.timeout(self.time.total_seconds()) as limit:
                yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise too_late() from None


def too_late() -> PublicError:
    """Say that an operation was stopped because it took too long."""
    return refused("TIMEOUT", "This took too long and was stopped. Ask for less, or try again.")


def extensions(limits: Limits) -> list[Callable[[], SchemaExtension]]:
    """Give the extensions that hold the limits and keep parsed and validated documents, in their order."""
    return [
        lambda: MaxTokensLimiter(max_token_count=limits.tokens),
        lambda: KnownDocuments(maxsize=limits.cached_documents),
        lambda: LimitedValidation(limits),
        lambda: TimeLimit(limits.time),
    ]


@lru_cache(maxsize=1_024)
def _measure_cached(
    document: DocumentNode, schema: GraphQLSchema, numbers: tuple[tuple[str, int | float], ...]
) -> Measured:
    return measure(document, schema, dict(numbers))


def _numbers(variables: Mapping[str, object] | None) -> tuple[tuple[str, int | float], ...]:
    """Keep the variables that can be a page size: all that a measure depends on beside the document."""
    numbers = ((name, value) for name, value in (variables or {}).items() if isinstance(value, int | float))
    return tuple(sorted((name, value) for name, value in numbers if not isinstance(value, bool)))
