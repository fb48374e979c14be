"""The GraphQL IDE in a browser, from files of our own: it works on a machine without a network.

GraphiQL talks with the cookie of the page session. An anonymous visitor gets a link to the sign-in page and no IDE.
The Content-Security-Policy lets only the page's own scripts run (by nonce) and nothing be loaded from elsewhere.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import secrets
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

_FOLDER = Path(__file__).with_name("ide")
_FILES = {
    "react_js": "react.production.min.js",
    "react_dom_js": "react-dom.production.min.js",
    "graphiql_js": "graphiql.min.js",
    "graphiql_css": "graphiql.min.css",
    "explorer_js": "graphiql-explorer.umd.js",
    "explorer_css": "graphiql-explorer.css",
    "ide_js": "ide.js",
    "ide_css": "ide.css",
}
_MEDIA_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class GraphiQL:
    """The page at the endpoint's address, with the given tabs open at first.

    A tab is its title, its document and its variables as JSON text.
    """

    def __init__(
        self, tabs: Sequence[tuple[str, str, str]] = (), *, path: str = "/graphql", sign_in: str = "/sign-in"
    ) -> None:
        self.path = path
        self.sign_in = f"{sign_in}?next={quote(path, safe='/')}"
        # GraphiQL titles a tab by its operation's name, so the title goes on the first line.
        self.tabs = [
            {"query": f"# {title}\n\n{query.strip()}\n", "variables": variables} for title, query, variables in tabs
        ]

    def page(self, request: Request, *, signed_in: bool) -> Response:
        """Render the IDE, or for an anonymous visitor the way to the sign-in page."""
        addresses = {key: f"{self.path}/ide/{name}?v={_version(name)}" for key, name in _FILES.items()}
        nonce = secrets.token_urlsafe(18)
        # ``<`` would end the data block early, whatever a tab holds.
        config = orjson.dumps({"url": self.path, "tabs": self.tabs}).decode().replace("<", "\\u003c")
        html = _template("page.html" if signed_in else "sign_in.html").substitute(
            addresses, nonce=nonce, config=config, sign_in=escape(self.sign_in)
        )
        headers = {
            "content-security-policy": _policy(nonce, request),
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
        }
        return HTMLResponse(html, headers=headers)

    def routes(self, path: str) -> list[BaseRoute]:
        """Give the route of the page's files."""
        return [Route(f"{path}/ide/{{name}}", self.file, methods=["GET"])]

    async def file(self, request: Request) -> Response:
        """Answer one of the page's files, to be kept for a year: its address holds its version."""
        name = request.path_params["name"]
        if name not in _FILES.values():
            return Response("Not found", 404, media_type="text/plain")
        headers = {
            "content-type": _MEDIA_TYPES[Path(name).suffix],
            "cache-control": "public, max-age=31536000, immutable",
            "x-content-type-options": "nosniff",
            "vary": "accept-encoding",
        }
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(await asyncio.to_thread(_content, name), headers=headers)
        compressed = await asyncio.to_thread(_compressed, name)
        return Response(compressed, headers={**headers, "content-encoding": "gzip"})


def _policy(nonce: str, request: Request) -> str:
    socket = f"{'wss' if request.url.scheme == 'https' else 'ws'}://{request.url.netloc}"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce}'",
            # GraphiQL's editor and menus place themselves by styles that they write.
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src data:",
            f"connect-src 'self' {socket}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


@cache
def _template(name: str) -> Template:
    return Template((_FOLDER / name).read_text(encoding="utf-8"))


@cache
def _content(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


@cache
def _compressed(name: str) -> bytes:
    return gzip.compress(_content(name), mtime=0)


@cache
def _version(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]
