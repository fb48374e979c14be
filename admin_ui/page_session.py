"""The pages' session: an opaque token in a cookie, forms bound to it, and only our own pages may send them."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response

from admin_ui.office import AdminOffice
from resolvers.callers import Caller
from resolvers.sessions import authenticate
from rules.errors import Denied, Unauthenticated

FORM_FIELD = "csrf"
_DEVICE_DAYS = 180
_LONGEST_TOKEN = 200


def cookie_name(*, secure: bool) -> str:
    """Name the session's cookie: ``__Host-`` binds it to this host over TLS; plain only on loopback."""
    return "__Host-homeward" if secure else "homeward"


def visitor_cookie_name(*, secure: bool) -> str:
    """Name the cookie that binds the sign-in form to the browser that asked for it."""
    return f"{cookie_name(secure=secure)}-visitor"


def device_cookie_name(*, secure: bool) -> str:
    """Name the cookie by which a device is known again after signing out (000:9-11)."""
    return f"{cookie_name(secure=secure)}-device"


def session_token(office: AdminOffice, connection: HTTPConnection) -> str | None:
    """Read the session's token from the cookie, if there is one."""
    return read_cookie(connection, cookie_name(secure=office.secure_cookies))


def visitor_token(office: AdminOffice, connection: HTTPConnection) -> str | None:
    """Read the token of a visitor who has not signed in."""
    return read_cookie(connection, visitor_cookie_name(secure=office.secure_cookies))


def device_token(office: AdminOffice, connection: HTTPConnection) -> str | None:
    """Read the token of a device on which somebody has signed in before."""
    return read_cookie(connection, device_cookie_name(secure=office.secure_cookies))


def read_cookie(connection: HTTPConnection, name: str) -> str | None:
    """Read a cookie, if it can be one of ours."""
    token = connection.cookies.get(name)
    return token if token and token.isascii() and len(token) <= _LONGEST_TOKEN else None


async def page_caller(office: AdminOffice, connection: HTTPConnection, request_id: str) -> Caller | None:
    """Prove who calls by the pages' cookie; None for nobody. Whoever lets a cookie change something checks the origin.

    See :func:`is_same_origin`.
    """
    token = session_token(office, connection)
    if token is None:
        return None
    try:
        return await authenticate(office.desk, token, request_id)
    except Unauthenticated:
        return None


def keep_cookie(office: AdminOffice, response: Response, name: str, token: str) -> None:
    """Give the browser a cookie that scripts cannot read and other sites cannot send; it ends with the browser."""
    response.set_cookie(name, token, path="/", secure=office.secure_cookies, httponly=True, samesite="strict")


def keep_device(office: AdminOffice, response: Response, token: str) -> None:
    """Let the browser keep a device's token longer than its session; the house decides how long it counts."""
    keep_longer(office, response, device_cookie_name(secure=office.secure_cookies), token)


def keep_longer(office: AdminOffice, response: Response, name: str, value: str) -> None:
    """Let the browser keep a value longer than its session."""
    response.set_cookie(
        name,
        value,
        max_age=_DEVICE_DAYS * 86_400,
        path="/",
        secure=office.secure_cookies,
        httponly=True,
        samesite="strict",
    )


def drop_cookie(office: AdminOffice, response: Response, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(name, path="/", secure=office.secure_cookies, httponly=True, samesite="strict")


def form_token(token: str) -> str:
    """Derive the token that a form carries from the cookie's: only a page that was given both can send both."""
    return hmac.new(token.encode(), b"homeward form", hashlib.sha256).hexdigest()


def check_form(token: str | None, given: str) -> None:
    """Let a form pass that was made for this cookie; without a cookie there is none.

    Raises:
        Denied: ``FORM_TOKEN``.
    """
    if not token or not hmac.compare_digest(form_token(token).encode(), given.encode(errors="replace")):
        raise Denied("This form has become too old. Open the page again, then repeat.", code="FORM_TOKEN")


def check_same_origin(office: AdminOffice, connection: HTTPConnection) -> None:
    """Let a form pass that one of our own pages has sent.

    Raises:
        Denied: ``CROSS_ORIGIN``.
    """
    if not is_same_origin(office, connection):
        raise Denied("This form did not come from a page of this site, so nothing was done.", code="CROSS_ORIGIN")


def is_same_origin(office: AdminOffice, connection: HTTPConnection) -> bool:
    """Say whether the browser tells that our own page sent this; a request that tells nothing is not ours."""
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    if origin is None:
        return site == "same-origin"
    if origin in office.origins:
        return True
    parts = urlsplit(origin)
    schemes = {"https"} if office.secure_cookies else {"http", "https"}
    ours = parts.scheme in schemes and parts.netloc.lower() == connection.headers.get("host", "").lower()
    return ours and site in {None, "same-origin"}
