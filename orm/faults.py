"""Tell the faults of a database apart, for both engines."""

from __future__ import annotations

import sqlite3

import asyncpg
from tortoise.exceptions import IntegrityError, OperationalError, ValidationError


def is_unique_violation(fault: BaseException) -> bool:
    """Say whether a unique constraint or a partial unique index refused the row: somebody was faster."""
    if not isinstance(fault, IntegrityError):
        return False
    cause = fault.args[0] if fault.args else None
    if isinstance(cause, asyncpg.UniqueViolationError):
        return True
    return isinstance(cause, sqlite3.IntegrityError) and "UNIQUE constraint failed" in str(cause)


def is_deadlock(fault: BaseException) -> bool:
    """Say whether the database ended this transaction so that another could go on: trying again is right."""
    return isinstance(fault, (asyncpg.DeadlockDetectedError, asyncpg.SerializationError))


def is_too_long(fault: ValidationError) -> bool:
    """Say whether a text is longer than its column; the fault's own words repeat the text."""
    return any(isinstance(part, str) and "Length of '" in part for part in fault.args)


def is_unstorable(fault: OperationalError) -> bool:
    """Say whether a text has a character that PostgreSQL keeps in no column, which is NUL; SQLite keeps it."""
    cause = fault.args[0] if fault.args else None
    return isinstance(cause, asyncpg.CharacterNotInRepertoireError | asyncpg.UntranslatableCharacterError)
