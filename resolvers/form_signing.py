"""Sign an access form here by user ID and password, or record what is signed on a paper (001:34-37, 000:125)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from orm.models import AccessForm, FormSignature, LsoDeputy, User
from resolvers.desk import EVERYONE, Reading, Work, operation
from resolvers.form_scope import (
    form_to_change,
    go_on,
    is_namesake,
    missing_signatures,
    organization_of,
    organization_of_actor,
)
from resolvers.officers import (
    Organization,
    acts_as_lso,
    designation_of,
    directors_of,
    is_director_name,
    liaisons_of,
    readers,
)
from resolvers.promises import about
from resolvers.signing import Hand, sign
from rules.access_forms import PAPER, FormSigner, FormState, needed_signatures
from rules.accounts import AccountState
from rules.calendar import local_date
from rules.errors import Conflict, Denied
from rules.form_signing import SignerFacts, check_awaits, check_paper_signature, check_signer, same_name
from rules.notices import NotificationKind
from rules.roles import Role
from rules.signatures import Meaning
from rules.text import NAME_LIMIT, clean_text

_MEANINGS: Mapping[FormSigner, Meaning] = {
    FormSigner.SUPERVISOR: Meaning.FORM_AS_SUPERVISOR,
    FormSigner.LSO: Meaning.FORM_AS_LSO,
    FormSigner.EXECUTIVE_DIRECTOR: Meaning.FORM_AS_EXECUTIVE_DIRECTOR,
}


@operation("access_form.sign", by=EVERYONE, cites="001:34-37; 000:125; 000:199-200")
async def sign_access_form(work: Work, number: int, capacity: FormSigner, hand: Hand, shown: str) -> None:
    """Sign a form over the content that was shown; with the last signature it goes to the regional office.

    Raises:
        NotFound: there is no such form for this person.
        Denied: ``NOT_THE_LSO``, ``NOT_THE_DIRECTOR``, ``NOT_OF_THIS_ORGANIZATION``, ``OWN_FORM``, ``SAME_SIGNER``.
        Conflict: ``FORM_HELD``, ``FORM_STATE``, ``SIGNATURE_NOT_NEEDED``, ``ALREADY_SIGNED``, ``FORM_CHANGED``,
            ``SIGNATURE_VOID``.
    """
    form = await form_to_change(work, number)
    work.note(capacity=str(capacity))
    given = await FormSignature.filter(form_id=form.id)
    _check_awaits(form, capacity, given)
    check_signer(capacity, await signer_facts(work, form, given))
    if shown != form.content_hash:
        raise Conflict("The form is not the one that was shown. Read it again, then sign.", code="FORM_CHANGED")
    signature = await sign(work, hand, _MEANINGS[capacity], "access_form", form.id, form.content_hash)
    await FormSignature.create(
        form_id=form.id,
        capacity=capacity,
        signature_id=signature.id,
        signer_id=work.actor.person(),
        recorded_by_id=work.actor.person(),
        at=work.now,
    )
    await _signed(work, form)


@operation("access_form.record_paper_signature", by={Role.PROVIDER_RELATIONS}, cites="001:34-44; 000:95-96")
async def record_paper_signature(work: Work, number: int, capacity: FormSigner, name: str, signed_on: date) -> None:
    """Record a signature that the regional office reads on a paper; as LSO only the officer or a deputy of that day.

    Raises:
        NotFound: there is no such form.
        Denied: ``NOT_THE_LSO``, ``NOT_THE_DIRECTOR``, ``OWN_FORM``, ``SAME_PERSON``, ``SAME_SIGNER``.
        Conflict: ``NO_PAPER``, ``FORM_HELD``, ``FORM_STATE``, ``SIGNATURE_NOT_NEEDED``, ``ALREADY_SIGNED``.
        Invalid: the name is missing, or the day is to come or too long ago.
    """
    written = clean_text(name, field="name", limit=NAME_LIMIT, required=True)
    form = await form_to_change(work, number)
    work.note(capacity=str(capacity))
    if form.channel not in PAPER:
        raise Conflict("This form came through the portal; it is signed here.", code="NO_PAPER")
    given = await FormSignature.filter(form_id=form.id)
    _check_awaits(form, capacity, given)
    check_paper_signature(
        written,
        signed_on,
        work.today,
        person=await _names_of_person(form),
        recorder=(await User.get(id=work.actor.person())).name,
        signed_by=[await _name_of(signature) for signature in given],
    )
    if capacity is FormSigner.LSO and not await _is_lso_name(written, organization_of(form), signed_on):
        raise Denied("The organization's Local Security Officer has another name.", code="NOT_THE_LSO")
    if capacity is FormSigner.EXECUTIVE_DIRECTOR and not await is_director_name(
        written, organization_of(form), but=form.user_id
    ):
        raise Denied("The organization's executive director has another name.", code="NOT_THE_DIRECTOR")
    await FormSignature.create(
        form_id=form.id,
        capacity=capacity,
        on_paper_by=written,
        on_paper_on=signed_on,
        recorded_by_id=work.actor.person(),
        at=work.now,
    )
    await _signed(work, form)


async def _signed(work: Work, form: AccessForm) -> None:
    """Send a form to the regional office once nothing is missing (000:95-96)."""
    work.touches("access_form", [form.id])
    work.ring(form.id)
    if await missing_signatures(form):
        return
    await go_on(work, form, FormState.WITH_REGIONAL_OFFICE)
    liaisons = await liaisons_of(form.regional_office_id)
    work.promise(about(readers(liaisons), NotificationKind.FORM_TO_FORWARD, form.number))


def _check_awaits(form: AccessForm, capacity: FormSigner, given: list[FormSignature]) -> None:
    needed = needed_signatures(form.kind, for_lso=form.for_lso)
    check_awaits(capacity, form.state, needed, frozenset(signature.capacity for signature in given))


async def signer_facts(work: Work | Reading, form: AccessForm, given: list[FormSignature]) -> SignerFacts:
    """Say how the caller stands to a form that is to be signed."""
    person, organization = work.actor.person(), organization_of(form)
    own_name = (await User.get(id=person)).name
    directors = await directors_of(organization, but=form.user_id)
    return SignerFacts(
        is_the_person=person == form.user_id or await is_namesake(work, form),
        of_the_organization=organization == organization_of_actor(work.actor),
        acts_as_lso=await acts_as_lso(person, organization, work.today),
        acts_as_director=any(director.id == person for director in directors),
        has_signed=any(one.signer_id == person or same_name(one.on_paper_by, own_name) for one in given),
    )


async def _name_of(signature: FormSignature) -> str:
    if signature.signer_id is None:
        return signature.on_paper_by
    return (await User.get(id=signature.signer_id)).name


async def _names_of_person(form: AccessForm) -> list[str]:
    """Give every name of whom a form is about: the one on the form, and the present one of the account."""
    names = [f"{form.first_name} {form.last_name}"]
    person = await User.filter(id=form.user_id).first() if form.user_id else None
    return [*names, person.name] if person else names


async def _is_lso_name(name: str, organization: Organization, on: date) -> bool:
    """Say whether a name is that of the LSO in force, or of a deputy who stood in on the day of the paper.

    Their accounts are in use today, and the paper is no older than the designation.
    """
    designation = await designation_of(organization)
    if designation is None or designation.user_id is None or on < local_date(designation.begins_at):
        return False
    deputies = await LsoDeputy.filter(
        designation_id=designation.id, ended_at=None, begins_on__lte=on, ends_on__gte=on
    ).values_list("user_id", flat=True)
    people = await User.filter(id__in=[designation.user_id, *deputies], state=AccountState.ACTIVE)
    return any(same_name(name, person.name) for person in people)
