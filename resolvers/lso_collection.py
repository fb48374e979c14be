"""The yearly collection from the facility LSOs: opened on 1 April, chased, closed with April (RSK-17, LSO-18).

The report says what each facility answered, and who did not answer; it is the evidence of the obligation of April.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID, uuid5

from orm.models import Facility, LsoCollection, LsoCollectionAnswer, LsoDesignation, User
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Reading, Work, access, operation
from resolvers.evidence import keep_report
from resolvers.numbers import LAST_NUMBER
from resolvers.officers import Organization, acts_as_lso, lso_and_deputies, readers
from resolvers.promises import about
from resolvers.report_prints import PrintedReport, print_report
from resolvers.sweeps import Subject, Sweep
from rules.calendar import OnDates, local_date
from rules.errors import NotFound
from rules.lso_collection import (
    QUESTIONS,
    CollectionAnswer,
    CollectionQuestion,
    check_answers,
    check_collecting,
    closes_on,
    must_ask,
    open_year,
)
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.reports import Paragraph, Procedure, Report, Table, source
from rules.roles import Role
from rules.text import clean_text

COLLECTION_READERS = frozenset({Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR})
"""Who sees the answers of all facilities; an LSO sees those of the own."""

NOTE_LIMIT = 1000
_BEGIN = "begin"
_NAMESPACE = UUID("51c3c4c1-9f0e-4a5b-8a8f-2f4f4f0ad0aa")


@dataclass(frozen=True, slots=True)
class FacilityAnswerView:
    """What a facility was asked and has answered."""

    facility: str
    facility_name: str
    asked_on: date | None
    answered_at: datetime | None
    answered_by: str
    answers: Mapping[str, str]
    note: str


@dataclass(frozen=True, slots=True)
class CollectionView:
    """The collection of a year, as far as the caller sees it."""

    year: int
    opened_at: datetime
    closed_at: datetime | None
    facilities: list[FacilityAnswerView]


@operation("lso_collection.answer", by={Role.LSO}, cites="002:127-128")
async def answer_collection(
    work: Work, year: int, answers: Mapping[CollectionQuestion, CollectionAnswer], note: str = ""
) -> int:
    """Answer the collection for the own facility, as its LSO or the deputy of today; give the year.

    Raises:
        NotFound: ``COLLECTION_NOT_FOUND``: none is open for this person's facility.
        Conflict: ``COLLECTION_CLOSED``, ``ALREADY_ANSWERED``.
        Invalid: ``ANSWERS_MISSING``, ``NOTE_NEEDED``, or a note that is too long.
    """
    words = clean_text(note, field="note", limit=NOTE_LIMIT, multiline=True)
    collection = await LsoCollection.filter(year=year).select_for_update(no_key=True).first()
    facility = work.actor.facility_id
    if collection is None or facility is None:
        raise _no_such_collection()
    if not await acts_as_lso(work.actor.person(), Organization(facility_id=facility), work.today):
        raise _no_such_collection()
    row, _ = await LsoCollectionAnswer.get_or_create(collection_id=year, facility_id=facility)
    work.about("lso_collection_answer", row.id)
    is_over = collection.closed_at is not None or work.today >= closes_on(year)
    check_collecting(closed=is_over, answered=row.answered_at is not None)
    check_answers(answers, words)
    row.answers = {str(question): str(answer) for question, answer in answers.items()}
    row.note = words
    row.answered_at = work.now
    row.answered_by_id = work.actor.person()
    await row.save()
    work.note(year=year, facility=facility, noes=list(answers.values()).count(CollectionAnswer.NO))
    return year


@access("lso_collection.view", by=COLLECTION_READERS | {Role.LSO}, cites="002:127-128")
async def view_collection(reading: Reading, year: int) -> CollectionView:
    """Show the collection of a year: all facilities to the officers, the own to its LSO.

    Raises:
        NotFound: there is none for this person.
    """
    collection = await LsoCollection.filter(year=year).first() if 0 < year <= LAST_NUMBER else None
    if collection is None:
        raise _no_such_collection()
    everywhere = reading.actor.has_any(COLLECTION_READERS)
    asked = LsoCollectionAnswer.filter(collection_id=year)
    if not everywhere:
        if reading.actor.facility_id is None:
            raise _no_such_collection()
        asked = asked.filter(facility_id=reading.actor.facility_id)
    rows = await asked.order_by("facility_id").select_related("facility")
    users = await User.filter(id__in=[row.answered_by_id for row in rows if row.answered_by_id])
    names = {user.id: user.name for user in users}
    reading.shows("lso_collection_answer", [row.id for row in rows], ["lsoCollection"])
    return CollectionView(year, collection.opened_at, collection.closed_at, [_answer_view(row, names) for row in rows])


async def plan_collection(now: datetime, policy: Policy) -> list[Subject]:
    """List the facilities whose LSO is to be asked, and the collection that is to be closed."""
    on = local_date(now)
    year = open_year(on)
    subjects = []
    if year is not None:
        if not await LsoCollection.exists(year=year):
            why = f"April of {year} has begun."
            subjects.append(Subject(_key(year, _BEGIN), f"collection {year}", True, why, {"year": year}))
        for facility, row in await _facilities(year):
            told = row.told_on if row else None
            answered = row is not None and row.answered_at is not None
            hit = not answered and must_ask(told, on, policy)
            why = "It has answered." if answered else f"Asked last on {told}." if told else "It was not asked yet."
            subjects.append(Subject(_key(year, facility), facility, hit, why, {"year": year}))
    for ended in await LsoCollection.filter(closed_at=None, year__lt=year or on.year + 1):
        if on >= closes_on(ended.year):
            why = f"April of {ended.year} is over."
            subjects.append(Subject(_key(ended.year, ""), f"collection {ended.year}", True, why, {"year": ended.year}))
    return subjects


async def treat_collection(caller: Caller, key: UUID) -> bool:
    """Ask a facility, or close a collection whose April is over with its report."""
    on = local_date(caller.desk.clock())
    for ended in await LsoCollection.filter(closed_at=None):
        if key == _key(ended.year, "") and on >= closes_on(ended.year):
            report = await draw_up(caller, ended.year)
            printed = await print_report(report, caller.desk.clock(), caller.actor.label)
            return await close_collection(caller, ended.year, report, printed)
    return await ask_facility(caller, key)


@operation("lso_collection.ask", by=THE_HOUSE, cites="002:127-128")
async def ask_facility(work: Work, key: UUID) -> bool:
    """Ask the LSO of a facility, and whoever stands in, in April; answer whether it was due."""
    year = open_year(work.today)
    if year is None:
        work.note(due=False)
        return False
    opens = await LsoCollection.filter(year=year).select_for_update(no_key=True).first() is None
    if opens:
        await LsoCollection.create(year=year, opened_at=work.now)
    found = [(facility, row) for facility, row in await _facilities(year) if _key(year, facility) == key]
    if not found:
        work.note(due=False, opened=opens)
        return opens
    facility, row = found[0]
    if row is None:
        row = await LsoCollectionAnswer.create(collection_id=year, facility_id=facility)
    if row.answered_at is not None or not must_ask(row.told_on, work.today, work.policy):
        work.note(due=False)
        return False
    row.told_on = work.today
    await row.save(update_fields=["told_on"])
    officers = await lso_and_deputies(Organization(facility_id=facility), work.today)
    work.about("lso_collection_answer", row.id)
    work.promise(about(readers(officers), NotificationKind.COLLECTION_TO_ANSWER, None, year=year))
    work.note(due=True, year=year, facility=facility, officers=len(officers))
    return True


@access("lso_collection.draw_up", by=THE_HOUSE, cites="002:127-128")
async def draw_up(reading: Reading, year: int) -> Report:
    """Draw up the report of a collection: the answers, and who did not answer."""
    rows = await LsoCollectionAnswer.filter(collection_id=year).order_by("facility_id").select_related("facility")
    users = {user.id: user for user in await User.filter(id__in=[row.answered_by_id for row in rows])}
    answered = [row for row in rows if row.answered_at is not None]
    silent = [row for row in rows if row.answered_at is None]
    designated = await LsoDesignation.filter(facility_id__not_isnull=True, ended_at=None)
    have_lso = {one.facility_id for one in designated}
    without = [one for one in await Facility.filter(active=True).order_by("code") if one.code not in have_lso]
    reading.touches("lso_collection_answer", [row.id for row in rows])
    cells = [
        (
            row.facility_id,
            users[row.answered_by_id].user_id if row.answered_by_id in users else "",
            f"{row.answered_at:%Y-%m-%d}",
            *(row.answers.get(question, "") for question in CollectionQuestion),
            row.note,
        )
        for row in answered
    ]
    headings = (
        "Facility",
        "Answered by",
        "On",
        *(f"Question {place}" for place in range(1, len(QUESTIONS) + 1)),
        "Note",
    )
    return Report(
        procedure=Procedure.LSO_COLLECTION,
        title=f"Information collected from the facility LSOs, April {year}",
        period_from=date(year, 4, 1),
        period_to=date(year, 4, 30),
        cites="002:127-128",
        blocks=(
            Paragraph(f"{len(answered)} of {len(rows)} facilities answered."),
            Table(
                "Questions", ("No.", "Question"), tuple((str(i), text) for i, text in enumerate(QUESTIONS.values(), 1))
            ),
            Table("Answers", headings, tuple(cells)),
            Table(
                "Did not answer",
                ("Facility", "Name", "Asked last on"),
                tuple((row.facility_id, row.facility.name, str(row.told_on or "never")) for row in silent),
            ),
            Table("Without an LSO", ("Facility", "Name"), tuple((one.code, one.name) for one in without)),
        ),
        sources=(source("answers of the facilities", cells),),
    )


@operation("lso_collection.close", by=THE_HOUSE, cites="002:127-128")
async def close_collection(work: Work, year: int, report: Report, printed: PrintedReport) -> bool:
    """Close a collection with its report; answer whether it was open."""
    collection = await LsoCollection.filter(year=year).select_for_update(no_key=True).first()
    if collection is None or collection.closed_at is not None or printed.report != report:
        work.note(closed=False)
        return False
    evidence = await keep_report(work, printed, about_kind="lso_collection")
    collection.closed_at = work.now
    collection.evidence_id = evidence.id
    await collection.save(update_fields=["closed_at", "evidence_id"])
    work.note(closed=True, year=year)
    return True


LSO_COLLECTION = Sweep(
    name="collect_lso",
    title="Yearly collection from the facility LSOs",
    cites="002:127-128",
    cadence=OnDates(((4, 1), (4, 8), (4, 15), (4, 22), (4, 29), (5, 1)), time(6, 30)),
    plan=plan_collection,
    treat=treat_collection,
)


async def _facilities(year: int) -> list[tuple[str, LsoCollectionAnswer | None]]:
    """List the facilities that have an LSO with a user ID, each with what it was asked."""
    having = LsoDesignation.filter(facility_id__not_isnull=True, ended_at=None, user_id__not_isnull=True)
    codes = sorted({str(code) for code in await having.values_list("facility_id", flat=True)})
    rows = {row.facility_id: row for row in await LsoCollectionAnswer.filter(collection_id=year)}
    return [(code, rows.get(code)) for code in codes]


def _key(year: int, facility: str) -> UUID:
    return uuid5(_NAMESPACE, f"{year}:{facility}")


def _answer_view(row: LsoCollectionAnswer, names: dict[UUID, str]) -> FacilityAnswerView:
    return FacilityAnswerView(
        facility=row.facility_id,
        facility_name=row.facility.name,
        asked_on=row.told_on,
        answered_at=row.answered_at,
        answered_by=names.get(row.answered_by_id, "") if row.answered_by_id else "",
        answers=row.answers,
        note=row.note,
    )


def _no_such_collection() -> NotFound:
    return NotFound("There is no collection for your facility.", code="COLLECTION_NOT_FOUND", field="year")
