"""The policy register: every number with its source and history, a change with what comes of it, where numbers meet."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind
from admin_ui.forms import Fields
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.policies import (
    REASON_LIMIT,
    PolicyView,
    change_policy,
    policy_of,
    preview_change,
    view_register,
)
from rules.errors import Invalid
from rules.policy_register import REGISTER
from rules.roles import Role


def _matches(policy: PolicyView, asked: Asked) -> bool:
    text = (asked.text("text") or "").casefold()
    said = f"{policy.key} {policy.title} {policy.source} {policy.population}".casefold()
    return text in said and (not asked.flag("changed") or bool(policy.history or policy.upcoming))


def _read(asked: Asked) -> None:
    asked.text("text")


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[PolicyView]:
    """List all of them at once: there are as many as the documents have numbers."""
    del first, after
    found = [one for one in (await view_register(caller)).policies if _matches(one, asked)]
    return Page(
        nodes=found,
        cursors=[one.key for one in found],
        has_next_page=False,
        has_previous_page=False,
        total_count=len(found),
    )


POLICIES = Register(
    path="/policies",
    title="Policy register",
    about="Every number that the documents name, as it is today.",
    one="number",
    rows=_rows,
    read=_read,
    filters=(
        Filter("text", "Words", hint="In the name or the source."),
        Filter("changed", "Changed ones", Kind.FLAG),
    ),
    columns=(
        Column("Number", lambda one: one.title),
        Column("Value", lambda one: one.value, "policies/cells.html:value", tight=True),
        Column("In the documents", lambda one: one.default, "policies/cells.html:default", tight=True),
        Column("For", lambda one: one.population),
        Column("Next", lambda one: [change.value for change in one.upcoming], "policies/cells.html:upcoming"),
        Column("Source", lambda one: one.source, "policies/cells.html:source"),
    ),
    link=lambda one: f"/policies/{one.key}",
    empty="No number fits.",
    exports=True,
    template="policies/list.html",
)


async def policy_page(visit: Visit) -> Response:
    """Show one number: what it is, what it was and will be, and what it meets."""
    key = visit.request.path_params["key"]
    register = await view_register(visit.caller)
    policy = policy_of(register, key)
    return visit.show(
        "policies/policy.html",
        number=policy,
        version=register.version,
        conflicts=[one for one in register.conflicts if key in one.keys],
        titles=_TITLES,
        may_change=visit.caller.actor.has_any({Role.CSO}),
    )


async def conflicts_page(visit: Visit) -> Response:
    """Show where numbers meet: contradictions first."""
    register = await view_register(visit.caller, as_of=visit.fields.day("asOf"))
    return visit.show("policies/conflicts.html", register=register, titles=_TITLES)


async def _begin(visit: Visit) -> Loaded:
    policy = policy_of(await view_register(visit.caller), visit.request.path_params["key"])
    bounds = f"From {policy.at_least} to {policy.at_most}. " if policy.at_least is not None else "true or false. "
    fields = tuple(
        Field("value", f"New value, in {policy.unit}", required=True, limit=60, hint=f"{bounds}Such as {policy.value}.")
        if field.name == "value"
        else field
        for field in CHANGE_POLICY.fields
    )
    return Loaded(
        {"value": policy.value, "seen": str(policy.last_change)},
        fields,
        title=f"Change: {policy.title}",
        about=f"{policy.why} Today it is {policy.value} {policy.unit}; the documents say {policy.default}.",
        back=f"/policies/{policy.key}",
        more={"preview": getattr(visit.request.state, "preview", None), "titles": _TITLES},
    )


async def _preview(visit: Visit, given: Fields) -> None:
    """Look at what comes of what was typed, for the page that asks once more."""
    effective_from = given.day("effectiveFrom")
    if effective_from is None:
        raise Invalid("From when it holds: this is needed.", code="FIELD_REQUIRED", field="effectiveFrom")
    key = visit.request.path_params["key"]
    visit.request.state.preview = await preview_change(visit.caller, key, given.raw("value").strip(), effective_from)


async def _change(visit: Visit, given: Fields) -> str:
    key, effective_from = visit.request.path_params["key"], given.day("effectiveFrom")
    if effective_from is None:
        raise Invalid("From when it holds: this is needed.", code="FIELD_REQUIRED", field="effectiveFrom")
    seen = given.number("seen", "What was seen") or 0
    await change_policy(visit.caller, key, given.raw("value").strip(), effective_from, given.raw("reason"), seen=seen)
    return f"/policies/{key}"


CHANGE_POLICY = Action(
    path="/policies/{key}/change",
    title="Change a number",
    button="Decide it",
    load=_begin,
    check=_preview,
    do=_change,
    confirm="It holds for the whole house from that day on, and stays in the history.",
    done="The change was decided.",
    template="policies/change.html",
    fields=(
        Field("value", "New value", required=True, limit=60),
        Field("effectiveFrom", "From when it holds", Ask.DAY, required=True, hint="Tomorrow at the earliest."),
        Field("reason", "Why", Ask.AREA, limit=REASON_LIMIT, required=True),
        Field("seen", "What was seen", Ask.HIDDEN),
    ),
)

_TITLES = {key: number.title for key, number in REGISTER.items()}
