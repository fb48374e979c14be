"""Let a provider join on the day its contract begins: nobody changes its profile then, only the date (001:167-168)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from orm.models import Contract, Provider
from resolvers.audience_facts import load_providers
from resolvers.audience_lock import change_audience
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.joining import ProfileChange, join_open_referrals, no_such_provider
from resolvers.sweeps import Subject, Sweep
from rules.audience import contract_in_force
from rules.calendar import Daily, local_date
from rules.policy import Policy

_LOOK_BACK = timedelta(days=7)
"""How long after its first day a contract is still looked at, in case no worker was up on that day."""


async def plan_contract_starts(now: datetime, _: Policy) -> list[Subject]:
    """List the providers whose contract has begun in the last week, without another one right before it."""
    on = local_date(now)
    begun = await Contract.filter(begins_on__gt=on - _LOOK_BACK, begins_on__lte=on).select_related("provider")
    subjects = [
        Subject(
            id=contract.provider_id,
            label=contract.provider.name,
            hit=not await _in_force(contract.provider_id, contract.begins_on - timedelta(days=1)),
            why=f"The contract began on {contract.begins_on}.",
            facts={"contract": str(contract.id)},
        )
        for contract in begun
    ]
    return sorted(subjects, key=lambda subject: subject.label)


@operation("provider.join_with_contract", by=THE_HOUSE, cites="001:167-168; 002:355-357")
async def join_with_contract(work: Work, provider_id: UUID) -> bool:
    """Tell the contacts of the open referrals that the begin of the contract brings; answer whether there were any."""
    work.about("provider", provider_id)
    await change_audience()
    provider = await Provider.filter(id=provider_id).select_for_update(no_key=True).first()
    if provider is None:
        raise no_such_provider()
    current = [one for one in await Contract.filter(provider_id=provider_id) if _covers(one, work.today)]
    if not current or await _in_force(provider_id, current[0].begins_on - timedelta(days=1)):
        return False
    today = (await load_providers(work.today, [provider_id])).facts[0]
    without_contract = replace(today, contract_begins=None, contract_ends=None)
    await join_open_referrals(work, without_contract, ProfileChange(provider))
    return bool(work.promises)


CONTRACT_STARTS = Sweep(
    name="contract_starts",
    title="Providers whose contract begins",
    cites="001:167-168; 002:355-357",
    cadence=Daily(time(6, 0)),
    plan=plan_contract_starts,
    treat=join_with_contract,
)


async def _in_force(provider_id: UUID, on: date) -> bool:
    return any(_covers(one, on) for one in await Contract.filter(provider_id=provider_id))


def _covers(contract: Contract, on: date) -> bool:
    return contract_in_force(contract.begins_on, contract.ends_on, on)
