"""Walk through the house along its links, as one person after the other, and look at every page that is new.

Pages are found, none is listed: all links of the navigation, the first row of each list, and every other link that
leads to a kind of page that this person has not seen yet. What every page promises (it works, it is small, its content
policy is strict) is asked of each; what costs a browser (accessibility in light and dark, the console, the narrow
screen) of each template once, and again where a page holds a kind of element that no page held before.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urljoin, urlsplit

import httpx
from jinja2 import Template
from playwright.async_api import Browser, ConsoleMessage, Page, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from admin_ui import cookie_name
from tests.browser.looking import AXE, check_accessible, shoot

MOST_BYTES = 50 * 1024
TEMPLATES = Path(__file__).parents[2] / "admin_ui" / "templates"

_TEMPLATE = "x-template"
_VARIABLE = re.compile(r"(?<=/)(?:\d+|\d{4}-\d\d-\d\d|[0-9a-f]{8}-[0-9a-f-]{27}|[^/]*[A-Z.%@_][^/]*)(?=/|$)")
"""What differs between two records in an address: numbers, days, keys, user IDs and codes."""

_NOT_PAGES = re.compile(r"/static/|/graphql|/events$|/html$|/print$|/export$|\.(?:csv|pdf|ics|txt|xlsx)$")
_TAG = re.compile(r"""<(/?)([a-z][a-z0-9]*)((?:[^>"']|"[^"]*"|'[^']*')*)>""")
_ATTRIBUTE = re.compile(r"""\b(class|href)="([^"]*)\"""")
_drawn: ContextVar[list[str]] = ContextVar("drawn")


def page_templates() -> set[str]:
    """Name the templates of whole pages, but those that others extend."""
    sources = {str(path.relative_to(TEMPLATES)): path.read_text() for path in TEMPLATES.rglob("*.html")}
    pages = {name for name, source in sources.items() if "{% extends" in source}
    return pages - {parent for source in sources.values() for parent in re.findall(r"{% extends '([^']+)'", source)}


@contextmanager
def telling_templates() -> Iterator[None]:
    """Let Jinja note which templates are drawn, for :class:`Telling`."""
    draw = Template.render

    def noting(template: Template, *given: Any, **more: Any) -> str:
        _drawn.get([]).append(template.name or "")
        return draw(template, *given, **more)

    with patch.object(Template, "render", noting):
        yield


class Telling:
    """The app, with a header on each answer that says from which template it was drawn."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        drawn: list[str] = []
        _drawn.set(drawn)

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and drawn:
                message["headers"] = [*message.get("headers", ()), (_TEMPLATE.encode(), drawn[-1].encode())]
            await send(message)

        await self.app(scope, receive, tell)


class Reading:
    """What a page is made of, and where it leads: the links of the navigation first."""

    def __init__(self, text: str) -> None:
        self.made_of: set[tuple[str, str]] = set()
        self.navigation: list[str] = []
        self.others: list[str] = []
        depth = 0
        for end, tag, attributes in _TAG.findall(text):
            if tag == "nav":
                depth += -1 if end else 1
            if end:
                continue
            found = dict(_ATTRIBUTE.findall(attributes))
            self.made_of.add((tag, found.get("class", "")))
            if tag == "a" and "href" in found and "download" not in attributes:
                (self.navigation if depth else self.others).append(unescape(found["href"]))


@dataclass
class Walk:
    """What has been seen so far, and what was wrong."""

    site: str
    chromium: Browser
    looked: set[str] = field(default_factory=set)
    elements: set[tuple[str, str]] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    found: set[str] = field(default_factory=set)
    persons: dict[Page, str] = field(default_factory=dict)

    async def by(self, page: Page, person: str, token: str | None, *starts: str) -> None:
        """Go through the house as one person, in a tab that others have used before."""
        cookies = {} if token is None else {cookie_name(secure=False): token}
        self.persons[page] = person
        await page.context.clear_cookies()
        if token:
            await page.context.add_cookies([{"name": cookie_name(secure=False), "value": token, "url": self.site}])
        async with httpx.AsyncClient(base_url=self.site, cookies=cookies, follow_redirects=True) as client:
            waiting, known = [(start, "the address line") for start in starts], {kind_of(start) for start in starts}
            while waiting:
                path, since = waiting.pop(0)
                for onward in await self._visit(f"{person} {path} from {since}", path, client, page):
                    kind = kind_of(onward)
                    if kind not in known and not _NOT_PAGES.search(urlsplit(onward).path):
                        known.add(kind)
                        waiting.append((onward, path))

    @asynccontextmanager
    async def tab(self) -> AsyncIterator[Page]:
        """Open a tab to walk in: what it has loaded once, such as the stylesheet, it keeps."""
        context = await self.chromium.new_context(base_url=self.site, reduced_motion="reduce")
        await context.add_init_script(AXE)
        page = await context.new_page()
        page.on("console", lambda said: self._hear(page, said))
        page.on("pageerror", lambda error: self.wrong.append(f"{self.persons[page]} {page.url}: script: {error}"))
        page.on("request", lambda request: self._see(page, request))
        yield page
        await context.close()

    async def _visit(self, where: str, path: str, client: httpx.AsyncClient, page: Page) -> list[str]:
        async with client.stream("GET", path) as answer:
            text = (await answer.aread()).decode()
            size = answer.num_bytes_downloaded
        self.found.add(kind_of(path))
        policy = answer.headers.get("content-security-policy", "")
        if answer.status_code != httpx.codes.OK:
            self.wrong.append(f"{where}: {answer.status_code}")
        if not policy or re.search(r"unsafe-|https?:|\*", policy):
            self.wrong.append(f"{where}: the policy is {policy!r}")
        if size > MOST_BYTES:
            self.wrong.append(f"{where}: {size:,} bytes")
        read, template = Reading(text), answer.headers.get(_TEMPLATE, "")
        if template not in self.looked or not read.made_of <= self.elements:
            self.looked.add(template)
            self.elements |= read.made_of
            await self._look(where, path, page)
        links = [urlsplit(urljoin(str(answer.url), link)) for link in [*read.navigation, *read.others]]
        return [
            f"{link.path}?{link.query}" if link.query else link.path
            for link in links
            if f"{link.scheme}://{link.netloc}" == self.site
        ]

    async def _look(self, where: str, path: str, page: Page) -> None:
        await page.goto(path)
        try:
            await check_accessible(page)
        except AssertionError as fault:
            self.wrong.append(f"{where}: {fault}")
        await shoot(page, re.sub(r"\W+", "-", f"{where.partition(' ')[0]}-{kind_of(path)}").strip("-").lower())

    def _hear(self, page: Page, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.wrong.append(f"{self.persons[page]} {page.url}: {said.text}")

    def _see(self, page: Page, request: Request) -> None:
        if not request.url.startswith((self.site, "data:", "about:", "blob:")):
            self.wrong.append(f"{self.persons[page]} {page.url} asks {request.url}")


def kind_of(path: str) -> str:
    """Say what kind of page an address leads to: the same for two records of one kind, whatever is asked of a list."""
    return _VARIABLE.sub("*", urlsplit(path).path)
