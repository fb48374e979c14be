"""Documents as people see them: staff those that are kept or were rejected, a provider those that can be opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from orm.sql import fetch, to_instant, to_uuid
from rules.attachments import AttachmentState
from rules.referrals import AttachmentKind
from rules.text import full_name

FOR_STAFF = frozenset(AttachmentState) - {AttachmentState.REMOVED}
FOR_PROVIDERS = frozenset({AttachmentState.AVAILABLE})


@dataclass(slots=True)
class AttachmentView:
    """A document of a referral (001:250-252); ``size`` in bytes, ``uploaded_by`` empty for providers."""

    id: UUID
    kind: AttachmentKind
    file_name: str
    media_type: str
    size: int
    state: AttachmentState
    uploaded_at: datetime
    uploaded_by: str


async def attachments_of(referrals: Collection[UUID], *, staff: bool) -> dict[UUID, list[AttachmentView]]:
    """Load the documents of these referrals, by kind and the newest first, as staff or a provider may see them."""
    return await _load("a.referral_id", referrals, FOR_STAFF if staff else FOR_PROVIDERS, staff=staff)


async def attachment_as_it_is(attachment_id: UUID) -> AttachmentView:
    """Load one document for the member of staff who has just changed it, whatever its state."""
    ((view,),) = (await _load("a.id", [attachment_id], frozenset(AttachmentState), staff=True)).values()
    return view


async def _load(
    column: str, keys: Collection[UUID], states: Collection[AttachmentState], *, staff: bool
) -> dict[UUID, list[AttachmentView]]:
    views: dict[UUID, list[AttachmentView]] = defaultdict(list)
    for row in await fetch(
        "SELECT a.id, a.referral_id, a.kind, a.file_name, a.media_type, a.size, a.state, a.uploaded_at, "
        "u.first_name, u.last_name FROM attachment a JOIN user_account u ON u.id = a.uploaded_by_id "
        f"WHERE {column} IN (:keys) AND a.state IN (:states) ORDER BY a.kind, a.uploaded_at DESC, a.id",
        keys=list(keys),
        states=sorted(states),
    ):
        views[to_uuid(row["referral_id"])].append(
            AttachmentView(
                id=to_uuid(row["id"]),
                kind=AttachmentKind(row["kind"]),
                file_name=row["file_name"],
                media_type=row["media_type"],
                size=row["size"],
                state=AttachmentState(row["state"]),
                uploaded_at=to_instant(row["uploaded_at"]),
                uploaded_by=full_name(row["first_name"], row["last_name"]) if staff else "",
            )
        )
    return views
