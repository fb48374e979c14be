"""Turn templates into answers: escaped, dated in Chicago, and under the strictest policy that still shows a page."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from admin_ui.county_map import county_shapes, level_of
from admin_ui.leads import link_of
from admin_ui.rooms import may_enter
from admin_ui.static_files import asset
from resolvers.access_logs import LOG_READERS
from resolvers.profile_scope import PROVIDER_OFFICE
from resolvers.scope import EDITORS, READERS
from rules.calendar import CHICAGO, in_chicago, local_date
from rules.counting import counted
from rules.roles import TITLES, Role

STRICT_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
FRAMING_POLICY = f"{STRICT_POLICY}; frame-src 'self'"
"""For the one page that shows a letter in a sandboxed frame."""
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'self'; "
    "base-uri 'none'; sandbox"
)
"""For a letter's own HTML: it may look as it likes, and do nothing."""

_WORTH_PACKING = 2048  # bytes

NONE = Markup('<span class="none">–</span>')
"""What stands where there is nothing to say."""

_ABBREVIATIONS = frozenset({"ADA", "CPS", "CSO", "DB", "HI", "HR", "ITSD", "LSO", "MRDD", "OA", "SSA", "TCM"})
_SOURCE_LINES = re.compile(r" \([^)]*\)$")

DONE = {
    "decided": "Your decision was signed and kept.",
    "password": "Your password was changed. Your other sessions have ended.",
    "profile": "Your profile was changed.",
    "address": "A letter with a link is on its way to the new address. Follow it, and the address changes.",
    "retried": "The letter has a new start: the worker sends it at its next turn.",
    "document": "The document was added. Whoever may see the referral can open it.",
    "contact-verified": "It was written down that this contact's data are right.",
    "contact-activated": "The contact is active again, and joins the referrals that it has not heard of.",
    "provider-activated": "The provider takes part, and is told of every open referral that matches it.",
    "site-removed": "The home was removed.",
    "view-removed": "The view was removed; the list is as it was.",
    "signed-out": "You have signed out.",
}
"""What the page says after something was done; the address carries the key, never a sentence."""


def moment(instant: datetime | None) -> Markup:
    """Mark an instant up, so that programs read it too; a dash for none."""
    if instant is None:
        return NONE
    return Markup('<time datetime="{}">{}</time>').format(instant.isoformat(timespec="seconds"), in_chicago(instant))


def until(due: datetime) -> Markup:
    """Mark up when something ends; an end at midnight is said as the day that is its last."""
    local = due.astimezone(CHICAGO)
    if local.time() != time(0):
        return moment(due)
    return Markup("by the end of {}").format(day(local.date() - timedelta(days=1)))


def since(due: datetime) -> Markup:
    """Mark up since when something is late; since midnight is said as the day that is the first."""
    local = due.astimezone(CHICAGO)
    return moment(due) if local.time() != time(0) else day(local.date())


def breakable(text: str) -> Markup:
    """Let an address or a code break where its parts meet, if it has to: before an at sign, after an underscore."""
    return escape(text).replace("@", Markup("<wbr>@")).replace("_", Markup("_<wbr>"))


def day(on: date) -> Markup:
    """Mark a calendar day up, the way the documents write it: ``05/17/1990``."""
    return Markup('<time datetime="{}">{}</time>').format(on.isoformat(), f"{on:%m/%d/%Y}")


def day_of(instant: datetime | None) -> date | None:
    """Give the day in Chicago of an instant, where the hour tells nothing."""
    return None if instant is None else local_date(instant)


def words(code: object) -> str:
    """Say a code in words: ``PENDING_PLACEMENT`` becomes ``Pending placement``, ``WITH_LSO`` becomes ``With LSO``."""
    text = " ".join(word if word in _ABBREVIATIONS else word.lower() for word in str(code).split("_"))
    return text[:1].upper() + text[1:]


def record_kind(kind: str) -> str:
    """Say a kind of record within a sentence: ``lso_designation`` becomes ``LSO designation``."""
    return " ".join(word.upper() if word.upper() in _ABBREVIATIONS else word for word in kind.split("_"))


def role_name(role: str) -> str:
    """Say a role in words, without its source lines; a role that the rules do not know stays a code."""
    if role not in Role.__members__:
        return words(role)
    return _SOURCE_LINES.sub("", TITLES[Role(role)])


def shown(value: object) -> Markup:
    """Mark a value up as its kind asks: Chicago time, days, codes in words, yes and no, a dash for nothing."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    text = said(value)
    return escape(text) if text else NONE


def said(value: object) -> str:
    """Say a value in plain words, as a spreadsheet gets it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, datetime):
        return in_chicago(value)
    if isinstance(value, date):
        return f"{value:%m/%d/%Y}"
    if isinstance(value, Enum):
        return words(value)
    if isinstance(value, list | tuple | frozenset):
        return ", ".join(said(one) for one in value)
    return str(value)


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "moment": moment,
        "day": day,
        "until": until,
        "since": since,
        "breakable": breakable,
        "words": words,
        "record_kind": record_kind,
        "role_name": role_name,
        "counted": counted,
        "shown": shown,
    }
    environment.globals |= {
        "asset": asset,
        "READERS": READERS,
        "LOG_READERS": LOG_READERS,
        "EDITORS": EDITORS,
        "PROVIDER_OFFICE": PROVIDER_OFFICE,
        "HOUSE_READERS": frozenset({Role.ADMINISTRATOR}),
        "county_shapes": county_shapes,
        "level_of": level_of,
        "may_enter": may_enter,
        "link_of": link_of,
    }
    return environment


_ENVIRONMENT = _environment()


@cache
def macro(name: str) -> Callable[..., Markup]:
    """Give a macro of a template: ``access/cells.html:due``."""
    template, _, wanted = name.partition(":")
    found: Callable[..., Markup] = getattr(_ENVIRONMENT.get_template(template).module, wanted)
    return found


def render(template: str, context: Mapping[str, Any], *, status: int = 200, policy: str = STRICT_POLICY) -> Response:
    """Render a page that no cache keeps; its scripts are those that carry the nonce of this one answer."""
    page = HTMLResponse(_ENVIRONMENT.get_template(template).render(context), status_code=status)
    return guarded(page, f"{policy}; script-src 'nonce-{context['nonce']}'; connect-src 'self'")


def packed(request: Request, response: Response) -> Response:
    """Send a long page compressed to a browser that takes it so.

    The length of a compressed page could tell a stranger what stands beside text of the stranger's own. Here no
    stranger can ask for one: the session's cookie does not travel with requests from elsewhere (``SameSite=Strict``).
    """
    takes_it = "gzip" in request.headers.get("accept-encoding", "")
    if not (takes_it and isinstance(response, HTMLResponse) and len(response.body) > _WORTH_PACKING):
        return response
    response.body = gzip.compress(response.body, compresslevel=5, mtime=0)
    response.headers["content-length"] = str(len(response.body))
    response.headers["content-encoding"] = "gzip"
    response.headers["vary"] = "accept-encoding"
    return response


def guarded(response: Response, policy: str = STRICT_POLICY) -> Response:
    """Put the headers on an answer that every page carries."""
    response.headers["content-security-policy"] = policy
    response.headers["cache-control"] = "no-store"
    response.headers["x-content-type-options"] = "nosniff"
    response.headers["referrer-policy"] = "same-origin"
    response.headers["cross-origin-opener-policy"] = "same-origin"
    response.headers["permissions-policy"] = "camera=(), geolocation=(), microphone=()"
    return response
