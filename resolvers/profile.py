"""The own profile: telephone, title and e-mail address, which everybody keeps current (000:26-27, 000:302-310).

The support desk calls the telephone number back, and letters go to the address: either changes only with the password.

A new address takes effect when the link of the letter that went there is followed: the proof is having got the letter.
Whether somebody else has the address already is told only to who holds that letter, so nobody can ask for addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from orm.models import AddressChange, Credential, User
from resolvers.accounts import count_wrong_password
from resolvers.address_changes import forget_address_changes
from resolvers.callers import Caller
from resolvers.desk import EVERYONE, THE_HOUSE, Reading, Work, access, operation
from resolvers.promises import CONFIRM_TOKEN, Promise, Reader
from resolvers.tokens import hash_token
from rules.accounts import AccountState
from rules.errors import Conflict, Invalid
from rules.notices import NotificationKind
from rules.passwords import entered_password
from rules.profiles import check_confirmation, no_such_confirmation
from rules.roles import Role
from rules.text import NAME_LIMIT, clean_email, clean_text

_PHONE_LIMIT = 30
_LONGEST_TOKEN = 200


@dataclass(slots=True)
class ProfileView:
    """What a person keeps current; ``new_email`` waits to be confirmed."""

    id: UUID
    user_id: str
    name: str
    title: str
    phone: str
    email: str | None
    email_confirmed_at: datetime | None
    email_bounced_at: datetime | None
    new_email: str | None
    new_email_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """What changes; None leaves it as it is."""

    phone: str | None = None
    title: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class AddressChangeView:
    """What the page of a link shows to whoever holds it."""

    email: str


@access("account.profile", by=EVERYONE, cites="000:302-310")
async def view_profile(reading: Reading) -> ProfileView:
    """Show the caller's own profile."""
    user = await User.get(id=reading.actor.person())
    reading.about("user", user.id)
    change = await _open_change(user.id, reading.now)
    return ProfileView(
        id=user.id,
        user_id=user.user_id,
        name=user.name,
        title=user.title,
        phone=user.phone,
        email=user.email,
        email_confirmed_at=user.email_confirmed_at,
        email_bounced_at=user.email_bounced_at,
        new_email=change.email if change else None,
        new_email_expires_at=change.expires_at if change else None,
    )


async def update_profile(caller: Caller, change: ProfileChange, current_password: str = "") -> None:
    """Keep the caller's profile current; the password is verified where it is needed, before anything is locked.

    Raises:
        Invalid: ``PASSWORD_WRONG``, counted like one at the door, or ``PASSWORD_REQUIRED`` (field
            ``currentPassword``); see :func:`keep_profile`.
        Conflict: the password was changed at the same moment.
    """
    user = await User.get(id=caller.actor.person())
    new_phone = change.phone is not None and change.phone.strip() != user.phone
    new_email = change.email is not None and change.email.strip() != user.email
    seen = await _proven_password(caller, current_password) if current_password and (new_phone or new_email) else None
    await keep_profile(caller, change, seen=seen)


async def _proven_password(caller: Caller, password: str) -> int:
    """Verify the caller's password; give the version of the credential that it fits."""
    credential = await Credential.get(user_id=caller.actor.person())
    entered = entered_password(password)
    if not await caller.desk.passwords.verify(credential.password_hash, entered):
        await count_wrong_password(caller)
    return credential.version


@operation("account.update_profile", by=EVERYONE, cites="000:26-27; 000:302-310")
async def keep_profile(work: Work, change: ProfileChange, *, seen: int | None = None) -> None:
    """Keep the caller's profile current; a new address gets a letter with a link first.

    The address on file, entered again while letters to it come back or while it was never confirmed, gets one too.
    ``seen`` is the version of the credential whose password was just verified; None if none was.

    Raises:
        Invalid: a text that is too long or cannot be shown, an address that is none; nothing to change;
            ``PASSWORD_REQUIRED`` for another telephone number or address.
        Conflict: the password was changed at the same moment.
    """
    person = work.actor.person()
    work.about("user", person)
    user = await User.filter(id=person).select_for_update(no_key=True).get()
    if change == ProfileChange():
        raise Invalid("Say what changes.", code="NOTHING_TO_CHANGE")
    phone, title, email = user.phone, user.title, user.email
    if change.phone is not None:
        phone = clean_text(change.phone, field="phone", limit=_PHONE_LIMIT)
    if change.title is not None:
        title = clean_text(change.title, field="title", limit=NAME_LIMIT)
    if change.email is not None:
        email = clean_email(change.email, "email")
    if phone != user.phone or email != user.email:
        await _check_password_seen(user.id, seen)
    changed = [name for name, is_new in (("phone", phone != user.phone), ("title", title != user.title)) if is_new]
    user.phone, user.title = phone, title
    if changed:
        await user.save(update_fields=changed)
    if change.email is not None and email is not None:
        await _ask_to_confirm(work, user, email)
    work.note(changed=changed)


async def _check_password_seen(user_pk: UUID, seen: int | None) -> None:
    if seen is None:
        raise Invalid(
            "Enter your current password to change the telephone number or the e-mail address.",
            code="PASSWORD_REQUIRED",
            field="currentPassword",
        )
    if not await Credential.exists(user_id=user_pk, version=seen):
        raise Conflict("Your password was changed at the same moment. Repeat this with the new one.")


async def _ask_to_confirm(work: Work, user: User, email: str) -> None:
    """Promise the letter to the new address; what was asked before is void. Only the token's hash is kept."""
    same = user.email is not None and user.email.casefold() == email.casefold()
    in_order = user.email_confirmed_at is not None and user.email_bounced_at is None
    await forget_address_changes(work, user.id, "Another address is to be confirmed.")
    if same and in_order and user.email == email:
        work.note(address="unchanged")
        return
    token = work.caller.desk.secrets.token()
    change = await AddressChange.create(
        id=uuid4(),
        user_id=user.id,
        email=email,
        token_hash=hash_token(token),
        asked_at=work.now,
        expires_at=work.now + work.policy.contact_confirm,
    )
    work.touches("address_change", [change.id])
    work.note(address="to be confirmed")
    work.promise(
        [
            Promise(
                [Reader(user.mailbox_id, None, user.id, has_address=True)],
                NotificationKind.CONFIRM_USER_ADDRESS,
                referral_id=None,
                number=None,
                facts={CONFIRM_TOKEN: token},
            )
        ]
    )


async def is_address_change(token: str) -> bool:
    """Say whether a link belongs to the address of a user, and not to that of a provider's contact."""
    return await AddressChange.exists(token_hash=_hash(token))


@access("account.view_address_change", by=THE_HOUSE, cites="000:302-310")
async def view_address_change(reading: Reading, token: str) -> AddressChangeView:
    """Show what a link would confirm; looking changes nothing.

    Raises:
        NotFound: the link was not made here.
        Conflict: it was used, or has expired, or another one was asked for since.
    """
    change = await _change_of(token)
    reading.about("user", change.user_id)
    _check(change, reading.now)
    return AddressChangeView(change.email)


@operation("account.confirm_address", by=Role, cites="000:302-310")
async def confirm_address(work: Work, token: str) -> None:
    """Let a new address take effect: once, in time. Whoever holds the link has got the letter, so anybody may ask.

    Raises:
        NotFound: the link was not made here, or its owner's account is not in use.
        Conflict: it was used, or has expired; ``EMAIL_TAKEN``: somebody else has the address by now.
    """
    known = await _change_of(token)
    work.about("user", known.user_id)
    user = await User.filter(id=known.user_id).select_for_update(no_key=True).get()
    change = await AddressChange.get(id=known.id)
    _check(change, work.now)
    if user.state is not AccountState.ACTIVE:
        raise no_such_confirmation()
    taken = User.filter(email__iexact=change.email).exclude(id=user.id).exclude(state=AccountState.DELETED)
    if await taken.exists():
        raise Conflict(
            "Another user ID has this e-mail address. Letters are personal: use an address of your own.",
            code="EMAIL_TAKEN",
        )
    user.email, user.email_confirmed_at, user.email_bounced_at = change.email, work.now, None
    await user.save(update_fields=["email", "email_confirmed_at", "email_bounced_at"])
    await AddressChange.filter(id=change.id).update(confirmed_at=work.now)
    work.touches("address_change", [change.id])


async def _open_change(user_pk: UUID, now: datetime) -> AddressChange | None:
    return (
        await AddressChange.filter(user_id=user_pk, confirmed_at=None, expires_at__gt=now).order_by("-asked_at").first()
    )


async def _change_of(token: str) -> AddressChange:
    change = await AddressChange.filter(token_hash=_hash(token)).first()
    if change is None:
        raise no_such_confirmation()
    return change


def _check(change: AddressChange, now: datetime) -> None:
    check_confirmation(
        asked_for=change.email,
        on_file=change.email,
        confirmed_at=change.confirmed_at,
        expires_at=change.expires_at,
        now=now,
    )


def _hash(token: str) -> str:
    return hash_token(token[:_LONGEST_TOKEN].encode(errors="replace").decode())
