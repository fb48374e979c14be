"""The expected no.

``Refusal``
├── ``Unauthenticated``  nobody has proven who they are (or the session has ended)
├── ``NotFound``         it does not exist, or it does not exist *for this person*: the same answer on purpose
├── ``Denied``           the person may know it exists but may not do this
├── ``Conflict``         somebody was faster, or the record has moved on
├── ``Invalid``          the input is wrong; ``field`` says where
└── ``TooMany``          over a limit; try again later

Each refusal has a stable ``code`` for programs and a sentence that a coordinator understands. Anything else that is
raised is a bug: faces mask it with a request id.
"""

from __future__ import annotations


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """An expected no, with a stable code and a sentence for the person who asked."""

    code: str = "REFUSED"

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.field = field


class Unauthenticated(Refusal):
    """Nobody has proven who they are, or the session has ended (001:3-5)."""

    code = "UNAUTHENTICATED"


class NotFound(Refusal):
    """It does not exist, or not for this person."""

    code = "NOT_FOUND"


class Denied(Refusal):
    """This person may not do this."""

    code = "DENIED"


class Conflict(Refusal):
    """Somebody was faster, or the record is not in a state that allows this."""

    code = "CONFLICT"


class Invalid(Refusal):
    """The input is wrong; ``field`` names the input field."""

    code = "INVALID"


class TooMany(Refusal):
    """Over a limit: too large, too many, or too fast."""

    code = "TOO_MANY"
