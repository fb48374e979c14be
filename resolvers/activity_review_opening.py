"""Open the quarterly system activity review: draw user IDs, then label what each of them did (SAR-01 to SAR-04)."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID, uuid4, uuid5

from orm.models import ActivityReview, ActivityReviewList, ActivityReviewMember, ActivityReviewRow, AuditEntry, User
from orm.sql import fetch
from resolvers.activity_review_accounts import account_as_drawn, organization_name
from resolvers.activity_review_draws import draw
from resolvers.callers import Caller
from resolvers.delivery_sheets import unfold_sheets
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.judging import judge_entries
from resolvers.numbers import hold_series, next_number
from resolvers.officers import holders_of, readers
from resolvers.promises import about
from resolvers.sweeps import Subject, Sweep
from resolvers.whole_register import know_every_use_case
from rules.activity_reviews import Quarter, Window, quarters_due
from rules.calendar import OnDates, local_date
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.reports import source
from rules.roles import Role

_NAMESPACE = UUID("0c0e1a52-6f6a-4f0e-8d0f-6a1d4f5a7b10")
_AT_ONCE = 200
"""Rows that are labelled in one transaction, so that none is long."""


def review_key(quarter: Quarter) -> UUID:
    """Give the key of the review of a quarter: two machines that open it make the same one."""
    return uuid5(_NAMESPACE, quarter.name)


async def plan_reviews(now: datetime, policy: Policy) -> list[Subject]:
    """List the quarters that have no review yet, and the reviews whose log is not labelled to its end."""
    unfinished = await fetch(
        "SELECT DISTINCT r.quarter FROM activity_review r JOIN activity_review_member m ON m.review_id = r.id "
        "WHERE m.labelled_at IS NULL ORDER BY r.quarter"
    )
    quarters = [Quarter.read(row["quarter"]) for row in unfinished]
    due = list(quarters_due(await _newest_quarter(), local_date(now)))
    facts = {"sample": policy.sar_sample_size, "window_days": policy.sar_window.days}
    return [
        *(
            Subject(review_key(one), one.name, hit=True, why="The log is not labelled yet.", facts={})
            for one in quarters
        ),
        *(Subject(review_key(one), one.name, hit=True, why="There is no review yet.", facts=facts) for one in due),
    ]


async def treat_review(caller: Caller, review_id: UUID) -> bool:
    """Open the review of a quarter and label its rows, in short transactions; what is done already stays as it is."""
    opened = await open_activity_review(caller, review_id)
    waiting = await ActivityReviewMember.filter(review_id=review_id, labelled_at=None).order_by("place")
    for member in waiting:
        while not await label_rows(caller, member.id):
            pass
    return opened or bool(waiting)


@operation("activity_review.open", by=THE_HOUSE, cites="002:117-119; 002:228-236")
async def open_activity_review(work: Work, review_id: UUID) -> bool:
    """Draw user IDs for the review of a quarter, and tell the CSO; answer whether there was none yet."""
    work.about("activity_review", review_id)
    await hold_series("activity_review")
    due = quarters_due(await _newest_quarter(), work.today)
    quarter = next((one for one in due if review_key(one) == review_id), None)
    if quarter is None:
        work.note(opened=False)
        return False
    drawn = await draw(work.caller.desk.secrets.token(), work.policy.sar_sample_size)
    window = Window.before(work.today, work.policy.sar_window)
    review = await ActivityReview.create(
        id=review_id,
        number=await next_number("activity_review"),
        quarter=quarter.name,
        opened_at=work.now,
        due_on=quarter.last_day,
        window_from=window.first,
        window_to=window.last,
        policy_version=work.policy.version,
        sample_size=work.policy.sar_sample_size,
        list_size=drawn.size,
        list_hash=drawn.hash,
        seed=drawn.seed,
        numbers=list(drawn.numbers),
    )
    await ActivityReviewList.create(review_id=review.id, lines=drawn.lines)
    users = {user.user_id: user for user in await User.filter(user_id__in=list(drawn.user_ids))}
    for place, (number, user_id) in enumerate(zip(drawn.numbers, drawn.user_ids, strict=True), start=1):
        await _add_member(work, review, place, number, users[user_id])
    work.promise(about(readers(await holders_of(Role.CSO)), NotificationKind.REVIEW_OPENED, review.number))
    work.note(
        opened=True, number=review.number, quarter=quarter.name, list_hash=drawn.hash, numbers=list(drawn.numbers)
    )
    return True


async def _add_member(work: Work, review: ActivityReview, place: int, list_number: int, user: User) -> None:
    account = await account_as_drawn(user, work.today)
    await ActivityReviewMember.create(
        id=uuid4(),
        review_id=review.id,
        place=place,
        list_number=list_number,
        user_id=user.id,
        drawn_user_id=user.user_id,
        organization=await organization_name(user),
        was_cso=any(role["code"] == Role.CSO for role in account["roles"]),
        account=account,
    )
    work.touches("user", [user.id])


@operation("activity_review.label", by=THE_HOUSE, cites="002:239-241")
async def label_rows(work: Work, member_id: UUID) -> bool:
    """Label the next rows of a person's log in the window: explained or not, by which rule; answer whether all are.

    The window has ended when the review is opened, so no row of it is still on its way.
    """
    member = await ActivityReviewMember.filter(id=member_id).select_for_update(no_key=True).first()
    if member is None or member.labelled_at is not None:
        return True
    review = await ActivityReview.get(id=member.review_id)
    window = Window(review.window_from, review.window_to)
    work.about("activity_review", review.id)
    await unfold_sheets()
    entries = (
        await AuditEntry.filter(
            actor_id=member.user_id, id__gt=member.labelled_to, at__gte=window.begins, at__lt=window.ends
        )
        .order_by("id")
        .limit(_AT_ONCE)
    )
    know_every_use_case()
    judged = await judge_entries(work, entries)
    await ActivityReviewRow.bulk_create(
        [
            ActivityReviewRow(
                member_id=member.id,
                entry_id=one.entry.id,
                ground=one.judgement.ground,
                explained=one.judgement.explained,
            )
            for one in judged
        ]
    )
    member.log_rows += len(entries)
    if entries:
        member.labelled_to = entries[-1].id
    if len(entries) < _AT_ONCE:
        member.labelled_at = work.now
        member.log_hash = await _hash_of_log(member)
    await member.save(update_fields=["log_rows", "labelled_to", "labelled_at", "log_hash"])
    work.note(
        member=str(member.user_id), rows=len(entries), unexplained=sum(not one.judgement.explained for one in judged)
    )
    return member.labelled_at is not None


async def _hash_of_log(member: ActivityReviewMember) -> str:
    """Hash what was looked at: the number and the sealed leaf of each row, in their order."""
    rows = await fetch(
        "SELECT e.id, e.leaf FROM activity_review_row r JOIN audit_entry e ON e.id = r.entry_id "
        "WHERE r.member_id = :member ORDER BY e.id",
        member=member.id,
    )
    return source("", ((row["id"], row["leaf"]) for row in rows)).sha256


async def _newest_quarter() -> Quarter | None:
    newest = await ActivityReview.all().order_by("-quarter").first()
    return Quarter.read(newest.quarter) if newest else None


OPEN_REVIEW = Sweep(
    name="open_system_activity_review",
    title="The quarterly system activity review is opened",
    cites="002:117-119; 002:228-241",
    cadence=OnDates(((1, 1), (4, 1), (7, 1), (10, 1)), time(5, 0)),
    plan=plan_reviews,
    treat=treat_review,
)
