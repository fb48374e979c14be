"""The access office of the story: officers by letter, requests at every station, forms, a leaver, an incident, a call.

Everything comes about through the use cases, on its day. Marigold Lane Homes has everything; Lanternlight Living has
lost its Local Security Officer, so what it asks for waits.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from homeward.demo import cast
from homeward.demo.people import PeopleMaker, domain_of
from homeward.demo.stage import QUIET, Home, Stage
from orm.models import AccessRequest, Credential
from resolvers.access_form_views import view_access_form
from resolvers.access_forms import forward_access_form, submit_access_form
from resolvers.access_request_decisions import Answer, decide_as_lso, provision_access_request
from resolvers.access_request_drafts import NewAccessRequest, WantedRole, create_access_request, set_requested_roles
from resolvers.access_request_facts import terms_in_force
from resolvers.access_requests import submit_access_request
from resolvers.form_entry import FormEntry
from resolvers.form_signing import sign_access_form
from resolvers.lso import LetterEntry, NewLso, designate_lso
from resolvers.lso_deputies import appoint_deputy
from resolvers.officers import Organization
from resolvers.resets import open_reset
from resolvers.revocation import Revocation, revoke_access
from resolvers.signing import Hand
from resolvers.statements import statement_in_force
from rules.access_forms import Channel, FormKind, FormSigner
from rules.errors import Conflict, Denied
from rules.leaving import RevocationReason
from rules.organizations import Division, Under
from rules.roles import Role

_MARIGOLD = Organization(provider_id=cast.MARKER)


async def designate_officers(stage: Stage) -> None:
    """Record the letters with which the providers under contract, and one facility, have named their LSO."""
    for home in stage.homes.values():
        officer = next((one for one in _people_of(stage, home) if Role.LSO in stage.people[one].plan.roles), None)
        if officer is not None:
            letter = LetterEntry(dated=stage.story_day)
            new = NewLso(letter, Channel.MAIL, officer, _director_name(stage, home))
            with suppress(Conflict):  # no contract yet, or no more: such a provider names nobody
                await designate_lso(stage.call(cast.PROVIDER_RELATIONS), Organization(home.key), new, None)
    facility = stage.people[cast.FACILITY_LSO].plan.facility
    letter = LetterEntry(dated=stage.story_day, address="1 Inkwell Court", city_state_zip="Sampleton, MO 00010",
                         phone="555-0199", fax="555-0198")  # fmt: skip
    new = NewLso(letter, Channel.PORTAL, cast.FACILITY_LSO)
    by = stage.call(cast.CHIEF_SECURITY_OFFICER)
    await designate_lso(
        by, Organization(facility_id=facility), new, await hand_in_story(stage, cast.CHIEF_SECURITY_OFFICER)
    )


def plan_access_office(stage: Stage, people: PeopleMaker) -> None:
    """Enter on the agenda what the access office has to do."""
    _plan_requests(stage)
    for days, first, last in ((6, 9, 10), (5, 9, 10), (1, 9, 10)):
        stage.agenda.at(stage.moment(days, first, last), _new_colleague, stage, people, days)
    stage.agenda.at(stage.moment(9, 9, 10), _deputize, stage)
    stage.agenda.at(stage.moment(7, 14, 15), _revoke, stage)
    stage.agenda.at(stage.now - QUIET - timedelta(minutes=10), open_reset, stage.call(cast.SUPPORT_DESK), cast.LOCKED)


def _plan_requests(stage: Stage) -> None:
    at = stage.agenda.at
    at(stage.moment(26, 9, 10), _ask, stage, cast.MARIGOLD_STAFF, ["HEALTH_INVENTORIES"], approve=True, provision=True)
    at(stage.moment(13, 9, 10), _ask, stage, cast.MARIGOLD_SECOND, ["BILLING", "ACCOUNTS_RECV_FACILITY_VIEW"])
    at(stage.moment(8, 9, 10), _ask, stage, cast.LANTERN_STAFF, ["BILLING"])
    at(stage.moment(4, 9, 10), _ask, stage, cast.MARIGOLD_DIRECTOR, ["BILLING"], approve=True)
    at(stage.moment(3, 9, 10), _ask, stage, cast.MARIGOLD_SECOND, ["BILLING", "HEALTH_INVENTORIES"])
    at(stage.moment(3, 13, 14), _answer_in_place_of_the_officer, stage)
    at(stage.moment(2, 9, 10), _ask, stage, cast.MARIGOLD_LSO, ["BILLING"])
    at(stage.moment(1, 9, 10), _ask, stage, cast.MARIGOLD_STAFF, ["HI_REPRESENTATIVE"], approve=True)
    at(stage.moment(1, 13, 14), _ask, stage, cast.COORDINATOR, ["AUDITOR"])


async def _ask(stage: Stage, user_id: str, roles: list[str], *, approve: bool = False, provision: bool = False) -> None:
    """Submit a request; some hours later the officer approves it, and in the next days ITSD Provisioning."""
    caller, plan = stage.call(user_id), stage.people[user_id].plan
    home = next((home for home in stage.homes.values() if home.key == caller.actor.provider_id), None)
    office = home.plan.area if home else plan.office
    new = NewAccessRequest(plan.email, Division.MRDD, Under.REGIONAL_OFFICE, office)
    number = await create_access_request(caller, new)
    await set_requested_roles(caller, number, [WantedRole(role, "Part of the work.") for role in roles])
    terms = await terms_in_force(stage.story_day)
    await submit_access_request(caller, number, f"demo-{number}", terms.version)
    if approve:
        stage.agenda.at(stage.clock.now + timedelta(hours=4), _approve, stage, number, provision=provision)


async def _approve(stage: Stage, number: int, *, provision: bool) -> None:
    request = await AccessRequest.get(number=number)
    decider = next(one for one, person in stage.people.items() if person.key == request.addressee_id)
    answer = Answer(True, request.content_hash)
    await decide_as_lso(stage.call(decider), number, answer, await hand_in_story(stage, decider))
    if provision:
        stage.agenda.at(stage.later(1, 1), _provision, stage, number)


async def _provision(stage: Stage, number: int) -> None:
    answer = Answer(True, (await AccessRequest.get(number=number)).content_hash)
    by = stage.call(cast.ITSD_PROVISIONING)
    await provision_access_request(by, number, answer, await hand_in_story(stage, cast.ITSD_PROVISIONING))


async def _answer_in_place_of_the_officer(stage: Stage) -> None:
    """Let a colleague sign what is addressed to the LSO: refused, an incident, the colleague suspended (POL-08)."""
    requester = stage.people[cast.MARIGOLD_SECOND].key
    request = await AccessRequest.filter(requester_id=requester).order_by("-number").first()
    if request is not None:
        answer = Answer(True, request.content_hash)
        with suppress(Denied):
            hand = await hand_in_story(stage, cast.SUSPENDED)
            await decide_as_lso(stage.call(cast.SUSPENDED), request.number, answer, hand)


async def _new_colleague(stage: Stage, people: PeopleMaker, days_ago: int) -> None:
    """Ask for a user ID for somebody new: the older the form, the further it has come."""
    first, last = people.staff_name()
    statement = await statement_in_force(stage.story_day)
    entry = FormEntry(
        FormKind.NEW,
        first_name=first,
        last_name=last,
        title="House manager",
        city="Fernbrook",
        phone=people.phone(),
        email=people.email(first, last, domain_of(cast.MARIGOLD)),
        division=Division.MRDD,
        confidentiality_version=statement.version if statement else "",
    )
    number = await submit_access_form(stage.call(cast.MARIGOLD_STAFF), entry)
    await _sign(stage, number, FormSigner.SUPERVISOR, cast.MARIGOLD_SECOND)
    if days_ago > 1:
        await _sign(stage, number, FormSigner.LSO, cast.MARIGOLD_LSO)
    if days_ago > 5:
        await forward_access_form(stage.call(cast.PROVIDER_RELATIONS), number)


async def _sign(stage: Stage, number: int, capacity: FormSigner, by: str) -> None:
    shown = (await view_access_form(stage.call(by), number)).content_hash
    await sign_access_form(stage.call(by), number, capacity, await hand_in_story(stage, by), shown)


async def _deputize(stage: Stage) -> None:
    begins = stage.story_day + timedelta(days=30)
    ends = begins + timedelta(days=13)
    await appoint_deputy(stage.call(cast.MARIGOLD_LSO), _MARIGOLD, cast.MARIGOLD_SECOND, begins, ends)


async def _revoke(stage: Stage) -> None:
    told = Revocation(cast.LEFT, RevocationReason.LEFT, terminated_on=stage.story_day)
    await revoke_access(stage.call(cast.MARIGOLD_LSO), told)


async def hand_in_story(stage: Stage, user_id: str) -> Hand:
    """Let somebody of the story enter the own user ID and password."""
    key: UUID = stage.people[user_id].key
    return Hand(key, (await Credential.get(user_id=key)).version)


def _people_of(stage: Stage, home: Home) -> list[str]:
    return [one for one, person in stage.people.items() if person.actor.provider_id == home.key]


def _director_name(stage: Stage, home: Home) -> str:
    plans = [stage.people[one].plan for one in _people_of(stage, home)]
    directors = (plan for plan in plans if Role.EXECUTIVE_DIRECTOR in plan.roles)
    return next((f"{plan.first_name} {plan.last_name}" for plan in directors), "The Director")
