"""The command line prints the register with its sources, shows how far a sweep has come, and warns at the start."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
import structlog

from homeward.gaps import warn_of_gaps
from homeward.key_file import make_keys
from homeward.policy_print import print_register
from homeward.settings import Settings
from homeward.sweeping import list_sweeps, run_sweep, simulate
from homeward.wiring import open_house, system_clock
from orm.models import DatedObligation, PolicyVersion
from resolvers.sweep_register import SWEEPS
from rules.policy_register import REGISTER


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    chosen = Settings(DATABASE_URL=database_url, var=tmp_path)
    make_keys(chosen.key_file)
    return chosen


@pytest.mark.requirement("POL-35")
async def test_the_register_is_printed_with_every_source_and_as_of_any_day(settings: Settings) -> None:
    ahead = date(2099, 1, 1)
    async with open_house(settings):
        await PolicyVersion.create(
            number=1, key="lso.signin_days", value=57, effective_from=ahead, decided_at=system_clock(), reason="Sooner."
        )
    said: list[str] = []
    assert await print_register(settings, None, None, said.append) == 0
    text = "\n".join(said)
    assert text.startswith("Policy defaults as of")
    assert all(key in text and f"[{number.source}]" in text for key, number in REGISTER.items())
    assert "57 from 2099-01-01" in text
    assert "password.max_age_days / inactivity.delete_days: A password ends after 60 days" in text
    said.clear()
    assert await print_register(settings, "lso.signin_days", ahead + timedelta(days=1), said.append) == 0
    assert said[2] == "  value 57 days, for LSO; the documents say 60"
    assert said[-1].endswith("by the house: Sooner.")
    assert await print_register(settings, "no.such", None, said.append) == 1


@pytest.mark.requirement("SWP-12")
@pytest.mark.requirement("RSK-01")
async def test_a_sweep_shows_how_far_it_has_come_and_a_dry_run_touches_nobody(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    assert await simulate(settings, "risk-calendar-tick", None, said.append) == 0
    assert "Dry run: nobody is." in said[0]
    async with open_house(settings) as opened:
        assert await DatedObligation.all().count() == 0
        with structlog.testing.capture_logs() as logs:
            await warn_of_gaps(opened.desk)
    assert [entry["warning"] for entry in logs] == ["NO_CSO", "NO_PRIVACY_OFFICER"]

    said.clear()
    assert await run_sweep(settings, "risk-calendar-tick", said.append) == 0
    assert said[0].startswith("Obligations of the risk-management programme: ")
    assert "Obligations of the risk-management programme" in capsys.readouterr().err
    assert await run_sweep(settings, "no-such-sweep", said.append) == 1


@pytest.mark.requirement("SWP-11")
def test_the_coming_year_is_listed_with_every_due_date() -> None:
    said: list[str] = []
    list_sweeps(said.append)
    assert [line.partition(":")[0] for line in said[:-1]] == sorted(name.replace("_", "-") for name in SWEEPS)
    collection = next(line for line in said if line.startswith("collect-lso"))
    assert sum(f"-04-{day}" in collection for day in ("01", "08", "15", "22", "29")) == 5
    assert "every day" in next(line for line in said if line.startswith("risk-calendar-tick"))
