"""Contracts that end: warned of before, and all user IDs of the provider disabled after the last day (002:111-113).

Before the last day the regional office's liaisons and the LSO are told (POL-27). After it every account is disabled in
one transaction, and liaisons and Chief Security Officers are told (002:355-358).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, time
from uuid import UUID

from orm.models import Contract, Provider, User
from orm.sql import fetch, to_date, to_instant, to_uuid
from resolvers.account_duties import hold_account
from resolvers.audience_lock import change_audience
from resolvers.callers import Caller
from resolvers.desk import THE_HOUSE, Work, operation
from resolvers.endings import disable
from resolvers.officers import Organization, holders_of, liaisons_for, lso_and_deputies, readers
from resolvers.promises import about
from resolvers.sweeps import Subject, Sweep
from rules.accounts import AccountState
from rules.calendar import Daily, in_words, local_date
from rules.contract_end import Period, must_disable_after, must_warn_of_end
from rules.leaving import DisabledReason
from rules.notices import NotificationKind
from rules.policy import Policy
from rules.roles import Role

_IN_USE = (AccountState.ACTIVE, AccountState.SUSPENDED)


async def plan_contract_end(now: datetime, policy: Policy) -> list[Subject]:
    """List the providers whose contract has ended while IDs are in use, and those whose end is to be warned of."""
    on = local_date(now)
    periods, names = await _contracts()
    accounts = await _accounts_in_use(list(periods))
    warned = await _warned_on(None)
    subjects = []
    for provider_id, covered in periods.items():
        last_day = must_disable_after(covered, on, policy)
        warning = must_warn_of_end(covered, on, warned.get(provider_id), policy)
        if last_day is not None and accounts.get(provider_id):
            why = (
                f"The contract ended; its last day was {in_words(last_day)}."
                if last_day < on
                else said_of_end(last_day, on)
            )
            facts = {"step": "DISABLE", "accounts": accounts[provider_id]}
        elif warning is not None:
            why = f"The last day of the contract is {in_words(warning[0])}."
            facts = {"step": "WARN", "days before": warning[1].days}
        else:
            continue
        subjects.append(Subject(provider_id, names[provider_id], hit=True, why=why, facts=facts))
    return sorted(subjects, key=lambda subject: subject.label)


async def treat_contract_end(caller: Caller, provider_id: UUID) -> bool:
    """Do for a provider what is due: disable its accounts, or warn; answer whether anything was."""
    return await disable_after_contract(caller, provider_id) or await warn_of_contract_end(caller, provider_id)


def said_of_end(last_day: date, on: date) -> str:
    """Say that the contract has ended, or that its end is noted."""
    return f"The last day of the contract {'was' if last_day < on else 'is'} {in_words(last_day)}."


async def end_accounts_of(work: Work, provider_id: UUID) -> int:
    """Disable every account of a provider that is no longer under contract, in this transaction; answer how many.

    Liaisons and Chief Security Officers are told if there was one. Whoever checks a report off calls it, too.
    """
    work.touches("provider", [provider_id])
    await change_audience()  # before the provider's row, as wherever both are held
    await Provider.filter(id=provider_id).select_for_update(no_key=True).first()
    last_day = must_disable_after(await periods_of(provider_id), work.today, work.policy)
    keys = await User.filter(provider_id=provider_id, state__in=_IN_USE).order_by("id").values_list("id", flat=True)
    if last_day is None or not keys:
        work.note(due=False)
        return 0
    work.about("provider", provider_id)
    disabled = 0
    for key in keys:
        user = await hold_account(UUID(str(key)))
        if user is not None and user.state in _IN_USE:
            await disable(work, user, DisabledReason.CONTRACT_ENDED, said_of_end(last_day, work.today))
            disabled += 1
    organization = Organization(provider_id=provider_id)
    offices = [*await holders_of(Role.CSO), *await liaisons_for(organization)]
    work.promise(about(readers(offices), NotificationKind.CONTRACT_ENDS, None))
    work.note(due=True, accounts=disabled, last_day=last_day.isoformat())
    return disabled


@operation("provider.disable_after_contract", by=THE_HOUSE, cites="002:111-113; 002:355-358")
async def disable_after_contract(work: Work, provider_id: UUID) -> bool:
    """Disable every account of a provider that is no longer under contract, all or none; answer whether there was one.

    Another contract in force keeps them; one that begins later does not.
    """
    return bool(await end_accounts_of(work, provider_id))


@operation("provider.warn_of_contract_end", by=THE_HOUSE, cites="002:355-357")
async def warn_of_contract_end(work: Work, provider_id: UUID) -> bool:
    """Tell liaisons and LSO that a contract ends, once for each of the policy's periods; answer whether it was due."""
    work.touches("provider", [provider_id])
    await Provider.filter(id=provider_id).select_for_update(no_key=True).first()
    warned = (await _warned_on(provider_id)).get(provider_id)
    warning = must_warn_of_end(await periods_of(provider_id), work.today, warned, work.policy)
    if warning is None:
        work.note(due=False)
        return False
    # An entry that is about the provider is the memory of the warning: the next run reads it.
    work.about("provider", provider_id)
    organization = Organization(provider_id=provider_id)
    hearing = [*await liaisons_for(organization), *await lso_and_deputies(organization, work.today)]
    work.promise(about(readers(hearing), NotificationKind.CONTRACT_ENDS, None))
    work.note(due=True, last_day=warning[0].isoformat(), days_before=warning[1].days, told=len(hearing))
    return True


CONTRACT_END = Sweep(
    name="contract_end",
    title="Providers whose contract ends",
    cites="002:111-113; 002:355-357",
    cadence=Daily(time(6, 0)),
    plan=plan_contract_end,
    treat=treat_contract_end,
)


async def _contracts() -> tuple[dict[UUID, list[Period]], dict[UUID, str]]:
    """Give the contracts by provider, of the providers that have one with an end, and their names."""
    rows = await fetch(
        "SELECT c.provider_id, c.begins_on, c.ends_on, p.name FROM contract c JOIN provider p ON p.id = c.provider_id "
        "WHERE c.provider_id IN (SELECT provider_id FROM contract WHERE ends_on IS NOT NULL)"
    )
    periods: dict[UUID, list[Period]] = defaultdict(list)
    names: dict[UUID, str] = {}
    for row in rows:
        key = to_uuid(row["provider_id"])
        periods[key].append((to_date(row["begins_on"]), to_date(row["ends_on"]) if row["ends_on"] else None))
        names[key] = row["name"]
    return periods, names


async def _accounts_in_use(providers: list[UUID]) -> dict[UUID, int]:
    rows = await fetch(
        "SELECT provider_id, COUNT(*) AS accounts FROM user_account "
        "WHERE state IN (:states) AND provider_id IN (:providers) GROUP BY provider_id",
        states=list(_IN_USE),
        providers=providers,
    )
    return {to_uuid(row["provider_id"]): int(row["accounts"]) for row in rows}


async def _warned_on(provider_id: UUID | None) -> dict[UUID, date]:
    """Give the day of the last warning of each provider, or of one: the trail remembers it."""
    rows = await fetch(
        "SELECT about_id, MAX(at) AS at FROM audit_entry WHERE act = :act AND outcome = 'DONE' "
        f"AND about_id {'IS NOT NULL' if provider_id is None else '= :provider'} GROUP BY about_id",
        act=warn_of_contract_end.act,
        **({} if provider_id is None else {"provider": provider_id}),
    )
    return {to_uuid(row["about_id"]): local_date(to_instant(row["at"])) for row in rows}


async def periods_of(provider_id: UUID) -> list[Period]:
    return [(one.begins_on, one.ends_on) for one in await Contract.filter(provider_id=provider_id)]
