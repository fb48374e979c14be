"""What each room says of what waits in it. A room joins with a short function and its place in ``PROVIDERS``."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from admin_ui.access_waiting import ACCESS_WAITING
from admin_ui.audit_waiting import AUDIT_WAITING
from admin_ui.calendar_waiting import CALENDAR_WAITING
from admin_ui.exchange_waiting import EXCHANGE_PROVIDERS
from admin_ui.waiting import Provider, Tone, Waiting, pressing, tone_of
from resolvers.callers import Caller
from resolvers.office_reads import view_overview
from resolvers.people import ViewerView
from rules.calendar import local_instant
from rules.deadlines import DeadlineKind
from rules.notices import DeliveryState

__all__ = ["PROVIDERS", "deadlines_waiting", "pressing"]

_SOON = timedelta(days=14)
_ON_THEIR_WAY = "/outbox?state=QUEUED"


async def referrals_waiting(caller: Caller) -> list[Waiting]:
    """Referrals to answer, overdue ones, drafts; letters and timed duties of the house."""
    counts = await view_overview(caller)
    letters = counts.letters or {}
    found: tuple[tuple[str, str, int | None, str, Tone], ...] = (
        (
            "referral not answered yet",
            "referrals not answered yet",
            counts.unanswered,
            "/referrals?unanswered=yes",
            Tone.DUE,
        ),
        ("overdue referral", "overdue referrals", counts.overdue_referrals, "/referrals?overdue=yes", Tone.LATE),
        ("draft to publish", "drafts to publish", counts.drafts, "/referrals?status=DRAFT", Tone.CALM),
        ("open referral", "open referrals", counts.open_referrals, "/referrals", Tone.CALM),
        ("parked letter", "parked letters", letters.get(DeliveryState.PARKED), "/outbox?state=PARKED", Tone.LATE),
        ("letter on its way", "letters on their way", letters.get(DeliveryState.QUEUED), _ON_THEIR_WAY, Tone.CALM),
        ("sweep with failures", "sweeps with failures", counts.sweeps_with_failures, "/sweeps/runs", Tone.LATE),
        ("sweep not done yet", "sweeps not done yet", counts.sweeps_waiting, "/sweeps/runs?state=PENDING", Tone.CALM),
    )
    return [Waiting(many, count or 0, href, tone, one=one) for one, many, count, href, tone in found]


def deadlines_waiting(viewer: ViewerView, now: datetime) -> list[Waiting]:
    """Say what ends for the person's own account within two weeks."""
    found = []
    for one in viewer.deadlines:
        due = one.due_at or local_instant(one.due_on, time(0))
        if one.kind is not DeadlineKind.SESSION_ENDS and due <= now + _SOON:
            found.append(Waiting(one.sentence, 1, "/your-account", tone_of(due, now), due, sentence=True))
    return found


PROVIDERS: tuple[Provider, ...] = (
    referrals_waiting,
    *ACCESS_WAITING,
    *EXCHANGE_PROVIDERS,
    *CALENDAR_WAITING,
    *AUDIT_WAITING,
)
