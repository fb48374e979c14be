"""The policy register: every number with its value, source and history; only the CSO changes one (POL-35, RSK-19).

A change holds from a later day on, for the whole house: there is no value of a facility or a provider (RSK-16).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from orm.models import PolicyVersion, User
from resolvers.desk import Reading, Work, access, operation
from resolvers.numbers import next_number
from resolvers.register import recorded_changes
from rules.errors import Conflict, Invalid, NotFound
from rules.policy import PolicyChange, check_change, policy_in_force, values_in_force
from rules.policy_conflicts import PolicyConflict, policy_conflicts, precedence, shown_value
from rules.policy_register import REGISTER, Value
from rules.roles import Role
from rules.text import clean_text

POLICY_READERS = frozenset(
    {
        Role.CSO,
        Role.PRIVACY_OFFICER,
        Role.AUDITOR,
        Role.ADMINISTRATOR,
        Role.ITSD_ACCOUNT_MGMT,
        Role.ITSD_PROVISIONING,
        Role.SUPPORT_DESK,
        Role.PROVIDER_RELATIONS,
        Role.CENTRAL_STAFF,
    }
)
"""The offices of the department; how many wrong entries lock an account is nobody else's business."""

REASON_LIMIT = 500
_FURTHEST = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class PolicyChangeView:
    """A recorded change: the value from a day on, who decided it, when and why; ``decided_by`` is a name."""

    number: int
    value: str
    effective_from: date
    decided_by: str
    decided_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A number of the register on a day; values are written as they are entered ("60", "true", "14/7/1").

    ``last_change`` is the number of the newest recorded change, 0 for none: what a change has to have seen.
    """

    key: str
    title: str
    why: str
    population: str
    value: str
    default: str
    unit: str
    source: str
    effective_from: date | None
    precedence: str
    at_least: str | None
    at_most: str | None
    regulated: bool
    last_change: int
    history: list[PolicyChangeView]
    upcoming: list[PolicyChangeView]


@dataclass(frozen=True, slots=True)
class RegisterView:
    """The register on a day, under the version that automatic acts cite."""

    version: str
    as_of: date
    policies: list[PolicyView]
    conflicts: list[PolicyConflict]


@dataclass(frozen=True, slots=True)
class PolicyPreview:
    """What a change would bring: the value before and after, and where numbers meet on the day that it begins.

    ``made`` are the meetings that it would make, ``ended`` those that it would end; one that contradicts is refused.
    """

    key: str
    before: str
    after: str
    effective_from: date
    made: list[PolicyConflict]
    ended: list[PolicyConflict]
    kept: list[PolicyConflict]


@access("policy.list", by=POLICY_READERS | {Role.SYSTEM}, cites="002:1-11; 002:124-125; 002:133")
async def view_register(reading: Reading, *, as_of: date | None = None) -> RegisterView:
    """Show every number as it is on a day, today unless said otherwise, with what was and will be decided."""
    on = as_of or reading.today
    changes = await recorded_changes()
    rows = await PolicyVersion.all().order_by("-effective_from", "-number")
    users = await User.filter(id__in=[row.decided_by_id for row in rows if row.decided_by_id])
    names = {user.id: user.name for user in users}
    read = {change.number: shown_value(check_change(change)) for change in changes}
    recorded: dict[str, list[PolicyChangeView]] = {}
    for row in rows:
        decided_by = names.get(row.decided_by_id, "") if row.decided_by_id else ""
        view = PolicyChangeView(
            row.number, read[row.number], row.effective_from, decided_by, row.decided_at, row.reason
        )
        recorded.setdefault(row.key, []).append(view)
    values, _ = values_in_force(changes, on)
    reading.note(as_of=on.isoformat(), policies=len(values))
    return RegisterView(
        policy_in_force(changes, on).version,
        on,
        [_view(key, value, recorded.get(key, []), on) for key, value in values.items()],
        policy_conflicts(values),
    )


@access("policy.preview", by={Role.CSO}, cites="002:124-125; 002:133; POL-34")
async def preview_change(reading: Reading, key: str, value: str, effective_from: date) -> PolicyPreview:
    """Show what would come of a change, before it is decided; nothing is changed.

    Raises:
        Invalid: ``UNKNOWN_POLICY``, ``POLICY_MALFORMED``, ``POLICY_LAXER_THAN_REGULATION``, ``POLICY_OUT_OF_RANGE``,
            ``POLICY_RETROACTIVE``, ``DATE_TOO_FAR``.
    """
    read = check_change(PolicyChange(key, value, effective_from, 0))
    _check_date(effective_from, reading.today)
    changes = await recorded_changes()
    newest = max((change.number for change in changes), default=0)
    before, _ = values_in_force(changes, effective_from)
    after, _ = values_in_force([*changes, PolicyChange(key, value, effective_from, newest + 1)], effective_from)
    now, then = policy_conflicts(before), policy_conflicts(after)
    reading.note(key=key, value=shown_value(read), effective_from=effective_from.isoformat())
    return PolicyPreview(
        key,
        shown_value(before[key]),
        shown_value(read),
        effective_from,
        made=[one for one in then if one not in now],
        ended=[one for one in now if one not in then],
        kept=[one for one in then if one in now],
    )


@operation("policy.change", by={Role.CSO}, cites="002:21-32; 002:124-125; 002:133; POL-35")
async def change_policy(work: Work, key: str, value: str, effective_from: date, reason: str, *, seen: int) -> int:
    """Decide a number from a later day on; give the number of the change.

    ``seen`` is the newest change of this number that the CSO has seen, 0 for none: of two who decide at the same
    moment one wins, and the other looks again.

    Raises:
        Invalid: ``UNKNOWN_POLICY``, ``POLICY_MALFORMED``, ``POLICY_LAXER_THAN_REGULATION``, ``POLICY_OUT_OF_RANGE``,
            ``POLICY_RETROACTIVE``, ``DATE_TOO_FAR``, or a reason that is missing or too long.
        Conflict: ``POLICY_CHANGED``, ``POLICY_CONTRADICTS``.
    """
    words = clean_text(reason, field="reason", limit=REASON_LIMIT, multiline=True, required=True)
    read = check_change(PolicyChange(key, value, effective_from, 0))
    _check_date(effective_from, work.today)
    number = await next_number("policy")
    before = await recorded_changes()
    newest = max((change.number for change in before if change.key == key), default=0)
    if newest != seen:
        raise Conflict("Somebody else has changed this number. Look again, then decide.", code="POLICY_CHANGED")
    change = PolicyChange(key, value, effective_from, number)
    _check_contradictions(before, change)
    await PolicyVersion.create(
        number=number,
        key=key,
        value=list(read) if isinstance(read, tuple) else read,
        effective_from=effective_from,
        decided_by_id=work.actor.person(),
        decided_at=work.now,
        reason=words,
    )
    work.touches("policy", [key])
    work.note(key=key, value=shown_value(read), effective_from=effective_from.isoformat(), change=number)
    return number


def policy_of(register: RegisterView, key: str) -> PolicyView:
    """Pick one number out of the register.

    Raises:
        NotFound: there is no policy of this key.
    """
    for policy in register.policies:
        if policy.key == key:
            return policy
    raise NotFound("There is no policy of this name.", code="UNKNOWN_POLICY", field="key")


def _check_date(effective_from: date, today: date) -> None:
    """Let a change begin on a later day only: what was done today was done on the policy of today."""
    if effective_from <= today:
        raise Invalid(
            "A change begins tomorrow at the earliest: it is never retroactive.",
            code="POLICY_RETROACTIVE",
            field="effectiveFrom",
        )
    if effective_from > today + _FURTHEST:
        raise Invalid("This day is more than ten years away.", code="DATE_TOO_FAR", field="effectiveFrom")


def _check_contradictions(before: list[PolicyChange], change: PolicyChange) -> None:
    """Refuse a change that makes a number unable to work, on the day it begins or on that of any later change."""
    days = {one.effective_from for one in before if one.effective_from > change.effective_from}
    for on in sorted({change.effective_from, *days}):
        known = {one.keys for one in policy_conflicts(values_in_force(before, on)[0]) if one.contradicts}
        for made in policy_conflicts(values_in_force([*before, change], on)[0]):
            if made.contradicts and made.keys not in known:
                raise Conflict(f"From {on} on: {made.sentence}", code="POLICY_CONTRADICTS", field="value")


def _view(key: str, value: Value, recorded: list[PolicyChangeView], on: date) -> PolicyView:
    number = REGISTER[key]
    is_switch = isinstance(number.default, bool)
    begun = [change for change in recorded if change.effective_from <= on]
    return PolicyView(
        key=key,
        title=number.title,
        why=number.why,
        population=number.population,
        value=shown_value(value),
        default=shown_value(number.default),
        unit=number.unit,
        source=number.source,
        effective_from=begun[0].effective_from if begun else None,
        precedence=precedence(key),
        at_least=None if is_switch else str(number.at_least),
        at_most=None if is_switch else str(number.at_most),
        regulated=number.regulated is not None,
        last_change=max((change.number for change in recorded), default=0),
        history=begun,
        upcoming=[change for change in reversed(recorded) if change.effective_from > on],
    )
