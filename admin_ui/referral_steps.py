"""The steps of a referral's life (001:139; 001:213-217): published, a provider left out, placed, closed, deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from admin_ui.actions import Action, Ask, Field, Loaded, with_choices
from admin_ui.doors import Visit
from admin_ui.forms import Fields
from resolvers.attachments import remove_attachment, take_away
from resolvers.exclusions import exclude_provider, include_provider
from resolvers.pending_placements import clear_pending_placement, set_pending_placement
from resolvers.people import view_provider
from resolvers.previews import ProviderVerdictView, PublishPreview, preview_publish
from resolvers.referral_shapes import ReferralView
from resolvers.referral_views import view_referral
from resolvers.referrals import close_referral, delete_referral, publish_referral
from rules.errors import Conflict, Invalid, NotFound
from rules.referrals import ACCEPTANCES, CloseOutcome, ReferralStatus

_VERDICTS_SHOWN = 50


def _number(visit: Visit) -> int:
    number: int = visit.request.path_params["number"]
    return number


def _page_of(visit: Visit) -> str:
    return f"/referrals/{_number(visit)}"


async def _about(visit: Visit, what: str, *wanted: str) -> tuple[ReferralView, Loaded]:
    """Load what the form is about, with a title that says its number."""
    referral = await view_referral(visit.caller, number=_number(visit), wanted=frozenset(wanted))
    return referral, Loaded(title=f"{what} referral {referral.number}", back=_page_of(visit))


def audience_rows(preview: PublishPreview, name: str) -> Sequence[ProviderVerdictView]:
    """Give the verdicts whose provider's name holds a text, who would get it first."""
    wanted = name.strip().casefold()
    found = [one for one in preview.verdicts if wanted in one.provider.name.casefold()]
    return sorted(found, key=lambda one: (not one.eligible, one.provider.name))


def audience_reasons(preview: PublishPreview) -> Sequence[tuple[str, int]]:
    """Say for how many providers each reason decides, the most frequent first."""
    return Counter(one.sentence for one in preview.verdicts).most_common()


async def _preview(visit: Visit) -> Loaded:
    """Show who would be told; the form carries the version that the person saw."""
    number = _number(visit)
    referral = await view_referral(visit.caller, number=number)
    preview = await preview_publish(visit.caller, number)
    name = visit.fields.text("name")
    rows = audience_rows(preview, name)
    again = referral.status is ReferralStatus.OPEN
    return Loaded(
        {"version": str(referral.version)},
        title=f"Publish referral {number}{' again' if again else ''}",
        back=_page_of(visit),
        more={
            "referral": referral,
            "preview": preview,
            "reasons": audience_reasons(preview),
            "rows": rows[:_VERDICTS_SHOWN],
            "left": max(0, len(rows) - _VERDICTS_SHOWN),
            "name": name,
        },
    )


async def _publish(visit: Visit, given: Fields) -> str:
    published = await publish_referral(visit.caller, _number(visit), version=given.number("version", "A version"))
    return f"{_page_of(visit)}{'?unreached=yes' if published.unreachable_counties else ''}"


PUBLISH = Action(
    path="/referrals/{number:int}/publish",
    title="Publish the referral",
    button="Publish and tell them",
    about="Whoever gets it is told at once, by letter and in the news; what has been told cannot be taken back.",
    done="The referral was published. Letters are on their way.",
    load=_preview,
    do=_publish,
    of=publish_referral,
    fields=(Field("version", "Version", Ask.HIDDEN),),
    template="referrals/publish.html",
)


async def _begin_exclude(visit: Visit) -> Loaded:
    meaning = "from now on the referral does not exist for it, and it hears nothing more."
    return await _begin_with_provider(visit, "Leave a provider out of", meaning)


async def _begin_with_provider(visit: Visit, title: str, meaning: str) -> Loaded:
    """Say of the provider in the address what is about to be done with it."""
    key = _provider_key(visit.fields)
    _, loaded = await _about(visit, title)
    provider = await view_provider(visit.caller, key)
    return Loaded({"provider": str(key)}, title=loaded.title, back=loaded.back, about=f"{provider.name}: {meaning}")


async def _exclude(visit: Visit, given: Fields) -> str:
    await exclude_provider(visit.caller, _number(visit), _provider_key(given), given.raw("reason"))
    return _page_of(visit)


EXCLUDE = Action(
    path="/referrals/{number:int}/exclude",
    title="Leave a provider out",
    button="Leave it out",
    done="The provider was left out.",
    load=_begin_exclude,
    do=_exclude,
    of=exclude_provider,
    fields=(
        Field("provider", "Provider", Ask.HIDDEN),
        Field(
            "reason", "What the family said", Ask.AREA, limit=500, required=True, hint="Staff of the exchange read it."
        ),
    ),
)


async def _begin_include(visit: Visit) -> Loaded:
    meaning = "it sees the referral again at once, and is told when you publish it the next time."
    return await _begin_with_provider(visit, "Include a provider again in", meaning)


async def _include(visit: Visit, given: Fields) -> str:
    await include_provider(visit.caller, _number(visit), _provider_key(given))
    return _page_of(visit)


INCLUDE = Action(
    path="/referrals/{number:int}/include",
    title="Include the provider again",
    button="Include it again",
    done="The provider is included again. It is told when you publish the next time.",
    load=_begin_include,
    do=_include,
    of=include_provider,
    fields=(Field("provider", "Provider", Ask.HIDDEN),),
)


async def _begin_pending(visit: Visit) -> Loaded:
    referral, loaded = await _about(visit, "Pending placement of", "responses")
    accepted = [one for one in referral.responses if one.kind in ACCEPTANCES]
    if not accepted:
        raise Conflict("No provider has accepted this referral yet.", code="PROVIDER_HAS_NOT_ACCEPTED")
    choices = [
        (
            str(one.provider.id),
            f"{one.provider.name}: {one.kind.label}{f', {one.provision.label}' if one.provision else ''}",
        )
        for one in accepted
    ]
    asked = visit.fields.raw("providerId")
    return Loaded(
        {"providerId": asked if asked in dict(choices) else ""},
        fields=with_choices(SET_PENDING.fields, {"providerId": choices}),
        title=loaded.title,
        back=loaded.back,
    )


async def _set_pending(visit: Visit, given: Fields) -> str:
    key = given.key("providerId")
    if key is None:
        raise Invalid("Choose a provider that accepted.", code="FIELD_REQUIRED", field="providerId")
    await set_pending_placement(visit.caller, _number(visit), key)
    return _page_of(visit)


SET_PENDING = Action(
    path="/referrals/{number:int}/pending",
    title="Set the pending placement",
    button="Set the pending placement",
    about="The referral stays open until the placement is final. The other providers are told that one was chosen, not "
    "which one.",
    done="The pending placement was set, and the other providers are told.",
    load=_begin_pending,
    do=_set_pending,
    of=set_pending_placement,
    fields=(Field("providerId", "Chosen provider", Ask.RADIO, required=True),),
)


async def _begin_clear(visit: Visit) -> Loaded:
    referral, loaded = await _about(visit, "Take back the pending placement of", "pendingPlacement")
    pending = referral.pending_placement
    if pending is None or pending.provider is None:
        raise Conflict("There is no pending placement.", code="NO_PENDING_PLACEMENT")
    return Loaded(
        title=loaded.title,
        back=loaded.back,
        about=f"{pending.provider.name} was chosen. The providers are told that the search goes on.",
    )


async def _clear_pending(visit: Visit, given: Fields) -> str:  # noqa: ARG001 - the form asks for nothing
    await clear_pending_placement(visit.caller, _number(visit))
    return _page_of(visit)


CLEAR_PENDING = Action(
    path="/referrals/{number:int}/pending/clear",
    title="Take back the pending placement",
    button="Take it back",
    done="The pending placement was taken back, and the providers are told.",
    load=_begin_clear,
    do=_clear_pending,
    of=clear_pending_placement,
)


async def _begin_close(visit: Visit) -> Loaded:
    referral, loaded = await _about(visit, "Close", "responses", "pendingPlacement")
    choices = [(str(one.provider.id), one.provider.name) for one in referral.responses if one.kind in ACCEPTANCES]
    pending = referral.pending_placement.provider if referral.pending_placement else None
    return Loaded(
        {"placedWithId": str(pending.id) if pending else "", "outcome": CloseOutcome.PLACED.value if pending else ""},
        fields=with_choices(CLOSE.fields, {"placedWithId": choices}),
        title=loaded.title,
        back=loaded.back,
    )


async def _close(visit: Visit, given: Fields) -> str:
    outcome = given.choice("outcome", CloseOutcome)
    if outcome is None:
        raise Invalid("Say how the search ended.", code="FIELD_REQUIRED", field="outcome")
    await close_referral(visit.caller, _number(visit), outcome, given.key("placedWithId"))
    return _page_of(visit)


CLOSE = Action(
    path="/referrals/{number:int}/close",
    title="Close the referral",
    button="Close it",
    confirm="A closed referral takes no more answers and is not opened again. Everybody who received it is told.",
    done="The referral was closed, and everybody who received it is told.",
    load=_begin_close,
    do=_close,
    of=close_referral,
    fields=(
        Field(
            "outcome",
            "How did the search end?",
            Ask.RADIO,
            choices=[(one.value, one.label) for one in CloseOutcome],
            required=True,
        ),
        Field("placedWithId", "Placed with", Ask.CHOICE, hint="Only for a placement with a provider of the exchange."),
    ),
)


async def _begin_delete(visit: Visit) -> Loaded:
    _, loaded = await _about(visit, "Delete")
    return loaded


async def _delete(visit: Visit, given: Fields) -> str:
    await delete_referral(visit.caller, _number(visit), given.raw("reason"))
    return "/referrals"


DELETE = Action(
    path="/referrals/{number:int}/delete",
    title="Delete the referral",
    button="Delete it",
    about="For a referral that should not have been entered. A search that has ended is closed, not deleted.",
    confirm="A deleted referral does not come back. Everybody who received it is told.",
    done="The referral was deleted.",
    load=_begin_delete,
    do=_delete,
    of=delete_referral,
    fields=(Field("reason", "Reason", Ask.AREA, limit=500, required=True, hint="Kept on the record."),),
)


async def _begin_remove(visit: Visit) -> Loaded:
    referral, loaded = await _about(visit, "Remove a document of", "attachments")
    key = visit.request.path_params["attachment_id"]
    document = next((one for one in referral.attachments if one.id == key), None)
    if document is None:
        raise NotFound("There is no such document.", code="ATTACHMENT_NOT_FOUND")
    return Loaded(title=loaded.title, back=loaded.back, about=f"{document.kind.label}: {document.file_name}")


async def _remove(visit: Visit, given: Fields) -> str:
    await remove_attachment(visit.caller, visit.request.path_params["attachment_id"], given.raw("reason"))
    return _page_of(visit)


REMOVE_DOCUMENT = Action(
    path="/referrals/{number:int}/attachments/{attachment_id:uuid}/remove",
    title="Remove the document",
    button="Remove it",
    confirm="The content is destroyed and does not come back; that it was there stays on the record.",
    done="The document was removed.",
    load=_begin_remove,
    do=_remove,
    of=take_away,
    fields=(Field("reason", "Reason", limit=200, required=True),),
)


def _provider_key(given: Fields) -> UUID:
    key = given.key("provider")
    if key is None:
        raise NotFound("There is no such provider.", code="PROVIDER_NOT_FOUND")
    return key


REFERRAL_STEPS = (PUBLISH, EXCLUDE, INCLUDE, SET_PENDING, CLEAR_PENDING, CLOSE, DELETE, REMOVE_DOCUMENT)
