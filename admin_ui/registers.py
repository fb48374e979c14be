"""Lists: one mechanism that shows, narrows, sorts, pages and takes out any kind of record.

A register says what it lists and how; the use case that it names decides who sees what. The form is always posted. If
nothing in it tells of a person, the browser is sent on to an address that says the rest and can be kept; otherwise the
answer is given to the post itself, and its headings and its next page are buttons of the same form instead of links.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.responses import Response

from admin_ui.doors import Visit, go_to
from admin_ui.filters import Asked, Filter
from admin_ui.forms import address
from admin_ui.tables import Column, Heading, Look, Table, table_of
from admin_ui.taking_out import take_out
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.saved_views import list_views
from rules.errors import Invalid, Refusal

R = TypeVar("R")

_PAGE = 50
_DESCENDING = "_DESC"
_ASCENDING = "_ASC"

NOTHING_MORE: Mapping[str, Any] = {}

Rows = Callable[[Caller, Asked, int, str | None], Awaitable[Page[R]]]
"""Lists for a caller what is asked: so many rows, after a cursor. ``asked.order`` is empty for the usual order."""


@dataclass(frozen=True, slots=True)
class Register(Generic[R]):
    """A list of one kind of record.

    ``one`` and ``many`` name the record. ``link`` leads from a row to its page; ``late`` marks a row. ``empty`` says
    what to do next when there is nothing. ``read`` reads what was typed before anything is looked up. ``order`` is the
    usual order where columns sort (``KEY_ASC``). ``columns_for`` and ``filters_for`` leave out what a person has no use
    for. ``template`` may extend ``registers/register.html`` to say more above or below the table. With ``saves`` a
    person keeps what is asked for under a name; ``usual`` names the list as it is without any question. A ``live``
    list is asked for again when news come.
    """

    path: str
    title: str
    about: str
    one: str
    rows: Rows[R]
    columns: Sequence[Column[R]]
    empty: str
    many: str = ""
    filters: Sequence[Filter] = ()
    link: Callable[[R], str | None] | None = None
    late: Callable[[R], bool] | None = None
    order: str = ""
    exports: bool = False
    saves: bool = False
    live: bool = False
    usual: str = "All"
    style: str = ""
    template: str = "registers/register.html"
    read: Callable[[Asked], object] | None = None
    columns_for: Callable[[Caller, Sequence[Column[R]]], Sequence[Column[R]]] | None = None
    filters_for: Callable[[Caller, Sequence[Filter]], Sequence[Filter]] | None = None

    def columns_of(self, caller: Caller) -> Sequence[Column[R]]:
        """Give the columns that this person has use for."""
        return self.columns_for(caller, self.columns) if self.columns_for else self.columns

    def filters_of(self, caller: Caller) -> Sequence[Filter]:
        """Give the filters that this person has use for."""
        return self.filters_for(caller, self.filters) if self.filters_for else self.filters

    @property
    def orders(self) -> list[str]:
        """Name every order."""
        keys = [column.sort for column in self.columns if column.sort]
        return [f"{key}{way}" for key in keys for way in (_ASCENDING, _DESCENDING)]

    def address(self, asked: Asked, *, order: str | None = None, after: str | None = None) -> str:
        """Give the address of what was asked, without what it says of a person."""
        wanted = asked.order if order is None else order
        return address(self.path, [*asked.kept(), ("order", "" if wanted == self.order else wanted), ("after", after)])


@dataclass(frozen=True, slots=True)
class ViewTab:
    """A saved view as it stands over the list; ``key`` is empty for the list without any question."""

    name: str
    href: str
    here: bool
    key: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the template of a list is given."""

    register: Register[Any]
    asked: Asked
    filters: Sequence[Filter]
    page: Page[Any] | None = None
    table: Table | None = None
    onward: str = ""
    first: str = ""
    views: Sequence[ViewTab] = ()
    query: str = ""


async def show_register(
    visit: Visit,
    register: Register[R],
    more: Mapping[str, Any] = NOTHING_MORE,
    *,
    refusal: Refusal | None = None,
) -> Response:
    """Answer the page of a list; a filter that cannot be read is said at its field, and keeps what was typed.

    With a ``refusal`` of another form of the page it is shown as it was opened, and the refusal over it.
    """
    posted = visit.request.method == "POST" and refusal is None
    asked = asked_of(visit, register, posted=posted)
    shown = Shown(register, asked, register.filters_of(visit.caller))
    try:
        if register.read is not None:
            register.read(asked)
        if posted and not asked.personal:
            return go_to(register.address(asked, after=asked.after))
        page, views = await asyncio.gather(
            register.rows(visit.caller, asked, _PAGE, asked.after), _views(visit, register, asked)
        )
    except Invalid as invalid:
        refusal = invalid
    else:
        shown = _shown(visit, register, asked, page, views)
    return visit.show(register.template, refusal=refusal, list=shown, **more)


def asked_of(visit: Visit, register: Register[Any], *, posted: bool) -> Asked:
    """Read what is asked of a list."""
    return Asked.of(visit.fields, register.filters_of(visit.caller), register.orders, posted=posted)


async def export_register(visit: Visit, register: Register[R]) -> Response:
    """Take a list out as a spreadsheet, as narrowed as it is asked for."""
    asked = asked_of(visit, register, posted=True)

    async def rows(first: int, after: str | None) -> Page[R]:
        return await register.rows(visit.caller, asked, first, after)

    name = register.path.strip("/").replace("/", "-")
    return await take_out(visit, name, register.columns_of(visit.caller), rows, narrowed=asked.narrowed)


async def _views(visit: Visit, register: Register[R], asked: Asked) -> list[ViewTab]:
    if not register.saves:
        return []
    now = "" if asked.personal else register.address(asked)
    saved = await list_views(visit.caller, register.path)
    tabs = [(one.name, f"{register.path}?{one.query}".rstrip("?"), str(one.id)) for one in saved]
    return [ViewTab(name, href, href == now, key) for name, href, key in [(register.usual, register.path, ""), *tabs]]


def _shown(visit: Visit, register: Register[R], asked: Asked, page: Page[R], views: Sequence[ViewTab]) -> Shown:
    columns = register.columns_of(visit.caller)
    return Shown(
        register,
        asked,
        register.filters_of(visit.caller),
        page,
        table_of(
            columns,
            page.nodes,
            look_of(visit),
            caption=register.title,
            link=register.link,
            late=register.late,
            headings=[_heading(register, asked, column) for column in columns],
            style=register.style,
        ),
        onward=register.address(asked, after=page.cursors[-1]) if page.has_next_page else "",
        first=register.address(asked) if page.has_previous_page else "",
        views=views,
        query="" if asked.personal else register.address(asked).partition("?")[2],
    )


def look_of(visit: Visit) -> Look:
    """Say who looks and when, for the macros of cells."""
    return Look(visit.caller.desk.clock(), visit.csrf, visit.caller, visit.request.url.path)


def _heading(register: Register[Any], asked: Asked, column: Column[Any]) -> Heading:
    style = "figure" if column.figure else ""
    if not column.sort:
        return Heading(column.heading, style)
    up, down = f"{column.sort}{_ASCENDING}", f"{column.sort}{_DESCENDING}"
    # What is usually read from its end is turned that way by the first press.
    first, second = (down, up) if register.order == down else (up, down)
    now = asked.order or register.order
    following = second if now == first else first
    state = {up: "ascending", down: "descending"}.get(now, "none")
    return Heading(column.heading, style, state, following, register.address(asked, order=following))
