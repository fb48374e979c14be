"""Take settings from CSV files: helpers and support hours, and which regional office serves which county.

A file is taken as a whole or not at all: every row is read first, and each one that is wrong is named with its line.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from homeward.settings import Settings
from homeward.wiring import open_house
from resolvers.callers import Caller, house
from resolvers.help import HelpKind, NewHelper, assign_offices, clean_helper, clean_window, replace_help
from rules.counting import counted
from rules.errors import Invalid, Refusal
from rules.support_hours import DAY_MINUTES, SupportWindow

HELP_COLUMNS = (
    "kind",
    "office",
    "name",
    "phone",
    "email",
    "weekdays",
    "opens",
    "closes",
    "on_call",
    "begins_on",
    "ends_on",
)
OFFICE_COLUMNS = ("fips", "regional_office_code")
HOURS = "SUPPORT_HOURS"
"""The kind of a row that says when a number answers; the others are helpers."""

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])")
_LARGEST_FILE = 1_000_000

Say = Callable[[str], object]


class FileRefused(Exception):  # noqa: N818 - an answer to who brought the file
    """A file that is not taken; ``faults`` name the lines."""

    def __init__(self, faults: Collection[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class HelpFile:
    """What a file says."""

    helpers: tuple[NewHelper, ...]
    windows: tuple[SupportWindow, ...]


async def import_help(settings: Settings, path: Path, say: Say) -> int:
    """Replace helpers and support hours by those of a file; answer the exit code."""

    async def take(caller: Caller) -> str:
        read = read_help(_text_of(path))
        await replace_help(caller, read.helpers, read.windows)
        return f"Took {len(read.helpers)} helpers and {len(read.windows)} support hours from {path.name}."

    return await _import(settings, take, say)


async def import_offices(settings: Settings, path: Path, say: Say) -> int:
    """Take over from a file which regional office serves which county; answer the exit code."""

    async def take(caller: Caller) -> str:
        changed = await assign_offices(caller, read_offices(_text_of(path)))
        return f"Took {path.name}: {counted(changed, 'county has', 'counties have')} another regional office now."

    return await _import(settings, take, say)


def read_help(text: str) -> HelpFile:
    """Read a file of helpers and hours.

    Raises:
        FileRefused: a row is wrong, or there is none.
    """
    helpers: list[NewHelper] = []
    windows: list[SupportWindow] = []
    faults: list[str] = []
    for line, row in _rows(text, HELP_COLUMNS):
        try:
            if row["kind"].upper() == HOURS:
                windows += _windows(row)
            else:
                helpers.append(_helper(row))
        except Invalid as wrong:
            faults.append(f"Line {line}: {wrong.message}")
    if not (helpers or windows or faults):
        faults.append("The file has no rows: taking it would leave everybody without help.")
    if faults:
        raise FileRefused(faults)
    return HelpFile(tuple(helpers), tuple(windows))


def read_offices(text: str) -> dict[str, str | None]:
    """Read a file of counties and their offices; an empty code takes the office away.

    Raises:
        FileRefused: a row is wrong, or there is none.
    """
    offices: dict[str, str | None] = {}
    faults: list[str] = []
    for line, row in _rows(text, OFFICE_COLUMNS):
        if row["fips"] in offices:
            faults.append(f"Line {line}: the county {row['fips']} is there twice.")
        offices[row["fips"]] = row["regional_office_code"] or None
    if not offices:
        faults.append("The file has no rows.")
    if faults:
        raise FileRefused(faults)
    return offices


async def _import(settings: Settings, take: Callable[[Caller], Awaitable[str]], say: Say) -> int:
    async with open_house(settings.model_copy(update={"redis_url": ""})) as opened:
        try:
            say(await take(house(opened.desk, "command line")))
        except FileRefused as refused:
            for fault in refused.faults:
                say(fault)
        except (Refusal, OSError) as refused:
            say(refused.message if isinstance(refused, Refusal) else f"The file cannot be read: {refused.strerror}.")
        else:
            return 0
    say("Nothing was taken.")
    return 1


def _text_of(path: Path) -> str:
    if path.stat().st_size > _LARGEST_FILE:
        raise FileRefused(["The file is larger than 1 MB."])
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise FileRefused(["The file is not UTF-8 text."]) from None


def _rows(text: str, columns: Collection[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Give the rows with their lines; columns may come in any order, others are left alone."""
    reader = csv.DictReader(text.splitlines(), strict=True)
    try:
        missing = [column for column in columns if column not in (reader.fieldnames or [])]
        if missing:
            raise FileRefused([f"The first line lacks the columns: {', '.join(missing)}."])
        for row in reader:
            if None in row or None in row.values():
                raise FileRefused([f"Line {reader.line_num}: it has another number of columns than the first."])
            if any(value.strip() for value in row.values()):
                yield reader.line_num, {column: row[column].strip() for column in columns}
    except csv.Error as fault:
        raise FileRefused([f"Line {reader.reader.line_num}: {fault}."]) from None


def _helper(row: Mapping[str, str]) -> NewHelper:
    kind = row["kind"].upper()
    if kind not in HelpKind.__members__:
        raise Invalid(f"The kind is one of {', '.join((*HelpKind, HOURS))}.", field="kind")
    if row["weekdays"] or row["opens"] or row["closes"] or row["on_call"]:
        raise Invalid(f"Only {HOURS} have weekdays, times and on_call.", field="weekdays")
    new = NewHelper(
        kind=HelpKind(kind),
        office=row["office"] or None,
        name=row["name"],
        phone=row["phone"],
        email=row["email"],
        begins_on=_date(row["begins_on"], "begins_on"),
        ends_on=_date(row["ends_on"], "ends_on") if row["ends_on"] else None,
    )
    return clean_helper(new)


def _windows(row: Mapping[str, str]) -> list[SupportWindow]:
    if row["office"] or row["email"]:
        raise Invalid(f"{HOURS} are for the whole state and have a number only: no office, no email.", field="office")
    windows = [
        SupportWindow(
            label=row["name"],
            phone=row["phone"],
            on_call=_yes(row["on_call"]),
            weekday=day,
            opens_minute=_minute(row["opens"], "opens"),
            closes_minute=_minute(row["closes"], "closes"),
            begins_on=_date(row["begins_on"], "begins_on"),
            ends_on=_date(row["ends_on"], "ends_on") if row["ends_on"] else None,
        )
        for day in _weekdays(row["weekdays"])
    ]
    return [clean_window(window) for window in windows]


def _weekdays(text: str) -> list[int]:
    """Read ``Mon-Fri``, ``Sat,Sun`` or ``Mon``; Monday is 0."""
    days: list[int] = []
    for part in text.lower().split(","):
        first, _, last = part.strip().partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            raise Invalid("Weekdays are written Mon-Fri, or Sat,Sun.", field="weekdays")
        begins, ends = _DAYS.index(first), _DAYS.index(last or first)
        if begins > ends:
            raise Invalid(
                "A range of weekdays goes from an earlier day to a later one, Monday first.", field="weekdays"
            )
        days += range(begins, ends + 1)
    if len(set(days)) < len(days):
        raise Invalid("A weekday is named twice.", field="weekdays")
    return days


def _minute(text: str, field: str) -> int:
    match = _TIME.fullmatch(text)
    minute = int(match[1]) * 60 + int(match[2]) if match else DAY_MINUTES + 1
    if minute > DAY_MINUTES:
        raise Invalid(f"{field}: a time is written 07:00 or 17:30, and 24:00 for midnight.", field=field)
    return minute


def _yes(text: str) -> bool:
    if text.lower() not in {"", "yes", "no"}:
        raise Invalid("on_call is yes or no.", field="on_call")
    return text.lower() == "yes"


def _date(text: str, field: str) -> date:
    with suppress(ValueError):
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    raise Invalid(f"{field}: a day is written 2026-03-31.", field=field)
