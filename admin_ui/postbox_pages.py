"""The demonstration's mailbox: the letters that its mail server kept, for everybody to see; nothing leaves the machine.

Letters carry a referral number and nothing of a person, and demo mode offers every account on the sign-in page anyway,
so this page asks nobody to sign in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from admin_ui.doors import Endpoint, answered, frame, request_id_of
from admin_ui.office import AdminOffice, PostboxLetter
from admin_ui.page_session import form_token, page_caller, session_token
from admin_ui.rendering import FRAMING_POLICY, LETTER_POLICY, STRICT_POLICY, guarded, render
from rules.errors import NotFound

_LISTED = 200

Postbox = Callable[[int], Sequence[PostboxLetter]]


def postbox_door(office: AdminOffice, postbox: Postbox) -> Endpoint:
    """Make the list of letters, the latest first."""

    async def enter(request: Request) -> Response:
        letters = await run_in_threadpool(postbox, _LISTED)
        listed = [(key_of(letter), letter) for letter in letters]
        return await _show(office, request, "postbox/letters.html", letters=listed, limit=_LISTED)

    return answered(office, enter)


def letter_door(office: AdminOffice, postbox: Postbox) -> Endpoint:
    """Make the page of one letter: its text, and its HTML in a frame that can do nothing."""

    async def enter(request: Request) -> Response:
        letter = await _find(postbox, request)
        return await _show(
            office, request, "postbox/letter.html", policy=FRAMING_POLICY, letter=letter, key=key_of(letter)
        )

    return answered(office, enter)


def letter_html_door(office: AdminOffice, postbox: Postbox) -> Endpoint:
    """Make the frame's content: the letter's HTML as it came, sandboxed by its own policy."""

    async def enter(request: Request) -> Response:
        letter = await _find(postbox, request)
        return guarded(HTMLResponse(letter.html), LETTER_POLICY)

    return answered(office, enter)


def key_of(letter: PostboxLetter) -> str:
    """Name a letter in an address."""
    return hashlib.sha256(f"{letter.received_at.isoformat()} {letter.message_id}".encode()).hexdigest()[:16]


async def _find(postbox: Postbox, request: Request) -> PostboxLetter:
    wanted = request.path_params["key"]
    for letter in await run_in_threadpool(postbox, _LISTED):
        if key_of(letter) == wanted:
            return letter
    raise NotFound("There is no such letter among the latest.", code="LETTER_NOT_FOUND")


async def _show(
    office: AdminOffice, request: Request, template: str, policy: str = STRICT_POLICY, **more: object
) -> Response:
    caller = await page_caller(office, request, request_id_of(request))
    token = session_token(office, request)
    context = frame(office, request, caller, form_token(token) if caller and token else "")
    return render(template, {**context, **more}, policy=policy)
