"""The register: everybody in the offices reads each number with its source; the CSO alone decides, from tomorrow on."""

from __future__ import annotations

import asyncio
import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from orm.models import AuditEntry, PolicyVersion
from resolvers.policies import change_policy, policy_of, view_register
from resolvers.sweep_register import SWEEPS
from resolvers.sweeps import run_now
from rules.errors import Conflict, Denied, Invalid, NotFound, Refusal
from rules.policy_register import REGISTER
from rules.roles import Role
from tests.world.office import told
from tests.world.world import World

TODAY = date(2026, 3, 2)
TOMORROW = TODAY + timedelta(days=1)
SHIPPED = Path(__file__).parents[2] / "orm" / "reference" / "policies.csv"

RENAMED = {"password.max_failures": ("password.max_failures.privileged", "password.max_failures.others")}
"""Where one number of the documents became one for each population (POL-07)."""


@pytest.mark.requirement("DAT-06")
@pytest.mark.requirement("RSK-02")
def test_every_number_of_the_documents_is_in_the_register_with_its_value_and_source() -> None:
    with SHIPPED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18
    for row in rows:
        keys = RENAMED.get(row["policy_key"], (row["policy_key"],))
        shipped = {str(REGISTER[key].default) for key in keys}
        first = row["default"].split(" of ")[0]
        assert first in shipped or str(tuple(map(int, first.split("/")))) in shipped, row
        cited = row["source"].replace(" and", ";").split(";")[0].split(" (")[0]
        assert any(cited.strip() in REGISTER[key].source for key in keys), row


@pytest.mark.requirement("POL-35")
@pytest.mark.requirement("RSK-16")
@pytest.mark.requirement("RSK-19")
async def test_the_cso_decides_a_number_from_a_later_day_on_and_it_is_seen_with_who_and_why(world: World) -> None:
    cso = await world.user(Role.CSO)
    number = await change_policy(cso, "password.max_age_days", "45", TOMORROW, "Audit finding 7.", seen=0)

    register = await view_register(cso)
    policy = policy_of(register, "password.max_age_days")
    assert (register.version, policy.value, policy.default, policy.effective_from) == ("defaults", "60", "60", None)
    assert (policy.source, policy.at_most, policy.regulated, policy.last_change) == (
        "000:6; 000:286",
        "60",
        True,
        number,
    )
    [coming] = policy.upcoming
    assert (coming.value, coming.effective_from, coming.reason) == ("45", TOMORROW, "Audit finding 7.")
    assert coming.decided_by.startswith("First")
    assert policy.history == []

    later = policy_of(await view_register(cso, as_of=TOMORROW), "password.max_age_days")
    assert (later.value, later.effective_from, [one.number for one in later.history]) == ("45", TOMORROW, [number])
    world.clock.forward(days=1)
    assert (await view_register(await world.user(Role.AUDITOR))).version == f"defaults+{number}"
    with pytest.raises(NotFound):
        policy_of(register, "password.colour")
    [entry] = await world.entries("policy.change")
    assert entry.facts["value"] == "45"


async def test_a_change_that_is_not_the_csos_or_not_allowed_changes_nothing_and_is_written_down(world: World) -> None:
    cso, administrator = await world.user(Role.CSO), await world.user(Role.ADMINISTRATOR)
    key = "password.max_age_days"
    for who, what, value, since, reason, code in (
        (administrator, key, "45", TOMORROW, "Why.", "DENIED"),
        (cso, key, "45", TODAY, "Why.", "POLICY_RETROACTIVE"),
        (cso, key, "45", TODAY + timedelta(days=3651), "Why.", "DATE_TOO_FAR"),
        (cso, key, "61", TOMORROW, "Why.", "POLICY_LAXER_THAN_REGULATION"),
        (cso, key, "0", TOMORROW, "Why.", "POLICY_OUT_OF_RANGE"),
        (cso, key, "many", TOMORROW, "Why.", "POLICY_MALFORMED"),
        (cso, "facility.101.days", "45", TOMORROW, "Why.", "UNKNOWN_POLICY"),
        (cso, key, "45", TOMORROW, " ", "TEXT_REQUIRED"),
        (cso, key, "14", TOMORROW, "Why.", "POLICY_CONTRADICTS"),
    ):
        with pytest.raises(Refusal) as no:
            await change_policy(who, what, value, since, reason, seen=0)
        assert no.value.code == code
    assert await PolicyVersion.all().count() == 0
    assert [entry.code for entry in await world.entries("policy.change")][-1] == "POLICY_CONTRADICTS"
    assert (await change_policy(cso, key, "45", TODAY + timedelta(days=3650), "Why.", seen=0)) == 1


@pytest.mark.requirement("POL-34")
async def test_a_change_may_not_contradict_what_is_decided_for_a_later_day_already(world: World) -> None:
    cso = await world.user(Role.CSO)
    await change_policy(cso, "lso.signin_days", "56", TODAY + timedelta(days=30), "Sooner.", seen=0)
    with pytest.raises(Conflict) as no:
        await change_policy(cso, "lso.warn_days", "45/57", TOMORROW, "Later.", seen=0)
    assert no.value.code == "POLICY_CONTRADICTS"
    assert str(TODAY + timedelta(days=30)) in no.value.message
    register = await view_register(cso)
    assert [one.contradicts for one in register.conflicts] == [False] * 5


async def test_of_two_who_decide_at_once_one_wins_and_the_other_looks_again(world: World) -> None:
    one, other = await world.user(Role.CSO), await world.user(Role.CSO)
    answers = await asyncio.gather(
        *(
            change_policy(who, "sar.sample_size", value, TOMORROW, "More.", seen=0)
            for who, value in ((one, "6"), (other, "7"))
        ),
        return_exceptions=True,
    )
    won = [answer for answer in answers if isinstance(answer, int)]
    lost = [answer for answer in answers if isinstance(answer, Conflict)]
    assert (len(won), [no.code for no in lost]) == (1, ["POLICY_CHANGED"])
    assert await PolicyVersion.all().count() == 1
    seen = policy_of(await view_register(one), "sar.sample_size").last_change
    await change_policy(other, "sar.sample_size", "8", TOMORROW, "Still more.", seen=seen)
    assert policy_of(await view_register(one, as_of=TOMORROW), "sar.sample_size").value == "8"


async def test_the_register_is_for_the_offices(world: World) -> None:
    with pytest.raises(Denied):
        await view_register(await world.user(Role.LSO))
    with pytest.raises(Invalid):
        await change_policy(await world.user(Role.CSO), "sar.sample_size", "4", TOMORROW, "Fewer.", seen=0)


@pytest.mark.requirement("POL-35")
async def test_whatever_a_timed_duty_does_names_the_policy_it_acted_on(world: World) -> None:
    cso = await world.user(Role.CSO)
    await world.user(Role.PRIVACY_OFFICER)
    coordinator = await world.coordinator("Boone")
    await world.provider("Boone")
    await world.published(coordinator, "Boone")
    change = await change_policy(cso, "referral.reminder_days", "29", TOMORROW, "Sooner.", seen=0)
    world.clock.forward(days=100)
    before = {entry.id for entry in await AuditEntry.all()}

    for sweep in SWEEPS.values():
        await run_now(world.desk, sweep)

    done = [entry for entry in await AuditEntry.all() if entry.id not in before]
    assert {"referral.remind", "account.sweep_inactivity", "obligation.tick"} <= {entry.act for entry in done}
    assert {entry.policy_version for entry in done} == {f"defaults+{change}"}
    assert await told(cso)
