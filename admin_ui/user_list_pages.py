"""Lists of users that other systems give: imported by pasting or from a file, and what the comparison has found.

With them the mainframe IDs that are unused for so long that they are to be deleted.
"""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.forms import Fields
from admin_ui.lines import Lines, show_lines, whole
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.mainframe_review import MainframeDeletionView, list_mainframe_deletions, record_mainframe_deletion
from resolvers.outside_systems import list_outside_systems
from resolvers.paging import Page
from resolvers.user_lists import (
    UserListRowView,
    UserListView,
    import_user_list,
    list_user_list_rows,
    list_user_lists,
    view_user_list,
)
from rules.roles import Role
from rules.tickets import QUEUES
from rules.user_lists import ROWS_LIMIT, TEXT_LIMIT, ListFinding

DELETIONS = "/user-lists/deletions"

_LARGEST = 4 * TEXT_LIMIT
"""Bytes of a form with a whole list: what is not a letter takes three bytes on its way."""


def _system(asked: Asked) -> str | None:
    return asked.text("system")


async def _lists(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[UserListView]:
    return await list_user_lists(caller, system=_system(asked), first=first, after=after, count=after is None)


USER_LISTS = Register(
    path="/user-lists",
    title="User lists of other systems",
    about="Who has a user ID elsewhere, compared with the accounts of this house.",
    one="list",
    rows=_lists,
    read=_system,
    filters=(Filter("system", "System", Kind.TEXT, hint="Its code."),),
    columns=(
        Column("List", lambda one: one.number),
        Column("System", lambda one: one.system),
        Column("Imported", lambda one: one.imported_at, tight=True),
        Column("Rows", lambda one: one.rows, figure=True),
        Column("Employed", lambda one: one.employed, figure=True),
        Column("Not enabled", lambda one: one.not_enabled, figure=True),
        Column("Another name", lambda one: one.name_mismatches, figure=True),
        Column("Unknown", lambda one: one.unknown, figure=True),
    ),
    link=lambda one: f"/user-lists/{one.number}",
    empty="No list is imported yet. Ask the owner of the system for one, then import it.",
    exports=True,
    template="audits/user_lists.html",
)


async def _rows(visit: Visit, first: int, after: str | None) -> Page[UserListRowView]:
    number, finding = visit.request.path_params["number"], visit.fields.choice("finding", ListFinding)
    return await list_user_list_rows(visit.caller, number, finding=finding, first=first, after=after)


USER_LIST_ROWS: Lines[UserListRowView] = Lines(
    path="/user-lists/{number:int}",
    name="user-list-{number}",
    rows=_rows,
    keeps=("finding",),
    columns=(
        Column("User ID", lambda one: one.user_id),
        Column("Line", lambda one: one.line, figure=True),
        Column("Name", lambda one: one.name),
        Column("Last used", lambda one: one.last_used_on, tight=True),
        Column("What was found", lambda one: one.finding, "audits/cells.html:finding"),
    ),
)


async def user_list_page(visit: Visit) -> Response:
    """Show an imported list with what the comparison has found of each row."""
    number = visit.request.path_params["number"]
    return visit.show(
        "audits/user_list.html",
        kept=await view_user_list(visit.caller, number),
        finding=visit.fields.choice("finding", ListFinding),
        findings=coded(ListFinding),
        lines=await show_lines(visit, USER_LIST_ROWS, caption=f"Rows of list {number}"),
    )


async def _begin(visit: Visit) -> Loaded:
    fields = list(IMPORT_LIST.fields)
    if visit.caller.actor.has_any(QUEUES.keys()):
        systems = [(one.code, f"{one.name} ({one.agency})") for one in await list_outside_systems(visit.caller)]
        fields[0] = Field("system", "System", Ask.CHOICE, choices=systems, required=True)
    return Loaded(fields=fields)


async def _import(visit: Visit, given: Fields) -> str:
    number = await import_user_list(visit.caller, given.raw("system").strip().upper(), given.raw("csv"))
    return f"/user-lists/{number}"


IMPORT_LIST = Action(
    path="/user-lists/import",
    title="Import a list of users",
    button="Import it",
    about=f"CSV with the heading user_id,name,last_used and at most {ROWS_LIMIT:,} rows. Nothing is imported if a line "
    "is bad, and no account is changed.",
    back="/user-lists",
    load=_begin,
    do=_import,
    of=import_user_list,
    done="The list was imported and compared.",
    file_for="csv",
    largest=_LARGEST,
    fields=(
        Field("system", "System", required=True, limit=20, hint="Its code."),
        Field("csv", "The list", Ask.AREA, limit=TEXT_LIMIT),
    ),
)


async def _deletions(visit: Visit, _: int, __: str | None) -> Page[MainframeDeletionView]:
    return whole(await list_mainframe_deletions(visit.caller))


MAINFRAME_DELETIONS: Lines[MainframeDeletionView] = Lines(
    path=DELETIONS,
    name="mainframe-ids-to-be-deleted",
    rows=_deletions,
    columns=(
        Column("User ID", lambda one: one.user_id),
        Column("System", lambda one: one.system),
        Column("Last used", lambda one: one.last_used_on, tight=True),
        Column("Asked for", lambda one: one.asked_at, tight=True),
        Column("Ticket", lambda one: one.ticket_number, "audits/cells.html:ticket"),
    ),
)
_TO_DELETE: Column[MainframeDeletionView] = Column("To do", lambda one: one.done_at, "audits/cells.html:to_delete")


async def deletions_page(visit: Visit) -> Response:
    """Show the mainframe IDs that are still to be deleted."""
    acts = [_TO_DELETE] if visit.caller.actor.has_any({Role.ITSD_ACCOUNT_MGMT}) else []
    lines = await show_lines(visit, MAINFRAME_DELETIONS, acts=acts, caption="Mainframe IDs to be deleted")
    return visit.show("audits/deletions.html", lines=lines)


async def _of_mainframe(visit: Visit) -> Loaded:
    parts = visit.request.path_params
    return Loaded(about=f"User ID {parts['user_id']} of the system {parts['system']}.", back=DELETIONS)


async def _deleted(visit: Visit, _: Fields) -> str:
    parts = visit.request.path_params
    await record_mainframe_deletion(visit.caller, parts["system"], parts["user_id"])
    return DELETIONS


RECORD_DELETION = Action(
    path="/user-lists/deletions/{system}/{user_id}",
    title="Record that a mainframe ID is deleted",
    button="It is deleted",
    load=_of_mainframe,
    do=_deleted,
    of=record_mainframe_deletion,
    done="That the ID is deleted was recorded.",
)
