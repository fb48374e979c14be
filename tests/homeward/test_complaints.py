"""An installation's mistakes are told in a sentence, and what people's records hold is in no log."""

from __future__ import annotations

import sys

import pytest
import structlog
from pydantic import ValidationError
from tortoise.exceptions import DBConnectionError, OperationalError

from homeward.complaints import complaint
from homeward.settings import Settings
from homeward.wiring import without_values


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "abc")
    with pytest.raises(ValidationError) as fault:
        Settings()
    told = complaint(fault.value)
    assert told is not None
    assert told.startswith("A setting is wrong. PORT: ")
    assert "abc" not in told


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (OperationalError("no such table: policy_version"), "homeward migrate"),
        (DBConnectionError("secret-host"), "The database does not answer"),
        (FileNotFoundError(2, "No such file or directory", "/var/nowhere"), "/var/nowhere: No such file"),
    ],
)
def test_a_mistake_of_the_installation_is_a_sentence(fault: Exception, says: str) -> None:
    told = complaint(fault)
    assert told is not None
    assert says in told
    assert "secret" not in told


def test_a_bug_keeps_its_traceback() -> None:
    assert complaint(KeyError("x")) is None


def test_a_logged_exception_has_its_type_and_no_text() -> None:
    try:
        raise ValueError("Key (dmh_id)=(D-1)")
    except ValueError:
        frames = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)(sys.exc_info())  # type: ignore[arg-type]
    event = without_values(None, "error", {"event": "x", "exception": frames})
    assert event["exception"][0]["exc_type"] == "ValueError"
    assert "D-1" not in str(event)
