"""Findings of a review: each leads to the corresponding access form, and is carried out or dated (SAR-07, CPF-13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from orm.models import AccessForm, ActivityReview, ActivityReviewMember, ReviewFinding, SupervisorQuestion, User
from resolvers.access_forms import write_form
from resolvers.activity_review_scope import is_carried_out, member_to_judge
from resolvers.desk import Work, operation
from resolvers.form_entry import FormEntry
from resolvers.numbers import LAST_NUMBER, next_number
from resolvers.officers import Organization, lso_and_deputies, readers
from resolvers.promises import about
from resolvers.revocation import Revocation, end_access
from resolvers.statements import statement_in_force
from resolvers.supervisors import supervisor_of
from rules.access_forms import Channel, FormKind
from rules.accounts import AccountState
from rules.activity_reviews import REVIEWERS, FindingKind, Remedy, Severity, check_due, check_reviewer
from rules.errors import Conflict, Invalid, NotFound
from rules.leaving import RevocationReason
from rules.notices import NotificationKind
from rules.text import REASON_LIMIT, clean_text

_ROLE_LIMIT = 40


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """A finding as entered. ``text`` stays with the security offices; ``change`` is what the form asks for."""

    kind: FindingKind
    severity: Severity
    remedy: Remedy
    text: str
    change: str = ""
    role: str = ""
    due_on: date | None = None


@operation("activity_review.open_finding", by=REVIEWERS, cites="002:252-254; 002:303-305")
async def open_finding(work: Work, number: int, user_id: str, entry: FindingEntry) -> int:
    """Write down a discrepancy and submit the corresponding access form; the supervisor is told of the change.

    A REVOKE ends the access at once (POL-10). Answers the number of the finding.

    Raises:
        NotFound: there is no such review, or the user ID was not drawn.
        Denied: ``OWN_ACCESS``, ``CSO_REVIEWS``.
        Conflict: ``REVIEW_COMPLETED``, or why there can be no such form: ``FORM_OPEN``, ``ENABLE_FIRST``,
            ``ALREADY_DISABLED``, ``ID_DELETED``, ``LAST_CSO``.
        Invalid: a text is missing or too long; ``DATE_PAST``; ``ROLE_NOT_HELD``.
    """
    text = clean_text(entry.text, field="text", limit=REASON_LIMIT, multiline=True, required=True)
    check_due(entry.due_on, work.today)
    review, member = await member_to_judge(work, number, user_id)
    finding = ReviewFinding(
        id=uuid4(),
        number=await next_number("review_finding"),
        member_id=member.id,
        kind=entry.kind,
        severity=entry.severity,
        remedy=entry.remedy,
        role=_role_of(member, entry.role),
        text=text,
        due_on=entry.due_on,
        opened_at=work.now,
        opened_by_id=work.actor.person(),
    )
    if entry.remedy is not Remedy.NO_FORM:
        form = await _submit(work, member, entry)
        finding.form_id = form.id
        work.note(form=form.number)
    await finding.save(force_create=True)
    work.about("activity_review", review.id)
    work.touches("review_finding", [finding.id])
    work.note(
        number=review.number, finding=finding.number, kind=str(entry.kind), severity=str(entry.severity),
        remedy=str(entry.remedy),
    )  # fmt: skip
    return finding.number


async def _submit(work: Work, member: ActivityReviewMember, entry: FindingEntry) -> AccessForm:
    """Submit the form of a finding, and tell the supervisor, who is asked for before the access may end."""
    user = await User.filter(id=member.user_id).select_for_update(no_key=True).get()
    told = await _to_be_told(work, member, user)
    if entry.remedy is Remedy.REVOKE:
        revoked = await end_access(work, user, Revocation(user.user_id, RevocationReason.SECURITY, note=entry.change))
        form = await AccessForm.get(number=revoked.form_number)
    else:
        statement = await statement_in_force(work.today)
        asked = FormEntry(
            FormKind.CHANGE,
            channel=Channel.HOUSE,
            user_id=user.user_id,
            change_request=clean_text(entry.change, field="change", limit=REASON_LIMIT, multiline=True, required=True),
            confidentiality_version=statement.version if statement else "",
        )
        form = await write_form(work, asked, Organization.of(user), known=True)
    work.promise(about(readers(told), NotificationKind.REVIEW_CHANGES_ACCESS, form.number))
    return form


async def _to_be_told(work: Work, member: ActivityReviewMember, user: User) -> list[User]:
    """List who is told as supervisor: who was asked, else who is on file, else the officers of the organization."""
    asked = await SupervisorQuestion.filter(member_id=member.id, withdrawn_at=None).order_by("-asked_at").first()
    supervisor = await User.filter(id=asked.supervisor_id, state=AccountState.ACTIVE).first() if asked else None
    supervisor = supervisor or await supervisor_of(user)
    people = [supervisor] if supervisor else await lso_and_deputies(Organization.of(user), work.today)
    return [one for one in people if one.id != user.id]


def _role_of(member: ActivityReviewMember, role: str) -> str:
    code = clean_text(role, field="role", limit=_ROLE_LIMIT).upper()
    if code and code not in {one["code"] for one in member.account["roles"]}:
        raise Invalid("The person did not hold this role when drawn.", code="ROLE_NOT_HELD", field="role")
    return code


@operation("review_finding.date", by=REVIEWERS, cites="002:252-253")
async def date_finding(work: Work, number: int, due_on: date) -> None:
    """Say by when a finding is to be carried out; also after its review was completed.

    Raises:
        NotFound: there is no such finding.
        Denied: ``OWN_ACCESS``, ``CSO_REVIEWS``.
        Conflict: ``FINDING_CLOSED``.
        Invalid: ``DATE_PAST``.
    """
    check_due(due_on, work.today)
    finding = await _finding_to_change(work, number)
    finding.due_on, finding.overdue_told_at = due_on, None
    await finding.save(update_fields=["due_on", "overdue_told_at"])
    work.note(due_on=due_on.isoformat())


@operation("review_finding.close", by=REVIEWERS, cites="002:252-254")
async def close_finding(work: Work, number: int, note: str) -> None:
    """Say how a finding was carried out whose form is not on its way any more, or that has none.

    Raises:
        NotFound: there is no such finding.
        Denied: ``OWN_ACCESS``, ``CSO_REVIEWS``.
        Conflict: ``FINDING_CLOSED``; ``FORM_ON_ITS_WAY``.
        Invalid: the note is missing or too long.
    """
    words = clean_text(note, field="note", limit=REASON_LIMIT, multiline=True, required=True)
    finding = await _finding_to_change(work, number)
    if finding.form is not None and not finding.form.state.is_final:
        raise Conflict("The access form of this finding is still on its way.", code="FORM_ON_ITS_WAY")
    finding.closed_at, finding.closed_by_id, finding.closed_note = work.now, work.actor.person(), words
    await finding.save(update_fields=["closed_at", "closed_by_id", "closed_note"])


async def _finding_to_change(work: Work, number: int) -> ReviewFinding:
    """Hold an open finding under its review's lock, so that a report shows it as it is."""
    numbered = ReviewFinding.filter(number=number).select_related("member")
    found = await numbered.first() if 0 < number <= LAST_NUMBER else None
    if found is None:
        raise NotFound("There is no such finding.", code="FINDING_NOT_FOUND", field="number")
    review = await ActivityReview.filter(id=found.member.review_id).select_for_update(no_key=True).get()
    member = found.member
    work.about("activity_review", review.id)
    work.touches("review_finding", [found.id])
    work.note(finding=number)
    check_reviewer(work.actor.person(), work.actor.roles, member.user_id, drawn_was_cso=member.was_cso)
    finding = await ReviewFinding.get(id=found.id).select_related("form")
    if is_carried_out(finding):
        raise Conflict("This finding is carried out already.", code="FINDING_CLOSED")
    return finding
