"""Say in a sentence what an installation got wrong, without the value that was wrong: it may be a secret."""

from __future__ import annotations

from pydantic import ValidationError
from tortoise.exceptions import DBConnectionError, OperationalError

_URLS = ("The database URL", "The mail server's URL", "letters leave this machine", "Write sqlite:", "Redis URL")


def complaint(fault: BaseException) -> str | None:
    """Give the sentence for a fault of the installation; none for a bug, which keeps its traceback."""
    if isinstance(fault, ValidationError):
        return _settings(fault)
    if isinstance(fault, DBConnectionError | ConnectionError):
        return "The database does not answer. Is DATABASE_URL right, and is the server up?"
    if isinstance(fault, OperationalError):
        missing = "no such table" in str(fault) or "does not exist" in str(fault)
        return "The tables are not there. Run `homeward migrate` first." if missing else None
    if isinstance(fault, ValueError) and str(fault).startswith(_URLS):
        return str(fault)
    if isinstance(fault, OSError) and fault.filename is not None:
        return f"{fault.filename}: {fault.strerror}."
    if isinstance(fault, OSError):
        return f"A server of this installation does not answer ({fault.strerror or type(fault).__name__})."
    return None


def _settings(fault: ValidationError) -> str:
    told = [f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in fault.errors()]
    return "A setting is wrong. " + "; ".join(told) + "."
