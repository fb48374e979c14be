"""Access forms at each desk, as rows: for tests that only need one to be there."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

from orm.models import AccessForm, FormSignature, User
from resolvers.callers import Caller
from resolvers.form_entry import FormEntry
from resolvers.form_scope import hash_of_form
from resolvers.lso import LetterEntry, NewLso
from resolvers.officers import Organization
from rules.access_forms import Channel, FormKind, FormSigner, FormState
from rules.organizations import Division
from tests.world.office import designated
from tests.world.world import STATEMENT, World

PAPER_FORM, SIGNED_FORM, FORWARDED_FORM, ISSUED_FORM = 11, 12, 13, 14
"""Numbers that the series never gives."""

LETTER_ON_PAPER = NewLso(
    LetterEntry(
        date(2026, 3, 1),
        organization="Example Home",
        address="2 Invented Street",
        city_state_zip="Sampleton, MO 00000",
        phone="555-0110",
        fax="555-0111",
        regional_office="Example Office",
        regional_office_address="1 Office Square, Sampleton",
        lso_name="New Officer",
        lso_email="new.officer@example.org",
    ),
    Channel.FAX,
    director_name="A Director",
)


def newcomer(**changes: object) -> FormEntry:
    """Describe a NEW form of a person of the own organization, complete."""
    entry: dict[str, object] = {
        "kind": FormKind.NEW,
        "first_name": "Nova",
        "last_name": "Newcomer",
        "title": "Support Coordinator",
        "city": "Sampleton",
        "phone": "555-0142",
        "email": "nova.newcomer@example.org",
        "division": Division.MRDD,
        "confidentiality_version": STATEMENT,
    }
    return FormEntry(**{**entry, **changes})  # type: ignore[arg-type]


async def plant_forms(world: World, provider_id: UUID, person: Caller) -> None:
    """Plant a form at each desk, and a designation that names somebody without a user ID."""
    await designated(world, Organization(provider_id=provider_id), None)
    await _form(world, provider_id, PAPER_FORM, FormState.AWAITING_SIGNATURES)
    await _form(world, provider_id, SIGNED_FORM, FormState.WITH_REGIONAL_OFFICE)
    await _form(world, provider_id, FORWARDED_FORM, FormState.WITH_OA)
    await _form(world, provider_id, ISSUED_FORM, FormState.ISSUED, await User.get(id=person.actor.id))


async def _form(world: World, provider_id: UUID, number: int, state: FormState, person: User | None = None) -> None:
    now = world.clock()
    form = AccessForm(
        id=uuid4(),
        number=number,
        kind=FormKind.NEW,
        state=state,
        state_since=now,
        first_name="Nova",
        last_name=f"Newcomer{number}",
        title="Support Coordinator",
        city="Sampleton",
        phone="555-0142",
        email=f"newcomer{number}@example.org",
        division=Division.MRDD,
        provider_id=provider_id,
        create_user_id=True,
        edition="RESIDENTIAL",
        channel=Channel.FAX,
        confidentiality_version=STATEMENT,
        user=person,
        submitted_at=now,
        issued_at=now if state is FormState.ISSUED else None,
        forwarded_at=now if state in (FormState.WITH_OA, FormState.ISSUED) else None,
    )
    form.content_hash = hash_of_form(form)
    await form.save(force_create=True)
    if state is FormState.AWAITING_SIGNATURES:
        return
    for capacity, name in ((FormSigner.SUPERVISOR, "A Supervisor"), (FormSigner.LSO, "An Officer")):
        await FormSignature.create(
            form_id=form.id,
            capacity=capacity,
            on_paper_by=name,
            on_paper_on=date(2026, 3, 1),
            recorded_by_id=uuid4(),
            at=now,
        )
