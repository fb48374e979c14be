"""What can be done with a provider's contacts: data, counties, user ID, address (001:70-129)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import strawberry

from resolvers.contacts import (
    ContactChange,
    NewContact,
    activate_contact,
    add_contact,
    deactivate_contact,
    link_contact_user,
    set_contact_counties,
    update_contact,
    verify_contact,
)
from resolvers.email_confirmations import confirm_contact_email
from resolvers.provider_views import view_contact
from schema.context import Info, caller_of
from schema.described import described_type
from schema.errors import answered
from schema.ids import key_of
from schema.provider_inputs import (
    ActivateContactInput,
    AddContactInput,
    ConfirmContactEmailInput,
    DeactivateContactInput,
    LinkContactUserInput,
    SetContactCountiesInput,
    UpdateContactInput,
    VerifyContactInput,
)
from schema.provider_payloads import (
    ActivateContactPayload,
    AddContactPayload,
    ConfirmContactEmailPayload,
    DeactivateContactPayload,
    LinkContactUserPayload,
    SetContactCountiesPayload,
    UpdateContactPayload,
    VerifyContactPayload,
)
from schema.selection import wanted


@described_type
class ContactMutations:
    """Contacts: for a provider's own staff, Provider Relations and the central office."""

    @strawberry.mutation
    async def add_contact(self, info: Info, input: AddContactInput) -> AddContactPayload:
        """Add a contact: it joins the open referrals that reach it, and confirms the address by letter (001:87-99).

        Args:
            input: The contact.
        """
        new = NewContact(
            input.first_name,
            input.last_name,
            input.email,
            input.title,
            input.phone,
            input.user_id,
            frozenset(input.counties),
        )

        async def add() -> Any:
            key = key_of("Provider", input.provider_id, field="providerId")
            return await _shown(info, await add_contact(caller_of(info), key, new))

        return await answered(AddContactPayload, add())

    @strawberry.mutation
    async def update_contact(self, info: Info, input: UpdateContactInput) -> UpdateContactPayload:
        """Change a contact's data; a new address is asked for confirmation (001:87-97).

        Args:
            input: The change.
        """
        change = ContactChange(input.first_name, input.last_name, input.title, input.email, input.phone)
        work = _done(info, input.contact_id, lambda key: update_contact(caller_of(info), key, change))
        return await answered(UpdateContactPayload, work)

    @strawberry.mutation
    async def verify_contact(self, info: Info, input: VerifyContactInput) -> VerifyContactPayload:
        """Say that a contact's data were looked at and are right (001:70-72).

        Args:
            input: Which contact.
        """
        work = _done(info, input.contact_id, lambda key: verify_contact(caller_of(info), key))
        return await answered(VerifyContactPayload, work)

    @strawberry.mutation
    async def activate_contact(self, info: Info, input: ActivateContactInput) -> ActivateContactPayload:
        """Let a contact hear of referrals again (001:154).

        Args:
            input: Which contact.
        """
        work = _done(info, input.contact_id, lambda key: activate_contact(caller_of(info), key))
        return await answered(ActivateContactPayload, work)

    @strawberry.mutation
    async def deactivate_contact(self, info: Info, input: DeactivateContactInput) -> DeactivateContactPayload:
        """Let a contact hear nothing more; coordinators are told if nobody is left to be reached (001:154).

        Args:
            input: Which contact.
        """
        work = _done(info, input.contact_id, lambda key: deactivate_contact(caller_of(info), key))
        return await answered(DeactivateContactPayload, work)

    @strawberry.mutation
    async def set_contact_counties(self, info: Info, input: SetContactCountiesInput) -> SetContactCountiesPayload:
        """Set all counties of a contact; it joins the open referrals of those it gains (001:99, 001:121-129).

        Counties in which the provider has no home are saved and named in the contact's `warnings`.

        Args:
            input: The whole set.
        """
        work = _done(info, input.contact_id, lambda key: set_contact_counties(caller_of(info), key, input.counties))
        return await answered(SetContactCountiesPayload, work)

    @strawberry.mutation
    async def link_contact_user(self, info: Info, input: LinkContactUserInput) -> LinkContactUserPayload:
        """Say which user ID a contact has; what it was told before moves to that person's mailbox (001:95).

        Args:
            input: Which contact, which user ID.
        """
        work = _done(info, input.contact_id, lambda key: link_contact_user(caller_of(info), key, input.user_id))
        return await answered(LinkContactUserPayload, work)

    @strawberry.mutation
    async def confirm_contact_email(self, info: Info, input: ConfirmContactEmailInput) -> ConfirmContactEmailPayload:
        """Confirm an address with the link from the letter; the page of the link does the same without signing in.

        Args:
            input: The end of the link.
        """

        async def confirm() -> bool:
            await confirm_contact_email(caller_of(info), input.token)
            return True

        return await answered(ConfirmContactEmailPayload, confirm())


async def _done(info: Info, contact_id: str, work: Callable[[UUID], Awaitable[None]]) -> Any:
    """Do the work on a contact, then show it as it is afterwards."""
    key = key_of("Contact", contact_id, field="contactId")
    await work(key)
    return await _shown(info, key)


async def _shown(info: Info, key: UUID) -> Any:
    return await view_contact(caller_of(info), key) if wanted(info, "contact") else None
