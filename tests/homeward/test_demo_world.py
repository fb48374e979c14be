"""The demonstration world: invented, the same for everybody, whole or not there, and told through the use cases."""

from __future__ import annotations

import asyncio
import re
import stat
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from homeward.demo import cast
from homeward.demo.accounts_file import DemoAccount, read_accounts
from homeward.demo.clock import Agenda, SteppingClock
from homeward.demo.documents import add_documents
from homeward.demo.people import PeopleMaker
from homeward.demo.places import AREAS
from homeward.demo.providers import plan_providers
from homeward.demo.size import FULL, SMALL
from homeward.demo.staff import plan_accounts
from homeward.demo.world import build, is_built
from homeward.doorbell import LocalDoorbell
from homeward.file_store import EncryptedFileStore
from homeward.hashing import Argon2Pool
from homeward.key_file import KeyFile, make_keys
from orm.database import close_database, open_database
from orm.models import (
    AccessForm,
    AccessJudgement,
    AccessRequest,
    ActivityReview,
    ActivityReviewMember,
    ActivityReviewRow,
    Attachment,
    AuditEntry,
    Consumer,
    Contact,
    CoordinatorCounty,
    County,
    DatedObligation,
    EmployeeReview,
    EmployeeReviewLine,
    Evidence,
    Guardian,
    Incident,
    Letter,
    NoReferralStatus,
    Notification,
    Outcome,
    PendingPlacement,
    PolicyVersion,
    Provider,
    ProviderAudit,
    ProviderAuditLine,
    ProviderKind,
    Publication,
    Referral,
    ReferralExclusion,
    ReferralReach,
    Response,
    ResponseVersion,
    RoleGrant,
    SsaCheck,
    SsaReport,
    SupervisorQuestion,
    SweepRun,
    ThreatNotice,
    Ticket,
    User,
)
from orm.models import Counter as LastNumber
from orm.sql import fetch, to_instant
from resolvers.callers import Desk
from resolvers.file_ports import FileRoom
from resolvers.frozen_audiences import audiences_of
from resolvers.outbox import claim_letters
from resolvers.referral_views import list_referrals
from resolvers.responses import Answer, respond_to_referral
from resolvers.sessions import authenticate, sign_in
from rules.access_forms import FormKind, FormState
from rules.accounts import AccountState
from rules.activity_reviews import ReviewState
from rules.approvals import RequestState, StandsInAs
from rules.attachments import AttachmentState
from rules.audience import CoordinatorKind
from rules.calendar import local_date
from rules.employee_review import ReviewState as EmployeeReviewState
from rules.errors import Conflict, Refusal
from rules.notices import DeliveryState
from rules.obligations import ObligationState
from rules.provider_audit import AuditOutcome, AuditState
from rules.referrals import ReferralStatus, ResponseKind
from rules.roles import GRANTABLE, Role, house_roles
from rules.ssa import SsaState
from rules.threat import ThreatLevel
from rules.tickets import TicketKind
from tests.copies import copy_database, database_of, on_server
from tests.world.clock import Clock, Tokens
from tests.world.world import World

pytestmark = pytest.mark.engine

NOW = datetime(2026, 3, 11, 19, 30, tzinfo=UTC)
"""A Wednesday afternoon, three days after the clocks changed."""


@pytest.fixture(scope="module")
def built(
    request: pytest.FixtureRequest, template: str, engine: str, passwords: Argon2Pool, tmp_path_factory: Any
) -> Iterator[tuple[str, Path]]:
    """A small demonstration world that the tests of this module read."""
    accounts = tmp_path_factory.mktemp("demo") / "var" / "demo-accounts.json"
    if engine == "sqlite":
        path = accounts.parents[1] / "demo.db"
        path.write_bytes(Path(urlsplit(template).path).read_bytes())
        asyncio.run(_build_at(f"sqlite:///{path}", accounts, passwords))
        yield f"sqlite:///{path}", accounts
        return
    server, name = request.getfixturevalue("postgres"), f"demo_{uuid4().hex[:12]}"
    source = urlsplit(template).path.removeprefix("/")
    asyncio.run(copy_database(server, source, name))
    url = database_of(server, name)
    asyncio.run(_build_at(url, accounts, passwords))
    yield url, accounts
    asyncio.run(on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
async def accounts(built: tuple[str, Path], clock: Clock) -> AsyncIterator[list[DemoAccount]]:
    """The accounts of the small world, with its database open."""
    url, path = built
    clock.now = NOW
    await open_database(url)
    yield read_accounts(path)
    await close_database()


# The world itself


@pytest.mark.usefixtures("database")
async def test_two_builds_for_the_same_moment_tell_the_same_story(
    built: tuple[str, Path], desk: Desk, tmp_path: Path
) -> None:
    await build(desk, NOW, tmp_path / "accounts.json", size=SMALL)
    second = await _digest()
    await close_database()
    await open_database(built[0])

    assert await _digest() == second
    assert read_accounts(built[1]) == read_accounts(tmp_path / "accounts.json")


@pytest.mark.usefixtures("accounts")
async def test_somebody_holds_each_role() -> None:
    held = {grant.role for grant in await RoleGrant.filter(ended_at=None)}

    assert house_roles(held) == GRANTABLE


@pytest.mark.usefixtures("accounts")
async def test_the_next_number_of_each_series_is_one_that_nothing_has() -> None:
    for series, kind in {"policy": PolicyVersion, "referral": Referral, "incident": Incident}.items():
        numbers = [int(str(number)) for number in await kind.all().values_list("number", flat=True)]
        assert (await LastNumber.get(name=series)).value >= max(numbers), series


@pytest.mark.usefixtures("accounts")
async def test_every_county_has_a_placement_and_a_transition_coordinator() -> None:
    for kind in CoordinatorKind:
        covered = await CoordinatorCounty.filter(kind=kind).distinct().values_list("county_id", flat=True)
        assert len(covered) == await County.all().count() == 115


@pytest.mark.usefixtures("accounts")
async def test_whatever_can_happen_to_a_referral_has_happened_to_one() -> None:
    await _assert_everything_occurs()


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    "now",
    [
        datetime(2028, 2, 29, 6, 5, tzinfo=UTC),  # five past midnight in Chicago, on a leap day
        datetime(2026, 11, 1, 23, 0, tzinfo=UTC),  # the Sunday on which the clocks go back
    ],
)
async def test_the_story_can_be_told_on_any_day(now: datetime, desk: Desk, tmp_path: Path) -> None:
    await build(desk, now, tmp_path / "accounts.json", size=SMALL)

    await _assert_everything_occurs()
    assert await AuditEntry.filter(at__gt=now).count() == 0


def test_the_full_world_has_forty_providers_two_hundred_people_and_a_hundred_and_twenty_referrals() -> None:
    rng = Random(7)
    providers = plan_providers(rng, FULL.providers)
    accounts = plan_accounts(rng, PeopleMaker(rng), FULL, providers)

    assert (len(providers), len(accounts), FULL.referrals) == (40, 200, 120)
    kinds = Counter(provider.kind for provider in providers)
    assert kinds[ProviderKind.RESIDENTIAL] == 30
    assert set(kinds) == set(ProviderKind)
    assert frozenset().union(*(account.roles for account in accounts)) == GRANTABLE
    every_county = {county for area in AREAS for county in area.counties}
    for role in (Role.PLACEMENT_COORDINATOR, Role.TRANSITION_COORDINATOR):
        assert frozenset().union(*(account.counties for account in accounts if role in account.roles)) == every_county
    assert all(1 <= len(provider.contacts) <= 3 for provider in providers if provider.sites)


@pytest.mark.usefixtures("accounts")
async def test_no_contact_covers_all_counties_and_each_covers_only_such_with_a_home() -> None:
    rows = await fetch(
        "SELECT c.id, cc.county_id, (SELECT COUNT(*) FROM site s WHERE s.provider_id = c.provider_id "
        "AND s.county_id = cc.county_id) AS homes FROM contact c JOIN contact_county cc ON cc.contact_id = c.id"
    )

    assert rows
    assert all(row["homes"] for row in rows)


@pytest.mark.usefixtures("accounts")
async def test_the_access_office_has_something_at_every_station() -> None:
    states = {request.state for request in await AccessRequest.all()}
    assert states == set(RequestState) - {RequestState.DRAFT, RequestState.WITHDRAWN}
    addressed = {request.addressed_as for request in await AccessRequest.filter(state=RequestState.WITH_LSO)}
    assert addressed == {StandsInAs.LSO, StandsInAs.EXECUTIVE_DIRECTOR}
    forms = {form.state for form in await AccessForm.filter(kind=FormKind.NEW)}
    assert forms == {FormState.AWAITING_SIGNATURES, FormState.WITH_REGIONAL_OFFICE, FormState.WITH_OA}
    assert {ticket.kind for ticket in await Ticket.all()} == {TicketKind.PASSWORD_RESET, TicketKind.ACCOUNT_MANAGEMENT}
    incident = await Incident.get().select_related("user")
    assert incident.user is not None
    assert (incident.user.user_id, incident.user.state) == (cast.SUSPENDED, AccountState.SUSPENDED)
    assert (await User.get(user_id=cast.LEFT)).state is AccountState.DISABLED


@pytest.mark.usefixtures("accounts")
async def test_the_risk_programme_has_what_is_done_what_is_late_and_what_is_due_soon() -> None:
    rows = await DatedObligation.all()
    done = [row for row in rows if row.state is ObligationState.DONE]
    by_a_procedure = {"SAR-Q", "PAA-3"}
    assert {row.code for row in done} == {"RSK-BCP", "RSK-NEW", "RSK-TRN", "RSK-SEC", "RSK-SITE"} | by_a_procedure
    assert await Evidence.filter(id__in=[row.evidence_id for row in done]).count() == len(done)
    today = local_date(NOW)
    late = next(row for row in rows if row.code == "RSK-DR")
    assert (late.state, late.due_on < today, late.escalated_on is not None) == (ObligationState.OPEN, True, True)
    soon = {row.code for row in rows if today <= row.due_on <= today + timedelta(days=30) and row.reminded_on}
    assert {"RSK-DOR", "RSK-SYS"} <= soon
    assert (await ThreatNotice.all().order_by("-recorded_at").first()).level is ThreatLevel.GUARDED  # type: ignore[union-attr]


@pytest.mark.usefixtures("accounts")
async def test_an_audit_is_finished_a_list_of_employees_is_open_and_a_report_is_being_checked() -> None:
    audit = await ProviderAudit.get()
    outcomes = {line.user.user_id: line.outcome for line in await ProviderAuditLine.all().select_related("user")}
    assert outcomes == {
        cast.UNUSED: AuditOutcome.DISABLED,
        cast.RESIGNED: AuditOutcome.REVOKED,
        cast.REVIEWER: AuditOutcome.EXEMPT,
    }
    assert (audit.state, await Evidence.filter(number=audit.evidence_number).exists()) == (AuditState.COMPLETED, True)
    review = await EmployeeReview.get()
    answers = [line.answer for line in await EmployeeReviewLine.all()]
    assert (review.state, review.sent, len(answers), answers.count(None)) == (EmployeeReviewState.OPEN, True, 3, 2)
    report = await SsaReport.get()
    assert (report.state, report.providers, await SsaCheck.all().count()) == (SsaState.OPEN, SMALL.providers, 2)


# The history


@pytest.mark.requirement("SAR-10")
@pytest.mark.usefixtures("accounts")
async def test_last_quarters_review_is_kept_and_this_quarters_has_rows_to_judge() -> None:
    former, present = await ActivityReview.all().order_by("number")
    assert (former.quarter, former.state, present.quarter, present.state) == (
        "2025-Q4", ReviewState.COMPLETED, "2026-Q1", ReviewState.OPEN,
    )  # fmt: skip
    assert await Evidence.exists(id=former.evidence_id)
    curious = await ActivityReviewMember.get(review_id=present.id, drawn_user_id=cast.MARIGOLD_SECOND)
    assert await ActivityReviewRow.filter(member_id=curious.id, explained=False).count() > 1
    assert not await AccessJudgement.exists(member_id=curious.id)
    assert await SupervisorQuestion.exists(member_id=curious.id, answered_at=None)


@pytest.mark.usefixtures("accounts")
async def test_the_history_is_in_order_and_ends_now() -> None:
    instants = [entry.at for entry in await AuditEntry.all().order_by("id")]

    assert instants == sorted(instants)
    assert instants[-1] <= NOW
    for column in ("created_at", "first_published_at", "last_published_at", "closed_at", "deleted_at"):
        latest = (await fetch(f"SELECT MAX({column}) AS latest FROM referral"))[0]["latest"]
        assert to_instant(latest) <= NOW, column
    assert await Notification.filter(at__gt=NOW).count() == 0
    assert await NoReferralStatus.filter(begins_at__gt=NOW).count() == 0


@pytest.mark.usefixtures("accounts")
async def test_every_step_of_the_history_is_in_the_trail() -> None:
    done = Counter(entry.act for entry in await AuditEntry.filter(outcome=Outcome.DONE))

    assert done["account.create"] == await User.all().count()
    assert done["referral.create"] == await Referral.all().count() == SMALL.referrals
    assert done["referral.publish"] == await Publication.all().count()
    assert done["referral.respond"] == await ResponseVersion.all().count()
    assert done["referral.set_pending_placement"] == await PendingPlacement.all().count()
    assert done["referral.close"] == await Referral.filter(status=ReferralStatus.CLOSED).count()
    assert done["referral.delete"] == await Referral.filter(status=ReferralStatus.DELETED).count()
    assert done["referral.exclude_provider"] == await ReferralExclusion.all().count()
    assert done["referral.include_provider"] == await ReferralExclusion.filter(included_at__isnull=False).count()
    assert done["demo.provider_inserted"] == await Provider.all().count() == SMALL.providers
    assert done["demo.no_referral_status_begun"] == await NoReferralStatus.all().count()
    assert await AuditEntry.filter(outcome=Outcome.FAILED).count() == 0


@pytest.mark.usefixtures("accounts")
async def test_mailboxes_are_numbered_without_a_gap() -> None:
    rows = await fetch(
        "SELECT m.last_line, COUNT(n.id) AS lines, MAX(n.line) AS newest FROM mailbox m "
        "JOIN notification n ON n.mailbox_id = m.id GROUP BY m.id, m.last_line"
    )

    assert rows
    assert all(row["last_line"] == row["lines"] == row["newest"] for row in rows)


@pytest.mark.usefixtures("accounts")
async def test_the_first_start_sends_a_handful_of_letters_and_not_the_whole_history(desk: Desk) -> None:
    queued = await Letter.filter(state=DeliveryState.QUEUED)
    sent = await Letter.filter(state=DeliveryState.SENT)

    assert 1 <= len(queued) <= 20
    assert all(NOW - timedelta(hours=1) < letter.created_at <= NOW for letter in queued)
    assert len(sent) > len(queued)
    assert len(sent) + len(queued) == await Letter.all().count()
    assert all(letter.sent_at == letter.created_at and letter.sent_to for letter in sent)
    assert len(await claim_letters(desk, 100)) == len(queued)
    await Letter.filter(id__in=[letter.id for letter in queued]).update(due_at=NOW, claim=None, attempts=0)


@pytest.mark.usefixtures("accounts")
async def test_no_reminder_is_missing_when_the_house_opens() -> None:
    newest = await SweepRun.all().order_by("-due_on").first()

    assert newest is not None
    assert newest.due_on == NOW.date()
    assert {str(run.state) for run in await SweepRun.all()} == {"DONE"}


async def test_the_agenda_is_played_in_order_never_back_in_time_and_not_beyond_the_end() -> None:
    clock = SteppingClock(NOW)
    agenda = Agenda(clock, NOW + timedelta(hours=3))
    played: list[tuple[str, datetime]] = []

    async def happen(what: str) -> None:
        played.append((what, clock()))
        if what == "second":
            agenda.at(NOW, happen, "entered too late")

    agenda.at(NOW + timedelta(hours=3), happen, "last")
    agenda.at(NOW + timedelta(hours=3, seconds=1), happen, "after the end")
    agenda.at(NOW + timedelta(hours=1), happen, "first")
    agenda.at(NOW + timedelta(hours=1), happen, "second")
    await agenda.play(lambda _: None)

    hours = {what: (at - NOW) / timedelta(hours=1) for what, at in played}
    assert list(hours.items()) == [("first", 1), ("second", 1), ("entered too late", 1), ("last", 3)]
    with pytest.raises(ValueError, match="order"):
        clock.move_to(NOW)


# People and accounts


async def test_the_accounts_file_is_for_its_owner_only_and_names_every_account(
    accounts: list[DemoAccount], built: tuple[str, Path]
) -> None:
    users = {user.user_id: user for user in await User.all()}
    roles: dict[Any, list[str]] = {}
    for grant in await RoleGrant.filter(ended_at=None).order_by("role"):
        roles.setdefault(grant.user_id, []).append(str(grant.role))

    assert stat.S_IMODE(built[1].stat().st_mode) == 0o600
    assert [path.name for path in built[1].parent.iterdir()] == [built[1].name]
    assert {account.user_id for account in accounts} == set(users)
    assert len(accounts) == len(users)
    assert [account.user_id for account in accounts][: len(cast.CAST)] == list(cast.CAST)
    for account in accounts:
        user = users[account.user_id]
        assert (account.name, account.roles) == (user.name, sorted(house_roles(roles.get(user.id, []))))


async def test_every_account_that_is_ready_signs_in_and_the_others_say_why_not(
    accounts: list[DemoAccount], desk: Desk
) -> None:
    answers = {account.user_id: await _try_to_sign_in(desk, account) for account in accounts}

    assert answers[cast.EXPIRED] == "PASSWORD_EXPIRED"
    assert answers[cast.LOCKED] == "INVALID_CREDENTIALS"
    assert answers[cast.DISABLED] == "INVALID_CREDENTIALS"
    assert answers[cast.FIRST_SIGN_IN] == "CHANGE PASSWORD"
    for account in accounts:
        assert (answers[account.user_id] == "OPEN") is account.signs_in, account
        assert account.signs_in or account.note
    assert sum(account.signs_in for account in accounts) > len(accounts) * 0.8


@pytest.mark.usefixtures("accounts")
async def test_the_providers_of_the_readme_have_an_open_referral_of_boone_county_to_answer(desk: Desk) -> None:
    coordinator = await User.get(user_id=cast.COORDINATOR)

    for user_id in (cast.MARIGOLD_STAFF, cast.MARIGOLD_SECOND, cast.LANTERN_STAFF):
        signed_in = await sign_in(desk, user_id, cast.DEMO_PASSWORD, device="test", request_id="test")
        caller = await authenticate(desk, signed_in.token, "test")
        page = await list_referrals(caller)
        unanswered = [view.number for view in page.nodes if view.own_response is None]
        assert unanswered
        assert await Referral.exists(number__in=unanswered, primary_coordinator_id=coordinator.id)
        with pytest.raises(Refusal):  # an empty reason: refused by the rule on answers, not for want of sight
            await respond_to_referral(caller, unanswered[-1], Answer(ResponseKind.DECLINE))
    marigold = await Contact.filter(provider_id=cast.MARKER, active=True, counties__county__name=cast.BOONE)
    assert len(marigold) == 2


@pytest.mark.usefixtures("accounts")
async def test_telephone_numbers_and_addresses_belong_to_nobody() -> None:
    people: list[User | Contact | Guardian] = [*await User.all(), *await Contact.all(), *await Guardian.all()]
    emails = [person.email for person in people if person.email]
    phones = [person.phone for person in people if person.phone]
    for provider in await Provider.all():
        phones += [provider.phone, provider.fax]
    places: list[Provider | Consumer] = [*await Provider.all(), *await Consumer.all()]
    zip_codes = [place.zip_code for place in places]

    assert len(emails) > 50
    assert all(re.fullmatch(r"[a-z0-9.]+@[a-z.]+\.example\.(org|net)", email) for email in emails)
    assert all(re.fullmatch(r"555-01[0-9]{2}", phone) for phone in phones)
    assert all(code.startswith("000") for code in zip_codes)
    rows = await fetch("SELECT address, phone FROM regional_office")
    assert {(row["address"], row["phone"]) for row in rows} == {("", "")}


@pytest.mark.usefixtures("accounts")
async def test_nobody_who_looks_for_a_home_has_a_name_in_common_with_somebody_who_works() -> None:
    working = {name for user in await User.all() for name in (user.first_name, user.last_name)}
    working |= {name for contact in await Contact.all() for name in (contact.first_name, contact.last_name)}
    looking = {name for one in await Consumer.all() for name in (one.first_name, one.last_name)}

    assert looking
    assert not looking & working


# Whole, or not at all


@pytest.mark.usefixtures("database")
async def test_a_build_that_is_cut_short_leaves_nothing_and_can_be_repeated(desk: Desk, tmp_path: Path) -> None:
    def pull_the_plug(stage: str, done: int, total: int) -> None:
        if stage == "history" and done * 2 > total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await build(desk, NOW, tmp_path / "accounts.json", progress=pull_the_plug, size=SMALL)

    assert not await is_built()
    assert (await User.all().count(), await AuditEntry.all().count(), await Provider.all().count()) == (0, 0, 0)
    assert not _files_in(tmp_path, "accounts")

    summary = await build(desk, NOW, tmp_path / "accounts.json", size=SMALL)
    assert await is_built()
    assert summary.referrals == await Referral.all().count()
    assert summary.trail_entries == await AuditEntry.all().count()
    assert summary.letters == await Letter.filter(state=DeliveryState.QUEUED).count()
    with pytest.raises(Conflict) as refused:
        await build(desk, NOW, tmp_path / "other.json", size=SMALL)
    assert refused.value.code == "DEMO_WORLD_EXISTS"
    assert not (tmp_path / "other.json").exists()


async def test_the_world_is_never_built_beside_real_accounts(world: World, desk: Desk, tmp_path: Path) -> None:
    await world.user(Role.ADMINISTRATOR)

    with pytest.raises(Conflict) as refused:
        await build(desk, NOW, tmp_path / "accounts.json", size=SMALL)

    assert refused.value.code == "DATABASE_NOT_EMPTY"
    assert (await User.all().count(), await Provider.all().count()) == (1, 0)
    assert not (tmp_path / "accounts.json").exists()


@pytest.mark.usefixtures("database")
async def test_building_tells_how_far_it_has_come(desk: Desk, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []

    await build(desk, NOW, tmp_path / "a.json", progress=lambda *news: told.append(news), size=replace(SMALL, users=0))

    assert list(dict.fromkeys(stage for stage, _, _ in told)) == ["accounts", "history", "letters"]
    assert all(0 <= done <= total for _, done, total in told)
    assert [done for stage, done, _ in told if stage == "history"] == sorted(
        done for stage, done, _ in told if stage == "history"
    )


async def _assert_everything_occurs() -> None:
    assert {referral.status for referral in await Referral.all()} == set(ReferralStatus)
    outcomes = {str(referral.close_outcome) for referral in await Referral.filter(status=ReferralStatus.CLOSED)}
    assert {"PLACED", "WITHDRAWN"} <= outcomes
    assert {answer.kind for answer in await ResponseVersion.all()} == set(ResponseKind)
    assert await Response.filter(version__gt=1).exists()
    assert await Referral.filter(publications__gt=1).exists()
    assert await Referral.filter(statewide=True).exists()
    assert await ReferralExclusion.filter(included_at=None).exists()
    assert await ReferralExclusion.filter(included_at__isnull=False).exists()
    assert await Referral.filter(pending_provider_id__isnull=False).exists()
    assert await PendingPlacement.filter(ended_why="cleared").exists()
    assert await NoReferralStatus.filter(lifted_at=None).exists()
    assert await NoReferralStatus.filter(lifted_at__isnull=False).exists()
    assert await Provider.filter(active=False).exists()
    audiences = await audiences_of([one.id for one in await Publication.all()])
    reasons = {reason for audience in audiences.values() for reason in audience.values()}
    assert {"COUNTY", "NO_REFERRAL_STATUS", "NO_CONTRACT", "NO_ACTIVE_CONTACT", "NOT_ACTIVE", "EXCLUDED"} <= reasons
    rows = await Referral.filter(status=ReferralStatus.OPEN)
    opened = [one.first_published_at for one in rows if one.first_published_at is not None]
    assert max(opened) - min(opened) > timedelta(days=60)


async def _digest() -> dict[str, Any]:
    """Say what was told, without the ids and tokens that are drawn anew each time."""
    names = {provider.id: provider.name for provider in await Provider.all()}
    numbers = {referral.id: referral.number for referral in await Referral.all()}
    users = {user.id: user.user_id for user in await User.all()}
    return {
        "providers": sorted(names.values()),
        "users": sorted(users.values()),
        "consumers": sorted((one.dmh_id, one.name, one.birth_date) for one in await Consumer.all()),
        "referrals": sorted(
            (one.number, one.status, one.statewide, one.version, one.created_at, users[one.created_by_id])
            for one in await Referral.all()
        ),
        "reach": sorted(
            (numbers[one.referral_id], names[one.provider_id], one.at) for one in await ReferralReach.all()
        ),
        "answers": sorted(
            (numbers[one.referral_id], names[one.provider_id], one.kind, one.comments, one.answered_at)
            for one in await Response.all()
        ),
        "trail": [(one.at, one.actor, one.act, one.outcome, one.code) for one in await AuditEntry.all().order_by("id")],
        "letters": Counter((one.created_at, one.kind, one.state, one.sent_to) for one in await Letter.all()),
    }


def _files_in(folder: Path, word: str) -> list[str]:
    return [path.name for path in folder.iterdir() if word in path.name]


async def _try_to_sign_in(desk: Desk, account: DemoAccount) -> str:
    try:
        signed_in = await sign_in(desk, account.user_id, account.password, device="test", request_id="test")
    except Refusal as refusal:
        return refusal.code
    return "CHANGE PASSWORD" if signed_in.must_change_password else "OPEN"


async def _build_at(url: str, accounts: Path, passwords: Argon2Pool) -> None:
    await open_database(url)
    desk = Desk(clock=Clock(), doorbell=LocalDoorbell(), passwords=passwords, secrets=Tokens())
    await build(desk, NOW, accounts, size=SMALL)
    await close_database()


async def test_the_youngest_open_referrals_have_documents_that_open(database: str, desk: Desk, tmp_path: Path) -> None:
    await build(desk, datetime.now(UTC), tmp_path / "accounts.json", size=SMALL)
    make_keys(tmp_path / "keys.json")
    keys = KeyFile(tmp_path / "keys.json")
    room = FileRoom(EncryptedFileStore(tmp_path / "files", keys, desk.clock), keys, None, 1_000_000)

    added = await add_documents(replace(desk, files=room))

    assert added == 2 * await Referral.filter(status=ReferralStatus.OPEN).count()
    assert await add_documents(replace(desk, files=room)) == 0
    assert await Attachment.filter(state=AttachmentState.AVAILABLE).count() == added
