"""Every page of the house, as every role finds it: pages are found by following the links, none is listed here.

A page that a room adds later is found and checked without a word here. All links of the navigation are followed, the
first row of each list, and every other link that leads to a kind of page that this person has not seen yet. What costs
a browser (accessibility in both schemes, the console, the narrow screen) is asked once of each kind of page, and again
when somebody's view of it holds an element that no page held before.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, ConsoleMessage, Page, Request

from admin_ui import cookie_name
from homeward.demo import cast
from homeward.demo.size import SMALL
from homeward.demo.world import build
from resolvers.callers import Desk
from resolvers.sessions import sign_in
from tests.browser.looking import check_accessible
from tests.world.clock import Clock
from tests.world.world import STATEMENT

PEOPLE = cast.CAST[: cast.CAST.index(cast.EXPIRED)]
"""Those of the cast who are ready to work: every role is among them."""
AT_THE_DOOR = ("/sign-in", "/cannot-sign-in", "/help")
MOST_BYTES = 50 * 1024

_VARIABLE = re.compile(r"(?<=/)(?:\d+|[0-9a-f]{8}-[0-9a-f-]{27}|[^/]*[A-Z.%@_][^/]*)(?=/|$)")
"""What differs between two records in an address: numbers, keys, user IDs and codes."""

_NOT_PAGES = re.compile(r"/static/|/graphql|/events$|/html$|/export$|\.(?:csv|pdf|ics|xlsx)$")


@pytest_asyncio.fixture(loop_scope="session")
async def accounts(database: str, desk: Desk, clock: Clock, tmp_path: Path) -> AsyncIterator[None]:
    """The small demonstration world: every kind of record, in every state."""
    assert database
    await build(desk, clock.now, tmp_path / "accounts.json", size=SMALL)
    yield


class Reading(HTMLParser):
    """What a page is made of, and where it leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.made_of: set[tuple[str, str]] = set()
        self.navigation: list[str] = []
        self.others: list[str] = []
        self._in_navigation = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; a link by where it stands."""
        found = {name: value or "" for name, value in attrs}
        self.made_of.add((tag, found.get("class", "")))
        if tag == "nav":
            self._in_navigation += 1
        if tag == "a" and "href" in found and "download" not in found:
            (self.navigation if self._in_navigation else self.others).append(found["href"])

    def handle_endtag(self, tag: str) -> None:
        """Leave the navigation."""
        if tag == "nav":
            self._in_navigation -= 1


@dataclass
class Walk:
    """What has been seen so far, and what was wrong."""

    site: str
    chromium: Browser
    looked: set[str] = field(default_factory=set)
    elements: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    found: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    async def by(self, person: str, token: str | None, starts: tuple[str, ...]) -> None:
        """Go through the house as one person."""
        cookies = {} if token is None else {cookie_name(secure=False): token}
        context = await self.chromium.new_context(base_url=self.site, reduced_motion="reduce")
        if token:
            await context.add_cookies([{"name": cookie_name(secure=False), "value": token, "url": self.site}])
        page = await context.new_page()
        page.on("console", lambda said: self._hear(person, page, said))
        page.on("pageerror", lambda error: self.wrong.append(f"{person} {page.url}: script: {error}"))
        page.on("request", lambda request: self._see(person, page, request))
        async with httpx.AsyncClient(base_url=self.site, cookies=cookies, follow_redirects=True) as client:
            waiting, known = list(starts), {kind_of(start) for start in starts}
            while waiting:
                path = waiting.pop(0)
                leads_to = await self._visit(person, path, client, page)
                for onward in leads_to:
                    kind = kind_of(onward)
                    if kind not in known and not _NOT_PAGES.search(kind):
                        known.add(kind)
                        waiting.append(onward)
        await context.close()

    async def _visit(self, person: str, path: str, client: httpx.AsyncClient, page: Page) -> list[str]:
        async with client.stream("GET", path) as answer:
            text = (await answer.aread()).decode()
            size = answer.num_bytes_downloaded
        kind = kind_of(path)
        self.found[kind].add(person)
        where = f"{person} {path}"
        policy = answer.headers.get("content-security-policy", "")
        if answer.status_code != httpx.codes.OK:
            self.wrong.append(f"{where}: {answer.status_code}")
        if not policy or re.search(r"unsafe-|https?:|\*", policy):
            self.wrong.append(f"{where}: the policy is {policy!r}")
        if size > MOST_BYTES:
            self.wrong.append(f"{where}: {size:,} bytes")
        read = Reading(text)
        if kind not in self.looked or not read.made_of <= self.elements:
            self.looked.add(kind)
            self.elements |= read.made_of
            await page.goto(path)
            try:
                await check_accessible(page)
            except AssertionError as fault:
                self.wrong.append(f"{where}: {fault}")
        here = str(answer.url)
        links = [urlsplit(urljoin(here, link)) for link in [*read.navigation, *read.others]]
        return [
            f"{link.path}?{link.query}" if link.query else link.path
            for link in links
            if f"{link.scheme}://{link.netloc}" == self.site
        ]

    def _hear(self, person: str, page: Page, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.wrong.append(f"{person} {page.url}: {said.text}")

    def _see(self, person: str, page: Page, request: Request) -> None:
        if not request.url.startswith((self.site, "data:", "about:", "blob:")):
            self.wrong.append(f"{person} {page.url} asks {request.url}")


def kind_of(path: str) -> str:
    """Say what kind of page an address leads to: the same for two records of one kind, whatever is asked of a list."""
    return _VARIABLE.sub("*", urlsplit(path).path)


@pytest.mark.usefixtures("accounts")
async def test_every_page_that_anybody_can_reach_works_is_accessible_small_and_asks_nobody_else(
    chromium: Browser, site: str, desk: Desk
) -> None:
    walk = Walk(site, chromium)
    signed = {
        user_id: await sign_in(desk, user_id, cast.DEMO_PASSWORD, device="test", request_id="test", accepts=STATEMENT)
        for user_id in PEOPLE
    }
    three = asyncio.Semaphore(3)

    async def go(person: str, token: str | None, starts: tuple[str, ...]) -> None:
        async with three:
            await walk.by(person, token, starts)

    await asyncio.gather(
        go("nobody", None, AT_THE_DOOR),
        *(go(user_id, one.token, ("/", "/profile", "/password")) for user_id, one in signed.items()),
    )

    assert not walk.wrong, "\n".join(sorted(walk.wrong))
    assert {"/", "/sign-in", "/referrals", "/referrals/*", "/trail", "/insights/counties"} <= set(walk.found)
    assert walk.found["/"] == set(PEOPLE)
