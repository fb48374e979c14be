"""A kept report, made as a procedure makes it."""

from __future__ import annotations

from datetime import date

from tortoise.transactions import in_transaction

from resolvers.desk import Work
from resolvers.evidence import keep_report
from resolvers.report_prints import print_report
from rules.policy import DEFAULTS
from rules.reports import Paragraph, Procedure, Report, Table, source
from tests.world.world import World

ROWS = (("USER0001", "A <b>name</b> & more"), ("USER0002", "second"))


def report_of(procedure: Procedure = Procedure.SYSTEM_ACTIVITY_REVIEW) -> Report:
    """Make a small report with everything that one can hold."""
    return Report(
        procedure,
        "System activity review, first quarter",
        date(2026, 1, 1),
        date(2026, 3, 31),
        "002:214-265",
        (
            Paragraph("Two user IDs were drawn."),
            Table("Drawn", ("User ID", "Note"), ROWS),
            Table("Left", ("None",), ()),
        ),
        (source("numbered list of users", ROWS),),
    )


async def plant_evidence(world: World, procedure: Procedure = Procedure.SYSTEM_ACTIVITY_REVIEW) -> int:
    """Keep a report as a procedure does, in the transaction of its work."""
    work = Work(world.house, "procedure", world.clock(), DEFAULTS)
    printed = await print_report(report_of(procedure), work.now, work.actor.label)
    async with in_transaction():
        return (await keep_report(work, printed)).number
