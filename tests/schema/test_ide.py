"""The GraphQL IDE in a browser: offline, for signed-in people, and unable to run anybody else's script."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import shutil
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest
import toy
from playwright.async_api import Page, async_playwright
from starlette.applications import Starlette
from toy_house import house

from schema.ide import GraphiQL
from schema.transport import GraphQLEndpoint

TABS = [
    ("1. Say hello", "query Hello { hello whoami }", "{}"),
    ("2. Hear barks", "subscription Barks($n: Int!) { barks(upTo: $n) }", '{"n": 4}'),
    ("3. Trouble", "query Trouble { hello # </script><script>alert(1)</script>\n}", "{}"),
]
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SIGNED_IN = {**BROWSER, "cookie": "session=ada-1"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def client(ide: GraphiQL | None) -> httpx.AsyncClient:
    app = Starlette(routes=GraphQLEndpoint(toy.toy_schema(), toy.ToyCallers(), ide=ide).routes())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://homeward.test")


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with client(GraphiQL(TABS)) as open_client:
        yield open_client


class Tags(HTMLParser):
    """Collect the tags of a page and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] and self.tags[-1][0] == "script" and data.strip():
            self.texts.append(data)


async def test_a_signed_in_browser_gets_the_ide_with_its_tabs(http: httpx.AsyncClient) -> None:
    page = await http.get("/graphql", headers=SIGNED_IN)

    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    (config,) = Tags(page.text).texts
    assert json.loads(config)["tabs"][1] == {
        "query": "# 2. Hear barks\n\nsubscription Barks($n: Int!) { barks(upTo: $n) }\n",
        "variables": '{"n": 4}',
    }


@pytest.mark.parametrize("cookie", [{}, {"cookie": "session=nobody"}, {"cookie": "session=expired-password"}])
async def test_an_anonymous_browser_is_only_shown_where_to_sign_in(
    http: httpx.AsyncClient, cookie: dict[str, str]
) -> None:
    page = await http.get("/graphql", headers={**BROWSER, **cookie})

    assert 'href="/sign-in?next=/graphql"' in page.text
    assert not [tag for tag, _ in Tags(page.text).tags if tag == "script"]


async def test_a_fault_behind_the_page_is_masked(http: httpx.AsyncClient) -> None:
    page = await http.get("/graphql", headers={**BROWSER, "cookie": "session=bug"})

    assert page.status_code == 500
    assert "secret" not in page.text


async def test_every_script_has_the_nonce_of_its_own_page_and_nothing_else_may_run(http: httpx.AsyncClient) -> None:
    pages = [await http.get("/graphql", headers=SIGNED_IN) for _ in range(2)]

    nonces = []
    for page in pages:
        policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
        scripts = [attrs for tag, attrs in Tags(page.text).tags if tag == "script"]
        (nonce,) = {attrs["nonce"] for attrs in scripts if attrs.get("type") != "application/json"}
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == f"'nonce-{nonce}'"
        assert policy["connect-src"] == "'self' ws://homeward.test"
        assert policy["frame-ancestors"] == "'none'"
        assert len(scripts) == 6
        nonces.append(nonce)
    assert nonces[0] != nonces[1]


async def test_nothing_of_the_page_is_elsewhere_and_all_of_it_is_here(http: httpx.AsyncClient) -> None:
    page = await http.get("/graphql", headers=SIGNED_IN)

    tags = Tags(page.text).tags
    addresses = [
        str(attrs.get("src") or attrs.get("href")) for _, attrs in tags if attrs.get("src") or attrs.get("href")
    ]
    files = [address for address in addresses if address != "data:,"]
    assert len(files) == 8
    for address in files:
        assert re.fullmatch(r"/graphql/ide/[\w.-]+\?v=[0-9a-f]{12}", address)
        file = await http.get(address)
        assert file.status_code == 200
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.headers["content-type"].startswith("text/javascript" if ".js?" in address else "text/css")


@pytest.mark.parametrize("encoding", ["gzip, br", "identity"])
async def test_a_file_is_the_same_compressed_or_not(http: httpx.AsyncClient, encoding: str) -> None:
    file = await http.get("/graphql/ide/ide.js", headers={"accept-encoding": encoding})

    assert file.headers.get("content-encoding") == ("gzip" if "gzip" in encoding else None)
    assert b"GraphiQL.createFetcher" in file.content


@pytest.mark.parametrize("name", ["page.html", "LICENSES.txt", "nothing.js", "..%2fide.py", "%2e%2e/ide.py"])
async def test_no_other_file_is_given_out(http: httpx.AsyncClient, name: str) -> None:
    assert (await http.get(f"/graphql/ide/{name}")).status_code == 404


async def test_a_program_that_queries_by_get_gets_no_page(http: httpx.AsyncClient) -> None:
    token = {"authorization": "Bearer ada-1"}

    answered = await http.get("/graphql", params={"query": "{hello}"}, headers={**token, **BROWSER})
    asked_for_json = await http.get("/graphql", headers={**token, "accept": "application/json"})

    assert answered.json() == {"data": {"hello": "hello"}}
    assert asked_for_json.status_code == 400


async def test_a_house_without_an_ide_has_no_page() -> None:
    async with client(None) as http:
        assert (await http.get("/graphql", headers=BROWSER)).status_code == 401
        assert (await http.get("/graphql/ide/ide.js")).status_code == 404


def test_every_vendored_file_is_the_one_whose_licence_is_told() -> None:
    folder = Path(__file__).parents[2] / "schema" / "ide"
    told = (folder / "LICENSES.txt").read_text(encoding="utf-8")
    vendored = [
        path
        for path in folder.iterdir()
        if path.name.split(".", 1)[0] in ("graphiql", "graphiql-explorer", "react", "react-dom")
    ]

    assert len(vendored) == 6
    for path in vendored:
        assert path.name in told
        assert hashlib.sha256(path.read_bytes()).hexdigest() in told


async def shown(page: Page, text: str) -> None:
    await page.locator(".result-window", has_text=text).wait_for(timeout=30_000)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine")
async def test_the_ide_queries_and_subscribes_in_a_browser_without_a_network() -> None:
    async with house(ide=GraphiQL(TABS)) as home, async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
        )
        context = await browser.new_context()
        await context.add_cookies([{"name": "session", "value": "ada-1", "url": str(home.origin)}])
        page = await context.new_page()
        complaints: list[str] = []
        asked: list[str] = []
        page.on("console", lambda line: complaints.append(line.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))

        await page.goto(f"{home.origin}/graphql")
        await page.click(".graphiql-execute-button")
        await shown(page, '"whoami": "ada by ada-1"')
        await page.get_by_role("tab", name="Barks").click()
        # GraphiQL finds out which operation a tab holds a moment after it is shown.
        async with asyncio.timeout(30):
            while await page.evaluate("sessionStorage.getItem('graphiql:operationName')") != "Barks":
                await asyncio.sleep(0.01)
        await page.click(".graphiql-execute-button")
        await shown(page, '"barks": "3"')
        kept = await page.evaluate("Object.keys(localStorage)")
        await browser.close()

    assert complaints == []
    assert [url for url in asked if not url.startswith(str(home.origin))] == []
    assert kept == []
