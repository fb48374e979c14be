"""The ledger of the timed sweeps: a missed date runs late instead of never, once across machines."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import uuid4

from tortoise import fields

from orm.record import Record


class SweepState(StrEnum):
    """Where one due date of a sweep stands."""

    PENDING = "PENDING"
    """Due and not begun."""
    RUNNING = "RUNNING"
    """Claimed by a worker until its lease ends."""
    DONE = "DONE"
    """Every subject was handled."""
    PARKED = "PARKED"
    """Given up after the last try with subjects that failed: an administrator or the CSO decides."""


class SweepRun(Record):
    """One due date of one sweep: its lease, its progress and the policy it acted on."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    name = fields.CharField(60)
    due_on = fields.DateField()
    state = fields.CharEnumField(SweepState, description="SweepState", max_length=8, default=SweepState.PENDING)
    attempts = fields.IntField(default=0)
    leased_until = fields.DatetimeField(null=True)
    claim = fields.UUIDField(null=True)
    started_at = fields.DatetimeField(null=True)
    finished_at = fields.DatetimeField(null=True)
    subjects = fields.IntField(default=0)
    hit = fields.IntField(default=0)
    failures: dict[str, Any] = fields.JSONField(default=dict)
    policy_version = fields.CharField(40, default="")

    class Meta:
        table = "sweep_run"
        unique_together = (("name", "due_on"),)
        indexes = (("state", "leased_until"),)


class SweepBegin(Record):
    """The day before a timed duty was first seen: every due date after it is done, however late the first one is."""

    name = fields.CharField(60, primary_key=True)
    after = fields.DateField()

    class Meta:
        table = "sweep_begin"
