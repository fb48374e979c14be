"""What somebody who means harm tries with forms, papers, secrets and letters, and is refused (000:31-131, POL-08)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from orm.models import AccessForm, Credential, KnownDevice, LsoDesignation, RoleGrant, Session, Ticket, User
from resolvers.access_form_views import view_access_form
from resolvers.access_forms import forward_access_form, submit_access_form
from resolvers.callers import Caller
from resolvers.form_entry import FormEntry
from resolvers.form_signing import record_paper_signature, sign_access_form
from resolvers.help import replace_help
from resolvers.incidents import close_incident, suspend_account
from resolvers.issuing import issue_user_id, release_credentials
from resolvers.lso import LetterEntry, NewLso, designate_lso, end_lso
from resolvers.lso_deputies import appoint_deputy
from resolvers.resets import open_reset, resolve_reset
from resolvers.revocation import Revocation, revoke_access
from resolvers.sessions import sign_in
from rules.access_forms import Channel, FormKind, FormSigner, FormState
from rules.accounts import AccountState
from rules.errors import Conflict, Denied, Invalid, NotFound
from rules.form_signing import PAPER_DAYS
from rules.incidents import Finding
from rules.leaving import RevocationReason
from rules.lso import LONGEST_DEPUTY_DAYS, LsoEnd
from rules.notices import NotificationKind
from rules.resets import Proof
from rules.roles import Role
from rules.tickets import TicketState
from tests.world.forms import newcomer
from tests.world.office import Office, at_office, designated, hand, told
from tests.world.refusals import refused
from tests.world.world import STATEMENT, World

SUPERVISOR, LSO, DIRECTOR = FormSigner.SUPERVISOR, FormSigner.LSO, FormSigner.EXECUTIVE_DIRECTOR
DAY = date(2026, 3, 2)
SUBMIT, RECORD, SIGN = "access_form.submit", "access_form.record_paper_signature", "access_form.sign"
ISSUE, RELEASE, OPEN, RESOLVE = "access_form.issue", "access_form.release", "reset.open", "reset.resolve"


async def row(number: int) -> AccessForm:
    return await AccessForm.get(number=number)


async def name_of(who: Caller) -> str:
    return (await User.get(id=who.actor.person())).name


async def signs(who: Caller, number: int, capacity: FormSigner) -> None:
    await sign_access_form(who, number, capacity, await hand(who), (await row(number)).content_hash)


def about(who: Caller, kind: FormKind, **changes: Any) -> FormEntry:
    return FormEntry(kind=kind, user_id=who.actor.label, confidentiality_version=STATEMENT, **changes)


async def forwarded(office: Office, **changes: object) -> int:
    number = await submit_access_form(office.lso, newcomer(**changes))
    await signs(office.supervisor, number, SUPERVISOR)
    await signs(office.lso, number, LSO)
    await forward_access_form(office.liaison, number)
    return number


async def test_nobody_spares_a_change_the_signature_of_the_lso_by_calling_it_a_form_for_the_lso(world: World) -> None:
    office = await Office.of(world)
    entry = about(office.supervisor, FormKind.CHANGE, email="another@example.org", for_lso=True)
    number = await submit_access_form(office.employee, entry)
    assert not (await row(number)).for_lso
    assert (await view_access_form(office.employee, number)).missing == [LSO, SUPERVISOR]
    await signs(office.employee, number, SUPERVISOR)
    proof, shown = await hand(office.director), (await row(number)).content_hash
    attempt = sign_access_form(office.director, number, DIRECTOR, proof, shown)
    await refused(attempt, Conflict, "SIGNATURE_NOT_NEEDED", SIGN)


async def test_nobody_spares_a_disabled_account_the_lso_but_whom_the_open_letter_names(world: World) -> None:
    office = await Office.of(world)
    person = await office.hire()
    await revoke_access(office.cso, Revocation(person.actor.label, RevocationReason.LEFT))
    paper: dict[str, Any] = {"channel": Channel.FAX, "provider_id": office.provider_id, "for_lso": True}
    number = await submit_access_form(office.liaison, about(person, FormKind.ENABLE, **paper))
    assert not (await row(number)).for_lso
    attempt = record_paper_signature(office.liaison, number, DIRECTOR, "A Director", DAY)
    await refused(attempt, Conflict, "SIGNATURE_NOT_NEEDED", RECORD)

    other = await Office.of(world)
    back, else_one = await other.hire(), await other.hire()
    await other.lose_lso()
    letter = await designated(world, other.organization, None)
    email = (await User.get(id=back.actor.person())).email
    await LsoDesignation.filter(id=letter.id).update(letter={"lso_email": str(email).upper()})
    for who, named in ((back, True), (else_one, False)):
        await revoke_access(other.cso, Revocation(who.actor.label, RevocationReason.LEFT))
        paper = {"channel": Channel.MAIL, "provider_id": other.provider_id}
        number = await submit_access_form(other.liaison, about(who, FormKind.ENABLE, **paper))
        assert (await row(number)).for_lso is named


async def test_a_paper_for_the_lso_bears_the_name_of_a_director_who_has_an_account(world: World) -> None:
    office = await Office.of(world)
    paper: dict[str, Any] = {"channel": Channel.FAX, "provider_id": office.provider_id, "for_lso": True}
    number = await submit_access_form(office.liaison, newcomer(**paper))
    attempt = record_paper_signature(office.liaison, number, DIRECTOR, "Nobody Atall", DAY)
    await refused(attempt, Denied, "NOT_THE_DIRECTOR", RECORD)
    await record_paper_signature(office.liaison, number, DIRECTOR, "a  DIRECTOR", DAY)

    await RoleGrant.filter(user_id=office.director.actor.id).update(ended_at=world.clock())
    number = await submit_access_form(office.liaison, newcomer(email="other@example.org", **paper))
    await record_paper_signature(office.liaison, number, DIRECTOR, "Nobody Atall", DAY)


async def test_a_liaison_never_records_the_own_name_as_a_signature(world: World) -> None:
    office = await Office.of(world)
    own = (await name_of(office.liaison)).upper()
    number = await submit_access_form(office.liaison, newcomer(channel=Channel.FAX, provider_id=office.provider_id))
    for capacity in (SUPERVISOR, LSO):
        attempt = record_paper_signature(office.liaison, number, capacity, own, DAY)
        await refused(attempt, Denied, "SAME_PERSON", RECORD)


async def test_a_paper_is_good_for_ninety_days_and_not_older_than_the_designation_of_its_lso(world: World) -> None:
    office = await Office.of(world)
    name = await name_of(office.lso)
    number = await submit_access_form(office.liaison, newcomer(channel=Channel.FAX, provider_id=office.provider_id))
    before = record_paper_signature(office.liaison, number, LSO, name, DAY - timedelta(days=1))
    await refused(before, Denied, "NOT_THE_LSO", RECORD)
    oldest = DAY - timedelta(days=PAPER_DAYS)
    late = record_paper_signature(office.liaison, number, SUPERVISOR, "A Supervisor", oldest - timedelta(days=1))
    no = await refused(late, Invalid, "SIGNED_TOO_LONG_AGO", RECORD)
    assert no.field == "signedOn"
    await record_paper_signature(office.liaison, number, SUPERVISOR, "A Supervisor", oldest)
    await record_paper_signature(office.liaison, number, LSO, name, DAY)
    assert (await row(number)).state is FormState.WITH_REGIONAL_OFFICE


async def test_a_suspended_lso_signs_no_paper(world: World) -> None:
    office = await Office.of(world)
    number = await submit_access_form(office.liaison, newcomer(channel=Channel.FAX, provider_id=office.provider_id))
    await suspend_account(office.cso, office.lso.actor.label, "A breach is suspected.")
    attempt = record_paper_signature(office.liaison, number, LSO, await name_of(office.lso), DAY)
    await refused(attempt, Denied, "NOT_THE_LSO", RECORD)


async def test_who_is_to_be_renamed_does_not_sign_the_own_paper_under_the_old_name(world: World) -> None:
    office = await Office.of(world)
    entry = about(
        office.employee, FormKind.CHANGE, channel=Channel.FAX, provider_id=office.provider_id, last_name="Married"
    )
    number = await submit_access_form(office.liaison, entry)
    for name in (await name_of(office.employee), f"{(await row(number)).first_name} Married"):
        await refused(record_paper_signature(office.liaison, number, SUPERVISOR, name, DAY), Denied, "OWN_FORM", RECORD)


async def test_nobody_gives_themselves_a_second_account(world: World) -> None:
    office = await Office.of(world)
    for who, capacity in ((office.lso, LSO), (office.supervisor, SUPERVISOR)):
        me = await User.get(id=who.actor.person())
        entry = newcomer(first_name=me.first_name, last_name=me.last_name.upper(), email=f"{capacity}.x@example.org")
        number = await submit_access_form(who, entry)
        proof, shown = await hand(who), (await row(number)).content_hash
        await refused(sign_access_form(who, number, capacity, proof, shown), Denied, "OWN_FORM", SIGN)

    clerk, liaison = await User.get(id=office.oa.actor.person()), await User.get(id=office.liaison.actor.person())
    of_clerk = await forwarded(office, first_name=clerk.first_name, last_name=clerk.last_name)
    await refused(issue_user_id(office.oa, of_clerk, "NOVA1"), Denied, "OWN_FORM", ISSUE)
    second = await at_office(world, office.regional_office, Role.PROVIDER_RELATIONS)
    entry = newcomer(first_name=liaison.first_name, last_name=liaison.last_name, email="third@example.org")
    number = await submit_access_form(office.lso, entry)
    await signs(office.supervisor, number, SUPERVISOR)
    await signs(office.lso, number, LSO)
    await refused(forward_access_form(office.liaison, number), Denied, "OWN_FORM", "access_form.forward")
    await forward_access_form(second, number)
    await issue_user_id(office.oa, number, "NOVA2")
    await refused(release_credentials(office.liaison, number), Denied, "OWN_FORM", RELEASE)
    assert (await release_credentials(second, number)).user_id == "NOVA2"


async def test_whoever_had_a_form_in_hand_before_does_not_carry_it_out(world: World) -> None:
    office = await Office.of(world)
    both = await at_office(world, office.regional_office, Role.OA, Role.PROVIDER_RELATIONS)
    paper = newcomer(channel=Channel.FAX, provider_id=office.provider_id)
    lso = await name_of(office.lso)
    for step in ("submit", "record", "forward"):
        doer = {one: both if one == step else office.liaison for one in ("submit", "record", "forward")}
        number = await submit_access_form(doer["submit"], replace(paper, email=f"{step}@example.org"))
        await record_paper_signature(doer["record"], number, SUPERVISOR, "A Supervisor", DAY)
        await record_paper_signature(office.liaison, number, LSO, lso, DAY)
        await forward_access_form(doer["forward"], number)
        await refused(issue_user_id(both, number, f"NOVA{number}"), Denied, "SAME_PERSON", ISSUE)
        await issue_user_id(office.oa, number, f"NOVA{number}")


async def test_until_the_regional_office_releases_an_id_the_support_desk_resets_nothing(world: World) -> None:
    await replace_help(world.house, [], [])
    office, desk = await Office.of(world), await world.user(Role.SUPPORT_DESK)
    number = await forwarded(office)
    await issue_user_id(office.oa, number, "NOVA1")
    await refused(open_reset(desk, "NOVA1"), Conflict, "RELEASE_PENDING", OPEN)
    secret = (await release_credentials(office.liaison, number)).one_time_secret
    ticket = await open_reset(desk, "NOVA1")
    await sign_in(world.desk, "NOVA1", secret, device="", request_id="r", accepts=STATEMENT)
    assert (await resolve_reset(desk, ticket, Proof.IN_PERSON)).user_id == "NOVA1"


async def test_a_reset_that_was_open_gives_no_password_to_an_id_that_was_enabled_and_not_released(world: World) -> None:
    await replace_help(world.house, [], [])
    office, desk = await Office.of(world), await world.user(Role.SUPPORT_DESK)
    person = await office.hire()
    ticket = await open_reset(desk, person.actor.label)
    await revoke_access(office.cso, Revocation(person.actor.label, RevocationReason.LEFT))
    number = await submit_access_form(office.lso, about(person, FormKind.ENABLE))
    await signs(office.lso, number, LSO)
    await forward_access_form(office.liaison, number)
    await issue_user_id(office.oa, number)
    # Tickets are closed with the account; one that was opened again at the same moment must not matter.
    await Ticket.filter(number=ticket).update(state=TicketState.OPEN)
    await refused(resolve_reset(desk, ticket, Proof.IN_PERSON), Conflict, "RELEASE_PENDING", RESOLVE)


async def test_an_old_form_hands_nobody_the_account_of_somebody_who_works_with_it(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office)
    await issue_user_id(office.oa, number, "NOVA1")
    person = await User.get(user_id="NOVA1")
    world.clock.forward(days=20)
    await Credential.filter(user_id=person.id).update(changed_at=world.clock())
    await refused(release_credentials(office.liaison, number), Conflict, "SECRET_USED", RELEASE)
    assert (await row(number)).state is FormState.ISSUED


async def test_a_release_ends_whatever_was_open_before(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office)
    await issue_user_id(office.oa, number, "NOVA1")
    person = await User.get(user_id="NOVA1")
    now = world.clock()
    await KnownDevice.create(user_id=person.id, token_hash="0" * 64, first_seen_at=now, last_seen_at=now)
    key = uuid4()
    await Session.create(
        id=key, user_id=person.id, token_hash="1" * 64, epoch=person.epoch, created_at=now, last_seen_at=now
    )
    await release_credentials(office.liaison, number)
    assert (await Session.get(id=key)).ended_why == "credentials released"
    assert not await KnownDevice.exists(user_id=person.id, ended_at=None)


async def test_nobody_learns_from_a_form_which_addresses_other_organizations_have(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    theirs = str((await User.get(id=other.employee.actor.person())).email)
    number = await submit_access_form(office.employee, newcomer(email=theirs))
    assert (await row(number)).state is FormState.AWAITING_SIGNATURES
    assert await submit_access_form(other.lso, newcomer())
    assert await submit_access_form(office.lso, newcomer())
    await refused(submit_access_form(office.lso, newcomer()), Conflict, "EMAIL_TAKEN", SUBMIT)


async def test_one_address_on_forms_of_two_organizations_is_issued_once(world: World) -> None:
    office, other = await Office.of(world), await Office.of(world)
    numbers = [await forwarded(office), await forwarded(other)]
    answers = await asyncio.gather(
        issue_user_id(office.oa, numbers[0], "NOVA1"),
        issue_user_id(other.oa, numbers[1], "NOVA2"),
        return_exceptions=True,
    )
    lost = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [getattr(one, "code", one) for one in lost] == ["EMAIL_TAKEN"]
    assert await User.filter(email="nova.newcomer@example.org").count() == 1


@pytest.mark.requirement("POL-08")
async def test_nobody_comes_back_by_a_form_while_the_cso_has_not_decided(world: World) -> None:
    office = await Office.of(world)
    person = await office.hire()
    incident = await suspend_account(office.cso, person.actor.label, "A breach is suspected.")
    await revoke_access(office.lso, Revocation(person.actor.label, RevocationReason.LEFT))
    enable = about(person, FormKind.ENABLE)
    await refused(submit_access_form(office.lso, enable), Conflict, "INCIDENT_OPEN", SUBMIT)

    await close_incident(office.cso, incident, Finding.UNFOUNDED, reinstate=False)
    number = await submit_access_form(office.lso, enable)
    await signs(office.lso, number, LSO)
    await forward_access_form(office.liaison, number)
    # Another incident suspended the person before OA came to it.
    await User.filter(id=person.actor.id).update(state=AccountState.ACTIVE)
    again = await suspend_account(office.cso, person.actor.label, "Once more.")
    await User.filter(id=person.actor.id).update(state=AccountState.DISABLED)
    await refused(issue_user_id(office.oa, number), Conflict, "INCIDENT_OPEN", ISSUE)
    await close_incident(office.cso, again, Finding.UNFOUNDED, reinstate=False)
    await issue_user_id(office.oa, number)


async def test_people_of_the_department_exist_for_forms_of_their_own_office_and_of_the_cso_only(world: World) -> None:
    office = await Office.of(world)
    clerk = await at_office(world, office.regional_office, Role.PLACEMENT_COORDINATOR)
    nowhere, also_nowhere = await world.user(), await world.user()
    other = await at_office(world, (await Office.of(world)).regional_office)

    def change(who: Caller) -> FormEntry:
        return about(who, FormKind.CHANGE, title="Chief")

    for by, whom in ((clerk, other), (clerk, nowhere), (nowhere, clerk), (nowhere, also_nowhere), (clerk, office.cso)):
        await refused(submit_access_form(by, change(whom)), NotFound, "PERSON_NOT_FOUND", SUBMIT)
    await refused(submit_access_form(clerk, about(other, FormKind.ENABLE)), NotFound, "PERSON_NOT_FOUND", SUBMIT)
    for by, whom in ((clerk, clerk), (clerk, office.liaison), (office.cso, other), (nowhere, nowhere)):
        assert await submit_access_form(by, change(whom))


@pytest.mark.requirement("LSO-13")
async def test_the_former_lso_the_directors_and_the_cso_hear_of_every_letter_and_of_every_end(world: World) -> None:
    office = await Office.of(world)
    changed, vacant = (NotificationKind.LSO_CHANGED, None), (NotificationKind.LSO_VACANT, None)
    letter = NewLso(LetterEntry(DAY), Channel.FAX, office.employee.actor.label, "A Director")
    await designate_lso(office.liaison, office.organization, letter, None)
    for who in (office.lso, office.director, office.cso):
        assert await told(who) == [changed]
    assert await told(office.employee) == [(NotificationKind.LSO_DESIGNATED, None)]
    assert await told(office.liaison) == []

    await end_lso(office.liaison, office.organization, LsoEnd.LEFT)
    for who in (office.employee, office.director, office.cso, office.liaison):
        assert (await told(who)).count(vacant) == 1
    assert vacant not in await told(office.lso)

    await designate_lso(
        office.liaison, office.organization, replace(letter, user_id=office.supervisor.actor.label), None
    )
    assert [(await told(who)).count(changed) for who in (office.director, office.cso, office.lso)] == [2, 2, 1]


@pytest.mark.requirement("LSO-02")
async def test_a_letter_on_paper_bears_the_name_of_a_director_who_has_an_account(world: World) -> None:
    office = await Office.of(world)
    letter = NewLso(LetterEntry(DAY), Channel.FAX, office.employee.actor.label, "Nobody Atall")
    no = await refused(
        designate_lso(office.liaison, office.organization, letter, None), Invalid, "DIRECTOR_UNKNOWN", "lso.designate"
    )
    assert no.field == "directorName"
    await refused(
        end_lso(office.liaison, office.organization, LsoEnd.LEFT, letter), Invalid, "DIRECTOR_UNKNOWN", "lso.end"
    )
    await RoleGrant.filter(user_id=office.director.actor.id).update(ended_at=world.clock())
    await designate_lso(office.liaison, office.organization, letter, None)


@pytest.mark.requirement("LSO-12")
async def test_nobody_is_made_a_deputy_for_longer_than_three_months(world: World) -> None:
    office = await Office.of(world)
    name, last = office.employee.actor.label, DAY + timedelta(days=LONGEST_DEPUTY_DAYS - 1)
    attempt = appoint_deputy(office.lso, office.organization, name, DAY, last + timedelta(days=1))
    no = await refused(attempt, Invalid, "DEPUTY_TOO_LONG", "lso.appoint_deputy")
    assert no.field == "endsOn"
    await appoint_deputy(office.lso, office.organization, name, DAY, last)
