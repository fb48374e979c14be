"""Lists of users that other systems give: read row by row, and compared with the accounts (002:278-285, 002:307-308).

A list is CSV with the columns ``user_id``, ``name`` and ``last_used`` (a date, may be empty or missing). A bad file is
refused as a whole, with the numbers of its bad lines.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from typing import Final

from rules.accounts import AccountState, normalize_user_id
from rules.calendar import OnDates, months_after
from rules.errors import Invalid
from rules.policy import Policy
from rules.text import NAME_LIMIT, clean_text

MAINFRAME_REVIEWED: Final = OnDates(((1, 31), (4, 30), (7, 31), (10, 31)), time(7, 30))
"""The end of the first month of a quarter: until then the list of the quarter is imported (002:108-110)."""

TEXT_LIMIT: Final = 800_000
"""Characters in a list."""
ROWS_LIMIT: Final = 10_000

_USER_ID, _NAME, _LAST_USED = "user_id", "name", "last_used"
_LINES_TOLD: Final = 10
_WORDS: Final = re.compile(r"[^\W\d_]+")


class ListFinding(StrEnum):
    """Say what the comparison of a listed user with the accounts has found."""

    EMPLOYED = "EMPLOYED"
    """There is an account in use under this ID and name."""
    UNKNOWN = "UNKNOWN"
    """There is no such account."""
    NOT_ENABLED = "NOT_ENABLED"
    """There is an account, but it is suspended, disabled or deleted: the person may have left."""
    NAME_MISMATCH = "NAME_MISMATCH"
    """There is an account in use under this ID, of somebody with another name."""


@dataclass(frozen=True, slots=True)
class ListedUser:
    """One row of a list, with its line in the file."""

    line: int
    user_id: str
    name: str
    last_used_on: date | None


def read_user_list(text: str, on: date) -> list[ListedUser]:
    """Read a whole list, or nothing of it; ``on`` is today, after which nobody has used anything.

    Raises:
        Invalid: ``USER_LIST_TOO_LARGE``, ``USER_LIST_EMPTY``, ``USER_LIST_MALFORMED`` with the lines that are bad.
    """
    if len(text) > TEXT_LIMIT:
        raise Invalid(f"A list has at most {TEXT_LIMIT:,} characters.", code="USER_LIST_TOO_LARGE", field="csv")
    # A mark in front, as spreadsheets write it, belongs to no heading.
    reader = csv.reader(text.removeprefix("\ufeff").splitlines(keepends=True), strict=True)
    try:
        width = len(_headings(next(reader, [])))
        numbered = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error:
        raise _malformed([reader.line_num]) from None
    if not numbered:
        raise _empty()
    if len(numbered) > ROWS_LIMIT:
        raise Invalid(f"A list has at most {ROWS_LIMIT:,} rows.", code="USER_LIST_TOO_LARGE", field="csv")
    rows: dict[str, ListedUser] = {}
    bad: list[int] = []
    for line, cells in numbered:
        row = _row(line, cells, width, on)
        if row is None or row.user_id in rows:
            bad.append(line)
        else:
            rows[row.user_id] = row
    if bad:
        raise _malformed(bad)
    return list(rows.values())


def compare(name: str, account: tuple[AccountState, str] | None) -> ListFinding:
    """Compare a listed name with the state and the name of the account under its user ID, if there is one."""
    if account is None:
        return ListFinding.UNKNOWN
    state, owner = account
    if state is not AccountState.ACTIVE:
        return ListFinding.NOT_ENABLED
    return ListFinding.EMPLOYED if _is_same_person(name, owner) else ListFinding.NAME_MISMATCH


def must_delete(last_used_on: date | None, on: date, policy: Policy) -> bool:
    """Say whether a mainframe ID is unused for so many months that it is deleted; not where its use is unknown."""
    return last_used_on is not None and months_after(last_used_on, policy.inactivity_mainframe_months) <= on


def _headings(cells: list[str]) -> list[str]:
    headings = [cell.strip().lower() for cell in cells]
    if not headings:
        raise _empty()
    if headings not in ([_USER_ID, _NAME], [_USER_ID, _NAME, _LAST_USED]):
        raise _malformed([1])
    return headings


def _row(line: int, cells: list[str], width: int, on: date) -> ListedUser | None:
    if len(cells) != width:
        return None
    try:
        _, user_id = normalize_user_id(cells[0])
        name = clean_text(cells[1], field="csv", limit=NAME_LIMIT, required=True)
        used = date.fromisoformat(cells[2].strip()) if width > 2 and cells[2].strip() else None
    except (Invalid, ValueError):
        return None
    return None if used is not None and used > on else ListedUser(line, user_id, name, used)


def _is_same_person(one: str, other: str) -> bool:
    """Say whether two names are of the same words; lists write "Last, First" as often as "First Last"."""
    return sorted(_WORDS.findall(one.casefold())) == sorted(_WORDS.findall(other.casefold()))


def _empty() -> Invalid:
    return Invalid("This list is empty.", code="USER_LIST_EMPTY", field="csv")


def _malformed(lines: list[int]) -> Invalid:
    told = ", ".join(str(line) for line in lines[:_LINES_TOLD])
    more = f" and {len(lines) - _LINES_TOLD} more" if len(lines) > _LINES_TOLD else ""
    return Invalid(
        f"Nothing was imported. Lines that cannot be read: {told}{more}. Each line is user_id,name,last_used.",
        code="USER_LIST_MALFORMED",
        field="csv",
    )
