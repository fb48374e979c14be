"""What became of a referral at its providers: receipts, silence, why one did not get it (001:70; 001:271)."""

from __future__ import annotations

from starlette.responses import Response

from admin_ui.doors import Visit
from admin_ui.filters import Asked, Filter, Kind
from admin_ui.registers import Register
from admin_ui.tables import Column
from resolvers.callers import Caller
from resolvers.paging import Page
from resolvers.provider_search import ProviderFilter
from resolvers.provider_views import list_provider_profiles
from resolvers.receipts import ContactReceipt, referral_receipts
from resolvers.referral_views import view_referral
from resolvers.silent_list import SilentProviderView, list_silent_providers
from resolvers.why_not import why_not
from rules.receipts import ReceiptVerdict, Stage, Step

_SHOWN = 60
_FOUND = 20


async def receipts_page(visit: Visit) -> Response:
    """Show how far a referral got at each provider that it reached, those that heard nothing first."""
    number = visit.request.path_params["number"]
    referral = await view_referral(visit.caller, number=number)
    name = visit.fields.text("name")
    verdict = visit.fields.choice("verdict", ReceiptVerdict)
    receipts = await referral_receipts(visit.caller, number)
    order = list(reversed(ReceiptVerdict))
    found = sorted(
        (one for one in receipts if name.casefold() in one.provider.name.casefold() and verdict in (None, one.verdict)),
        key=lambda one: (order.index(one.verdict), one.provider.name),
    )
    return visit.show(
        "referrals/receipts.html",
        referral=referral,
        counts=[(kind, sum(one.verdict is kind for one in receipts)) for kind in order],
        receipts=found[:_SHOWN],
        left=max(0, len(found) - _SHOWN),
        name=name,
        verdict=verdict,
        today=visit.caller.desk.clock(),
        farthest=_farthest,
    )


def _farthest(contact: ContactReceipt) -> Step:
    """Give the step that came nearest to an answer, not the latest: who has answered may sign in once more."""
    order = list(Stage)
    return max(contact.stages, key=lambda step: order.index(step.stage))


async def why_page(visit: Visit) -> Response:
    """Say why a provider got a referral or did not; without a provider, find one by its name."""
    number = visit.request.path_params["number"]
    referral = await view_referral(visit.caller, number=number)
    key, name = visit.fields.key("provider"), visit.fields.text("name")
    answer = await why_not(visit.caller, number, key) if key else None
    found = None
    if answer is None and name:
        found = await list_provider_profiles(visit.caller, where=ProviderFilter(name=name), first=_FOUND, count=True)
    return visit.show("referrals/why.html", referral=referral, answer=answer, found=found, name=name)


def _days(asked: Asked) -> int | None:
    return asked.fields.number("days", "A number of days")


async def _silent(caller: Caller, asked: Asked, first: int, after: str | None) -> Page[SilentProviderView]:
    return await list_silent_providers(caller, first=first, after=after, older_than_days=_days(asked), count=True)


SILENT = Register(
    path="/silent-providers",
    title="Silent providers",
    about="Providers that have had an open referral for too long without an answer, the longest silence first.",
    one="missing answer",
    rows=_silent,
    read=_days,
    filters=(Filter("days", "Silent for more days than", Kind.NUMBER),),
    columns=(
        Column("Provider", lambda row: row.provider.name, wraps=True),
        Column("Referral", lambda row: row.referral_number, "referrals/cells.html:of_referral"),
        Column("Silent for, days", lambda row: row.silent_days, figure=True),
        Column("Reached it", lambda row: row.reached_at, tight=True),
        Column("Opened by them", lambda row: row.viewed_at, tight=True),
        Column("Coordinator told", lambda row: row.told_at, tight=True),
        Column("Why", lambda row: row.referral_number, "referrals/cells.html:why", tight=True, exported=False),
    ),
    link=lambda row: f"/providers/{row.provider.id}",
    empty="No provider is silent for that long. Everybody who could answer has.",
    exports=True,
)
