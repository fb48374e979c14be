"""A private link to the obligations that one person may see, for the calendar on the desk (RSK-01).

The token in the link is the credential: kept as a hash, shown once, ended by its owner or with the account. The feed
names obligations, dates and numbers; a person's data is never in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from orm.models import CalendarFeed, DatedObligation, RoleGrant, User
from resolvers.callers import Actor
from resolvers.desk import THE_HOUSE, Reading, Work, access, operation
from resolvers.obligation_views import OBLIGATION_READERS, visible_codes
from resolvers.tokens import hash_token
from rules.accounts import AccountState, normalize_user_id
from rules.errors import Conflict, Denied, NotFound
from rules.obligations import OBLIGATIONS, ObligationState
from rules.roles import Role, house_roles

ENDS_OTHERS = frozenset({Role.CSO, Role.ADMINISTRATOR})
"""Who ends a link that its owner has lost."""

_BACK = timedelta(days=366)
"""For how long what is done stays in the feed."""


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An obligation as an all-day entry of a calendar."""

    id: UUID
    number: int
    title: str
    cites: str
    due_on: date
    done: bool
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Feed:
    """What a link shows at this moment."""

    made_at: datetime
    entries: list[FeedEntry]


@operation("calendar_feed.make", by=OBLIGATION_READERS, cites="002:54-133")
async def make_feed(work: Work, *, replace: bool = False) -> str:
    """Make the caller's private link, and give its path, this once; with ``replace`` an earlier one ends.

    Raises:
        Conflict: ``CALENDAR_FEED_EXISTS``.
    """
    person = work.actor.person()
    ended = 0
    if replace:
        ended = await CalendarFeed.filter(user_id=person, revoked_at=None).update(revoked_at=work.now)
    elif await CalendarFeed.exists(user_id=person, revoked_at=None):
        raise Conflict("You have a private link. A new one ends it.", code="CALENDAR_FEED_EXISTS")
    token = work.caller.desk.secrets.token()
    feed = await CalendarFeed.create(user_id=person, token_hash=hash_token(token), made_at=work.now)
    work.about("calendar_feed", feed.id)
    work.note(ended=ended)
    return f"/calendar/{token}.ics"


@access("calendar_feed.own", by=OBLIGATION_READERS, cites="002:54-133")
async def own_feed(reading: Reading) -> datetime | None:
    """Say since when the caller has a private link; None for none. The link itself is never shown again."""
    feed = await CalendarFeed.filter(user_id=reading.actor.person(), revoked_at=None).first()
    reading.note(has_link=feed is not None)
    return feed.made_at if feed is not None else None


@operation("calendar_feed.revoke", by=OBLIGATION_READERS, cites="002:54-133")
async def revoke_feed(work: Work, user_id: str = "") -> datetime:
    """End the caller's private link, or as an officer somebody else's; give the moment.

    Raises:
        Denied: this person ends the own link only.
        Conflict: there is none.
    """
    owner = work.actor.person()
    if user_id.strip():
        if not work.actor.has_any(ENDS_OTHERS):
            raise Denied("You may end your own link only.")
        _, canonical = normalize_user_id(user_id)
        found = await User.filter(user_id=canonical).first()
        owner = found.id if found is not None else UUID(int=0)
    feed = await CalendarFeed.filter(user_id=owner, revoked_at=None).first()
    if feed is None:
        raise Conflict("There is no private link.", code="NO_CALENDAR_FEED")
    feed.revoked_at = work.now
    await feed.save(update_fields=["revoked_at"])
    work.about("calendar_feed", feed.id)
    return work.now


async def is_feed(token: str) -> bool:
    """Say whether a link belongs to somebody; nothing of anybody is shown."""
    return await CalendarFeed.exists(token_hash=hash_token(token), revoked_at=None)


@access("calendar_feed.read", by=THE_HOUSE, cites="002:54-133")
async def read_feed(reading: Reading, token: str) -> Feed:
    """Show what the owner of a link may see at this moment.

    Raises:
        NotFound: there is no such link, it was ended, or its owner's account is not in use or sees no obligation.
    """
    feed = await CalendarFeed.filter(token_hash=hash_token(token), revoked_at=None).first()
    owner = await User.filter(id=feed.user_id, state=AccountState.ACTIVE).first() if feed is not None else None
    if feed is None or owner is None:
        raise _no_such_feed()
    reading.about("calendar_feed", feed.id)
    reading.touches("user", [owner.id])
    held = await RoleGrant.filter(user_id=owner.id, ended_at=None).values_list("role", flat=True)
    actor = Actor(owner.id, owner.user_id, house_roles(str(role) for role in held))
    if not actor.has_any(OBLIGATION_READERS):
        raise _no_such_feed()
    rows = await DatedObligation.filter(
        code__in=sorted(visible_codes(actor.roles)), due_on__gte=reading.today - _BACK
    ).order_by("due_on", "number")
    reading.shows("obligation", [row.id for row in rows], ["calendar"])
    return Feed(reading.now, [_entry(row) for row in rows])


def _entry(row: DatedObligation) -> FeedEntry:
    return FeedEntry(
        id=row.id,
        number=row.number,
        title=OBLIGATIONS[row.code].title,
        cites=OBLIGATIONS[row.code].cites,
        due_on=row.due_on,
        done=row.state is ObligationState.DONE,
        changed_at=row.done_at or row.opened_at,
    )


def _no_such_feed() -> NotFound:
    return NotFound("There is no such calendar.", code="CALENDAR_NOT_FOUND")
