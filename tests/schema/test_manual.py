"""Every document that the manuals print can be sent as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import parse, validate

from tests.world.house import the_schema

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {page: (DOCS / page).read_text(encoding="utf-8") for page in ("manual.md", "access.md")}
DOCUMENTS = [one for text in PAGES.values() for one in re.findall(r"```graphql\n(.*?)```", text, re.DOTALL)]
GRAPHQL = the_schema()._schema


@pytest.mark.requirement("HLP-02")
@pytest.mark.parametrize(
    "document", [pytest.param(one, id=one.split("(")[0].split("{")[0].strip()) for one in DOCUMENTS]
)
def test_a_document_of_the_manual_fits_the_schema(document: str) -> None:
    assert validate(GRAPHQL, parse(document)) == []


def test_the_manual_has_documents_for_programs() -> None:
    assert len(DOCUMENTS) >= 20
