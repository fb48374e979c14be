"""A small world for the tests of the connection classes."""

from enum import StrEnum
from uuid import uuid4

from tortoise import fields
from tortoise.models import Model


class Colour(StrEnum):
    """Something to choose from."""

    RED = "red"
    BLUE = "blue"


class Entry(Model):
    """One of the rows that a transaction writes together; ``batch`` tells which."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    batch = fields.IntField()
    line = fields.IntField()

    class Meta:
        table = "entry"
        unique_together = (("batch", "line"),)


class Counter(Model):
    """A number to count up."""

    id = fields.IntField(primary_key=True, generated=False)
    value = fields.IntField(default=0)

    class Meta:
        table = "scratch_counter"  # Tortoise keeps executors by table name: none of the house may be used here


class Sample(Model):
    """One column of each type that an SQL text may have to compare with."""

    id = fields.UUIDField(primary_key=True, default=uuid4)
    at = fields.DatetimeField()
    day = fields.DateField()
    is_open = fields.BooleanField()
    colour = fields.CharEnumField(Colour, max_length=8)
    document = fields.JSONField[dict[str, int]]()

    class Meta:
        table = "sample"
