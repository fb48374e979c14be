"""The pages as a browser meets them: the real app over the real database, forms sent as they were given."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

import httpx
import pytest
from starlette.applications import Starlette

from admin_ui import AdminOffice, DemoAccount, admin_routes, cookie_name
from orm.models import User
from resolvers.callers import Caller, Desk
from resolvers.outbox import ClaimedLetter
from resolvers.sessions import sign_in
from tests.admin_ui.browser import HERE, Browser, Letter, Opens, SignsIn
from tests.world.world import PASSWORD, STATEMENT, World
from workers.letters import LetterFacts, Rendered, render


@pytest.fixture
def office(desk: Desk) -> AdminOffice:
    """An office in production's manner, without a demonstration."""

    def write(letter: ClaimedLetter) -> Rendered:
        return render(LetterFacts.of(letter, HERE))

    return AdminOffice(desk=desk, secure_cookies=True, letter_writer=write)


@pytest.fixture
async def browser(office: AdminOffice, database: str) -> AsyncIterator[Opens]:
    """Open browsers; each has cookies of its own."""
    assert database
    async with AsyncExitStack() as open_ones:

        def opens(
            base: str = HERE,
            accounts: Sequence[DemoAccount] | None = None,
            letters: Sequence[Letter] | None = None,
            secure: bool = True,
        ) -> Browser:
            ours = replace(
                office,
                secure_cookies=secure,
                demo_accounts=None if accounts is None else lambda: accounts,
                postbox=None if letters is None else lambda count: letters[:count],
            )
            app = Starlette(routes=admin_routes(ours))
            client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base)
            open_ones.push_async_callback(client.aclose)
            return Browser(ours, client)

        yield opens


@pytest.fixture
def signed_in(browser: Opens, world: World) -> SignsIn:
    """Open a browser in which a person has signed in already."""

    async def open_for(person: Caller) -> Browser:
        opened = browser()
        user = await User.get(id=person.actor.person())
        signed_in = await sign_in(
            world.desk, user.user_id, PASSWORD, device="test", request_id="test", accepts=STATEMENT
        )
        opened.client.cookies.set(cookie_name(secure=True), signed_in.token, domain="homeward.test")
        return opened

    return open_for
