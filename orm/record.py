"""The base of our tables' models."""

from __future__ import annotations

from typing import Any

from tortoise.models import Model, ModelMeta


class _WithoutComments(ModelMeta):
    """Makes models without looking for comments at their columns: to read the source of each one takes twice as long
    as to make them all, at every start of every process. Nothing here is described by comments.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> ModelMeta:
        return super().__new__(cls, name, bases, {**attrs, "_no_comments": True})


class Record(Model, metaclass=_WithoutComments):
    """A row of a table."""

    class Meta:
        """Tables are made of those that inherit from it."""

        abstract = True
