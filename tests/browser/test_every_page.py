"""Every page of the house, as every role finds it: it works, is small, accessible in light and dark, and asks nobody.
A page that a room adds later is found and checked without a word here.
"""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from homeward.demo import cast
from homeward.demo.size import SMALL
from homeward.demo.world import build
from homeward.demo_accounts import ACCOUNTS
from homeward.demo_postbox import DemoPostbox
from resolvers.callers import Desk
from resolvers.sessions import sign_in
from tests.browser.walking import Walk, page_templates
from tests.world.clock import Clock
from tests.world.world import STATEMENT

_ALIKE = {cast.MARIGOLD_SECOND, cast.LANTERN_STAFF}
PEOPLE = [one for one in cast.CAST[: cast.CAST.index(cast.EXPIRED)] if one not in _ALIKE]
"""Those of the cast who are ready to work, but two who find the same as a colleague: every role is among them."""

MET_IN_STORIES = {
    "answers/refusal.html",
    "access/review.html",
    "access/roles.html",
    "access/secret.html",
    "audits/user_list.html",
    "calendar/link_made.html",
    "glass/one.html",
    "glass/referral.html",
    "seals/seal.html",
    "sign_on/address_confirmed.html",
    "sign_on/confirm_address.html",
}
"""What no link leads to, or what the small demonstration world does not hold: the stories beside look at it."""

NOT_LOOKED_AT = {"answers/fault.html", "answers/step.html"}
"""A fault has no address; the step goes on by itself before anybody could look."""


@pytest.fixture
def is_demo() -> bool:
    """The demonstration, so that its own pages are met, too."""
    return True


@pytest_asyncio.fixture(loop_scope="session")
async def accounts(database: str, desk: Desk, clock: Clock, tmp_path: Path) -> None:
    """The small demonstration world: every kind of record, in every state, and a letter that was caught."""
    assert database
    await build(desk, clock.now, tmp_path / ACCOUNTS, size=SMALL)
    postbox = DemoPostbox(tmp_path / "postbox")
    host, port = await postbox.start()
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "homeward@example.org", "ann@example.org", "Referral 1001"
    letter.set_content("Open the referral.")
    letter.add_alternative("<p>Open the referral.</p>", subtype="html")
    await aiosmtplib.send(letter, hostname=host, port=port)
    await postbox.stop()


@pytest.mark.usefixtures("accounts")
async def test_every_page_that_anybody_can_reach_works_is_accessible_small_and_asks_nobody_else(
    chromium: Browser, site: str, desk: Desk
) -> None:
    walk = Walk(site, chromium)
    waiting = list(PEOPLE)

    async def go() -> None:
        async with walk.tab() as page:
            while waiting:
                user_id = waiting.pop(0)
                signed = await sign_in(
                    desk, user_id, cast.DEMO_PASSWORD, device="test", request_id="test", accepts=STATEMENT
                )
                await walk.by(page, user_id, signed.token, "/", "/profile", "/password")

    async with walk.tab() as page:
        await walk.by(page, "nobody", None, "/sign-in", "/cannot-sign-in", "/help")
    # Two at once: one is looked at while the house answers the other.
    await asyncio.gather(go(), go())

    assert not walk.wrong, "\n".join(sorted(walk.wrong))
    assert {"/", "/sign-in", "/referrals", "/referrals/*", "/trail", "/insights/counties"} <= walk.found
    assert page_templates() - walk.looked == MET_IN_STORIES | NOT_LOOKED_AT
