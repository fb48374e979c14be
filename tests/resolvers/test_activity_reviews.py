"""The quarterly review: drawn so that anyone draws the same, judged by somebody else, kept as it was (002:214-265)."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
import tracemalloc
from datetime import date, time, timedelta
from pathlib import Path

import pytest
from tortoise.exceptions import IntegrityError

from orm.models import (
    AccessForm,
    AccessJudgement,
    ActivityReview,
    ActivityReviewList,
    ActivityReviewMember,
    ActivityReviewRow,
    AuditEntry,
    Evidence,
    FormSignature,
    IncompatiblePair,
    Outcome,
    RoleGrant,
    SupervisorQuestion,
    User,
)
from orm.sql import execute
from resolvers.access_form_views import view_access_form
from resolvers.activity_review_completion import complete_activity_review, draft_review_report, keep_review_report
from resolvers.activity_review_draws import check_draw, draw
from resolvers.activity_review_judging import go_on_without_supervisor, judge_access
from resolvers.activity_review_opening import OPEN_REVIEW, open_activity_review, review_key
from resolvers.activity_review_overdue import REVIEW_OVERDUE
from resolvers.activity_review_rows import list_review_rows
from resolvers.activity_review_views import list_activity_reviews, view_activity_review
from resolvers.callers import Caller
from resolvers.evidence import PrintForm, open_evidence
from resolvers.finding_patterns import note_procedure, view_finding_patterns
from resolvers.report_prints import print_report
from resolvers.review_findings import FindingEntry, close_finding, date_finding, open_finding
from resolvers.signing import hand_of
from resolvers.supervisor_questions import answer_supervisor_question, ask_supervisor, list_supervisor_questions
from resolvers.sweep_views import simulate_sweep
from resolvers.sweeps import fill_ledger, run_now
from rules.access_forms import Channel, FormKind, FormSigner, FormState
from rules.accounts import AccountState
from rules.activity_reviews import AccessVerdict, FindingKind, NeedAnswer, Quarter, Remedy, ReviewState, Severity
from rules.calendar import local_instant
from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal
from rules.notices import NotificationKind
from rules.roles import Role
from rules.segregation import PairVerdict
from tests.world.office import Office, told
from tests.world.reviews import member_of, midnight, opened_review, unexplained_rows, user_id_of, wrote
from tests.world.world import PASSWORD, World

ROOT = Path(__file__).parents[2]
WHY = "It was part of a complaint."


async def _judge_all(cso: Caller, review: ActivityReview, *, but: tuple[Caller, ...] = ()) -> None:
    """Judge every unexplained row, and hear no supervisor."""
    members = await ActivityReviewMember.filter(review_id=review.id).exclude(
        user_id__in=[one.actor.person() for one in but]
    )
    for member in members:
        for row in await ActivityReviewRow.filter(member_id=member.id, explained=False):
            if not await AccessJudgement.exists(member_id=member.id, entry_id=row.entry_id):
                await judge_access(cso, review.number, member.drawn_user_id, row.entry_id, AccessVerdict.JUSTIFIED, WHY)
        if not member.unheard_reason:
            await go_on_without_supervisor(cso, review.number, member.drawn_user_id, "On leave until summer.")


@pytest.mark.requirement("SAR-01", "SAR-02", "SWP-08")
async def test_a_stranger_draws_the_same_user_ids_from_what_is_kept(world: World) -> None:
    for _ in range(9):
        await world.user()
    gone = await world.user()
    await User.filter(id=gone.actor.id).update(state=AccountState.DELETED)
    cso, privacy = await world.user(Role.CSO), await world.user(Role.PRIVACY_OFFICER)

    report = await simulate_sweep(world.house, OPEN_REVIEW, world.clock())
    assert [(one.label, one.hit) for one in report.hits] == [("2026-Q1", True)]
    assert not await ActivityReview.exists()
    review = await opened_review(world)
    await run_now(world.desk, OPEN_REVIEW)
    await open_activity_review(world.house, review.id)
    assert await ActivityReview.all().count() == 1

    # By hand, as the report says it, with nothing of the house but what it keeps.
    lines = (await ActivityReviewList.get(review_id=review.id)).lines
    assert hashlib.sha256(lines.encode()).hexdigest() == review.list_hash
    listed = dict(line.split(" ") for line in lines.split("\n"))
    assert list(listed.values()) == sorted(
        str(one) for one in await User.exclude(state=AccountState.DELETED).values_list("user_id", flat=True)
    )
    again: list[int] = []
    i = 0
    while len(again) < 5:
        value = int(hashlib.sha256(f"{review.seed}:{i}".encode()).hexdigest()[:16], 16)
        number = value % len(listed) + 1
        if value < 2**64 - 2**64 % len(listed) and number not in again:
            again.append(number)
        i += 1
    assert again == review.numbers
    drawn = await ActivityReviewMember.filter(review_id=review.id).order_by("place")
    assert [one.drawn_user_id for one in drawn] == [listed[str(number)] for number in again]
    assert (review.list_size, review.sample_size, review.quarter) == (11, 5, "2026-Q1")

    check = await check_draw(privacy, review.number)
    assert (check.agrees, check.numbers_again) == (True, again)
    await ActivityReview.filter(id=review.id).update(numbers=[1, 2, 3, 4, 5], seed="another")
    assert (await check_draw(privacy, review.number)).agrees is False
    for change in (
        ActivityReviewList.filter(review_id=review.id).update(lines="1 OTHER"),
        ActivityReviewRow.all().delete(),
    ):
        if await ActivityReviewRow.exists() or "UPDATE" in change.sql():
            with pytest.raises(IntegrityError):
                await change
    assert (NotificationKind.REVIEW_OPENED, review.number) in await told(cso)
    with pytest.raises(Denied):
        await check_draw(await world.user(Role.LSO), review.number)


@pytest.mark.requirement("SAR-02")
async def test_a_hundred_thousand_user_ids_are_drawn_from_without_loading_them(world: World) -> None:
    caller = await world.user()
    await execute(
        "INSERT INTO mailbox (id, last_line) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
        f"WHERE i < 100000) SELECT {_key('i')}, 0 FROM n"
    )
    await execute(
        "INSERT INTO user_account (id, user_id, domain, first_name, last_name, title, phone, state, mailbox_id, epoch, "
        f"created_at) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) "
        f"SELECT {_key('i')}, 'MASS' || (100000 + i), 'EXTLCL', 'A', 'B', '', '', 'ACTIVE', {_key('i')}, 0, "
        "(SELECT created_at FROM user_account WHERE id = :known) FROM n",
        known=caller.actor.person(),
    )
    tracemalloc.start()
    drawn = await draw("a seed", 5)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (drawn.size, len(set(drawn.user_ids))) == (100_001, 5)
    assert drawn.lines.startswith("1 MASS100001\n2 MASS100002\n")
    assert most < 25_000_000, "a model of each account would take ten times as much"


def _key(number: str) -> str:
    from orm.database import dialect  # noqa: PLC0415 - known only once a database is open

    if dialect() == "postgres":
        return f"CAST('00000000-0000-4000-8000-' || LPAD({number}::text, 12, '0') AS uuid)"
    return f"'00000000-0000-4000-8000-' || PRINTF('%012d', {number})"


@pytest.mark.requirement("SAR-04", "AUD-02", "AUD-04")
async def test_exactly_the_last_thirty_days_are_looked_at_and_each_row_has_its_label(world: World) -> None:
    person, other, cso = await world.user(), await world.user(), await world.user(Role.CSO)
    first, end = midnight(world, 30), midnight(world, 0)
    inside = []
    for at in (first - timedelta(microseconds=1), first, end - timedelta(microseconds=1), end):
        entry = await wrote(person, "account.view", at, subject=other.actor.person())
        inside.append(entry)
    own = await wrote(person, "account.profile", first, subject=person.actor.person())

    await AuditEntry.bulk_create(
        AuditEntry(
            at=first,
            actor_id=other.actor.id,
            actor="X",
            request_id="r",
            act="mailbox.read",
            outcome=Outcome.DONE,
            leaf="",
        )
        for _ in range(201)
    )
    # A worker that was killed after the draw: the next one labels what is left.
    key = review_key(Quarter(2026, 1))
    await open_activity_review(world.house, key)
    assert await ActivityReviewMember.filter(review_id=key, labelled_at=None).count() == 3
    assert "still being labelled" in " ".join((await view_activity_review(cso, 1001)).missing)
    review = await opened_review(world)
    many = await member_of(review, other)
    assert (many.log_rows, await ActivityReviewRow.filter(member_id=many.id).count()) == (201, 201)
    assert (review.window_from, review.window_to) == (date(2026, 1, 31), date(2026, 3, 1))
    assert await unexplained_rows(cso, review, person) == inside[1:3]
    page = await list_review_rows(cso, review.number, await user_id_of(person), first=2, count=True)
    rest = await list_review_rows(cso, review.number, await user_id_of(person), first=2, after=page.cursors[-1])
    assert page.total_count == 3
    assert [row.entry for row in (*page.nodes, *rest.nodes)] == [*inside[1:3], own]
    assert [row.explained for row in (*page.nodes, *rest.nodes)] == [False, False, True]
    assert page.nodes[0].why == "It is about another person, whom the person does not answer for."
    assert (await world.entries("activity_review.rows"))[-1].subjects["user"] == [str(person.actor.person())]
    with pytest.raises(NotFound):
        await list_review_rows(cso, review.number, "NOBODY")


@pytest.mark.requirement("SAR-03", "SAR-05", "POL-20")
async def test_the_account_and_its_incompatible_roles_are_shown_each_time_with_the_reason(world: World) -> None:
    person, cso = await world.user(Role.AUDITOR, Role.CENTRAL_STAFF), await world.user(Role.CSO)
    await RoleGrant.filter(user_id=person.actor.id, role=Role.AUDITOR).update(why="Stands in for a colleague.")
    await IncompatiblePair.create(
        one_role="AUDITOR", other_role="CENTRAL_STAFF", verdict=PairVerdict.ALLOWED_WITH_REASON, why="Who checks?",
        set_at=world.clock(),
    )  # fmt: skip
    disabled = await world.user(Role.LSO)
    await User.filter(id=disabled.actor.id).update(state=AccountState.DISABLED)

    review = await opened_review(world)
    view = await view_activity_review(cso, review.number)
    shown = {member.user_id: member for member in view.members}
    [pair] = shown[await user_id_of(person)].pairs
    assert (pair.first, pair.second, pair.verdict) == ("AUDITOR", "CENTRAL_STAFF", "ALLOWED_WITH_REASON")
    assert (pair.why, "Stands in for a colleague." in pair.reason) == ("Who checks?", True)
    assert shown[await user_id_of(disabled)].problems[0] == "The account is not in use, but holds roles."
    assert "the supervisor has not answered" in " ".join(view.missing)

    world.clock.forward(days=31)
    again = await opened_review(world)
    assert again.quarter == "2026-Q2"
    later = {member.user_id: member for member in (await view_activity_review(cso, again.number)).members}
    assert later[await user_id_of(person)].pairs == [pair]
    listed = await list_activity_reviews(cso, count=True, first=1)
    assert (listed.total_count, listed.nodes[0].number, listed.has_next_page) == (2, again.number, True)
    older = await list_activity_reviews(cso, first=1, after=listed.cursors[0], state=ReviewState.OPEN)
    assert [one.number for one in older.nodes] == [review.number]


@pytest.mark.requirement("SAR-04")
async def test_nobody_judges_themselves_and_of_two_who_judge_one_row_the_first_wins(world: World) -> None:
    person, stranger = await world.user(), await world.user()
    cso, other = await world.user(Role.CSO), await world.user(Role.CSO)
    privacy = await world.user(Role.PRIVACY_OFFICER)
    rows = {one: await wrote(one, "account.no_such_act", midnight(world, 3)) for one in (person, cso)}
    review = await opened_review(world)
    name, own = await user_id_of(person), await user_id_of(cso)

    answers = await asyncio.gather(
        *(judge_access(one, review.number, name, rows[person], AccessVerdict.JUSTIFIED, WHY) for one in (cso, other)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in answers) == ["Conflict", "NoneType"]
    assert [one.code for one in answers if isinstance(one, Refusal)] == ["JUDGED_MEANWHILE"]
    judgement = await AccessJudgement.get(member_id=(await member_of(review, person)).id)
    with pytest.raises(IntegrityError):
        await AccessJudgement.filter(id=judgement.id).update(note="Other.")
    await judge_access(other, review.number, name, rows[person], AccessVerdict.DISCREPANCY, "Not so.", seen=1)
    page = await list_review_rows(privacy, review.number, name, explained=False)
    judged = page.nodes[0].judgement
    assert judged is not None
    assert (judged.revision, judged.verdict, judged.by) == (2, AccessVerdict.DISCREPANCY, other.actor.label)

    for who, whose, code in ((cso, own, "OWN_ACCESS"), (privacy, name, "CSO_REVIEWS")):
        for attempt in (
            judge_access(who, review.number, whose, rows[cso], AccessVerdict.JUSTIFIED, WHY),
            go_on_without_supervisor(who, review.number, whose, "No."),
            ask_supervisor(who, review.number, whose),
            open_finding(who, review.number, whose, _finding()),
        ):
            with pytest.raises(Denied) as denied:
                await attempt
            assert denied.value.code == code
    # There may be one CSO only: then the Privacy Officer looks at that one's access.
    await judge_access(privacy, review.number, own, rows[cso], AccessVerdict.JUSTIFIED, WHY)
    with pytest.raises(NotFound, match="no such row"):
        await judge_access(other, review.number, own, rows[person], AccessVerdict.JUSTIFIED, WHY)
    with pytest.raises(NotFound, match="not drawn"):
        await judge_access(cso, review.number, "NOBODY", 1, AccessVerdict.JUSTIFIED, WHY)
    assert stranger


def _finding(remedy: Remedy = Remedy.NO_FORM, **columns: object) -> FindingEntry:
    given = {"change": "Take the role away.", **columns}
    return FindingEntry(FindingKind.ROLE_NOT_NEEDED, Severity.MEDIUM, remedy, "Not used since spring.", **given)  # type: ignore[arg-type]


@pytest.mark.requirement("SAR-06")
async def test_the_supervisor_is_asked_by_letter_and_answers_signed(world: World) -> None:
    office = await Office.of(world)
    await _only(world, office.employee, office.supervisor, office.lso, office.cso)
    review = await opened_review(world)
    name = await user_id_of(office.employee)

    with pytest.raises(Invalid, match="same organization"):
        await ask_supervisor(office.cso, review.number, name, await user_id_of(office.oa))
    with pytest.raises(Invalid, match="Name one"):
        await ask_supervisor(await world.user(Role.CSO), review.number, await user_id_of(office.cso))
    await ask_supervisor(office.cso, review.number, name)  # nobody has signed as supervisor: the LSO is on file
    assert (NotificationKind.SUPERVISOR_ASKED, review.number) in await told(office.lso)
    await _signed_as_supervisor(world, office)
    await ask_supervisor(office.cso, review.number, name)
    assert await list_supervisor_questions(office.lso) == []
    [question] = await list_supervisor_questions(office.supervisor)
    assert (question.user_id, question.review_number) == (name, review.number)
    assert [letter.kind for letter in await world.letters(user_id=office.supervisor.actor.id)] == [
        NotificationKind.SUPERVISOR_ASKED
    ]

    async def answer(who: Caller, answer: NeedAnswer, note: str = "", shown: str = question.content_hash) -> None:
        hand = await hand_of(who, await user_id_of(who), PASSWORD)
        await answer_supervisor_question(who, question.id, answer, note, hand, shown)

    with pytest.raises(NotFound):
        await answer(office.lso, NeedAnswer.NEEDED)
    with pytest.raises(Invalid, match="Say what"):
        await answer(office.supervisor, NeedAnswer.NOT_NEEDED)
    with pytest.raises(Conflict, match="not the one"):
        await answer(office.supervisor, NeedAnswer.NEEDED, shown="0" * 64)
    with pytest.raises(Invalid, match="password"):
        await hand_of(office.supervisor, await user_id_of(office.supervisor), "Wrong-Password-1")
    assert (await SupervisorQuestion.get(id=question.id)).answered_at is None
    await answer(office.supervisor, NeedAnswer.PARTLY_NEEDED, "Not the second role.")
    with pytest.raises(Conflict, match="already"):
        await answer(office.supervisor, NeedAnswer.NEEDED)
    with pytest.raises(Conflict, match="already"):
        await ask_supervisor(office.cso, review.number, name)

    assert (NotificationKind.SUPERVISOR_ANSWERED, review.number) in await told(office.cso)
    view = await view_activity_review(office.cso, review.number)
    heard = next(member.supervisor for member in view.members if member.user_id == name)
    assert heard is not None
    assert (heard.answer, heard.note) == (NeedAnswer.PARTLY_NEEDED, "Not the second role.")


async def _signed_as_supervisor(world: World, office: Office) -> None:
    """Plant the form of the employee, which the supervisor has signed as such."""
    form = await AccessForm.create(
        number=1,
        kind=FormKind.NEW,
        state=FormState.DONE,
        state_since=world.clock(),
        user_id=office.employee.actor.person(),
        channel=Channel.PORTAL,
        submitted_at=world.clock(),
    )
    supervisor = office.supervisor.actor.person()
    await FormSignature.create(
        form_id=form.id,
        capacity=FormSigner.SUPERVISOR,
        signer_id=supervisor,
        recorded_by_id=supervisor,
        at=world.clock(),
    )


async def _only(world: World, *people: Caller) -> None:
    """Leave no other accounts to be drawn, so that these are."""
    await User.exclude(id__in=[one.actor.person() for one in people]).update(state=AccountState.DELETED)


@pytest.mark.requirement("SAR-07", "SAR-08", "CPF-13")
async def test_a_finding_leads_to_its_form_and_back_and_the_supervisor_is_told(world: World) -> None:
    office = await Office.of(world)
    cso = office.cso
    await User.exclude(id__in=[one.actor.person() for one in (office.employee, office.deputy)]).update(
        state=AccountState.DELETED
    )
    review = await opened_review(world)
    await User.filter(state=AccountState.DELETED).update(state=AccountState.ACTIVE)
    name, deputy = await user_id_of(office.employee), await user_id_of(office.deputy)

    with pytest.raises(Invalid, match="fill this in"):
        await open_finding(cso, review.number, name, _finding(Remedy.CHANGE, change=""))
    with pytest.raises(Invalid, match="did not hold"):
        await open_finding(cso, review.number, name, _finding(role="CSO"))
    with pytest.raises(Invalid, match="later day"):
        await open_finding(cso, review.number, name, _finding(due_on=date(2026, 3, 1)))
    change = await open_finding(cso, review.number, name, _finding(Remedy.CHANGE))
    revoke = await open_finding(cso, review.number, deputy, _finding(Remedy.REVOKE))
    with pytest.raises(Conflict) as open_already:
        await open_finding(cso, review.number, name, _finding(Remedy.CHANGE))
    assert open_already.value.code == "FORM_OPEN"

    view = await view_activity_review(cso, review.number)
    findings = {finding.number: finding for member in view.members for finding in member.findings}
    forms = {number: await AccessForm.get(number=findings[number].form_number) for number in (change, revoke)}
    assert (forms[change].kind, forms[change].change_request) == (FormKind.CHANGE, "Take the role away.")
    assert forms[change].state is FormState.AWAITING_SIGNATURES
    assert (forms[revoke].kind, forms[revoke].state) == (FormKind.REVOKE, FormState.DONE)
    assert (await User.get(id=office.deputy.actor.id)).state is AccountState.DISABLED
    assert (findings[change].carried_out, findings[revoke].carried_out) == (False, True)
    for number, form in forms.items():
        assert (await view_access_form(cso, form.number)).finding_number == number
        assert (NotificationKind.REVIEW_CHANGES_ACCESS, form.number) in await told(office.lso)

    with pytest.raises(Conflict, match="on its way"):
        await close_finding(cso, change, "Done.")
    with pytest.raises(Conflict, match="carried out already"):
        await date_finding(cso, revoke, date(2026, 4, 1))
    await date_finding(cso, change, date(2026, 3, 20))
    assert not any("dated" in point for point in (await view_activity_review(cso, review.number)).missing)
    await AccessForm.filter(id=forms[change].id).update(state=FormState.RETURNED)
    await close_finding(cso, change, "The person has moved to another organization.")

    # What the Privacy Officer finds about the only CSO has its form as well, and the CSO's office sees it.
    privacy = await world.user(Role.PRIVACY_OFFICER)
    await User.filter(id=office.employee.actor.id).update(state=AccountState.DELETED)
    world.clock.forward(days=31)
    await _only(world, cso)
    again = await opened_review(world)
    await User.filter(id=privacy.actor.id).update(state=AccountState.ACTIVE)
    about_cso = await open_finding(privacy, again.number, cso.actor.label, _finding(Remedy.CHANGE))
    own = await AccessForm.all().order_by("-number").first()
    assert own is not None
    assert (own.user_id, own.submitted_by_id) == (cso.actor.id, privacy.actor.id)
    assert (await view_access_form(privacy, own.number)).finding_number == about_cso
    assert len(await world.entries("activity_review.open_finding")) == 7


@pytest.mark.requirement("SAR-09", "SAR-10", "RSK-24")
async def test_a_review_is_completed_when_it_lacks_nothing_and_then_stays_as_it_is(world: World) -> None:
    person, cso, other = await world.user(Role.AUDITOR), await world.user(Role.CSO), await world.user(Role.CSO)
    row = await wrote(person, "account.no_such_act", midnight(world, 1))
    await _only(world, person, cso)
    review = await opened_review(world)
    await User.filter(id=other.actor.id).update(state=AccountState.ACTIVE)
    name = await user_id_of(person)

    with pytest.raises(Conflict) as incomplete:
        await complete_activity_review(other, review.number)
    assert incomplete.value.code == "REVIEW_INCOMPLETE"
    assert f"{name}: 1 unexplained rows have no verdict." in incomplete.value.message
    await judge_access(other, review.number, name, row, AccessVerdict.DISCREPANCY, "Nobody knows why.")
    await _judge_all(other, review)
    with pytest.raises(Conflict, match="a discrepancy has no finding"):
        await complete_activity_review(other, review.number)
    finding = await open_finding(other, review.number, name, _finding(role="AUDITOR"))
    with pytest.raises(Conflict, match=f"Finding {finding} is neither carried out nor dated"):
        await complete_activity_review(other, review.number)
    await date_finding(other, finding, date(2026, 3, 20))
    with pytest.raises(Denied, match="your own access"):
        await complete_activity_review(cso, review.number)
    draft = await draft_review_report(other, review.number)
    await note_procedure(other, "Roles end with the duty.", review.number)
    printed = await print_report(draft, world.clock(), other.actor.label)
    with pytest.raises(Conflict, match="changed at the same moment"):
        await keep_review_report(other, review.number, printed)
    assert not await Evidence.exists()

    number = await complete_activity_review(other, review.number)
    html = (await open_evidence(other, number, PrintForm.HTML)).body.decode()
    for said in (
        review.list_hash,
        review.seed,
        name,
        "Nobody knows why.",
        "due 2026-03-20",
        "Roles end with the duty.",
    ):
        assert said in html
    view = await view_activity_review(other, review.number)
    assert (view.state, view.evidence_number, view.missing) == (ReviewState.COMPLETED, number, [])
    with pytest.raises(IntegrityError):
        await ActivityReview.filter(id=review.id).update(seed="another")
    with pytest.raises(IntegrityError):
        await ActivityReview.filter(id=review.id).delete()
    for attempt in (
        complete_activity_review(other, review.number),
        judge_access(other, review.number, name, row, AccessVerdict.JUSTIFIED, WHY, seen=1),
        open_finding(other, review.number, name, _finding()),
    ):
        with pytest.raises(Conflict, match="completed"):
            await attempt

    await close_finding(other, finding, "The role was ended.")
    patterns = await view_finding_patterns(other)
    assert [(one.value, one.findings, one.people) for one in patterns.by_role] == [("AUDITOR", 1, 1)]
    assert [one.value for one in (patterns.by_kind[0], patterns.by_quarter[0])] == ["ROLE_NOT_NEEDED", "2026-Q1"]
    assert [(one.text, one.review_number) for one in patterns.notes] == [("Roles end with the duty.", review.number)]


@pytest.mark.requirement("SAR-01", "SWP-08")
async def test_what_its_quarter_or_its_date_has_left_behind_is_told_once(world: World) -> None:
    person, cso = await world.user(), await world.user(Role.CSO)
    await world.user(Role.PRIVACY_OFFICER)
    review = await opened_review(world)
    finding = await open_finding(cso, review.number, await user_id_of(person), _finding(due_on=date(2026, 3, 31)))

    async def alerts() -> list[tuple[NotificationKind, int | None]]:
        await run_now(world.desk, REVIEW_OVERDUE)
        return [line for line in await told(cso) if line[0] in _OVERDUE]

    world.clock.now = local_instant(date(2026, 3, 31), time(23, 59))
    assert await alerts() == []
    world.clock.forward(minutes=2)
    both = [(NotificationKind.REVIEW_OVERDUE, review.number), (NotificationKind.FINDING_OVERDUE, finding)]
    assert await alerts() == both
    assert await alerts() == both
    assert (await view_activity_review(cso, review.number)).overdue is True
    await date_finding(cso, finding, date(2026, 4, 2))
    world.clock.forward(days=1)
    assert await alerts() == both
    world.clock.forward(days=1)
    assert await alerts() == [*both, (NotificationKind.FINDING_OVERDUE, finding)]

    # A house that slept through a whole quarter opens that review too, late.
    assert await fill_ledger(world.desk, {OPEN_REVIEW.name: OPEN_REVIEW}) == 0
    world.clock.now += timedelta(days=120)
    await run_now(world.desk, OPEN_REVIEW)
    assert await ActivityReview.all().order_by("quarter").values_list("quarter", flat=True) == [
        "2026-Q1", "2026-Q2", "2026-Q3",
    ]  # fmt: skip
    assert review.id == review_key(Quarter(2026, 1))


_OVERDUE = (NotificationKind.REVIEW_OVERDUE, NotificationKind.FINDING_OVERDUE)


@pytest.mark.requirement("SAR-04")
def test_a_worker_labels_the_acts_of_every_face_though_it_serves_none() -> None:
    script = (
        "import resolvers.sweep_register; from resolvers.desk import USE_CASES; before = len(USE_CASES); "
        "from resolvers.whole_register import know_every_use_case; know_every_use_case(); "
        "print(before < len(USE_CASES), 'insights.view' in USE_CASES, 'account.viewer' in USE_CASES)"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["True", "True", "True"]
