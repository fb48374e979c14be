"""Rows in every guarded table of the access office and of the seals, each just as a use case would leave it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from orm.models import (
    AccessDecision,
    AccessForm,
    AccessJudgement,
    AccessRequest,
    AccessRequestStep,
    ActivityReview,
    ActivityReviewList,
    ActivityReviewMember,
    ActivityReviewRow,
    AuditTrace,
    BreakGlass,
    FormSignature,
    Incident,
    LsoDeputy,
    LsoDesignation,
    ProcedureNote,
    Referral,
    Seal,
    SealedEntry,
    Signature,
    StatementAcceptance,
    SupervisorQuestion,
    Ticket,
)
from resolvers.callers import Caller
from resolvers.numbers import next_number
from rules.access_forms import Channel, FormKind, FormSigner, FormState
from rules.activity_reviews import AccessVerdict
from rules.approvals import RequestState, Stage
from rules.incidents import IncidentKind
from rules.signatures import Meaning
from rules.statements import StatementKind
from rules.tickets import TicketChannel, TicketKind
from tests.world.evidence import plant_evidence
from tests.world.world import ProviderHome, World

HASH = "0" * 64


async def plant_access_rows(world: World, home: ProviderHome) -> None:
    """Plant an LSO of a provider and one of a facility, requests in each guarded state, and what was signed."""
    facility, staff, now = await world.facility(), home.staff, world.clock()
    of_provider = await _designation(world, staff, provider_id=home.id)
    await _designation(world, staff, facility_id=facility.code)
    await LsoDeputy.create(
        designation_id=of_provider.id,
        user_id=staff.actor.person(),
        begins_on=date(2026, 3, 2),
        ends_on=date(2026, 3, 9),
        appointed_by_id=staff.actor.person(),
        appointed_at=now,
    )
    granted = await _request(world, home, RequestState.GRANTED)
    await _request(world, home, RequestState.GRANTED, submission_key="the same click")
    await _request(world, home, RequestState.DRAFT, follows_id=granted.id, submitted_at=None)
    await _request(world, home, RequestState.WITH_LSO, addressee_id=uuid4())
    await _request(world, home, RequestState.AWAITING_PROVISIONING, due_at=now + timedelta(hours=48))
    await plant_evidence(world)
    await _signed(world, staff, granted)
    await Incident.create(
        number=await next_number("incident"),
        kind=IncidentKind.SHARED_ACCOUNT,
        user_id=staff.actor.person(),
        opened_at=now,
    )
    await Ticket.create(
        number=await next_number("ticket"),
        kind=TicketKind.PASSWORD_RESET,
        channel=TicketChannel.PHONE,
        user_id=staff.actor.person(),
        opened_at=now,
    )
    await StatementAcceptance.create(
        user_id=staff.actor.person(), kind=StatementKind.CONFIDENTIALITY, version="2026-1", at=now
    )
    await _sealed(world)
    await _reviewed(world, staff)
    await _opened(world, staff)


async def _reviewed(world: World, person: Caller) -> None:
    """Plant an open review with one drawn user ID, a row with its verdict, and a question to the supervisor."""
    now, key = world.clock(), person.actor.person()
    review = await ActivityReview.create(
        number=1,
        quarter="2026-Q1",
        opened_at=now,
        due_on=date(2026, 3, 31),
        window_from=date(2026, 1, 31),
        window_to=date(2026, 3, 1),
        policy_version="test",
        sample_size=1,
        list_size=1,
        list_hash=HASH,
        seed="seed",
        numbers=[1],
    )
    await ActivityReviewList.create(review_id=review.id, lines="1 USER")
    member = await ActivityReviewMember.create(
        review_id=review.id, place=1, list_number=1, user_id=key, drawn_user_id="USER", organization="", was_cso=False
    )
    await ActivityReviewRow.create(member_id=member.id, entry_id=1, ground="NO_ROLE", explained=False)
    await AccessJudgement.create(
        member_id=member.id, entry_id=1, revision=1, verdict=AccessVerdict.JUSTIFIED, note="", by_id=key, by="X", at=now
    )
    await SupervisorQuestion.create(
        member_id=member.id, supervisor_id=key, content_hash=HASH, asked_at=now, asked_by_id=key
    )
    await ProcedureNote.create(review_id=review.id, text="As it is.", at=now, by_id=key, by="X")


async def _designation(world: World, person: Caller, **organization: Any) -> LsoDesignation:
    return await LsoDesignation.create(
        id=uuid4(),
        user_id=person.actor.person(),
        channel=Channel.MAIL,
        content_hash=HASH,
        recorded_by_id=person.actor.person(),
        begins_at=world.clock(),
        **organization,
    )


async def _request(world: World, home: ProviderHome, state: RequestState, **columns: Any) -> AccessRequest:
    now = world.clock()
    return await AccessRequest.create(
        number=await next_number("access_request"),
        requester_id=home.staff.actor.person(),
        state=state,
        provider_id=home.id,
        created_at=now,
        state_since=now,
        **{"submitted_at": now, **columns},
    )


async def _signed(world: World, person: Caller, request: AccessRequest) -> None:
    """Plant a decision with its signature and step, and a signed form."""
    now = world.clock()
    signature = await Signature.create(
        id=uuid4(),
        signer_id=person.actor.person(),
        signer=person.actor.label,
        signer_name="First Last",
        meaning=Meaning.PROVISION,
        about_id=request.id,
        content_hash=HASH,
        at=now,
    )
    await AccessDecision.create(
        request_id=request.id,
        stage=Stage.PROVISIONING,
        approved=True,
        decider_id=person.actor.person(),
        at=now,
        signature_id=signature.id,
    )
    await AccessRequestStep.create(request_id=request.id, line=1, state=request.state, at=now)
    form = await AccessForm.create(
        number=await next_number("access_form"),
        kind=FormKind.NEW,
        state=FormState.AWAITING_SIGNATURES,
        state_since=now,
        channel=Channel.PORTAL,
        submitted_at=now,
    )
    await FormSignature.create(
        form_id=form.id,
        capacity=FormSigner.LSO,
        signature_id=signature.id,
        recorded_by_id=person.actor.person(),
        at=now,
    )


async def _sealed(world: World) -> None:
    """Plant a seal over one entry."""
    await Seal.create(
        number=1,
        at=world.clock(),
        count=1,
        first_entry=1,
        last_entry=1,
        root=HASH,
        previous=HASH,
        key_id="key",
        signature="0" * 128,
    )
    await SealedEntry.create(entry_id=1, seal_id=1, place=0, leaf=HASH)
    await AuditTrace.create(seal_number=1, subject_id=UUID(int=0))


async def _opened(world: World, staff: Caller) -> None:
    """Plant a break-glass that nobody has reviewed."""
    referral = await Referral.all().first()
    assert referral is not None
    await BreakGlass.create(
        number=await next_number("break_glass"),
        referral_id=referral.id,
        opened_by_id=staff.actor.person(),
        reason="An emergency.",
        opened_at=world.clock(),
        expires_at=world.clock() + timedelta(hours=1),
    )
