"""Entering a referral, changing it, and answering it (001:101-107; 001:244-279)."""

from __future__ import annotations

from admin_ui.actions import Action, Ask, Field, Loaded, with_choices
from admin_ui.counties import chosen_counties, county_fields
from admin_ui.doors import Visit
from admin_ui.filters import Choices
from admin_ui.forms import Fields
from resolvers.people import list_coordinators, list_facilities
from resolvers.referral_entry import (
    NewConsumer,
    NewGuardian,
    NewReferral,
    ReferralChange,
    create_referral,
    update_referral,
)
from resolvers.referral_views import view_referral
from resolvers.responses import Answer, respond_to_referral
from rules.errors import Invalid, NotFound
from rules.referrals import DeclineReason, Gender, Provision, ResponseKind

_STATEWIDE = "STATEWIDE"
_COUNTIES = "COUNTIES"
_GUARDIANS = 2

_WHERE = (
    Field(
        "statewide",
        "Where does the person want to live?",
        Ask.RADIO,
        group="The search",
        choices=((_COUNTIES, "In certain counties"), (_STATEWIDE, "Anywhere in the state: every provider is asked")),
        required=True,
    ),
    *county_fields(
        "preferredCounties", "Preferred counties", "Only with “In certain counties”. A draft may have none."
    ),
    Field("facilityCode", "State facility", Ask.CHOICE, required=True),
    Field(
        "primaryCoordinatorId",
        "Primary coordinator",
        Ask.CHOICE,
        hint="Whom providers call, and who is told of every answer. Needed before publishing.",
    ),
)


def _guardian(number: int) -> tuple[Field, ...]:
    suffix = "" if number == 1 else str(number)
    group = "Guardian" if number == 1 else "Another guardian"
    return (
        Field(f"guardians{suffix}", "Name", limit=80, group=group),
        Field(f"guardianRelationship{suffix}", "Relationship", limit=60),
        Field(f"guardianPhone{suffix}", "Telephone", limit=30),
        Field(f"guardianEmail{suffix}", "E-mail address", limit=254),
    )


async def _begin_new(visit: Visit) -> Loaded:
    own = str(visit.caller.actor.person())
    people = await _choices(visit)
    coordinators = {value for value, _ in people["primaryCoordinatorId"]}
    return Loaded(
        {"statewide": _COUNTIES, "preferredCounties": [], "primaryCoordinatorId": own if own in coordinators else ""},
        fields=with_choices(NEW_REFERRAL.fields, people),
    )


async def _create(visit: Visit, given: Fields) -> str:
    born = given.day("birthDate")
    if born is None:
        raise Invalid("Birth date: this is needed.", code="FIELD_REQUIRED", field="birthDate")
    number = await create_referral(
        visit.caller,
        NewReferral(
            facility_code=given.raw("facilityCode"),
            statewide=given.raw("statewide") == _STATEWIDE,
            consumer=NewConsumer(
                dmh_id=given.raw("dmhId"),
                first_name=given.raw("firstName"),
                last_name=given.raw("lastName"),
                birth_date=born,
                gender=given.choice("gender", Gender) or Gender.UNKNOWN,
                address=given.raw("address"),
                city=given.raw("city"),
                zip_code=given.raw("zipCode"),
                guardians=tuple(_guardians(given)),
            ),
            preferred_counties=chosen_counties(given, "preferredCounties"),
            primary_coordinator_id=given.key("primaryCoordinatorId"),
        ),
    )
    return f"/referrals/{number}"


def _guardians(given: Fields) -> list[NewGuardian]:
    found = []
    for number in range(1, _GUARDIANS + 1):
        suffix = "" if number == 1 else str(number)
        parts = [given.raw(f"guardian{what}{suffix}") for what in ("s", "Relationship", "Phone", "Email")]
        if any(part.strip() for part in parts):
            found.append(NewGuardian(*parts))
    return found


NEW_REFERRAL = Action(
    path="/referrals/new",
    title="New referral",
    button="Create the draft",
    about="Nobody is told of a draft. You publish it when it is complete.",
    done="The draft was created. Add its documents, then publish it.",
    back="/referrals",
    load=_begin_new,
    do=_create,
    of=create_referral,
    fields=(
        Field("dmhId", "DMH ID", limit=20, required=True, group="The person"),
        Field("firstName", "First name", limit=80, required=True),
        Field("lastName", "Last name", limit=80, required=True),
        Field("birthDate", "Birth date", Ask.DAY, required=True),
        Field("gender", "Gender", Ask.RADIO, choices=[(one.value, one.label) for one in Gender], required=True),
        Field("address", "Address", limit=120),
        Field("city", "City", limit=60),
        Field("zipCode", "ZIP code", limit=10),
        *_guardian(1),
        *_guardian(2),
        *_WHERE,
    ),
)


async def _begin_change(visit: Visit) -> Loaded:
    number = visit.request.path_params["number"]
    referral = await view_referral(visit.caller, number=number, wanted={"preferredCounties", "primaryCoordinator"})
    primary = referral.primary_coordinator
    people = await _choices(visit)
    if primary and str(primary.id) not in {value for value, _ in people["primaryCoordinatorId"]}:
        people["primaryCoordinatorId"] = [(str(primary.id), primary.name), *people["primaryCoordinatorId"]]
    return Loaded(
        {
            "statewide": _STATEWIDE if referral.statewide else _COUNTIES,
            "preferredCounties": [county.fips for county in referral.preferred_counties],
            "facilityCode": referral.facility.code,
            "primaryCoordinatorId": str(primary.id) if primary else "",
        },
        fields=with_choices(CHANGE_REFERRAL.fields, people),
        title=f"Change referral {number}",
        about="Providers hear of the change when you publish again. The person's own record is not changed here.",
        back=f"/referrals/{number}",
    )


async def _change(visit: Visit, given: Fields) -> str:
    number = visit.request.path_params["number"]
    change = ReferralChange(
        statewide=given.raw("statewide") == _STATEWIDE,
        preferred_counties=chosen_counties(given, "preferredCounties"),
        facility_code=given.raw("facilityCode"),
        primary_coordinator_id=given.key("primaryCoordinatorId"),
    )
    await update_referral(visit.caller, number, change)
    return f"/referrals/{number}"


CHANGE_REFERRAL = Action(
    path="/referrals/{number:int}/change",
    title="Change the referral",
    button="Save",
    done="The referral was changed. Providers hear of it when it is published again.",
    load=_begin_change,
    do=_change,
    of=update_referral,
    rewrites=True,
    fields=_WHERE,
)


async def _begin_answer(visit: Visit) -> Loaded:
    number = visit.request.path_params["number"]
    referral = await view_referral(visit.caller, number=number, wanted={"ownResponse"})
    if not visit.caller.actor.is_provider_staff:
        raise NotFound("Only a provider answers a referral.", code="REFERRAL_NOT_FOUND")
    own = referral.own_response
    values = {
        "kind": own.kind.value if own else "",
        "provision": own.provision.value if own and own.provision else "",
        "declineReason": own.decline_reason.value if own and own.decline_reason else "",
        "comments": own.comments if own else "",
    }
    return Loaded(
        values,
        title=f"{'Edit the answer to' if own else 'Answer'} referral {number}",
        about="This is the answer of your whole organization. It can be edited while the referral is open; earlier "
        "answers are kept. The primary coordinator is told.",
        back=f"/referrals/{number}",
    )


async def _answer(visit: Visit, given: Fields) -> str:
    number = visit.request.path_params["number"]
    kind = given.choice("kind", ResponseKind)
    if kind is None:
        raise Invalid("Choose an answer.", code="FIELD_REQUIRED", field="kind")
    await respond_to_referral(
        visit.caller,
        number,
        Answer(
            kind,
            given.choice("provision", Provision),
            given.choice("declineReason", DeclineReason),
            given.raw("comments"),
        ),
    )
    return f"/referrals/{number}"


ANSWER = Action(
    path="/referrals/{number:int}/answer",
    title="Answer the referral",
    button="Save the answer",
    done="Your answer was saved. The primary coordinator is told.",
    load=_begin_answer,
    do=_answer,
    of=respond_to_referral,
    rewrites=True,
    fields=(
        Field("kind", "Answer", Ask.RADIO, choices=[(one.value, one.label) for one in ResponseKind], required=True),
        Field(
            "provision",
            "Provision",
            Ask.CHOICE,
            choices=[(one.value, one.label) for one in Provision],
            hint="Only with a tentative answer: on what condition.",
        ),
        Field(
            "declineReason",
            "Reason for declining",
            Ask.CHOICE,
            choices=[(one.value, one.label) for one in DeclineReason],
            hint="Only when you decline. It helps to see where homes are missing.",
        ),
        Field("comments", "Comments", Ask.AREA, limit=4000, hint="The coordinators and your organization read them."),
    ),
)


async def _choices(visit: Visit) -> dict[str, Choices]:
    return {
        "facilityCode": [(one.code, f"{one.code} · {one.name}") for one in await list_facilities(visit.caller)],
        "primaryCoordinatorId": sorted(
            ((str(one.id), one.name) for one in await list_coordinators(visit.caller)), key=lambda pair: pair[1]
        ),
    }
