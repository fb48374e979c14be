"""Signing on by the page: who comes in, what the browser is given, and which forms are taken."""

from __future__ import annotations

import pytest

from admin_ui import DemoAccount, cookie_name
from admin_ui.page_session import form_token
from orm.models import Outcome, Session
from rules.roles import Role
from tests.admin_ui.browser import HERE, Opens
from tests.world.world import PASSWORD, STATEMENT, World


async def test_who_has_not_signed_in_is_led_to_the_sign_in_page_and_back(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()

    sent_away = await someone.get("/referrals?status=CLOSED")
    assert (sent_away.status_code, sent_away.headers["location"]) == (
        303,
        "/sign-in?next=%2Freferrals%3Fstatus%3DCLOSED",
    )
    await someone.get(sent_away.headers["location"])
    assert 'name="next" value="/referrals?status=CLOSED"' in someone.page
    back = await someone.post("/sign-in", {"userId": "ada", "password": PASSWORD, "next": "/referrals?status=CLOSED"})

    assert (back.status_code, back.headers["location"]) == (303, "/statement?next=%2Freferrals%3Fstatus%3DCLOSED")
    accepted = await someone.accept(back.headers["location"])
    assert (accepted.status_code, accepted.headers["location"]) == (303, "/referrals?status=CLOSED")
    assert (await someone.get("/referrals?status=CLOSED")).status_code == 200


async def test_the_session_cookie_is_bound_to_the_host_and_out_of_reach_for_scripts_and_other_sites(
    browser: Opens, world: World
) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()

    answer = await someone.sign_in("ADA", accepts=False)

    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("__Host-homeward=")]
    token, *flags = [part.strip().lower() for part in cookie.partition("=")[2].split(";")]
    assert len(token) >= 43
    assert set(flags) == {"path=/", "secure", "httponly", "samesite=strict"}


async def test_on_plain_loopback_the_cookie_has_its_plain_name(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser("http://127.0.0.1:8000", secure=False)
    await someone.get("/sign-in")

    answer = await someone.post("/sign-in", {"userId": "ADA", "password": PASSWORD}, origin="http://127.0.0.1:8000")

    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("homeward=")]
    assert "secure" not in cookie.lower()
    assert "httponly" in cookie.lower()
    await someone.get("/statement")
    fields = {"version": STATEMENT}
    assert (await someone.post("/statement", fields, origin="http://127.0.0.1:8000")).headers["location"] == "/"
    assert (await someone.get("/")).status_code == 200


async def test_a_wrong_password_keeps_the_user_id_and_never_the_password(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()

    answer = await someone.sign_in("ADA", "not-The-One-1")

    assert answer.status_code == 401
    assert "The user ID or the password is not right" in someone.text
    assert 'value="ADA"' in someone.page
    assert "not-The-One-1" not in someone.page
    assert cookie_name(secure=True) not in someone.client.cookies
    assert await Session.all().count() == 0


async def test_an_unknown_user_reads_the_same_as_a_wrong_password(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    known, unknown = browser(), browser()

    await known.sign_in("ADA", "not-The-One-1")
    await unknown.sign_in("BOB", "not-The-One-1")

    assert (
        known.text.replace("ADA", "").partition("request")[0] == unknown.text.replace("BOB", "").partition("request")[0]
    )


@pytest.mark.parametrize("origin", ["https://elsewhere.test", "null", "http://homeward.test", None])
async def test_a_sign_in_form_of_another_site_is_refused_before_the_password_is_looked_at(
    browser: Opens, world: World, origin: str | None
) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()
    await someone.get("/sign-in")

    answer = await someone.post("/sign-in", {"userId": "ADA", "password": PASSWORD}, origin=origin)

    assert answer.status_code == 403
    assert "nothing was done" in someone.text
    assert await world.entries("account.sign_in") == []


async def test_a_sign_in_form_made_for_another_browser_is_refused(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    attacker, victim = browser(), browser()
    await attacker.get("/sign-in")
    await victim.get("/sign-in")

    answer = await victim.post("/sign-in", {"userId": "ADA", "password": PASSWORD}, csrf=attacker.form_token)

    assert answer.status_code == 403
    assert await world.entries("account.sign_in") == []
    assert 'value="ADA"' in victim.page


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://elsewhere.test/",
        "//elsewhere.test",
        "///elsewhere.test",
        "/referrals\r\nx: y",
        "/\\elsewhere.test",
        "\\\\elsewhere.test",
        "javascript:alert(1)",
        "/\t/elsewhere.test",
        "referrals",
        "/sign-out",
        "/" + "a" * 2000,
    ],
)
async def test_nobody_is_led_to_another_site_after_signing_in(browser: Opens, world: World, elsewhere: str) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")

    answer = await browser().sign_in("ADA", next=elsewhere)

    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_signing_out_ends_the_session_in_the_house_and_not_only_in_the_browser(
    browser: Opens, world: World
) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()
    await someone.sign_in("ADA")
    token = someone.client.cookies[cookie_name(secure=True)]
    await someone.get("/")

    left = await someone.post("/sign-out", {})

    assert left.headers["location"] == "/sign-in?done=signed-out"
    someone.client.cookies.set(cookie_name(secure=True), token, domain="homeward.test")
    assert (await someone.get("/")).headers["location"] == "/sign-in?next=%2F"


async def test_a_get_never_signs_out(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()
    await someone.sign_in("ADA")

    assert (await someone.get("/sign-out")).status_code == 405
    assert (await someone.get("/")).status_code == 200


async def test_who_must_change_the_password_finds_no_other_page_before(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA", must_change=True)
    someone = browser()

    assert (await someone.sign_in("ADA", next="/trail")).headers["location"] == "/password?next=%2Ftrail"
    assert (await someone.get("/trail")).headers["location"] == "/password?next=%2Ftrail"
    assert (await someone.get("/password?next=/trail")).status_code == 200
    fields = {"currentPassword": PASSWORD, "newPassword": "Better-Horse-8", "again": "Better-Horse-8", "next": "/trail"}
    assert (await someone.post("/password", fields)).headers["location"] == "/trail"
    assert (await someone.get("/trail")).headers["location"] == "/statement?next=%2Ftrail"
    await someone.accept()

    assert (await someone.get("/trail")).status_code == 200
    assert (await browser().sign_in("ADA", "Better-Horse-8")).headers["location"] == "/"


@pytest.mark.parametrize(
    ("current", "new", "again", "field", "sentence"),
    [
        ("Wrong-Horse-7", "Better-Horse-8", "Better-Horse-8", "currentPassword", "The current password is not right."),
        (PASSWORD, "Bet-r8", "Bet-r8", "newPassword", "Use at least 7 characters."),
        (PASSWORD, PASSWORD, PASSWORD, "newPassword", "not one of your last 24"),
        (PASSWORD, "Better-Horse-8", "Better-Horse-9", "again", "not the same"),
    ],
)
async def test_a_new_password_that_will_not_do_is_refused_next_to_its_field(
    browser: Opens, world: World, current: str, new: str, again: str, field: str, sentence: str
) -> None:
    await world.user(Role.AUDITOR, user_id="ADA")
    someone = browser()
    await someone.sign_in("ADA")
    await someone.get("/password")

    answer = await someone.post("/password", {"currentPassword": current, "newPassword": new, "again": again})

    assert answer.status_code == 422
    assert sentence in someone.text
    assert f'id="{field}-wrong"' in someone.page
    assert not any(typed in someone.page for typed in (current, new, again))
    assert (await browser().sign_in("ADA")).status_code == 303


async def test_the_demonstration_offers_its_accounts_by_role_and_one_press_signs_in(
    browser: Opens, world: World
) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    accounts = [
        DemoAccount("ADA", PASSWORD, "Ada Example", ("ADMINISTRATOR",), "Central office"),
        DemoAccount("LOU", "x", "Lou Example", ("LSO",), "A home", note="locked", signs_in=False),
    ]
    someone = browser(accounts=accounts)
    await someone.get("/sign-in")
    assert (
        "System administrator of Homeward See that the house runs: letters, timed duties, the trail. Ada Example"
        in someone.text
    )
    assert (
        "Not ready, on purpose Each is refused, or led elsewhere first: see why. Lou Example A home LOU locked"
        in someone.text
    )

    assert (await someone.post("/sign-in", {"demo": "ADA"})).headers["location"] == "/statement?next=%2F"
    await someone.accept()
    assert (await someone.get("/")).status_code == 200


async def test_without_a_demonstration_no_account_is_offered_or_taken(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()
    await someone.get("/sign-in")
    assert "Demonstration" not in someone.text

    assert (await someone.post("/sign-in", {"demo": "ADA"})).status_code == 401
    assert [entry.outcome for entry in await world.entries("account.sign_in")] == [Outcome.REFUSED]


async def test_a_link_on_another_site_opens_the_page_for_who_has_signed_in(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()

    step = await someone.get("/referrals/1001", sec_fetch_site="cross-site")

    assert step.status_code == 200
    assert '<meta http-equiv="refresh" content="0;url=/referrals/1001">' in someone.page
    assert (await someone.get("/referrals/1001", sec_fetch_site="same-origin")).status_code == 303


async def test_after_15_idle_minutes_the_person_signs_in_again(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    someone = browser()
    await someone.sign_in("ADA")

    world.clock.forward(minutes=14)
    assert (await someone.get("/")).status_code == 200
    world.clock.forward(minutes=15)

    assert (await someone.get("/")).headers["location"] == "/sign-in?next=%2F"


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 422),
        ("multipart/form-data; boundary=x", b"--x--", 422),
        ("application/x-www-form-urlencoded", b"userId=" + b"a" * 20_000, 429),
        ("application/x-www-form-urlencoded", b"userId=%ff", 422),
        ("application/x-www-form-urlencoded", "userId=ä".encode(), 422),
        ("application/x-www-form-urlencoded", b"a=1&" * 300, 422),
    ],
)
async def test_a_body_that_is_no_small_form_is_refused(browser: Opens, kind: str, body: bytes, status: int) -> None:
    someone = browser()

    answer = await someone.client.post("/sign-in", content=body, headers={"content-type": kind, "origin": HERE})

    assert answer.status_code == status


async def test_a_sign_in_form_without_the_cookie_of_a_browser_signs_nobody_in(browser: Opens, world: World) -> None:
    await world.user(Role.ADMINISTRATOR, user_id="ADA")
    answer = await browser().post("/sign-in", {"userId": "ADA", "password": PASSWORD}, csrf=form_token(""))
    assert answer.status_code == 403
    assert not await Session.exists()
