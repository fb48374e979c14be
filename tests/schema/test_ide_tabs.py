"""The tabs of the IDE are documents that run."""

from __future__ import annotations

import json

import pytest
from graphql import parse, validate

from schema.ide_tabs import STORY
from tests.world.house import the_schema

GRAPHQL = the_schema()._schema


@pytest.mark.parametrize(("title", "document", "variables"), STORY, ids=[title for title, _, _ in STORY])
def test_every_tab_is_a_valid_document_with_readable_variables(title: str, document: str, variables: str) -> None:
    assert validate(GRAPHQL, parse(document)) == []
    assert isinstance(json.loads(variables), dict)
