"""Settings come from files, whole or not at all, and what is wrong is named with its line (POL-29, HLP-03)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from homeward.import_help import FileRefused, import_help, import_offices, read_help, read_offices
from homeward.key_file import make_keys
from homeward.settings import Settings
from orm.database import close_database, open_database
from orm.models import County, HelpContact, RegionalOffice, SupportHours
from resolvers.help import HelpKind

HEADER = "kind,office,name,phone,email,weekdays,opens,closes,on_call,begins_on,ends_on\n"
GOOD = HEADER + (
    "PROVIDER_RELATIONS,CMO,The liaison,555-0110,liaison@example.org,,,,,2026-01-01,\n"
    "\n"
    "itsd_help_desk,,The help desk,555-0111,,,,,,2026-01-01,2026-12-31\n"
    "SUPPORT_HOURS,,The desk,555-0103,,Mon-Fri,07:00,17:30,no,2026-01-01,\n"
    'SUPPORT_HOURS,,On call,555-0104,,"Sat, sun",0:00,24:00,yes,2026-01-01,\n'
)


def test_a_file_says_helpers_and_hours() -> None:
    read = read_help(GOOD)
    assert [(one.kind, one.office, one.name) for one in read.helpers] == [
        (HelpKind.PROVIDER_RELATIONS, "CMO", "The liaison"),
        (HelpKind.ITSD_HELP_DESK, None, "The help desk"),
    ]
    assert read.helpers[1].ends_on == date(2026, 12, 31)
    assert [(one.weekday, one.opens_minute, one.closes_minute, one.on_call) for one in read.windows] == [
        *((day, 420, 1050, False) for day in range(5)),
        *((day, 0, 1440, True) for day in (5, 6)),
    ]


@pytest.mark.requirement("POL-29")
@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("LIAISON,,A,555-0100,,,,,,2026-01-01,", "The kind is one of"),
        ("PROVIDER_RELATIONS,,,555-0100,,,,,,2026-01-01,", "fill this in"),
        ("PROVIDER_RELATIONS,,A,,,,,,,2026-01-01,", "phone number or an e-mail"),
        ("PROVIDER_RELATIONS,,A,,nobody,,,,,2026-01-01,", "e-mail address"),
        ("PROVIDER_RELATIONS,,A,555-0100,,,,,,,", "begins_on"),
        ("PROVIDER_RELATIONS,,A,555-0100,,,,,,01/02/2026,", "begins_on"),
        ("PROVIDER_RELATIONS,,A,555-0100,,,,,,2026-02-30,", "begins_on"),
        ("PROVIDER_RELATIONS,,A,555-0100,,,,,,2026-01-02,2026-01-01", "before the first"),
        ("PROVIDER_RELATIONS,,A,555-0100,,Mon,,,,2026-01-01,", "Only SUPPORT_HOURS"),
        ("SUPPORT_HOURS,CMO,A,555-0100,,Mon,07:00,08:00,,2026-01-01,", "whole state"),
        ("SUPPORT_HOURS,,A,,,Mon,07:00,08:00,,2026-01-01,", "fill this in"),
        ("SUPPORT_HOURS,,A,555-0100,,,07:00,08:00,,2026-01-01,", "Weekdays"),
        ("SUPPORT_HOURS,,A,555-0100,,Fri-Mon,07:00,08:00,,2026-01-01,", "earlier day"),
        ('SUPPORT_HOURS,,A,555-0100,,"Mon-Wed,Tue",07:00,08:00,,2026-01-01,', "twice"),
        ("SUPPORT_HOURS,,A,555-0100,,Mon,7,08:00,,2026-01-01,", "opens"),
        ("SUPPORT_HOURS,,A,555-0100,,Mon,07:00,24:01,,2026-01-01,", "closes"),
        ("SUPPORT_HOURS,,A,555-0100,,Mon,08:00,08:00,,2026-01-01,", "within one day"),
        ("SUPPORT_HOURS,,A,555-0100,,Mon,07:00,08:00,maybe,2026-01-01,", "yes or no"),
        ("SUPPORT_HOURS,,A,555-0100", "number of columns"),
        ("SUPPORT_HOURS,,A,555-0100,,Mon,07:00,08:00,,2026-01-01,,more", "number of columns"),
        ('SUPPORT_HOURS,,"A"B,555-0100,,Mon,07:00,08:00,,2026-01-01,', "expected"),
    ],
)
def test_a_wrong_row_is_named_with_its_line_and_the_file_is_refused(row: str, says: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_help(GOOD + row + "\n")
    (fault,) = refused.value.faults
    assert fault.startswith("Line 7: ")
    assert says in fault


def test_every_wrong_row_is_named_at_once() -> None:
    with pytest.raises(FileRefused) as refused:
        read_help(HEADER + "NOBODY,,,,,,,,,,\nNEITHER,,,,,,,,,,\n")
    assert [fault.partition(":")[0] for fault in refused.value.faults] == ["Line 2", "Line 3"]


@pytest.mark.parametrize("text", ["", "\n", HEADER, "kind,name\nPROVIDER_RELATIONS,A\n", "\x00\x00"])
def test_a_file_without_rows_or_columns_is_refused(text: str) -> None:
    with pytest.raises(FileRefused):
        read_help(text)


@pytest.mark.requirement("DAT-02")
def test_offices_are_read_by_county_each_once() -> None:
    assert read_offices("name,regional_office_code,fips\nBoone,CMO,29019\nAdair,,29001\n") == {
        "29019": "CMO",
        "29001": None,
    }
    for wrong in ("fips,regional_office_code\n", "fips,regional_office_code\n29019,CMO\n29019,HAN\n", "fips\n29019\n"):
        with pytest.raises(FileRefused):
            read_offices(wrong)


@pytest.fixture
async def settings(database_url: str, tmp_path: Path) -> Settings:
    """The settings of a house with one office."""
    await open_database(database_url)
    await RegionalOffice.create(code="CMO", name="Central", kind="OFFICE", city="Columbia")
    await close_database()
    settings = Settings(DATABASE_URL=database_url, var=tmp_path)
    make_keys(settings.key_file)
    return settings


async def _kept(settings: Settings) -> tuple[int, int, int]:
    await open_database(settings.database)
    try:
        return (
            await HelpContact.all().count(),
            await SupportHours.all().count(),
            await County.exclude(regional_office_id=None).count(),
        )
    finally:
        await close_database()


async def test_the_command_takes_a_good_file_and_leaves_everything_when_one_is_not(
    settings: Settings, tmp_path: Path
) -> None:
    said: list[str] = []
    file = tmp_path / "help.csv"
    file.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert await import_help(settings, file, said.append) == 0
    assert said == ["Took 2 helpers and 7 support hours from help.csv."]
    offices = tmp_path / "offices.csv"
    offices.write_text("fips,name,regional_office_code\n29019,Boone,CMO\n", encoding="utf-8")
    assert await import_offices(settings, offices, said.append) == 0
    assert said[-1] == "Took offices.csv: 1 county has another regional office now."
    assert await _kept(settings) == (2, 7, 1)

    file.write_text(GOOD.replace("CMO", "NOWHERE"), encoding="utf-8")
    offices.write_text("fips,regional_office_code\n29019,\n29001,NOWHERE\n", encoding="utf-8")
    bad = tmp_path / "bad.csv"
    bad.write_bytes(b"\xff\xfe\x00")
    large = tmp_path / "large.csv"
    large.write_text("x" * 1_000_001, encoding="utf-8")
    for command, path, says in (
        (import_help, file, "There is no regional office 'NOWHERE'."),
        (import_offices, offices, "There is no regional office 'NOWHERE'."),
        (import_help, bad, "The file is not UTF-8 text."),
        (import_help, large, "The file is larger than 1 MB."),
        (import_help, tmp_path / "missing.csv", "The file cannot be read: No such file or directory."),
    ):
        said.clear()
        assert await command(settings, path, said.append) == 1
        assert said == [says, "Nothing was taken."]
    assert await _kept(settings) == (2, 7, 1)
