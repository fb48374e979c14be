"""A person's own views of the lists: what was asked for, kept under a name (001:183-187).

A view holds what may stand in an address, so nothing of a person who is looked for; only who saved it sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from orm.models import SavedView, User
from resolvers.desk import EVERYONE, Reading, Work, access, operation
from rules.errors import Conflict, Invalid, NotFound
from rules.text import clean_text

NAME_LIMIT = 60
QUERY_LIMIT = 500
MOST = 20
"""More views of one list than this nobody finds again."""


@dataclass(frozen=True, slots=True)
class SavedViewView:
    """A saved view: its name and what was asked, as it stands in an address."""

    id: UUID
    name: str
    query: str


@operation("view.save", by=EVERYONE, cites="001:183-187")
async def save_view(work: Work, register: str, name: str, query: str) -> UUID:
    """Keep what is asked of a list under a name; a view of this name is written anew.

    Raises:
        Invalid: there is no name, or it or the question is too long.
        Conflict: ``TOO_MANY_VIEWS``.
    """
    name = clean_text(name, field="viewName", limit=NAME_LIMIT, required=True)
    if len(query) > QUERY_LIMIT:
        raise Invalid("This search is too long to be kept.", code="VIEW_TOO_LONG", field="viewName")
    me = work.actor.person()
    await User.filter(id=me).select_for_update(no_key=True).first()  # two windows at once: one view of a name
    known = await SavedView.filter(user_id=me, register=register)
    view = next((one for one in known if one.name == name), None)
    if view is None and len(known) >= MOST:
        raise Conflict(
            f"You have {MOST} views of this list. Remove one first.", code="TOO_MANY_VIEWS", field="viewName"
        )
    is_new = view is None
    view = view or SavedView(user_id=me, register=register, name=name)
    view.query, view.saved_at = query, work.now
    await view.save(force_create=is_new)
    work.touches("saved_view", [view.id])
    return view.id


@operation("view.remove", by=EVERYONE, cites="001:183-187")
async def remove_view(work: Work, view_id: UUID) -> str:
    """Remove an own view; answer of which list it was.

    Raises:
        NotFound: the person has no such view.
    """
    view = await SavedView.filter(id=view_id, user_id=work.actor.person()).first()
    if view is None:
        raise NotFound("There is no such view.", code="VIEW_NOT_FOUND")
    work.touches("saved_view", [view.id])
    await view.delete()
    return view.register


@access("view.list", by=EVERYONE, cites="001:183-187")
async def list_views(reading: Reading, register: str) -> list[SavedViewView]:
    """List the own views of a list, by name."""
    found = await SavedView.filter(user_id=reading.actor.person(), register=register).order_by("name")
    reading.note(views=len(found))
    return [SavedViewView(one.id, one.name, one.query) for one in found]
