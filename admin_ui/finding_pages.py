"""Findings of the reviews: written down, dated, carried out, and read for patterns (SAR-07 to SAR-09)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from starlette.responses import Response

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind, coded
from admin_ui.forms import Fields
from admin_ui.registers import Register, look_of
from admin_ui.rendering import words
from admin_ui.review_member_page import member_named, path_of
from admin_ui.tables import Column, Table, table_of
from resolvers.activity_review_views import FindingView
from resolvers.callers import Caller
from resolvers.finding_patterns import NOTE_LIMIT, FindingCount, note_procedure, view_finding_patterns
from resolvers.finding_views import list_findings, view_finding
from resolvers.paging import Page
from resolvers.review_findings import FindingEntry, close_finding, date_finding, open_finding
from rules.activity_reviews import REVIEWERS, FindingKind, Remedy, Severity
from rules.calendar import local_date
from rules.errors import Invalid
from rules.roles import Role
from rules.text import REASON_LIMIT

_CARRIED_OUT = {"open": False, "done": True}


async def _rows(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[FindingView]:
    wanted = _CARRIED_OUT.get(asked.fields.raw("state"))
    return await list_findings(caller, carried_out=wanted, first=first, after=after, count=True)


FINDINGS = Register(
    path="/reviews/activity/findings",
    title="Findings of the reviews",
    about="What the system activity reviews found, and whether it was carried out, the newest first.",
    one="finding",
    rows=_rows,
    filters=(Filter("state", "State", Kind.CHOICE, choices=(("open", "Open"), ("done", "Carried out"))),),
    columns=(
        Column("Finding", lambda one: one.number, tight=True),
        Column("State", lambda one: "Carried out" if one.carried_out else "Open", "reviews/cells.html:carried_out"),
        Column("User ID", lambda one: one.user_id, tight=True),
        Column("Kind", lambda one: one.kind),
        Column("Severity", lambda one: one.severity, "reviews/cells.html:severity"),
        Column("Due", lambda one: one.due_on, "reviews/cells.html:due", tight=True),
        Column("Review", lambda one: one.review_number, "reviews/cells.html:review", tight=True),
    ),
    link=lambda one: f"/reviews/activity/findings/{one.number}",
    empty="No finding fits. A reviewer writes one down on the page of a drawn user ID.",
    exports=True,
)


async def finding_page(visit: Visit) -> Response:
    """Show one finding and what is left to do."""
    one = await view_finding(visit.caller, visit.request.path_params["number"])
    today = local_date(visit.caller.desk.clock())
    return visit.show("reviews/finding.html", one=one, today=today, acts=visit.caller.actor.has_any(REVIEWERS))


async def _to_open(visit: Visit) -> Loaded:
    review, member = await member_named(visit)
    roles = [(role.code, role.name) for role in member.roles]
    return Loaded(
        title=f"A finding about {member.user_id}",
        about=f"Review {review.number}, {member.name}. The access form follows at once, and the supervisor is told.",
        back=path_of(visit),
        fields=[replace(one, choices=roles) if one.name == "role" else one for one in OPEN_FINDING.fields],
    )


async def _open(visit: Visit, given: Fields) -> str:
    kind, severity = given.choice("kind", FindingKind), given.choice("severity", Severity)
    remedy = given.choice("remedy", Remedy)
    if kind is None or severity is None or remedy is None:
        raise Invalid("Choose kind, severity and remedy.", code="FIELD_REQUIRED", field="kind")
    entry = FindingEntry(
        kind, severity, remedy, given.raw("text"), given.raw("change"), given.raw("role"), given.day("dueOn")
    )
    named = visit.request.path_params
    await open_finding(visit.caller, named["number"], named["user_id"], entry)
    return path_of(visit)


OPEN_FINDING = Action(
    path="/reviews/activity/{number:int}/members/{user_id}/finding",
    title="Write down a finding",
    button="Write it down",
    load=_to_open,
    do=_open,
    of=open_finding,
    done="The finding was written down.",
    confirm="A finding is not taken back. With the remedy Revoke the person's access ends at once.",
    fields=(
        Field("kind", "Kind", Ask.CHOICE, choices=coded(FindingKind), required=True),
        Field("severity", "Severity", Ask.RADIO, choices=coded(Severity), required=True),
        Field(
            "remedy",
            "Remedy",
            Ask.RADIO,
            choices=(
                (Remedy.CHANGE.value, "Change: an access form asks for it"),
                (Remedy.REVOKE.value, "Revoke: the access ends at once"),
                (Remedy.NO_FORM.value, "No form: nothing of the access changes"),
            ),
            required=True,
        ),
        Field("text", "What was found", Ask.AREA, required=True, limit=REASON_LIMIT, hint="Only the security offices."),
        Field(
            "change",
            "What the form asks for",
            Ask.AREA,
            limit=REASON_LIMIT,
            hint="Needed with Change. The supervisor, the officers and the Office of Administration read it.",
        ),
        Field("role", "Role", Ask.CHOICE, hint="Where it is about one role."),
        Field("dueOn", "To be carried out by", Ask.DAY),
    ),
)


async def _to_date(visit: Visit) -> Loaded:
    one = await view_finding(visit.caller, visit.request.path_params["number"])
    return Loaded(
        {"dueOn": one.due_on.isoformat() if one.due_on else ""},
        title=f"Date finding {one.number}",
        back=f"/reviews/activity/findings/{one.number}",
    )


async def _date(visit: Visit, given: Fields) -> str:
    number, due_on = visit.request.path_params["number"], given.day("dueOn")
    if due_on is None:
        raise Invalid("Choose a day.", code="FIELD_REQUIRED", field="dueOn")
    await date_finding(visit.caller, number, due_on)
    return f"/reviews/activity/findings/{number}"


DATE_FINDING = Action(
    path="/reviews/activity/findings/{number:int}/date",
    title="Date the finding",
    button="Set the date",
    load=_to_date,
    do=_date,
    of=date_finding,
    done="The finding has its date.",
    fields=(Field("dueOn", "To be carried out by", Ask.DAY, required=True),),
)


async def _to_close(visit: Visit) -> Loaded:
    one = await view_finding(visit.caller, visit.request.path_params["number"])
    return Loaded(
        title=f"Finding {one.number} is carried out", about=one.text, back=f"/reviews/activity/findings/{one.number}"
    )


async def _close(visit: Visit, given: Fields) -> str:
    number = visit.request.path_params["number"]
    await close_finding(visit.caller, number, given.raw("note"))
    return f"/reviews/activity/findings/{number}"


CLOSE_FINDING = Action(
    path="/reviews/activity/findings/{number:int}/close",
    title="The finding is carried out",
    button="It is carried out",
    load=_to_close,
    do=_close,
    of=close_finding,
    done="The finding is carried out.",
    fields=(Field("note", "How it was carried out", Ask.AREA, required=True, limit=REASON_LIMIT),),
)


async def patterns_page(visit: Visit) -> Response:
    """Count the findings four ways, and show what was noted about the procedures."""
    patterns = await view_finding_patterns(visit.caller)

    def counted_by(what: str, counts: list[FindingCount], *, in_words: bool = False) -> Table:
        columns: Sequence[Column[FindingCount]] = (
            Column(what, lambda one: words(one.value) if in_words else one.value),
            Column("Findings", lambda one: one.findings, figure=True),
            Column("People", lambda one: one.people, figure=True),
            Column("Reviews", lambda one: one.reviews, figure=True),
        )
        return table_of(columns, counts, look_of(visit), caption=f"Findings by {what.lower()}")

    return visit.show(
        "reviews/patterns.html",
        tables=[
            counted_by("Kind", patterns.by_kind, in_words=True),
            counted_by("Role", patterns.by_role),
            counted_by("Organization", patterns.by_organization),
            counted_by("Quarter", patterns.by_quarter),
        ],
        notes=patterns.notes,
        acts=visit.caller.actor.has_any({Role.CSO}),
    )


async def _note(visit: Visit, given: Fields) -> str:
    await note_procedure(visit.caller, given.raw("text"), given.number("reviewNumber", "A review number"))
    return "/reviews/activity/patterns"


NOTE_PROCEDURE = Action(
    path="/reviews/activity/patterns/note",
    title="Note about a procedure",
    button="Keep the note",
    do=_note,
    of=note_procedure,
    done="The note was kept.",
    about="What the findings say about a procedure: what is to change, or that nothing is.",
    back="/reviews/activity/patterns",
    fields=(
        Field("text", "Note", Ask.AREA, required=True, limit=NOTE_LIMIT),
        Field("reviewNumber", "Review", Ask.NUMBER, hint="The number of one review; empty for all of them."),
    ),
)
