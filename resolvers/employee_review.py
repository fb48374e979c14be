"""The quarterly review of employee user IDs: opened, listed by facility, and each facility told (002:271-296).

The list is made each quarter; the one of January is sent to Human Resources, the others where the CSO says so (POL-05).
Lists of facilities without a contact, and of offices that belong to none, wait for the Chief Security Officer.
"""

from __future__ import annotations

from collections import Counter as Tally
from datetime import UTC, date, datetime, time
from typing import Final
from uuid import UUID, uuid4, uuid5

from orm.models import EmployeeReview, EmployeeReviewLine, Facility, ReviewedFacility, User
from resolvers.account_duties import AccountUse, hold_account, unused_accounts, use_of
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.numbers import next_number
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from resolvers.sweeps import Subject, Sweep
from rules.accounts import AccountState
from rules.calendar import local_date, local_instant, quarter_of
from rules.employee_review import REVIEWED, ReviewState, days_unused, is_sent, used_from
from rules.errors import Conflict
from rules.inactivity import PROVIDER_DOMAIN, last_used_on
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.roles import Role

OFFICES: Final = "OFFICES"
"""The place of people who belong to no facility."""

_REVIEWS: Final = UUID("0c8f9a52-7b1e-4a1f-8f6d-3f1f1d5b2e02")
_NOBODY: Final = datetime(1970, 1, 1, tzinfo=UTC)


def review_key(quarter_from: date) -> UUID:
    """Give the key of the review of a quarter, known before there is one."""
    return uuid5(_REVIEWS, quarter_from.isoformat())


async def plan_employee_review(now: datetime, policy: Policy) -> list[Subject]:
    """List the review of the quarter, each employee ID that is not used, and each facility that is told."""
    on = local_date(now)
    quarter, _ = quarter_of(on)
    review = await EmployeeReview.filter(quarter_from=quarter).first()
    label = f"Review of the quarter from {quarter}"
    if review is not None and review.state is ReviewState.COMPLETED:
        return [Subject(review.id, label, hit=False, why="This review is completed.", facts={})]
    sent = is_sent(quarter, policy)
    why = "The list is sent to Human Resources." if sent else "The list is made and kept; it is not sent (POL-05)."
    subjects = [Subject(review_key(quarter), label, hit=True, why=why, facts={"sent": sent})]
    waiting: Tally[str] = Tally()
    for account, days in await _unused(on, policy):
        place = account.facility_id or OFFICES
        waiting[place] += 1
        said = f"Not used for {days} days and still enabled."
        subjects.append(Subject(account.id, account.label, hit=True, why=said, facts={"facility": place}))
    if sent:
        names = {
            one.code: one.name
            for one in await Facility.filter(code__in=[place for place in waiting if place != OFFICES])
        }
        subjects += [
            Subject(
                _place_key(place),
                names.get(place, "Offices"),
                hit=True,
                why="Its Human Resources contact is told.",
                facts={"accounts": waiting[place]},
            )
            for place in sorted(waiting)
        ]
    return subjects


async def treat_employee_review(caller: Caller, subject: UUID) -> bool:
    """Enter the review, a line of it, or tell a facility; answer whether that was still to be done."""
    quarter, _ = quarter_of(local_date(caller.desk.clock()))
    if subject == review_key(quarter):
        return await open_review(caller)
    places = [*(await Facility.all().values_list("code", flat=True)), OFFICES]
    for place in map(str, places):
        if subject == _place_key(place):
            return await tell_facility(caller, place)
    return await list_in_review(caller, subject)


@operation("employee_review.open", by=THE_HOUSE, cites="002:105-107; 002:277; POL-05")
async def open_review(work: Work) -> bool:
    """Enter the review of the quarter in which today lies."""
    first, last = quarter_of(work.today)
    key = review_key(first)
    work.about("employee_review", key)
    if await EmployeeReview.exists(id=key):
        work.note(opened=False)
        return False
    review = await EmployeeReview.create(
        id=key,
        number=await next_number("employee_review"),
        quarter_from=first,
        quarter_to=last,
        sent=is_sent(first, work.policy),
        opened_at=work.now,
        accounts=await User.filter(state=AccountState.ACTIVE).exclude(domain=PROVIDER_DOMAIN).count(),
        policy_version=work.policy.version,
    )
    work.note(opened=True, number=review.number, sent=review.sent)
    return True


@operation("employee_review.list", by=THE_HOUSE, cites="002:290-292; POL-03")
async def list_in_review(work: Work, user_id: UUID) -> bool:
    """Enter a line for an employee ID that is not used; answer whether there was none yet. Nothing else is touched.

    Raises:
        Conflict: ``REVIEW_NOT_OPEN``; the review was not entered, or is completed.
    """
    work.touches("user", [user_id])
    review = await _open_review(work)
    user = await hold_account(user_id)
    listed = user is not None and await EmployeeReviewLine.exists(review_id=review.id, user_id=user_id)
    facts = await use_of(user_id) if user is not None else None
    days = days_unused(facts, work.today, work.policy) if facts is not None else None
    if user is None or facts is None or listed or days is None:
        work.note(listed=False)
        return False
    await EmployeeReviewLine.create(
        id=uuid4(),
        review_id=review.id,
        user_id=user_id,
        facility_id=user.facility_id,
        last_used_on=last_used_on(facts),
        ever_used=facts.last_sign_in_at is not None,
        days_unused=days,
    )
    work.note(listed=True)
    return True


@operation("employee_review.tell", by=THE_HOUSE, cites="002:294-296")
async def tell_facility(work: Work, place: str) -> bool:
    """Tell a facility's Human Resources contacts once that a list waits; the CSO, where there is none."""
    review = await _open_review(work)
    work.about("employee_review", review.id)
    facility = None if place == OFFICES else place
    waiting = await EmployeeReviewLine.filter(review_id=review.id, facility_id=facility).count()
    told = await ReviewedFacility.exists(review_id=review.id, place=place)
    if told or not waiting or not review.sent:
        work.note(told=False)
        return False
    contacts = await holders_of(Role.HR_CONTACT, facility_id=facility) if facility is not None else []
    hearing = contacts or await holders_of(Role.CSO)
    await ReviewedFacility.create(id=uuid4(), review_id=review.id, place=place, told_at=work.now, readers=len(hearing))
    work.promise(about(readers(hearing), NotificationKind.EMPLOYEE_LIST_WAITS, review.number))
    work.note(told=len(hearing), place=place, accounts=waiting, has_contact=bool(contacts))
    return True


OPEN_EMPLOYEE_REVIEW = Sweep(
    name="open_employee_review",
    title="Review of employee user IDs",
    cites="002:105-107; 002:271-314",
    cadence=REVIEWED,
    plan=plan_employee_review,
    treat=treat_employee_review,
)


async def _open_review(work: Work) -> EmployeeReview:
    review = await EmployeeReview.filter(id=review_key(quarter_of(work.today)[0]), state=ReviewState.OPEN).first()
    if review is None:
        raise Conflict("The review of this quarter is not open.", code="REVIEW_NOT_OPEN")
    return review


async def _unused(on: date, policy: Policy) -> list[tuple[AccountUse, int]]:
    """List the employee IDs that are not used, sorted by facility (002:294)."""
    accounts = await unused_accounts(
        provider_before=_NOBODY,
        others_before=local_instant(used_from(on, policy), time(0)),
        provider_domain=PROVIDER_DOMAIN,
    )
    judged = [(account, days_unused(account.facts, on, policy)) for account in accounts]
    found = [(account, days) for account, days in judged if days is not None]
    return sorted(found, key=lambda one: (one[0].facility_id or "~", one[0].label))


def _place_key(place: str) -> UUID:
    return uuid5(_REVIEWS, f"place {place}")
