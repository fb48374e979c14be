"""What became of a referral at each provider and each contact: the receipt chain (NOT-24, RSP-08).

One statement a table for the whole referral, never one a row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from orm.models import Contact, Letter, Notification
from orm.sql import fetch, to_instant, to_uuid
from resolvers.desk import Reading, access
from resolvers.letter_bundles import untie_bundles
from resolvers.referral_shapes import ProviderRef, ReferralView
from resolvers.referral_views import load_numbered
from resolvers.scope import EDITORS
from rules.errors import NotFound
from rules.notices import NotificationKind, title
from rules.receipts import (
    TELLING,
    TELLING_IN_LISTS,
    LetterFacts,
    ReceiptVerdict,
    Stage,
    Step,
    Telling,
    chain,
    receipt_verdict,
)
from rules.referrals import ReferralStatus, ResponseKind
from rules.roles import Role
from rules.text import full_name

RECEIPT_READERS = EDITORS | {Role.ADMINISTRATOR}
"""Who sees what became of a referral at its providers."""


@dataclass(slots=True)
class ContactReceipt:
    """A contact who was told, and every step since, in the order of time."""

    name: str
    stages: list[Step]


@dataclass(slots=True)
class ProviderReceipt:
    """A provider that the referral has reached, and how far it got there."""

    provider: ProviderRef
    verdict: ReceiptVerdict
    reached_at: datetime
    silent_since: datetime | None
    contacts: list[ContactReceipt]


@access("referral.receipts", by=RECEIPT_READERS, cites="001:139; 001:271")
async def referral_receipts(reading: Reading, number: int) -> list[ProviderReceipt]:
    """Show what became of a referral at each provider that it has reached, by the provider's name.

    Raises:
        NotFound: there is no such referral for this person.
    """
    referral = await referral_in_sight(reading, number)
    reached = await fetch(
        "SELECT rr.provider_id, rr.at, p.name, o.first_answered_at, o.kind AS answer "
        "FROM referral_reach rr JOIN provider p ON p.id = rr.provider_id "
        "LEFT JOIN response o ON o.referral_id = rr.referral_id AND o.provider_id = rr.provider_id "
        "WHERE rr.referral_id = :referral ORDER BY p.name",
        referral=referral.id,
    )
    keys = [to_uuid(row["provider_id"]) for row in reached]
    contacts = await Contact.filter(provider_id__in=keys).order_by("created_at", "id")
    tellings = await _tellings(referral, contacts)
    sign_ins = await _first_sign_ins(contacts, tellings)
    views = await first_views([referral.id], keys)
    reading.shows("provider", keys, ["receipts"])
    reading.touches("contact", tellings)
    of_provider: dict[UUID, list[Contact]] = defaultdict(list)
    for contact in contacts:
        if contact.id in tellings:
            of_provider[contact.provider_id].append(contact)
    return [
        _receipt(row, referral, of_provider[key], tellings, sign_ins, views.get((referral.id, key)))
        for key, row in zip(keys, reached, strict=True)
    ]


async def referral_in_sight(reading: Reading, number: int) -> ReferralView:
    """Load a referral by number for a reader of receipts.

    Raises:
        NotFound: there is no such referral for this person.
    """
    views = await load_numbered(reading, number, frozenset())
    if not views:
        raise NotFound("There is no such referral.", code="REFERRAL_NOT_FOUND")
    reading.about("referral", views[0].id)
    return views[0]


def _receipt(
    row: Mapping[str, Any],
    referral: ReferralView,
    contacts: list[Contact],
    tellings: Mapping[UUID, list[Telling]],
    sign_ins: Mapping[UUID, datetime],
    viewed: Step | None,
) -> ProviderReceipt:
    reached_at = to_instant(row["at"])
    answered = None
    if row["answer"]:
        answered = Step(Stage.ANSWERED, to_instant(row["first_answered_at"]), ResponseKind(row["answer"]).label)
    of_all = [step for step in (viewed, answered) if step is not None]
    receipts = []
    for contact in contacts:
        signed_in = sign_ins.get(contact.id)
        own = [Step(Stage.SIGNED_IN, signed_in)] if signed_in else []
        receipts.append(ContactReceipt(contact.name, chain(tellings[contact.id], own + of_all)))
    told = [telling for contact in contacts for telling in tellings[contact.id]]
    return ProviderReceipt(
        provider=ProviderRef(to_uuid(row["provider_id"]), row["name"]),
        verdict=receipt_verdict(told, viewed=viewed is not None, answered=answered is not None),
        reached_at=reached_at,
        silent_since=reached_at if answered is None and referral.status is ReferralStatus.OPEN else None,
        contacts=receipts,
    )


async def _tellings(referral: ReferralView, contacts: Collection[Contact]) -> dict[UUID, list[Telling]]:
    """Find each time that each contact was told of the referral: by a line of its own or in a list of several."""
    mailboxes = {contact.mailbox_id for contact in contacts}
    of_it = Q(referral_id=referral.id, kind__in=list(TELLING))
    in_a_list = Q(mailbox_id__in=list(mailboxes), kind__in=list(TELLING_IN_LISTS))
    lines: dict[UUID, list[Notification]] = defaultdict(list)
    for line in await Notification.filter(of_it | in_a_list).order_by("line"):
        if line.mailbox_id in mailboxes and (line.referral_id == referral.id or referral.number in line.numbers):
            lines[line.mailbox_id].append(line)
    letters = await _letters(referral, [line for told in lines.values() for line in told])
    of_contact: dict[UUID, list[Letter]] = defaultdict(list)
    for letter in letters.values():
        if letter.contact_id is not None and letter.referral_id == referral.id:
            of_contact[letter.contact_id].append(letter)
    tellings: dict[UUID, list[Telling]] = {}
    for contact in contacts:
        own = lines[contact.mailbox_id]
        told = [_telling(line.kind, line.referral_number, line.at, letters.get(line.letter_id)) for line in own]
        # Whoever reads another mailbox by now left the lines behind; the letters still say who was told.
        known = {line.letter_id for line in own}
        told += [
            _telling(letter.kind, referral.number, letter.created_at, letter)
            for letter in of_contact[contact.id]
            if letter.id not in known
        ]
        if told:
            tellings[contact.id] = told
    return tellings


async def _letters(referral: ReferralView, lines: Collection[Notification]) -> dict[UUID, Letter]:
    """Find the letters that came with these lines, and those about the referral whose line is elsewhere."""
    await untie_bundles()
    in_lists = [line.letter_id for line in lines if line.referral_id is None]
    of_it = Q(referral_id=referral.id, kind__in=list(TELLING))
    return {letter.id: letter for letter in await Letter.filter(of_it | Q(id__in=in_lists))}


def _telling(kind: NotificationKind, number: int | None, at: datetime, letter: Letter | None) -> Telling:
    facts = None
    if letter is not None:
        facts = LetterFacts(
            state=letter.state,
            promised_at=letter.created_at,
            sent_at=letter.sent_at,
            bounced_at=letter.bounced_at,
            settled_at=letter.due_at,
            reason=letter.last_error,
        )
    return Telling(title(kind, number), at, facts)


async def _first_sign_ins(
    contacts: Collection[Contact], tellings: Mapping[UUID, list[Telling]]
) -> dict[UUID, datetime]:
    """Find when the user of each contact signed on for the first time after the contact was told."""
    since: dict[datetime, list[UUID]] = defaultdict(list)
    for contact in contacts:
        if contact.user_id is not None and contact.id in tellings:
            since[min(telling.at for telling in tellings[contact.id])].append(contact.user_id)
    if not since:
        return {}
    parameters: dict[str, Any] = {}
    for place, (told_at, users) in enumerate(since.items()):
        parameters |= {f"since_{place}": told_at, f"users_{place}": users}
    conditions = [f"(user_id IN (:users_{place}) AND created_at >= :since_{place})" for place in range(len(since))]
    rows = await fetch(
        f"SELECT user_id, MIN(created_at) AS at FROM session WHERE {' OR '.join(conditions)} GROUP BY user_id",
        **parameters,
    )
    first = {to_uuid(row["user_id"]): to_instant(row["at"]) for row in rows}
    return {one.id: first[one.user_id] for one in contacts if one.id in tellings and one.user_id in first}


async def first_views(referrals: Collection[UUID], providers: Collection[UUID]) -> dict[tuple[UUID, UUID], Step]:
    """Find in the trail who of each provider opened each referral first, and when."""
    rows = await fetch(
        "SELECT e.about_id, u.provider_id, u.first_name, u.last_name, MIN(e.at) AS at "
        "FROM audit_entry e JOIN user_account u ON u.id = e.actor_id "
        "WHERE e.about_id IN (:referrals) AND e.act = 'referral.view' AND e.outcome = 'DONE' "
        "AND u.provider_id IN (:providers) GROUP BY e.about_id, u.provider_id, u.id, u.first_name, u.last_name",
        referrals=list(referrals),
        providers=list(providers),
    )
    first: dict[tuple[UUID, UUID], Step] = {}
    for row in rows:
        key = (to_uuid(row["about_id"]), to_uuid(row["provider_id"]))
        step = Step(Stage.VIEWED, to_instant(row["at"]), full_name(row["first_name"], row["last_name"]))
        if key not in first or step.at < first[key].at:
            first[key] = step
    return first
