"""What the insights have counted already, so that nobody counts a year's answers at each look."""

from __future__ import annotations

from tortoise import fields

from orm.record import Record


class InsightCount(Record):
    """So many more, or fewer, of one thing: a number is the sum of its rows, however many they are.

    Triggers add rows in the transaction of the change and never touch one that is there, so nobody waits for anybody;
    from time to time the rows of a number are replaced by one with their sum (:mod:`resolvers.insight_counts`).
    """

    id = fields.BigIntField(primary_key=True, generated=True)
    place = fields.CharField(5)
    """A preferred county; empty for statewide referrals; ``*`` counts every referral once."""
    what = fields.CharField(16)
    """``OPEN``, ``PUBLISHED``, ``HOME``, or the kind of an answer."""
    reason = fields.CharField(24, default="")
    """Why it was declined; otherwise empty."""
    month = fields.DateField()
    """The first day, in Chicago, of the month of the first publishing, of the answer, or of the closing."""
    n = fields.IntField()
    days = fields.TextField(null=True)
    """Of homes the days that they took, with commas between; where ``n`` is negative, of those to leave out again."""
    summed = fields.BooleanField(default=False)
    """Whether it is a sum already."""

    class Meta:
        table = "insight_count"
        indexes = (("place", "what", "month"), ("what", "month"))
