"""No secret, no person's words and nothing of a document stands in the trail, whatever is done (AUD-07)."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from orm.models import AuditEntry, AuditTrace
from orm.sql import fetch
from resolvers.access_form_views import view_access_form
from resolvers.access_forms import submit_access_form
from resolvers.access_logs import log_of_referral, report_access
from resolvers.access_report_export import begin_report_export
from resolvers.access_request_drafts import WantedRole, set_requested_roles
from resolvers.account_views import AccountFilter, list_accounts
from resolvers.attachment_links import open_attachment, read_attachment, use_link
from resolvers.attachments import Upload, add_attachment, remove_attachment
from resolvers.break_glass import break_glass, review_break_glass
from resolvers.break_glass_views import view_break_glass, view_under_break_glass
from resolvers.callers import Desk
from resolvers.incidents import close_incident, report_incident
from resolvers.profile import ProfileChange, update_profile
from resolvers.resets import open_reset, resolve_reset
from resolvers.sessions import authenticate, sign_in
from resolvers.traces import trace_next_seal
from rules.break_glass import BreakGlassFinding
from rules.errors import Refusal
from rules.incidents import Finding
from rules.referrals import AttachmentKind
from rules.resets import Proof
from rules.roles import Role
from tests.world.clock import Clock
from tests.world.documents import PDF, pdf, streamed
from tests.world.file_room import in_session, with_files
from tests.world.forms import newcomer
from tests.world.office import Office
from tests.world.requests import draft
from tests.world.sealed_trail import SealedTrail
from tests.world.world import PASSWORD, World

CONTENT = "Xylocarpia lives with a seizure disorder"
WORDS = {
    "a file's name": "Xylocarpia-plan.pdf",
    "a removal's reason": "Xylocarpia was mixed up",
    "a report": "Xylocarpia was told on the bus",
    "a finding": "Xylocarpia had left her screen open",
    "a break-glass's reason": "Xylocarpia has run away",
    "a reviewer's note": "Xylocarpia was found by him",
    "a request's reason": "Xylocarpia is my client",
    "a newcomer": "Xylocarpia",
    "a phone": "555-0177",
    "an address": "xylocarpia@example.org",
    "a search": "Xylocarp",
    "a wrong password": "Xylocarpia-9-wrong",
}


@pytest.fixture
def desk(desk: Desk, tmp_path: Path, clock: Clock) -> Desk:
    """A desk with a real place for documents, without a scanner."""
    return with_files(desk, tmp_path, clock)


async def _try(attempt: Awaitable[Any]) -> None:
    with pytest.raises(Refusal):
        await attempt


@pytest.mark.requirement("AUD-07")
async def test_secrets_planted_in_documents_reasons_forms_passwords_and_tokens_stand_nowhere_in_the_trail(
    world: World, desk: Desk, tmp_path: Path
) -> None:
    office = await Office.of(world)
    boone = await in_session(await world.coordinator("Boone"))
    number = await world.published(boone, "Boone")
    officer = await world.user(Role.PRIVACY_OFFICER)
    secrets = dict(WORDS)

    document = pdf()[:9] + CONTENT.encode() + pdf()[9:]
    upload = Upload(number, AttachmentKind.PCP, WORDS["a file's name"], PDF)
    added = await add_attachment(boone, upload, streamed(document))
    await _try(add_attachment(boone, upload, streamed(CONTENT.encode())))
    link = await open_attachment(boone, added.id)
    secrets["a link"] = link.token
    opened = await use_link(boone, link.token)
    async with aclosing(read_attachment(boone, opened)) as pieces:
        assert CONTENT.encode() in b"".join([piece async for piece in pieces])
    await _try(use_link(boone, link.token))
    await remove_attachment(boone, added.id, WORDS["a removal's reason"])

    incident = await report_incident(office.employee, WORDS["a report"], WORDS["a newcomer"])
    await close_incident(office.cso, incident, Finding.UNFOUNDED, reinstate=False, note=WORDS["a finding"])
    glass = await break_glass(office.cso, number, WORDS["a break-glass's reason"])
    await view_under_break_glass(office.cso, number, wanted={"consumer", "attachments"})
    await review_break_glass(officer, glass, BreakGlassFinding.JUSTIFIED, WORDS["a reviewer's note"])
    await view_break_glass(officer, glass)
    await report_access(officer, boone.actor.label)
    await begin_report_export(officer, boone.actor.label)
    await log_of_referral(officer, number)

    request = await draft(office.employee)
    await _try(set_requested_roles(office.employee, request, [WantedRole("NO_SUCH_ROLE", WORDS["a request's reason"])]))
    form = await submit_access_form(
        office.lso,
        newcomer(last_name=WORDS["a newcomer"], email=WORDS["an address"], phone=WORDS["a phone"]),
    )
    await view_access_form(office.lso, form)
    await list_accounts(office.cso, where=AccountFilter(search=WORDS["a search"]))
    await update_profile(office.employee, ProfileChange(phone=WORDS["a phone"], email=WORDS["an address"]), PASSWORD)
    await _try(update_profile(office.employee, ProfileChange(email="x@example.org"), WORDS["a wrong password"]))
    await _try(sign_in(desk, office.lso.actor.label, WORDS["a wrong password"], device="d", request_id="r"))
    world.clock.forward(minutes=1)
    signed_in = await sign_in(desk, office.lso.actor.label, PASSWORD, device="d", request_id="r")
    secrets["a session's token"] = signed_in.token
    await authenticate(desk, signed_in.token, "r")
    desk_clerk = await world.user(Role.SUPPORT_DESK)
    reset = await open_reset(desk_clerk, office.deputy.actor.label)
    secrets["a one-time password"] = (await resolve_reset(desk_clerk, reset, Proof.CALL_BACK)).one_time_secret
    secrets |= {"a password": PASSWORD, "a document": CONTENT}

    trail = SealedTrail(world, tmp_path)
    assert await trail.seal()
    while await trace_next_seal() is not None:
        pass
    assert await AuditEntry.all().count() > 40
    assert await AuditTrace.all().count() > 5
    for table in ("audit_entry", "audit_trace", "seal", "sealed_entry"):
        rows = await fetch(f"SELECT * FROM {table}")
        text = str([{name: value for name, value in row.items() if name != "request_id"} for row in rows]).lower()
        for what, secret in secrets.items():
            assert secret.lower() not in text, f"{what} stands in {table}"
