"""Incidents: report, answer, close; suspend an account and let its owner back in (000:34-39, POL-08).

The organization is never blocked: a suspension is of one person, and ends with a finding of the Chief Security Officer.
"""

from __future__ import annotations

from datetime import date, datetime

from orm.models import AccessForm, Incident, LsoDesignation, User
from resolvers.account_reach import Reach, account_to_change, reach_of
from resolvers.callers import Actor
from resolvers.desk import EVERYONE, Work, operation
from resolvers.endings import suspend
from resolvers.incident_opening import open_incident
from resolvers.numbers import LAST_NUMBER
from resolvers.obligation_opening import open_on_trigger
from resolvers.officers import Organization, is_last_cso, lock_organization
from resolvers.request_steps import release_offices
from resolvers.vacancies import release
from rules.access_forms import FormKind
from rules.accounts import AccountState, normalize_user_id
from rules.breach import BreachAnswers, check_finding
from rules.errors import Invalid, NotFound
from rules.incidents import (
    Finding,
    IncidentKind,
    IncidentState,
    LsoAnswer,
    check_closing,
    check_may_report,
    check_not_concerned,
    check_not_self,
    check_open,
    check_reinstatable,
    check_suspendable,
    check_unanswered,
)
from rules.roles import Role
from rules.text import clean_text

REPORT_LIMIT = 1000

SUSPENDERS = frozenset({Role.CSO, Role.ITSD_ACCOUNT_MGMT})
"""Who suspends anybody's account; an LSO, or the deputy of today, suspends the organization's own people."""


async def suspender_reach(actor: Actor, on: date) -> Reach:
    """Say whose account an actor may suspend: the LSO, or the deputy of today, those of the own people."""
    return await reach_of(actor, on, everywhere=SUSPENDERS, at_home={Role.LSO})


@operation("incident.report", by=EVERYONE, cites="000:34-39; 002:15-19")
async def report_incident(work: Work, report: str, about_user_id: str = "") -> int:
    """Write down what somebody saw, in their own words; the words stay in the house. Give its number.

    Whether the user ID exists is not told.

    Raises:
        Invalid: a text that is missing or too long.
        TooMany: ``TOO_MANY_REPORTS``.
    """
    person = (await _hold(work.actor.person())).id
    mine = Incident.filter(kind=IncidentKind.REPORTED, opened_by_id=person, state=IncidentState.OPEN)
    check_may_report(await mine.count())
    text = clean_text(report, field="report", limit=REPORT_LIMIT, multiline=True, required=True)
    incident = await open_incident(work, IncidentKind.REPORTED, await _named(about_user_id), report=text)
    work.about("incident", incident.id)
    return incident.number


@operation("incident.answer", by=EVERYONE, cites="000:31-36; POL-08")
async def answer_incident(work: Work, number: int, answer: LsoAnswer) -> int:
    """Answer, as LSO of the person's organization or as the deputy, whether the person may be trusted.

    Raises:
        NotFound: there is no such incident for this person.
        Denied: ``OWN_INCIDENT``.
        Conflict: ``INCIDENT_CLOSED``, ``ALREADY_ANSWERED``.
    """
    reach = await reach_of(work.actor, work.today, everywhere=(), at_home={Role.LSO})
    incident = await _locked(work, number)
    if not await concerns(reach, incident):
        raise no_such_incident()
    check_not_concerned(work.actor.person(), incident.user_id)
    check_open(incident.state)
    check_unanswered(incident.lso_answer)
    incident.lso_answer = answer
    incident.lso_answered_at = work.now
    incident.lso_answered_by_id = work.actor.person()
    await incident.save()
    work.note(answer=str(answer))
    work.ring(incident.id)
    return number


@operation("incident.close", by={Role.CSO}, cites="000:34-39; 002:15-19; 002:21-32")
async def close_incident(
    work: Work,
    number: int,
    finding: Finding,
    *,
    reinstate: bool,
    note: str = "",
    answers: BreachAnswers | None = None,
) -> int:
    """Close an incident with a finding; after anything but a breach the suspended person may be let back in.

    With answers to the questions of the definition these decide whether it was a breach. A breach opens a review of
    policies and procedures (002:90-92).

    Raises:
        NotFound: there is no such incident.
        Denied: ``OWN_INCIDENT``.
        Conflict: ``INCIDENT_CLOSED``, ``BREACH_FOUND``, ``BREACH_BY_DEFINITION``, ``NO_BREACH_BY_DEFINITION``, or why
            the account is not reinstated.
    """
    words = clean_text(note, field="note", limit=REPORT_LIMIT, multiline=True)
    concerned = await Incident.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    # The account before the incident, as everywhere; which account it is never changes.
    user = await _hold(concerned.user_id) if concerned is not None and concerned.user_id is not None else None
    incident = await _locked(work, number)
    check_not_concerned(work.actor.person(), incident.user_id)
    check_open(incident.state)
    check_finding(finding, answers)
    check_closing(finding, reinstate=reinstate)
    if answers is not None:
        incident.facts = {**incident.facts, "breach": answers.facts()}
    incident.state = IncidentState.CLOSED
    incident.finding = finding
    incident.note = words
    incident.closed_at = work.now
    incident.closed_by_id = work.actor.person()
    await incident.save()
    if reinstate:
        if user is None:
            raise Invalid("This incident concerns no account.", code="NO_ACCOUNT", field="reinstate")
        await _reinstate(work, user)
    if finding is Finding.BREACH:
        await open_on_trigger(work, "RSK-INC", str(number), f"incident {number}", moved_by="BREACH")
    work.note(finding=str(finding), reinstated=reinstate)
    work.ring(incident.id)
    return number


@operation("account.suspend", by=EVERYONE, cites="000:34-39; POL-08")
async def suspend_account(work: Work, user_id: str, why: str) -> int:
    """Suspend an account at once; sessions and open subscriptions end. Give the number of the incident it belongs to.

    Raises:
        NotFound: there is no such account for this person.
        Denied: ``SELF_SUSPENSION``.
        Conflict: ``ALREADY_SUSPENDED``, ``ALREADY_DISABLED``, ``ALREADY_DELETED``, ``LAST_CSO``.
        Invalid: the reason is missing or too long.
    """
    text = clean_text(why, field="why", limit=REPORT_LIMIT, multiline=True, required=True)
    user = await account_to_change(work, await suspender_reach(work.actor, work.today), user_id)
    check_not_self(work.actor.person(), user.id)
    check_suspendable(user.state, others_left=not await is_last_cso(user))
    incident = await _open_one_about(user)
    if incident is None:
        incident = await open_incident(work, IncidentKind.REPORTED, user, suspend=True, report=text)
    else:
        incident.suspended = True
        await incident.save(update_fields=["suspended"])
        work.touches("incident", [incident.id])
        work.note(incident=incident.number, suspended=True)
        await suspend(work, user)
    return incident.number


@operation("account.reinstate", by={Role.CSO}, cites="000:34-39; 002:199-201")
async def reinstate_account(work: Work, user_id: str) -> None:
    """Let a suspended person back in, after the incident was closed with a finding; roles were kept, sessions not.

    Raises:
        NotFound: there is no such account.
        Denied: ``SELF_SUSPENSION``.
        Conflict: ``NOT_SUSPENDED``, ``FORM_NEEDED``, ``ALREADY_DELETED``, ``INCIDENT_OPEN``, ``BREACH_FOUND``.
    """
    user = await account_to_change(work, Reach(everyone=True), user_id)
    check_not_self(work.actor.person(), user.id)
    await _reinstate(work, user)


async def _reinstate(work: Work, user: User) -> None:
    """Let a person back in whose account is held under its lock; what was held for want of them goes on."""
    suspensions = await Incident.filter(user_id=user.id, suspended=True, opened_at__gte=await _account_since(user))
    check_reinstatable(
        user.state,
        open_suspensions=any(one.state is IncidentState.OPEN for one in suspensions),
        findings=[one.finding for one in suspensions],
    )
    user.state = AccountState.ACTIVE
    await user.save(update_fields=["state"])
    work.touches("user", [user.id])
    work.note(reinstated=True)
    for designation in await LsoDesignation.filter(user_id=user.id, ended_at=None).order_by("id"):
        organization = Organization(designation.provider_id, designation.facility_id)
        await lock_organization(organization)  # what is submitted at this moment is held, and then let go on
        await release(work, organization)
    await release_offices(work)


async def _account_since(user: User) -> datetime:
    """Say since when the account is in use: since it was last enabled by a form, else since it was created."""
    form = (
        await AccessForm.filter(user_id=user.id, kind=FormKind.ENABLE, issued_at__not_isnull=True)
        .order_by("-issued_at")
        .first()
    )
    return form.issued_at if form is not None and form.issued_at is not None else user.created_at


async def _open_one_about(user: User) -> Incident | None:
    """Find the open incident that an account belongs to; it is held under its lock.

    One from before the account was last enabled is no reason to suspend it now: its finding would not count.
    """
    since = await _account_since(user)
    return (
        await Incident.filter(user_id=user.id, state=IncidentState.OPEN, opened_at__gte=since)
        .order_by("number")
        .select_for_update(no_key=True)
        .first()
    )


async def _named(user_id: str) -> User | None:
    if not user_id.strip():
        return None
    _, canonical = normalize_user_id(user_id)
    return await User.filter(user_id=canonical).first()


async def _hold(user_pk: object) -> User:
    return await User.filter(id=user_pk).select_for_update(no_key=True).get()


async def _locked(work: Work, number: int) -> Incident:
    if not 0 < number <= LAST_NUMBER:
        raise no_such_incident()
    incident = await Incident.filter(number=number).select_for_update(no_key=True).first()
    if incident is None:
        raise no_such_incident()
    work.about("incident", incident.id)
    work.note(number=number)
    return incident


async def concerns(reach: Reach, incident: Incident) -> bool:
    """Say whether an incident is about the organization or the people that somebody looks after."""
    if incident.provider_id is not None and Organization(incident.provider_id) in reach.organizations:
        return True
    user = await User.filter(id=incident.user_id).first() if incident.user_id is not None else None
    return user is not None and reach.covers(user)


def no_such_incident() -> NotFound:
    """Say no to a number that does not exist, or not for this person."""
    return NotFound("There is no such incident.", code="INCIDENT_NOT_FOUND", field="number")
