"""Access forms: submitted, taken back, sent back, forwarded to the Office of Administration (000:57-131, 001:8-44)."""

from __future__ import annotations

from uuid import uuid4

from orm.models import AccessForm, LsoDesignation
from resolvers.desk import EVERYONE, Reading, Work, operation
from resolvers.form_entry import FormEntry, columns_of, employer_of, person_of
from resolvers.form_scope import (
    form_to_change,
    go_on,
    hash_of_form,
    is_namesake,
    missing_signatures,
    organization_of,
    tell_people_of_form,
)
from resolvers.numbers import next_number
from resolvers.officers import (
    Organization,
    acts_as_lso,
    directors_of,
    holders_of,
    lock_organization,
    lso_and_deputies,
    lso_of,
    readers,
)
from resolvers.promises import about
from rules.access_forms import (
    WITHDRAWN_FROM,
    FormKind,
    FormSigner,
    FormState,
    check_move,
    check_not_about,
    check_signed,
    needed_signatures,
)
from rules.errors import Conflict, Denied, Invalid
from rules.lso import names_this_person
from rules.notices import NotificationKind
from rules.roles import Role
from rules.text import clean_text

REASON_LIMIT = 300


@operation("access_form.submit", by=EVERYONE, cites="000:57-63; 000:110-122; 001:8-44")
async def submit_access_form(work: Work, entry: FormEntry) -> int:
    """Submit an access form for the own organization, or record the paper of any; it then waits for its signatures.

    Without an LSO in the organization it is held (000:106). Answers the number of the form.

    Raises:
        NotFound: the organization or the person does not exist for the caller.
        Denied: ``FORM_BY_LSO_ONLY``.
        Invalid: ``USE_REVOKE_ACCESS``, or a field is missing or wrong.
        Conflict: ``NO_CONTRACT``, ``EMAIL_TAKEN``, ``FORM_OPEN``, ``ID_DELETED``, ``NOT_DISABLED``, ``ENABLE_FIRST``,
            ``INCIDENT_OPEN``.
    """
    if entry.kind is FormKind.REVOKE:
        raise Invalid(
            "To end a person's access use revokeAccess: it cuts the access at once and writes this form itself.",
            code="USE_REVOKE_ACCESS",
            field="kind",
        )
    return (await write_form(work, entry, await employer_of(work, entry))).number


async def write_form(work: Work, entry: FormEntry, organization: Organization, *, known: bool = False) -> AccessForm:
    """Write a form for an organization that the caller may ask for; it then waits for its signatures.

    ``known`` says that its person exists for the caller, whoever they work for.
    """
    await lock_organization(organization)
    person = await person_of(work, entry, organization, known=known)
    # The lock on the series lets no other form with the same e-mail address pass unseen.
    number = await next_number("access_form")
    form = AccessForm(
        id=uuid4(),
        number=number,
        state=FormState.AWAITING_SIGNATURES,
        state_since=work.now,
        submitted_by_id=work.actor.person(),
        submitted_at=work.now,
        **await columns_of(work, entry, organization, person),
    )
    form.state = await _first_state(organization, form)
    form.content_hash = hash_of_form(form)
    await form.save(force_create=True)
    work.about("access_form", form.id)
    work.note(number=number, kind=str(form.kind), state=str(form.state), channel=str(form.channel))
    await _ask_for_signature(work, form)
    return form


async def _ask_for_signature(work: Work, form: AccessForm) -> None:
    """Tell the officer whose signature is needed; the supervisor is whoever the person shows it to."""
    if form.state is not FormState.AWAITING_SIGNATURES:
        return
    organization = organization_of(form)
    if FormSigner.LSO in needed_signatures(form.kind, for_lso=form.for_lso) and not organization.is_office:
        officers = await lso_and_deputies(organization, work.today)
    else:
        officers = await directors_of(organization, but=form.user_id)
    work.promise(about(readers(officers), NotificationKind.FORM_TO_SIGN, form.number))


@operation("access_form.withdraw", by=EVERYONE, cites="000:95-96")
async def withdraw_access_form(work: Work, number: int) -> None:
    """Take back a form that one has submitted, before it has left for the Office of Administration.

    Raises:
        NotFound: there is no such form for this person.
        Denied: ``NOT_YOUR_FORM``; somebody else submitted it.
        Conflict: ``FORM_STATE``; it has gone further.
    """
    form = await form_to_change(work, number)
    if form.submitted_by_id != work.actor.person():
        raise Denied("Only whoever submitted a form takes it back.", code="NOT_YOUR_FORM")
    await go_on(work, form, FormState.WITHDRAWN)


@operation("access_form.return", by=EVERYONE, cites="000:95-96; 000:122-128; 001:34-37")
async def return_access_form(work: Work, number: int, reason: str) -> None:
    """Send a form back with a reason: the officer who is asked to sign it, the regional office, then OA.

    Raises:
        NotFound: there is no such form for this person.
        Invalid: the reason is missing or too long.
        Denied: ``NOT_YOUR_DESK``; it is not for this person to answer.
        Conflict: ``FORM_STATE``; it has gone further.
    """
    why = clean_text(reason, field="reason", limit=REASON_LIMIT, multiline=True, required=True)
    form = await form_to_change(work, number)
    check_move(form.state, FormState.RETURNED)
    desk = Role.OA if form.state is FormState.WITH_OA else Role.PROVIDER_RELATIONS
    if desk not in work.actor.roles and not await is_asked_to_sign(work, form):
        if work.actor.has_any({Role.OA, Role.PROVIDER_RELATIONS}):
            raise Conflict("This form is at another desk.", code="FORM_STATE")
        raise Denied("It is not for you to send this form back.", code="NOT_YOUR_DESK")
    await go_on(work, form, FormState.RETURNED, returned_why=why)
    await tell_people_of_form(work, form, NotificationKind.FORM_RETURNED)


async def is_asked_to_sign(work: Work | Reading, form: AccessForm) -> bool:
    """Say whether the officer's signature that the form needs is the caller's to give or to refuse."""
    if not form.state.awaits_signers:
        return False
    person, organization = work.actor.person(), organization_of(form)
    if FormSigner.LSO in needed_signatures(form.kind, for_lso=form.for_lso):
        return await acts_as_lso(person, organization, work.today)
    return any(director.id == person for director in await directors_of(organization, but=form.user_id))


@operation("access_form.forward", by={Role.PROVIDER_RELATIONS}, cites="000:95-96; 000:122; 000:125")
async def forward_access_form(work: Work, number: int) -> None:
    """Forward a signed form to the Office of Administration; that of a new LSO only with the letter that names them.

    Raises:
        NotFound: there is no such form.
        Denied: ``OWN_FORM``.
        Conflict: ``FORM_UNSIGNED``, ``FORM_STATE``, ``LETTER_MISSING``.
    """
    form = await form_to_change(work, number)
    check_not_about(work.actor.person(), form.user_id, namesake=await is_namesake(work, form))
    if form.state in WITHDRAWN_FROM:
        check_signed(await missing_signatures(form))
    check_move(form.state, FormState.WITH_OA)
    if form.kind is FormKind.NEW and form.for_lso and await letter_of(form) is None:
        raise Conflict("There is no letter that designates this person as LSO yet.", code="LETTER_MISSING")
    await go_on(work, form, FormState.WITH_OA, forwarded_by_id=work.actor.person(), forwarded_at=work.now)
    work.promise(about(readers(await holders_of(Role.OA)), NotificationKind.FORM_TO_CARRY_OUT, form.number))


async def letter_of(form: AccessForm) -> LsoDesignation | None:
    """Find the designation in force that names the new person of a form by e-mail address, and has no user ID yet."""
    waiting = LsoDesignation.filter(
        provider_id=form.provider_id, facility_id=form.facility_id, user_id=None, ended_at=None
    )
    designation = None if organization_of(form).is_office else await waiting.first()
    if designation is None or not names_this_person(designation.letter.get("lso_email", ""), form.email):
        return None
    return designation


async def _first_state(organization: Organization, form: AccessForm) -> FormState:
    """Say where a new form waits: for an LSO to be designated, or for its signatures (000:106, 000:110-111)."""
    needs_lso = FormSigner.LSO in needed_signatures(form.kind, for_lso=form.for_lso)
    if needs_lso and not organization.is_office and await lso_of(organization) is None:
        return FormState.AWAITING_LSO
    return FormState.AWAITING_SIGNATURES
