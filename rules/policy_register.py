"""The numbers of the documents, each once: named, typed, cited, and with the bounds within which it may be moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

Value = int | bool | tuple[int, ...]
"""A number, a yes/no, or a list of numbers such as the days before an expiry."""

FAR: Final = 3650
"""The largest number that may be chosen where nothing else bounds it."""


class Regulated(StrEnum):
    """Say which bound of a number is the regulation's own, so that only the stricter side is open."""

    AT_LEAST = "AT_LEAST"
    AT_MOST = "AT_MOST"


@dataclass(frozen=True, slots=True)
class Number:
    """One entry of the register; ``at_least`` and ``at_most`` bound a change, in ``unit``."""

    key: str
    default: Value
    unit: str
    population: str
    source: str
    title: str
    why: str
    at_least: int = 1
    at_most: int = FAR
    regulated: Regulated | None = None


_NUMBERS = (
    Number(
        "password.min_length", 7, "characters", "all", "000:284",
        "Shortest password", "The guide asks for at least 7 characters; it may be raised.",
        at_least=7, at_most=128, regulated=Regulated.AT_LEAST,
    ),
    Number(
        "password.min_groups", 3, "groups of 4", "all", "000:288-293",
        "Character groups in a password", "At least 3 of A-Z, a-z, 0-9 and non-alphabetic.",
        at_least=3, at_most=4, regulated=Regulated.AT_LEAST,
    ),
    Number(
        "password.history", 24, "passwords", "all", "000:287",
        "Passwords that may not come back", "The last 24 cannot be reused; more may be kept.",
        at_least=24, at_most=200, regulated=Regulated.AT_LEAST,
    ),
    Number(
        "password.max_age_days", 60, "days", "all", "000:6; 000:286",
        "Life of a password", "A password is good for 60 days, then it locks its owner out.",
        at_most=60, regulated=Regulated.AT_MOST,
    ),
    Number(
        "password.max_failures.privileged", 3, "entries", "privileged roles", "000:9-11; POL-07",
        "Wrong entries that lock a privileged account", "The guide says 3 or 4: the stricter one for privileged roles.",
        at_most=4, regulated=Regulated.AT_MOST,
    ),
    Number(
        "password.max_failures.others", 4, "entries", "everybody else", "000:9-11; POL-07",
        "Wrong entries that lock an account", "The guide says 3 or 4: the more patient one for everybody else.",
        at_most=4, regulated=Regulated.AT_MOST,
    ),
    Number(
        "password.reminder_days", (14, 7, 1), "days before expiry", "all", "improvement over 000:6; POL-06",
        "Reminders before a password expires", "The guide sends none and calls that the main cause of lost access.",
        at_most=59,
    ),
    Number(
        "password.screen_common", False, "yes/no", "all", "improvement over 000:284-293",
        "Refuse common passwords", "The guide does not ask for it; yes refuses what is guessed first.",
    ),
    Number(
        "device.known_days", 180, "days since the last sign-on", "all", "000:9-11; POL-07",
        "Known device", "It counts its own wrong entries, so that a stranger elsewhere cannot lock its owner out.",
        at_most=365,
    ),
    Number(
        "confidentiality.each_session", True, "yes/no", "all", "000:253",
        "Confidentiality statement at each sign-on", "No asks once for each version of the statement.",
    ),
    Number(
        "session.idle_minutes", 15, "minutes", "all", "45 CFR 164.312(a)(2)(iii)",
        "Life of an idle session", "An unattended screen must not stay open.",
        at_most=720,
    ),
    Number(
        "session.absolute_hours", 12, "hours", "all", "45 CFR 164.312(a)(2)(iii)",
        "Longest session", "A working day: after it the person proves who they are again.",
        at_most=24,
    ),
    Number(
        "session.devices_at_once", 3, "devices", "all", "000:38-39; ACC-13",
        "Devices in use at once", "One person has a few; more look like a user ID that is shared, and the CSO is told.",
        at_most=20,
    ),
    Number(
        "inactivity.provider_90", True, "yes/no", "provider accounts", "000:22-24; POL-01",
        "Disable unused provider accounts", "No leaves them to the provider audit alone, as in the regulation of 2013.",
    ),
    Number(
        "inactivity.delete_days", 90, "days", "provider accounts", "000:22-24; POL-01",
        "Unused provider account", "Not used for 90 or more days: disabled, roles stripped, then deleted.",
    ),
    Number(
        "inactivity.warn_days", (14, 3), "days before the end", "provider accounts", "improvement over 000:22-24",
        "Warnings before an unused account is disabled", "Signing in keeps it; who has forgotten it is told in time.",
    ),
    Number(
        "inactivity.audit_days", 180, "days", "provider accounts at the audit", "002:145-197; POL-01",
        "Unused account at the provider audit", "The audit of February, June and October disables above 180 days.",
    ),
    Number(
        "audit.response_days", 10, "business days", "LSO of provider accounts at the audit", "002:147-149; POL-33",
        "Answer to a provider audit", "Who is neither revoked nor signed in when it ends is disabled.",
        at_most=60,
    ),
    Number(
        "inactivity.employee_days", 60, "days", "DMH employees", "002:290-296; POL-03",
        "Unused employee account", "Listed for the personnel contact of the facility; never disabled by itself.",
    ),
    Number(
        "employee_list.each_quarter", False, "yes/no", "DMH employees", "002:105-107; 002:290; POL-05",
        "Send the list of unused employee IDs each quarter", "It is made each quarter; no sends the yearly one only.",
    ),
    Number(
        "inactivity.mainframe_months", 24, "months", "mainframe accounts", "002:108-110",
        "Unused mainframe account", "Deleted at the quarterly audit.",
        at_most=120,
    ),
    Number(
        "lso.signin_days", 60, "days", "LSO", "000:26-27; POL-02",
        "LSO out of reach", "An LSO signs in at least once in 60 days; then the provider counts as unreachable.",
    ),
    Number(
        "lso.warn_days", (45, 55), "days without sign-in", "LSO", "POL-02",
        "Warnings to an LSO", "Two letters before the LSO counts as out of reach.",
    ),
    Number(
        "disabled.delete_days", 60, "days", "all directory accounts", "002:120; 002:311",
        "Disabled account is deleted", "60 days after it was disabled; 0 is the literal guide.",
        at_least=0,
    ),
    Number(
        "provisioning.sla_hours", 48, "hours", "access requests", "000:203",
        "Provisioning of an approved request", "Correct roles and LSO approval: access within 48 hours.",
    ),
    Number(
        "reset.response_hours", 2, "hours", "on-call resets", "000:18-19",
        "Answer to an on-call reset", "A technician responds within 2 hours.",
    ),
    Number(
        "reset.secret_hours", 24, "hours", "password resets", "000:5; PWD-13",
        "Life of a temporary password", "Given by the support desk on the telephone, to be used the same day.",
        at_most=168,
    ),
    Number(
        "credentials.secret_days", 7, "days", "new and enabled user IDs", "000:124-128; ACC-04",
        "Life of a released secret", "Handed out by the regional office; the first sign-on may wait for a week.",
        at_most=30,
    ),
    Number(
        "contract.warn_days", (60, 30, 7), "days before the end", "contracts", "002:355-357; POL-27",
        "Warnings before a contract ends", "A future end date only warns; accounts are disabled when it comes.",
    ),
    Number(
        "contract.literal_end", False, "yes/no", "contracts", "002:356-357; POL-27",
        "Disable as soon as an end date is noted", "No waits for the day after the last; yes is the literal procedure.",
    ),
    Number(
        "referral.reminder_days", 30, "days", "provider contacts", "001:157-159",
        "Reminder of open referrals", "One letter with the list, every 30 days until closed or deleted.",
    ),
    Number(
        "referral.red_days", 60, "days", "referral list", "001:225-227",
        "Referral shown in red", "Older than 60 days.",
    ),
    Number(
        "referral.silent_days", 7, "days", "providers that have the referral", "improvement over 001:271",
        "Silent provider", "Who has had a referral for longer and has not answered is named to the coordinator.",
    ),
    Number(
        "attachment.link_seconds", 60, "seconds", "everybody", "001:254; VUE-03",
        "Life of a link to a document", "A link opens one document once, for whoever asked for it, right then.",
        at_least=5, at_most=300,
    ),
    Number(
        "reminder.include_declined", False, "yes/no", "provider contacts", "001:157; POL-25",
        "Remind providers that declined", "Who declined has answered; yes is the literal manual.",
    ),
    Number(
        "reminder.include_accepted", True, "yes/no", "provider contacts", "001:157; POL-25",
        "Remind providers that accepted", "Until the referral is closed, who accepted stays reminded.",
    ),
    Number(
        "contact.most_counties", 114, "counties", "provider contacts", "001:99; 001:121-123; POL-11",
        "Most counties of a contact", "The manual says not to select all 115; it may be lowered.",
        at_most=114, regulated=Regulated.AT_MOST,
    ),
    Number(
        "contact.confirm_days", 7, "days", "provider contacts", "001:70; 001:95",
        "Life of a link that confirms an address", "Long enough for a week of leave, short enough for a lost letter.",
        at_most=60,
    ),
    Number(
        "sar.sample_size", 5, "user IDs", "system activity review", "002:228-231",
        "Sample of a system activity review", "A random sample of 5 user IDs; it may be raised.",
        at_least=5, at_most=1000, regulated=Regulated.AT_LEAST,
    ),
    Number(
        "sar.window_days", 30, "days", "system activity review", "002:239-241",
        "Window of a system activity review", "The last 30 days of the log are read for each sampled ID.",
    ),
    Number(
        "trail.refusals_pattern", 5, "refused accesses on one day", "all", "002:239-241",
        "Refused accesses that make a pattern", "One is a slip or an old link; so many on one day are looked at.",
        at_least=2, at_most=1000,
    ),
    Number(
        "trail.keep_years", 6, "years", "all", "45 CFR 164.316(b)(2)(i); 45 CFR 164.528(a)",
        "Life of the log", "Accesses are accounted for over six years; they may be kept for longer.",
        at_least=6, at_most=100, regulated=Regulated.AT_LEAST,
    ),
    Number(
        "break_glass.minutes", 60, "minutes", "CSO and Privacy Officer", "45 CFR 164.312(a)(2)(ii)",
        "Life of a break-glass", "Long enough to see what an emergency asks for; then a new reason is needed.",
        at_least=5, at_most=240,
    ),
    Number(
        "request.waiting_days", 5, "days at one stage", "access requests and forms", "improvement over 000:229-232",
        "Request that waits too long", "Whoever has to act is told once when a request or form stays where it is.",
        at_most=60,
    ),
    Number(
        "risk.reminder_days", (30, 7, 1), "days before the due date", "obligations", "improvement over 002:56-104",
        "Reminders of an obligation", "A yearly duty is forgotten easily: its owner is told three times.",
        at_most=364,
    ),
    Number(
        "risk.escalation_days", 7, "days", "obligations that are overdue", "002:54-57; 002:130-131",
        "Chasing an overdue obligation", "The CSO is told at once, the administrators each week until it is done.",
        at_most=30,
    ),
    Number(
        "risk.trigger_days", 30, "days", "systems, regulations after a breach", "002:68-80; 002:90-92",
        "Assessment after a change, review after a breach", "The documents give no time: a month is proposed.",
        at_most=365,
    ),
    Number(
        "risk.system_years", 3, "years", "systems in use", "002:77",
        "Assessment of a system in use", "Every three years, unless a change comes first.",
        at_most=3, regulated=Regulated.AT_MOST,
    ),
    Number(
        "risk.regulation_years", 3, "years", "operating regulations", "002:83",
        "Review of an operating regulation", "At least every three years.",
        at_most=3, regulated=Regulated.AT_MOST,
    ),
    Number(
        "risk.site_months", 12, "months", "facilities", "002:84-86",
        "Site visit of a facility", "Periodic visits; the interval is not given: a year is proposed.",
        at_most=60,
    ),
    Number(
        "risk.plan_months", 12, "months", "continuity and recovery plans", "002:93-99",
        "Life of an approved plan", "Plans are maintained: a year after its approval one is attested again.",
        at_most=36,
    ),
    Number(
        "risk.vulnerability_months", 6, "months", "hosting infrastructure", "002:87-89; POL-12",
        "Vulnerability assessment", "Bi-annual is read as twice a year, the stricter meaning.",
        at_most=24,
    ),
    Number(
        "lso.collection_chase_days", 7, "days", "facility LSOs in April", "002:127-128; SWP-11",
        "Chasing the yearly collection", "An LSO who has not answered is asked again each week of April.",
        at_most=29,
    ),
)  # fmt: skip

REGISTER: Mapping[str, Number] = MappingProxyType({number.key: number for number in _NUMBERS})
