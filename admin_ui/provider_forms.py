"""What the office enters of a provider: its record, contracts, homes, whether it takes part (000:66-72; 001:152)."""

from __future__ import annotations

from uuid import UUID

from admin_ui.actions import Action, Ask, Field, Loaded, with_choices
from admin_ui.counties import county_choices
from admin_ui.doors import Visit
from admin_ui.filters import coded
from admin_ui.forms import Fields
from resolvers.no_referral_status import lift_no_referral_status, set_no_referral_status
from resolvers.people import list_regional_offices
from resolvers.provider_shapes import ProviderKind, ProviderProfileView
from resolvers.provider_views import view_provider_profile
from resolvers.providers import (
    ContractData,
    ProviderData,
    SiteData,
    add_site,
    deactivate_provider,
    upsert_contract,
    upsert_provider,
)
from rules.errors import Invalid, NotFound
from rules.profiles import DeactivationReason
from rules.referrals import SiteKind

_RECORD = (
    Field("name", "Name", limit=120, required=True),
    Field("kind", "Kind", Ask.RADIO, choices=coded(ProviderKind), required=True),
    Field("address", "Address", limit=120),
    Field("city", "City", limit=60),
    Field("zipCode", "ZIP code", limit=10),
    Field("phone", "Telephone", limit=30),
    Field("fax", "Fax", limit=30),
    Field("regionalOffice", "Regional office", Ask.CHOICE),
)
_CONTRACT = (
    Field("number", "Contract number", limit=40, required=True),
    Field("beginsOn", "Begins on", Ask.DAY, required=True),
    Field("endsOn", "Ends on", Ask.DAY, hint="Empty for a contract without an end."),
)


def _provider(visit: Visit) -> UUID:
    key: UUID = visit.request.path_params["provider_id"]
    return key


def _page_of(visit: Visit) -> str:
    return f"/providers/{_provider(visit)}"


async def _of_provider(visit: Visit, what: str, *wanted: str) -> tuple[ProviderProfileView, Loaded]:
    provider = await view_provider_profile(visit.caller, _provider(visit), wanted=frozenset(wanted))
    return provider, Loaded(title=f"{what} {provider.name}", back=_page_of(visit))


async def _record_fields(visit: Visit) -> tuple[Field, ...]:
    offices = [(one.code, f"{one.name}, {one.city}") for one in await list_regional_offices(visit.caller)]
    return with_choices(_RECORD, {"regionalOffice": offices})


def _record(given: Fields) -> ProviderData:
    kind = given.choice("kind", ProviderKind)
    if kind is None:
        raise Invalid("Say what kind of provider it is.", code="FIELD_REQUIRED", field="kind")
    return ProviderData(
        name=given.raw("name"),
        kind=kind,
        address=given.raw("address"),
        city=given.raw("city"),
        zip_code=given.raw("zipCode"),
        phone=given.raw("phone"),
        fax=given.raw("fax"),
        regional_office=given.raw("regionalOffice") or None,
    )


async def _begin_new(visit: Visit) -> Loaded:
    return Loaded({"kind": ProviderKind.RESIDENTIAL.value}, fields=await _record_fields(visit))


async def _create(visit: Visit, given: Fields) -> str:
    return f"/providers/{await upsert_provider(visit.caller, None, _record(given))}"


NEW_PROVIDER = Action(
    path="/providers/new",
    title="New provider",
    button="Enter the provider",
    about="It takes part once it is activated: enter its contract, its homes and its contacts first.",
    done="The provider was entered. Enter its contract, homes and contacts, then activate it.",
    back="/providers",
    load=_begin_new,
    do=_create,
    of=upsert_provider,
    fields=_RECORD,
)


async def _begin_edit(visit: Visit) -> Loaded:
    provider, loaded = await _of_provider(visit, "Record of")
    values = {
        "name": provider.name,
        "kind": provider.kind.value,
        "address": provider.address,
        "city": provider.city,
        "zipCode": provider.zip_code,
        "phone": provider.phone,
        "fax": provider.fax,
        "regionalOffice": provider.regional_office.code if provider.regional_office else "",
    }
    return Loaded(values, fields=await _record_fields(visit), title=loaded.title, back=loaded.back)


async def _edit(visit: Visit, given: Fields) -> str:
    await upsert_provider(visit.caller, _provider(visit), _record(given))
    return _page_of(visit)


EDIT_PROVIDER = Action(
    path="/providers/{provider_id:uuid}/edit",
    title="Record of the provider",
    button="Save",
    done="The record was changed.",
    load=_begin_edit,
    do=_edit,
    of=upsert_provider,
    rewrites=True,
    fields=_RECORD,
)


async def _begin_contract(visit: Visit) -> Loaded:
    provider, loaded = await _of_provider(visit, "Contract of", "contracts")
    key = visit.request.path_params.get("contract_id")
    if key is None:
        return loaded
    contract = next((one for one in provider.contracts if one.id == key), None)
    if contract is None:
        raise NotFound("There is no such contract.", code="CONTRACT_NOT_FOUND")
    ends = contract.ends_on.isoformat() if contract.ends_on else ""
    values = {"number": contract.number, "beginsOn": contract.begins_on.isoformat(), "endsOn": ends}
    return Loaded(values, title=loaded.title, back=loaded.back)


async def _save_contract(visit: Visit, given: Fields) -> str:
    begins = given.day("beginsOn")
    if begins is None:
        raise Invalid("Begins on: this is needed.", code="FIELD_REQUIRED", field="beginsOn")
    data = ContractData(given.raw("number"), begins, given.day("endsOn"))
    await upsert_contract(visit.caller, _provider(visit), visit.request.path_params.get("contract_id"), data)
    return _page_of(visit)


NEW_CONTRACT = Action(
    path="/providers/{provider_id:uuid}/contracts/new",
    title="New contract",
    button="Enter the contract",
    done="The contract was entered.",
    load=_begin_contract,
    do=_save_contract,
    of=upsert_contract,
    fields=_CONTRACT,
)

EDIT_CONTRACT = Action(
    path="/providers/{provider_id:uuid}/contracts/{contract_id:uuid}/edit",
    title="Contract",
    button="Save",
    about="When a contract has ended, no referral reaches the provider and the user IDs of its people are disabled.",
    done="The contract was changed.",
    load=_begin_contract,
    do=_save_contract,
    of=upsert_contract,
    rewrites=True,
    fields=_CONTRACT,
)


async def _begin_site(visit: Visit) -> Loaded:
    _, loaded = await _of_provider(visit, "New home of")
    return loaded


async def _add_site(visit: Visit, given: Fields) -> str:
    kind = given.choice("kind", SiteKind)
    if kind is None:
        raise Invalid("Say what kind of home it is.", code="FIELD_REQUIRED", field="kind")
    beds = given.number("beds", "A number of beds") or 0
    await add_site(visit.caller, _provider(visit), SiteData(kind, given.raw("county"), given.raw("city"), beds))
    return _page_of(visit)


NEW_SITE = Action(
    path="/providers/{provider_id:uuid}/sites/new",
    title="New home",
    button="Enter the home",
    done="The home was entered.",
    load=_begin_site,
    do=_add_site,
    of=add_site,
    fields=(
        Field("kind", "Kind", Ask.RADIO, choices=[(one.value, one.label) for one in SiteKind], required=True),
        Field("county", "County", Ask.CHOICE, choices=county_choices(), required=True),
        Field("city", "City", limit=60),
        Field("beds", "Beds", Ask.NUMBER, limit=3),
    ),
)


async def _begin_suspend(visit: Visit) -> Loaded:
    _, loaded = await _of_provider(visit, "No Referral Status of")
    return loaded


async def _suspend(visit: Visit, given: Fields) -> str:
    await set_no_referral_status(visit.caller, _provider(visit), given.raw("reason"))
    return _page_of(visit)


SET_STATUS = Action(
    path="/providers/{provider_id:uuid}/no-referral-status",
    title="Set No Referral Status",
    button="Set No Referral Status",
    about="Until it is lifted the provider sees no open referral and hears nothing of any. Letters that have not left "
    "are withheld. What was withheld is told in one letter when the status is lifted.",
    done="The provider is in No Referral Status: no referral reaches it until it is lifted.",
    load=_begin_suspend,
    do=_suspend,
    of=set_no_referral_status,
    fields=(
        Field("reason", "Reason", Ask.AREA, limit=500, required=True, hint="The provider reads it in its profile."),
    ),
)


async def _begin_lift(visit: Visit) -> Loaded:
    _, loaded = await _of_provider(visit, "Lift No Referral Status of")
    return loaded


async def _lift(visit: Visit, given: Fields) -> str:  # noqa: ARG001 - the form asks for nothing
    await lift_no_referral_status(visit.caller, _provider(visit))
    return _page_of(visit)


LIFT_STATUS = Action(
    path="/providers/{provider_id:uuid}/no-referral-status/lift",
    title="Lift No Referral Status",
    button="Lift it",
    about="The open referrals of its counties show at once, and each contact is told of all that were withheld, in one "
    "letter.",
    done="No Referral Status was lifted, and the contacts are told of what was withheld.",
    load=_begin_lift,
    do=_lift,
    of=lift_no_referral_status,
)


async def _begin_deactivate(visit: Visit) -> Loaded:
    _, loaded = await _of_provider(visit, "Deactivate")
    return loaded


async def _deactivate(visit: Visit, given: Fields) -> str:
    reason = given.choice("reason", DeactivationReason)
    if reason is None:
        raise Invalid("Choose a reason.", code="FIELD_REQUIRED", field="reason")
    await deactivate_provider(visit.caller, _provider(visit), reason)
    return _page_of(visit)


DEACTIVATE_PROVIDER = Action(
    path="/providers/{provider_id:uuid}/deactivate",
    title="Deactivate the provider",
    button="Deactivate",
    about="No referral reaches it from now on. Its record, answers and contacts stay, and it can be activated again.",
    done="The provider takes part no more.",
    load=_begin_deactivate,
    do=_deactivate,
    of=deactivate_provider,
    fields=(Field("reason", "Reason", Ask.RADIO, choices=coded(DeactivationReason), required=True),),
)

PROVIDER_FORMS = (
    NEW_PROVIDER,
    EDIT_PROVIDER,
    NEW_CONTRACT,
    EDIT_CONTRACT,
    NEW_SITE,
    SET_STATUS,
    LIFT_STATUS,
    DEACTIVATE_PROVIDER,
)
