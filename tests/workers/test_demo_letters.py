"""Every letter of the demonstration world, rendered, says nothing about a person (NOT-23)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from homeward.demo.size import SMALL
from homeward.demo.world import build
from orm.models import Consumer, County, Guardian, Letter, Response
from resolvers.callers import Desk
from rules.notices import NotificationKind
from workers.letters import LetterFacts, render


@pytest.mark.requirement("NOT-23")
async def test_no_letter_of_the_demonstration_world_carries_a_protected_value(
    database: str, desk: Desk, tmp_path: Path
) -> None:
    await build(desk, datetime.now(UTC), tmp_path / "accounts.json", size=SMALL)
    protected: set[str] = {county.full_name for county in await County.all()}
    for consumer in await Consumer.all():
        born = consumer.birth_date
        protected |= {consumer.last_name, consumer.name, consumer.dmh_id, consumer.address, born.isoformat()}
        protected |= {born.strftime("%m/%d/%Y"), born.strftime("%B %d, %Y")}
    protected |= {guardian.name for guardian in await Guardian.all()}
    protected |= {response.comments for response in await Response.all()}
    protected -= {""}
    letters = await Letter.all()
    assert len(letters) > 50
    assert {letter.kind for letter in letters} >= {
        NotificationKind.REFERRAL_PUBLISHED,
        NotificationKind.REFERRAL_CLOSED,
        NotificationKind.RESPONSE_RECEIVED,
    }

    for letter in letters:
        said = render(
            LetterFacts(
                kind=letter.kind,
                number=letter.facts.get("number"),
                numbers=tuple(letter.facts.get("numbers", ())),
                overdue=frozenset(letter.facts.get("overdue", ())),
                overdue_days=letter.facts.get("overdue_days"),
                to_provider=letter.contact_id is not None,
                recipient_name="Reader",
                base_url="https://homeward.example.org",
            )
        )
        whole = f"{said.subject}\n{said.text}\n{said.html}"
        assert [value for value in protected if value in whole] == []
        assert [value for value in protected if value in str(letter.facts)] == []
