"""Move the lines of a contact's own mailbox to that of the person who turns out to read it (001:95)."""

from __future__ import annotations

from uuid import UUID

from orm.models import Mailbox, Notification
from orm.sql import execute


async def move_lines(source: UUID, target: UUID) -> int:
    """Append the lines of one mailbox to another, in their order; answer how many. No letter is promised for them.

    A line that tells the same news of the same instant as one that is there already stays where it is, so that nothing
    is told twice. A line keeps its key, by which its letter is found, so that it still shows which letter told what.
    """
    mailboxes = await Mailbox.filter(id__in=[source, target]).order_by("id").select_for_update(no_key=True)
    last_line = {mailbox.id: mailbox.last_line for mailbox in mailboxes}
    offset = last_line[target]
    lines = await Notification.filter(mailbox_id=source).order_by("line")
    if not lines:
        return 0
    there = {_news(line) for line in await Notification.filter(mailbox_id=target, at__gte=min(one.at for one in lines))}
    moved = [line for line in lines if _news(line) not in there]
    await execute(
        "UPDATE notification SET mailbox_id = :target, line = line + :offset "
        "WHERE mailbox_id = :source AND line IN (:lines)",
        source=source,
        target=target,
        offset=offset,
        lines=[line.line for line in moved],
    )
    await Mailbox.filter(id=target).update(last_line=offset + last_line[source])
    return len(moved)


def _news(line: Notification) -> tuple[object, ...]:
    return (line.kind, line.referral_id, tuple(line.numbers), line.at)
