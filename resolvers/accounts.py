"""User IDs and passwords: create the account, change the password (000:3-6, 000:284-310)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from orm.models import (
    CoordinatorCounty,
    Credential,
    Mailbox,
    PasswordHistory,
    RoleGrant,
    Session,
    User,
)
from resolvers.address_changes import forget_address_changes
from resolvers.audience_facts import COORDINATOR_KINDS
from resolvers.callers import Caller
from resolvers.desk import EVERYONE, THE_HOUSE, Work, operation
from resolvers.devices import count_on_device, device_of_session, forgive_devices, lock_wholly
from resolvers.register import current_policy
from resolvers.session_ends import end_all_sessions, end_sessions
from resolvers.sessions import keep_count
from rules.accounts import normalize_user_id
from rules.errors import Conflict, Invalid
from rules.passwords import entered_password, history_depth, is_locked_after, password_faults
from rules.roles import Role
from rules.text import NAME_LIMIT, clean_email, clean_text

_DEFAULT_DOMAIN = "DMH"
_PROVIDER_DOMAIN = "EXTLCL"


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What is known of a person when the user ID is created."""

    user_id: str
    first_name: str
    last_name: str
    roles: frozenset[Role]
    email: str | None = None
    phone: str = ""
    title: str = ""
    provider_id: UUID | None = None
    facility_id: str | None = None
    regional_office_id: str | None = None
    coordinator_counties: frozenset[str] = field(default_factory=frozenset)


@operation("account.create", by=THE_HOUSE, cites="000:99-100")
async def create_account(work: Work, new: NewAccount, password_hash: str, *, must_change: bool = True) -> UUID:
    """Create a user ID with a first password, which has to be changed at the first sign-on unless said otherwise."""
    user = await add_account(work, new, password_hash, must_change=must_change)
    work.about("user", user.id)
    return user.id


async def add_account(work: Work, new: NewAccount, password_hash: str, *, must_change: bool = True) -> User:
    """Add an account in the transaction of what asks for it; user IDs are never reused, not even deleted ones (ACC-09).

    Raises:
        Conflict: ``USER_ID_TAKEN``.
        Invalid: the user ID, a name or the address is wrong, or a role is not for people.
    """
    domain, user_id = normalize_user_id(new.user_id)
    if await User.exists(user_id=user_id):
        raise Conflict("This user ID exists already; IDs are never reused.", code="USER_ID_TAKEN", field="userId")
    if Role.SYSTEM in new.roles:
        raise Invalid("No person holds the house's own role.", code="ROLE_NOT_FOR_PEOPLE", field="roles")
    user = await User.create(
        id=uuid4(),
        user_id=user_id,
        domain=domain or domain_of(new.provider_id),
        first_name=clean_text(new.first_name, field="firstName", limit=NAME_LIMIT, required=True),
        last_name=clean_text(new.last_name, field="lastName", limit=NAME_LIMIT, required=True),
        title=clean_text(new.title, field="title", limit=NAME_LIMIT),
        email=clean_email(new.email, "email") if new.email else None,
        phone=clean_text(new.phone, field="phone", limit=30),
        provider_id=new.provider_id,
        facility_id=new.facility_id,
        regional_office_id=new.regional_office_id,
        mailbox=await Mailbox.create(),
        created_at=work.now,
    )
    work.touches("user", [user.id])
    await Credential.create(user_id=user.id, password_hash=password_hash, changed_at=work.now, must_change=must_change)
    await PasswordHistory.create(user_id=user.id, password_hash=password_hash, set_at=work.now)
    await RoleGrant.bulk_create(
        RoleGrant(user_id=user.id, role=role, granted_at=work.now, why="account created") for role in sorted(new.roles)
    )
    await CoordinatorCounty.bulk_create(_coordinator_counties(user.id, new))
    work.note(roles=sorted(new.roles))
    return user


def domain_of(provider_id: UUID | None) -> str:
    """Say in which domain the user IDs of an organization live (000:145-150, ACC-03)."""
    return _PROVIDER_DOMAIN if provider_id else _DEFAULT_DOMAIN


def _coordinator_counties(user_pk: UUID, new: NewAccount) -> Iterable[CoordinatorCounty]:
    for role in sorted(new.roles & COORDINATOR_KINDS.keys()):
        for county in sorted(new.coordinator_counties):
            yield CoordinatorCounty(user_id=user_pk, county_id=county, kind=COORDINATOR_KINDS[role])


async def change_password(caller: Caller, current: str, new: str) -> None:
    """Replace the caller's password: right current one, good form, not one of the last 24 (000:284-310).

    Other sessions of the person end. Hashing happens before the transaction, so nobody waits for it.

    Raises:
        Invalid: ``PASSWORD_WRONG`` (field ``currentPassword``), a fault of the form or ``PASSWORD_REUSED`` (field
            ``newPassword``).
        Conflict: the password was changed elsewhere at the same moment.
    """
    passwords = caller.desk.passwords
    policy = await current_policy(caller.desk.clock())
    credential = await Credential.get(user_id=caller.actor.person())
    if not await passwords.verify(credential.password_hash, entered_password(current)):
        await count_wrong_password(caller)
        return
    new = entered_password(new)
    user = await User.get(id=credential.user_id)
    if faults := password_faults(new, policy, (user.user_id, user.first_name, user.last_name)):
        await refuse_new_password(caller, str(faults[0]), faults[0].sentence(policy))
        return
    old = (
        await PasswordHistory.filter(user_id=credential.user_id).order_by("-set_at", "-id").limit(history_depth(policy))
    )
    for former in old:
        if await passwords.verify(former.password_hash, new):
            sentence = f"Choose a password that is not one of your last {history_depth(policy)}."
            await refuse_new_password(caller, "PASSWORD_REUSED", sentence)
            return
    await set_password(caller, await passwords.hash(new), seen=credential.version)


@operation("account.set_password", by=EVERYONE, cites="000:294-310", at_the_door=True)
async def set_password(work: Work, password_hash: str, *, seen: int) -> None:
    """Keep a checked new password; ``seen`` is the version of the credential that was checked."""
    person = work.actor.person()
    work.about("user", person)
    credential = await Credential.filter(user_id=person).select_for_update(no_key=True).get()
    if credential.version != seen:
        raise Conflict("Your password was changed at the same moment. Sign in again.")
    await Credential.filter(user_id=person).update(
        password_hash=password_hash,
        changed_at=work.now,
        must_change=False,
        failures=0,
        version=seen + 1,
        secret_expires_at=None,
        secret_used_at=None,
        reminded_for_days=None,
    )
    await PasswordHistory.create(user_id=person, password_hash=password_hash, set_at=work.now)
    await forgive_devices(person)
    await forget_address_changes(work, person, "The password was changed.")
    others = (
        await Session.filter(user_id=person, ended_at=None)
        .exclude(id=work.caller.session_id)
        .values_list("id", flat=True)
    )
    await end_sessions(work, [UUID(str(other)) for other in others], "password changed")


@operation("account.refuse_new_password", by=EVERYONE, cites="000:284-293", at_the_door=True)
async def refuse_new_password(work: Work, code: str, sentence: str) -> None:
    """Write down that a new password was not good enough; nothing of the password itself."""
    work.about("user", work.actor.person())
    raise Invalid(sentence, code=code, field="newPassword")


@operation("account.count_wrong_password", by=EVERYONE, cites="000:9-11", at_the_door=True)
async def count_wrong_password(work: Work) -> None:
    """Count a wrong current password on the session's device; too many lock the account and end its sessions."""
    person = work.actor.person()
    work.about("user", person)
    credential = await Credential.filter(user_id=person).select_for_update(no_key=True).get()
    device = await device_of_session(work.caller.session_id)
    if device is not None:
        locked = await count_on_device(work, credential, device, work.actor.roles)
    else:
        credential.failures += 1
        locked = is_locked_after(credential.failures, work.actor.roles, work.policy)
        if locked:
            await lock_wholly(work, credential)
    if locked:
        await end_all_sessions(work, person, "locked")
    await keep_count(credential)
    work.refuse_and_keep(Invalid("The current password is not right.", code="PASSWORD_WRONG", field="currentPassword"))
