"""What is shown of access forms: one, the queue of an office, and the copy to print (000:95-131, 001:8-44)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from orm.models import AccessForm, Facility, FormSignature, Provider, ProviderKind, RegionalOffice, ReviewFinding, User
from resolvers.desk import EVERYONE, Reading, access
from resolvers.form_copy import CopyContent, CopySignature, printed_form
from resolvers.form_scope import no_such_form, sees_form
from resolvers.numbers import LAST_NUMBER
from resolvers.referral_shapes import ProviderRef
from rules.access_forms import Application, Channel, FormKind, FormSigner, FormState, needed_signatures
from rules.calendar import local_date
from rules.form_entries import Edition, LiaisonKind, liaison_for, printed_part
from rules.organizations import Division


@dataclass(slots=True)
class FormSignatureView:
    """A signature on a form."""

    capacity: FormSigner
    signer_name: str
    on_paper: bool
    signed_on: date
    at: datetime


@dataclass(slots=True)
class MarkedApplicationView:
    """An application that is marked "Add", and where it stands on the printed form."""

    application: Application
    printed_part: str


@dataclass(slots=True)
class PrintedFormView:
    """The copy to print."""

    html: str
    content_hash: str


@dataclass(slots=True)
class AccessFormView:
    """An access form as it is shown."""

    id: UUID
    number: int
    kind: FormKind
    state: FormState
    state_since: datetime
    user_id: str | None
    first_name: str
    middle_initial: str
    last_name: str
    title: str
    city: str
    phone: str
    email: str
    division: Division | None
    provider: ProviderRef | None
    facility_code: str | None
    organization: str
    regional_office: str | None
    liaison: LiaisonKind
    for_lso: bool
    tcm_supervisor: bool
    create_user_id: bool
    applications: list[MarkedApplicationView]
    change_request: str
    effective_on: date | None
    edition: Edition
    channel: Channel
    confidentiality_version: str
    content_hash: str
    submitted_at: datetime
    submitted_by: str | None
    forwarded_at: datetime | None
    issued_at: datetime | None
    released_at: datetime | None
    returned_why: str
    signatures: list[FormSignatureView]
    missing: list[FormSigner]
    finding_number: int | None
    printed: PrintedFormView | None


@access("access_form.view", by=EVERYONE, cites="000:57-131; 001:40")
async def view_access_form(reading: Reading, number: int, *, wanted: frozenset[str] = frozenset()) -> AccessFormView:
    """Show a form to whoever it exists for; ``wanted`` are the paths that were asked for.

    Raises:
        NotFound: ``FORM_NOT_FOUND``; there is no such form for this person.
    """
    form = await AccessForm.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    if form is None or not await sees_form(reading.actor, form, reading.today):
        raise no_such_form()
    reading.about("access_form", form.id)
    reading.note(number=number)
    reading.shows("access_form", [form.id], wanted)
    [view] = await views_of([form], printed="printed" in wanted)
    return view


async def views_of(forms: Sequence[AccessForm], *, printed: bool) -> list[AccessFormView]:
    """Show forms, with one question for each kind of record that they name."""
    if not forms:
        return []
    signatures = await FormSignature.filter(form_id__in=[form.id for form in forms])
    signatures = sorted(signatures, key=lambda one: list(FormSigner).index(one.capacity))
    people = await _people(forms, signatures)
    providers = {
        one.id: one for one in await Provider.filter(id__in=list({form.provider_id for form in forms} - {None}))
    }
    facilities = {
        one.code: one for one in await Facility.filter(code__in=list({form.facility_id for form in forms} - {None}))
    }
    offices = {
        one.code: one
        for one in await RegionalOffice.filter(code__in=list({form.regional_office_id for form in forms} - {None}))
    }
    findings = {one.form_id: one.number for one in await ReviewFinding.filter(form_id__in=[form.id for form in forms])}
    views = []
    for form in forms:
        provider = providers.get(form.provider_id) if form.provider_id else None
        facility = facilities.get(form.facility_id) if form.facility_id else None
        office = offices.get(form.regional_office_id) if form.regional_office_id else None
        own = [one for one in signatures if one.form_id == form.id]
        view = _view(form, own, people, provider, facility, office)
        view.finding_number = findings.get(form.id)
        if printed:
            view.printed = PrintedFormView(printed_form(_copy(view, office)), form.content_hash)
        views.append(view)
    return views


def _keys(keys: Iterable[Any]) -> list[Any]:
    return list({key for key in keys if key is not None})


async def _people(forms: Sequence[AccessForm], signatures: Sequence[FormSignature]) -> dict[UUID, User]:
    keys = [key for form in forms for key in (form.user_id, form.submitted_by_id)]
    keys += [signature.signer_id for signature in signatures]
    return {one.id: one for one in await User.filter(id__in=_keys(keys))}


def _view(
    form: AccessForm,
    signatures: Sequence[FormSignature],
    people: Mapping[UUID, User],
    provider: Provider | None,
    facility: Facility | None,
    office: RegionalOffice | None,
) -> AccessFormView:
    edition = _edition(form, provider)
    given = {signature.capacity for signature in signatures}
    person = people.get(form.user_id) if form.user_id else None
    submitter = people.get(form.submitted_by_id) if form.submitted_by_id else None
    return AccessFormView(
        id=form.id,
        number=form.number,
        kind=form.kind,
        state=form.state,
        state_since=form.state_since,
        user_id=person.user_id if person else None,
        first_name=form.first_name,
        middle_initial=form.middle_initial,
        last_name=form.last_name,
        title=form.title,
        city=form.city,
        phone=form.phone,
        email=form.email,
        division=form.division,
        provider=ProviderRef(provider.id, provider.name) if provider else None,
        facility_code=form.facility_id,
        organization=provider.name if provider else facility.name if facility else "Department of Mental Health",
        regional_office=office.name if office else None,
        liaison=liaison_for(edition),
        for_lso=form.for_lso,
        tcm_supervisor=form.tcm_supervisor,
        create_user_id=form.create_user_id,
        applications=[
            MarkedApplicationView(Application(one), printed_part(Application(one), edition))
            for one in form.applications
        ],
        change_request=form.change_request,
        effective_on=form.effective_on,
        edition=edition,
        channel=form.channel,
        confidentiality_version=form.confidentiality_version,
        content_hash=form.content_hash,
        submitted_at=form.submitted_at,
        submitted_by=submitter.name if submitter else None,
        forwarded_at=form.forwarded_at,
        issued_at=form.issued_at,
        released_at=form.released_at,
        returned_why=form.returned_why,
        signatures=[_signature(one, people) for one in signatures],
        missing=sorted(needed_signatures(form.kind, for_lso=form.for_lso) - given) if form.state.awaits_signers else [],
        finding_number=None,
        printed=None,
    )


def _edition(form: AccessForm, provider: Provider | None) -> Edition:
    """Give the edition of a form; those that the house writes itself name none."""
    if form.edition:
        return Edition(form.edition)
    is_tcm = provider is not None and provider.kind is ProviderKind.TARGETED_CASE_MANAGEMENT
    return Edition.TCM if is_tcm else Edition.RESIDENTIAL


def _marked(application: Application, edition: Edition) -> MarkedApplicationView:
    return MarkedApplicationView(application, printed_part(application, edition))


def _signature(signature: FormSignature, people: Mapping[UUID, User]) -> FormSignatureView:
    signer = people.get(signature.signer_id) if signature.signer_id else None
    return FormSignatureView(
        capacity=signature.capacity,
        signer_name=signer.name if signer else signature.on_paper_by,
        on_paper=signature.signer_id is None,
        signed_on=signature.on_paper_on or local_date(signature.at),
        at=signature.at,
    )


def _copy(view: AccessFormView, office: RegionalOffice | None) -> CopyContent:
    """Say what the printed copy says; a line is left for each signature that is missing."""
    lines = [CopySignature(one.capacity, one.signer_name, one.signed_on) for one in view.signatures]
    lines += [CopySignature(capacity, None, None) for capacity in view.missing]
    send_to = (office.name, office.address, office.city, office.phone) if office else ("Your regional office",)
    liaison = "TCM TAC liaison" if view.liaison is LiaisonKind.TCM_TAC else "Provider Relations liaison"
    return CopyContent(
        number=view.number,
        kind=view.kind,
        edition=view.edition,
        user_id=view.user_id,
        last_name=view.last_name,
        first_name=view.first_name,
        middle_initial=view.middle_initial,
        title=view.title,
        city=view.city,
        phone=view.phone,
        email=view.email,
        division=str(view.division) if view.division else None,
        organization=view.organization,
        change_request=view.change_request,
        effective_on=view.effective_on,
        tcm_supervisor=view.tcm_supervisor,
        for_lso=view.for_lso,
        create_user_id=view.create_user_id,
        applications=tuple(one.application for one in view.applications),
        confidentiality_version=view.confidentiality_version,
        submitted_on=local_date(view.submitted_at),
        signatures=tuple(lines),
        send_to=tuple(line for line in send_to if line),
        liaison=liaison,
        content_hash=view.content_hash,
    )
