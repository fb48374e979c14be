"""A provider's contacts: who is told of referrals, where, and for which counties (001:70-129)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

from orm.models import Contact, ContactCounty, Mailbox, User
from resolvers.audience_lock import change_audience
from resolvers.desk import Work, operation
from resolvers.email_confirmations import ask_to_confirm
from resolvers.joining import profile_change
from resolvers.mailbox_moves import move_lines
from resolvers.profile_scope import PROFILE_KEEPERS, check_keeps, keeps
from resolvers.providers import known_counties
from rules.accounts import AccountState, normalize_user_id
from rules.errors import Conflict, Invalid, NotFound
from rules.profiles import check_contact_counties
from rules.text import NAME_LIMIT, clean_email, clean_text


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact as entered; the user ID is welcome, not required (001:95)."""

    first_name: str
    last_name: str
    email: str
    title: str = ""
    phone: str = ""
    user_id: str = ""
    counties: frozenset[str] = frozenset()


@operation("contact.add", by=PROFILE_KEEPERS, cites="001:87-99")
async def add_contact(work: Work, provider_id: UUID, new: NewContact) -> UUID:
    """Add a contact; it joins the open referrals that reach it and is asked to confirm the address.

    Raises:
        NotFound: there is no such provider for this person.
        Invalid: a name is missing, the address is malformed, a county unknown or all of them chosen, or the user ID is
            not one of this provider.
        Conflict: another active contact of the provider has this user ID.
    """
    check_keeps(work.actor, provider_id)
    counties = await _counties(work, new.counties)
    async with profile_change(work, provider_id):
        user = await _colleague(provider_id, new.user_id) if new.user_id.strip() else None
        if user is not None:
            await _check_free(provider_id, user.id)
        contact = await Contact.create(
            id=uuid4(),
            provider_id=provider_id,
            user_id=user.id if user else None,
            mailbox_id=user.mailbox_id if user else (await Mailbox.create()).id,
            first_name=clean_text(new.first_name, field="firstName", limit=NAME_LIMIT, required=True),
            last_name=clean_text(new.last_name, field="lastName", limit=NAME_LIMIT, required=True),
            title=clean_text(new.title, field="title", limit=100),
            email=clean_email(new.email, "email"),
            phone=clean_text(new.phone, field="phone", limit=30),
            created_at=work.now,
        )
        work.about("contact", contact.id)
        await _cover(work, contact, counties)
        await ask_to_confirm(work, contact)
    return contact.id


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What may be changed; ``None`` leaves it as it is, an empty address takes it off the file."""

    first_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    email: str | None = None
    phone: str | None = None


@operation("contact.update", by=PROFILE_KEEPERS, cites="001:87-97")
async def update_contact(work: Work, contact_id: UUID, change: ContactChange) -> None:
    """Change a contact's data; a new address is asked for confirmation, and is not known to bounce.

    Raises:
        NotFound: there is no such contact for this person.
        Invalid: a name is missing, or the address is malformed.
    """
    async with _changing(work, contact_id) as contact:
        texts = {
            "first_name": _text(change.first_name, "firstName", NAME_LIMIT, required=True),
            "last_name": _text(change.last_name, "lastName", NAME_LIMIT, required=True),
            "title": _text(change.title, "title", 100),
            "phone": _text(change.phone, "phone", 30),
        }
        changed = {name: text for name, text in texts.items() if text is not None and text != getattr(contact, name)}
        contact.update_from_dict(changed)
        fields = [*changed]
        if change.email is not None:
            email = clean_email(change.email, "email") if change.email.strip() else None
            if email != contact.email:
                contact.email = email
                contact.email_confirmed_at = contact.email_bounced_at = None
                fields += ["email", "email_confirmed_at", "email_bounced_at"]
                await ask_to_confirm(work, contact)
        if fields:
            await contact.save(update_fields=fields)
        work.note(fields=[*changed, *(["email"] if "email" in fields else [])])


@operation("contact.verify", by=PROFILE_KEEPERS, cites="001:70-72; 001:87-91")
async def verify_contact(work: Work, contact_id: UUID) -> None:
    """Write down that a contact's data were looked at and are right.

    Raises:
        NotFound: there is no such contact for this person.
    """
    async with _changing(work, contact_id) as contact:
        contact.verified_at = work.now
        await contact.save(update_fields=["verified_at"])


@operation("contact.activate", by=PROFILE_KEEPERS, cites="001:154")
async def activate_contact(work: Work, contact_id: UUID) -> None:
    """Let a contact hear of referrals again: it joins those that it has not heard of.

    Raises:
        NotFound: there is no such contact for this person.
        Conflict: it is active already, or another active contact of the provider has its user ID.
    """
    async with _changing(work, contact_id) as contact:
        if contact.active:
            raise Conflict("This contact is active already.", code="CONTACT_ACTIVE")
        if contact.user_id is not None:
            await _check_free(contact.provider_id, contact.user_id, but=contact_id)
        contact.active = True
        await contact.save(update_fields=["active"])
        if contact.email_confirmed_at is None:
            await ask_to_confirm(work, contact)


@operation("contact.deactivate", by=PROFILE_KEEPERS, cites="001:154")
async def deactivate_contact(work: Work, contact_id: UUID) -> None:
    """Let a contact hear nothing more; if it was the last one who could be reached, the coordinators are told.

    Raises:
        NotFound: there is no such contact for this person.
        Conflict: it is not active.
    """
    async with _changing(work, contact_id) as contact:
        if not contact.active:
            raise Conflict("This contact is not active.", code="CONTACT_NOT_ACTIVE")
        await _silence(contact)


async def deactivate_contacts_of(work: Work, user_pk: UUID) -> list[UUID]:
    """Let the contacts of a person who leaves hear nothing more, with all that follows; name their providers (REV-10).

    Call it after other rows were locked: it holds the audience until the transaction ends.
    """
    await change_audience()  # before looking, so that no contact is being added for this person meanwhile
    providers = {contact.provider_id for contact in await Contact.filter(user_id=user_pk, active=True)}
    for provider_id in sorted(providers, key=str):
        async with profile_change(work, provider_id):
            known = Contact.filter(provider_id=provider_id, user_id=user_pk, active=True)
            for contact in await known.select_for_update(no_key=True):
                await _silence(contact)
                work.touches("contact", [contact.id])
    return sorted(providers, key=str)


async def unlink_contacts_of(work: Work, user_pk: UUID) -> None:
    """Take the user ID off the contacts of a person whose ID is deleted; they stay as they are, each with a mailbox."""
    linked = await Contact.filter(user_id=user_pk).order_by("id").select_for_update(no_key=True)
    for contact in linked:
        contact.user_id = None
        contact.mailbox_id = (await Mailbox.create()).id
        await contact.save(update_fields=["user_id", "mailbox_id"])
    work.touches("contact", [contact.id for contact in linked])


@operation("contact.set_counties", by=PROFILE_KEEPERS, cites="001:99; 001:121-129")
async def set_contact_counties(work: Work, contact_id: UUID, counties: Collection[str]) -> None:
    """Set all counties of a contact at once, by FIPS code; it joins the open referrals of those it gains (POL-26).

    Counties in which the provider has no home are allowed; the profile warns of them.

    Raises:
        NotFound: there is no such contact for this person.
        Invalid: a county is unknown, or all are chosen.
    """
    chosen = await _counties(work, counties)
    async with _changing(work, contact_id) as contact:
        await _cover(work, contact, chosen)


@operation("contact.link_user", by=PROFILE_KEEPERS, cites="001:95")
async def link_contact_user(work: Work, contact_id: UUID, user_id: str | None) -> None:
    """Say which user ID a contact has, or that it has none.

    From now on the person reads the contact's news in the own mailbox. What the contact was told before, and nobody
    could read for want of a user ID, moves there, without a second letter. Lines of a person who is no longer the
    contact stay with that person.

    Raises:
        NotFound: there is no such contact for this person.
        Invalid: the user ID is not one of this provider.
        Conflict: another active contact of the provider has this user ID.
    """
    async with _changing(work, contact_id) as contact:
        user = await _colleague(contact.provider_id, user_id) if user_id is not None and user_id.strip() else None
        if (user.id if user else None) == contact.user_id:
            work.note(changed=False)
            return
        if user is not None and contact.active:
            await _check_free(contact.provider_id, user.id, but=contact_id)
        moved = 0
        if user is not None and contact.user_id is None:
            moved = await move_lines(contact.mailbox_id, user.mailbox_id)
        contact.user_id = user.id if user else None
        contact.mailbox_id = user.mailbox_id if user else (await Mailbox.create()).id
        await contact.save(update_fields=["user_id", "mailbox_id"])
        if user is not None:
            work.touches("user", [user.id])
        work.note(linked=user is not None, moved=moved)


@asynccontextmanager
async def _changing(work: Work, contact_id: UUID) -> AsyncIterator[Contact]:
    """Load a contact under lock for a keeper of its profile; then tell what the change brings.

    Raises:
        NotFound: there is no such contact for this person.
    """
    known = await Contact.get_or_none(id=contact_id)
    if known is None or not keeps(work.actor, known.provider_id):
        raise NotFound("There is no such contact.", code="CONTACT_NOT_FOUND")
    work.about("contact", contact_id)
    async with profile_change(work, known.provider_id):
        yield await Contact.filter(id=contact_id).select_for_update(no_key=True).get()


async def _silence(contact: Contact) -> None:
    contact.active = False
    await contact.save(update_fields=["active"])


async def _counties(work: Work, chosen: Collection[str]) -> frozenset[str]:
    check_contact_counties(chosen, await known_counties(list(chosen)), work.policy)
    return frozenset(chosen)


async def _cover(work: Work, contact: Contact, counties: frozenset[str]) -> None:
    had = {row.county_id for row in await ContactCounty.filter(contact_id=contact.id)}
    await ContactCounty.filter(contact_id=contact.id, county_id__in=sorted(had - counties)).delete()
    await ContactCounty.bulk_create(
        ContactCounty(contact_id=contact.id, county_id=county, since=work.now) for county in sorted(counties - had)
    )
    work.note(counties=len(counties), gained=sorted(counties - had), lost=sorted(had - counties))


async def _colleague(provider_id: UUID, user_id: str) -> User:
    """Find an active user of this provider; an ID of another provider is as unknown as none."""
    _, canonical = normalize_user_id(user_id)
    user = await User.filter(user_id=canonical, provider_id=provider_id, state=AccountState.ACTIVE).first()
    if user is None:
        raise Invalid("This is not a user ID of this provider.", code="USER_NOT_OF_PROVIDER", field="userId")
    return user


async def _check_free(provider_id: UUID, user_pk: UUID, *, but: UUID | None = None) -> None:
    others = Contact.filter(provider_id=provider_id, user_id=user_pk, active=True)
    if await others.exclude(id=but or UUID(int=0)).exists():
        raise Conflict("Another active contact has this user ID.", code="USER_ID_TAKEN", field="userId")


def _text(value: str | None, field: str, limit: int, *, required: bool = False) -> str | None:
    return None if value is None else clean_text(value, field=field, limit=limit, required=required)
