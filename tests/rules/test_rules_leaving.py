"""Leaving: who may succeed, when access ended, and what counts as use after leaving (000:258-278)."""

from __future__ import annotations

from datetime import date
from uuid import UUID, uuid4

import pytest

from rules.errors import Denied, Invalid
from rules.leaving import (
    HANDED_OVER,
    DisabledReason,
    Duty,
    DutyFacts,
    HeldDuty,
    RevocationReason,
    Successor,
    already_deleted,
    already_disabled,
    check_not_self,
    check_successors,
    duties_held,
    last_day,
    was_used_after,
)
from rules.roles import Role
from tests.rules.verdicts import TAKEN, verdict

TODAY = date(2026, 3, 2)
LEAVER = uuid4()
NOTHING = DutyFacts(False, False, False, False, ())
EVERYTHING = DutyFacts(True, True, True, True, (4, 7))
ALL_HELD = duties_held(EVERYTHING)


def successor(
    duty: Duty,
    person: UUID | None = None,
    *,
    active: bool = True,
    same_organization: bool = True,
    roles: frozenset[Role] = frozenset({Role.PLACEMENT_COORDINATOR}),
) -> Successor:
    return Successor(duty, person or uuid4(), active, same_organization, roles)


def test_who_holds_nothing_leaves_nothing_open() -> None:
    assert duties_held(NOTHING) == ()


@pytest.mark.requirement("REV-05")
@pytest.mark.requirement("ROL-05")
def test_every_duty_that_needs_a_successor_is_named_with_the_referrals_it_is_about() -> None:
    assert [held.duty for held in ALL_HELD] == list(Duty)
    assert [held.referrals for held in ALL_HELD if held.referrals] == [(4, 7)]


@pytest.mark.parametrize("duty", list(Duty))
def test_every_duty_says_what_to_do_next_and_where_it_is_written(duty: Duty) -> None:
    assert duty.next_step.endswith(".")
    assert duty.cites.startswith(("000:", "001:"))


@pytest.mark.requirement("REV-06")
def test_only_referrals_are_handed_over_at_once_the_other_duties_need_a_paper_of_their_own() -> None:
    assert {Duty.PRIMARY_COORDINATOR} == HANDED_OVER


def test_a_good_successor_for_each_duty_is_taken() -> None:
    assert verdict(check_successors, LEAVER, ALL_HELD, [successor(duty) for duty in Duty]) == TAKEN


def test_a_coordinator_of_another_organization_may_take_over_referrals() -> None:
    elsewhere = successor(Duty.PRIMARY_COORDINATOR, same_organization=False)
    assert verdict(check_successors, LEAVER, ALL_HELD, [elsewhere]) == TAKEN


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ([successor(Duty.LSO, LEAVER)], "SUCCESSOR_IS_LEAVER"),
        ([successor(Duty.LSO), successor(Duty.LSO)], "SUCCESSOR_TWICE"),
        ([successor(Duty.LSO, active=False)], "SUCCESSOR_NOT_OF_ORGANIZATION"),
        ([successor(Duty.LSO, same_organization=False)], "SUCCESSOR_NOT_OF_ORGANIZATION"),
        ([successor(Duty.PRIMARY_COORDINATOR, active=False)], "NOT_A_COORDINATOR"),
        ([successor(Duty.PRIMARY_COORDINATOR, roles=frozenset({Role.CSO}))], "NOT_A_COORDINATOR"),
    ],
)
def test_who_cannot_succeed_is_refused_and_the_field_is_named(named: list[Successor], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_successors(LEAVER, ALL_HELD, named)
    assert (refused.value.code, refused.value.field) == (code, "successors")


def test_a_successor_for_a_duty_that_is_not_held_is_refused() -> None:
    with pytest.raises(Invalid) as refused:
        check_successors(LEAVER, [HeldDuty(Duty.SOLE_CONTACT)], [successor(Duty.LSO)])
    assert refused.value.code == "DUTY_NOT_HELD"


def test_an_unknown_user_id_and_one_of_another_organization_are_the_same_answer() -> None:
    unknown = Successor(Duty.LSO, None, active=False, same_organization=False, roles=frozenset())
    answers = []
    for named in (unknown, successor(Duty.LSO, same_organization=False)):
        with pytest.raises(Invalid) as refused:
            check_successors(LEAVER, ALL_HELD, [named])
        answers.append((refused.value.code, refused.value.message))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("reason", "told", "kept"),
    [
        (RevocationReason.LEFT, None, TODAY),
        (RevocationReason.TERMINATED, None, TODAY),
        (RevocationReason.SECURITY, None, None),
        (RevocationReason.LEFT, date(2026, 2, 20), date(2026, 2, 20)),
        (RevocationReason.SECURITY, TODAY, TODAY),
    ],
)
def test_the_last_day_is_as_told_else_today_else_none(
    reason: RevocationReason, told: date | None, kept: date | None
) -> None:
    assert last_day(reason, told, TODAY) == kept


def test_the_last_day_may_be_today_and_not_tomorrow() -> None:
    assert last_day(RevocationReason.LEFT, TODAY, TODAY) == TODAY
    with pytest.raises(Invalid) as refused:
        last_day(RevocationReason.LEFT, date(2026, 3, 3), TODAY)
    assert (refused.value.code, refused.value.field) == ("TERMINATED_IN_FUTURE", "terminatedOn")


@pytest.mark.requirement("REV-04")
@pytest.mark.parametrize(
    ("terminated_on", "last_used_on", "used_after"),
    [
        (TODAY, TODAY, False),
        (TODAY, date(2026, 3, 3), True),
        (TODAY, date(2026, 3, 1), False),
        (TODAY, None, False),
        (None, TODAY, False),
    ],
)
def test_use_on_the_last_day_is_allowed_and_on_the_day_after_is_a_violation(
    terminated_on: date | None, last_used_on: date | None, used_after: bool
) -> None:
    assert was_used_after(terminated_on, last_used_on) is used_after


def test_nobody_revokes_the_own_access() -> None:
    check_not_self(uuid4(), LEAVER)
    with pytest.raises(Denied) as refused:
        check_not_self(LEAVER, LEAVER)
    assert refused.value.code == "SELF_REVOCATION"


@pytest.mark.requirement("ACC-18")
def test_every_reason_to_revoke_is_a_reason_that_is_kept_with_the_account() -> None:
    assert [reason.as_disabled for reason in RevocationReason] == [
        DisabledReason.LEFT,
        DisabledReason.TERMINATED,
        DisabledReason.SECURITY,
    ]
    assert [already_disabled().code, already_deleted().code] == ["ALREADY_DISABLED", "ALREADY_DELETED"]
