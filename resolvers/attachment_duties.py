"""What the house does for documents by itself: scan those that wait, clear away orphans, renew keys."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from orm.models import Attachment, AttachmentLink
from resolvers.attachments import key_of, report_damage, room_of, scan_attachment
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.file_ports import DamagedFileError
from resolvers.sweeps import Subject, Sweep
from rules.attachments import WITH_CONTENT, AttachmentState
from rules.calendar import Daily
from rules.errors import Refusal
from rules.policy import Policy

GRACE = timedelta(days=1)
"""How long a file may lie without a row: far longer than any upload takes between the two."""

_THE_STORE = UUID(int=2)
"""The one subject of the orphans' sweep: which files there are is known to the store, not to a plan."""


async def plan_scans(now: datetime, policy: Policy) -> list[Subject]:  # noqa: ARG001 - the form of every plan
    """List the documents that wait for the scanner."""
    waiting = await Attachment.filter(state=AttachmentState.RECEIVED).order_by("uploaded_at").select_related("referral")
    return [
        Subject(
            id=one.id,
            label=f"Document of referral {one.referral.number}",
            hit=True,
            why="it waits for the malware scanner",
            facts={"kind": str(one.kind)},
        )
        for one in waiting
    ]


async def plan_orphans(now: datetime, policy: Policy) -> list[Subject]:  # noqa: ARG001 - the form of every plan
    """Name the file store."""
    return [Subject(_THE_STORE, "The file store", True, "files that no document needs are looked for", {})]


@operation("attachment.remove_orphans", by=THE_HOUSE, cites="45 CFR 164.310(d)(2)(i)")
async def remove_orphans(work: Work, store_id: UUID = _THE_STORE) -> bool:  # noqa: ARG001 - there is one store
    """Remove files that have lain for a day and that no kept document needs, and links that have expired.

    A file whose row may still be on its way is younger than that; one with the row of a kept document stays.
    """
    if work.caller.desk.files is None:
        return False
    store = work.caller.desk.files.store
    old = [file.storage_id for file in await store.found() if file.since <= work.now - GRACE]
    needed: set[str] = set()
    for begin in range(0, len(old), 500):
        names = [storage_id.hex for storage_id in old[begin : begin + 500]]
        rows = Attachment.filter(storage_id__in=names, state__in=list(WITH_CONTENT))
        needed.update(str(name) for name in await rows.values_list("storage_id", flat=True))
    orphans = [storage_id for storage_id in old if storage_id.hex not in needed]
    for storage_id in orphans:
        await store.remove(storage_id)
    links = await AttachmentLink.filter(expires_at__lt=work.now - GRACE).delete()
    work.note(looked_at=len(old), removed=len(orphans), links=links)
    return bool(orphans)


async def rotate_keys(caller: Caller) -> tuple[int, int]:
    """Wrap the key of every kept document by the current key-encryption key; answer how many, and how many failed."""
    current = room_of(caller).keys.current_id
    stale = Attachment.filter(state__in=list(WITH_CONTENT)).exclude(key_id=current)
    failed = 0
    ids = [UUID(str(key)) for key in await stale.order_by("uploaded_at").values_list("id", flat=True)]
    for attachment_id in ids:
        try:
            await rewrap_key(caller, attachment_id)
        except DamagedFileError as fault:
            failed += 1
            try:
                await report_damage(caller, attachment_id, fault.why)
            except Refusal:
                continue
    return len(ids) - failed, failed


@operation("attachment.rewrap", by=THE_HOUSE, cites="45 CFR 164.312(a)(2)(iv)")
async def rewrap_key(work: Work, attachment_id: UUID) -> None:
    """Wrap the key of one document by the current key-encryption key; its file is not touched."""
    work.about("attachment", attachment_id)
    keys = room_of(work.caller).keys
    attachment = await Attachment.filter(id=attachment_id).select_for_update(no_key=True).get()
    if attachment.state not in WITH_CONTENT or attachment.key_id == keys.current_id:
        return
    fresh = keys.rewrap(key_of(attachment))
    attachment.key_id, attachment.wrapped_key = fresh.key_id, fresh.wrapped_key
    await attachment.save(update_fields=["key_id", "wrapped_key"])
    work.note(key=fresh.key_id)


async def keys_in_use() -> set[str]:
    """Name the key-encryption keys without which a kept document cannot be opened."""
    names = await Attachment.filter(state__in=list(WITH_CONTENT)).distinct().values_list("key_id", flat=True)
    return {str(name) for name in names}


SCANS = Sweep(
    name="attachments_scan",
    title="Documents that wait for the scanner",
    cites="45 CFR 164.308(a)(5)(ii)(B)",
    cadence=Daily(time(7, 0)),
    plan=plan_scans,
    treat=scan_attachment,
)

ORPHANS = Sweep(
    name="attachments_orphans",
    title="Files that no document needs",
    cites="45 CFR 164.310(d)(2)(i)",
    cadence=Daily(time(3, 30)),
    plan=plan_orphans,
    treat=remove_orphans,
)
