"""Break the glass, end it, review it: written down, told at once, and never only to whoever did it."""

from __future__ import annotations

from uuid import UUID, uuid4

from orm.models import BreakGlass, Referral, User
from resolvers.desk import Work, operation
from resolvers.numbers import LAST_NUMBER, next_number
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from rules.break_glass import (
    HOLDERS,
    WITNESSES,
    BreakGlassFinding,
    check_can_end,
    check_not_open,
    check_not_reviewed,
    check_reviewer,
    check_somebody_is_told,
    is_open,
)
from rules.errors import NotFound
from rules.notices import NotificationKind
from rules.text import clean_text

REASON_LIMIT = 1000


@operation("break_glass.open", by=HOLDERS, cites="002:21-32; 45 CFR 164.312(a)(2)(ii)")
async def break_glass(work: Work, referral_number: int, reason: str) -> int:
    """Open one referral to the caller for a short time; everybody who holds the office is told. Give its number.

    For one referral and not for all: a reason is about a person, and whoever reviews it can see whether it was kept.

    Raises:
        NotFound: there is no such referral.
        Invalid: the reason is missing or too long.
        Conflict: ``BREAK_GLASS_OPEN``, ``NOBODY_TO_TELL``.
    """
    words = clean_text(reason, field="reason", limit=REASON_LIMIT, multiline=True, required=True)
    person = work.actor.person()
    referral = await Referral.filter(number=referral_number).first() if 0 < referral_number <= LAST_NUMBER else None
    if referral is None:
        raise NotFound("There is no such referral.", code="REFERRAL_NOT_FOUND", field="referralNumber")
    await User.filter(id=person).select_for_update(no_key=True).get()  # one click at a time
    check_not_open(already=await open_one(person, referral.id, work) is not None)
    told = await _told(person)
    check_somebody_is_told(sum(1 for one in told if one.id != person))
    opened = await BreakGlass.create(
        id=uuid4(),
        number=await next_number("break_glass"),
        referral_id=referral.id,
        opened_by_id=person,
        reason=words,
        opened_at=work.now,
        expires_at=work.now + work.policy.break_glass,
    )
    work.about("break_glass", opened.id)
    work.touches("referral", [referral.id])
    work.note(number=opened.number, referral=referral.number, told=len(told))
    work.promise(about(readers(told), NotificationKind.BREAK_GLASS_OPENED, opened.number))
    return opened.number


@operation("break_glass.end", by=HOLDERS, cites="45 CFR 164.312(a)(2)(ii)")
async def end_break_glass(work: Work, number: int) -> int:
    """End a break-glass before its time: one's own when it is not needed any more, another's to revoke it.

    Raises:
        NotFound: there is no such break-glass.
        Conflict: ``BREAK_GLASS_ENDED``.
    """
    opened = await _locked(work, number)
    check_can_end(is_open=is_open(opened.expires_at, opened.ended_at, work.now))
    opened.ended_at = work.now
    opened.ended_by_id = work.actor.person()
    await opened.save(update_fields=["ended_at", "ended_by_id"])
    work.note(revoked=opened.ended_by_id != opened.opened_by_id)
    return number


@operation("break_glass.review", by=HOLDERS, cites="002:234-259; 45 CFR 164.308(a)(1)(ii)(D)")
async def review_break_glass(work: Work, number: int, finding: BreakGlassFinding, note: str = "") -> int:
    """Close the review of what somebody else has opened; if it is open still, it ends.

    Raises:
        NotFound: there is no such break-glass.
        Denied: ``OWN_BREAK_GLASS``.
        Conflict: ``ALREADY_REVIEWED``.
        Invalid: the note is too long, or missing where it was not justified.
    """
    unjustified = finding is BreakGlassFinding.NOT_JUSTIFIED
    words = clean_text(note, field="note", limit=REASON_LIMIT, multiline=True, required=unjustified)
    opened = await _locked(work, number)
    reviewer = work.actor.person()
    check_reviewer(reviewer, opened.opened_by_id)
    check_not_reviewed(opened.finding)
    if is_open(opened.expires_at, opened.ended_at, work.now):
        opened.ended_at, opened.ended_by_id = work.now, reviewer
    opened.finding = finding
    opened.reviewed_at = work.now
    opened.reviewed_by_id = reviewer
    opened.review_note = words
    await opened.save()
    work.note(finding=str(finding))
    told = [one for one in await _told(opened.opened_by_id) if one.id != reviewer]
    work.promise(about(readers(told), NotificationKind.BREAK_GLASS_REVIEWED, number))
    return number


async def open_one(person: UUID, referral_id: UUID, record: Work) -> BreakGlass | None:
    """Find the break-glass under which a person may read a referral at this moment."""
    return await BreakGlass.filter(
        opened_by_id=person, referral_id=referral_id, ended_at=None, expires_at__gt=record.now
    ).first()


async def _told(person: UUID) -> list[User]:
    """List who is told: everybody who holds the office and, where that is the opener alone, a witness's office."""
    people = {one.id: one for role in sorted(HOLDERS) for one in await holders_of(role)}
    for role in WITNESSES:
        if people.keys() - {person}:
            break
        people |= {one.id: one for one in await holders_of(role)}
    return sorted(people.values(), key=lambda one: one.user_id)


async def _locked(work: Work, number: int) -> BreakGlass:
    found = BreakGlass.filter(number=number).select_for_update(no_key=True)
    opened = await found.first() if 0 < number <= LAST_NUMBER else None
    if opened is None:
        raise no_such_break_glass()
    work.about("break_glass", opened.id)
    work.touches("referral", [opened.referral_id])
    work.note(number=number)
    return opened


def no_such_break_glass() -> NotFound:
    """Say no to a number that does not exist."""
    return NotFound("There is no such break-glass.", code="BREAK_GLASS_NOT_FOUND", field="number")
