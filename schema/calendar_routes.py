"""The door for calendars: ``GET /calendar/{token}.ics`` shows one person's obligations to the program on their desk.

The token is the credential. It is never logged, and how often strangers may guess is limited for the whole process.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from icalendar import Calendar, Event
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from resolvers.calendar_feeds import Feed, FeedEntry, is_feed, read_feed
from resolvers.callers import Desk, house
from rules.errors import NotFound

_DAY = timedelta(days=1)
_HEADERS = {
    "cache-control": "private, no-store",
    "content-security-policy": "default-src 'none'; sandbox",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_LONGEST_TOKEN = 128
MISSES = 30
"""How many wrong links one process writes down within a minute: strangers must not fill the trail."""
_MINUTE = 60.0


class CalendarDoor:
    """The one route."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._misses: list[float] = []

    def routes(self) -> list[Route]:
        """Give the route."""
        return [Route("/calendar/{token}.ics", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        """Give the calendar of whoever the link belongs to."""
        token = request.path_params["token"]
        now = asyncio.get_running_loop().time()
        self._misses = [missed for missed in self._misses if missed > now - _MINUTE]
        is_one = len(token) <= _LONGEST_TOKEN and await is_feed(token)
        if len(self._misses) >= MISSES and not is_one:
            return Response("Too many wrong links. Try again in a minute.", 429, {**_HEADERS, "retry-after": "60"})
        try:
            feed = await read_feed(house(self._desk, "calendar"), token if is_one else "")
        except NotFound as no:
            self._misses.append(now)
            return Response(no.message, 404, _HEADERS)
        headers = {**_HEADERS, "content-disposition": 'inline; filename="homeward-obligations.ics"'}
        return Response(as_calendar(feed), 200, headers, media_type="text/calendar")


def as_calendar(feed: Feed) -> bytes:
    """Write a feed as iCalendar (RFC 5545): an all-day entry for each obligation, on its due date."""
    calendar = Calendar()
    calendar.add("prodid", "-//Homeward//Obligations//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", "Homeward obligations")
    for entry in feed.entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _event(entry: FeedEntry) -> Event:
    event = Event()
    event.add("uid", f"{entry.id}@homeward")
    event.add("dtstamp", entry.changed_at)
    event.add("dtstart", entry.due_on)
    event.add("dtend", entry.due_on + _DAY)
    event.add("summary", f"{'Done: ' if entry.done else 'Due: '}{entry.title} ({entry.number})")
    event.add("description", f"Obligation {entry.number} of the risk-management programme ({entry.cites}).")
    event.add("transp", "TRANSPARENT")
    return event
