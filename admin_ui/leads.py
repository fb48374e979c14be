"""Where a line of the mailbox leads this reader: to its record or its page, unless that would end in a refusal."""

from __future__ import annotations

from admin_ui.rooms import may_enter
from resolvers.callers import Caller
from resolvers.line_views import NotificationView
from rules.leads import HOME, lead
from rules.notices import NotificationKind, Subject

_REFUSES_NOBODY = frozenset({NotificationKind.SUCCESSOR_NEEDED, NotificationKind.CONTRACT_ENDS})
"""Their pages show to everybody what is for them: to who stands in for an officer without holding the role, too."""

WANTED = frozenset({"referral.number"})
"""What has to be read with a line, so that it is known whether its referral is there for the reader."""


def link_of(caller: Caller, line: NotificationView) -> str | None:
    """Give the address to which a line leads; None where its reader may not, or may no longer, open it.

    The line has been read with :data:`WANTED`.
    """
    path = lead(line.kind, line.subject_number or line.referral_number)
    if path == HOME:
        return None
    if line.kind in _REFUSES_NOBODY or line.subject is Subject.SSA_REPORT:  # which its programmers read without a role
        return path
    if line.referral_number is not None and f"/{line.referral_number}" in path and line.referral is None:
        return None
    return path if may_enter(caller, path.partition("?")[0]) else None
