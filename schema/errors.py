"""The one place where a no becomes GraphQL.

- A mutation that is refused answers its payload with ``userErrors`` (``answered``).
- A query or a subscription that is refused, a missing sign-in and a passed limit are top-level errors with
  ``extensions.code``.
- A document, variable or argument that GraphQL itself rejects is ``BAD_REQUEST``, in GraphQL's own words.
- Anything else is a bug: the caller gets a request id, the log gets the type and the frames. Neither ever gets the
  document, a variable or a value, so the text of a foreign exception is not used at all.
"""

from __future__ import annotations

import dataclasses
import re
import traceback
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, TypeVar, cast, get_origin

import strawberry
import structlog
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError, StrawberryGraphQLError, StrawberryInputCoercionError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.execution import ExecutionContext
from strawberry.utils.str_converters import to_camel_case

from rules.errors import Refusal, TooMany, Unauthenticated
from schema.described import described_type

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

P = TypeVar("P")
R = TypeVar("R")

BAD_REQUEST = "BAD_REQUEST"
INTERNAL = "INTERNAL"
TOO_COMPLEX = "TOO_COMPLEX"

_SUGGESTION = re.compile(r"\s*Did you mean .*\?$", re.DOTALL)
_OUT_OF_TOKENS = re.compile(r"more than \d+ tokens")

_VALUE_AFTER_COLON = re.compile(
    r"(?:, found|(?<=value)|(?<= represent a Date)|(?<= represent a DateTime)): (?!\S+ cannot |Expected |Value ).*$",
    re.DOTALL,
)
_UNKNOWN_CHOICE = re.compile(r"Value '.*?'(?= does not exist in '\w+' enum)", re.DOTALL)

log = structlog.get_logger("homeward.schema")


@described_type
class UserError:
    """One reason why a mutation was refused; nothing was changed."""

    code: str
    """A stable code for programs, such as NOT_FOUND, DENIED, CONFLICT or INVALID."""

    message: str
    """A sentence for the person who asked."""

    field: str | None
    """The field of the input that is wrong; null when it is none of them in particular."""


def user_errors(refusal: Refusal) -> list[UserError]:
    """Tell a refusal the way mutations do; the field is named as in the GraphQL input."""
    return [UserError(code=refusal.code, message=refusal.message, field=_graphql_name(refusal.field))]


async def answered(payload: Callable[..., P], work: Awaitable[R], show: Callable[[R], object] | None = None) -> P:
    """Run a use case and answer its payload: the object and no errors, or no object and the refusal.

    ``payload`` has ``user_errors`` and, first of its other fields, the one that takes what the use case gave, passed
    through ``show`` when that is given::

        return await answered(PublishReferralPayload, publish_referral(caller, id), show=Referral.of)

    Raises: Unauthenticated and TooMany, which are not about the input and so are top-level errors.
    """
    field = _object_field(payload)
    try:
        result = await work
    except (Unauthenticated, TooMany):
        raise
    except Refusal as refusal:
        return payload(**{field: None, "user_errors": user_errors(refusal)})
    return payload(**{field: show(result) if show else result, "user_errors": []})


class PublicError(GraphQLError):
    """An error that is fit to leave the house; its ``extensions`` always hold a ``code``."""


class Schema(strawberry.Schema):
    """A Strawberry schema whose errors leave the house only as ``PublicError``."""

    suggestions = False

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Replace the errors in place, before any extension or transport sees them; log the bugs among them."""
        request_id = getattr(execution_context.context, "request_id", None) if execution_context else None
        errors[:] = [public(error, request_id, suggestions=self.suggestions) for error in errors]


def public(error: GraphQLError, request_id: str | None, *, suggestions: bool = False) -> PublicError:
    """Decide what the caller may hear of an error; a bug is logged and masked."""
    if isinstance(error, PublicError):
        return error
    code = _code(error)
    if code is None:
        return masked(error.original_error or error, request_id, at=error)
    refusal = _refusal(error)
    extensions = {**(error.extensions or {}), "code": code}
    if refusal and refusal.field:
        extensions["field"] = _graphql_name(refusal.field)
    message = error.message if suggestions or refusal else _SUGGESTION.sub("", error.message)
    return PublicError(
        message if refusal or code != BAD_REQUEST else _without_values(message),
        error.nodes,
        error.source,
        error.positions,
        error.path,
        extensions=extensions,
    )


def _without_values(message: str) -> str:
    """Take out of GraphQL's own words what the caller sent: errors are kept in places where a person's data is not."""
    message = _VALUE_AFTER_COLON.sub("", message)
    message = _UNKNOWN_CHOICE.sub("This value", message)
    return message if message.endswith((".", "?")) else f"{message}."


def masked(fault: BaseException, request_id: str | None, *, at: GraphQLError | None = None) -> PublicError:
    """Log a bug by its type, frames and request id, and give the caller nothing but the request id."""
    log.error("graphql.fault", error=type(fault).__name__, request_id=request_id, frames=list(_frames(fault)))
    return PublicError(
        f"Something went wrong. Tell support the request id {request_id}.",
        at.nodes if at else None,
        path=at.path if at else None,
        extensions={"code": INTERNAL, "requestId": request_id},
    )


def refused(code: str, message: str, **extensions: object) -> PublicError:
    """Make a top-level error of our own: a limit, a malformed request, a missing sign-in."""
    return PublicError(message, extensions={"code": code, **extensions})


def _code(error: GraphQLError) -> str | None:
    """Give the code under which an error may be told; none when it is a bug."""
    refusal, cause = _refusal(error), error.original_error
    given = (error.extensions or {}).get("code")  # graphql-core has copied it from the cause
    if refusal or given:
        return refusal.code if refusal else str(given)
    if isinstance(error, GraphQLSyntaxError):
        return TOO_COMPLEX if _OUT_OF_TOKENS.search(error.message) else BAD_REQUEST
    if isinstance(cause, StrawberryInputCoercionError | CannotGetOperationTypeError | InvalidOperationTypeError):
        return BAD_REQUEST
    if isinstance(cause, MissingQueryError):
        return BAD_REQUEST
    if isinstance(cause, StrawberryGraphQLError):
        return "DENIED"
    if error.path is None:
        # Before execution GraphQL points into the document (or has nobody else to blame); a bug there has a cause only.
        return BAD_REQUEST if error.nodes or cause is None else None
    # In execution GraphQL itself points at the argument it rejects; a value that a resolver got wrong has no place.
    return BAD_REQUEST if isinstance(cause, GraphQLError) and cause.nodes else None


def _refusal(error: BaseException | None) -> Refusal | None:
    while isinstance(error, GraphQLError):
        error = error.original_error
    return error if isinstance(error, Refusal) else None


def _frames(fault: BaseException | None) -> Iterator[str]:
    """Name file, line and function of each frame, the cause first; never a local and never the exception's text."""
    seen: set[int] = set()
    while fault is not None and id(fault) not in seen:
        seen.add(id(fault))
        yield type(fault).__name__
        for frame in traceback.extract_tb(fault.__traceback__):
            yield f"{frame.filename}:{frame.lineno} {frame.name}"
        fault = fault.__cause__ or fault.__context__


def _object_field(payload: object) -> str:
    fields = dataclasses.fields(cast("type[DataclassInstance]", get_origin(payload) or payload))
    required = [field.name for field in fields if field.name != "user_errors"]
    if not required or len(required) == len(fields):
        raise TypeError(f"{payload} needs the field user_errors and one for what the mutation made")
    return required[0]


def _graphql_name(field: str | None) -> str | None:
    return ".".join(map(to_camel_case, field.split("."))) if field else None
