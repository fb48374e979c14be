"""The door of every page: who comes in, which forms are taken, and how a no or a fault is shown, in one place."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from admin_ui.file_forms import FileForm, SentFile, read_file_form
from admin_ui.forms import LARGEST_FORM, Fields, address, local_path, read_form
from admin_ui.office import AdminOffice
from admin_ui.page_session import (
    FORM_FIELD,
    check_form,
    check_same_origin,
    form_token,
    page_caller,
    session_token,
)
from admin_ui.rendering import DONE, STRICT_POLICY, guarded, packed, render
from admin_ui.rooms import groups_of
from resolvers.callers import Caller
from resolvers.house_state import ThreatView, current_threat
from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal, TooMany, Unauthenticated
from rules.threat import ADVICE, is_raised

_log = structlog.get_logger("homeward.pages")

_STATUS: dict[type[Refusal], tuple[int, str]] = {
    Denied: (403, "Not allowed"),
    NotFound: (404, "Not found"),
    Conflict: (409, "Not any more"),
    Invalid: (422, "Please check"),
    TooMany: (429, "Too much at once"),
}


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a person who has signed in."""

    office: AdminOffice
    request: Request
    caller: Caller
    token: str
    fields: Fields = field(default_factory=Fields)
    file: SentFile | None = None

    @property
    def csrf(self) -> str:
        """The token that a form of this session carries."""
        return form_token(self.token)

    def show(
        self,
        template: str,
        *,
        status: int = 200,
        policy: str = STRICT_POLICY,
        refusal: Refusal | None = None,
        **more: object,
    ) -> Response:
        """Render a page for this person; with a refusal its sentence, under its status."""
        if refusal is not None:
            status, _ = status_of(refusal)
        context = frame(self.office, self.request, self.caller, form_token(self.token))
        return render(template, {**context, "refusal": refusal, **more}, status=status, policy=policy)


Show = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def door(
    office: AdminOffice,
    show: Show,
    *,
    at_the_door: bool = False,
    takes_file: bool = False,
    largest: int = LARGEST_FORM,
) -> Endpoint:
    """Make a page an endpoint: only for who has signed in, forms only from our own pages, every no in its form."""

    async def enter(request: Request) -> Response:
        token, caller = session_token(office, request), await page_caller(office, request, request_id_of(request))
        if token is None or caller is None:
            return _to_sign_in(office, request)
        fields, form = Fields.of(request.query_params), None
        if request.method == "POST":
            check_same_origin(office, request)
            if takes_file:
                form = await read_file_form(request, largest)
            fields = form.fields if form else await read_form(request, largest)
            check_form(token, fields.raw(FORM_FIELD))
        if caller.actor.must_change_password and not at_the_door:
            return go_to(address("/password", {"next": _next_of(request)}))
        if caller.actor.must_accept_statement and not at_the_door:
            return go_to(address("/statement", {"next": _next_of(request)}))
        request.state.threat = await current_threat()
        visit = Visit(office, request, caller, token, fields, form.file if form else None)
        try:
            return await _shown(show, visit, form)
        except Unauthenticated:
            return _to_sign_in(office, request)
        except Refusal as refusal:
            return visit.show("answers/refusal.html", refusal=refusal, heading=status_of(refusal)[1])

    return answered(office, enter)


async def _shown(show: Show, visit: Visit, form: FileForm | None) -> Response:
    answer = await show(visit)
    if form is not None:
        await form.finish()
    return answer


def answered(office: AdminOffice, endpoint: Endpoint) -> Endpoint:
    """Answer whatever happens with a page: a refusal with its sentence, a fault with the request id only."""

    async def answer(request: Request) -> Response:
        request_id = request_id_of(request)
        try:
            response = await endpoint(request)
        except ClientDisconnect:
            raise
        except Refusal as refusal:
            status, heading = status_of(refusal)
            context = frame(office, request)
            response = render(
                "answers/refusal.html", {**context, "refusal": refusal, "heading": heading}, status=status
            )
        except Exception:  # noqa: BLE001 - the last door: masked for the person, told to the log
            _log.exception("page.failed", request_id=request_id, method=request.method)
            response = render("answers/fault.html", frame(office, request), status=500)
        response.headers["x-request-id"] = request_id
        return packed(request, response)

    return answer


async def missing_page(office: AdminOffice, request: Request) -> Response:
    """Answer an address that leads nowhere."""
    refusal = NotFound("There is no such page.")
    context = frame(office, request)
    return render("answers/refusal.html", {**context, "refusal": refusal, "heading": "Not found"}, status=404)


def status_of(refusal: Refusal) -> tuple[int, str]:
    """Give the HTTP status of a refusal and the heading of its page."""
    return _STATUS.get(type(refusal), (401, "Please sign in"))


def frame(office: AdminOffice, request: Request, caller: Caller | None = None, csrf: str = "") -> dict[str, Any]:
    """Give what the frame around every page needs; whoever has signed in is told of a raised threat level."""
    threat: ThreatView | None = getattr(request.state, "threat", None)
    return {
        "title": office.title,
        "demo": office.postbox is not None,
        "caller": caller,
        "csrf": csrf,
        "nonce": office.desk.secrets.token(),
        "path": request.url.path,
        "groups": groups_of(caller, postbox=office.postbox is not None),
        "request_id": request_id_of(request),
        "done": DONE.get(request.query_params.get("done", "")),
        "refusal": None,
        "shown_until": "",
        "threat": threat if threat is not None and is_raised(threat.level) else None,
        "advice": ADVICE,
    }


def go_to(path: str) -> Response:
    """Send the browser on with a GET."""
    return guarded(RedirectResponse(path, status_code=303))


def request_id_of(request: Request) -> str:
    """Give the request's id: the one it was given on its way in, else a new one."""
    if getattr(request.state, "request_id", None) is None:
        request.state.request_id = uuid4().hex
    return str(request.state.request_id)


def _next_of(request: Request) -> str:
    """Give the address to come back to; a form that was not taken is not sent again."""
    path = request.url.path
    if request.method == "GET" and request.url.query:
        path = f"{path}?{request.url.query}"
    return local_path(path)


def _to_sign_in(office: AdminOffice, request: Request) -> Response:
    if request.method == "GET" and request.headers.get("sec-fetch-site") == "cross-site":
        # Our cookie does not travel with a link on another site, such as web mail; with a step of our own it does.
        return render("answers/step.html", {**frame(office, request), "onward": _next_of(request)})
    return go_to(address("/sign-in", {"next": _next_of(request) if request.method == "GET" else "/"}))
