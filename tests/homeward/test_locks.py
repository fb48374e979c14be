"""What was tested is what is installed, from whichever package index a machine is set up for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUNTIME: list[str] = PROJECT["dependencies"]
EVERYTHING: list[str] = [*RUNTIME, *PROJECT["optional-dependencies"]["dev"]]


def locked(name: str) -> dict[str, Version]:
    pins = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", (ROOT / "requirements" / name).read_text(), re.MULTILINE)
    return {canonicalize_name(package): Version(version) for package, version in pins}


@pytest.mark.parametrize(("lock", "wanted"), [("lock.txt", EVERYTHING), ("runtime.txt", RUNTIME)])
def test_the_lock_holds_a_fitting_version_of_all_that_the_project_names(lock: str, wanted: list[str]) -> None:
    pins = locked(lock)
    for requirement in map(Requirement, wanted):
        assert canonicalize_name(requirement.name) in pins, f"{requirement} is not in {lock}: run `make lock`"
        pinned = pins[canonicalize_name(requirement.name)]
        assert pinned in requirement.specifier, f"{lock} has {requirement.name} {pinned}: run `make lock`"


def test_the_running_house_has_the_versions_that_were_tested() -> None:
    assert locked("runtime.txt").items() <= locked("lock.txt").items()


@pytest.mark.parametrize("lock", ["lock.txt", "runtime.txt"])
def test_each_locked_file_is_known_by_its_hash_and_no_index_is_named(lock: str) -> None:
    text = (ROOT / "requirements" / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked(lock))
    assert all("--hash=sha256:" in entry for entry in entries)
