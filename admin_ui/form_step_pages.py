"""Each step of an access form: sign, record a paper, forward, carry out, release, send or take back (000:95-131)."""

from __future__ import annotations

from dataclasses import replace

from admin_ui.actions import Action, Ask, Field, Loaded, Shown
from admin_ui.doors import Visit
from admin_ui.filters import Choices
from admin_ui.forms import Fields
from resolvers.access_form_views import AccessFormView, view_access_form
from resolvers.access_forms import forward_access_form, return_access_form, withdraw_access_form
from resolvers.form_signing import record_paper_signature, sign_access_form
from resolvers.issuing import carry_out_form, issue_user_id, keep_release, release_credentials
from resolvers.signing import hand_of
from rules.access_forms import FormKind, FormSigner
from rules.errors import Invalid, NotFound
from rules.text import NAME_LIMIT, REASON_LIMIT

SIGNERS: Choices = (
    (FormSigner.SUPERVISOR, "Supervisor"),
    (FormSigner.LSO, "Local Security Officer"),
    (FormSigner.EXECUTIVE_DIRECTOR, "Executive director"),
)
HAND = (
    Field("userId", "Your user ID", required=True, limit=60, autocomplete="username"),
    Field("password", "Your password", Ask.PASSWORD, required=True, autocomplete="current-password"),
)
"""User ID and password again, at the moment of signing (000:199-200)."""


def _number(visit: Visit) -> int:
    return int(visit.request.path_params["number"])


def _at(visit: Visit) -> str:
    return f"/forms/{_number(visit)}"


async def _form(visit: Visit) -> tuple[AccessFormView, Loaded]:
    form = await view_access_form(visit.caller, _number(visit))
    return form, Loaded(back=_at(visit), more={"form": form})


async def _load(visit: Visit) -> Loaded:
    return (await _form(visit))[1]


def _capacity(visit: Visit) -> FormSigner:
    named = visit.request.path_params["capacity"]
    if named not in FormSigner.__members__:
        raise NotFound("There is no such page.")
    return FormSigner(named)


async def _to_sign(visit: Visit) -> Loaded:
    capacity = _capacity(visit)
    form, loaded = await _form(visit)
    return replace(
        loaded,
        values={"contentHash": form.content_hash},
        title=f"Sign access form {form.number} as {dict(SIGNERS)[capacity].lower()}",
        about="The signature is for the form as it is shown above. Nothing is signed by opening this page.",
    )


async def _sign(visit: Visit, given: Fields) -> str:
    hand = await hand_of(visit.caller, given.raw("userId"), given.raw("password"))
    await sign_access_form(visit.caller, _number(visit), _capacity(visit), hand, given.raw("contentHash"))
    return _at(visit)


SIGN = Action(
    path="/forms/{number:int}/sign/{capacity}",
    title="Sign the access form",
    button="Sign",
    load=_to_sign,
    do=_sign,
    of=sign_access_form,
    done="Your signature was taken.",
    template="access/form_step.html",
    fields=(Field("contentHash", "", Ask.HIDDEN), *HAND),
)


async def _paper(visit: Visit, given: Fields) -> str:
    capacity, signed_on = given.choice("capacity", FormSigner), given.day("signedOn")
    if capacity is None or signed_on is None:
        raise Invalid("Say in which capacity, and when.", code="FIELD_REQUIRED", field="capacity")
    await record_paper_signature(visit.caller, _number(visit), capacity, given.raw("name"), signed_on)
    return _at(visit)


async def _to_record(visit: Visit) -> Loaded:
    form, loaded = await _form(visit)
    missing = [(value, name) for value, name in SIGNERS if value in form.missing]
    first, *rest = PAPER_SIGNATURE.fields
    return replace(loaded, fields=(replace(first, choices=missing or SIGNERS), *rest))


PAPER_SIGNATURE = Action(
    path="/forms/{number:int}/paper",
    title="Record a signature on paper",
    about="As it stands on the paper that came by fax, post or as a scan.",
    button="Record it",
    load=_to_record,
    do=_paper,
    of=record_paper_signature,
    done="The signature was recorded.",
    template="access/form_step.html",
    fields=(
        Field("capacity", "Signed as", Ask.RADIO, choices=SIGNERS, required=True),
        Field("name", "Name, as written", required=True, limit=NAME_LIMIT),
        Field("signedOn", "Day written next to it", Ask.DAY, required=True),
    ),
)


async def _forward(visit: Visit, _: Fields) -> str:
    await forward_access_form(visit.caller, _number(visit))
    return _at(visit)


FORWARD = Action(
    path="/forms/{number:int}/forward",
    title="Forward the access form",
    about="It goes to the Office of Administration, which carries it out.",
    button="Forward it",
    load=_load,
    do=_forward,
    of=forward_access_form,
    done="The form was forwarded to the Office of Administration.",
    template="access/form_step.html",
)


async def _to_issue(visit: Visit) -> Loaded:
    form, loaded = await _form(visit)
    return replace(loaded, fields=ISSUE.fields if form.kind is FormKind.NEW else ())


async def _issue(visit: Visit, given: Fields) -> str:
    await issue_user_id(visit.caller, _number(visit), given.raw("userId").strip() or None)
    return _at(visit)


ISSUE = Action(
    path="/forms/{number:int}/issue",
    title="Carry out the access form",
    button="Carry it out",
    about="The account is created, changed or enabled as the form says.",
    load=_to_issue,
    do=_issue,
    of=carry_out_form,
    done="The form was carried out.",
    template="access/form_step.html",
    fields=(Field("userId", "New user ID", limit=60, hint="Never used before; it is never given twice."),),
)


async def _release(visit: Visit, _: Fields) -> Shown:
    given = await release_credentials(visit.caller, _number(visit))
    return Shown(
        visit.show("access/secret.html", given=given, back=_at(visit), whose="the person of the form"), _at(visit)
    )


RELEASE = Action(
    path="/forms/{number:int}/release",
    title="Release the user ID",
    about=(
        "A password is made that works once. It is shown on the next page, this one time. Until it is used it can be "
        "made anew here; the former one is void then."
    ),
    button="Release and show the password",
    load=_load,
    do=_release,
    of=keep_release,
    template="access/form_step.html",
)


async def _send_back(visit: Visit, given: Fields) -> str:
    await return_access_form(visit.caller, _number(visit), given.raw("reason"))
    return _at(visit)


SEND_BACK = Action(
    path="/forms/{number:int}/return",
    title="Send the access form back",
    button="Send it back",
    confirm="A form that was sent back goes no further. A new one has to be entered.",
    load=_load,
    do=_send_back,
    of=return_access_form,
    done="The form was sent back.",
    template="access/form_step.html",
    fields=(
        Field("reason", "Why", Ask.AREA, required=True, limit=REASON_LIMIT, hint="Shown with the form; never mailed."),
    ),
)


async def _take_back(visit: Visit, _: Fields) -> str:
    await withdraw_access_form(visit.caller, _number(visit))
    return _at(visit)


TAKE_BACK = Action(
    path="/forms/{number:int}/withdraw",
    title="Take the access form back",
    about="You take back a form that you have submitted. It goes no further.",
    button="Take it back",
    load=_load,
    do=_take_back,
    of=withdraw_access_form,
    done="The form was taken back.",
    template="access/form_step.html",
)
FORM_STEPS = (SIGN, PAPER_SIGNATURE, FORWARD, ISSUE, RELEASE, SEND_BACK, TAKE_BACK)
