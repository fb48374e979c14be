"""Whom to call and when (001:286-294, 000:15-20)."""

from __future__ import annotations

from datetime import datetime

import schema.enums  # noqa: F401 - the enums are described before they are used
from resolvers.help import HelpKind
from schema.described import described_enum, described_type

described_enum(HelpKind)


@described_type
class RegionalOffice:
    """A regional office of the division, or one of its satellites."""

    code: str
    """The office's code."""

    name: str
    """The name of the office."""

    city: str
    """Where it is."""

    address: str
    """The street address, empty when it is not on file."""

    phone: str
    """The telephone number, empty when it is not on file."""


@described_type
class HelpContact:
    """Whom to ask."""

    kind: HelpKind
    """What for."""

    name: str
    """The person or the desk."""

    phone: str
    """The telephone number, empty when it is not on file."""

    email: str
    """The e-mail address, empty when it is not on file."""

    office: RegionalOffice | None
    """The regional office that the helper works at; null for a helper of the whole state."""


@described_type
class Manual:
    """The provider manual."""

    url: str
    """Its address on this server."""


@described_type
class SupportNumber:
    """A number that answers at this moment."""

    label: str
    """Who answers."""

    phone: str
    """The telephone number."""

    on_call: bool
    """Whether it is a technician on call, who answers a password reset within two hours (000:18-19)."""


@described_type
class SupportWindow:
    """When a number answers, on the clocks of Chicago."""

    label: str
    """Who answers."""

    phone: str
    """The telephone number."""

    on_call: bool
    """Whether it is a technician on call."""

    weekday: int
    """The day of the week: 1 is Monday, 7 is Sunday."""

    opens: str
    """The first minute, such as 07:00."""

    closes: str
    """The minute after the last, such as 17:30; 24:00 is midnight."""


@described_type
class Support:
    """The Customer Support Center, who reset passwords (000:15-20)."""

    now_open: bool
    """Whether a number answers at this moment."""

    call_now: SupportNumber | None
    """The number to call at this moment; null when nobody answers."""

    next_opens: datetime | None
    """When somebody answers again; null when somebody does now, or when no hours are known."""

    hours: list[SupportWindow]
    """The hours in force today, by day and time."""


@described_type
class Help:
    """Everything that helps."""

    contacts: list[HelpContact]
    """Provider Relations and the help desk of the nearest regional office (001:286-294)."""

    manual: Manual
    """The manual for providers (001:61-65)."""

    support: Support
    """Which number to call now."""

    technical_requirements: list[str]
    """What a computer has to be able to do: standards only, no brand of browser."""
