"""Revoke a person's access: cut at the commit, the paperwork follows (000:41-42, 000:258-278, POL-10)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn
from uuid import UUID, uuid4

from orm.models import AccessForm, CatalogueRole, Incident, OutsideSystem, Provider, RoleGrant, Session, User
from resolvers.account_reach import Reach, account_to_change, reach_of
from resolvers.callers import Actor
from resolvers.contacts import deactivate_contacts_of
from resolvers.desk import EVERYONE, Work, operation
from resolvers.duties import duty_facts, tell_open_duties
from resolvers.endings import disable
from resolvers.incident_opening import open_incident
from resolvers.numbers import next_number
from resolvers.officers import Organization, is_last_cso, liaisons_for, lso_and_deputies, readers
from resolvers.promises import about
from resolvers.referral_entry import hand_over_referrals
from resolvers.ticket_opening import open_ticket
from rules.access_forms import Channel, FormKind, FormState
from rules.accounts import AccountState, normalize_user_id
from rules.calendar import local_date
from rules.errors import Invalid
from rules.incidents import IncidentKind, IncidentState, check_not_last_cso
from rules.leaving import (
    HANDED_OVER,
    Duty,
    HeldDuty,
    RevocationReason,
    Successor,
    already_deleted,
    already_disabled,
    check_not_self,
    check_successors,
    duties_held,
    last_day,
    was_used_after,
)
from rules.notices import NotificationKind
from rules.roles import Role, house_roles
from rules.text import clean_text
from rules.tickets import TicketKind

NOTE_LIMIT = 300

_EVERYWHERE = frozenset({Role.CSO, Role.ITSD_ACCOUNT_MGMT})


@dataclass(frozen=True, slots=True)
class Revocation:
    """What is told of a person who leaves; ``successors`` are user IDs by duty, as entered."""

    user_id: str
    reason: RevocationReason
    terminated_on: date | None = None
    successors: tuple[tuple[Duty, str], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Revoked:
    """What a revocation left behind: the account, its paperwork, and the duties that have no holder now."""

    user_pk: UUID
    form_number: int
    tickets: list[int]
    open_duties: list[HeldDuty]
    incident_number: int | None


async def revoker_reach(actor: Actor, on: date) -> Reach:
    """Say whose access an actor may revoke: the LSO and the director of the own people, liaisons of all providers'."""
    return await reach_of(actor, on, everywhere=_EVERYWHERE, at_providers={Role.PROVIDER_RELATIONS})


@operation("account.revoke", by=EVERYONE, cites="000:41-42; 000:258-278; 002:173-179; 002:299-305")
async def revoke_access(work: Work, told: Revocation) -> Revoked:
    """End all access of a person at once; referrals go to the successor, other duties are told as open.

    Raises:
        NotFound: there is no such account for this person.
        Denied: ``SELF_REVOCATION``.
        Conflict: ``ALREADY_DISABLED`` (a last day that is told now is kept all the same), ``ALREADY_DELETED``,
            ``LAST_CSO``.
        Invalid: the last day, the note or a successor cannot be.
    """
    user = await account_to_change(work, await revoker_reach(work.actor, work.today), told.user_id)
    return await end_access(work, user, told)


async def end_access(work: Work, user: User, told: Revocation) -> Revoked:
    """Do what a revocation does with an account that is held under its lock; audits and reviews call it, too.

    Raises what :data:`revoke_access` raises of a person who is found.
    """
    check_not_self(work.actor.person(), user.id)
    if user.state is AccountState.DELETED:
        raise already_deleted()
    if user.state is AccountState.DISABLED:
        await _keep_last_day(work, user, told)
    check_not_last_cso(others_left=not await is_last_cso(user))
    note = clean_text(told.note, field="note", limit=NOTE_LIMIT, multiline=True)
    held = duties_held(await duty_facts(user))
    successors = await _successors(user, told.successors)
    check_successors(user.id, held, successors)

    organization = Organization.of(user)
    systems = await outside_systems(user)
    user.terminated_on = last_day(told.reason, told.terminated_on, work.today) or user.terminated_on
    for one in successors:
        if one.person is not None and one.duty in HANDED_OVER:
            await hand_over_referrals(work, _referrals_of(held, one.duty), user.id, one.person)
    await disable(work, user, told.reason.as_disabled, note)
    await deactivate_contacts_of(work, user.id)

    form = await _write_form(work, user)
    tickets = [await open_ticket(work, TicketKind.ACCOUNT_MANAGEMENT, user, form=form)]
    tickets += [await open_ticket(work, TicketKind.AGENCY_NOTICE, user, form=form, system=system) for system in systems]
    handed_over = {one.duty for one in successors} & HANDED_OVER
    still_open = [one for one in held if one.duty not in handed_over]
    await _tell(work, organization, form.number)
    named = {one.person for one in successors if one.person is not None and one.duty not in HANDED_OVER}
    await tell_open_duties(work, organization, [one.duty for one in still_open], named)
    incident = await _look_for_later_use(work, user)
    work.note(
        reason=str(told.reason),
        form=form.number,
        tickets=tickets,
        open_duties=[str(one.duty) for one in still_open],
        successors={str(one.duty): str(one.person) for one in successors},
    )
    return Revoked(user.id, form.number, tickets, still_open, incident)


async def _keep_last_day(work: Work, user: User, told: Revocation) -> NoReturn:
    """Refuse to revoke twice; but that the employment has ended, told only now, is kept (002:189-193).

    Raises:
        Conflict: ``ALREADY_DISABLED``, always.
    """
    terminated_on = last_day(told.reason, told.terminated_on, work.today)
    if told.terminated_on is not None and user.terminated_on != terminated_on:
        user.terminated_on = terminated_on
        await user.save(update_fields=["terminated_on"])
        work.note(last_day_kept=True)
        await _look_for_later_use(work, user)
        work.refuse_and_keep(already_disabled())
    raise already_disabled()


async def _successors(leaver: User, named: Collection[tuple[Duty, str]]) -> list[Successor]:
    found = []
    for duty, user_id in named:
        try:
            _, canonical = normalize_user_id(user_id)
        except Invalid as malformed:
            raise Invalid(malformed.message, code=malformed.code, field="successors") from malformed
        user = await User.filter(user_id=canonical).first()
        if user is None:
            found.append(Successor(duty, None, active=False, same_organization=False, roles=frozenset()))
            continue
        codes = await RoleGrant.filter(user_id=user.id, ended_at=None).values_list("role", flat=True)
        found.append(
            Successor(
                duty=duty,
                person=user.id,
                active=user.state is AccountState.ACTIVE,
                same_organization=Organization.of(user) == Organization.of(leaver),
                roles=house_roles(str(code) for code in codes),
            )
        )
    return found


def _referrals_of(held: Collection[HeldDuty], duty: Duty) -> tuple[int, ...]:
    return next(one.referrals for one in held if one.duty is duty)


async def outside_systems(user: User) -> list[OutsideSystem]:
    """List the systems of other agencies that the roles held now open (002:303-305)."""
    codes = await RoleGrant.filter(user_id=user.id, ended_at=None).values_list("role", flat=True)
    keys = await CatalogueRole.filter(code__in=list(codes), system_id__not_isnull=True).values_list(
        "system_id", flat=True
    )
    return await OutsideSystem.filter(code__in=list(set(keys))).order_by("code")


async def _write_form(work: Work, user: User) -> AccessForm:
    """Write the form that the guide asks for: done already, because access is cut first (POL-10)."""
    provider = await Provider.filter(id=user.provider_id).first() if user.provider_id else None
    form = await AccessForm.create(
        id=uuid4(),
        number=await next_number("access_form"),
        kind=FormKind.REVOKE,
        state=FormState.DONE,
        state_since=work.now,
        user_id=user.id,
        first_name=user.first_name,
        last_name=user.last_name,
        title=user.title,
        phone=user.phone,
        email=user.email or "",
        provider_id=user.provider_id,
        facility_id=user.facility_id,
        regional_office_id=provider.regional_office_id if provider else user.regional_office_id,
        effective_on=user.terminated_on,
        channel=Channel.HOUSE,
        submitted_by_id=work.actor.id,
        submitted_at=work.now,
    )
    work.touches("access_form", [form.id])
    return form


async def _tell(work: Work, organization: Organization, form_number: int) -> None:
    """Tell the regional office, which processes the paper, and the organization's officers (000:262-263)."""
    if organization.is_office:
        return
    people = {one.id: one for one in await lso_and_deputies(organization, work.today)}
    if organization.provider_id is not None:
        people |= {one.id: one for one in await liaisons_for(organization)}
    work.promise(about(readers(people.values()), NotificationKind.ACCESS_REVOKED, form_number))


async def _look_for_later_use(work: Work, user: User) -> int | None:
    """Open an incident if the account was used after its owner's last day (000:277-278)."""
    last = await last_used_at(user)
    if not was_used_after(user.terminated_on, local_date(last) if last else None):
        return None
    known = Incident.filter(user_id=user.id, kind=IncidentKind.USED_AFTER_LEAVING, state=IncidentState.OPEN)
    if await known.exists():
        return None
    incident = await open_incident(
        work, IncidentKind.USED_AFTER_LEAVING, user, facts={"terminated_on": str(user.terminated_on)}
    )
    return incident.number


async def last_used_at(user: User) -> datetime | None:
    """Say when an account was used last: its last sign-on, or what was done in a session later than that."""
    seen = await Session.filter(user_id=user.id).order_by("-last_seen_at").first()
    times = [time for time in (user.last_sign_in_at, seen.last_seen_at if seen else None) if time is not None]
    return max(times, default=None)
