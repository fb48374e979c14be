"""What a newcomer reads when everything is up: each line is true of this house, also of one that runs elsewhere."""

from __future__ import annotations

from pathlib import Path

from homeward.settings import Settings
from homeward.whole import welcome

SCRIPT = ".venv/bin/python examples/first_five_minutes.py"


def test_the_usual_house_is_told_in_the_words_of_the_readme() -> None:
    told = [line.strip() for line in welcome(Settings(host="127.0.0.1", port=8000, var=Path("var")))]
    assert "Homeward is up:  http://127.0.0.1:8000" in told
    assert "Accounts to begin with (all of them: var/demo-accounts.json):" in told
    assert SCRIPT in told
    assert "Ctrl-C stops everything; what you did stays in var/." in told


def test_a_house_at_another_port_and_directory_says_how_its_story_is_run(tmp_path: Path) -> None:
    told = [line.strip() for line in welcome(Settings(host="127.0.0.1", port=9000, var=tmp_path))]
    accounts = tmp_path / "demo-accounts.json"
    assert f"Accounts to begin with (all of them: {accounts}):" in told
    assert f"{SCRIPT} --address http://127.0.0.1:9000 --accounts {accounts}" in told
    assert f"Ctrl-C stops everything; what you did stays in {tmp_path}/." in told
