"""The web application of a test, over one schema for all tests of a process, as a server has one for all requests."""

from __future__ import annotations

from functools import cache
from unittest.mock import patch

from starlette.applications import Starlette

from homeward import app
from homeward.wiring import House
from schema.errors import Schema
from schema.house import build_schema
from schema.limits import Limits


@cache
def the_schema(limits: Limits | None = None, *, is_fast: bool = True) -> Schema:
    """Build a schema once: it takes as long as ten tests."""
    return build_schema(limits, is_fast=is_fast)


def the_app(house: House) -> Starlette:
    """Wire the faces to a house."""
    with patch.object(app, "build_schema", the_schema):
        return app.build_app(house)
