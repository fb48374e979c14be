"""Access forms: entered, signed by the right people, held without an LSO, forwarded (000:57-131, 001:8-44)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from orm.models import (
    AccessForm,
    Contract,
    FormSignature,
    ProviderKind,
    Signature,
    StatementText,
    User,
)
from resolvers.access_form_queue import FormFilter, list_access_forms
from resolvers.access_form_views import view_access_form
from resolvers.access_forms import (
    forward_access_form,
    return_access_form,
    submit_access_form,
    withdraw_access_form,
)
from resolvers.callers import Caller
from resolvers.form_entry import FormEntry
from resolvers.form_scope import hash_of_form
from resolvers.form_signing import record_paper_signature, sign_access_form
from resolvers.officers import Organization
from resolvers.revocation import Revocation, revoke_access
from rules.access_forms import Application, Channel, FormKind, FormSigner, FormState
from rules.accounts import AccountState
from rules.errors import Conflict, Denied, Invalid, NotFound
from rules.form_entries import LiaisonKind
from rules.leaving import RevocationReason
from rules.notices import NotificationKind
from rules.organizations import Division
from rules.roles import Role
from rules.signatures import Meaning
from rules.statements import StatementKind
from tests.world.forms import newcomer
from tests.world.office import Office, at_facility, designated, hand, told
from tests.world.refusals import refused
from tests.world.world import STATEMENT, World

SUPERVISOR, LSO, DIRECTOR = FormSigner.SUPERVISOR, FormSigner.LSO, FormSigner.EXECUTIVE_DIRECTOR


async def row(number: int) -> AccessForm:
    return await AccessForm.get(number=number)


async def signs(who: Caller, number: int, capacity: FormSigner) -> None:
    await sign_access_form(who, number, capacity, await hand(who), (await row(number)).content_hash)


async def signed(office: Office, **changes: object) -> int:
    """Submit a form of a new person and have it signed."""
    number = await submit_access_form(office.supervisor, newcomer(**changes))
    await signs(office.supervisor, number, SUPERVISOR)
    await signs(office.lso, number, LSO)
    return number


def change_of(who: Caller, **changes: object) -> FormEntry:
    entry: dict[str, Any] = {"kind": FormKind.CHANGE, "user_id": who.actor.label, "confidentiality_version": STATEMENT}
    return FormEntry(**{**entry, **changes})


@pytest.mark.requirement("CPF-01")
@pytest.mark.requirement("CPF-02")
@pytest.mark.requirement("CPF-06")
@pytest.mark.requirement("CPF-15")
async def test_a_form_keeps_what_its_pages_ask_for_and_waits_for_signatures(world: World) -> None:
    office = await Office.of(world)
    number = await submit_access_form(office.employee, newcomer(middle_initial="Q", email="nova@Example.ORG"))

    form = await row(number)
    assert (form.first_name, form.middle_initial, form.last_name) == ("Nova", "Q", "Newcomer")
    assert (form.title, form.city, form.phone) == ("Support Coordinator", "Sampleton", "555-0142")
    assert (form.email, form.division) == ("nova@example.org", Division.MRDD)
    assert (form.provider_id, form.regional_office_id) == (office.provider_id, office.regional_office)
    assert (form.state, form.create_user_id, form.channel) == (FormState.AWAITING_SIGNATURES, True, Channel.PORTAL)
    assert form.confidentiality_version == STATEMENT
    assert form.content_hash == hash_of_form(form)
    assert (NotificationKind.FORM_TO_SIGN, number) in await told(office.lso)
    entry = (await world.entries("access_form.submit"))[-1]
    assert entry.facts["number"] == number
    assert "Nova" not in str(entry.facts)
    assert "nova" not in str(entry.facts)


@pytest.mark.requirement("CPF-03")
@pytest.mark.requirement("CPF-04")
@pytest.mark.requirement("CPF-05")
@pytest.mark.requirement("POL-17")
@pytest.mark.parametrize(
    ("kind", "supervisor", "marked"),
    [
        (ProviderKind.TARGETED_CASE_MANAGEMENT, False, [("CONSUMER_REFERRALS", "Part 4, second section")]),
        (
            ProviderKind.TARGETED_CASE_MANAGEMENT,
            True,
            [("CONSUMER_REFERRALS", "Part 4, second section"), ("DATA_ENTRY", "Part 5"), ("REVIEWER", "Part 5")],
        ),
        (ProviderKind.RESIDENTIAL, False, [("CONSUMER_REFERRALS", "Part 5")]),
        (ProviderKind.OTHER, False, []),
    ],
)
async def test_what_the_documents_mark_is_marked_and_printed_where_the_edition_has_it(
    world: World,
    kind: ProviderKind,
    supervisor: bool,
    marked: list[tuple[str, str]],
) -> None:
    office = await Office.of(world, kind)
    number = await submit_access_form(office.supervisor, newcomer(tcm_supervisor=supervisor))
    shown = await view_access_form(office.supervisor, number)
    assert [(str(one.application), one.printed_part) for one in shown.applications] == marked


@pytest.mark.requirement("POL-30")
async def test_the_liaison_who_hands_out_the_user_id_follows_from_the_kind_of_provider(world: World) -> None:
    for kind, liaison in (
        (ProviderKind.TARGETED_CASE_MANAGEMENT, LiaisonKind.TCM_TAC),
        (ProviderKind.RESIDENTIAL, LiaisonKind.PROVIDER_RELATIONS),
    ):
        office = await Office.of(world, kind)
        number = await submit_access_form(office.lso, newcomer(email=f"{liaison.lower()}@example.org"))
        assert (await view_access_form(office.lso, number)).liaison is liaison


@pytest.mark.requirement("CPF-07")
@pytest.mark.requirement("CPF-08")
@pytest.mark.requirement("LSO-15")
@pytest.mark.requirement("POL-18")
async def test_with_supervisor_and_lso_signed_the_form_goes_to_the_liaisons_of_its_office(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    number = await submit_access_form(office.employee, newcomer())

    await signs(office.supervisor, number, SUPERVISOR)
    assert (await row(number)).state is FormState.AWAITING_SIGNATURES
    await signs(office.lso, number, LSO)

    form = await row(number)
    assert form.state is FormState.WITH_REGIONAL_OFFICE
    assert await told(office.liaison) == [(NotificationKind.FORM_TO_FORWARD, number)]
    assert await told(other.liaison) == []
    rows = await Signature.filter(about_id=form.id).order_by("meaning")
    assert [(one.meaning, one.signer_id, one.content_hash) for one in rows] == [
        (Meaning.FORM_AS_LSO, office.lso.actor.id, form.content_hash),
        (Meaning.FORM_AS_SUPERVISOR, office.supervisor.actor.id, form.content_hash),
    ]


@pytest.mark.requirement("LSO-12")
async def test_a_deputy_signs_as_lso_on_the_days_of_the_appointment_only(world: World) -> None:
    office = await Office.of(world)
    number = await submit_access_form(office.employee, newcomer())
    form = await row(number)

    for before, may in ((6, False), (1, True), (4, True), (1, False)):
        world.clock.forward(days=before)
        proof = await hand(office.deputy)
        attempt = sign_access_form(office.deputy, number, LSO, proof, form.content_hash)
        if may:
            await attempt
            await FormSignature.filter(form_id=form.id).count()
            number = await submit_access_form(office.employee, newcomer(email=f"next{before}@example.org"))
            form = await row(number)
        else:
            await refused(attempt, Denied, "NOT_THE_LSO", "access_form.sign")


@pytest.mark.requirement("CPF-08")
async def test_the_wrong_person_in_the_wrong_capacity_signs_nothing(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    number = await submit_access_form(office.employee, newcomer())
    shown = (await row(number)).content_hash

    async def tries(who: Caller, capacity: FormSigner, kind: Any, code: str) -> None:
        proof = await hand(who)
        await refused(sign_access_form(who, number, capacity, proof, shown), kind, code, "access_form.sign")

    await tries(office.employee, LSO, Denied, "NOT_THE_LSO")
    await tries(office.director, LSO, Denied, "NOT_THE_LSO")
    await tries(other.lso, LSO, NotFound, "FORM_NOT_FOUND")
    await tries(office.cso, LSO, Denied, "NOT_THE_LSO")
    await tries(office.liaison, SUPERVISOR, Denied, "NOT_OF_THIS_ORGANIZATION")
    await tries(office.director, DIRECTOR, Conflict, "SIGNATURE_NOT_NEEDED")
    await signs(office.lso, number, SUPERVISOR)
    await tries(office.lso, LSO, Denied, "SAME_SIGNER")
    await tries(office.supervisor, SUPERVISOR, Conflict, "ALREADY_SIGNED")


async def test_nobody_signs_their_own_form_and_the_lso_is_signed_for_by_the_director(world: World) -> None:
    office = await Office.of(world)
    own = await submit_access_form(office.employee, change_of(office.employee, title="Team Lead"))
    proof = await hand(office.employee)
    shown = (await row(own)).content_hash
    await refused(
        sign_access_form(office.employee, own, SUPERVISOR, proof, shown), Denied, "OWN_FORM", "access_form.sign"
    )

    of_lso = await submit_access_form(office.lso, change_of(office.lso, title="Officer"))
    assert (await row(of_lso)).for_lso
    assert (await view_access_form(office.lso, of_lso)).missing == [DIRECTOR, SUPERVISOR]
    await signs(office.director, of_lso, DIRECTOR)
    await signs(office.supervisor, of_lso, SUPERVISOR)
    assert (await row(of_lso)).state is FormState.WITH_REGIONAL_OFFICE


async def test_without_another_director_the_cso_signs_for_the_organization(world: World) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    await designated(world, office.organization, office.director)
    number = await submit_access_form(office.director, change_of(office.director, title="Officer"))
    shown = (await row(number)).content_hash
    proof = await hand(office.director)
    await refused(
        sign_access_form(office.director, number, DIRECTOR, proof, shown),
        Denied,
        "NOT_THE_DIRECTOR",
        "access_form.sign",
    )
    await signs(office.cso, number, DIRECTOR)
    assert await FormSignature.exists(capacity=DIRECTOR, signer_id=office.cso.actor.id)


async def test_a_signature_over_other_content_or_with_another_hand_is_void(world: World) -> None:
    office = await Office.of(world)
    number = await submit_access_form(office.employee, newcomer())
    shown = (await row(number)).content_hash
    proof = await hand(office.lso)
    await refused(
        sign_access_form(office.lso, number, LSO, proof, "0" * 64), Conflict, "FORM_CHANGED", "access_form.sign"
    )
    foreign = await hand(office.supervisor)
    await refused(
        sign_access_form(office.lso, number, LSO, foreign, shown), Denied, "SIGNER_IS_ANOTHER", "access_form.sign"
    )


@pytest.mark.requirement("LSO-12")
@pytest.mark.requirement("CPF-16")
async def test_without_an_lso_a_form_is_held_and_nothing_can_be_signed(world: World) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    number = await submit_access_form(office.employee, newcomer())

    assert (await row(number)).state is FormState.AWAITING_LSO
    proof = await hand(office.supervisor)
    shown = (await row(number)).content_hash
    await refused(
        sign_access_form(office.supervisor, number, SUPERVISOR, proof, shown), Conflict, "FORM_HELD", "access_form.sign"
    )
    await refused(forward_access_form(office.liaison, number), Conflict, "FORM_UNSIGNED", "access_form.forward")
    of_new_lso = await submit_access_form(office.director, newcomer(email="officer@example.org", for_lso=True))
    assert (await row(of_new_lso)).state is FormState.AWAITING_SIGNATURES


@pytest.mark.requirement("CPF-16")
@pytest.mark.requirement("LSO-01")
@pytest.mark.parametrize(("ends", "may"), [(date(2026, 3, 2), True), (date(2026, 3, 1), False)])
async def test_new_people_come_only_while_the_contract_is_in_force(
    world: World,
    ends: date,
    may: bool,
) -> None:
    office = await Office.of(world)
    await Contract.filter(provider_id=office.provider_id).update(ends_on=ends)
    attempt = submit_access_form(office.employee, newcomer())
    if may:
        assert await attempt
    else:
        await refused(attempt, Conflict, "NO_CONTRACT", "access_form.submit")
        assert await submit_access_form(office.employee, change_of(office.employee, title="Team Lead"))


@pytest.mark.requirement("CPF-15")
async def test_an_address_belongs_to_one_person_among_accounts_and_open_forms(world: World) -> None:
    office = await Office.of(world)
    employee = await User.get(id=office.employee.actor.person())
    await refused(
        submit_access_form(office.lso, newcomer(email=f"{employee.email}".upper())),
        Conflict,
        "EMAIL_TAKEN",
        "access_form.submit",
    )
    number = await submit_access_form(office.lso, newcomer())
    again = newcomer(email="NOVA.newcomer@example.org")
    await refused(submit_access_form(office.lso, again), Conflict, "EMAIL_TAKEN", "access_form.submit")
    await withdraw_access_form(office.lso, number)
    assert await submit_access_form(office.lso, again)

    await User.filter(id=employee.id).update(state=AccountState.DELETED)
    assert await submit_access_form(office.lso, newcomer(email=str(employee.email)))


@pytest.mark.requirement("CPF-15")
@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"email": "office@example.org"}, "EMAIL_SHARED", "email"),
        ({"email": "nobody"}, "EMAIL_MALFORMED", "email"),
        ({"first_name": " "}, "TEXT_REQUIRED", "firstName"),
        ({"last_name": ""}, "TEXT_REQUIRED", "lastName"),
        ({"title": ""}, "TEXT_REQUIRED", "title"),
        ({"city": ""}, "TEXT_REQUIRED", "city"),
        ({"phone": ""}, "TEXT_REQUIRED", "phone"),
        ({"middle_initial": "Qu"}, "TEXT_TOO_LONG", "middleInitial"),
        ({"division": None}, "DIVISION_REQUIRED", "division"),
        ({"create_user_id": False}, "CREATE_USER_ID_MISSING", "createUserId"),
        ({"user_id": "NOVA"}, "USER_ID_NOT_YET", "userId"),
        ({"confidentiality_version": "1999-1"}, "STATEMENT_OUTDATED", "confidentialityVersion"),
        ({"channel": Channel.FAX}, "CHANNEL_NOT_YOURS", "channel"),
        ({"channel": Channel.HOUSE}, "CHANNEL_NOT_YOURS", "channel"),
        ({"applications": (Application.REVIEWER,)}, "SUPERVISORS_ONLY", "applications"),
        ({"kind": FormKind.REVOKE}, "USE_REVOKE_ACCESS", "kind"),
        ({"kind": FormKind.CHANGE}, "USER_ID_REQUIRED", "userId"),
        ({"kind": FormKind.CHANGE, "user_id": "?"}, "USER_ID_MALFORMED", "userId"),
    ],
)
async def test_what_cannot_be_entered_is_refused_with_its_field(
    world: World, changes: dict[str, Any], code: str, field: str
) -> None:
    office = await Office.of(world)
    no = await refused(submit_access_form(office.lso, newcomer(**changes)), Invalid, code, "access_form.submit")
    assert no.field == field


@pytest.mark.requirement("CPF-12")
async def test_a_form_that_revokes_is_sent_to_the_act_that_cuts_at_once(world: World) -> None:
    office = await Office.of(world)
    revoke = change_of(office.employee, kind=FormKind.REVOKE)
    no = await refused(submit_access_form(office.lso, revoke), Invalid, "USE_REVOKE_ACCESS", "access_form.submit")
    assert "revokeAccess" in no.message


async def test_the_statement_that_was_read_is_the_one_in_force(world: World) -> None:
    office = await Office.of(world)
    await StatementText.create(
        kind=StatementKind.CONFIDENTIALITY, version="2026-2", text="Newer.", effective_from=date(2026, 3, 2)
    )
    await refused(submit_access_form(office.lso, newcomer()), Invalid, "STATEMENT_OUTDATED", "access_form.submit")
    assert await submit_access_form(office.lso, newcomer(confidentiality_version="2026-2"))


async def test_people_of_another_organization_do_not_exist_for_a_form(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    await refused(
        submit_access_form(office.lso, newcomer(provider_id=other.provider_id)),
        NotFound,
        "ORGANIZATION_NOT_FOUND",
        "access_form.submit",
    )
    await refused(
        submit_access_form(office.lso, change_of(other.employee, title="Team Lead")),
        NotFound,
        "PERSON_NOT_FOUND",
        "access_form.submit",
    )
    await refused(
        submit_access_form(office.lso, change_of(office.employee, user_id="NOBODY", title="Team Lead")),
        NotFound,
        "PERSON_NOT_FOUND",
        "access_form.submit",
    )


async def test_a_change_asks_for_something_and_is_open_once(world: World) -> None:
    office = await Office.of(world)
    await refused(
        submit_access_form(office.employee, change_of(office.employee)),
        Invalid,
        "NOTHING_TO_CHANGE",
        "access_form.submit",
    )
    number = await submit_access_form(office.employee, change_of(office.employee, change_request="Dual access."))
    person = await User.get(id=office.employee.actor.person())
    form = await row(number)
    assert (form.first_name, form.last_name) == (person.first_name, person.last_name)
    assert (form.title, form.phone, form.email) == ("", "", ""), "what is left out stays as it is"
    assert form.applications == []
    await refused(
        submit_access_form(office.lso, change_of(office.employee, title="Team Lead")),
        Conflict,
        "FORM_OPEN",
        "access_form.submit",
    )


@pytest.mark.requirement("ACC-19")
@pytest.mark.requirement("ACC-09")
async def test_enabling_is_asked_for_by_the_lso_for_a_disabled_account_only(world: World) -> None:
    office = await Office.of(world)
    enable = change_of(office.employee, kind=FormKind.ENABLE)
    await refused(submit_access_form(office.lso, enable), Conflict, "NOT_DISABLED", "access_form.submit")
    await User.filter(id=office.employee.actor.id).update(state=AccountState.DISABLED)
    await refused(submit_access_form(office.supervisor, enable), Denied, "FORM_BY_LSO_ONLY", "access_form.submit")
    change = change_of(office.employee, title="Team Lead")
    await refused(submit_access_form(office.lso, change), Conflict, "ENABLE_FIRST", "access_form.submit")
    number = await submit_access_form(office.lso, enable)
    assert (await view_access_form(office.lso, number)).missing == [LSO]
    await withdraw_access_form(office.lso, number)

    await User.filter(id=office.employee.actor.id).update(state=AccountState.DELETED)
    await refused(submit_access_form(office.lso, enable), Conflict, "ID_DELETED", "access_form.submit")


@pytest.mark.requirement("CPF-10")
@pytest.mark.requirement("POL-19")
async def test_papers_are_recorded_by_the_regional_office_with_the_names_that_stand_on_them(world: World) -> None:
    office, today = await Office.of(world), date(2026, 3, 2)
    entry = newcomer(channel=Channel.FAX, provider_id=office.provider_id)
    number = await submit_access_form(office.liaison, entry)
    record, act = record_paper_signature, "access_form.record_paper_signature"
    lso = (await User.get(id=office.lso.actor.person())).name

    attempt = record(office.liaison, number, SUPERVISOR, "A Supervisor", today + timedelta(days=1))
    await refused(attempt, Invalid, "SIGNED_IN_FUTURE", act)
    await refused(record(office.liaison, number, SUPERVISOR, " ", today), Invalid, "TEXT_REQUIRED", act)
    await refused(record(office.liaison, number, SUPERVISOR, "nova  newcomer", today), Denied, "OWN_FORM", act)
    await refused(record(office.liaison, number, LSO, "Somebody Else", today), Denied, "NOT_THE_LSO", act)
    await record(office.liaison, number, SUPERVISOR, "A Supervisor", today)
    await refused(record(office.liaison, number, LSO, "a SUPERVISOR", today), Denied, "SAME_SIGNER", act)
    await record(office.liaison, number, LSO, lso.upper(), today)

    assert (await row(number)).state is FormState.WITH_REGIONAL_OFFICE
    shown = await view_access_form(office.liaison, number)
    assert [(one.capacity, one.signer_name, one.on_paper) for one in shown.signatures] == [
        (SUPERVISOR, "A Supervisor", True),
        (LSO, lso.upper(), True),
    ]
    portal = await submit_access_form(office.lso, newcomer(email="other@example.org"))
    await refused(record(office.liaison, portal, SUPERVISOR, "A Supervisor", today), Conflict, "NO_PAPER", act)


async def test_a_paper_of_a_deputy_counts_when_it_was_signed_on_a_day_of_the_deputy(world: World) -> None:
    office = await Office.of(world)
    number = await submit_access_form(office.liaison, newcomer(channel=Channel.MAIL, provider_id=office.provider_id))
    world.clock.forward(days=14)
    name = (await User.get(id=office.deputy.actor.person())).name
    act = "access_form.record_paper_signature"
    for day, may in ((8, False), (14, False), (13, True)):
        attempt = record_paper_signature(office.liaison, number, LSO, name, date(2026, 3, day))
        if may:
            await attempt
        else:
            await refused(attempt, Denied, "NOT_THE_LSO", act)


@pytest.mark.requirement("CPF-11")
@pytest.mark.requirement("LSO-03")
async def test_the_regional_office_forwards_a_signed_form_and_no_other(world: World) -> None:
    office = await Office.of(world)
    unsigned = await submit_access_form(office.employee, newcomer(email="other@example.org"))
    no = await refused(forward_access_form(office.liaison, unsigned), Conflict, "FORM_UNSIGNED", "access_form.forward")
    assert "Local Security Officer" in no.message
    assert "supervisor" in no.message
    number = await signed(office)

    await forward_access_form(office.liaison, number)

    form = await row(number)
    assert (form.state, form.forwarded_by_id) == (FormState.WITH_OA, office.liaison.actor.id)
    assert await told(office.oa) == [(NotificationKind.FORM_TO_CARRY_OUT, number)]
    await refused(forward_access_form(office.liaison, number), Conflict, "FORM_STATE", "access_form.forward")
    await refused(forward_access_form(office.liaison, 999), NotFound, "FORM_NOT_FOUND", "access_form.forward")
    await refused(forward_access_form(office.liaison, 2**40), NotFound, "FORM_NOT_FOUND", "access_form.forward")


async def test_the_form_of_a_new_lso_is_forwarded_only_with_the_letter_that_names_them(world: World) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    number = await submit_access_form(office.director, newcomer(email="First.Last@example.org", for_lso=True))
    await signs(office.director, number, DIRECTOR)
    await signs(office.supervisor, number, SUPERVISOR)
    await refused(forward_access_form(office.liaison, number), Conflict, "LETTER_MISSING", "access_form.forward")
    await designated(world, office.organization, None)
    await forward_access_form(office.liaison, number)


async def test_a_form_comes_back_with_a_reason_from_the_desk_where_it_is(world: World) -> None:
    office = await Office.of(world)
    number = await signed(office)
    act = "access_form.return"
    await refused(return_access_form(office.oa, number, "No."), NotFound, "FORM_NOT_FOUND", act)
    await refused(return_access_form(office.liaison, number, " "), Invalid, "TEXT_REQUIRED", act)
    await forward_access_form(office.liaison, number)
    await refused(return_access_form(office.liaison, number, "Too late."), Conflict, "FORM_STATE", act)

    await return_access_form(office.oa, number, "The phone number is not right.")

    form = await row(number)
    assert (form.state, form.returned_why) == (FormState.RETURNED, "The phone number is not right.")
    assert (NotificationKind.FORM_RETURNED, number) in await told(office.supervisor)
    assert (NotificationKind.FORM_RETURNED, number) in await told(office.lso)
    letters = await world.letters(kind=NotificationKind.FORM_RETURNED)
    assert "phone number" not in str([letter.facts for letter in letters])
    await refused(return_access_form(office.oa, number, "Again."), Conflict, "FORM_STATE", act)


async def test_the_officer_who_is_asked_to_sign_may_send_it_back_and_a_colleague_may_not(world: World) -> None:
    office, act = await Office.of(world), "access_form.return"
    number = await submit_access_form(office.supervisor, newcomer())
    for who in (office.supervisor, office.employee, office.director, office.deputy):
        await refused(return_access_form(who, number, "No."), Denied, "NOT_YOUR_DESK", act)
    await return_access_form(office.lso, number, "We do not know this person.")
    assert (await row(number)).state is FormState.RETURNED
    assert (NotificationKind.FORM_RETURNED, number) in await told(office.supervisor)

    of_lso = await submit_access_form(office.lso, change_of(office.lso, title="Officer"))
    await refused(return_access_form(office.lso, of_lso, "No."), Denied, "NOT_YOUR_DESK", act)
    await return_access_form(office.director, of_lso, "Not now.")
    later = await signed(office, email="later@example.org")
    await refused(return_access_form(office.lso, later, "Too late."), Denied, "NOT_YOUR_DESK", act)


async def test_only_whoever_submitted_a_form_takes_it_back_before_it_has_left(world: World) -> None:
    office = await Office.of(world)
    number = await signed(office)
    act = "access_form.withdraw"
    await refused(withdraw_access_form(office.lso, number), Denied, "NOT_YOUR_FORM", act)
    await withdraw_access_form(office.supervisor, number)
    assert (await row(number)).state is FormState.WITHDRAWN
    later = await signed(office)
    await forward_access_form(office.liaison, later)
    await refused(withdraw_access_form(office.supervisor, later), Conflict, "FORM_STATE", act)


async def test_a_form_exists_for_those_on_its_way_and_for_nobody_else(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    number = await submit_access_form(office.supervisor, newcomer())

    async def sees(who: Caller) -> bool:
        try:
            await view_access_form(who, number)
        except NotFound:
            return False
        return True

    waiting = [office.supervisor, office.employee, office.lso, office.director, office.liaison, office.cso]
    assert [await sees(who) for who in waiting] == [True] * 6
    assert [await sees(who) for who in (other.lso, other.employee, office.oa, office.provisioning)] == [False] * 4
    second = await office.hire()
    await signs(second, number, SUPERVISOR)
    await signs(office.lso, number, LSO)
    assert [await sees(who) for who in (office.supervisor, second, office.lso)] == [True] * 3
    assert not await sees(office.employee), "colleagues see a form only while it waits for them"
    await forward_access_form(office.liaison, number)
    assert await sees(office.oa)


@pytest.mark.requirement("CPF-11")
async def test_each_desk_has_its_queue_and_nobody_lists_what_does_not_exist_for_them(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    first = await signed(office)
    second = await submit_access_form(office.employee, newcomer(email="second@example.org"))
    third = await submit_access_form(other.employee, newcomer(email="third@example.org"))

    async def listed(who: Caller, **where: Any) -> list[int]:
        page = await list_access_forms(who, where=FormFilter(**where))
        for view in page.nodes:
            await view_access_form(who, view.number)
        return [view.number for view in page.nodes]

    assert await listed(office.liaison) == [first, second]
    assert await listed(office.liaison, states=(FormState.WITH_REGIONAL_OFFICE,)) == [first]
    assert await listed(office.liaison, regional_office=other.regional_office) == [third]
    assert await listed(office.liaison, provider_id=other.provider_id) == [third]
    assert await listed(office.cso) == [first, second, third]
    assert await listed(office.cso, kind=FormKind.CHANGE) == []
    assert await listed(office.lso) == [first, second]
    assert await listed(office.director) == [first, second]
    assert await listed(office.employee) == [second]
    assert await listed(office.supervisor, mine=True) == [first]
    assert await listed(office.oa) == []
    await forward_access_form(office.liaison, first)
    assert await listed(office.oa) == [first]

    page = await list_access_forms(office.cso, first=2, count=True)
    assert (page.total_count, page.has_next_page) == (3, True)
    rest = await list_access_forms(office.cso, first=2, after=page.cursors[-1])
    assert ([view.number for view in rest.nodes], rest.has_next_page) == ([third], False)


@pytest.mark.requirement("CPF-09")
@pytest.mark.requirement("CPF-10")
async def test_the_printed_copy_says_it_all_with_every_text_escaped(world: World) -> None:
    office = await Office.of(world)
    number = await submit_access_form(
        office.supervisor, newcomer(last_name='<script>alert("x")</script>', change_request="a & b")
    )
    await signs(office.supervisor, number, SUPERVISOR)
    shown = await view_access_form(office.supervisor, number, wanted=frozenset({"printed"}))

    assert shown.printed is not None
    html = shown.printed.html
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "a &amp; b" in html
    assert "Part 4, second section: Consumer Referrals" in html
    assert "Create User ID and Password" in html
    assert "1 Office Square" in html, "the form says where to send it"
    assert "TCM TAC liaison" in html
    assert html.count("____________________") == 1, "one line is left to be signed"
    assert shown.printed.content_hash == (await row(number)).content_hash
    assert shown.printed.content_hash in html
    assert (await view_access_form(office.supervisor, number)).printed is None


@pytest.mark.requirement("LSO-16")
async def test_a_facility_has_its_own_lso_who_signs_for_its_people(world: World) -> None:
    officer, colleague = await at_facility(world, "101"), await at_facility(world, "101")
    supervisor, elsewhere = await at_facility(world, "101"), await at_facility(world, "102")
    number = await submit_access_form(colleague, newcomer())
    assert (await row(number)).state is FormState.AWAITING_LSO
    await withdraw_access_form(colleague, number)
    await designated(world, Organization(facility_id="101"), officer)
    number = await submit_access_form(colleague, newcomer())
    assert (await row(number)).facility_id == "101"
    with pytest.raises(NotFound):
        await view_access_form(elsewhere, number)
    await signs(supervisor, number, SUPERVISOR)
    await signs(officer, number, LSO)
    assert (await row(number)).state is FormState.WITH_REGIONAL_OFFICE


async def test_for_people_of_an_office_the_cso_signs(world: World) -> None:
    clerk, supervisor, cso = await world.user(), await world.user(), await world.user(Role.CSO)
    number = await submit_access_form(clerk, newcomer())
    form = await row(number)
    assert (form.state, form.provider_id, form.facility_id) == (FormState.AWAITING_SIGNATURES, None, None)
    assert await told(cso) == [(NotificationKind.FORM_TO_SIGN, number)]
    await signs(supervisor, number, SUPERVISOR)
    await signs(cso, number, LSO)
    assert (await row(number)).state is FormState.WITH_REGIONAL_OFFICE


async def test_the_regional_office_records_papers_of_facilities_and_of_disabled_people_too(world: World) -> None:
    office = await Office.of(world)
    await world.facility("101")
    of_facility = newcomer(channel=Channel.MAIL, facility_code="101")
    assert (await row(await submit_access_form(office.liaison, of_facility))).facility_id == "101"
    both = newcomer(channel=Channel.MAIL, facility_code="101", provider_id=office.provider_id)
    await refused(submit_access_form(office.liaison, both), Invalid, "ONE_ORGANIZATION", "access_form.submit")
    unknown = newcomer(channel=Channel.MAIL, facility_code="999")
    await refused(submit_access_form(office.liaison, unknown), NotFound, "ORGANIZATION_NOT_FOUND", "access_form.submit")
    here = newcomer(provider_id=office.provider_id)
    await refused(submit_access_form(office.liaison, here), Invalid, "CHANNEL_NOT_YOURS", "access_form.submit")

    await User.filter(id=office.employee.actor.id).update(state=AccountState.DISABLED)
    paper = change_of(office.employee, kind=FormKind.ENABLE, channel=Channel.FAX, provider_id=office.provider_id)
    number = await submit_access_form(office.liaison, paper)
    assert (await view_access_form(office.liaison, number)).missing == [LSO]


@pytest.mark.requirement("CPF-12")
async def test_the_paperwork_of_a_revocation_is_shown_and_printed_like_any_form(world: World) -> None:
    office = await Office.of(world)
    revoked = await revoke_access(office.lso, Revocation(office.employee.actor.label, RevocationReason.LEFT))
    shown = await view_access_form(office.lso, revoked.form_number, wanted=frozenset({"printed"}))
    assert (shown.kind, shown.state, shown.user_id) == (FormKind.REVOKE, FormState.DONE, office.employee.actor.label)
    assert (shown.missing, shown.channel) == ([], Channel.HOUSE)
    assert shown.printed is not None
    assert "Revoke" in shown.printed.html


async def test_what_is_listed_is_what_can_be_opened_for_everybody(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    numbers = [
        await signed(office),
        await submit_access_form(office.employee, change_of(office.employee, title="Lead")),
        await submit_access_form(other.lso, change_of(other.lso, title="Officer")),
        await submit_access_form(other.employee, newcomer(email="other@example.org")),
    ]
    await forward_access_form(office.liaison, numbers[0])
    people = [
        *(office.employee, office.supervisor, office.lso, office.deputy, office.director, office.liaison, office.oa),
        *(office.cso, office.provisioning, office.account_mgmt, other.employee, other.lso, other.director),
    ]
    for who in people:
        page = await list_access_forms(who, where=FormFilter(regional_office=None, mine=False), first=100)
        listed = {view.number for view in page.nodes}
        opened = set()
        for number in numbers:
            try:
                await view_access_form(who, number)
            except NotFound:
                continue
            opened.add(number)
        assert listed <= opened
        own_only = {view.number for view in (await list_access_forms(who, where=FormFilter(mine=True))).nodes}
        assert own_only <= opened
