"""Local Security Officers: designated by a letter, replaced in one transaction (000:51-106)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from uuid import UUID, uuid4

from orm.models import Facility, LsoDesignation, Provider, RegionalOffice, User
from resolvers.access_request_facts import check_contract
from resolvers.desk import Work, operation
from resolvers.form_entry import office_of
from resolvers.issuing import take_office
from resolvers.officers import Organization, is_director_name, liaisons_of, lock_organization
from resolvers.signing import Hand, sign
from resolvers.vacancies import end_designation, tell_of_designation
from rules.access_forms import PAPER, Channel
from rules.accounts import AccountState, normalize_user_id
from rules.errors import Conflict, Invalid, NotFound
from rules.lso import (
    SUBJECT,
    DesignationLetter,
    LsoEnd,
    LsoScope,
    check_letter,
    names_this_person,
)
from rules.notices import NotificationKind
from rules.organizations import check_facility_named
from rules.roles import Role
from rules.signatures import Meaning, content_hash
from rules.text import NAME_LIMIT, clean_text

DESIGNATE = frozenset({Role.EXECUTIVE_DIRECTOR, Role.PROVIDER_RELATIONS, Role.CSO})


@dataclass(frozen=True, slots=True)
class LetterEntry:
    """A designation letter as entered; what is left out is as the house knows it (000:64-84)."""

    dated: date
    organization: str | None = None
    address: str | None = None
    city_state_zip: str | None = None
    phone: str | None = None
    fax: str | None = None
    attention: str | None = None
    regional_office: str | None = None
    regional_office_address: str | None = None
    subject: str = SUBJECT
    lso_name: str | None = None
    lso_email: str | None = None


@dataclass(frozen=True, slots=True)
class NewLso:
    """Who is to be LSO, by which letter, and how it came; a person without a user ID is known by the letter alone."""

    letter: LetterEntry
    channel: Channel = Channel.PORTAL
    user_id: str | None = None
    director_name: str = ""


@operation("lso.designate", by=DESIGNATE, cites="000:51-52; 000:64-96; 000:269-270; 002:44-46")
async def designate_lso(work: Work, organization: Organization, new: NewLso, hand: Hand | None) -> UUID:
    """Designate the LSO of a provider or facility; a former designation ends in the same transaction.

    The executive director signs here, the regional office records the letter on paper, the CSO signs for facilities.

    Raises:
        NotFound: ``ORGANIZATION_NOT_FOUND``; it does not exist for the caller.
        Conflict: ``NO_CONTRACT``, ``ALREADY_LSO``, ``SIGNATURE_VOID``, ``INCOMPATIBLE_ROLES``.
        Invalid: something of the letter is missing or wrong, ``SIGNATURE_MISSING``, ``CHANNEL_NOT_YOURS``,
            ``DIRECTOR_UNKNOWN``, ``NOT_AT_THIS_ORGANIZATION``, ``HAS_USER_ID``, ``LETTER_NAMES_ANOTHER``.
    """
    organization = await _organization(work, organization)
    await lock_organization(organization)
    await _check_hand(work, organization, new, hand)
    former = await _in_force(organization)
    return await _designate(work, organization, new, hand, former, LsoEnd.REPLACED)


@operation("lso.end", by=DESIGNATE, cites="000:105-106; 000:269-270")
async def end_lso(
    work: Work, organization: Organization, why: LsoEnd, successor: NewLso | None = None, hand: Hand | None = None
) -> UUID | None:
    """End a designation, with its successor in the same transaction; without one what waits is held (000:106).

    Raises:
        NotFound: the organization does not exist for the caller.
        Conflict: ``NO_LSO``; nobody is designated. What :data:`designate_lso` raises of the successor.
    """
    organization = await _organization(work, organization)
    await lock_organization(organization)
    if successor is not None:
        await _check_hand(work, organization, successor, hand)
    former = await _in_force(organization)
    if former is None:
        raise Conflict("Nobody is designated.", code="NO_LSO")
    work.note(why=str(why))
    if successor is not None:
        return await _designate(work, organization, successor, hand, former, why)
    work.about("lso_designation", former.id)
    await end_designation(work, former, str(why))
    return None


async def _organization(work: Work, named: Organization) -> Organization:
    """Give the organization that the caller may name an LSO for: the director's own, any provider, any facility."""
    check_facility_named(named.facility_id)
    if named.facility_id is not None and Role.CSO in work.actor.roles:
        known = await Facility.exists(code=named.facility_id)
    elif named.provider_id is not None and Role.PROVIDER_RELATIONS in work.actor.roles:
        known = await Provider.exists(id=named.provider_id)
    else:
        own = named.provider_id is not None and named.provider_id == work.actor.provider_id
        known = own and Role.EXECUTIVE_DIRECTOR in work.actor.roles
    if not known:
        raise NotFound("There is no such organization.", code="ORGANIZATION_NOT_FOUND", field="providerId")
    return named


async def _check_hand(work: Work, organization: Organization, new: NewLso, hand: Hand | None) -> None:
    """See that whoever designates signs: here, or on the paper that the regional office records (POL-18)."""
    signs_here = organization.facility_id is not None or Role.EXECUTIVE_DIRECTOR in work.actor.roles
    if signs_here and new.channel is Channel.PORTAL:
        if hand is None:
            raise Invalid("Sign with your user ID and password.", code="SIGNATURE_MISSING", field="password")
        return
    if Role.PROVIDER_RELATIONS not in work.actor.roles or new.channel not in PAPER:
        raise Invalid(
            "A letter is signed here by the executive director, or recorded from paper by the regional office.",
            code="CHANNEL_NOT_YOURS",
            field="channel",
        )
    if not new.director_name.strip():
        raise Invalid("Name the director who signed the letter.", code="SIGNATURE_MISSING", field="directorName")
    if not await is_director_name(new.director_name, organization):
        raise Invalid(
            "The organization's executive director has another name.", code="DIRECTOR_UNKNOWN", field="directorName"
        )


async def _in_force(organization: Organization) -> LsoDesignation | None:
    return (
        await LsoDesignation.filter(
            provider_id=organization.provider_id, facility_id=organization.facility_id, ended_at=None
        )
        .select_for_update(no_key=True)
        .first()
    )


async def _designate(
    work: Work,
    organization: Organization,
    new: NewLso,
    hand: Hand | None,
    former: LsoDesignation | None,
    why: LsoEnd,
) -> UUID:
    await check_contract(organization.provider_id, work.today)
    person = await _person(organization, new)
    scope = LsoScope.FACILITY if organization.facility_id else LsoScope.PROVIDER
    letter = check_letter(await _filled_in(organization, new.letter, person), scope, work.today)
    await _check_names(organization, letter, person)
    if former is not None and person is not None and former.user_id == person.id:
        raise Conflict("This person is the LSO already.", code="ALREADY_LSO")
    if former is not None:
        await end_designation(work, former, str(why), replaced=person is not None)
    content = {name: str(value) for name, value in asdict(letter).items()}
    designation = LsoDesignation(
        id=uuid4(),
        provider_id=organization.provider_id,
        facility_id=organization.facility_id,
        letter=content,
        channel=new.channel,
        content_hash=content_hash(content),
        signed_on_paper_by=clean_text(new.director_name, field="directorName", limit=NAME_LIMIT),
        recorded_by_id=work.actor.person(),
        begins_at=work.now,
    )
    if hand is not None and new.channel is Channel.PORTAL:
        designation.signed_on_paper_by = ""
        designation.signature_id = (
            await sign(work, hand, Meaning.DESIGNATE_LSO, "lso_designation", designation.id, designation.content_hash)
        ).id
    await designation.save(force_create=True)
    if former is None or person is not None:
        await tell_of_designation(work, organization, NotificationKind.LSO_CHANGED, former, but=person)
    work.about("lso_designation", designation.id)
    work.note(scope=str(scope), channel=str(new.channel), has_user_id=person is not None)
    if person is not None:
        await take_office(work, designation, person)
    return designation.id


async def _person(organization: Organization, new: NewLso) -> User | None:
    """Find the person named by user ID: with an account in use at this organization."""
    if not new.user_id:
        return None
    _, user_id = normalize_user_id(new.user_id)
    person = await User.filter(user_id=user_id, state=AccountState.ACTIVE).select_for_update(no_key=True).first()
    if person is None or Organization.of(person) != organization:
        raise Invalid(
            "The organization has no person with this user ID in use.",
            code="NOT_AT_THIS_ORGANIZATION",
            field="lsoUserId",
        )
    return person


async def _check_names(organization: Organization, letter: DesignationLetter, person: User | None) -> None:
    """See that the letter names the person whose user ID was given, or a person who has none."""
    if person is not None:
        if not names_this_person(letter.lso_email, person.email or ""):
            raise Invalid(
                "The letter names another e-mail address than the person's account.",
                code="LETTER_NAMES_ANOTHER",
                field="letter.lsoEmail",
            )
        return
    if await User.exists(
        email__iexact=letter.lso_email,
        provider_id=organization.provider_id,
        facility_id=organization.facility_id,
        state=AccountState.ACTIVE,
    ):
        raise Invalid("This person has a user ID already. Give it.", code="HAS_USER_ID", field="lsoUserId")


async def known_of_letter(organization: Organization) -> dict[str, str]:
    """Give what the house knows of a letter's head and address, by the names of its fields (000:66-78)."""
    provider = await Provider.filter(id=organization.provider_id).first() if organization.provider_id else None
    facility = await Facility.filter(code=organization.facility_id).first() if organization.facility_id else None
    office_code = await office_of(organization, None)
    office = await RegionalOffice.filter(code=office_code).first() if office_code else None
    liaisons = await liaisons_of(office_code)
    return {
        "organization": provider.name if provider else facility.name if facility else "",
        "address": provider.address if provider else "",
        "city_state_zip": f"{provider.city}, MO {provider.zip_code}" if provider and provider.city else "",
        "phone": provider.phone if provider else "",
        "fax": provider.fax if provider else "",
        "attention": liaisons[0].name if liaisons else "Provider Relations Liaison",
        "regional_office": office.name if office else "",
        "regional_office_address": ", ".join(part for part in (office.address, office.city) if part) if office else "",
    }


async def _filled_in(organization: Organization, entry: LetterEntry, person: User | None) -> DesignationLetter:
    """Fill in what the house knows: the organization, its regional office and liaison, the person."""
    known = {
        **await known_of_letter(organization),
        "lso_name": person.name if person else "",
        "lso_email": (person.email or "") if person else "",
    }
    entered = {name: value for name, value in _entered(entry).items() if value is not None}
    return DesignationLetter(**{**known, **entered}, dated=entry.dated, subject=entry.subject)


def _entered(entry: LetterEntry) -> dict[str, str | None]:
    return {name: value for name, value in asdict(entry).items() if name not in ("dated", "subject")}
