"""Enter an access form: a user ID for somebody new, a change, or a disabled account to be used again (000:57-63).

The end of a person's access is no form to be entered: it is cut on the account's page, which writes the paper itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from admin_ui.access_wizard import DIVISIONS
from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import Choices, coded
from admin_ui.forms import Fields
from resolvers.access_forms import submit_access_form
from resolvers.form_entry import FormEntry
from resolvers.issuing import LIAISONS
from resolvers.statements import view_statement
from rules.access_forms import PAPER, Application, Channel, FormKind
from rules.organizations import Division
from rules.text import EMAIL_LIMIT, NAME_LIMIT, REASON_LIMIT

_APPLICATIONS: Choices = (
    (Application.CONSUMER_REFERRALS, "Consumer Referrals"),
    (Application.DATA_ENTRY, "TCM logging: Data Entry"),
    (Application.REVIEWER, "TCM logging: Reviewer"),
)
_CHANNELS = coded(sorted(PAPER))

_PERSON = (
    Field("firstName", "First name", required=True, limit=NAME_LIMIT, group="The person"),
    Field("middleInitial", "Middle initial", limit=1),
    Field("lastName", "Last name", required=True, limit=NAME_LIMIT),
    Field("title", "Title", required=True, limit=NAME_LIMIT, hint="What the person does."),
    Field("city", "City", required=True, limit=60),
    Field("phone", "Telephone", required=True, limit=30),
    Field("email", "E-mail address", required=True, limit=EMAIL_LIMIT, hint="The person's own, which nobody shares."),
    Field("division", "Division", Ask.RADIO, choices=DIVISIONS, required=True),
)
_DUTIES = (
    Field("forLso", "This person is to be the Local Security Officer", Ask.BOX, group="Applications"),
    Field("tcmSupervisor", "TCM supervisor responsibilities", Ask.BOX),
    Field(
        "applications",
        "Add",
        Ask.CHOICES,
        choices=_APPLICATIONS,
        hint="With none marked, the form marks what the documents mark for this kind of organization.",
    ),
    Field("createUserId", "Create User ID and Password", Ask.BOX),
    Field("effectiveOn", "From when on", Ask.DAY),
)
_ACCEPTED = (
    Field(
        "accepted",
        "The person has read the confidentiality statement and accepts it",
        Ask.BOX,
        required=True,
        hint="Its text stands below.",
    ),
    Field("confidentialityVersion", "", Ask.HIDDEN),
    Field("providerId", "", Ask.HIDDEN),
    Field("facilityCode", "", Ask.HIDDEN),
)
_USER_ID = Field("userId", "User ID", required=True, limit=60, group="The person")
_CHANGED = (
    Field(
        "changeRequest", "What is to be changed", Ask.AREA, limit=REASON_LIMIT, hint="In words, or in the fields below."
    ),
    Field("firstName", "First name", limit=NAME_LIMIT, group="Only what changes"),
    Field("middleInitial", "Middle initial", limit=1),
    Field("lastName", "Last name", limit=NAME_LIMIT),
    Field("title", "Title", limit=NAME_LIMIT),
    Field("phone", "Telephone", limit=30),
    Field("email", "E-mail address", limit=EMAIL_LIMIT),
    Field("tcmSupervisor", "TCM supervisor responsibilities", Ask.BOX),
    Field("effectiveOn", "From when on", Ask.DAY),
)
_CHANNEL = Field("channel", "How the paper came", Ask.RADIO, choices=_CHANNELS, required=True, group="The paper")


async def _statement(visit: Visit, own_fields: Sequence[Field], *, marked: bool = False) -> Loaded:
    """Show the statement of page 2; whoever records a paper of another organization says how it came."""
    statement = await view_statement(visit.caller)
    elsewhere = any(visit.fields.raw(name) for name in ("providerId", "facilityCode"))
    records = elsewhere and visit.caller.actor.has_any(LIAISONS)
    fields: Sequence[Field] = [*([_CHANNEL] if records else []), *own_fields]
    return Loaded(
        {"confidentialityVersion": statement.version, "createUserId": "yes" if marked else ""},
        fields=fields,
        back="/forms",
        more={"statement": statement},
    )


def _entry(kind: FormKind, given: Fields) -> FormEntry:
    applications = tuple(Application(one) for one in given.all("applications") if one in Application.__members__)
    return FormEntry(
        kind=kind,
        channel=given.choice("channel", Channel) or Channel.PORTAL,
        user_id=given.raw("userId") or None,
        first_name=given.raw("firstName"),
        middle_initial=given.raw("middleInitial"),
        last_name=given.raw("lastName"),
        title=given.raw("title"),
        city=given.raw("city"),
        phone=given.raw("phone"),
        email=given.raw("email"),
        division=given.choice("division", Division),
        provider_id=_provider(given),
        facility_code=given.raw("facilityCode") or None,
        for_lso=bool(given.raw("forLso")),
        tcm_supervisor=bool(given.raw("tcmSupervisor")),
        create_user_id=bool(given.raw("createUserId")),
        applications=applications or None,
        change_request=given.raw("changeRequest"),
        effective_on=given.day("effectiveOn"),
        confidentiality_version=given.raw("confidentialityVersion"),
    )


def _provider(given: Fields) -> UUID | None:
    with suppress(ValueError):
        return UUID(given.raw("providerId"))
    return None


async def _new(visit: Visit, given: Fields) -> str:
    return f"/forms/{await submit_access_form(visit.caller, _entry(FormKind.NEW, given))}"


async def _change(visit: Visit, given: Fields) -> str:
    return f"/forms/{await submit_access_form(visit.caller, _entry(FormKind.CHANGE, given))}"


async def _enable(visit: Visit, given: Fields) -> str:
    return f"/forms/{await submit_access_form(visit.caller, _entry(FormKind.ENABLE, given))}"


_NEW_FIELDS = (*_PERSON, *_DUTIES, *_ACCEPTED)
_CHANGE_FIELDS = (_USER_ID, *_CHANGED, *_ACCEPTED)
_ENABLE_FIELDS = (_USER_ID, Field("changeRequest", "Why", Ask.AREA, limit=REASON_LIMIT), *_ACCEPTED)


async def _new_begin(visit: Visit) -> Loaded:
    return await _statement(visit, _NEW_FIELDS, marked=True)


async def _change_begin(visit: Visit) -> Loaded:
    return await _statement(visit, _CHANGE_FIELDS)


async def _enable_begin(visit: Visit) -> Loaded:
    return await _statement(visit, _ENABLE_FIELDS)


NEW_FORM = Action(
    path="/forms/new",
    title="A user ID for somebody new",
    about="The Contract Provider Access Request Form. The supervisor and the Local Security Officer sign it next.",
    button="Submit the form",
    load=_new_begin,
    do=_new,
    of=submit_access_form,
    done="The form was submitted. It waits for its signatures.",
    template="access/form_entry.html",
    fields=_NEW_FIELDS,
)
CHANGE_FORM = Action(
    path="/forms/change",
    title="Change a user's data",
    about="A form that changes a name, a title, an address or what a person works with.",
    button="Submit the form",
    load=_change_begin,
    do=_change,
    of=submit_access_form,
    done="The form was submitted. It waits for its signatures.",
    template="access/form_entry.html",
    fields=_CHANGE_FIELDS,
)
ENABLE_FORM = Action(
    path="/forms/enable",
    title="Enable a disabled user ID",
    about=(
        "For a person whose user ID was disabled. It comes back without its roles; they are asked for anew. The Local "
        "Security Officer asks for it."
    ),
    button="Submit the form",
    load=_enable_begin,
    do=_enable,
    of=submit_access_form,
    done="The form was submitted. It waits for its signatures.",
    template="access/form_entry.html",
    fields=_ENABLE_FIELDS,
)
FORM_ENTRIES = (NEW_FORM, CHANGE_FORM, ENABLE_FORM)
