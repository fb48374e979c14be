"""Which access forms exist for whom, loaded under lock; and how one goes on (000:95-131)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from orm.models import AccessForm, FormSignature, Incident, User
from resolvers.callers import Actor
from resolvers.desk import Reading, Work
from resolvers.numbers import LAST_NUMBER, hold_series
from resolvers.officers import Organization, acts_as_lso, directors_of, lock_organization, lso_and_deputies, readers
from resolvers.promises import about
from rules.access_forms import FormKind, FormSigner, FormState, check_move, check_no_incident, needed_signatures
from rules.accounts import AccountState
from rules.errors import Conflict, NotFound
from rules.form_signing import same_name
from rules.incidents import IncidentState
from rules.notices import NotificationKind
from rules.roles import Role
from rules.signatures import content_hash

FORM_READERS = frozenset({Role.PROVIDER_RELATIONS, Role.CSO, Role.ADMINISTRATOR, Role.AUDITOR, Role.ITSD_ACCOUNT_MGMT})
"""Who sees every form; the Office of Administration sees those that were forwarded."""

_OPEN_TO_COLLEAGUES = (FormState.AWAITING_LSO, FormState.AWAITING_SIGNATURES)


def organization_of(form: AccessForm) -> Organization:
    """Give the organization that a form is for."""
    return Organization(form.provider_id, form.facility_id)


def organization_of_actor(actor: Actor) -> Organization:
    """Give the organization that a caller works for."""
    return Organization(actor.provider_id, None if actor.provider_id else actor.facility_id)


async def sees_form(actor: Actor, form: AccessForm, on: date) -> bool:
    """Say whether a form exists for a person.

    For whoever submitted it and whom it is about, for the officers of the organization, for the offices on its way;
    for colleagues only while it waits for signatures, or once they have signed it.
    """
    person = actor.person()
    if actor.has_any(FORM_READERS) or person in (form.submitted_by_id, form.user_id):
        return True
    if Role.OA in actor.roles and form.forwarded_at is not None:
        return True
    organization = organization_of(form)
    if organization != organization_of_actor(actor):
        return False
    if organization.is_office and form.regional_office_id != actor.regional_office_id:
        return False
    if form.state in _OPEN_TO_COLLEAGUES or await acts_as_lso(person, organization, on):
        return True
    if any(director.id == person for director in await directors_of(organization)):
        return True
    return await FormSignature.exists(form_id=form.id, signer_id=person)


async def form_to_change(work: Work, number: int) -> AccessForm:
    """Load a form under lock, with its organization's officers held still.

    Raises:
        NotFound: there is no such form for this person.
    """
    found = await AccessForm.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if found is None:
        raise no_such_form()
    await lock_organization(organization_of(found))
    form = await AccessForm.filter(id=found.id).select_for_update(no_key=True).get()
    if not await sees_form(work.actor, form, work.today):
        raise no_such_form()
    work.about("access_form", form.id)
    work.note(number=number)
    return form


async def go_on(work: Work, form: AccessForm, state: FormState, **columns: Any) -> None:  # noqa: ANN401 - columns
    """Send a form that is held under its lock to its next state, and wake whoever follows it.

    Raises:
        Conflict: ``FORM_STATE``; it does not go that way.
    """
    check_move(form.state, state)
    form.update_from_dict({"state": state, "state_since": work.now, **columns})
    await form.save()
    work.touches("access_form", [form.id])
    work.note(state=str(state))
    work.ring(form.id)


async def missing_signatures(form: AccessForm) -> frozenset[FormSigner]:
    """Say whose signatures a form still needs."""
    given = await FormSignature.filter(form_id=form.id)
    return needed_signatures(form.kind, for_lso=form.for_lso) - {signature.capacity for signature in given}


async def people_of_form(work: Work, form: AccessForm) -> list[User]:
    """List who is told what became of a form: who submitted it, whom it is about, and the organization's LSO."""
    keys = {key for key in (form.submitted_by_id, form.user_id) if key is not None}
    people = {one.id: one for one in await User.filter(id__in=list(keys), state=AccountState.ACTIVE)}
    people |= {one.id: one for one in await lso_and_deputies(organization_of(form), work.today)}
    return sorted(people.values(), key=lambda one: one.user_id)


async def tell_people_of_form(work: Work, form: AccessForm, kind: NotificationKind) -> None:
    """Tell them; whoever does it needs no news of it."""
    people = [one for one in await people_of_form(work, form) if one.id != work.actor.id]
    work.promise(about(readers(people), kind, form.number))


def form_content(form: AccessForm) -> dict[str, object]:
    """Give what is shown of a form and signed; nothing of it changes once it is submitted (000:199-200)."""
    return {
        "number": form.number,
        "kind": str(form.kind),
        "user": str(form.user_id) if form.kind.has_person and form.user_id else None,
        "first_name": form.first_name,
        "middle_initial": form.middle_initial,
        "last_name": form.last_name,
        "title": form.title,
        "city": form.city,
        "phone": form.phone,
        "email": form.email,
        "division": str(form.division) if form.division else None,
        "provider": str(form.provider_id) if form.provider_id else None,
        "facility": form.facility_id,
        "for_lso": form.for_lso,
        "tcm_supervisor": form.tcm_supervisor,
        "create_user_id": form.create_user_id,
        "applications": list(form.applications),
        "change_request": form.change_request,
        "effective_on": form.effective_on.isoformat() if form.effective_on else None,
        "edition": form.edition,
        "channel": str(form.channel),
        "confidentiality_version": form.confidentiality_version,
    }


def hash_of_form(form: AccessForm) -> str:
    """Hash what is shown and signed."""
    return content_hash(form_content(form))


def no_such_form() -> NotFound:
    """Refuse a form that does not exist for this person."""
    return NotFound("There is no such access form.", code="FORM_NOT_FOUND")


async def check_email_is_free_here(email: str, organization: Organization, *, person: UUID | None) -> None:
    """Let an address be asked for that belongs to nobody else of the organization: no account, no open form (CPF-15).

    Whether it is in use elsewhere is not told to people of an organization; OA sees it, when it is to be issued.

    Raises:
        Conflict: ``EMAIL_TAKEN``.
    """
    open_forms = await AccessForm.filter(
        email__iexact=email,
        provider_id=organization.provider_id,
        facility_id=organization.facility_id,
        state__in=[state for state in FormState if not state.is_final],
    )
    accounts = await User.filter(email__iexact=email).exclude(state=AccountState.DELETED)
    here = [one for one in accounts if one.id != person and Organization.of(one) == organization]
    if here or any(person is None or form.user_id != person for form in open_forms):
        raise _email_taken()


async def check_email_is_free(email: str, *, person: UUID | None) -> None:
    """Let an address be entered that no other account has, in use or disabled, at any organization (CPF-15).

    One transaction at a time looks, so that of two forms with one address the first is carried out.

    Raises:
        Conflict: ``EMAIL_TAKEN``.
    """
    await hold_series("access_form")
    accounts = await User.filter(email__iexact=email).exclude(state=AccountState.DELETED)
    if any(account.id != person for account in accounts):
        raise _email_taken()


def _email_taken() -> Conflict:
    return Conflict("Another person has this e-mail address.", code="EMAIL_TAKEN", field="email")


async def is_namesake(work: Work | Reading, form: AccessForm) -> bool:
    """Say whether the new person of a form bears the caller's own name: nobody helps themselves to a second account."""
    if form.kind is not FormKind.NEW:
        return False
    own = await User.get(id=work.actor.person())
    return same_name(own.name, f"{form.first_name} {form.last_name}")


async def check_not_suspended_by_incident(kind: FormKind, person: UUID) -> None:
    """Let an account be enabled about which no incident is open that suspended its owner.

    Raises:
        Conflict: ``INCIDENT_OPEN``.
    """
    is_open = await Incident.exists(user_id=person, suspended=True, state=IncidentState.OPEN)
    check_no_incident(kind, suspended_by_open=is_open)
