"""The policy in force: the numbers of the register as the CSO has changed them, typed.

``rules.policy_register`` says what each number is and how far it may be moved; :func:`policy_in_force` turns the
recorded changes into the typed :class:`Policy` that the rules take as an argument (POL-35). A change is never laxer
than the regulation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast

from rules.errors import Invalid
from rules.policy_register import FAR, REGISTER, Number, Regulated, Value


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """One recorded decision of the CSO: from ``effective_from`` on, ``key`` has ``value``.

    ``value`` is as recorded: a number, a yes/no, a list of numbers, or one of them as text ("21", "true", "14/7/1").
    """

    key: str
    value: object
    effective_from: date
    number: int


@dataclass(frozen=True, slots=True)
class Policy:
    """Every number in force on one day, in types that carry their units."""

    version: str
    password_min_length: int
    password_min_groups: int
    password_history: int
    password_max_age: timedelta
    password_max_failures_privileged: int
    password_max_failures_others: int
    password_reminders: tuple[timedelta, ...]
    password_screen_common: bool
    device_known: timedelta
    confidentiality_each_session: bool
    session_idle: timedelta
    session_absolute: timedelta
    session_devices: int
    inactivity_provider_90: bool
    inactivity_delete: timedelta
    inactivity_warnings: tuple[timedelta, ...]
    inactivity_audit: timedelta
    audit_response: int
    """In business days."""
    inactivity_employee: timedelta
    employee_list_each_quarter: bool
    inactivity_mainframe_months: int
    lso_sign_in: timedelta
    lso_warnings: tuple[timedelta, ...]
    disabled_delete: timedelta
    provisioning_sla: timedelta
    reset_response: timedelta
    reset_secret: timedelta
    credentials_release: timedelta
    contract_warnings: tuple[timedelta, ...]
    contract_literal_end: bool
    referral_reminder: timedelta
    referral_red: timedelta
    referral_silent: timedelta
    attachment_link: timedelta
    reminder_include_declined: bool
    reminder_include_accepted: bool
    contact_most_counties: int
    contact_confirm: timedelta
    sar_sample_size: int
    sar_window: timedelta
    trail_refusals_pattern: int
    trail_keep_years: int
    break_glass: timedelta
    request_waiting: timedelta
    risk_reminders: tuple[timedelta, ...]
    risk_escalation: timedelta
    risk_trigger: timedelta
    risk_system_years: int
    risk_regulation_years: int
    risk_site_months: int
    risk_plan_months: int
    risk_vulnerability_months: int
    lso_collection_chase: timedelta


def policy_in_force(changes: Iterable[PolicyChange], on: date) -> Policy:
    """Return the policy of a day: the newest change that is effective wins, a later number wins a tie.

    The version is "defaults", or "defaults+N" with the highest number in effect; together with the day it was acted on
    it identifies the policy. Raises what :func:`check_change` raises, for a change of any date.
    """
    values, newest = values_in_force(changes, on)
    return _typed(values, f"defaults+{newest}" if newest else "defaults")


def values_in_force(changes: Iterable[PolicyChange], on: date) -> tuple[dict[str, Value], int]:
    """Return each number of a day by its key, and the number of the newest change among them, 0 for none."""
    values: dict[str, Value] = {number.key: number.default for number in REGISTER.values()}
    newest = 0
    for change in sorted(changes, key=lambda change: (change.effective_from, change.number)):
        value = check_change(change)
        if change.effective_from <= on:
            values[change.key] = value
            newest = max(newest, change.number)
    return values, newest


def check_change(change: PolicyChange) -> Value:
    """Return the value of a change in its type.

    Raises Invalid UNKNOWN_POLICY, POLICY_MALFORMED, POLICY_LAXER_THAN_REGULATION, POLICY_OUT_OF_RANGE.
    """
    number = REGISTER.get(change.key)
    if number is None:
        raise Invalid("There is no policy of this name.", code="UNKNOWN_POLICY", field="key")
    value = _read(number, change.value)
    for part in value if isinstance(value, tuple) else (value,):
        if not isinstance(part, bool):
            _check_bounds(number, part)
    return value


def _check_bounds(number: Number, part: int) -> None:
    too_low, too_high = part < number.at_least, part > number.at_most
    if (too_low and number.regulated is Regulated.AT_LEAST) or (too_high and number.regulated is Regulated.AT_MOST):
        raise Invalid(
            f"The regulation does not allow this ({number.source}).", code="POLICY_LAXER_THAN_REGULATION", field="value"
        )
    if too_low or too_high:
        raise Invalid(
            f"Choose from {number.at_least} to {number.at_most} {number.unit}.",
            code="POLICY_OUT_OF_RANGE",
            field="value",
        )


def _read(number: Number, raw: object) -> Value:
    """Read a recorded value in the type of the number's default."""
    if isinstance(number.default, bool):
        answer = {"true": True, "false": False}.get(str(raw).strip().lower())
        if answer is not None:
            return answer
    elif isinstance(number.default, tuple):
        parts = (raw.split("/") if raw.strip() else []) if isinstance(raw, str) else raw
        if isinstance(parts, list | tuple):
            return tuple(_whole(part) for part in parts)
    else:
        return _whole(raw)
    raise _malformed()


def _whole(raw: object) -> int:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().isascii() and raw.strip().isdigit() and len(raw) <= len(str(FAR)) + 2:
        return int(raw)
    raise _malformed()


def _malformed() -> Invalid:
    return Invalid("This value cannot be read.", code="POLICY_MALFORMED", field="value")


def _typed(values: Mapping[str, Value], version: str) -> Policy:
    def count(key: str) -> int:
        return cast("int", values[key])

    def days(key: str) -> timedelta:
        return timedelta(days=count(key))

    def hours(key: str) -> timedelta:
        return timedelta(hours=count(key))

    def list_of_days(key: str) -> tuple[timedelta, ...]:
        return tuple(timedelta(days=part) for part in cast("tuple[int, ...]", values[key]))

    return Policy(
        version=version,
        password_min_length=count("password.min_length"),
        password_min_groups=count("password.min_groups"),
        password_history=count("password.history"),
        password_max_age=days("password.max_age_days"),
        password_max_failures_privileged=count("password.max_failures.privileged"),
        password_max_failures_others=count("password.max_failures.others"),
        password_reminders=list_of_days("password.reminder_days"),
        password_screen_common=bool(values["password.screen_common"]),
        device_known=days("device.known_days"),
        confidentiality_each_session=bool(values["confidentiality.each_session"]),
        session_idle=timedelta(minutes=count("session.idle_minutes")),
        session_absolute=hours("session.absolute_hours"),
        session_devices=count("session.devices_at_once"),
        inactivity_provider_90=bool(values["inactivity.provider_90"]),
        inactivity_delete=days("inactivity.delete_days"),
        inactivity_warnings=list_of_days("inactivity.warn_days"),
        inactivity_audit=days("inactivity.audit_days"),
        audit_response=count("audit.response_days"),
        inactivity_employee=days("inactivity.employee_days"),
        employee_list_each_quarter=bool(values["employee_list.each_quarter"]),
        inactivity_mainframe_months=count("inactivity.mainframe_months"),
        lso_sign_in=days("lso.signin_days"),
        lso_warnings=list_of_days("lso.warn_days"),
        disabled_delete=days("disabled.delete_days"),
        provisioning_sla=hours("provisioning.sla_hours"),
        reset_response=hours("reset.response_hours"),
        reset_secret=hours("reset.secret_hours"),
        credentials_release=days("credentials.secret_days"),
        contract_warnings=list_of_days("contract.warn_days"),
        contract_literal_end=bool(values["contract.literal_end"]),
        referral_reminder=days("referral.reminder_days"),
        referral_red=days("referral.red_days"),
        referral_silent=days("referral.silent_days"),
        attachment_link=timedelta(seconds=count("attachment.link_seconds")),
        reminder_include_declined=bool(values["reminder.include_declined"]),
        reminder_include_accepted=bool(values["reminder.include_accepted"]),
        contact_most_counties=count("contact.most_counties"),
        contact_confirm=days("contact.confirm_days"),
        sar_sample_size=count("sar.sample_size"),
        sar_window=days("sar.window_days"),
        trail_refusals_pattern=count("trail.refusals_pattern"),
        trail_keep_years=count("trail.keep_years"),
        break_glass=timedelta(minutes=count("break_glass.minutes")),
        request_waiting=days("request.waiting_days"),
        risk_reminders=list_of_days("risk.reminder_days"),
        risk_escalation=days("risk.escalation_days"),
        risk_trigger=days("risk.trigger_days"),
        risk_system_years=count("risk.system_years"),
        risk_regulation_years=count("risk.regulation_years"),
        risk_site_months=count("risk.site_months"),
        risk_plan_months=count("risk.plan_months"),
        risk_vulnerability_months=count("risk.vulnerability_months"),
        lso_collection_chase=days("lso.collection_chase_days"),
    )


DEFAULTS: Policy = policy_in_force((), date.min)
"""The documents as shipped, with no change recorded."""
