"""What a person enters on an access form, read and checked against who enters it, for whom, and what is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from orm.models import AccessForm, Facility, LsoDesignation, Provider, User
from resolvers.access_request_facts import check_contract, organization_kind
from resolvers.callers import Actor
from resolvers.desk import Work
from resolvers.form_scope import check_email_is_free_here, check_not_suspended_by_incident, organization_of_actor
from resolvers.officers import Organization, acts_as_lso, designation_of
from resolvers.statements import statement_in_force
from rules.access_forms import PAPER, Application, Channel, FormKind, FormState, check_may_be_issued
from rules.accounts import normalize_user_id
from rules.errors import Conflict, Denied, Invalid, NotFound
from rules.form_entries import check_applications, check_channel, check_own_address, default_applications, edition_for
from rules.lso import names_this_person
from rules.organizations import Division, OrganizationKind, check_facility_named
from rules.roles import Role
from rules.text import NAME_LIMIT, REASON_LIMIT, clean_email, clean_text


@dataclass(frozen=True, slots=True)
class FormEntry:
    """An access form as entered (000:57-63, 001:21-27).

    Without a provider and a facility it is for the own organization. On a CHANGE, what is left empty stays as it is;
    without ``applications`` what the documents mark "Add" is marked.
    """

    kind: FormKind
    channel: Channel = Channel.PORTAL
    user_id: str | None = None
    first_name: str = ""
    middle_initial: str = ""
    last_name: str = ""
    title: str = ""
    city: str = ""
    phone: str = ""
    email: str = ""
    division: Division | None = None
    provider_id: UUID | None = None
    facility_code: str | None = None
    for_lso: bool = False
    tcm_supervisor: bool = False
    create_user_id: bool = True
    applications: tuple[Application, ...] | None = None
    change_request: str = ""
    effective_on: date | None = None
    confidentiality_version: str = ""


async def employer_of(work: Work, entry: FormEntry) -> Organization:
    """Give the organization that a form is for.

    Raises:
        NotFound: ``ORGANIZATION_NOT_FOUND``; it does not exist for this person.
        Invalid: ``CHANNEL_NOT_YOURS``, ``ONE_ORGANIZATION``.
    """
    check_facility_named(entry.facility_code)
    own = organization_of_actor(work.actor)
    named = Organization(entry.provider_id, entry.facility_code)
    if entry.provider_id is not None and entry.facility_code is not None:
        raise Invalid("Name a provider or a facility, not both.", code="ONE_ORGANIZATION", field="facilityCode")
    organization = own if named.is_office else named
    records_papers = Role.PROVIDER_RELATIONS in work.actor.roles
    if organization != own and not (records_papers and await _exists(organization)):
        raise NotFound("There is no such organization.", code="ORGANIZATION_NOT_FOUND", field="providerId")
    check_channel(entry.channel, records_papers=records_papers, own=organization == own)
    return organization


async def _exists(organization: Organization) -> bool:
    if organization.provider_id is not None:
        return await Provider.exists(id=organization.provider_id)
    return await Facility.exists(code=organization.facility_id)


async def person_of(work: Work, entry: FormEntry, organization: Organization, *, known: bool = False) -> User | None:
    """Find the person of a CHANGE or ENABLE under lock; a NEW is about nobody yet (CPF-15, ACC-19).

    ``known`` says that the person exists for the caller, by a rule of the use case that asks.

    Raises:
        NotFound: ``PERSON_NOT_FOUND``; the organization has no such person.
        Denied: ``FORM_BY_LSO_ONLY``; only the LSO, or a paper of the LSO, asks for a disabled account.
        Conflict: the account's state does not allow it, ``INCIDENT_OPEN``, or such a form is open.
        Invalid: a user ID where there is none yet.
    """
    if entry.kind is FormKind.NEW:
        if entry.user_id:
            raise Invalid("A new person has no user ID yet.", code="USER_ID_NOT_YET", field="userId")
        return None
    person = await User.filter(user_id=_canonical(entry.user_id)).select_for_update(no_key=True).first()
    if person is None or Organization.of(person) != organization or not (known or _is_colleague(work.actor, person)):
        raise NotFound("Your organization has no such person.", code="PERSON_NOT_FOUND", field="userId")
    work.touches("user", [person.id])
    own_officer = await acts_as_lso(work.actor.person(), organization, work.today)
    if entry.kind is FormKind.ENABLE and not own_officer and entry.channel not in PAPER:
        raise Denied(
            "Only the Local Security Officer asks for a disabled account to be enabled.", code="FORM_BY_LSO_ONLY"
        )
    check_may_be_issued(entry.kind, person.state)
    await check_not_suspended_by_incident(entry.kind, person.id)
    open_states = [state for state in FormState if not state.is_final]
    if await AccessForm.exists(user_id=person.id, kind=entry.kind, state__in=open_states):
        raise Conflict("A form of this kind is open for this person.", code="FORM_OPEN")
    return person


def _is_colleague(actor: Actor, person: User) -> bool:
    """Say whether a person exists for whoever enters a form: the department's offices are no one organization.

    Its people exist for themselves, for those of their own regional office, and for the CSO, who is their LSO.
    """
    if not Organization.of(person).is_office or actor.id == person.id or Role.CSO in actor.roles:
        return True
    return person.regional_office_id is not None and person.regional_office_id == actor.regional_office_id


def _canonical(user_id: str | None) -> str:
    if not user_id:
        raise Invalid("Give the person's user ID.", code="USER_ID_REQUIRED", field="userId")
    return normalize_user_id(user_id)[1]


async def columns_of(work: Work, entry: FormEntry, organization: Organization, person: User | None) -> dict[str, Any]:
    """Give the columns of the form as it is shown and signed; call it with the series of numbers held.

    Raises:
        Invalid: a text is missing or wrong, or the statement that was accepted is not the one in force.
        Conflict: ``NO_CONTRACT``, ``EMAIL_TAKEN``.
    """
    if entry.kind is not FormKind.CHANGE:
        await check_contract(organization.provider_id, work.today)
    kind = await organization_kind(organization.provider_id, organization.facility_id)
    columns = _new_person(entry) if person is None else _known_person(entry, person)
    if person is None or columns["email"].casefold() not in ("", (person.email or "").casefold()):
        check_own_address(columns["email"])
        await check_email_is_free_here(columns["email"], organization, person=person.id if person else None)
    designation = await designation_of(organization)
    return {
        **columns,
        **_parts(entry, kind),
        "user": person,
        "provider_id": organization.provider_id,
        "facility_id": organization.facility_id,
        "regional_office_id": await office_of(organization, (person or work.actor).regional_office_id),
        "for_lso": entry.for_lso if person is None else _is_for_lso(entry.kind, person, designation),
        "confidentiality_version": await _statement_version(work, entry),
    }


def _new_person(entry: FormEntry) -> dict[str, Any]:
    if not entry.create_user_id:
        raise Invalid(
            'Mark "Create User ID and Password": without it no ID is created.',
            code="CREATE_USER_ID_MISSING",
            field="createUserId",
        )
    if entry.division is None:
        raise Invalid("Choose the division.", code="DIVISION_REQUIRED", field="division")
    return {**_texts(entry, required=True), "email": clean_email(entry.email, "email")}


def _known_person(entry: FormEntry, person: User) -> dict[str, Any]:
    """See that a CHANGE asks for something, and fill in who the person is.

    What a CHANGE leaves out stays empty: only what was entered is written to the account, which may change meanwhile.
    """
    texts = _texts(entry, required=False)
    known = {
        "first_name": person.first_name,
        "last_name": person.last_name,
        "title": person.title,
        "phone": person.phone,
        "email": person.email or "",
    }
    entered = {**texts, "email": clean_email(entry.email, "email") if entry.email.strip() else ""}
    changes = any(entered[name] not in ("", value) for name, value in known.items())
    if entry.kind is FormKind.CHANGE and not changes and not texts["change_request"]:
        raise Invalid("Say what is to be changed.", code="NOTHING_TO_CHANGE", field="changeRequest")
    # The name says on every form whom it is about; no account's name changes but by such a form, one at a time.
    filled_in = ("first_name", "last_name") if entry.kind is FormKind.CHANGE else tuple(known)
    return {name: value or (known[name] if name in filled_in else "") for name, value in entered.items()}


def _texts(entry: FormEntry, *, required: bool) -> dict[str, str]:
    return {
        "first_name": clean_text(entry.first_name, field="firstName", limit=NAME_LIMIT, required=required),
        "middle_initial": clean_text(entry.middle_initial, field="middleInitial", limit=1),
        "last_name": clean_text(entry.last_name, field="lastName", limit=NAME_LIMIT, required=required),
        "title": clean_text(entry.title, field="title", limit=NAME_LIMIT, required=required),
        "city": clean_text(entry.city, field="city", limit=60, required=required),
        "phone": clean_text(entry.phone, field="phone", limit=30, required=required),
        "change_request": clean_text(entry.change_request, field="changeRequest", limit=REASON_LIMIT, multiline=True),
    }


def _parts(entry: FormEntry, kind: OrganizationKind) -> dict[str, Any]:
    """Give what parts 4 and 5 and the additional data request say (000:59-63, 000:121)."""
    marked = entry.applications
    if marked is None:
        asks = entry.kind is FormKind.NEW or entry.tcm_supervisor
        marked = default_applications(kind, tcm_supervisor=entry.tcm_supervisor) if asks else ()
    applications = check_applications(marked, kind, tcm_supervisor=entry.tcm_supervisor)
    return {
        "kind": entry.kind,
        "channel": entry.channel,
        "division": entry.division,
        "tcm_supervisor": entry.tcm_supervisor,
        "create_user_id": entry.kind is FormKind.NEW,
        "applications": [str(one) for one in applications],
        "effective_on": entry.effective_on,
        "edition": str(edition_for(kind)),
    }


def _is_for_lso(kind: FormKind, person: User, designation: LsoDesignation | None) -> bool:
    """Say whether the director signs in the LSO's place: for the LSO in force, and to enable whom a letter names.

    Whoever submits the form has no say in it, or could spare it the LSO's signature.
    """
    if designation is None:
        return False
    if designation.user_id is None:
        named = names_this_person(designation.letter.get("lso_email", ""), person.email or "")
        return kind is FormKind.ENABLE and named
    return designation.user_id == person.id


async def office_of(organization: Organization, own: str | None) -> str | None:
    """Give the regional office on the way of a form: the provider's, the facility's, or the own of its people."""
    if organization.provider_id is not None:
        return (await Provider.get(id=organization.provider_id)).regional_office_id
    if organization.facility_id is not None:
        return (await Facility.get(code=organization.facility_id)).regional_office_id
    return own


async def _statement_version(work: Work, entry: FormEntry) -> str:
    """Check that the confidentiality statement of page 2 was the one in force (000:253)."""
    statement = await statement_in_force(work.today)
    version = statement.version if statement else ""
    if entry.confidentiality_version != version:
        raise Invalid(
            "Another version of the confidentiality statement is in force. Read that one, then accept it.",
            code="STATEMENT_OUTDATED",
            field="confidentialityVersion",
        )
    return version
