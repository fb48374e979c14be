"""Keeping a view of a list under a name, and removing it again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import Response

from admin_ui.doors import Visit, go_to
from admin_ui.forms import Fields, address
from admin_ui.registers import Register, asked_of, show_register
from resolvers.saved_views import remove_view, save_view
from rules.errors import Conflict, Invalid

_MOST_FIELDS = 60


async def keep_view(visit: Visit, register: Register[Any]) -> Response:
    """Keep what is asked of the list, as far as it may stand in an address."""
    try:
        pairs = parse_qsl(visit.fields.raw("query"), max_num_fields=_MOST_FIELDS)
    except ValueError:
        pairs = []
    name = visit.fields.raw("viewName")
    shown = replace(visit, fields=Fields(tuple(pairs)))
    onward = register.address(asked_of(shown, register, posted=False))
    try:
        await save_view(visit.caller, register.path, name, onward.partition("?")[2])
    except (Invalid, Conflict) as refusal:
        return await show_register(shown, register, {"typed_name": name[:60]}, refusal=refusal)
    return go_to(onward)


async def forget_view(visit: Visit, register: Register[Any]) -> Response:
    """Remove a view."""
    await remove_view(visit.caller, visit.request.path_params["view_id"])
    return go_to(address(register.path, {"done": "view-removed"}))
