"""A provider's contacts: entered, changed, their counties and their user ID (001:87-129)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from admin_ui.actions import Action, Field, Loaded
from admin_ui.counties import chosen_counties, county_fields
from admin_ui.county_map import Band
from admin_ui.doors import Visit
from admin_ui.forms import Fields
from resolvers.contacts import (
    ContactChange,
    NewContact,
    add_contact,
    deactivate_contact,
    link_contact_user,
    set_contact_counties,
    update_contact,
)
from resolvers.provider_shapes import ContactView
from resolvers.provider_views import view_contact, view_provider_profile

_PERSON = (
    Field("firstName", "First name", limit=100, required=True),
    Field("lastName", "Last name", limit=100, required=True),
    Field("title", "Title", limit=100),
    Field("email", "E-mail address", limit=254, hint="Referrals come to it. A letter asks to confirm it."),
    Field("phone", "Telephone", limit=30),
)
_USER_ID = Field(
    "userId",
    "User ID",
    limit=40,
    hint="Welcome, not needed. With it the person reads the news here as well as by letter.",
)
_COUNTIES = county_fields(
    "counties",
    "Counties",
    "Those with an Individualized Supported Living or a group home of yours. Never all 115.",
)


_LEGEND = (
    Band("no other contact covers it", 0),
    Band("another contact covers it", 1),
    Band("a home of the provider", 2),
)


def _provider(visit: Visit) -> UUID:
    key: UUID = visit.request.path_params["provider_id"]
    return key


def _page_of(visit: Visit) -> str:
    return f"/providers/{_provider(visit)}"


def _contact(visit: Visit) -> UUID:
    key: UUID = visit.request.path_params["contact_id"]
    return key


async def _of_contact(visit: Visit, what: str) -> tuple[ContactView, Loaded]:
    contact = await view_contact(visit.caller, _contact(visit))
    return contact, Loaded(title=f"{what} {contact.name}", back=_page_of(visit))


async def _begin_add(visit: Visit) -> Loaded:
    provider = await view_provider_profile(visit.caller, _provider(visit), wanted={"sites"})
    homes = sorted({site.county.fips for site in provider.sites})
    return Loaded({"counties": homes}, title=f"New contact of {provider.name}", back=_page_of(visit))


async def _add(visit: Visit, given: Fields) -> str:
    new = NewContact(
        first_name=given.raw("firstName"),
        last_name=given.raw("lastName"),
        email=given.raw("email"),
        title=given.raw("title"),
        phone=given.raw("phone"),
        user_id=given.raw("userId"),
        counties=chosen_counties(given, "counties"),
    )
    await add_contact(visit.caller, _provider(visit), new)
    return _page_of(visit)


ADD_CONTACT = Action(
    path="/providers/{provider_id:uuid}/contacts/new",
    title="New contact",
    button="Add the contact",
    about="The contact is told of the open referrals of its counties, and asked by letter to confirm the address. The "
    "counties of your homes are ticked already.",
    done="The contact was added. A letter asks to confirm the address.",
    load=_begin_add,
    do=_add,
    of=add_contact,
    fields=(*(replace(one, required=True) if one.name == "email" else one for one in _PERSON), _USER_ID, *_COUNTIES),
)


async def _begin_edit(visit: Visit) -> Loaded:
    contact, loaded = await _of_contact(visit, "Edit")
    values = {
        "firstName": contact.first_name,
        "lastName": contact.last_name,
        "title": contact.title,
        "email": contact.email or "",
        "phone": contact.phone,
    }
    return replace(loaded, values=values)


async def _edit(visit: Visit, given: Fields) -> str:
    change = ContactChange(
        first_name=given.raw("firstName"),
        last_name=given.raw("lastName"),
        title=given.raw("title"),
        email=given.raw("email"),
        phone=given.raw("phone"),
    )
    await update_contact(visit.caller, _contact(visit), change)
    return _page_of(visit)


EDIT_CONTACT = Action(
    path="/providers/{provider_id:uuid}/contacts/{contact_id:uuid}/edit",
    title="Edit the contact",
    button="Save",
    about="A new address has to be confirmed by the link in a letter; referrals are sent to it at once.",
    done="The contact was changed.",
    load=_begin_edit,
    do=_edit,
    of=update_contact,
    rewrites=True,
    fields=_PERSON,
)


async def _begin_counties(visit: Visit) -> Loaded:
    contact, loaded = await _of_contact(visit, "Counties of")
    provider = await view_provider_profile(visit.caller, _provider(visit), wanted={"sites", "contacts"})
    chosen = [county.fips for county in contact.counties]
    homes = {site.county.fips: site.county.name for site in provider.sites}
    others = {
        county.fips for one in provider.contacts if one.active and one.id != contact.id for county in one.counties
    }
    return replace(
        loaded,
        values={"counties": chosen},
        more={
            "contact": contact,
            "county_legend": _LEGEND,
            "homes": homes,
            "values": {fips: 2 if fips in homes else 1 for fips in others | set(homes)},
            "warned": [one for one in contact.warnings if one.counties],
            "missing": sorted(name for fips, name in homes.items() if fips not in others | set(chosen)),
        },
    )


async def _set_counties(visit: Visit, given: Fields) -> str:
    await set_contact_counties(visit.caller, _contact(visit), chosen_counties(given, "counties"))
    return f"{_page_of(visit)}/contacts/{_contact(visit)}/counties"


CONTACT_COUNTIES = Action(
    path="/providers/{provider_id:uuid}/contacts/{contact_id:uuid}/counties",
    title="Counties of the contact",
    button="Save the counties",
    about="The contact is told of referrals for these counties, and of all statewide ones.",
    done="The counties were saved. The contact joins the open referrals of those it has gained.",
    load=_begin_counties,
    do=_set_counties,
    of=set_contact_counties,
    rewrites=True,
    template="providers/counties.html",
    fields=_COUNTIES,
)


async def _begin_link(visit: Visit) -> Loaded:
    contact, loaded = await _of_contact(visit, "User ID of")
    return replace(loaded, values={"userId": contact.user_id or ""})


async def _link(visit: Visit, given: Fields) -> str:
    await link_contact_user(visit.caller, _contact(visit), given.raw("userId").strip() or None)
    return _page_of(visit)


LINK_USER = Action(
    path="/providers/{provider_id:uuid}/contacts/{contact_id:uuid}/user",
    title="User ID of the contact",
    button="Save",
    about="An ID of your organization, or nothing. News that nobody could read for want of a user ID moves to it.",
    done="The user ID was saved.",
    load=_begin_link,
    do=_link,
    of=link_contact_user,
    rewrites=True,
    fields=(_USER_ID,),
)


async def _begin_deactivate(visit: Visit) -> Loaded:
    contact, loaded = await _of_contact(visit, "Deactivate")
    provider = await view_provider_profile(visit.caller, _provider(visit), wanted={"contacts"})
    last = contact.active and sum(one.active for one in provider.contacts) == 1
    return replace(
        loaded, about=_LAST_CONTACT if last else "The contact hears nothing more; it can be activated again."
    )


_LAST_CONTACT = (
    "This is the last active contact: no referral reaches the provider any more, and the coordinators of its open "
    "referrals are told."
)


async def _deactivate(visit: Visit, given: Fields) -> str:  # noqa: ARG001 - the form asks for nothing
    await deactivate_contact(visit.caller, _contact(visit))
    return _page_of(visit)


DEACTIVATE_CONTACT = Action(
    path="/providers/{provider_id:uuid}/contacts/{contact_id:uuid}/deactivate",
    title="Deactivate the contact",
    button="Deactivate",
    done="The contact was deactivated.",
    load=_begin_deactivate,
    do=_deactivate,
    of=deactivate_contact,
)

CONTACT_FORMS = (ADD_CONTACT, EDIT_CONTACT, CONTACT_COUNTIES, LINK_USER, DEACTIVATE_CONTACT)
