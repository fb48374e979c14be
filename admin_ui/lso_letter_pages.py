"""Designate an officer by the letter of the guide, end a designation, name who stands in (000:64-106, 000:269-270)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.filters import coded
from admin_ui.forms import Fields
from admin_ui.lso_pages import Place, path_of
from resolvers.issuing import LIAISONS
from resolvers.lso import LetterEntry, NewLso, designate_lso, end_lso
from resolvers.lso_deputies import appoint_deputy, end_deputy
from resolvers.lso_office import view_lso_office
from resolvers.signing import Hand, hand_of
from rules.access_forms import PAPER, Channel
from rules.calendar import local_date
from rules.errors import Invalid
from rules.lso import SUBJECT, LsoEnd
from rules.text import EMAIL_LIMIT, NAME_LIMIT

_WORDS: Mapping[str, str] = {
    "organization": "letter.organization",
    "address": "letter.address",
    "city_state_zip": "letter.cityStateZip",
    "phone": "letter.phone",
    "fax": "letter.fax",
    "attention": "letter.attention",
    "regional_office": "letter.regionalOffice",
    "regional_office_address": "letter.regionalOfficeAddress",
    "lso_name": "letter.lsoName",
    "lso_email": "letter.lsoEmail",
}
_OFFICER = (
    Field(
        "lsoUserId",
        "User ID of the officer",
        limit=60,
        group="The officer",
        hint="Empty while there is none yet: then the letter names the person, and the access form follows.",
    ),
    Field("letter.lsoName", "Name", limit=2 * NAME_LIMIT + 1, hint="Empty: as on file with the user ID."),
    Field("letter.lsoEmail", "E-mail address", limit=EMAIL_LIMIT, hint="Empty: as on file with the user ID."),
)
_LETTER = (
    Field("letter.dated", "Date of the letter", Ask.DAY, group="The letter"),
    Field("letter.organization", "Organization", limit=120),
    Field("letter.address", "Address", limit=120),
    Field("letter.cityStateZip", "City, state, ZIP code", limit=NAME_LIMIT),
    Field("letter.phone", "Telephone", limit=30),
    Field("letter.fax", "Fax", limit=30),
    Field("letter.attention", "Attention (Provider Relations liaison)", limit=NAME_LIMIT),
    Field("letter.regionalOffice", "Regional office", limit=NAME_LIMIT),
    Field("letter.regionalOfficeAddress", "Address of the regional office", limit=120),
    Field("letter.subject", "Subject", limit=120),
)
_ON_PAPER = (
    Field("channel", "How the letter came", Ask.RADIO, choices=coded(sorted(PAPER)), group="Signature"),
    Field("directorName", "Signed by", limit=NAME_LIMIT, hint="The executive director, as written on the letter."),
)
_SIGNED_HERE = (
    Field("userId", "Your user ID", limit=60, autocomplete="username", group="Your signature as executive director"),
    Field("password", "Your password", Ask.PASSWORD, autocomplete="current-password"),
)
_FIELDS = (*_OFFICER, *_LETTER, *_ON_PAPER, *_SIGNED_HERE)


async def _to_designate(visit: Visit) -> Loaded:
    place = Place.of(visit)
    office = await view_lso_office(visit.caller, place.organization)
    return Loaded(
        _begun(visit, office.letter),
        fields=_fields_for(visit),
        title=f"Designate the officer of {office.name}",
        back=place.path,
    )


def _begun(visit: Visit, letter: Mapping[str, str]) -> dict[str, str | Sequence[str]]:
    return {
        **{_WORDS[name]: value for name, value in letter.items()},
        "letter.dated": local_date(visit.caller.desk.clock()).isoformat(),
        "letter.subject": SUBJECT,
    }


def _fields_for(visit: Visit) -> tuple[Field, ...]:
    """The regional office records a letter on paper; a director, and the CSO for a facility, signs here (POL-18)."""
    return (*_OFFICER, *_LETTER, *(_ON_PAPER if visit.caller.actor.has_any(LIAISONS) else _SIGNED_HERE))


async def _new(visit: Visit, given: Fields) -> tuple[NewLso, Hand | None]:
    channel = given.choice("channel", Channel) or Channel.PORTAL
    dated = given.day("letter.dated")
    if dated is None:
        raise Invalid("Give the date of the letter.", code="FIELD_REQUIRED", field="letter.dated")
    texts = {name: given.raw(field).strip() or None for name, field in _WORDS.items()}
    letter = LetterEntry(dated=dated, subject=given.raw("letter.subject") or SUBJECT, **texts)
    new = NewLso(letter, channel, given.raw("lsoUserId").strip() or None, given.raw("directorName"))
    signs = channel is Channel.PORTAL and bool(given.raw("password"))
    return new, await hand_of(visit.caller, given.raw("userId"), given.raw("password")) if signs else None


async def _designate(visit: Visit, given: Fields) -> str:
    place = Place.of(visit)
    await designate_lso(visit.caller, place.organization, *await _new(visit, given))
    return place.path


async def _to_end(visit: Visit) -> Loaded:
    place = Place.of(visit)
    office = await view_lso_office(visit.caller, place.organization)
    named = (_WHY, _FOLLOWED, *_fields_for(visit))
    return Loaded(
        _begun(visit, office.letter), fields=named, title=f"End the designation at {office.name}", back=place.path
    )


async def _end(visit: Visit, given: Fields) -> str:
    place, why = Place.of(visit), given.choice("why", LsoEnd)
    if why is None:
        raise Invalid("Say why it ends.", code="FIELD_REQUIRED", field="why")
    successor, hand = await _new(visit, given) if given.raw("followed") else (None, None)
    await end_lso(visit.caller, place.organization, why, successor, hand)
    return place.path


_WHY = Field(
    "why",
    "Why it ends",
    Ask.RADIO,
    required=True,
    choices=(
        (LsoEnd.LEFT, "The officer has left"),
        (LsoEnd.NEW_DUTIES, "The officer has other duties now"),
        (LsoEnd.REPLACED, "Somebody else was designated"),
    ),
)
_FOLLOWED = Field(
    "followed",
    "The person below follows at the same moment",
    Ask.BOX,
    hint="Without a successor, everything that waits for the officer is held until there is one.",
)


async def _to_deputize(visit: Visit) -> Loaded:
    place = Place.of(visit)
    office = await view_lso_office(visit.caller, place.organization)
    return Loaded(title=f"Stand in for the officer of {office.name}", back=place.path)


async def _deputize(visit: Visit, given: Fields) -> str:
    place = Place.of(visit)
    begins_on, ends_on = given.day("beginsOn"), given.day("endsOn")
    if begins_on is None or ends_on is None:
        raise Invalid("Give both days.", code="FIELD_REQUIRED", field="beginsOn")
    await appoint_deputy(visit.caller, place.organization, given.raw("userId"), begins_on, ends_on)
    return place.path


async def _end_deputy(visit: Visit, _: Fields) -> str:
    deputy: UUID = visit.request.path_params["deputy"]
    return path_of(await end_deputy(visit.caller, deputy))


def _lso_actions(at: str) -> tuple[Action, ...]:
    """Make the forms of one kind of organization."""
    return (
        Action(
            path=f"{at}/designate",
            title="Designate the officer",
            about="The designation letter. What the house knows is filled in; a former designation ends with it.",
            button="Designate",
            load=_to_designate,
            do=_designate,
            of=designate_lso,
            done="The officer was designated. What was held for an officer goes on.",
            fields=_FIELDS,
        ),
        Action(
            path=f"{at}/end",
            title="End the designation",
            button="End the designation",
            load=_to_end,
            do=_end,
            of=end_lso,
            done="The designation was ended.",
            fields=(_WHY, _FOLLOWED, *_FIELDS),
        ),
        Action(
            path=f"{at}/deputy",
            title="Stand in for the officer",
            about="A colleague answers in the officer's place between two days, both included; 92 days at most.",
            button="Let them stand in",
            load=_to_deputize,
            do=_deputize,
            of=appoint_deputy,
            done="The deputy was named.",
            fields=(
                Field("userId", "User ID of the colleague", required=True, limit=60),
                Field("beginsOn", "First day", Ask.DAY, required=True),
                Field("endsOn", "Last day", Ask.DAY, required=True),
            ),
        ),
    )


LSO_ACTIONS = (
    *_lso_actions("/lso/provider/{provider:uuid}"),
    *_lso_actions("/lso/facility/{facility}"),
    Action(
        path="/lso/deputies/{deputy:uuid}/end",
        title="End the deputy's days",
        about="The deputy stands in no more from now on.",
        button="End it",
        back="/lso",
        do=_end_deputy,
        of=end_deputy,
        done="The deputy stands in no more.",
    ),
)
