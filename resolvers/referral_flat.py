"""Rows of the grid that never become views: exactly the columns that were selected, written as JSON will show them.

To make fifty views and to read them again costs more than everything else about a page. Whoever asks for a page in a
:class:`Form` gets finished rows instead. What a cell says here is what :func:`resolvers.referral_rows.row_view` says;
a property test holds the two equal on random worlds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orm.readings import Row, parts
from orm.sql import to_date
from resolvers.desk import Reading
from resolvers.referral_rows import only_provider, optional_instant
from rules.referrals import ReferralStatus, age_in_days, age_in_years, is_overdue
from rules.text import full_name

_OPEN: Final = str(ReferralStatus.OPEN)

COLUMNS: Final[Mapping[str, str]] = {
    "key": "CAST(r.id AS TEXT)",
    "number": "r.number",
    "status": "r.status",
    "statewide": "r.statewide",
    "version": "r.version",
    "created_at": "r.created_at",
    "first_published_at": "r.first_published_at",
    "last_published_at": "r.last_published_at",
    "closed_at": "r.closed_at",
    "close_outcome": "r.close_outcome",
    "facility_code": "f.code",
    "facility_name": "f.name",
    "consumer_key": "CAST(c.id AS TEXT)",
    "first_name": "c.first_name",
    "last_name": "c.last_name",
    "dmh_id": "c.dmh_id",
    "birth_date": "c.birth_date",
    "gender": "c.gender",
    "address": "c.address",
    "city": "c.city",
    "zip_code": "c.zip_code",
    "coordinator_key": "CAST(u.id AS TEXT)",
    "coordinator_first": "u.first_name",
    "coordinator_last": "u.last_name",
    "coordinator_email": "u.email",
    "coordinator_phone": "u.phone",
    "pending_since": "pp.set_at",
    "pending_key": "CAST(p.id AS TEXT)",
    "pending_name": "p.name",
    "response_key": "CAST(o.id AS TEXT)",
    "response_kind": "o.kind",
    "response_provision": "o.provision",
    "response_reason": "o.decline_reason",
    "response_comments": "o.comments",
    "response_version": "o.version",
    "response_at": "o.answered_at",
    "own_key": "CAST(op.id AS TEXT)",
    "own_name": "op.name",
    "answerer_first": "oa.first_name",
    "answerer_last": "oa.last_name",
    "county_ids": "(SELECT STRING_AGG(y.county_id, ',') FROM referral_county y WHERE y.referral_id = r.id)",
}
"""What can be selected of a row, by the name under which cells speak of it."""


ALWAYS: Final = ("key", "number", "version")
"""What a page needs of each row: for the trail, for the cursor, and to see that it has not changed."""


def is_own(column: str) -> bool:
    """Say whether a column is read for each caller: the others are the same for everybody."""
    return column in ALWAYS or COLUMNS[column].partition(".")[0].removeprefix("CAST(") in {"o", "oa", "op"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What a field shows: an expression over columns and over the functions of a day or of a caller."""

    expression: str
    columns: tuple[str, ...]


def _plain(column: str) -> Cell:
    return Cell(column, (column,))


def _optional(column: str) -> Cell:
    """Show an empty text as nothing."""
    return Cell(f"{column} or None", (column,))


DAYS: Final = Cell("age(first_published_at, closed_at)", ("first_published_at", "closed_at"))
"""What the cells that speak of ``days`` need: counted once for each row."""

CELLS: Final[Mapping[str, Cell]] = {
    "id": _plain("key"),
    "number": _plain("number"),
    "status": _plain("status"),
    "statewide": _plain("statewide"),
    "version": _plain("version"),
    "created_at": _plain("created_at"),
    "published_at": _plain("first_published_at"),
    "republished_at": Cell(
        "last_published_at if last_published_at != first_published_at else None",
        ("last_published_at", "first_published_at"),
    ),
    "closed_at": _plain("closed_at"),
    "close_outcome": _optional("close_outcome"),
    "age": Cell("days", DAYS.columns),
    "overdue": Cell("overdue(status, days)", ("status", *DAYS.columns)),
    "facility.code": _plain("facility_code"),
    "facility.name": _plain("facility_name"),
    "consumer.id": _plain("consumer_key"),
    "consumer.name": Cell("f'{first_name} {last_name}'", ("first_name", "last_name")),
    "consumer.first_name": _plain("first_name"),
    "consumer.last_name": _plain("last_name"),
    "consumer.dmh_id": _plain("dmh_id"),
    "consumer.birth_date": _plain("birth_date"),
    "consumer.age": Cell("years(birth_date)", ("birth_date",)),
    "consumer.gender": _plain("gender"),
    "consumer.address": _plain("address"),
    "consumer.city": _plain("city"),
    "consumer.zip_code": _plain("zip_code"),
    "primary_coordinator.id": _plain("coordinator_key"),
    "primary_coordinator.name": Cell(
        "full_name(coordinator_first, coordinator_last)", ("coordinator_first", "coordinator_last")
    ),
    "primary_coordinator.email": _plain("coordinator_email"),
    "primary_coordinator.phone": _plain("coordinator_phone"),
    "pending_placement.since": _plain("pending_since"),
    "pending_placement.provider.id": _plain("pending_key"),
    "pending_placement.provider.name": _plain("pending_name"),
    "own_response.id": _plain("response_key"),
    "own_response.provider.id": _plain("own_key"),
    "own_response.provider.name": _plain("own_name"),
    "own_response.kind": _plain("response_kind"),
    "own_response.provision": _optional("response_provision"),
    "own_response.decline_reason": _optional("response_reason"),
    "own_response.comments": _plain("response_comments"),
    "own_response.version": _plain("response_version"),
    "own_response.answered_at": _plain("response_at"),
    "own_response.answered_by": Cell("full_name(answerer_first, answerer_last)", ("answerer_first", "answerer_last")),
}
"""What each field of a row shows, by its path in :class:`resolvers.referral_shapes.ReferralView`."""

OBJECTS: Final[Mapping[str, Cell]] = {
    "facility": Cell("True", ()),
    "consumer": Cell("True", ()),
    "primary_coordinator": Cell("coordinator_key is not None", ("coordinator_key",)),
    "pending_placement": Cell("pending_key is not None", ("pending_key",)),
    "pending_placement.provider": Cell("tells_who(pending_key)", ("pending_key",)),
    "own_response": Cell("response_key is not None", ("response_key",)),
    "own_response.provider": Cell("True", ()),
}
"""Whether what has several fields is there at all."""

COUNTIES: Final = "preferred_counties"
COUNTY_IDS: Final = "county_ids"


OF_THE_CALLER: Final = frozenset({"tells_who"})
"""The functions whose answer is not the same for everybody who looks at a row on the same day."""

Names = Mapping[str, Any]
"""What an expression may speak of beside the columns of its row."""

Show = Callable[[str, str], dict[str, Any]]


def names_of_the_day(reading: Reading) -> dict[str, Callable[..., Any]]:
    """Give the functions whose answers are the same for all who look on one day under one policy."""
    now, today, policy = reading.now, reading.today, reading.policy
    return {
        "age": lambda published, closed: age_in_days(published, closed, now),
        "overdue": lambda status, days: status == _OPEN and is_overdue(days, policy),
        "years": lambda birth_date: age_in_years(birth_date, today),
        "full_name": full_name,
    }


def names_of_the_caller(reading: Reading) -> dict[str, Callable[..., Any]]:
    """Give the functions for what each caller is shown."""
    own, tells_all = str(reading.actor.provider_id), not only_provider(reading)
    return {
        "full_name": full_name,
        "tells_who": lambda provider: provider is not None and (tells_all or provider == own),
    }


@dataclass(frozen=True)
class Form:
    """How rows are written.

    ``share`` makes of a row with the columns ``shared`` (after its key and version) what everybody is shown of it, and
    ``write`` makes the rows of a page: of a caller's ``own`` columns, and of what is shared. ``county`` makes of the
    FIPS code and the name of a county what is shown of it; None where counties are not shown.
    """

    own: tuple[str, ...]
    shared: tuple[str, ...]
    share: Callable[[Iterable[Row], Names], list[tuple[Any, ...]]]
    write: Callable[[Iterable[Row], Iterable[tuple[Any, ...]], Names], list[dict[str, Any]]]
    county: Show | None = None


class Counties(dict[str | None, list[dict[str, Any]]]):
    """What is shown of the counties of a referral, by their joined codes: many referrals wish for the same."""

    def __init__(self, places: Iterable[Row], show: Show) -> None:
        self._places = {row["fips"]: (rank, row["fips"], row["name"]) for rank, row in enumerate(places)}
        self._show = show

    def __missing__(self, joined: str | None) -> list[dict[str, Any]]:
        found = sorted(self._places[fips] for fips in parts(joined))
        shown = self[joined] = [self._show(fips, name) for _, fips, name in found]
        return shown


_FROM_TEXT: Final[Mapping[str, Callable[[Any], Any]]] = {
    **dict.fromkeys(
        ("created_at", "first_published_at", "last_published_at", "closed_at", "pending_since", "response_at"),
        optional_instant,
    ),
    "birth_date": to_date,
    "statewide": bool,
}
"""How SQLite's texts and numbers become what PostgreSQL's driver gives."""


def as_from_postgres(rows: Iterable[Row], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Turn the rows of SQLite into what PostgreSQL's driver gives."""
    turn = [_FROM_TEXT.get(column) for column in columns]
    return [
        tuple(value if make is None else make(value) for value, make in zip(row, turn, strict=True)) for row in rows
    ]
