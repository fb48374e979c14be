"""OA creates, changes and enables; the regional office hands out a secret seen once (000:99-100, 000:124-128)."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from orm.models import (
    AccessForm,
    AuditEntry,
    Contract,
    Credential,
    LsoDesignation,
    PolicyVersion,
    RoleGrant,
    Signature,
    User,
)
from orm.sql import fetch
from resolvers.access_form_views import view_access_form
from resolvers.access_forms import forward_access_form, submit_access_form
from resolvers.accounts import change_password
from resolvers.callers import Caller
from resolvers.form_entry import FormEntry
from resolvers.form_scope import hash_of_form
from resolvers.form_signing import sign_access_form
from resolvers.issuing import issue_user_id, release_credentials
from resolvers.officers import Organization
from resolvers.revocation import Revocation, revoke_access
from resolvers.sessions import authenticate, sign_in
from rules.access_forms import FormKind, FormSigner, FormState
from rules.accounts import AccountState
from rules.errors import Conflict, Denied, Invalid, NotFound, Unauthenticated
from rules.leaving import RevocationReason
from rules.notices import NotificationKind
from rules.passwords import password_faults
from rules.policy import DEFAULTS
from rules.roles import Role
from tests.world.forms import newcomer
from tests.world.office import LETTER, Office, at_facility, at_office, designated, hand, told
from tests.world.refusals import refused
from tests.world.world import PASSWORD, STATEMENT, World

ISSUE, RELEASE = "access_form.issue", "access_form.release"


async def row(number: int) -> AccessForm:
    return await AccessForm.get(number=number)


async def signs(who: Caller, number: int, capacity: FormSigner) -> None:
    await sign_access_form(who, number, capacity, await hand(who), (await row(number)).content_hash)


async def forwarded(office: Office, entry: FormEntry) -> int:
    """Send a form through all its signatures to OA."""
    number = await submit_access_form(office.lso, entry)
    if entry.kind is not FormKind.ENABLE:
        await signs(office.supervisor, number, FormSigner.SUPERVISOR)
    await signs(office.lso, number, FormSigner.LSO)
    await forward_access_form(office.liaison, number)
    return number


def about(who: Caller, kind: FormKind, **changes: Any) -> FormEntry:
    return FormEntry(kind=kind, user_id=who.actor.label, confidentiality_version=STATEMENT, **changes)


async def disabled(office: Office, who: Caller) -> None:
    """Let a person leave, and come back later."""
    await revoke_access(office.cso, Revocation(who.actor.label, RevocationReason.LEFT))


async def enters(world: World, user_id: str, password: str) -> Caller:
    signed_in = await sign_in(world.desk, user_id, password, device="test", request_id="r", accepts=STATEMENT)
    return await authenticate(world.desk, signed_in.token, "r")


@pytest.mark.requirement("ACC-04")
@pytest.mark.requirement("LSO-04")
async def test_a_new_person_gets_an_id_from_oa_and_a_secret_from_the_regional_office_and_starts_without_a_role(
    world: World,
) -> None:
    office = await Office.of(world)
    number = await forwarded(office, newcomer())

    await issue_user_id(office.oa, number, "nova1")

    form = await row(number)
    person = await User.get(user_id="NOVA1")
    assert (form.state, form.user_id, form.issued_by_id) == (FormState.ISSUED, person.id, office.oa.actor.id)
    assert (person.domain, person.state, person.provider_id) == ("EXTLCL", AccountState.ACTIVE, office.provider_id)
    assert (person.name, person.title, person.phone) == ("Nova Newcomer", "Support Coordinator", "555-0142")
    assert not await RoleGrant.exists(user_id=person.id)
    assert (NotificationKind.CREDENTIALS_TO_RELEASE, number) in await told(office.liaison)

    released = await release_credentials(office.liaison, number)

    form = await row(number)
    assert (released.user_id, form.state, form.released_by_id) == ("NOVA1", FormState.DONE, office.liaison.actor.id)
    assert released.expires_at == world.clock() + timedelta(days=7)
    assert (NotificationKind.FORM_DONE, number) in await told(office.lso)
    assert not password_faults(released.one_time_secret, DEFAULTS)
    nova = await enters(world, "EXTLCL\\nova1", released.one_time_secret)
    assert nova.actor.must_change_password
    with pytest.raises(Denied) as denied:
        await submit_access_form(nova, newcomer())
    assert denied.value.code == "PASSWORD_CHANGE_REQUIRED"
    await change_password(nova, released.one_time_secret, "My-Own-Word-1")
    assert not (await enters(world, "NOVA1", "My-Own-Word-1")).actor.must_change_password


@pytest.mark.requirement("ACC-04")
async def test_the_secret_is_nowhere_but_in_the_answer(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office, newcomer())
    await issue_user_id(office.oa, number, "NOVA1")
    secret = (await release_credentials(office.liaison, number)).one_time_secret

    names = [entry["name"] for entry in await _tables()]
    for name in names:
        assert secret not in str(await fetch(f'SELECT * FROM "{name}"')), name
    letters = await world.letters()
    assert letters
    assert all("secret" not in str(letter.facts) for letter in letters)


async def _tables() -> list[dict[str, Any]]:
    import orm.models as models  # noqa: PLC0415 - only its names are wanted

    return [{"name": thing._meta.db_table} for thing in vars(models).values() if hasattr(thing, "_meta")]


async def test_between_issue_and_release_nobody_signs_on(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office, newcomer())
    await issue_user_id(office.oa, number, "NOVA1")
    for guess in ("", "NOVA1", PASSWORD):
        with pytest.raises(Unauthenticated):
            await enters(world, "NOVA1", guess)


async def test_a_second_release_before_first_use_voids_the_first_secret(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office, newcomer())
    await issue_user_id(office.oa, number, "NOVA1")
    first = await release_credentials(office.liaison, number)
    seen = (await Credential.get(user__user_id="NOVA1")).version
    world.clock.forward(days=1)
    second = await release_credentials(office.liaison, number)
    assert (await Credential.get(user__user_id="NOVA1")).version > seen, "what was being verified counts no more"

    assert second.expires_at == first.expires_at + timedelta(days=1)
    with pytest.raises(Unauthenticated):
        await enters(world, "NOVA1", first.one_time_secret)
    world.clock.forward(minutes=1)
    await enters(world, "NOVA1", second.one_time_secret)
    await refused(release_credentials(office.liaison, number), Conflict, "SECRET_USED", RELEASE)
    assert len([kind for kind, _ in await told(office.lso) if kind is NotificationKind.FORM_DONE]) == 1


async def test_an_old_form_opens_no_account_again_after_the_password_was_chosen(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office, newcomer())
    await issue_user_id(office.oa, number, "NOVA1")
    secret = (await release_credentials(office.liaison, number)).one_time_secret
    nova = await enters(world, "NOVA1", secret)
    await change_password(nova, secret, "My-Own-Word-1")
    await refused(release_credentials(office.liaison, number), Conflict, "SECRET_USED", RELEASE)
    # A secret that the support desk gave later is not the regional office's to replace.
    await Credential.filter(user_id=nova.actor.id).update(secret_expires_at=world.clock() + timedelta(days=1))
    world.clock.forward(hours=1)
    await Credential.filter(user_id=nova.actor.id).update(changed_at=world.clock())
    await refused(release_credentials(office.liaison, number), Conflict, "SECRET_USED", RELEASE)


async def test_a_secret_that_was_never_used_can_be_released_anew_after_its_days(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office, newcomer())
    await issue_user_id(office.oa, number, "NOVA1")
    first = await release_credentials(office.liaison, number)
    world.clock.now = first.expires_at
    with pytest.raises(Unauthenticated) as expired:
        await enters(world, "NOVA1", first.one_time_secret)
    assert expired.value.code == "SECRET_EXPIRED"
    second = await release_credentials(office.liaison, number)
    await enters(world, "NOVA1", second.one_time_secret)


async def test_what_has_not_been_issued_or_has_been_ended_is_not_released(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office, newcomer())
    await refused(release_credentials(office.liaison, number), Conflict, "FORM_STATE", RELEASE)
    await refused(release_credentials(office.oa, number), Denied, "DENIED", RELEASE)
    await refused(release_credentials(office.liaison, 999), NotFound, "FORM_NOT_FOUND", RELEASE)
    await issue_user_id(office.oa, number, "NOVA1")
    await User.filter(user_id="NOVA1").update(state=AccountState.SUSPENDED)
    await refused(release_credentials(office.liaison, number), Conflict, "ACCOUNT_NOT_ACTIVE", RELEASE)
    await User.filter(user_id="NOVA1").update(state=AccountState.ACTIVE)
    await Contract.filter(provider_id=office.provider_id).update(ends_on=date(2026, 3, 1))
    await refused(release_credentials(office.liaison, number), Conflict, "NO_CONTRACT", RELEASE)


@pytest.mark.requirement("ACC-09")
@pytest.mark.parametrize("state", list(AccountState))
async def test_a_user_id_is_never_used_again_whatever_became_of_it(world: World, state: AccountState) -> None:
    office = await Office.of(world)
    former = await office.hire()
    await User.filter(id=former.actor.id).update(state=state, email=None)
    number = await forwarded(office, newcomer())
    await refused(issue_user_id(office.oa, number, former.actor.label.lower()), Conflict, "USER_ID_TAKEN", ISSUE)
    await issue_user_id(office.oa, number, "NOVA1")


async def test_oa_is_refused_what_the_form_does_not_allow(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office, newcomer())
    await refused(issue_user_id(office.oa, number), Invalid, "USER_ID_REQUIRED", ISSUE)
    await refused(issue_user_id(office.oa, number, "a b"), Invalid, "USER_ID_MALFORMED", ISSUE)
    await refused(issue_user_id(office.oa, number, "DMH\\NOVA1"), Invalid, "WRONG_DOMAIN", ISSUE)
    await refused(issue_user_id(office.liaison, number, "NOVA1"), Denied, "DENIED", ISSUE)
    await Contract.filter(provider_id=office.provider_id).update(ends_on=date(2026, 3, 1))
    await refused(issue_user_id(office.oa, number, "NOVA1"), Conflict, "NO_CONTRACT", ISSUE)
    await Contract.filter(provider_id=office.provider_id).update(ends_on=date(2026, 3, 2))
    await User.filter(id=office.employee.actor.id).update(email="Nova.Newcomer@example.org")
    await refused(issue_user_id(office.oa, number, "NOVA1"), Conflict, "EMAIL_TAKEN", ISSUE)
    await User.filter(id=office.employee.actor.id).update(email="other@example.org")
    await issue_user_id(office.oa, number, "EXTLCL\\NOVA1")
    await refused(issue_user_id(office.oa, number, "NOVA2"), Conflict, "FORM_STATE", ISSUE)


async def test_a_person_of_a_facility_lives_in_the_domain_of_the_department(world: World) -> None:
    office = await Office.of(world)
    officer, supervisor = await at_facility(world, "101"), await at_facility(world, "101")
    await designated(world, Organization(facility_id="101"), officer)
    number = await submit_access_form(supervisor, newcomer())
    await signs(supervisor, number, FormSigner.SUPERVISOR)
    await signs(officer, number, FormSigner.LSO)
    await forward_access_form(office.liaison, number)
    await issue_user_id(office.oa, number, "NOVA1")
    person = await User.get(user_id="NOVA1")
    assert (person.domain, person.facility_id, person.provider_id) == ("DMH", "101", None)


async def test_a_change_is_entered_and_told_and_a_new_address_is_to_be_confirmed(world: World) -> None:
    office = await Office.of(world)
    await User.filter(id=office.employee.actor.id).update(email_confirmed_at=world.clock())
    entry = about(office.employee, FormKind.CHANGE, last_name="Married", email="new.name@example.org")
    number = await forwarded(office, entry)

    await issue_user_id(office.oa, number)

    person = await User.get(id=office.employee.actor.person())
    assert (person.last_name, person.email, person.email_confirmed_at) == ("Married", "new.name@example.org", None)
    assert (await row(number)).state is FormState.DONE
    assert (NotificationKind.FORM_DONE, number) in await told(office.employee)
    await refused(release_credentials(office.liaison, number), Conflict, "FORM_STATE", RELEASE)
    assert (await enters(world, person.user_id, PASSWORD)).actor.id == person.id, "the password stays"


async def test_what_a_change_leaves_out_stays_as_the_person_has_set_it_meanwhile(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office, about(office.employee, FormKind.CHANGE, title="Director"))
    shown = await view_access_form(office.oa, number, wanted=frozenset({"printed"}))
    mine = {"phone": "555-0199", "email": "mine@example.org", "email_confirmed_at": world.clock()}
    await User.filter(id=office.employee.actor.id).update(**mine)

    await issue_user_id(office.oa, number)

    person = await User.get(id=office.employee.actor.person())
    assert (person.title, person.phone, person.email) == ("Director", "555-0199", "mine@example.org")
    assert person.email_confirmed_at == mine["email_confirmed_at"], "it needs no new confirmation"
    form = await row(number)
    assert form.content_hash == hash_of_form(form), "what was signed is what was carried out"
    assert shown.printed is not None
    assert (shown.title, shown.phone, shown.email) == ("Director", "", ""), "the form shows what was asked for"
    assert "Director" in shown.printed.html


@pytest.mark.parametrize(
    ("entered", "value"),
    [("first_name", "Newname"), ("last_name", "Married"), ("title", "Chief"), ("phone", "555-0198")],
)
async def test_a_change_enters_the_one_thing_that_was_asked_for(world: World, entered: str, value: str) -> None:
    office = await Office.of(world)
    names = ("first_name", "last_name", "title", "phone", "email", "email_confirmed_at")
    before = (await User.filter(id=office.employee.actor.id).values(*names))[0]
    number = await forwarded(office, about(office.employee, FormKind.CHANGE, **{entered: value}))
    await issue_user_id(office.oa, number)
    assert (await User.filter(id=office.employee.actor.id).values(*names))[0] == {**before, entered: value}


async def test_a_change_of_an_address_that_somebody_took_meanwhile_is_refused(world: World) -> None:
    office = await Office.of(world)
    number = await forwarded(office, about(office.employee, FormKind.CHANGE, email="new.name@example.org"))
    await User.filter(id=office.supervisor.actor.id).update(email="new.name@example.org")
    await refused(issue_user_id(office.oa, number), Conflict, "EMAIL_TAKEN", ISSUE)


@pytest.mark.requirement("PAA-10")
@pytest.mark.requirement("ACC-19")
@pytest.mark.requirement("ACC-20")
async def test_a_disabled_account_is_enabled_by_a_form_without_its_roles_and_with_a_new_secret(world: World) -> None:
    office = await Office.of(world)
    person = await office.hire(Role.CONSUMER_REFERRAL_DB)
    # A former secret was used and never replaced by an own password: that is past, too.
    await Credential.filter(user_id=person.actor.id).update(secret_used_at=world.clock(), failures=3)
    await disabled(office, person)
    number = await forwarded(office, about(person, FormKind.ENABLE))
    await refused(issue_user_id(office.oa, number, "OTHER"), Invalid, "USER_ID_NOT_HERE", ISSUE)

    await issue_user_id(office.oa, number)

    user = await User.get(id=person.actor.person())
    assert (user.state, user.disabled_at, user.disabled_reason, user.disabled_note) == (
        AccountState.ACTIVE,
        None,
        None,
        None,
    )
    entry = (await world.entries(ISSUE))[-1]
    assert (entry.facts["disabled_reason"], entry.facts["disabled_at"][:10]) == ("LEFT", "2026-03-02")
    assert not await RoleGrant.exists(user_id=user.id, ended_at=None)
    with pytest.raises(Unauthenticated):
        await enters(world, user.user_id, PASSWORD)
    world.clock.forward(minutes=1)
    released = await release_credentials(office.liaison, number)
    back = await enters(world, user.user_id, released.one_time_secret)
    assert (back.actor.roles, back.actor.must_change_password) == (frozenset(), True)


@pytest.mark.requirement("ACC-09")
async def test_what_was_deleted_between_asking_and_enabling_never_comes_back(world: World) -> None:
    office = await Office.of(world)
    person = await office.hire()
    await disabled(office, person)
    number = await forwarded(office, about(person, FormKind.ENABLE))
    await User.filter(id=person.actor.id).update(state=AccountState.DELETED)
    await refused(issue_user_id(office.oa, number), Conflict, "ID_DELETED", ISSUE)


async def test_nobody_of_the_offices_carries_out_or_releases_what_is_about_them(world: World) -> None:
    office = await Office.of(world)
    clerk = await world.user(Role.OA, Role.PROVIDER_RELATIONS)
    number = await submit_access_form(clerk, about(clerk, FormKind.CHANGE, title="Chief"))
    await signs(await world.user(), number, FormSigner.SUPERVISOR)
    await signs(office.cso, number, FormSigner.LSO)
    await refused(forward_access_form(clerk, number), Denied, "OWN_FORM", "access_form.forward")
    await forward_access_form(office.liaison, number)
    await refused(issue_user_id(clerk, number), Denied, "OWN_FORM", ISSUE)
    await issue_user_id(office.oa, number)
    await refused(release_credentials(clerk, number), Denied, "OWN_FORM", RELEASE)


@pytest.mark.requirement("LSO-04")
@pytest.mark.requirement("LSO-12")
async def test_the_new_lso_whom_a_letter_names_takes_office_with_the_id_and_what_was_held_goes_on(world: World) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    held = await submit_access_form(office.employee, newcomer())
    letter = await designated(world, office.organization, None)
    entry = newcomer(first_name="Olive", last_name="Officer", email=LETTER["lso_email"].upper(), for_lso=True)
    number = await submit_access_form(office.director, entry)
    await signs(office.director, number, FormSigner.EXECUTIVE_DIRECTOR)
    await signs(office.supervisor, number, FormSigner.SUPERVISOR)
    await forward_access_form(office.liaison, number)

    await issue_user_id(office.oa, number, "OLIVE1")

    officer = await world.call_as((await User.get(user_id="OLIVE1")).id)
    assert officer.actor.roles == {Role.LSO}
    assert (await LsoDesignation.get(id=letter.id)).user_id == officer.actor.id
    assert (await row(held)).state is FormState.AWAITING_SIGNATURES
    assert (NotificationKind.LSO_DESIGNATED, None) in await told(officer)
    assert (NotificationKind.FORM_TO_SIGN, held) in await told(officer)


async def test_the_id_of_somebody_whom_no_letter_names_any_more_opens_no_office(world: World) -> None:
    office = await Office.of(world)
    await office.lose_lso()
    letter = await designated(world, office.organization, None)
    entry = newcomer(email=LETTER["lso_email"], for_lso=True)
    number = await submit_access_form(office.director, entry)
    await signs(office.director, number, FormSigner.EXECUTIVE_DIRECTOR)
    await signs(office.supervisor, number, FormSigner.SUPERVISOR)
    await forward_access_form(office.liaison, number)
    await LsoDesignation.filter(id=letter.id).update(ended_at=world.clock())
    await issue_user_id(office.oa, number, "NOVA1")
    assert not await RoleGrant.exists(user__user_id="NOVA1")


async def test_two_clerks_at_once_issue_one_id(world: World) -> None:
    office = await Office.of(world)
    second = await world.user(Role.OA)
    number = await forwarded(office, newcomer())
    answers = await asyncio.gather(
        issue_user_id(office.oa, number, "NOVA1"), issue_user_id(second, number, "NOVA2"), return_exceptions=True
    )
    lost = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [getattr(one, "code", one) for one in lost] == ["FORM_STATE"]
    assert await User.filter(user_id__in=["NOVA1", "NOVA2"]).count() == 1
    assert await AuditEntry.filter(act=ISSUE, code="FORM_STATE").count() == 1


async def test_one_id_asked_for_by_two_forms_at_once_is_given_once(world: World) -> None:
    office = await Office.of(world)
    first = await forwarded(office, newcomer())
    second = await forwarded(office, newcomer(email="other@example.org"))
    answers = await asyncio.gather(
        issue_user_id(office.oa, first, "NOVA1"), issue_user_id(office.oa, second, "NOVA1"), return_exceptions=True
    )
    lost = [answer for answer in answers if isinstance(answer, Conflict)]
    assert len(lost) == 1
    assert await User.filter(user_id="NOVA1").count() == 1
    assert sorted([(await row(first)).state, (await row(second)).state]) == [FormState.ISSUED, FormState.WITH_OA]


async def test_one_address_on_two_forms_at_once_is_taken_once(world: World) -> None:
    office = await Office.of(world)
    answers = await asyncio.gather(
        submit_access_form(office.lso, newcomer()),
        submit_access_form(office.director, newcomer()),
        return_exceptions=True,
    )
    lost = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [getattr(one, "code", one) for one in lost] == ["EMAIL_TAKEN"]
    assert await AccessForm.all().count() == 1


async def test_two_signers_at_once_give_one_signature_in_a_capacity(world: World) -> None:
    office = await Office.of(world)
    second = await office.hire()
    number = await submit_access_form(office.lso, newcomer())
    shown = (await row(number)).content_hash
    proofs = [await hand(office.supervisor), await hand(second)]
    answers = await asyncio.gather(
        *(
            sign_access_form(who, number, FormSigner.SUPERVISOR, proof, shown)
            for who, proof in zip((office.supervisor, second), proofs, strict=True)
        ),
        return_exceptions=True,
    )
    lost = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [getattr(one, "code", one) for one in lost] == ["ALREADY_SIGNED"]
    assert await Signature.all().count() == 1


async def test_the_policy_says_how_long_a_secret_lives(world: World) -> None:
    office = await Office.of(world)
    await PolicyVersion.create(
        key="credentials.secret_days", value=2, effective_from=date(2026, 3, 2), decided_at=world.clock()
    )
    number = await forwarded(office, newcomer())
    await issue_user_id(office.oa, number, "NOVA1")
    released = await release_credentials(office.liaison, number)
    assert released.expires_at == world.clock() + timedelta(days=2)


async def test_a_liaison_of_another_office_stands_in(world: World) -> None:
    office = await Office.of(world)
    elsewhere = await at_office(world, (await Office.of(world)).regional_office, Role.PROVIDER_RELATIONS)
    number = await forwarded(office, newcomer())
    await issue_user_id(office.oa, number, "NOVA1")
    assert (await release_credentials(elsewhere, number)).user_id == "NOVA1"
