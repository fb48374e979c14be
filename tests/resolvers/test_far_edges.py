"""Numbers, days and texts that nobody means but somebody sends: refused in words, written down, and nothing fails."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from orm.models import Outcome
from resolvers.access_logs import log_of_mine
from resolvers.callers import Caller
from resolvers.lso_collection import view_collection
from resolvers.outside_systems import view_outside_system
from resolvers.seals_proof import prove_entry
from resolvers.sweep_views import simulate_sweep
from resolvers.trail_export import begin_export
from resolvers.trail_reads import view_entry
from resolvers.user_lists import list_user_lists
from rules.errors import Denied, Refusal
from rules.roles import Role
from tests.world.world import World

Asks = Callable[[Caller], Awaitable[object]]

FIRST, LAST = date.min, date.max
BEYOND_ALL = 10**23
BEYOND_64_BITS = 2**63

EDGES: dict[str, tuple[Role | None, str, str, Asks]] = {
    "a log until the first day of all": (
        Role.CSO,
        "account.access_log",
        "TRAIL_PERIOD",
        lambda who: log_of_mine(who, None, FIRST),
    ),
    "a log until the last day of all": (
        Role.CSO,
        "account.access_log",
        "TRAIL_PERIOD",
        lambda who: log_of_mine(who, None, LAST),
    ),
    "an export of all days": (None, "trail.export", "TRAIL_PERIOD", lambda who: begin_export(who, FIRST, LAST)),
    "a dry run on the first day of all": (
        Role.CSO,
        "sweep.simulate",
        "DATE_TOO_FAR",
        lambda who: simulate_sweep(who, "inactivity", FIRST),
    ),
    "a dry run on the last day of all": (
        Role.CSO,
        "sweep.simulate",
        "DATE_TOO_FAR",
        lambda who: simulate_sweep(who, "audit-provider-accounts", LAST),
    ),
    "a dry run of no sweep": (Role.CSO, "sweep.simulate", "SWEEP_NOT_FOUND", lambda who: simulate_sweep(who, "nope")),
    "an entry of a number beyond all": (
        Role.CSO,
        "trail.view",
        "ENTRY_NOT_FOUND",
        lambda who: view_entry(who, BEYOND_ALL),
    ),
    "a proof of a number beyond all": (
        Role.CSO,
        "trail.prove",
        "ENTRY_NOT_FOUND",
        lambda who: prove_entry(who, BEYOND_64_BITS),
    ),
    "a collection of a year beyond all": (
        Role.CSO,
        "lso_collection.view",
        "COLLECTION_NOT_FOUND",
        lambda who: view_collection(who, BEYOND_64_BITS),
    ),
    "lists of a system whose code is a page long": (
        Role.CSO,
        "user_list.list",
        "TEXT_TOO_LONG",
        lambda who: list_user_lists(who, system="X" * 2_000),
    ),
    "a system whose code is a page long": (
        Role.CSO,
        "outside_system.view",
        "TEXT_TOO_LONG",
        lambda who: view_outside_system(who, "X" * 2_000),
    ),
}


@pytest.mark.parametrize("edge", EDGES)
async def test_what_is_beyond_every_edge_is_refused_with_a_code_and_written_down(world: World, edge: str) -> None:
    role, act, code, ask = EDGES[edge]
    who = world.house if role is None else await world.user(role)
    with pytest.raises(Refusal) as refused:
        await ask(who)
    assert refused.value.code == code
    assert [(entry.outcome, entry.code) for entry in await world.entries(act)] == [(Outcome.REFUSED, code)]


@pytest.mark.requirement("AUD-01")
async def test_who_may_not_look_at_sweeps_does_not_learn_which_there_are(world: World) -> None:
    staff = await world.user(Role.CONSUMER_REFERRAL_DB)
    for name in ("nope", "inactivity"):
        with pytest.raises(Denied):
            await simulate_sweep(staff, name)
    assert [entry.outcome for entry in await world.entries("sweep.simulate")] == [Outcome.REFUSED, Outcome.REFUSED]
