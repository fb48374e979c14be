"""What Human Resources answer about employees whose user IDs are not used (002:294-305)."""

from __future__ import annotations

from datetime import date

from orm.models import EmployeeReview, EmployeeReviewLine
from resolvers.account_reach import Reach, account_to_change, reach_of
from resolvers.callers import Actor
from resolvers.desk import Work, operation
from resolvers.numbers import LAST_NUMBER
from resolvers.officers import Organization
from resolvers.revocation import Revocation, end_access
from rules.accounts import AccountState
from rules.employee_review import Employment, check_open_review, check_unanswered
from rules.errors import Denied, NotFound
from rules.leaving import RevocationReason, last_day
from rules.roles import Role

VERIFIES = frozenset({Role.HR_CONTACT, Role.CSO})
"""The contact of the facility; the Chief Security Officer for all (002:277, 002:294-296)."""


async def verifier_reach(actor: Actor, on: date, everywhere: frozenset[Role] = frozenset({Role.CSO})) -> Reach:
    """Say whose employment a person verifies: that of the own facility's people, or of everybody."""
    reach = await reach_of(actor, on, everywhere=everywhere, at_home={Role.HR_CONTACT})
    # Whoever stands in for an LSO elsewhere is no contact of Human Resources there.
    own = {Organization(facility_id=actor.facility_id)} if Role.HR_CONTACT in actor.roles else set()
    return Reach(everyone=reach.everyone, organizations=reach.organizations & own)


@operation("employee_review.verify", by=VERIFIES, cites="002:294-305; REV-08; REV-09")
async def verify_employment(
    work: Work, number: int, user_id: str, answer: Employment, terminated_on: date | None = None
) -> list[int]:
    """Say of a listed employee whether they are still employed; answer the numbers of the tickets that were opened.

    Who is not loses all access at once: a ticket goes to account management, and the agencies that own other systems
    are asked to revoke.

    Raises:
        NotFound: there is no such line for this person.
        Denied: ``SELF_VERIFICATION``.
        Conflict: ``REVIEW_COMPLETED``, ``EMPLOYMENT_ANSWERED``, ``LAST_CSO``.
        Invalid: the last day cannot be.
    """
    user = await account_to_change(work, await verifier_reach(work.actor, work.today), user_id)
    review = await EmployeeReview.filter(number=number).first() if 0 < number <= LAST_NUMBER else None
    line = None
    if review is not None:
        found = EmployeeReviewLine.filter(review_id=review.id, user_id=user.id)
        line = await found.select_for_update(no_key=True).first()
    if review is None or line is None or not (review.sent or Role.CSO in work.actor.roles):
        raise NotFound("This user ID is not on the list.", code="REVIEW_LINE_NOT_FOUND", field="userId")
    if user.id == work.actor.person():
        raise Denied("Nobody verifies the own employment.", code="SELF_VERIFICATION")
    check_open_review(review.state)
    check_unanswered(line.answer)
    if answer is Employment.TERMINATED:
        note = f"Told in review {number}."
        if user.state in (AccountState.ACTIVE, AccountState.SUSPENDED):
            told = Revocation(user.user_id, RevocationReason.TERMINATED, terminated_on, note=note)
            line.ticket_numbers = (await end_access(work, user, told)).tickets
        else:
            user.terminated_on = last_day(RevocationReason.TERMINATED, terminated_on, work.today)
            await user.save(update_fields=["terminated_on"])
    line.answer, line.answered_at, line.answered_by_id = answer, work.now, work.actor.person()
    await line.save()
    work.note(review=number, answer=str(answer), tickets=line.ticket_numbers)
    return list(line.ticket_numbers)
