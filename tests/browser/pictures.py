"""Take the pictures of ``docs/screens`` anew: ``python -m tests.browser.pictures http://127.0.0.1:8000``.

It looks at a demonstration that runs (``make run``), as the people of its sign-in page, and changes nothing there.
"""

from __future__ import annotations

import asyncio
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
from playwright.async_api import Browser, async_playwright

from admin_ui import cookie_name
from homeward.demo import cast
from tests.browser.chromium import find
from tests.world.world import STATEMENT

SCREENS = Path(__file__).parents[2] / "docs" / "screens"
_TALLEST = 1600
"""Of a page that is longer the upper part says enough."""
_WIDE, _NARROW = 1280, 375


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as somebody sees it; ``then`` are links to follow from there, by what their addresses look like."""

    name: str
    who: str
    path: str
    then: tuple[str, ...] = ()
    look: str = "light"


_REFERRAL = (r"/referrals/\d+$",)
_PICTURES = (
    Picture("sign-in", "", "/sign-in"),
    Picture("help", cast.MARIGOLD_STAFF, "/help"),
    Picture("home-coordinator", cast.COORDINATOR, "/"),
    Picture("home-provider", cast.MARIGOLD_STAFF, "/"),
    Picture("home-security", cast.CHIEF_SECURITY_OFFICER, "/", look="dark"),
    Picture("notifications", cast.MARIGOLD_STAFF, "/notifications"),
    Picture("referrals", cast.COORDINATOR, "/referrals"),
    Picture("referrals-dark", cast.MARIGOLD_STAFF, "/referrals", look="dark"),
    Picture("referrals-narrow", cast.MARIGOLD_STAFF, "/referrals", look="narrow"),
    Picture("referral", cast.COORDINATOR, "/referrals", _REFERRAL),
    Picture("referral-print", cast.COORDINATOR, "/referrals", _REFERRAL, look="print"),
    Picture("referral-answer", cast.MARIGOLD_STAFF, "/referrals", (*_REFERRAL, r"/answer$")),
    Picture("referral-publish", cast.COORDINATOR, "/referrals", (*_REFERRAL, r"/publish$")),
    Picture("referral-receipts", cast.COORDINATOR, "/referrals", (*_REFERRAL, r"/receipts$")),
    Picture("silent-providers", cast.COORDINATOR, "/silent-providers"),
    Picture("providers", cast.PROVIDER_RELATIONS, "/providers"),
    Picture("provider", cast.MARIGOLD_STAFF, "/provider"),
    Picture("provider-dark", cast.MARIGOLD_STAFF, "/provider", look="dark"),
    Picture("contact-counties", cast.MARIGOLD_STAFF, "/provider", (r"/counties$",)),
    Picture("coverage", cast.COORDINATOR, "/coverage"),
    Picture("ending-contracts", cast.PROVIDER_RELATIONS, "/ending-contracts"),
    Picture("access-decision", cast.MARIGOLD_LSO, "/access-requests", (r"/access-requests/\d+$",)),
    Picture("access-wizard", cast.MARIGOLD_STAFF, "/access-requests/new"),
    Picture("access-request", cast.MARIGOLD_STAFF, "/access-requests", (r"/access-requests/\d+$",)),
    Picture("access-provisioning", cast.ITSD_PROVISIONING, "/provisioning"),
    Picture("access-form", cast.OA, "/forms", (r"/forms/\d+$",)),
    Picture("access-roles", cast.CHIEF_SECURITY_OFFICER, "/roles/incompatible"),
    Picture("access-user", cast.CHIEF_SECURITY_OFFICER, f"/accounts/{cast.MARIGOLD_SECOND}"),
    Picture("access-revoke", cast.MARIGOLD_LSO, f"/accounts/{cast.MARIGOLD_SECOND}/revoke"),
    Picture("access-officers", cast.PROVIDER_RELATIONS, "/lso/health"),
    Picture("access-incident", cast.CHIEF_SECURITY_OFFICER, "/incidents", (r"/incidents/\d+$",)),
    Picture("access-reset", cast.SUPPORT_DESK, "/resets", (r"/resets/\d+$",)),
    Picture("access-your-account", cast.MARIGOLD_STAFF, "/your-account"),
    Picture("open-duties", cast.PROVIDER_RELATIONS, "/open-duties"),
    Picture("obligation", cast.CHIEF_SECURITY_OFFICER, "/obligations", (r"/obligations/\d+$",)),
    Picture("obligations-year", cast.CHIEF_SECURITY_OFFICER, "/obligations/year"),
    Picture("provider-audit", cast.CHIEF_SECURITY_OFFICER, "/audits", (r"/audits/\d+$",)),
    Picture("ssa-report", cast.CHIEF_SECURITY_OFFICER, "/ssa", (r"/ssa/\d+$",)),
    Picture("timed-duties", cast.CHIEF_SECURITY_OFFICER, "/sweeps"),
    Picture("timed-duties-year", cast.CHIEF_SECURITY_OFFICER, "/sweeps/year"),
    Picture("dry-run", cast.ITSD_ACCOUNTS, "/sweeps/dry-run?name=inactivity"),
    Picture("policy", cast.CHIEF_SECURITY_OFFICER, "/policies?changed=yes", (r"/policies/[a-z_.]*[.][a-z_.]+$",)),
    Picture("activity-review-dark", cast.CHIEF_SECURITY_OFFICER, "/reviews/activity", (r"/activity/\d+$",), "dark"),
    Picture("review-of-a-user-id", cast.CHIEF_SECURITY_OFFICER, "/reviews/activity", (r"/activity/\d+$", r"/members/")),
    Picture("supervisor-question", cast.MARIGOLD_LSO, "/supervisor-questions", (r"/supervisor-questions/",)),
    Picture("trail", cast.AUDITOR, "/trail?act=referral.view"),
    Picture("access-log-dark", cast.AUDITOR, "/access-logs/referral?number=1006", look="dark"),
    Picture("seals", cast.AUDITOR, "/seals"),
    Picture("evidence", cast.AUDITOR, "/evidence", (r"/evidence/\d+$",)),
    Picture("break-glass", cast.CHIEF_SECURITY_OFFICER, "/break-glass/open"),
    Picture("outbox-letter", cast.ADMINISTRATOR, "/outbox", (r"/outbox/[0-9a-f-]{36}$",)),
    Picture("insight-counties", cast.CENTRAL_STAFF, "/insights/counties"),
    Picture("insight-counties-narrow", cast.CENTRAL_STAFF, "/insights/counties", look="narrow"),
    Picture("insight-declines", cast.CENTRAL_STAFF, "/insights/declines"),
    Picture("insight-time-dark", cast.CENTRAL_STAFF, "/insights/time", look="dark"),
    Picture("insight-waiting", cast.CENTRAL_STAFF, "/insights/waiting"),
)


async def take_all(site: str, folder: Path, chromium: str | None) -> None:
    """Take every picture, one after the other."""
    tokens: dict[str, str] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for picture in _PICTURES:
            if picture.who and picture.who not in tokens:
                tokens[picture.who] = await _sign_in(site, picture.who)
            await _take(browser, site, picture, tokens.get(picture.who), folder)
        await browser.close()


async def _sign_in(site: str, who: str) -> str:
    given = {"userId": who, "password": cast.DEMO_PASSWORD, "acceptStatement": STATEMENT}
    async with httpx.AsyncClient(base_url=site) as client:
        answer = (await client.post("/auth/sign-in", json=given)).raise_for_status()
    return str(answer.json()["token"])


async def _take(browser: Browser, site: str, picture: Picture, token: str | None, folder: Path) -> None:
    width = _NARROW if picture.look == "narrow" else _WIDE
    context = await browser.new_context(
        base_url=site,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        color_scheme="dark" if picture.look == "dark" else "light",
    )
    if token:
        await context.add_cookies([{"name": cookie_name(secure=False), "value": token, "url": site}])
    page = await context.new_page()
    if picture.look == "print":
        await page.emulate_media(media="print")
    await page.goto(picture.path)
    for link in picture.then:
        found = [href for href in await page.locator("main a").evaluate_all(_ADDRESSES) if re.search(link, href)]
        if not found:
            sys.exit(f"{picture.name}: no link on {page.url} looks like {link}")
        await page.goto(found[0])
    tall = min(_TALLEST, await page.evaluate("document.documentElement.scrollHeight"))
    await page.screenshot(
        path=folder / f"{picture.name}.png",
        full_page=True,
        clip={"x": 0, "y": 0, "width": width, "height": max(tall, 600)},
    )
    await context.close()


_ADDRESSES = "(links) => links.map((link) => link.getAttribute('href'))"


if __name__ == "__main__":
    asyncio.run(take_all(sys.argv[1], SCREENS, find()))
