"""What the mutations of Local Security Officers answer: the object, or why it was refused."""

from __future__ import annotations

from schema.described import described_type
from schema.errors import UserError
from schema.lso_types import LsoDesignation


@described_type
class DesignateLsoPayload:
    """The designation in force, or why nobody was designated."""

    lso_designation: LsoDesignation | None
    """The designation."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class EndLsoPayload:
    """The successor's designation, none where nobody follows, or why the former one stays."""

    lso_designation: LsoDesignation | None
    """The designation in force now, if there is one."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class AppointDeputyPayload:
    """The designation with its deputies, or why none was appointed."""

    lso_designation: LsoDesignation | None
    """The designation."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""


@described_type
class EndDeputyPayload:
    """The designation with its deputies, or why the deputy stays."""

    lso_designation: LsoDesignation | None
    """The designation."""

    user_errors: list[UserError]
    """Why it was refused; empty when it was done."""
