"""The register: every number of the documents, and changes that are never laxer than the regulation."""

from dataclasses import FrozenInstanceError, fields
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.errors import Invalid
from rules.policy import DEFAULTS, Policy, PolicyChange, check_change, policy_in_force
from rules.policy_register import REGISTER

TODAY = date(2026, 7, 1)

SHIPPED = {
    "password.max_age_days": 60,
    "password.history": 24,
    "password.min_length": 7,
    "password.min_groups": 3,
    "password.max_failures.privileged": 3,
    "password.max_failures.others": 4,
    "password.reminder_days": (14, 7, 1),
    "password.screen_common": False,
    "device.known_days": 180,
    "confidentiality.each_session": True,
    "session.idle_minutes": 15,
    "session.absolute_hours": 12,
    "session.devices_at_once": 3,
    "inactivity.provider_90": True,
    "inactivity.delete_days": 90,
    "inactivity.warn_days": (14, 3),
    "inactivity.audit_days": 180,
    "audit.response_days": 10,
    "inactivity.employee_days": 60,
    "employee_list.each_quarter": False,
    "inactivity.mainframe_months": 24,
    "lso.signin_days": 60,
    "lso.warn_days": (45, 55),
    "disabled.delete_days": 60,
    "provisioning.sla_hours": 48,
    "reset.response_hours": 2,
    "reset.secret_hours": 24,
    "credentials.secret_days": 7,
    "contract.warn_days": (60, 30, 7),
    "contract.literal_end": False,
    "referral.reminder_days": 30,
    "referral.red_days": 60,
    "referral.silent_days": 7,
    "attachment.link_seconds": 60,
    "reminder.include_declined": False,
    "reminder.include_accepted": True,
    "contact.most_counties": 114,
    "contact.confirm_days": 7,
    "sar.sample_size": 5,
    "sar.window_days": 30,
    "trail.refusals_pattern": 5,
    "trail.keep_years": 6,
    "break_glass.minutes": 60,
    "request.waiting_days": 5,
    "risk.reminder_days": (30, 7, 1),
    "risk.escalation_days": 7,
    "risk.trigger_days": 30,
    "risk.system_years": 3,
    "risk.regulation_years": 3,
    "risk.site_months": 12,
    "risk.plan_months": 12,
    "risk.vulnerability_months": 6,
    "lso.collection_chase_days": 7,
}


def change(key: str, value: object, effective_from: date = TODAY, number: int = 1) -> PolicyChange:
    return PolicyChange(key=key, value=value, effective_from=effective_from, number=number)


def in_force(*changes: PolicyChange, on: date = TODAY) -> Policy:
    return policy_in_force(changes, on)


def refused(key: str, value: object) -> str:
    with pytest.raises(Invalid) as refusal:
        check_change(change(key, value))
    return refusal.value.code


def test_the_register_ships_the_numbers_of_the_documents() -> None:
    assert {key: number.default for key, number in REGISTER.items()} == SHIPPED


def test_every_number_is_explained_and_cites_its_source() -> None:
    for number in REGISTER.values():
        assert number.title
        assert number.why
        assert number.unit
        assert number.population
        assert any(mark in number.source for mark in ("000:", "001:", "002:", "CFR", "POL-")), number.key


def test_every_default_stands_within_its_own_bounds() -> None:
    for number in REGISTER.values():
        assert check_change(change(number.key, number.default)) == number.default


def test_the_defaults_arrive_in_types_that_carry_their_units() -> None:
    assert (
        Policy(
            version="defaults",
            password_min_length=7,
            password_min_groups=3,
            password_history=24,
            password_max_age=timedelta(days=60),
            password_max_failures_privileged=3,
            password_max_failures_others=4,
            password_reminders=(timedelta(days=14), timedelta(days=7), timedelta(days=1)),
            password_screen_common=False,
            device_known=timedelta(days=180),
            confidentiality_each_session=True,
            session_idle=timedelta(minutes=15),
            session_absolute=timedelta(hours=12),
            session_devices=3,
            inactivity_provider_90=True,
            inactivity_delete=timedelta(days=90),
            inactivity_warnings=(timedelta(days=14), timedelta(days=3)),
            inactivity_audit=timedelta(days=180),
            audit_response=10,
            inactivity_employee=timedelta(days=60),
            employee_list_each_quarter=False,
            inactivity_mainframe_months=24,
            lso_sign_in=timedelta(days=60),
            lso_warnings=(timedelta(days=45), timedelta(days=55)),
            disabled_delete=timedelta(days=60),
            provisioning_sla=timedelta(hours=48),
            reset_response=timedelta(hours=2),
            reset_secret=timedelta(hours=24),
            credentials_release=timedelta(days=7),
            contract_warnings=(timedelta(days=60), timedelta(days=30), timedelta(days=7)),
            contract_literal_end=False,
            referral_reminder=timedelta(days=30),
            referral_red=timedelta(days=60),
            referral_silent=timedelta(days=7),
            attachment_link=timedelta(seconds=60),
            reminder_include_declined=False,
            reminder_include_accepted=True,
            contact_most_counties=114,
            contact_confirm=timedelta(days=7),
            sar_sample_size=5,
            sar_window=timedelta(days=30),
            trail_refusals_pattern=5,
            trail_keep_years=6,
            break_glass=timedelta(minutes=60),
            request_waiting=timedelta(days=5),
            risk_reminders=(timedelta(days=30), timedelta(days=7), timedelta(days=1)),
            risk_escalation=timedelta(days=7),
            risk_trigger=timedelta(days=30),
            risk_system_years=3,
            risk_regulation_years=3,
            risk_site_months=12,
            risk_plan_months=12,
            risk_vulnerability_months=6,
            lso_collection_chase=timedelta(days=7),
        )
        == in_force()
    )
    assert in_force() == DEFAULTS


CHANGED: dict[str, object] = {
    "password.max_age_days": 45,
    "password.history": 30,
    "password.min_length": 12,
    "password.min_groups": 4,
    "password.max_failures.privileged": 2,
    "password.max_failures.others": 3,
    "password.reminder_days": (10,),
    "password.screen_common": True,
    "confidentiality.each_session": False,
    "inactivity.provider_90": False,
    "reminder.include_declined": True,
    "reminder.include_accepted": False,
    "sar.sample_size": 9,
    "risk.system_years": 2,
    "risk.regulation_years": 2,
    "employee_list.each_quarter": True,
    "contract.literal_end": True,
}


@pytest.mark.parametrize("key", sorted(REGISTER))
def test_every_number_of_the_register_reaches_the_policy_and_only_its_own_place(key: str) -> None:
    value = CHANGED.get(key, (3, 2) if isinstance(REGISTER[key].default, tuple) else 11)
    changed = in_force(change(key, value))
    different = [
        field.name for field in fields(Policy) if getattr(changed, field.name) != getattr(DEFAULTS, field.name)
    ]
    assert len(different) == 2, different
    assert different[0] == "version"


@pytest.mark.requirement("RSK-19")
def test_a_change_holds_from_its_effective_date_on_and_not_a_day_earlier() -> None:
    raised = change("password.min_length", 12, effective_from=TODAY)
    assert in_force(raised, on=TODAY - timedelta(days=1)) == DEFAULTS
    assert in_force(raised, on=TODAY).password_min_length == 12
    assert in_force(raised, on=TODAY + timedelta(days=400)).password_min_length == 12


def test_the_newest_effective_date_wins_whatever_the_order_of_recording() -> None:
    older = change("password.min_length", 12, effective_from=date(2026, 1, 1), number=2)
    newer = change("password.min_length", 9, effective_from=date(2026, 2, 1), number=1)
    assert in_force(older, newer).password_min_length == 9
    assert in_force(newer, older).password_min_length == 9


def test_of_two_changes_for_the_same_day_the_later_recorded_wins() -> None:
    first = change("password.min_length", 12, number=1)
    second = change("password.min_length", 9, number=2)
    assert in_force(second, first).password_min_length == 9


def test_the_version_names_the_newest_change_in_effect() -> None:
    early = change("password.min_length", 12, effective_from=date(2026, 1, 1), number=5)
    late = change("referral.red_days", 50, effective_from=date(2026, 3, 1), number=4)
    future = change("referral.red_days", 40, effective_from=date(2027, 1, 1), number=6)
    assert in_force(early, late, future, on=date(2025, 12, 31)).version == "defaults"
    assert in_force(early, late, future, on=date(2026, 1, 1)).version == "defaults+5"
    assert in_force(early, late, future, on=date(2026, 3, 1)).version == "defaults+5"
    assert in_force(early, late, future, on=date(2027, 1, 1)).version == "defaults+6"


@pytest.mark.parametrize(
    ("key", "allowed", "laxer"),
    [
        ("password.min_length", 7, 6),
        ("password.min_groups", 3, 2),
        ("password.history", 24, 23),
        ("password.max_age_days", 60, 61),
        ("password.max_failures.privileged", 4, 5),
        ("password.max_failures.others", 4, 5),
        ("sar.sample_size", 5, 4),
        ("trail.keep_years", 6, 5),
    ],
)
def test_a_value_laxer_than_the_regulation_is_refused(key: str, allowed: int, laxer: int) -> None:
    assert check_change(change(key, allowed)) == allowed
    assert refused(key, laxer) == "POLICY_LAXER_THAN_REGULATION"


@pytest.mark.parametrize(
    ("key", "allowed", "senseless"),
    [
        ("password.min_length", 128, 129),
        ("password.min_groups", 4, 5),
        ("password.max_age_days", 1, 0),
        ("password.max_failures.others", 1, 0),
        ("password.reminder_days", (59,), (14, 60)),
        ("session.idle_minutes", 1, 0),
        ("session.absolute_hours", 24, 25),
        ("session.devices_at_once", 20, 21),
        ("disabled.delete_days", 0, -1),
        ("referral.reminder_days", 3650, 3651),
        ("lso.warn_days", (1,), (0,)),
        ("password.history", 200, 201),
        ("session.idle_minutes", 720, 721),
        ("inactivity.mainframe_months", 120, 121),
        ("sar.sample_size", 1000, 1001),
        ("trail.refusals_pattern", 2, 1),
        ("break_glass.minutes", 240, 241),
        ("referral.reminder_days", 1, "999999"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(key: str, allowed: object, senseless: object) -> None:
    assert check_change(change(key, allowed)) == allowed
    assert refused(key, senseless) == "POLICY_OUT_OF_RANGE"


def test_a_policy_that_does_not_exist_cannot_be_changed() -> None:
    assert refused("password.colour", 7) == "UNKNOWN_POLICY"


def test_a_bad_change_is_refused_even_before_it_is_effective() -> None:
    with pytest.raises(Invalid) as refusal:
        in_force(change("password.min_length", 6, effective_from=date(2999, 1, 1)))
    assert refusal.value.code == "POLICY_LAXER_THAN_REGULATION"
    assert refusal.value.field == "value"


@pytest.mark.parametrize(
    ("key", "recorded", "read"),
    [
        ("referral.red_days", "21", 21),
        ("referral.red_days", " 21 ", 21),
        ("password.reminder_days", "14/7/1", (14, 7, 1)),
        ("password.reminder_days", [10, "5"], (10, 5)),
        ("password.reminder_days", "", ()),
        ("password.reminder_days", [], ()),
        ("reminder.include_declined", "true", True),
        ("reminder.include_declined", " False ", False),
        ("reminder.include_declined", True, True),
    ],
)
def test_a_recorded_value_is_read_in_the_type_of_its_number(key: str, recorded: object, read: object) -> None:
    value = check_change(change(key, recorded))
    assert value == read
    assert type(value) is type(read)


@pytest.mark.parametrize(
    ("key", "recorded"),
    [
        ("referral.red_days", "many"),
        ("referral.red_days", "-5"),
        ("referral.red_days", "٢١"),
        ("referral.red_days", "²"),
        ("referral.red_days", "9" * 7),
        ("referral.red_days", "9" * 5000),
        ("referral.red_days", ""),
        ("referral.red_days", None),
        ("referral.red_days", True),
        ("referral.red_days", 21.5),
        ("referral.red_days", [21]),
        ("password.reminder_days", 14),
        ("password.reminder_days", None),
        ("password.reminder_days", "14/x"),
        ("password.reminder_days", [True]),
        ("reminder.include_declined", "perhaps"),
        ("reminder.include_declined", 1),
        ("reminder.include_declined", None),
    ],
)
def test_a_value_that_cannot_be_read_is_refused(key: str, recorded: object) -> None:
    assert refused(key, recorded) == "POLICY_MALFORMED"


def test_a_policy_in_force_cannot_be_altered_in_passing() -> None:
    with pytest.raises(FrozenInstanceError):
        DEFAULTS.password_min_length = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        REGISTER["password.min_length"] = REGISTER["password.history"]  # type: ignore[index]


@given(
    st.lists(
        st.builds(
            PolicyChange,
            key=st.just("password.min_length"),
            value=st.integers(0, 140),
            effective_from=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
            number=st.integers(1, 50),
        ),
        max_size=6,
    ),
    st.dates(date(2025, 12, 1), date(2027, 1, 31)),
)
def test_no_sequence_of_changes_ends_below_the_regulation(changes: list[PolicyChange], on: date) -> None:
    try:
        policy = policy_in_force(changes, on)
    except Invalid:
        assert any(not 7 <= int(str(entry.value)) <= 128 for entry in changes)
    else:
        assert policy.password_min_length >= 7
        assert (policy.version == "defaults") == all(entry.effective_from > on for entry in changes)
