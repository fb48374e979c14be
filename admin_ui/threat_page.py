"""The state's threat level: recorded as it was notified, told to everybody who has signed in (002:39-42)."""

from __future__ import annotations

from admin_ui.actions import Action, Ask, Field, Loaded
from admin_ui.doors import Visit
from admin_ui.forms import Fields
from admin_ui.rendering import words
from resolvers.house_state import NOTE_LIMIT, record_threat_level, view_house
from rules.calendar import in_chicago
from rules.errors import Invalid
from rules.threat import ADVICE, ThreatLevel


async def _begin(visit: Visit) -> Loaded:
    threat = (await view_house(visit.caller)).threat
    now = f"{words(threat.level)}, since {in_chicago(threat.recorded_at)}" if threat else "none was notified yet"
    return Loaded(about=f"The level now: {now}. What you record stands above every page, until it is low again.")


async def _record(visit: Visit, given: Fields) -> str:
    level = given.choice("level", ThreatLevel)
    if level is None:
        raise Invalid("Choose the level.", code="FIELD_REQUIRED", field="level")
    await record_threat_level(visit.caller, level, given.raw("note"))
    return "/threat"


THREAT = Action(
    path="/threat",
    title="Threat level",
    button="Record it",
    load=_begin,
    do=_record,
    of=record_threat_level,
    done="The threat level was recorded.",
    fields=(
        Field(
            "level",
            "The level, as the Information Security Management Office notified it",
            Ask.RADIO,
            choices=[(str(level), f"{words(level)}: {sentence}") for level, sentence in ADVICE.items()],
            required=True,
        ),
        Field("note", "What everybody should know", Ask.AREA, limit=NOTE_LIMIT),
    ),
)
