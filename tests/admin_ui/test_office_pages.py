"""Who gets into which room, and what the office's own pages show and do."""

from __future__ import annotations

import re
from datetime import date

import httpx
import pytest
from starlette.applications import Starlette

from admin_ui import AdminOffice, admin_routes
from orm.models import Letter as Promised
from orm.models import SweepRun, SweepState
from resolvers.callers import Desk
from resolvers.office_reads import view_overview
from rules.notices import DeliveryState
from rules.roles import Role
from tests.admin_ui.browser import Letter, Opens, SignsIn
from tests.world.world import World

ROLES = sorted(set(Role) - {Role.SYSTEM})
EVERYBODY = set(ROLES)
SEE_REFERRALS = {
    Role.ADMINISTRATOR,
    Role.CENTRAL_STAFF,
    Role.PLACEMENT_COORDINATOR,
    Role.TRANSITION_COORDINATOR,
    Role.CONSUMER_REFERRAL_DB,
}
AUDIT = {Role.ADMINISTRATOR, Role.AUDITOR, Role.CSO}
SECURITY = {Role.CSO, Role.PRIVACY_OFFICER, Role.AUDITOR}
POST = {Role.ADMINISTRATOR, Role.SUPPORT_DESK}
QUEUES = {Role.SUPPORT_DESK, Role.ITSD_ACCOUNT_MGMT, Role.CSO, Role.ADMINISTRATOR}
OFFICERS = {Role.PROVIDER_RELATIONS, Role.CSO, Role.ADMINISTRATOR, Role.ITSD_ACCOUNT_MGMT}
ROOMS = {
    "/": EVERYBODY,
    "/password": EVERYBODY,
    "/access-requests": EVERYBODY,
    "/access-requests/new": EVERYBODY,
    "/accounts": EVERYBODY,
    "/forms": EVERYBODY,
    "/forms/new": EVERYBODY,
    "/incidents": EVERYBODY,
    "/lso/health": OFFICERS,
    "/open-duties": EVERYBODY,
    "/ending-contracts": EVERYBODY,
    "/outside-systems": QUEUES,
    "/outside-systems/new": {Role.ITSD_ACCOUNT_MGMT},
    "/resets": {Role.SUPPORT_DESK},
    "/roles": EVERYBODY,
    "/roles/incompatible": EVERYBODY,
    "/tickets": QUEUES,
    "/your-account": EVERYBODY,
    "/notifications": EVERYBODY,
    "/referrals": SEE_REFERRALS,
    "/referrals/{number}": SEE_REFERRALS,
    "/outbox": POST,
    "/sweeps": AUDIT | {Role.ITSD_ACCOUNT_MGMT},
    "/trail": AUDIT,
    "/seals": AUDIT,
    "/access-logs/mine": EVERYBODY,
    "/supervisor-questions": EVERYBODY,
    "/access-logs/referral?number={number}": SECURITY,
    "/break-glass": SECURITY | {Role.ADMINISTRATOR},
    "/evidence": SECURITY | {Role.ITSD_ACCOUNT_MGMT},
    "/reviews/activity": SECURITY,
    "/reviews/activity/findings": SECURITY,
}


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_gets_into_its_own_rooms_and_no_others_and_every_page_has_its_guards(
    world: World, signed_in: SignsIn, role: Role
) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    number = await world.published(coordinator, "Boone")
    person = await world.user(
        role,
        counties=["Boone"] if role in {Role.PLACEMENT_COORDINATOR, Role.TRANSITION_COORDINATOR} else [],
        provider_id=home.id if role is Role.CONSUMER_REFERRAL_DB else None,
    )
    page = await signed_in(person)

    for path, allowed in ROOMS.items():
        answer = await page.get(path.format(number=number))
        assert (path, answer.status_code) == (path, 200 if role in allowed else 403)
        _has_guards(answer)
    await page.get("/")
    for path in ("/referrals", "/outbox", "/sweeps", "/trail", "/seals", "/break-glass", "/evidence"):
        assert (f'<li><a href="{path}">' in page.page) is (role in ROOMS[path])


def _has_guards(answer: httpx.Response) -> None:
    policy = answer.headers["content-security-policy"]
    assert policy.startswith(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
        "base-uri 'none'; script-src 'nonce-"
    )
    assert policy.endswith("; connect-src 'self'")
    assert "unsafe" not in policy
    nonce = re.findall(r"'nonce-([\w-]{40,})'", policy)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    # Every script is a file of ours and carries the nonce of this one answer.
    for script in re.findall(r"<script[^>]*>[^<]*", answer.text):
        assert re.fullmatch(rf'<script src="/static/[\w-]+\.js\?v=\w+" nonce="{nonce[0]}" defer>', script)
    assert " style=" not in answer.text
    assert not re.search(r" on\w+=", answer.text)


@pytest.mark.requirement("HLP-01", "ACC-02")
async def test_a_stranger_gets_into_no_room_at_all(browser: Opens, world: World) -> None:
    assert world
    for path in ROOMS:
        answer = await browser().get(path.format(number=1001))
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
        assert answer.headers["cache-control"] == "no-store"


async def test_the_sign_in_page_has_the_guards_too(browser: Opens) -> None:
    _has_guards(await browser().get("/sign-in"))


async def park(world: World) -> Promised:
    """Publish a referral and park its letter to the provider's contact."""
    coordinator = await world.coordinator("Boone")
    await world.provider("Boone")
    await world.published(coordinator, "Boone")
    letter = await Promised.get(contact_id__isnull=False)
    letter.state, letter.attempts, letter.last_error = DeliveryState.PARKED, 10, "550 no such mailbox"
    await letter.save()
    return letter


async def test_an_administrator_gives_a_parked_letter_a_new_start(world: World, signed_in: SignsIn) -> None:
    letter = await park(world)
    page = await signed_in(await world.user(Role.ADMINISTRATOR))
    await page.get("/outbox?state=PARKED")
    assert len(page.rows()) == 1
    assert "550 no such mailbox" in page.rows()[0]
    assert f"/outbox/{letter.id}/retry" in page.page

    answer = await page.post(f"/outbox/{letter.id}/retry", {})

    assert (answer.status_code, answer.headers["location"]) == (303, "/outbox?state=PARKED&done=retried")
    await letter.refresh_from_db()
    assert (letter.state, letter.attempts, letter.last_error) == (DeliveryState.QUEUED, 0, "")
    await page.get(answer.headers["location"])
    assert "The letter has a new start" in page.text
    await page.get("/outbox?state=QUEUED")
    assert (await page.post(f"/outbox/{letter.id}/retry", {})).status_code == 409
    assert "This letter is not parked." in page.text


async def test_a_letter_that_came_back_is_listed_as_such(world: World, signed_in: SignsIn) -> None:
    letter = await park(world)
    await Promised.filter(id=letter.id).update(state=DeliveryState.BOUNCED)
    page = await signed_in(await world.user(Role.SUPPORT_DESK))

    await page.get("/outbox?state=BOUNCED")

    assert "Bounced" in page.rows()[0]
    assert (await page.get(f"/outbox/{letter.id}")).status_code == 200


@pytest.mark.parametrize(
    ("origin", "csrf"),
    [
        ("https://elsewhere.test", None),
        (None, None),
        ("https://homeward.test", "0" * 64),
        ("https://homeward.test", ""),
    ],
)
async def test_a_form_that_is_not_ours_changes_nothing(
    world: World, signed_in: SignsIn, origin: str | None, csrf: str | None
) -> None:
    letter = await park(world)
    page = await signed_in(await world.user(Role.ADMINISTRATOR))
    await page.get("/outbox?state=PARKED")

    answer = await page.post(f"/outbox/{letter.id}/retry", {}, origin=origin, csrf=csrf)

    assert answer.status_code == 403
    await letter.refresh_from_db()
    assert letter.state is DeliveryState.PARKED
    assert await world.entries("outbox.retry") == []


async def test_the_token_of_one_session_opens_no_form_of_another(world: World, signed_in: SignsIn) -> None:
    letter = await park(world)
    admin = await world.user(Role.ADMINISTRATOR)
    one, other = await signed_in(admin), await signed_in(admin)
    await one.get("/outbox")
    await other.get("/outbox")

    assert (await other.post(f"/outbox/{letter.id}/retry", {}, csrf=one.form_token)).status_code == 403


async def test_a_letter_is_not_retried_by_opening_an_address_or_by_who_may_not(
    world: World, signed_in: SignsIn
) -> None:
    letter = await park(world)
    admin, auditor = (
        await signed_in(await world.user(Role.ADMINISTRATOR)),
        await signed_in(await world.user(Role.AUDITOR)),
    )

    assert (await admin.get(f"/outbox/{letter.id}/retry")).status_code == 405
    await auditor.get("/trail")
    assert (await auditor.post(f"/outbox/{letter.id}/retry", {})).status_code == 403

    await letter.refresh_from_db()
    assert letter.state is DeliveryState.PARKED


async def test_everybody_reads_their_own_lines_only(world: World, signed_in: SignsIn) -> None:
    coordinator, home = await world.coordinator("Boone"), await world.provider("Boone")
    far = await world.provider("Adair")
    number = await world.published(coordinator, "Boone")

    near_page, far_page = await signed_in(home.staff), await signed_in(far.staff)
    await near_page.get("/notifications")
    await far_page.get("/notifications")

    assert f"Referral {number} was published" in near_page.rows()[0]
    assert f'<a href="/referrals/{number}">' in near_page.page
    assert "Nothing yet." in far_page.text


async def test_an_auditor_narrows_the_trail_and_the_looking_is_written_down(world: World, signed_in: SignsIn) -> None:
    coordinator = await world.coordinator("Boone")
    number = await world.published(coordinator, "Boone")
    other = await world.published(coordinator, "Boone")
    page = await signed_in(await world.user(Role.AUDITOR))

    await page.get(f"/trail?referral={number}")
    assert [row for row in page.rows() if "referral.publish" in row]
    assert not any(f"number {other}" in row for row in page.rows())
    await page.get(f"/trail?act=referral.publish&user={coordinator.actor.label.lower()}&outcome=DONE")
    assert len(page.rows()) == 2
    await page.get("/trail?outcome=REFUSED")
    assert "No entry fits." in page.text
    assert (await page.get("/trail?outcome=PERHAPS&user=SOMEONE")).status_code == 422
    assert 'value="SOMEONE"' in page.page
    assert (await page.get("/trail?referral=many")).status_code == 422
    assert len(await world.entries("trail.list")) >= 3


async def test_the_ledger_shows_each_run_with_what_failed(world: World, signed_in: SignsIn) -> None:
    await SweepRun.create(
        name="referral_reminders",
        due_on=date(2026, 3, 1),
        state=SweepState.DONE,
        attempts=5,
        subjects=3,
        hit=1,
        failures={"a": "CONFLICT", "b": "CONFLICT"},
    )
    page = await signed_in(await world.user(Role.CSO))

    await page.get("/sweeps/runs")

    assert "03/01/2026 Reminders of open referrals Done 5 3 1 2 × CONFLICT" in page.rows()[0]


async def test_the_home_page_counts_what_waits(world: World, signed_in: SignsIn) -> None:
    await park(world)
    page = await signed_in(await world.user(Role.ADMINISTRATOR))

    await page.get("/")

    for said in ("1 open referral", "1 parked letter Needs attention", "What waits for you"):
        assert said in page.text


async def test_the_demo_mailbox_shows_a_letter_without_obeying_it(browser: Opens) -> None:
    someone = browser(letters=[Letter()])
    await someone.get("/mailbox")
    assert "Nothing leaves this machine." in someone.text
    path = someone.page.partition('href="/mailbox/')[2].partition('"')[0]

    answer = await someone.get(f"/mailbox/{path}")
    assert "Open &lt;the page&gt; to answer." in someone.page
    assert f'<iframe class="letter" sandbox src="/mailbox/{path}/html"' in someone.page
    assert "frame-src 'self'" in answer.headers["content-security-policy"]
    assert "<script" not in someone.page
    html = await someone.get(f"/mailbox/{path}/html")
    policy = html.headers["content-security-policy"]
    assert "sandbox" in policy.split("; ")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert (await someone.get("/mailbox/0000000000000000")).status_code == 404


async def test_without_a_demonstration_there_is_no_demo_mailbox(browser: Opens) -> None:
    assert (await browser().get("/mailbox")).status_code == 404


async def test_a_fault_is_masked_and_named_by_the_request_id_only(desk: Desk) -> None:
    def broken(count: int) -> list[Letter]:
        raise RuntimeError(f"the secret {count}")

    office = AdminOffice(desk=desk, secure_cookies=False, postbox=broken)
    transport = httpx.ASGITransport(Starlette(routes=admin_routes(office)))
    async with httpx.AsyncClient(transport=transport, base_url="http://homeward.test") as client:
        answer = await client.get("/mailbox")

    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "secret" not in answer.text


async def test_the_stylesheet_is_kept_for_ever_under_the_address_of_its_content(browser: Opens) -> None:
    someone = browser()
    await someone.get("/sign-in")
    href = someone.page.partition('<link rel="stylesheet" href="')[2].partition('"')[0]

    marked, plain = await someone.get(href), await someone.get(href.partition("?")[0])

    assert marked.headers["content-type"] == "text/css; charset=utf-8"
    assert "immutable" in marked.headers["cache-control"]
    assert plain.headers["cache-control"] == "no-cache"
    assert (await someone.get(href, if_none_match=marked.headers["etag"])).status_code == 304
    assert (await someone.get("/static/missing.css")).status_code == 404
    assert (await someone.get("/static/..%2f__init__.py")).status_code == 404
    assert "url(" not in marked.text
    assert "http" not in marked.text


async def test_the_overview_of_a_provider_has_no_counts_of_the_office(world: World) -> None:
    home = await world.provider("Boone")

    overview = await view_overview(home.staff)

    assert (overview.letters, overview.sweeps_waiting, overview.drafts) == (None, None, None)
