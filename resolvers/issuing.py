"""OA carries out a form; the regional office hands the credentials out (000:99-100, 000:124-128).

A new user ID holds no role: roles are asked for by an access request (ACC-20), but for the LSO whom a letter names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from orm.models import AccessForm, Credential, FormSignature, LsoDesignation, RoleGrant, User
from resolvers.access_forms import letter_of
from resolvers.access_request_facts import check_contract, held_codes, incompatible_pairs
from resolvers.accounts import NewAccount, add_account, domain_of
from resolvers.callers import Caller
from resolvers.desk import Work, operation
from resolvers.devices import forget_devices
from resolvers.form_scope import (
    check_email_is_free,
    check_not_suspended_by_incident,
    form_to_change,
    go_on,
    is_namesake,
    missing_signatures,
    tell_people_of_form,
)
from resolvers.officers import Organization, liaisons_of, readers
from resolvers.one_time_secrets import give_secret, make_unusable
from resolvers.promises import Reader, about
from resolvers.session_ends import end_all_sessions
from resolvers.vacancies import release
from rules.access_forms import (
    FormKind,
    FormState,
    check_first_hand,
    check_may_be_issued,
    check_move,
    check_not_about,
    check_signed,
)
from rules.accounts import AccountState, normalize_user_id
from rules.errors import Conflict, Invalid
from rules.notices import NotificationKind
from rules.passwords import spoken_secret
from rules.roles import Role
from rules.segregation import forbidden, pairs_met

OA = frozenset({Role.OA})
LIAISONS = frozenset({Role.PROVIDER_RELATIONS})


@dataclass(frozen=True, slots=True)
class Released:
    """Credentials as they are handed out: the secret is shown this once, and kept only as a hash."""

    user_id: str
    one_time_secret: str
    expires_at: datetime


async def issue_user_id(caller: Caller, number: int, user_id: str | None = None) -> None:
    """Carry out a forwarded form: create the user ID, change the person's data, or enable the account.

    Raises:
        what :data:`carry_out_form` raises.
    """
    may = caller.actor.has_any(OA)
    unusable = await caller.desk.passwords.hash(caller.desk.secrets.token()) if may else ""
    await carry_out_form(caller, number, user_id, unusable)


@operation("access_form.issue", by=OA, cites="000:99-100; 000:121-128; 002:199-203")
async def carry_out_form(work: Work, number: int, user_id: str | None, unusable: str) -> None:
    """Carry out a form; ``unusable`` is the hash of a password that nobody knows, until the secret is released.

    Raises:
        NotFound: there is no such form.
        Denied: ``OWN_FORM``, ``SAME_PERSON``.
        Invalid: ``USER_ID_REQUIRED``, ``USER_ID_MALFORMED``, ``WRONG_DOMAIN``, ``USER_ID_NOT_HERE``.
        Conflict: ``FORM_STATE``, ``FORM_UNSIGNED``, ``USER_ID_TAKEN``, ``EMAIL_TAKEN``, ``NO_CONTRACT``,
            ``ID_DELETED``, ``NOT_DISABLED``, ``ENABLE_FIRST``, ``INCIDENT_OPEN``.
    """
    form = await form_to_change(work, number)
    check_not_about(work.actor.person(), form.user_id, namesake=await is_namesake(work, form))
    recorders = [one.recorded_by_id for one in await FormSignature.filter(form_id=form.id)]
    check_first_hand(work.actor.person(), [form.submitted_by_id, form.forwarded_by_id, *recorders])
    check_move(form.state, FormState.ISSUED)
    check_signed(await missing_signatures(form))
    done = {"issued_by_id": work.actor.person(), "issued_at": work.now}
    if form.kind is FormKind.CHANGE:
        await _change(form, await _person(work, form, user_id))
        await go_on(work, form, FormState.DONE, **done)
        await tell_people_of_form(work, form, NotificationKind.FORM_DONE)
        return
    await check_contract(form.provider_id, work.today)
    if form.kind is FormKind.NEW:
        form.user_id = (await _create(work, form, user_id, unusable)).id
    else:
        await _enable(work, await _person(work, form, user_id), unusable)
    await go_on(work, form, FormState.ISSUED, **done)
    liaisons = await liaisons_of(form.regional_office_id)
    work.promise(about(readers(liaisons), NotificationKind.CREDENTIALS_TO_RELEASE, form.number))


async def _create(work: Work, form: AccessForm, user_id: str | None, unusable: str) -> User:
    """Create the account without a role (ACC-04, ACC-09)."""
    if not user_id:
        raise Invalid("Give the new user ID.", code="USER_ID_REQUIRED", field="userId")
    domain, name = normalize_user_id(user_id)
    if domain not in (None, domain_of(form.provider_id)):
        raise Invalid(
            f"User IDs of this organization live in {domain_of(form.provider_id)}.", code="WRONG_DOMAIN", field="userId"
        )
    await check_email_is_free(form.email, person=None)
    new = NewAccount(
        user_id=name,
        first_name=form.first_name,
        last_name=form.last_name,
        roles=frozenset(),
        email=form.email,
        phone=form.phone,
        title=form.title,
        provider_id=form.provider_id,
        facility_id=form.facility_id,
        regional_office_id=None if form.provider_id or form.facility_id else form.regional_office_id,
    )
    user = await add_account(work, new, unusable)
    designation = await letter_of(form) if form.for_lso else None
    if designation is not None:
        await take_office(work, designation, user)
    return user


async def take_office(work: Work, designation: LsoDesignation, user: User) -> None:
    """Let a designated person with an account act as LSO: the role, the news, and what was held goes on (LSO-12).

    Raises:
        Conflict: ``INCOMPATIBLE_ROLES``; a role that the person holds never goes together with this one (ARA-23).
    """
    if forbidden(pairs_met(await held_codes(user.id), [Role.LSO], await incompatible_pairs())):
        raise Conflict(
            "This person holds a role that does not go together with that of a Local Security Officer.",
            code="INCOMPATIBLE_ROLES",
        )
    designation.user_id = user.id
    await designation.save(update_fields=["user_id"])
    if not await RoleGrant.exists(user_id=user.id, role=Role.LSO, ended_at=None):
        await RoleGrant.create(
            id=uuid4(),
            user_id=user.id,
            role=Role.LSO,
            granted_at=work.now,
            granted_by_id=work.actor.id,
            why="designated",
        )
    work.touches("lso_designation", [designation.id])
    work.touches("user", [user.id])
    work.promise(about([Reader.user(user)], NotificationKind.LSO_DESIGNATED, None))
    await release(work, Organization(designation.provider_id, designation.facility_id))


async def _person(work: Work, form: AccessForm, user_id: str | None) -> User:
    """Load the person of a CHANGE or ENABLE under lock; the account may have moved on since it was asked for."""
    person = await User.filter(id=form.user_id).select_for_update(no_key=True).get()
    work.touches("user", [person.id])
    if user_id and normalize_user_id(user_id)[1] != person.user_id:
        raise Invalid("This form is about another user ID.", code="USER_ID_NOT_HERE", field="userId")
    check_may_be_issued(form.kind, person.state)
    await check_not_suspended_by_incident(form.kind, person.id)
    return person


async def _change(form: AccessForm, person: User) -> None:
    """Enter what the form gives, and leave the rest; a new address has to be confirmed by its owner."""
    if form.email and form.email.casefold() != (person.email or "").casefold():
        await check_email_is_free(form.email, person=person.id)
        person.email = form.email
        person.email_confirmed_at = None
        person.email_bounced_at = None
    person.first_name, person.last_name = form.first_name, form.last_name
    person.title, person.phone = form.title or person.title, form.phone or person.phone
    await person.save()


async def _enable(work: Work, person: User, unusable: str) -> None:
    """Let an account be used again, without its roles and with no password that anybody knows (ACC-19, ACC-20)."""
    work.note(
        disabled_at=person.disabled_at.isoformat() if person.disabled_at else None,
        disabled_reason=str(person.disabled_reason) if person.disabled_reason else None,
        terminated_on=person.terminated_on.isoformat() if person.terminated_on else None,
    )
    person.state = AccountState.ACTIVE
    person.disabled_at = None
    person.disabled_reason = None
    person.disabled_note = None
    person.terminated_on = None
    await person.save()
    await RoleGrant.filter(user_id=person.id, ended_at=None).update(ended_at=work.now, ended_by_id=work.actor.id)
    await make_unusable(work, person.id, unusable)


async def release_credentials(caller: Caller, number: int) -> Released:
    """Make the one-time secret of an issued user ID and hand it to the liaison, this once.

    Raises:
        what :data:`keep_release` raises.
    """
    secret = spoken_secret(caller.desk.secrets.token())
    hashed = await caller.desk.passwords.hash(secret) if caller.actor.has_any(LIAISONS) else ""
    user_id, expires_at = await keep_release(caller, number, hashed)
    return Released(user_id, secret, expires_at)


@operation("access_form.release", by=LIAISONS, cites="000:99-100; 000:124-128")
async def keep_release(work: Work, number: int, password_hash: str) -> tuple[str, datetime]:
    """Keep a one-time secret by its hash; until it is first used it can be made anew, and the old one is void.

    It opens the account as it was issued, never one whose password was set anew since: that is the support desk's.

    Raises:
        NotFound: there is no such form.
        Denied: ``OWN_FORM``.
        Conflict: ``FORM_STATE``, ``SECRET_USED``, ``ACCOUNT_NOT_ACTIVE``, ``NO_CONTRACT``.
    """
    form = await form_to_change(work, number)
    check_not_about(work.actor.person(), form.user_id, namesake=await is_namesake(work, form))
    again = form.state is FormState.DONE and form.released_at is not None
    if form.state is not FormState.ISSUED and not again:
        raise Conflict("This form has no user ID that waits to be released.", code="FORM_STATE")
    person = await User.filter(id=form.user_id).select_for_update(no_key=True).get()
    if person.state is not AccountState.ACTIVE:
        raise Conflict("This account is not in use any more.", code="ACCOUNT_NOT_ACTIVE")
    await check_contract(form.provider_id, work.today)
    credential = await Credential.filter(user_id=person.id).select_for_update(no_key=True).get()
    waits = credential.secret_expires_at is not None and credential.secret_used_at is None
    untouched = (
        waits and credential.changed_at == form.released_at if again else credential.changed_at == form.issued_at
    )
    if not untouched:
        raise Conflict(
            "The secret was used or replaced already. The Customer Support Center resets the password.",
            code="SECRET_USED",
        )
    expires_at = work.now + work.policy.credentials_release
    await give_secret(work, credential, password_hash, expires_at)
    await end_all_sessions(work, person.id, "credentials released")
    await forget_devices(work, person.id)
    work.touches("user", [person.id])
    work.note(again=again, expires_at=expires_at.isoformat())
    released = {"released_by_id": work.actor.person(), "released_at": work.now}
    if again:
        await form.update_from_dict(released).save(update_fields=list(released))
    else:
        await go_on(work, form, FormState.DONE, **released)
        await tell_people_of_form(work, form, NotificationKind.FORM_DONE)
    return person.user_id, expires_at
