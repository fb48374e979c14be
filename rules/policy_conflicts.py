"""Where two numbers of the register meet: by the documents' design, or so that one of them can never work (POL-34).

A meeting is shown with what comes of it. A contradiction is refused when it would be made: a warning that is due only
after the end it warns of, an audit that comes after the deletion it is to prove.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from rules.policy_register import Value

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class PolicyConflict:
    """Two or more numbers that meet: what comes of it, whose text it is, and whether one of them cannot work."""

    keys: tuple[str, ...]
    contradicts: bool
    sentence: str
    cites: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """A place where numbers of the register may meet, and when they do."""

    keys: tuple[str, ...]
    meets: Callable[[Values], bool]
    contradicts: bool
    sentence: str
    cites: str


def policy_conflicts(values: Values) -> list[PolicyConflict]:
    """List where the numbers of a day meet: contradictions first, then the meetings that the documents know."""
    found = [
        PolicyConflict(one.keys, one.contradicts, _filled(one, values), one.cites)
        for one in MEETINGS
        if one.meets(values)
    ]
    return sorted(found, key=lambda one: not one.contradicts)


def shown_value(value: Value) -> str:
    """Write a value as it is entered: "21", "true", "14/7/1"."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)


def precedence(key: str) -> str:
    """Say which number comes first where one of these meets another; empty for a number that meets none."""
    return PRECEDENCE.get(key, "")


def _number(values: Values, key: str) -> int:
    return cast("int", values[key])


def _longest(values: Values, key: str) -> int:
    return max(cast("tuple[int, ...]", values[key]), default=0)


def _filled(meeting: Meeting, values: Values) -> str:
    shown = [
        "/".join(map(str, value)) if isinstance(value, tuple) else value for value in map(values.get, meeting.keys)
    ]
    return meeting.sentence.format(*shown)


def _warns_too_late(warnings: str, limit: str, sentence: str, cites: str) -> Meeting:
    def meets(values: Values) -> bool:
        return _longest(values, warnings) >= _number(values, limit)

    return Meeting((warnings, limit), meets, contradicts=True, sentence=sentence, cites=cites)


def _is_provider_90(values: Values) -> bool:
    return bool(values["inactivity.provider_90"])


MEETINGS: tuple[Meeting, ...] = (
    _warns_too_late(
        "password.reminder_days",
        "password.max_age_days",
        "A reminder {0} days before the end of a password that lives {1} days is due before it is chosen.",
        "000:6; POL-06",
    ),
    _warns_too_late(
        "inactivity.warn_days",
        "inactivity.delete_days",
        "A warning {0} days before an account of {1} unused days is disabled is due on the day it was used.",
        "000:22-24",
    ),
    _warns_too_late(
        "lso.warn_days",
        "lso.signin_days",
        "A warning after {0} days without a sign-on comes when the LSO is out of reach after {1} days already.",
        "000:26-27; POL-02",
    ),
    Meeting(
        ("inactivity.audit_days", "inactivity.delete_days"),
        lambda values: (
            _is_provider_90(values)
            and _number(values, "inactivity.audit_days") < _number(values, "inactivity.delete_days")
        ),
        contradicts=True,
        sentence="The audit at {0} days would disable accounts before the daily rule at {1} days: it proves that rule.",
        cites="002:145-197; POL-01",
    ),
    Meeting(
        ("session.idle_minutes", "session.absolute_hours"),
        lambda values: _number(values, "session.idle_minutes") >= 60 * _number(values, "session.absolute_hours"),
        contradicts=True,
        sentence="A session of {1} hours ends before {0} minutes without a request could end it.",
        cites="45 CFR 164.312(a)(2)(iii)",
    ),
    Meeting(
        ("password.max_age_days", "inactivity.delete_days"),
        lambda values: (
            _is_provider_90(values)
            and _number(values, "password.max_age_days") < _number(values, "inactivity.delete_days")
        ),
        contradicts=False,
        sentence="A password ends after {0} days, an unused provider account after {1}: it is locked before it is "
        "disabled. Both dates are shown to its owner, and the lock does not count as a use.",
        cites="000:6; 000:22-24; POL-34",
    ),
    Meeting(
        ("inactivity.delete_days", "inactivity.audit_days"),
        lambda values: (
            _is_provider_90(values)
            and _number(values, "inactivity.delete_days") <= _number(values, "inactivity.audit_days")
        ),
        contradicts=False,
        sentence="Provider accounts are disabled at {0} unused days every day, so the audit at {1} days finds nobody "
        "but exempt or held accounts.",
        cites="000:22-24; 002:145-197; POL-01",
    ),
    Meeting(
        ("inactivity.provider_90", "inactivity.audit_days"),
        lambda values: not _is_provider_90(values),
        contradicts=False,
        sentence="The daily rule for unused provider accounts is switched off: the audit at {1} days alone disables "
        "them, as in the regulation of 2013.",
        cites="002:145-197; POL-01",
    ),
    Meeting(
        ("inactivity.delete_days", "disabled.delete_days"),
        _is_provider_90,
        contradicts=False,
        sentence="An unused provider account is disabled at {0} days and deleted {1} days after that; the guide "
        "deletes it at once, which is 0 days.",
        cites="000:22-24; 002:120; POL-01",
    ),
    Meeting(
        ("lso.signin_days", "inactivity.delete_days"),
        lambda values: _number(values, "lso.signin_days") < _number(values, "inactivity.delete_days"),
        contradicts=False,
        sentence="An LSO is out of reach after {0} days and new requests are held; the account itself ends with those "
        "of everybody else, after {1}.",
        cites="000:26; POL-02",
    ),
    Meeting(
        ("inactivity.employee_days", "inactivity.delete_days"),
        lambda values: _number(values, "inactivity.employee_days") != _number(values, "inactivity.delete_days"),
        contradicts=False,
        sentence="An employee's account of {0} unused days is listed for personnel and never disabled by itself; "
        "the {1} days are for provider accounts.",
        cites="002:290; 000:22; POL-03",
    ),
)

PRECEDENCE: Mapping[str, str] = {
    "inactivity.delete_days": "Before the audit, which proves it; exempt roles come before both (POL-01, POL-04).",
    "inactivity.audit_days": "After the daily rule, which it proves; exempt roles come before both (POL-01).",
    "inactivity.provider_90": "No leaves provider accounts to the audit alone (POL-01).",
    "inactivity.employee_days": "Only a list for personnel: the 90 days are for provider accounts (POL-03).",
    "lso.signin_days": "Beside the rule for everybody's account, which follows POL-01 (POL-02).",
    "password.max_age_days": "Ends before an unused account does; the lock does not reset inactivity (POL-34).",
    "password.max_failures.privileged": "The stricter number for whoever holds a privileged role (POL-07).",
    "password.max_failures.others": "For whoever holds no privileged role (POL-07).",
    "disabled.delete_days": "Counts from the day of disabling, whatever disabled the account (POL-01).",
    "contract.warn_days": "Before the end date only warnings; accounts are disabled when it comes (POL-27).",
    "contact.most_counties": "All 115 counties are refused; more than the provider's own only warn (POL-11).",
    "risk.vulnerability_months": "Bi-annual is twice a year, the stricter reading (POL-12).",
}
