"""The seals over the permanent record: whoever changes an entry afterwards breaks one (AUD-03)."""

from __future__ import annotations

from tortoise import fields
from tortoise.fields import ForeignKeyRelation

from orm.record import Record


class Seal(Record):
    """One signed Merkle root over the entries that had none, linked to the seal before it. Written once.

    Signed are number, time, count, root, the hash of the previous seal and the key. The first and last entry are there
    for people to find their way: the tree holds the numbers of all of them.
    """

    number = fields.BigIntField(primary_key=True, generated=False)
    at = fields.DatetimeField()
    count = fields.IntField()
    first_entry = fields.BigIntField()
    last_entry = fields.BigIntField()
    root = fields.CharField(64)
    previous = fields.CharField(64)
    key_id = fields.CharField(40)
    signature = fields.CharField(128)

    class Meta:
        table = "seal"


class SealedEntry(Record):
    """The place of one entry under its seal, with a copy of its leaf: an entry that was changed or erased is missed."""

    entry_id = fields.BigIntField(primary_key=True, generated=False)
    seal: ForeignKeyRelation[Seal] = fields.ForeignKeyField(
        "homeward.Seal", related_name="entries", on_delete=fields.RESTRICT
    )
    seal_id: int
    place = fields.IntField()
    leaf = fields.CharField(64)

    class Meta:
        table = "sealed_entry"
        unique_together = (("seal", "place"),)
