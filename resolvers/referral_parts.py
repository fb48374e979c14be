"""What belongs to a referral and was asked for: one statement a kind for the whole page, never one a row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from uuid import UUID

from orm.sql import fetch, to_instant, to_uuid
from resolvers.attachment_views import attachments_of
from resolvers.desk import Reading
from resolvers.frozen_audiences import audiences_of
from resolvers.referral_rows import only_provider, own_provider_parameter
from resolvers.referral_shapes import (
    AudienceMemberView,
    CountyView,
    ExclusionView,
    GuardianView,
    ProviderRef,
    PublicationView,
    ReferralView,
    ResponseVersionView,
    ResponseView,
    TimelineEntry,
)
from rules.referrals import (
    DeclineReason,
    Provision,
    ResponseKind,
)
from rules.text import full_name


async def fill(views: list[ReferralView], reading: Reading, wanted: Collection[str]) -> None:
    """Load what was asked for of all these referrals, a statement per kind."""
    if not views:
        return
    by_id = {view.id: view for view in views}
    if "preferredCounties" in wanted:
        await _fill_counties(by_id)
    if "consumer.guardians" in wanted:
        await _fill_guardians(views)
    if "ownResponse.versions" in wanted:
        await _fill_versions([view.own_response for view in views if view.own_response])
    if not only_provider(reading):
        # Other providers' answers, exclusions and audiences are not a provider's to see (RSP-10).
        await _fill_for_staff(by_id, wanted)
    if "attachments" in wanted:
        for referral_id, documents in (await attachments_of(by_id, staff=not only_provider(reading))).items():
            by_id[referral_id].attachments = documents
            reading.touches("attachment", (document.id for document in documents))
    if "timeline" in wanted:
        await _fill_timeline(by_id, reading, staff=not only_provider(reading))


async def _fill_for_staff(by_id: dict[UUID, ReferralView], wanted: Collection[str]) -> None:
    if "responses" in wanted:
        await _fill_responses(by_id, versions="responses.versions" in wanted)
    if "exclusions" in wanted:
        await _fill_exclusions(by_id)
    if "publications" in wanted:
        await _fill_publications(by_id, audience="publications.audience" in wanted)


async def _fill_counties(by_id: dict[UUID, ReferralView]) -> None:
    for row in await fetch(
        "SELECT rc.referral_id, k.fips, k.name FROM referral_county rc JOIN county k ON k.fips = rc.county_id "
        "WHERE rc.referral_id IN (:ids) ORDER BY k.name",
        ids=list(by_id),
    ):
        by_id[to_uuid(row["referral_id"])].preferred_counties.append(CountyView(row["fips"], row["name"]))


async def _fill_guardians(views: list[ReferralView]) -> None:
    guardians: dict[UUID, list[GuardianView]] = defaultdict(list)
    for row in await fetch(
        "SELECT consumer_id, name, relationship, phone, email FROM guardian "
        "WHERE consumer_id IN (:ids) ORDER BY position",
        ids=list({view.consumer.id for view in views}),
    ):
        guardians[to_uuid(row["consumer_id"])].append(
            GuardianView(row["name"], row["relationship"], row["phone"], row["email"])
        )
    for view in views:
        view.consumer.guardians = guardians[view.consumer.id]


async def _fill_responses(by_id: dict[UUID, ReferralView], *, versions: bool) -> None:
    found: list[ResponseView] = []
    for row in await fetch(
        "SELECT o.id, o.referral_id, o.kind, o.provision, o.decline_reason, o.comments, o.version, o.answered_at, "
        "p.id AS provider_id, p.name AS provider_name, u.first_name, u.last_name "
        "FROM response o JOIN provider p ON p.id = o.provider_id JOIN user_account u ON u.id = o.answered_by_id "
        "WHERE o.referral_id IN (:ids) ORDER BY o.answered_at, o.id",
        ids=list(by_id),
    ):
        response = ResponseView(
            id=to_uuid(row["id"]),
            provider=ProviderRef(to_uuid(row["provider_id"]), row["provider_name"]),
            kind=ResponseKind(row["kind"]),
            provision=Provision(row["provision"]) if row["provision"] else None,
            decline_reason=DeclineReason(row["decline_reason"]) if row["decline_reason"] else None,
            comments=row["comments"],
            version=row["version"],
            answered_at=to_instant(row["answered_at"]),
            answered_by=full_name(row["first_name"], row["last_name"]),
        )
        found.append(response)
        by_id[to_uuid(row["referral_id"])].responses.append(response)
    if versions:
        await _fill_versions(found)


async def _fill_versions(responses: Iterable[ResponseView]) -> None:
    by_response = {response.id: response for response in responses}
    for row in await fetch(
        "SELECT v.response_id, v.version, v.kind, v.provision, v.decline_reason, v.comments, v.answered_at, "
        "u.first_name, u.last_name FROM response_version v JOIN user_account u ON u.id = v.answered_by_id "
        "WHERE v.response_id IN (:ids) ORDER BY v.version",
        ids=list(by_response),
    ):
        by_response[to_uuid(row["response_id"])].versions.append(
            ResponseVersionView(
                version=row["version"],
                kind=ResponseKind(row["kind"]),
                provision=Provision(row["provision"]) if row["provision"] else None,
                decline_reason=DeclineReason(row["decline_reason"]) if row["decline_reason"] else None,
                comments=row["comments"],
                answered_at=to_instant(row["answered_at"]),
                answered_by=full_name(row["first_name"], row["last_name"]),
            )
        )


async def _fill_exclusions(by_id: dict[UUID, ReferralView]) -> None:
    for row in await fetch(
        "SELECT x.referral_id, x.reason, x.excluded_at, p.id AS provider_id, p.name AS provider_name "
        "FROM referral_exclusion x JOIN provider p ON p.id = x.provider_id "
        "WHERE x.included_at IS NULL AND x.referral_id IN (:ids) ORDER BY p.name",
        ids=list(by_id),
    ):
        by_id[to_uuid(row["referral_id"])].exclusions.append(
            ExclusionView(
                ProviderRef(to_uuid(row["provider_id"]), row["provider_name"]),
                row["reason"],
                to_instant(row["excluded_at"]),
            )
        )


async def _fill_publications(by_id: dict[UUID, ReferralView], *, audience: bool) -> None:
    publications: dict[UUID, PublicationView] = {}
    for row in await fetch(
        "SELECT b.id, b.referral_id, b.number, b.at, u.first_name, u.last_name FROM publication b "
        "JOIN user_account u ON u.id = b.by_id WHERE b.referral_id IN (:ids) ORDER BY b.number",
        ids=list(by_id),
    ):
        publication = PublicationView(
            row["number"], to_instant(row["at"]), full_name(row["first_name"], row["last_name"])
        )
        publications[to_uuid(row["id"])] = publication
        by_id[to_uuid(row["referral_id"])].publications.append(publication)
    if not audience:
        return
    audiences = await audiences_of(publications)
    for row in await fetch(
        "SELECT id, name FROM provider WHERE id IN (:ids) ORDER BY name", ids=frozenset().union(*audiences.values())
    ):
        provider = ProviderRef(to_uuid(row["id"]), row["name"])
        for publication_id, audience_then in audiences.items():
            reason = audience_then.get(provider.id)
            if reason is not None:
                publications[publication_id].audience.append(AudienceMemberView(provider, reason.eligible, reason))


_TOLD_TO_PROVIDERS = frozenset(
    {"published", "republished", "pending placement set", "pending placement cleared", "closed"}
)


async def _fill_timeline(by_id: dict[UUID, ReferralView], reading: Reading, *, staff: bool) -> None:
    entries: dict[UUID, list[TimelineEntry]] = defaultdict(list)
    for row in await fetch(
        "SELECT v.referral_id, v.act, v.at, u.first_name, u.last_name FROM referral_version v "
        "JOIN user_account u ON u.id = v.by_id WHERE v.referral_id IN (:ids) ORDER BY v.version",
        ids=list(by_id),
    ):
        if staff or row["act"] in _TOLD_TO_PROVIDERS:
            who = full_name(row["first_name"], row["last_name"]) if staff else ""
            entries[to_uuid(row["referral_id"])].append(TimelineEntry(to_instant(row["at"]), row["act"], who, ""))
    own = "" if staff else "AND o.provider_id = :own "
    for row in await fetch(
        "SELECT o.referral_id, v.version, v.kind, v.answered_at, p.name AS provider_name, u.first_name, u.last_name "
        "FROM response_version v JOIN response o ON o.id = v.response_id JOIN provider p ON p.id = o.provider_id "
        f"JOIN user_account u ON u.id = v.answered_by_id WHERE o.referral_id IN (:ids) {own}ORDER BY v.answered_at",
        ids=list(by_id),
        **({} if staff else own_provider_parameter(reading)),
    ):
        entries[to_uuid(row["referral_id"])].append(
            TimelineEntry(
                at=to_instant(row["answered_at"]),
                act="answered" if row["version"] == 1 else "answer edited",
                by=full_name(row["first_name"], row["last_name"]),
                detail=f"{row['provider_name']}: {ResponseKind(row['kind']).label}",
            )
        )
    for referral_id, view in by_id.items():
        view.timeline = sorted(entries[referral_id], key=lambda entry: entry.at)
