"""Whom to call in the story: desks with numbers that are kept free for stories, and hours of their own."""

from __future__ import annotations

from datetime import date

from homeward.demo.places import AREAS
from homeward.demo.stage import Stage
from resolvers.help import HelpKind, NewHelper, replace_help
from rules.support_hours import SupportWindow

_SINCE = date(2020, 1, 1)
_WEEK, _WEEKEND = range(5), (5, 6)
_FIRST_NUMBER = 10


async def insert_help(stage: Stage) -> None:
    """Insert a Provider Relations contact for each office, technical help for the larger ones, and the support desk."""
    await replace_help(stage.house("demo"), _helpers(), _windows())


def _helpers() -> list[NewHelper]:
    helpers = []
    for place, area in enumerate(AREAS):
        helpers.append(
            NewHelper(
                HelpKind.PROVIDER_RELATIONS,
                area.code,
                f"Provider Relations, {area.city}",
                f"555-01{_FIRST_NUMBER + place}",
                f"provider.relations.{area.code.lower()}@dmh.example.org",
                _SINCE,
            )
        )
        if area.kind == "OFFICE":
            helpers.append(
                NewHelper(
                    HelpKind.ITSD_HELP_DESK,
                    area.code,
                    f"ITSD help desk, {area.city}",
                    f"555-01{_FIRST_NUMBER + len(AREAS) + place}",
                    f"itsd.{area.code.lower()}@dmh.example.org",
                    _SINCE,
                )
            )
    statewide = (
        (HelpKind.PROVIDER_RELATIONS, "Provider Relations, central office", "555-0101", "provider.relations"),
        (HelpKind.ITSD_HELP_DESK, "ITSD help desk, central office", "555-0102", "itsd"),
        (HelpKind.CUSTOMER_SUPPORT, "Customer Support Center", "555-0103", "support"),
    )
    helpers += [
        NewHelper(kind, None, name, phone, f"{local}@dmh.example.org", _SINCE) for kind, name, phone, local in statewide
    ]
    return helpers


def _windows() -> list[SupportWindow]:
    desk = [SupportWindow("Customer Support Center", "555-0103", False, day, 8 * 60, 17 * 60, _SINCE) for day in _WEEK]
    evenings = [SupportWindow("Technician on call", "555-0104", True, day, 17 * 60, 21 * 60, _SINCE) for day in _WEEK]
    weekends = [SupportWindow("Technician on call", "555-0104", True, day, 9 * 60, 16 * 60, _SINCE) for day in _WEEKEND]
    return [*desk, *evenings, *weekends]
