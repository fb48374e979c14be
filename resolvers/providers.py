"""The provider's own record: name and address, contracts, homes, and whether it takes part (000:66-72; 002:355-357)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from orm.models import Contract, County, Provider, ProviderKind, RegionalOffice, Site
from resolvers.desk import Work, operation
from resolvers.joining import no_such_provider, profile_change
from resolvers.profile_scope import PROVIDER_OFFICE
from rules.errors import Conflict, Invalid, NotFound
from rules.profiles import DeactivationReason, check_beds, check_contract_period
from rules.referrals import SiteKind
from rules.text import clean_text


@dataclass(frozen=True, slots=True)
class ProviderData:
    """A provider as entered: the whole record."""

    name: str
    kind: ProviderKind
    address: str = ""
    city: str = ""
    zip_code: str = ""
    phone: str = ""
    fax: str = ""
    regional_office: str | None = None


@operation("provider.upsert", by=PROVIDER_OFFICE, cites="000:66-72")
async def upsert_provider(work: Work, provider_id: UUID | None, data: ProviderData) -> UUID:
    """Enter a provider, or write its record anew; a new one takes part once it is activated.

    Raises:
        NotFound: there is no such provider.
        Invalid: a text is too long or missing, or the regional office is unknown.
        Conflict: another provider has this name.
    """
    record = await _record(data)
    if await Provider.filter(name=record["name"]).exclude(id=provider_id or UUID(int=0)).exists():
        raise Conflict("Another provider has this name.", code="PROVIDER_NAME_TAKEN", field="name")
    if provider_id is None:
        provider = await Provider.create(id=uuid4(), active=False, created_at=work.now, **record)
        work.about("provider", provider.id)
        return provider.id
    work.about("provider", provider_id)
    async with profile_change(work, provider_id) as change:
        changed = [name for name, value in record.items() if getattr(change.provider, name) != value]
        change.provider.update_from_dict(record)
        await change.provider.save(update_fields=list(record))
        work.note(fields=changed)
    return provider_id


@dataclass(frozen=True, slots=True)
class ContractData:
    """A contract period as entered; without an end it is current (002:355)."""

    number: str
    begins_on: date
    ends_on: date | None = None


@operation("provider.upsert_contract", by=PROVIDER_OFFICE, cites="000:66-72; 002:355-357")
async def upsert_contract(work: Work, provider_id: UUID, contract_id: UUID | None, data: ContractData) -> UUID:
    """Enter a contract period of a provider, or write it anew.

    Raises:
        NotFound: there is no such provider, or no such contract of it.
        Conflict: the period shares a day with another, or another contract has this number.
        Invalid: it ends before it begins.
    """
    number = clean_text(data.number, field="number", limit=40, required=True)
    work.about("provider", provider_id)
    async with profile_change(work, provider_id):
        contract = await _contract(provider_id, contract_id)
        others = await Contract.filter(provider_id=provider_id).exclude(id=contract.id)
        check_contract_period(data.begins_on, data.ends_on, ((one.begins_on, one.ends_on) for one in others))
        if await Contract.filter(number=number).exclude(id=contract.id).exists():
            raise Conflict("Another contract has this number.", code="CONTRACT_NUMBER_TAKEN", field="number")
        contract.number, contract.begins_on, contract.ends_on = number, data.begins_on, data.ends_on
        await contract.save(force_create=contract_id is None)
        work.touches("contract", [contract.id])
        work.note(begins_on=str(data.begins_on), ends_on=str(data.ends_on) if data.ends_on else None)
    return contract.id


@dataclass(frozen=True, slots=True)
class SiteData:
    """A home as entered."""

    kind: SiteKind
    county: str
    city: str = ""
    beds: int = 0


@operation("provider.add_site", by=PROVIDER_OFFICE, cites="001:99-101; 001:121")
async def add_site(work: Work, provider_id: UUID, data: SiteData) -> UUID:
    """Enter a home of a provider; it decides only which counties of its contacts are warned of.

    Raises:
        NotFound: there is no such provider.
        Invalid: an unknown county, or an impossible number of beds.
    """
    check_beds(data.beds)
    city = clean_text(data.city, field="city", limit=60)
    work.about("provider", provider_id)
    if not await Provider.exists(id=provider_id):
        raise no_such_provider()
    if not await known_counties([data.county]):
        raise Invalid("This county does not exist.", code="UNKNOWN_COUNTY", field="county")
    site = await Site.create(
        id=uuid4(), provider_id=provider_id, kind=data.kind, county_id=data.county, city=city, beds=data.beds
    )
    work.touches("site", [site.id])
    return site.id


@operation("provider.remove_site", by=PROVIDER_OFFICE, cites="001:99-101; 001:121")
async def remove_site(work: Work, site_id: UUID) -> UUID:
    """Remove a home that is no more; answer whose it was.

    Raises:
        NotFound: there is no such home.
    """
    work.touches("site", [site_id])
    site = await Site.get_or_none(id=site_id)
    if site is None or not await Site.filter(id=site_id).delete():
        raise NotFound("There is no such home.", code="SITE_NOT_FOUND")
    work.about("provider", site.provider_id)
    return site.provider_id


@operation("provider.activate", by=PROVIDER_OFFICE, cites="001:167-168")
async def activate_provider(work: Work, provider_id: UUID) -> None:
    """Let a provider take part: it joins every open referral that matches it and is told of all in one notice.

    Raises:
        NotFound: there is no such provider.
        Conflict: it is active already.
    """
    work.about("provider", provider_id)
    async with profile_change(work, provider_id) as change:
        if change.provider.active:
            raise Conflict("This provider is active already.", code="PROVIDER_ACTIVE")
        change.provider.active = True
        await change.provider.save(update_fields=["active"])


@operation("provider.deactivate", by=PROVIDER_OFFICE, cites="001:167-168; 002:355-357")
async def deactivate_provider(work: Work, provider_id: UUID, reason: DeactivationReason) -> None:
    """Let a provider take part no more: no referral reaches it from now on; its record, answers and contacts stay.

    Raises:
        NotFound: there is no such provider.
        Conflict: it is not active.
    """
    work.about("provider", provider_id)
    async with profile_change(work, provider_id) as change:
        if not change.provider.active:
            raise Conflict("This provider is not active.", code="PROVIDER_NOT_ACTIVE")
        change.provider.active = False
        await change.provider.save(update_fields=["active"])
        work.note(reason=str(reason))


async def known_counties(fips: list[str]) -> frozenset[str]:
    """Give those of these codes that are counties; other texts can be a fault to the drivers, so they are not asked."""
    codes = [code for code in fips if len(code) == 5 and code.isascii() and code.isdigit()]
    return frozenset(county.fips for county in await County.filter(fips__in=codes)) if codes else frozenset()


async def _contract(provider_id: UUID, contract_id: UUID | None) -> Contract:
    if contract_id is None:
        return Contract(id=uuid4(), provider_id=provider_id)
    contract = await Contract.filter(id=contract_id, provider_id=provider_id).first()
    if contract is None:
        raise NotFound("There is no such contract.", code="CONTRACT_NOT_FOUND")
    return contract


async def _record(data: ProviderData) -> dict[str, Any]:
    office = clean_text(data.regional_office or "", field="regionalOffice", limit=8) or None
    if office is not None and not await RegionalOffice.exists(code=office):
        raise Invalid("There is no such regional office.", code="UNKNOWN_REGIONAL_OFFICE", field="regionalOffice")
    return {
        "name": clean_text(data.name, field="name", limit=120, required=True),
        "kind": data.kind,
        "address": clean_text(data.address, field="address", limit=120),
        "city": clean_text(data.city, field="city", limit=60),
        "zip_code": clean_text(data.zip_code, field="zipCode", limit=10),
        "phone": clean_text(data.phone, field="phone", limit=30),
        "fax": clean_text(data.fax, field="fax", limit=30),
        "regional_office_id": office,
    }
