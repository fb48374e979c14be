"""The log as people ask it: who looked at this referral, what did this person do, what did I do (002:223, 002:239-241).

Each answer is an entry itself, which names whose log was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from admin_ui.filters import Asked, Filter, Kind
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.access_logs import AccessEntryView, log_of_mine, log_of_referral, report_access
from resolvers.callers import Caller
from resolvers.paging import Page
from rules.errors import Invalid, NotFound


def judgement_of(entry: AccessEntryView) -> str:
    """Say in words whether a rule explains an entry, and which."""
    if entry.judgement is None:
        return ""
    verdict = "Explained" if entry.judgement.explained else "Unexplained"
    return f"{verdict}: {entry.judgement.sentence} ({entry.judgement.cites})"


def records_of(entry: AccessEntryView) -> str:
    """Name the records that an entry is about, and the fields that were shown."""
    records = [f"{kind} {key}" for kind, keys in entry.subjects.items() for key in keys]
    return " ".join([*records, *(["showed", *entry.shown] if entry.shown else [])])


_NOTHING: Page[AccessEntryView] = Page([], [], has_next_page=False, has_previous_page=False)
_DAYS = Filter("on", "Day", Kind.DAYS)
_WHEN: Column[AccessEntryView] = Column("When", lambda entry: entry.at, tight=True)
_WHO: Column[AccessEntryView] = Column(
    "Who", lambda entry: [one for one in (entry.user_id, entry.name, entry.provider) if one], "log/cells.html:who"
)
_DONE: Sequence[Column[AccessEntryView]] = (
    Column("Act", lambda entry: entry.act, "log/cells.html:act"),
    Column("Outcome", lambda entry: [entry.outcome, entry.code] if entry.code else entry.outcome, "log/cells.html:end"),
)
_JUDGED: Column[AccessEntryView] = Column("Explained by a rule", judgement_of, "log/cells.html:judged")
_MORE: Sequence[Column[AccessEntryView]] = (
    Column("Purpose", lambda entry: entry.purpose),
    Column("Records", records_of, "log/cells.html:records"),
    Column("Request", lambda entry: entry.request_id[:8], tight=True, exported=False),
)


def _unexplained(entry: AccessEntryView) -> bool:
    return entry.judgement is not None and not entry.judgement.explained


def _entry(entry: AccessEntryView) -> str:
    return f"/trail/entries/{entry.number}"


def _days(asked: Asked) -> tuple[date | None, date | None]:
    return asked.day("onFrom"), asked.day("onTo")


@contextmanager
def _at_their_fields() -> Iterator[None]:
    """Say a refusal of a search at the field that was typed in, so that nothing typed is lost."""
    fields = {"from": "onFrom", "to": "onTo", "userId": "userId", "number": "number"}
    try:
        yield
    except (Invalid, NotFound) as no:
        if no.field not in fields:
            raise
        raise Invalid(no.message, code=no.code, field=fields[no.field]) from no


async def _of_person(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[AccessEntryView]:
    user_id, (since, until) = asked.text("userId"), _days(asked)
    if user_id is None:
        return _NOTHING
    with _at_their_fields():
        return await report_access(caller, user_id, since, until, first=first, after=after)


OF_PERSON = Register(
    path="/access-logs/person",
    title="What a person did",
    about=(
        "Every entry of one user ID, the newest first, each judged by rule; the last 30 days unless other days are "
        "chosen. That you look is written down."
    ),
    one="entry",
    many="entries",
    rows=_of_person,
    read=_days,
    filters=(Filter("userId", "User ID"), _DAYS),
    columns=(_WHEN, *_DONE, _JUDGED, *_MORE),
    link=_entry,
    late=_unexplained,
    empty="Type a user ID to see what its holder did or saw. If you have, the person did nothing in these days.",
    exports=True,
)


def _number(asked: Asked) -> int | None:
    return asked.fields.number("number", "A referral number")


async def _of_referral(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[AccessEntryView]:
    number = _number(asked)
    if number is None:
        return _NOTHING
    with _at_their_fields():
        return await log_of_referral(caller, number, first=first, after=after)


OF_REFERRAL = Register(
    path="/access-logs/referral",
    title="Who looked at a referral",
    about=(
        "Everybody who saw or changed one referral or its person, over the years that are accounted for, the newest "
        "first. That you look is written down."
    ),
    one="entry",
    many="entries",
    rows=_of_referral,
    read=_number,
    filters=(Filter("number", "Referral number", Kind.NUMBER),),
    columns=(_WHEN, _WHO, *_DONE, _JUDGED, *_MORE),
    link=_entry,
    late=_unexplained,
    empty="Type the number of a referral to see who looked at it. If you have, nobody did.",
    exports=True,
)


async def _of_mine(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[AccessEntryView]:
    since, until = _days(asked)
    with _at_their_fields():
        return await log_of_mine(caller, since, until, first=first, after=after)


OF_MINE = Register(
    path="/access-logs/mine",
    title="What I did",
    about="What the house wrote down of you, the newest first; the last 30 days unless other days are chosen.",
    one="entry",
    many="entries",
    rows=_of_mine,
    read=_days,
    filters=(_DAYS,),
    columns=(_WHEN, *_DONE, *_MORE),
    empty="Nothing in these days. Choose others above.",
    exports=True,
)
