"""A browser to test with: cookies, forms sent with the token they were given, and what a page says."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape

import httpx

from admin_ui import AdminOffice
from tests.world.world import PASSWORD

HERE = "https://homeward.test"


@dataclass(frozen=True)
class Letter:
    """A letter as the demonstration's mail server would keep it."""

    received_at: datetime = datetime(2026, 3, 2, 15, 5, tzinfo=UTC)
    message_id: str = "<1@homeward.test>"
    sender: str = "homeward@homeward.test"
    recipients: tuple[str, ...] = ("contact@example.org",)
    subject: str = "Referral 1001 was published"
    text: str = "Open <the page> to answer."
    html: str = "<p>Open</p><script>alert(1)</script>"


class Browser:
    """One person's browser."""

    def __init__(self, office: AdminOffice, client: httpx.AsyncClient) -> None:
        self.office = office
        self.client = client
        self.page = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open an address, without following where it leads."""
        return self._keep(
            await self.client.get(path, headers={name.replace("_", "-"): headers[name] for name in headers})
        )

    async def post(
        self,
        path: str,
        fields: Mapping[str, str | list[str]],
        *,
        origin: str | None = HERE,
        csrf: str | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> httpx.Response:
        """Send a form with the token of the page last opened; with a file (its name, maybe none, and what it holds)."""
        token = self.form_token if csrf is None else csrf
        headers = {} if origin is None else {"origin": origin}
        sent = {**fields, "csrf": token}
        files = None if file is None else {"file": file}
        return self._keep(await self.client.post(path, data=sent, files=files, headers=headers))

    async def fill(self, path: str, fields: Mapping[str, str | list[str]] | None = None) -> httpx.Response:
        """Open a form, fill it in, and send it with all that it hides; what is asked for once more is confirmed."""
        await self.get(path)
        sent = {**self.hidden, **(fields or {})}
        answer = await self.post(path.partition("?")[0], sent)
        if answer.status_code == 200 and 'name="confirmed"' in self.page:
            answer = await self.post(path.partition("?")[0], {**sent, "confirmed": "yes"})
        return answer

    @property
    def hidden(self) -> dict[str, str]:
        """What the forms of the page hide, but the token of the session."""
        inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', self.page)
        return {name: unescape(value) for name, value in inputs if name != "csrf"}

    async def sign_in(
        self, user_id: str, password: str = PASSWORD, *, accepts: bool = True, **more: str
    ) -> httpx.Response:
        """Fill in the sign-in form and send it; unless said otherwise, accept the confidentiality statement too."""
        await self.get("/sign-in")
        answer = await self.post("/sign-in", {"userId": user_id, "password": password, **more})
        leads_there = answer.headers.get("location", "").startswith("/statement")
        return await self.accept(answer.headers["location"]) if accepts and leads_there else answer

    async def accept(self, statement: str = "/statement") -> httpx.Response:
        """Accept the confidentiality statement on its page."""
        await self.get(statement)
        fields = dict(re.findall(r'name="(next|version)" value="([^"]*)"', self.page))
        return await self.post("/statement", {name: unescape(value) for name, value in fields.items()})

    @property
    def form_token(self) -> str:
        """The token that the forms of the page carry."""
        found = re.search(r'name="csrf" value="([0-9a-f]*)"', self.page)
        return found[1] if found else ""

    @property
    def text(self) -> str:
        """What the page says, without its marks."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.page)).split())

    def rows(self) -> list[str]:
        """The rows of the page's first table."""
        body = self.page.partition("<tbody>")[2].partition("</tbody>")[0]
        return [" ".join(unescape(re.sub(r"<[^>]*>", " ", f"<{row}")).split()) for row in body.split("<tr")[1:]]

    def _keep(self, response: httpx.Response) -> httpx.Response:
        self.page = response.text
        return response


Opens = Callable[..., Browser]
"""Opens a browser at the sign-in page's side of the door."""

SignsIn = Callable[..., Awaitable[Browser]]
"""Opens a browser in which a person has signed in already."""
